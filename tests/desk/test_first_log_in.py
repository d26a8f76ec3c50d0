"""Whoever gets an account chooses a password and takes over the second factor before anything else."""

from __future__ import annotations

import pytest

from bot.desk import passwords
from tests.desk.site import PASSWORD, Browser, Person, Site


async def _begin(site: Site, browser: Browser) -> tuple[str, Person]:
    given = await site.desk.accounts.create("anna", "admin", "(command line)")
    assert (await browser.log_in("anna", given)).headers["Location"] == "/desk"
    return given, Person("anna", PASSWORD, (await browser.get("/desk/enrol")).secret)


async def test_nothing_else_opens_before_it_is_done(site: Site, browser: Browser) -> None:
    _, anna = await _begin(site, browser)
    for path in ("/desk", "/desk/account", "/desk/accounts"):
        answer = await browser.get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/desk/enrol"), path
    browser.csrf = (await browser.get("/desk/enrol")).csrf
    for answer in (await browser.get("/desk/api/me"), await browser.post("accounts", {"name": "x1", "role": "admin"})):
        assert answer.status == 403
        assert "enrol_first" in answer.text
    before = browser.cookie("desk_session")
    done = await browser.submit("/desk/enrol", password=PASSWORD, again=PASSWORD, code=site.code(anna))
    assert (done.status, done.headers["Location"]) == (303, "/desk")
    assert (await browser.get("/desk")).headers["Location"] == "/desk/accounts"
    # The session is another one, and the page is gone.
    assert browser.cookie("desk_session") != before
    assert (await browser.get("/desk/enrol")).status == 403


async def test_the_page_shows_the_second_factor_to_scan_and_to_type(site: Site, browser: Browser) -> None:
    await _begin(site, browser)
    page = (await browser.get("/desk/enrol")).text
    assert "<svg" in page
    assert "style=" not in page


async def test_a_code_of_the_first_log_in_is_not_used_again(site: Site, browser: Browser) -> None:
    _, anna = await _begin(site, browser)
    code = site.code(anna)
    await browser.submit("/desk/enrol", password=PASSWORD, again=PASSWORD, code=code)
    async with site.browser() as other:
        assert (await other.log_in("anna", PASSWORD, code)).status == 401


async def test_the_one_time_password_is_worth_nothing_afterwards(site: Site, browser: Browser) -> None:
    given, anna = await _begin(site, browser)
    await browser.submit("/desk/enrol", password=PASSWORD, again=PASSWORD, code=site.code(anna))
    site.clock.turn(seconds=30)
    async with site.browser() as other:
        assert (await other.log_in("anna", given)).status == 401
        assert (await other.log_in("anna", given, site.code(anna))).status == 401


async def test_a_one_time_password_holds_for_three_days(site: Site, browser: Browser) -> None:
    given = await site.desk.accounts.create("anna", "admin", "(command line)")
    site.clock.turn(hours=72)
    assert (await browser.log_in("anna", given)).status == 401
    assert [account.has_expired for account in await site.desk.accounts.all()] == [True]


async def test_who_hands_over_the_password_has_not_seen_the_second_factor(site: Site) -> None:
    given = await site.desk.accounts.create("anna", "admin", "(command line)")
    async with site.browser() as admin, site.browser() as anna:
        await admin.log_in("anna", given)
        seen = (await admin.get("/desk/enrol")).secret
        await anna.log_in("anna", given)
        assert (await anna.get("/desk/enrol")).secret != seen
        assert (await admin.get("/desk/enrol")).headers["Location"] == "/desk/login"


@pytest.mark.parametrize(
    ("password", "again", "fault"),
    [
        ("te kort", "te kort", "This password is too short"),
        ("welkom2026!!!", "welkom2026!!!", "This password is easy to guess"),
        (PASSWORD, PASSWORD + "x", "The two new passwords are not the same"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_kept(
    site: Site, browser: Browser, password: str, again: str, fault: str
) -> None:
    given, anna = await _begin(site, browser)
    answer = await browser.submit("/desk/enrol", password=password, again=again, code=site.code(anna))
    assert answer.status == 422
    assert answer.fault.startswith(fault)
    same = await browser.submit("/desk/enrol", password=given, again=given, code=site.code(anna))
    assert same.fault.startswith("Choose another password")
    wrong = await browser.submit("/desk/enrol", password=PASSWORD, again=PASSWORD, code="000000")
    assert wrong.fault.startswith("The code is not right")
    assert [account.is_new for account in await site.desk.accounts.all()] == [True]


async def test_an_account_that_is_disabled_meanwhile_is_not_finished(site: Site, browser: Browser) -> None:
    _, anna = await _begin(site, browser)
    page = await browser.get("/desk/enrol")
    await site.desk.accounts.disable("anna", "(command line)")
    form = {"csrf": page.csrf, "password": PASSWORD, "again": PASSWORD, "code": site.code(anna)}
    assert (await browser.send("POST", "/desk/enrol", data=form)).status == 401
    assert [account.is_new for account in await site.desk.accounts.all()] == [True]


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elf letters", "account.password_short"),
        ("x" * 201, "account.password_long"),
        ("anna.kowalska", "account.password_name"),
        ("Anna-Kowalska-1", "account.password_name"),
        ("password1234", "account.password_silly"),
        ("W4chtw00rd2026!", "account.password_silly"),
        ("Welkom-Moviera", "account.password_silly"),
        ("mijnwachtwoordis", "account.password_silly"),
        ("123456789012", "account.password_silly"),
        ("aaaabbbbaaaa", "account.password_silly"),
        ("qwertyuiop12", "account.password_silly"),
        ("vier paarden in de sloot", None),
        ("kP9#vLq2!zRt", None),
        ("молодые деревья шумят", None),
    ],
)
def test_weak_passwords_are_refused(password: str, fault: str | None) -> None:
    assert passwords.password_fault(password, "anna.kowalska") == fault


def test_passwords_of_ours_differ_and_have_no_letters_that_look_alike() -> None:
    made = {passwords.one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(set("il1o0").isdisjoint(password) and len(password) == 23 for password in made)
    assert not any(passwords.password_fault(password, "anna") for password in made)
