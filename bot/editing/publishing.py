"""Publishing what was tried, and returning to an earlier version: one at a time, in the background."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.answers.content import Content
from bot.editing.background import CommandFailed, run_all
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.live import Live, Stage
from bot.editing.readiness import Problem, problems
from bot.editing.trying import Progress, Trial, Trials
from bot.editing.versions import Versions
from bot.hours import DUTCH_TIME
from bot.training import model_path

_logger = logging.getLogger(__name__)

#: Letters of a reason, at most.
LONGEST_REASON = 300
#: Seconds that each stage takes, about.
_EXPECTED: dict[Stage, float] = {"training": 120, "starting": 20, "switching": 5}


@dataclass(frozen=True)
class Going:
    """A version on its way to be live.

    Attributes:
        version: its id.
        account: who made it.
        at: when they did.
        is_return: whether it returns to an earlier one.
        state: how it ends; ``failed``: the one before goes on answering.
        stage: what is done, or was being done when it failed.
        problem: the phrase that says why it failed.
    """

    version: str
    account: str
    at: dt.datetime
    is_return: bool
    state: Literal["running", "done", "failed"] = "running"
    stage: Stage = "starting"
    problem: str = ""


class Publishing:
    """Makes versions, and has them go live."""

    def __init__(
        self,
        versions: Versions,
        draft: Draft,
        trials: Trials,
        live: Live,
        live_content: Content,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._versions = versions
        self._draft = draft
        self._trials = trials
        self._live = live
        self._live_content = live_content
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._since = 0.0
        self._last: Going | None = None

    @property
    def last(self) -> Going | None:
        """What went live last, or goes now; None if nothing has since the program was started."""
        return self._last

    def progress(self) -> Progress:
        """How far the stage is that runs."""
        assert self._last is not None
        return Progress(time.monotonic() - self._since, _EXPECTED[self._last.stage])

    async def problems(self) -> list[Problem]:
        """What is not right in the draft."""
        content, today = await self._draft.content(), self._clock().astimezone(DUTCH_TIME).date()
        return await asyncio.to_thread(problems, content, self._draft.folder, self._live_content, today)

    def is_tried(self, draft: str, live: str) -> bool:
        """Whether exactly this draft has been tried, against what is live now."""
        trial = self._trials.last
        return trial is not None and trial.state == "done" and (trial.draft, trial.against) == (draft, live)

    async def publish(self, account: str, seen: str, reason: str, despite: str) -> str:
        """Have the draft go live.

        Args:
            account: who publishes.
            seen: what the draft was when they looked at it (``Versions.draft_id``).
            reason: why, in their words.
            despite: why in spite of what the trial showed, or of what is not right; "" if nothing asks for it.

        Returns:
            The version's id. It is live when ``last`` says so.

        Raises:
            EditError: it cannot be published like this, or another version is on its way.
        """
        self._check_free()
        _check_reason(reason)
        found = await self.problems()
        draft, live = await self._draft.alone(lambda: (self._versions.draft_id(), self._versions.live().id))
        if draft != seen:
            raise EditError("changed_meanwhile", "publish.draft_changed", status=409)
        if not self.is_tried(draft, live):
            raise EditError("not_tried", "publish.try_first", status=409)
        if any(problem.kind == "stops" for problem in found):
            raise EditError("stops", "publish.stopped", status=409)
        trial = self._trials.last
        assert trial is not None
        if needs_reason(trial, found) and not despite.strip():
            raise EditError("needs_reason", "publish.needs_despite")
        self._check_free()

        def prepare() -> str:
            if self._versions.draft_id() != draft:
                raise EditError("changed_meanwhile", "publish.draft_changed", status=409)
            return self._versions.prepare(account, reason, despite)

        version: str = await self._draft.alone(prepare)
        self._check_free()
        self._begin(Going(version, account, self._clock(), is_return=False), draft)
        return version

    async def return_to(self, account: str, to: str, seen: str, reason: str) -> str:
        """Have a version go live that is as an earlier one was.

        Args:
            account: who returns to it.
            to: the earlier version.
            seen: what was live when they looked.
            reason: why, in their words.

        Returns:
            The new version's id. It is live when ``last`` says so.

        Raises:
            EditError: there is no way back to it, or another version is on its way.
        """
        self._check_free()
        _check_reason(reason)

        def prepare() -> str:
            if self._versions.live().id != seen:
                raise EditError("changed_meanwhile", "edit.published_meanwhile", status=409)
            return self._versions.prepare_undo(to, account, reason)

        version: str = await self._draft.alone(prepare)
        self._check_free()
        self._begin(Going(version, account, self._clock(), is_return=True), None)
        return version

    async def stop(self) -> None:
        """The gateway stops. What is not live by now is not going to be."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _check_free(self) -> None:
        if self._last is not None and self._last.state == "running":
            raise EditError("publishing_runs", "publish.runs_already", status=409, name=self._last.account)

    def _begin(self, going: Going, draft: str | None) -> None:
        self._since = time.monotonic()
        self._last = going
        self._task = asyncio.create_task(self._go(going.version, draft))

    async def _go(self, version: str, draft: str | None) -> None:
        pair = self._trials.hand_over(draft) if draft else None
        try:
            folder = await self._draft.alone(lambda: self._versions.folder(version))
            model = model_path(folder)
            if model.is_file():
                os.utime(model)
            else:
                self._stage("training")
                await run_all(["train", "--content", str(folder)])
            await self._live.go(version, model, pair, self._stage)
            self._set(state="done")
        except EditError as error:
            self._set(state="failed", problem=error.phrase)
        except CommandFailed as error:
            _logger.error("A version could not be trained: %s", str(error).splitlines()[-1:])
            self._set(state="failed", problem="try.failed_training")
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _logger.error("A version could not go live: %s", type(error).__name__)
            self._set(state="failed", problem="publish.fault")

    def _stage(self, stage: Stage) -> None:
        self._since = time.monotonic()
        self._set(stage=stage)

    def _set(self, **values: Any) -> None:
        assert self._last is not None
        self._last = replace(self._last, **values)


def needs_reason(trial: Trial, found: list[Problem]) -> bool:
    """Whether the draft can only be published with a reason in spite of what is known."""
    result = trial.result or {}
    fails = any(not chat["right"][1] for chat in result.get("chats", ()))
    return fails or bool(result.get("danger_fell")) or any(problem.kind == "needs_reason" for problem in found)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise EditError("no_reason", "publish.no_reason")
    if len(reason) > LONGEST_REASON:
        raise EditError("too_long", "publish.reason_too_long", most=str(LONGEST_REASON))
