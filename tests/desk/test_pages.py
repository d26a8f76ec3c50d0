"""Every answer of the desk is protected, in the right language, and says what went wrong."""

from __future__ import annotations

import json
import re

import pytest
from aiohttp import web

from bot.answers.catalogue import DESK_LANGUAGES
from bot.answers.content import Content, placeholders
from bot.desk.roles import ROLES
from bot.gateway.store import StoreUnavailable
from bot.languages import LANGUAGES
from tests.conftest import ROOT
from tests.desk.site import Answer, Browser, Site, enter

_DESK = ROOT / "bot/desk"


async def _everything(site: Site, browser: Browser) -> list[Answer]:
    """Answers of every kind: pages, files, JSON, redirects, refusals, what is not there."""
    answers = [
        await browser.get(path)
        for path in (
            "/desk",
            "/desk/login",
            "/desk/static/desk.css",
            "/desk/static/none.js",
            "/desk/none",
            "/desk/api/me",
        )
    ]
    answers += [await browser.send("PUT", "/desk/login"), await browser.send("HEAD", "/desk/login")]
    answers.append(await browser.submit("/desk/login", name="nobody", password="x"))
    answers.append(await browser.send("POST", "/desk/login", data={}))
    await enter(site.store, browser, "anna", "counsellor")
    answers += [await browser.get(path) for path in ("/desk", "/desk/account", "/desk/accounts", "/desk/api/me")]
    await enter(site.store, browser, "admin", "admin")
    answers += [await browser.get(path) for path in ("/desk/accounts", "/desk/audit", "/desk/api/audit")]
    answers.append(await browser.post("accounts", {"name": "eva", "role": "editor"}))
    answers.append(await browser.post("logout"))
    return answers


async def test_every_answer_has_the_security_headers(site: Site, browser: Browser) -> None:
    answers = await _everything(site, browser)
    assert {answer.status for answer in answers} >= {200, 201, 204, 303, 401, 403, 404, 405}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "connect-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_pages_hold_no_script_and_no_style_of_their_own(site: Site, browser: Browser) -> None:
    for answer in await _everything(site, browser):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)


async def test_staff_choose_dutch_or_english_and_it_stays(site: Site, browser: Browser) -> None:
    assert "Log in" in (await browser.get("/desk/login")).text
    assert "Inloggen" in (await browser.get("/desk/login?language=nl")).text
    page = (await browser.get("/desk/login")).text
    assert "Inloggen" in page
    assert '<html lang="nl">' in page
    assert "U bent niet meer ingelogd" in (await browser.get("/desk/api/me")).text
    assert "Log in" in (await browser.get("/desk/login?language=en")).text
    assert "Log in" in (await browser.get("/desk/login?language=pl")).text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "nl"), ("pl", "nl"), ("nl-BE,en;q=0.5", "nl"), ("en-GB", "en"), ("pl,en;q=0.8", "en"), (";;,,", "nl")],
)
async def test_the_browsers_language_counts_until_one_is_chosen(
    site: Site, browser: Browser, accepted: str, language: str
) -> None:
    assert f'<html lang="{language}">' in (await browser.get("/desk/login", Accept_Language=accepted)).text


async def test_the_navigation_shows_what_a_role_may_open(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    page = (await browser.get("/desk/account")).text
    assert 'href="/desk/accounts"' not in page
    assert 'href="/desk/audit"' not in page
    await enter(site.store, browser, "admin", "admin")
    page = (await browser.get("/desk/account")).text
    assert 'href="/desk/accounts"' in page
    assert 'href="/desk/audit"' in page


def failures(site: Site, part: str) -> float:
    """How often a part has failed, in the figures for operators."""
    text = site.metrics.exposed("")[0].decode()
    found = re.search(rf'^wegwijzer_failures_total{{part="{part}"}} ([\d.]+)$', text, re.MULTILINE)
    assert found
    return float(found.group(1))


async def test_a_store_that_is_down_is_said(site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(work: object) -> None:
        raise StoreUnavailable("OperationalError")

    await enter(site.store, browser, "anna", "counsellor")
    monkeypatch.setattr(site.store, "transaction", fail)
    for path in ("/desk/account", "/desk/api/me"):
        answer = await browser.get(path)
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
        assert "technical fault" in answer.text
    assert failures(site, "store") == 2


async def test_a_fault_of_ours_gives_nothing_away(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*arguments: object) -> None:
        raise ValueError("szef mnie bije")

    await enter(site.store, browser, "admin", "admin")
    monkeypatch.setattr(site.desk.accounts, "all", fail)
    answer = await browser.get("/desk/api/accounts")
    assert answer.status == 500
    assert json.loads(answer.text)["error"]["code"] == "internal"
    assert "szef" not in answer.text + caplog.text
    assert "ValueError" in caplog.text
    assert (failures(site, "desk"), failures(site, "store")) == (1, 0)


async def test_names_cannot_bring_markup_into_a_page(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    answer = await browser.submit("/desk/login", name="<script>x</script>", password="x")
    assert "<script>x" not in answer.text
    assert (await browser.get("/desk/api/accounts/%3Cscript%3E/disable")).status == 405


async def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(site: Site) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="a secret")

    from aiohttp.test_utils import TestServer

    app = web.Application()
    app.add_subapp("/desk", site.desk.application([web.get("/forgotten", handler)]))
    server = TestServer(app)
    await server.start_server(access_log=None)
    for role in ROLES:
        async with Browser(str(server.make_url("")).rstrip("/")) as browser:
            assert (await browser.get("/desk/forgotten")).status == 303
            await enter(site.store, browser, role, role)
            answer = await browser.get("/desk/forgotten")
            assert answer.status == 403
            assert "secret" not in answer.text
    await server.close()


def test_every_text_is_used_and_every_text_of_a_template_is_there(content: Content) -> None:
    sources = [path.read_text("utf-8") for folder in (_DESK, _DESK / "templates") for path in folder.glob("*.*")]
    used = {found for source in sources for found in re.findall(r"\baccount\.[a-z_]+", source)}
    used |= {f"account.role_{role}" for role in ROLES}
    assert {phrase for phrase in content.desk if phrase.startswith("account.")} - used == set()
    blanks = {found for source in sources for found in re.findall(r"{{([\w]+\.[\w.]+)}}", source)}
    assert blanks - set(content.desk) == {"a.phrase"}, "the docstring of Pages"


def test_dutch_says_something_else_than_english(content: Content) -> None:
    ours = [phrase for phrase in content.desk if phrase.startswith(("account.", "audit."))]
    same = {phrase for phrase in ours if content.desk_phrase("nl", phrase) == content.desk_phrase("en", phrase)}
    assert same == {"account.accounts", "account.who", "account.detail"}


def test_every_phrase_takes_what_is_filled_into_it(content: Content) -> None:
    for phrase_id, text in content.desk.items():
        values = {name: f"<{name}>" for name in placeholders(text)}
        for language in DESK_LANGUAGES:
            said = content.desk_phrase(language, phrase_id, **values)
            assert all(value in said for value in values.values()), phrase_id
    for phrase_id, text in content.interface.items():
        values = {name: f"<{name}>" for name in placeholders(text)}
        for language in LANGUAGES:
            said = content.phrase(language, phrase_id, **values)
            assert all(value in said for value in values.values()), phrase_id
