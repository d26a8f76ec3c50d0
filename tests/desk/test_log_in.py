"""People log in with a name, a password and a code; nobody else does, and nobody learns why not."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher
from sqlalchemy.engine import Connection

from bot.desk import tables
from bot.desk.second_factor import STEP_SECONDS
from tests.desk.site import PASSWORD, Browser, Site

_REFUSED = "Name, password or code is not right, or the code was used before. Wait for the next code and try again."


async def test_name_password_and_code_open_the_page_of_ones_role(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    await site.log_in(browser, anna)
    begin = await browser.get("/desk")
    assert (begin.status, begin.headers["Location"]) == (303, "/desk/queue")
    assert (await browser.get("/desk/login")).status == 303


async def test_a_name_may_be_written_with_capitals_and_a_code_with_a_space(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    code = site.code(anna)
    assert (await browser.log_in(" Anna ", PASSWORD, f"{code[:3]} {code[3:]}")).status == 303


async def test_whatever_is_wrong_the_answer_is_the_same(site: Site, browser: Browser) -> None:
    anna, off = await site.person("anna", "counsellor"), await site.person("off", "editor")
    new = await site.desk.accounts.create("new", "editor", "(command line)")
    await site.desk.accounts.disable("off", "(command line)")
    answers = [
        await browser.log_in("nobody", PASSWORD, "123456"),
        await browser.log_in("anna", "another password", site.code(anna)),
        await browser.log_in("anna", PASSWORD, "000000"),
        await browser.log_in("anna", PASSWORD, ""),
        await browser.log_in("off", PASSWORD, site.code(off)),
        await browser.log_in("new", new + "x"),
    ]
    assert {answer.status for answer in answers} == {401}
    assert {answer.fault for answer in answers} == {_REFUSED}
    assert len({re.sub(r"[0-9a-f]{64}", "", answer.text) for answer in answers}) == 1
    assert not browser.cookie("desk_session")


async def test_a_name_that_does_not_exist_takes_the_same_work(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.person("anna", "counsellor")
    work: list[str] = []
    verify, transaction = PasswordHasher.verify, site.store.transaction

    def counted_verify(hasher: PasswordHasher, kept: str, password: str) -> bool:
        work.append("verify")
        return verify(hasher, kept, password)

    async def counted_transaction(act: object) -> object:
        work.append("transaction")
        return await transaction(act)  # type: ignore[arg-type]

    monkeypatch.setattr(PasswordHasher, "verify", counted_verify)
    monkeypatch.setattr(site.store, "transaction", counted_transaction)
    for name in ("nobody", "anna"):
        page = await browser.get("/desk/login")
        work.clear()
        await browser.send("POST", "/desk/login", data={"csrf": page.csrf, "name": name, "password": "x", "code": "1"})
        assert work == ["transaction", "verify", "transaction"], name


async def test_a_code_works_once(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    code = site.code(anna)
    assert (await browser.log_in("anna", PASSWORD, code)).status == 303
    async with site.browser() as thief:
        assert (await thief.log_in("anna", PASSWORD, code)).fault == _REFUSED
        site.clock.turn(seconds=STEP_SECONDS)
        # Nor does one that came before it.
        assert (await thief.log_in("anna", PASSWORD, site.code(anna, -1))).fault == _REFUSED
        assert (await thief.log_in("anna", PASSWORD, site.code(anna))).status == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (1, 303), (2, 401)])
async def test_a_clock_may_be_one_step_off(site: Site, browser: Browser, steps: int, status: int) -> None:
    anna = await site.person("anna", "counsellor")
    site.clock.turn(minutes=5)
    assert (await browser.log_in("anna", PASSWORD, site.code(anna, steps))).status == status


async def test_two_at_the_same_moment_do_not_both_use_a_code(site: Site) -> None:
    anna = await site.person("anna", "counsellor")
    code = site.code(anna)
    async with site.browser() as one, site.browser() as other:
        pages = [await browser.get("/desk/login") for browser in (one, other)]
        forms = [{"csrf": page.csrf, "name": "anna", "password": PASSWORD, "code": code} for page in pages]
        first = one.send("POST", "/desk/login", data=forms[0])
        second = other.send("POST", "/desk/login", data=forms[1])
        assert sorted([(await first).status, (await second).status]) == [303, 401]


async def test_logging_in_again_gives_another_token_and_ends_the_old_session(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    second_tab = await browser.get("/desk/login")
    await site.log_in(browser, anna)
    old = browser.cookie("desk_session")
    form = {"csrf": second_tab.csrf, "name": "anna", "password": PASSWORD, "code": site.code(anna)}
    assert (await browser.send("POST", "/desk/login", data=form)).status == 303
    assert browser.cookie("desk_session") != old
    async with site.browser() as thief:
        thief.take_cookie("desk_session", old)
        assert (await thief.get("/desk/api/me")).status == 401


async def test_hashes_of_former_parameters_are_renewed(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await site.store.transaction(lambda c: c.execute(tables.accounts.update().values(password_hash=old)))
    await site.log_in(browser, anna)
    kept = await site.store.transaction(lambda c: c.exec_driver_sql("SELECT password_hash FROM accounts").scalar())
    assert kept != old
    async with site.browser() as other:
        await site.log_in(other, anna)


async def test_a_second_factor_that_cannot_be_read_lets_nobody_in(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")

    def spoil(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE accounts SET totp_secret = 'sealed with another key'")

    await site.store.transaction(spoil)
    assert (await browser.log_in("anna", PASSWORD, site.code(anna))).fault == _REFUSED
    # An admin can give a new one.
    given = await site.desk.accounts.reset("anna", "(command line)")
    assert (await browser.log_in("anna", given)).status == 303


@pytest.mark.parametrize("name", ["", "\0", "anna\0", "a" * 5000, "' OR 1=1 --", "ａｎｎａ", "\ud83d"])
async def test_odd_names_are_names_that_do_not_exist(site: Site, browser: Browser, name: str) -> None:
    page = await browser.get("/desk/login")
    form = {"csrf": page.csrf, "name": name.encode("utf-8", "surrogatepass").decode("latin-1"), "password": "x\0"}
    answer = await browser.send("POST", "/desk/login", data=form)
    assert (answer.status, answer.fault) == (401, _REFUSED)


async def test_a_form_that_is_no_form_is_refused(site: Site, browser: Browser) -> None:
    page = await browser.get("/desk/login")
    answer = await browser.send("POST", "/desk/login", headers={"X-CSRF-Token": page.csrf}, json={"name": "anna"})
    assert answer.status == 415
    answer = await browser.send("POST", "/desk/login", data={"csrf": page.csrf, "name": "x" * 70_000})
    assert answer.status == 413
