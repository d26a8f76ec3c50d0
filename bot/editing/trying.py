"""Trying the draft: a model is trained for it, it is measured against what is live, and servers answer from it.

There is one trial at a time for all editors. What a trial showed is kept in ``CONTENT_DIR/trials``, by the draft's own
id: it holds for exactly that draft. A trial that the gateway's end interrupts leaves nothing half done.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bot.editing.background import CommandFailed, run_all
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.servers import Pair, Servers
from bot.editing.versions import Versions
from bot.training import model_path

_logger = logging.getLogger(__name__)

State = Literal["running", "done", "failed", "cancelled", "interrupted"]
#: What a trial does, in order. ``training`` is left out where no new model is needed.
Step = Literal["preparing", "training", "measuring", "starting"]

#: Trials that are kept.
_KEPT = 10
#: Seconds that each step takes, until one has shown how long.
_EXPECTED: dict[Step, float] = {"preparing": 2, "training": 120, "measuring": 60, "starting": 20}
#: Seconds after which servers that nobody has chatted with are ended.
IDLE_SECONDS = 15 * 60
_LOOK_SECONDS = 20
#: Why the servers cannot be started.
_SERVER_PROBLEMS = ("no_server", "no_supervisor")


@dataclass(frozen=True)
class Trial:
    """A trial.

    Attributes:
        draft: the id of what was tried (``Versions.draft_id``).
        against: the version it was measured against.
        account: who began it.
        at: when it was begun.
        step: what it does, or was doing when it ended.
        seconds: how long each finished step took.
        problem: why it failed: a fixed word.
        result: what ``bot.comparison`` found.
    """

    draft: str
    against: str
    account: str
    at: dt.datetime
    state: State = "running"
    step: Step = "preparing"
    seconds: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Progress:
    """How far a step is: seconds it has taken, and will probably take in all."""

    taken: float
    expected: float


class Trials:
    """Begins trials, knows the last one, and has the servers that answer from the draft."""

    def __init__(
        self,
        directory: Path,
        versions: Versions,
        draft: Draft,
        servers: Servers,
        clock: Callable[[], dt.datetime],
    ) -> None:
        """``directory`` is ``CONTENT_DIR``."""
        self._directory = directory / "trials"
        self._versions = versions
        self._draft = draft
        self._servers = servers
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._since = 0.0
        self._pair: Pair | None = None
        self._pair_used = 0.0
        self._starting = asyncio.Lock()
        self._last = self._interrupted()

    @property
    def last(self) -> Trial | None:
        """The trial that was begun last."""
        return self._last

    def progress(self) -> Progress:
        """How far the step is that runs."""
        assert self._last is not None
        return Progress(time.monotonic() - self._since, self._expected(self._last.step))

    async def start(self, account: str) -> None:
        """Begin a trial of the draft as it is now.

        Raises:
            EditError: one is running, or the draft is as the live version.
        """
        if self._last is not None and self._last.state == "running":
            raise EditError("trial_runs", "try.runs_already", status=409, name=self._last.account)
        drafted, live, changed = await self._draft.alone(
            lambda: (self._versions.draft_id(), self._versions.live().id, self._versions.changed_files())
        )
        if not changed:
            raise EditError("nothing_changed", "edit.nothing_changed", status=409)
        if self._last is not None and self._last.state == "running":
            raise EditError("trial_runs", "try.runs_already", status=409, name=self._last.account)
        self._since = time.monotonic()
        self._keep(Trial(drafted, live, account, self._clock()))
        self._task = asyncio.create_task(self._run())

    async def cancel(self) -> None:
        """Stop the trial that runs; none is no error."""
        await self._end_task()
        if self._last is not None and self._last.state == "running":
            self._keep(replace(self._last, state="cancelled"))

    async def stop(self) -> None:
        """The gateway stops."""
        await self._end_task()
        if self._last is not None and self._last.state == "running":
            self._keep(replace(self._last, state="interrupted"))

    async def look_after(self) -> None:
        """End the servers when nobody has used them for a while; runs until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._pair is not None and time.monotonic() - self._pair_used > IDLE_SECONDS:
                await self._end_pair()

    # The servers that answer from what was tried

    async def folder(self) -> tuple[Path, Path]:
        """The content that was tried last, and its model.

        Raises:
            EditError: there is none, or its model is gone.
        """
        trial = self._last
        if trial is None or trial.state != "done":
            raise EditError("no_trial", "try.none_done", status=409)
        folder = await self._draft.alone(lambda: self._versions.folder(trial.draft))
        model = model_path(folder)
        if not model.is_file():
            raise EditError("no_trial", "try.none_done", status=409)
        return folder, model

    async def pair(self) -> Pair:
        """The servers for it, started (some 15 seconds) if they have ended.

        Raises:
            EditError: nothing has been tried, or they do not come up.
        """
        folder, model = await self.folder()
        async with self._starting:
            self._pair_used = time.monotonic()
            if self._pair is None:
                self._pair = await self._servers.start(folder, model)
                self._pair_used = time.monotonic()
            return self._pair

    def used(self) -> None:
        """Somebody chats with them."""
        self._pair_used = time.monotonic()

    def hand_over(self, draft: str) -> Pair | None:
        """The servers for a draft, if they run: from now on they are no longer the trial's."""
        if self._last is None or self._last.state != "done" or self._last.draft != draft:
            return None
        pair, self._pair = self._pair, None
        return pair

    async def _end_pair(self) -> None:
        pair, self._pair = self._pair, None
        if pair is not None:
            await self._servers.end(pair)

    # A trial

    async def _run(self) -> None:
        try:
            await self._try()
            self._update(state="done")
        except EditError as error:
            self._update(state="failed", problem=error.code if error.code in _SERVER_PROBLEMS else "fault")
        except CommandFailed as error:
            # Training and measuring print no text of the content but what was edited in it.
            _logger.error("The trial failed: %s", str(error).splitlines()[-1:])
            self._update(state="failed", problem="training" if self._step == "training" else "measuring")
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _logger.error("The trial failed: %s", type(error).__name__)
            self._update(state="failed", problem="fault")

    async def _try(self) -> None:
        trial = self._present
        await self._end_pair()
        folder, live = await self._draft.alone(
            lambda: (self._versions.folder(trial.draft), self._versions.folder(trial.against))
        )
        model = model_path(folder)
        # Training removes the models that were not used lately; the live one must be there if its server ends.
        for used in (model_path(live), model):
            if used.is_file():
                os.utime(used)
        compare = ["compare", "--before", str(live), "--after", str(folder)]
        compare += ["--cache", str(self._directory / "measured")]
        if not model.is_file():
            self._begin("training")
            await run_all(["train", "--content", str(folder)], compare)
        self._begin("measuring")
        report = self._directory / "report"
        report.unlink(missing_ok=True)
        await run_all([*compare, "--report", str(report)])
        result = json.loads(await asyncio.to_thread(report.read_text, "utf-8"))
        self._begin("starting")
        async with self._starting:
            self._pair = await self._servers.start(folder, model)
            self._pair_used = time.monotonic()
        self._update(result=result, seconds=self._seconds())

    @property
    def _present(self) -> Trial:
        assert self._last is not None
        return self._last

    @property
    def _step(self) -> Step:
        return self._present.step

    def _begin(self, step: Step) -> None:
        seconds = self._seconds()
        self._since = time.monotonic()
        self._update(step=step, seconds=seconds)

    def _seconds(self) -> dict[str, float]:
        """What each step took, with the one that runs."""
        trial = self._present
        return {**trial.seconds, trial.step: round(time.monotonic() - self._since, 1)}

    def _update(self, **values: Any) -> None:
        self._keep(replace(self._present, **values))

    async def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _expected(self, step: Step) -> float:
        """How long a step took the last time it was finished."""
        for trial in self._all():
            if trial.state == "done" and step in trial.seconds:
                return trial.seconds[step]
        return _EXPECTED[step]

    # What is kept

    def _keep(self, trial: Trial) -> None:
        self._last = trial
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{trial.draft[:12]}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps({**asdict(trial), "at": trial.at.isoformat()}), encoding="utf-8")
        part.replace(path)
        for old in self._all_paths()[_KEPT:]:
            old.unlink(missing_ok=True)

    def _interrupted(self) -> Trial | None:
        """The last trial of the process before this one."""
        found = self._all()
        if not found:
            return None
        if found[0].state != "running":
            return found[0]
        self._last = None
        self._keep(replace(found[0], state="interrupted"))
        return self._last

    def _all(self) -> list[Trial]:
        """The kept ones, the newest first."""
        found = []
        for path in self._all_paths():
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                row = json.loads(path.read_text(encoding="utf-8"))
                found.append(Trial(**{**row, "at": dt.datetime.fromisoformat(row["at"])}))
        return sorted(found, key=lambda trial: trial.at, reverse=True)

    def _all_paths(self) -> list[Path]:
        return sorted(self._directory.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
