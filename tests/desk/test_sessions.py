"""A session belongs to one browser, ends by itself, and ends at once when it must."""

from __future__ import annotations

import pytest

from bot.desk.retention import delete_old
from tests.desk.site import PASSWORD, Browser, Site, enter


async def test_a_session_ends_after_half_an_hour_without_use(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    for _ in range(3):
        site.clock.turn(minutes=28)
        assert (await browser.get("/desk/api/me")).status == 200
    site.clock.turn(minutes=30)
    assert (await browser.get("/desk/api/me")).status == 401
    assert (await browser.get("/desk/account")).headers["Location"] == "/desk/login"


async def test_a_session_ends_after_ten_hours(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    for _ in range(29):
        site.clock.turn(minutes=20)
        assert (await browser.get("/desk/api/me")).status == 200
    site.clock.turn(minutes=20)
    assert (await browser.get("/desk/api/me")).status == 401


async def test_a_stream_that_comes_back_by_itself_is_no_use(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    site.clock.turn(minutes=20)
    assert (await browser.get("/desk/api/me", Accept="text/event-stream")).status == 200
    site.clock.turn(minutes=20)
    assert (await browser.get("/desk/api/me", Accept="text/event-stream")).status == 401


async def test_an_idle_session_opens_nothing_any_more(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    site.clock.turn(minutes=30)
    assert (await browser.get("/desk/account")).headers["Location"] == "/desk/login"
    await delete_old(site.store, site.clock.now)
    # Not even later, with a clock that was wrong for a while.
    for path in ("/desk/api/me", "/desk/account"):
        assert (await browser.get(path)).status in (303, 401)
    assert (await browser.post("password", {"present": PASSWORD, "new": "another one of mine"})).status == 401


@pytest.mark.parametrize("by_form", [True, False])
async def test_logging_out_ends_the_session_on_the_server(site: Site, browser: Browser, by_form: bool) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    token = browser.cookie("desk_session")
    if by_form:
        answer = await browser.send("POST", "/desk/api/logout", data={"csrf": browser.csrf})
        assert (answer.status, answer.headers["Location"]) == (303, "/desk/login")
    else:
        assert (await browser.post("logout")).status == 204
    assert not browser.cookie("desk_session")
    browser.take_cookie("desk_session", token)
    assert (await browser.get("/desk/api/me")).status == 401


async def test_disabling_an_account_ends_its_sessions_at_once(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    await site.log_in(browser, anna)
    await site.desk.accounts.disable("anna", "(command line)")
    assert (await browser.get("/desk/api/me")).status == 401
    await site.desk.accounts.enable("anna", "(command line)")
    # The old session does not come back.
    assert (await browser.get("/desk/api/me")).status == 401
    await site.log_in(browser, anna)


async def test_resetting_an_account_ends_its_sessions_at_once(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    await site.log_in(browser, anna)
    given = await site.desk.accounts.reset("anna", "(command line)")
    assert (await browser.get("/desk/api/me")).status == 401
    assert (await browser.log_in("anna", PASSWORD, site.code(anna))).status == 401
    assert (await browser.log_in("anna", given)).headers["Location"] == "/desk"
    assert (await browser.get("/desk")).headers["Location"] == "/desk/enrol"


async def test_changing_the_password_ends_every_other_session(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    async with site.browser() as thief:
        await site.log_in(browser, anna)
        await site.log_in(thief, anna)
        stolen = browser.cookie("desk_session")
        answer = await browser.post("password", {"present": PASSWORD, "new": "vijf koeien op het dak"})
        assert answer.status == 200
        assert (await thief.get("/desk/api/me")).status == 401
        thief.take_cookie("desk_session", stolen)
        assert (await thief.get("/desk/api/me")).status == 401
        await browser.read_token()
        assert browser.csrf in answer.text
        assert (await browser.post("logout")).status == 204
        assert (await thief.log_in("anna", PASSWORD, site.code(anna))).status == 401
        anna.password = "vijf koeien op het dak"
        await site.log_in(thief, anna)


@pytest.mark.parametrize(
    ("new", "code", "status"),
    [("kort", "weak_password", 422), (PASSWORD, "weak_password", 422), (None, "malformed", 400), (5, "malformed", 400)],
)
async def test_a_password_that_cannot_be_used_changes_nothing(
    site: Site, browser: Browser, new: object, code: str, status: int
) -> None:
    anna = await site.person("anna", "counsellor")
    await site.log_in(browser, anna)
    answer = await browser.post("password", {"present": PASSWORD, "new": new})
    assert answer.status == status
    assert f'"code": "{code}"' in answer.text
    async with site.browser() as other:
        await site.log_in(other, anna)


@pytest.mark.parametrize(
    ("site", "is_secure"),
    [({}, False), ({"PUBLIC_URL": "http://example.nl"}, False), ({"PUBLIC_URL": "https://example.nl"}, True)],
    indirect=["site"],
)
async def test_cookies_are_for_the_desk_alone(site: Site, browser: Browser, is_secure: bool) -> None:
    given = await site.desk.accounts.create("anna", "counsellor", "(command line)")
    page = await browser.get("/desk/login?language=nl")
    # A browser would not send a secure cookie over http.
    form_cookie = next(value for value in page.headers.getall("Set-Cookie") if value.startswith("desk_form="))
    headers = {"Cookie": form_cookie.split(";")[0]}
    form = {"csrf": page.csrf, "name": "anna", "password": given}
    answer = await browser.send("POST", "/desk/login", headers=headers, data=form)
    set_cookies = [*page.headers.getall("Set-Cookie"), *answer.headers.getall("Set-Cookie")]
    assert {value.split("=")[0] for value in set_cookies} == {"desk_form", "desk_language", "desk_session"}
    for value in set_cookies:
        parts = [part.strip().lower() for part in value.split(";")]
        assert {"httponly", "samesite=strict", "path=/desk"} <= set(parts)
        assert ("secure" in parts) is is_secure


async def test_a_link_from_another_site_finds_who_is_logged_in(site: Site, browser: Browser) -> None:
    answer = await browser.get("/desk/account", Sec_Fetch_Site="cross-site")
    assert answer.status == 200
    assert '<meta http-equiv="refresh" content="0; url=/desk/account">' in answer.text
    # Nobody is sent round in circles.
    assert (await browser.get("/desk/account")).headers["Location"] == "/desk/login"


async def test_made_up_tokens_open_nothing(site: Site, browser: Browser) -> None:
    for token in ("x", "A" * 43, "../" * 10, "é" * 43):
        browser.take_cookie("desk_session", token)
        assert (await browser.get("/desk/api/me")).status == 401


async def test_sessions_and_old_entries_are_deleted(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    await site.desk.audit.note("anna", "login")

    async def count(table: str) -> int:
        return await site.store.transaction(lambda c: int(c.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()))

    await delete_old(site.store, site.clock())
    assert (await count("sessions"), await count("audit")) == (1, 1)
    site.clock.turn(hours=10)
    await delete_old(site.store, site.clock())
    assert (await count("sessions"), await count("audit")) == (0, 1)
    site.clock.turn(days=366)
    await delete_old(site.store, site.clock())
    assert await count("audit") == 0
