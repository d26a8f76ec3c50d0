"""A desk in this process, with a real store, a clock to turn and cheap passwords."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from bot.answers.content import Content
from bot.desk.app import Desk
from bot.desk.passwords import Passwords
from bot.gateway.metrics import Metrics
from bot.gateway.store import Store
from bot.settings import read_settings
from tests.databases import database
from tests.desk.site import Browser, Site, TestClock

#: Argon2id that takes no time.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
async def site(request: pytest.FixtureRequest, content: Content, tmp_path: Path) -> AsyncIterator[Site]:
    """``@pytest.mark.parametrize("site", [{"PUBLIC_URL": ...}], indirect=True)`` changes its settings."""
    settings = read_settings({"SECRET_KEY": "a key", **getattr(request, "param", {})}, tmp_path / "no.env")
    store, clock = Store(database(tmp_path), ["a key"]), TestClock()
    metrics = Metrics()
    desk = Desk(store, content, settings, "a key", metrics, clock, Passwords(CHEAP))
    await store.open()
    app = web.Application(client_max_size=65536)
    app.add_subapp("/desk", desk.application())
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield Site(str(server.make_url("")).rstrip("/"), desk, store, clock, metrics)
    await server.close()
    await store.close()


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    async with site.browser() as browser:
        yield browser
