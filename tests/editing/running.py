"""The gateway with its desk, over content of its own, and staff with a browser at it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import TestServer

from bot.app import build_app
from bot.desk.clock import utc_now
from bot.desk.roles import Role
from bot.gateway.store import Store
from bot.settings import read_settings
from tests.conftest import TODAY
from tests.databases import database
from tests.desk.site import Browser, enter


@dataclass(frozen=True)
class EditingDesk:
    """A running desk. ``folder`` holds the draft's ``data`` and ``locales``."""

    url: str
    store: Store
    folder: Path

    @asynccontextmanager
    async def at(self, name: str = "eva", role: Role = "editor") -> AsyncIterator[Browser]:
        """Somebody who has logged in."""
        async with Browser(self.url) as browser:
            await enter(self.store, browser, name, role, now=utc_now())
            yield browser


@asynccontextmanager
async def editing_desk(folder: Path, repository: Path, **settings: str) -> AsyncIterator[EditingDesk]:
    """Start it in a folder; ``repository`` holds the content as it is after the first start."""
    content = folder / "content"
    shutil.copytree(repository / "repository.git", content / "repository.git")
    shutil.rmtree(content / "repository.git" / "worktrees")
    environment = {
        "DATABASE_URL": database(folder), "SECRET_KEY": "a key", "RASA_URL": "http://127.0.0.1:9",
        "CONTENT_DIR": str(content), "TODAY": TODAY.isoformat(),
        **settings,
    }  # fmt: skip
    server = TestServer(build_app(read_settings(environment, folder / "no.env")))
    await server.start_server(access_log=None)
    store = Store(database(folder), ["a key"])
    yield EditingDesk(str(server.make_url("")).rstrip("/"), store, content / "draft")
    await store.close()
    await server.close()
