"""Guessing has to wait, and a stranger who guesses locks nobody out quickly."""

from __future__ import annotations

import pytest

from tests.desk.site import PASSWORD, Answer, Browser, Person, Site

pytestmark = pytest.mark.parametrize("site", [{"TRUSTED_PROXIES": "1"}], indirect=True)


async def _try(browser: Browser, address: str, name: str, password: str = "wrong", code: str = "") -> Answer:
    page = await browser.get("/desk/login")
    form = {"csrf": page.csrf, "name": name, "password": password, "code": code}
    return await browser.send("POST", "/desk/login", headers={"X-Forwarded-For": address}, data=form)


async def _right(site: Site, browser: Browser, address: str, person: Person) -> int:
    return (await _try(browser, address, person.name, PASSWORD, site.code(person))).status


async def test_after_five_failures_even_the_right_password_has_to_wait(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    assert [(await _try(browser, "192.0.2.1", "anna")).status for _ in range(5)] == [401] * 5
    answer = await _try(browser, "192.0.2.1", "anna", PASSWORD, site.code(anna))
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(15 * 60 + 1)
    assert answer.fault == "There were too many attempts. Try again in 16 minutes."
    # From elsewhere she can log in.
    assert await _right(site, browser, "192.0.2.2", anna) == 303
    await browser.session.close()
    async with site.browser() as later:
        site.clock.turn(minutes=15)
        assert await _right(site, later, "192.0.2.1", anna) == 303


async def test_waiting_is_the_same_for_a_name_that_does_not_exist(site: Site, browser: Browser) -> None:
    assert [(await _try(browser, "192.0.2.1", "nobody")).status for _ in range(6)] == [401] * 5 + [429]


async def test_one_name_from_many_addresses_has_to_wait(site: Site, browser: Browser) -> None:
    answers = [await _try(browser, f"192.0.2.{number}", "anna") for number in range(21)]
    assert [answer.status for answer in answers] == [401] * 20 + [429]


async def test_many_names_from_one_address_have_to_wait(site: Site, browser: Browser) -> None:
    answers = [await _try(browser, "192.0.2.1", f"name{number}") for number in range(31)]
    assert [answer.status for answer in answers] == [401] * 30 + [429]
    assert (await _try(browser, "192.0.2.2", "name1")).status == 401


async def test_who_gets_in_has_no_failures_left(site: Site) -> None:
    anna = await site.person("anna", "counsellor")
    for _ in range(3):
        async with site.browser() as browser:
            assert [(await _try(browser, "192.0.2.1", "anna")).status for _ in range(4)] == [401] * 4
            assert await _right(site, browser, "192.0.2.1", anna) == 303
        site.clock.turn(seconds=30)


async def test_the_present_password_cannot_be_guessed_by_whoever_finds_an_open_desk(
    site: Site, browser: Browser
) -> None:
    await site.log_in(browser, await site.person("anna", "counsellor"))
    guess = {"present": "a guess", "new": "een heel ander wachtwoord"}
    assert [(await browser.post("password", guess)).status for _ in range(6)] == [422] * 5 + [429]
