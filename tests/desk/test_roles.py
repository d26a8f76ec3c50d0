"""Every route of the desk in the real gateway, tried by every role, by nobody, and in the middle of a first log-in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import build_app
from bot.desk.clock import utc_now
from bot.desk.roles import HOME, PERMISSIONS, ROLES, Role, audience
from bot.gateway.store import Store
from bot.settings import read_settings
from tests.databases import database
from tests.desk.site import Browser, enter

#: One gateway for all of these; it takes seconds to build.
_together = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def app(content: object, folder: Path) -> web.Application:
    """The gateway's application, as it is."""
    environment = {
        "DATABASE_URL": database(folder), "SECRET_KEY": "a key", "RASA_URL": "http://127.0.0.1:9",
        "CONTENT_DIR": f"{folder}/content",
    }  # fmt: skip
    return build_app(read_settings(environment, folder / "no.env"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(app: web.Application) -> AsyncIterator[str]:
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(folder: Path, gateway: str) -> AsyncIterator[Store]:
    """The same store, opened once more."""
    store = Store(database(folder), ["a key"])
    yield store
    await store.close()


def _routes(app: web.Application) -> list[tuple[str, str]]:
    found = [
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and re.match(r"/desk(/|$)", route.resource.canonical)
    ]
    return [(method, path) for method, path in found if method != "HEAD"]


def test_the_table_holds_every_route_and_nothing_else(app: web.Application) -> None:
    routes = _routes(app)
    assert len(routes) >= 18
    assert set(routes) == set(PERMISSIONS)
    assert all(PERMISSIONS.values())


def test_only_the_log_in_page_and_files_are_for_anybody() -> None:
    assert {route for route, whom in PERMISSIONS.items() if "anybody" in whom} == {
        ("GET", "/desk/login"),
        ("POST", "/desk/login"),
        ("GET", "/desk/static/{name}"),
    }


def test_head_goes_with_get_and_nothing_else_with_anything() -> None:
    assert audience("HEAD", "/desk/audit") == audience("GET", "/desk/audit") == {"admin"}
    assert audience("POST", "/desk/audit") == set()
    assert audience("GET", "") == set()


def test_every_role_begins_on_a_page_of_its_own() -> None:
    assert set(HOME) == set(ROLES)


@_together
async def test_every_route_is_for_those_in_the_table_and_for_nobody_else(
    app: web.Application, gateway: str, store: Store
) -> None:
    visitors: list[Role | None] = [None, *ROLES]
    for method, canonical in _routes(app):
        whom = audience(method, canonical)
        path = re.sub(r"{[^}]+}", "x", canonical)
        for visitor in visitors:
            for enrolling in (False, True) if visitor else (False,):
                async with Browser(gateway) as browser:
                    if visitor:
                        await _enter(store, browser, visitor, enrolling)
                    answer = await browser.send(method, path, headers={"X-CSRF-Token": browser.csrf})
                who = f"{method} {path} by {visitor or 'nobody'}{' enrolling' if enrolling else ''}: {answer.status}"
                if "anybody" in whom:
                    assert answer.status in (200, 303, 403, 404), who
                elif visitor is None:
                    _assert_signed_out(method, path, answer.status, answer.headers, who)
                elif ("enrolling" if enrolling else visitor) in whom:
                    assert answer.status not in (401, 403, 500), who
                    assert answer.headers.get("Location") != "/desk/login" or path == "/desk/api/logout", who
                elif enrolling and (method, path[:10]) != ("GET", "/desk/api/") and answer.status == 303:
                    assert answer.headers["Location"] == "/desk/enrol", who
                else:
                    assert answer.status == 403, who


@_together
async def test_nobody_comes_in_without_the_csrf_token(app: web.Application, gateway: str, store: Store) -> None:
    for method, canonical in _routes(app):
        if method == "GET":
            continue
        whom = audience(method, canonical)
        visitor: Role = next((role for role in ROLES if role in whom), "admin")
        async with Browser(gateway) as browser:
            await _enter(store, browser, visitor, whom == {"enrolling"})
            answer = await browser.send(method, re.sub(r"{[^}]+}", "x", canonical), json={})
        assert answer.status == 403, f"{method} {canonical}"
        assert "too long" in answer.text, f"{method} {canonical}"


@_together
async def test_the_real_gateway_serves_the_log_in_page(gateway: str) -> None:
    async with Browser(gateway) as browser:
        answer = await browser.get("/desk/login")
        assert answer.status == 200
        assert "Wegwijzer desk" in answer.text
        assert (await browser.get("/desk")).headers["Location"] == "/desk/login"
        assert (await browser.get("/")).status == 200


async def _enter(store: Store, browser: Browser, role: Role, enrolling: bool) -> None:
    name = f"{role}-new" if enrolling else role
    await enter(store, browser, name, role, enrolling, utc_now())


def _assert_signed_out(method: str, path: str, status: int, headers: object, who: str) -> None:
    if method == "GET" and not path.startswith("/desk/api/"):
        assert status == 303, who
        assert headers["Location"] == "/desk/login", who  # type: ignore[index]
    else:
        assert status == 401, who
