"""Going live: everything that answers changes to another version of the content at once, and nobody waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.servers import Pair, Servers
from bot.editing.versions import Versions

_logger = logging.getLogger(__name__)

#: What is done until a version is live.
Stage = Literal["training", "starting", "switching"]


class Takeover(Protocol):
    """Loads a version for the gateway; what it returns makes it answer from it, in one step that cannot fail."""

    def __call__(self, version: Path, model: Path, pair: Pair) -> Callable[[], None]:
        """Load what is needed of the version in a folder; it runs in a thread."""


class Live:
    """Makes versions live."""

    def __init__(self, versions: Versions, draft: Draft, servers: Servers, take_over: Takeover) -> None:
        self._versions = versions
        self._draft = draft
        self._servers = servers
        self._take_over = take_over
        self._going = asyncio.Lock()

    async def go(self, version: str, model: Path, pair: Pair | None, say: Callable[[Stage], None]) -> None:
        """Make a prepared version the one that answers.

        Args:
            version: the commit (``Versions.prepare``).
            model: the trained model for it.
            pair: servers that run with its content and model already; they are started if there are none.
            say: gets each stage as it begins.

        Raises:
            EditError: it could not be made ready, or another went live meanwhile; the former one goes on answering.
        """
        async with self._going:
            folder = await self._draft.alone(lambda: self._versions.folder(version))
            say("starting")
            if pair is None or not await self._servers.is_up(pair):
                pair = await self._servers.start(folder, model)
            say("switching")
            try:
                switch = await asyncio.to_thread(self._take_over, folder, model, pair)
                await self._draft.alone(lambda: self._versions.make_live(version))
            except BaseException:
                await self._servers.end(pair)
                raise
            switch()
            await self._lead_here(pair)

    async def catch_up(self, folder: Path, model: Path) -> None:
        """Answer from the version that is live in the repository: going live was interrupted.

        Raises:
            EditError: its servers did not come up.
        """
        async with self._going:
            pair = await self._servers.start(folder, model)
            switch = await asyncio.to_thread(self._take_over, folder, model, pair)
            switch()
            await self._lead_here(pair)

    async def _lead_here(self, pair: Pair) -> None:
        try:
            await self._servers.make_live(pair)
        except EditError as error:
            # People are answered by it all the same; a gateway that is started again catches up.
            _logger.error("The supervisor does not know which servers are live: %s", error.code)
