"""Staff log in for the first time and look after accounts, in a real browser, on a wide screen and on a phone."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.desk.accounts import Accounts
from bot.desk.clock import utc_now
from bot.desk.passwords import Passwords
from bot.gateway.store import Store
from tests.system.browser import DESK, PHONE
from tests.system.conftest import System
from tests.system.test_browser_accessibility import axe_in_light_and_dark

pytestmark = [pytest.mark.system, pytest.mark.beside]

_PASSWORD = "vier paarden in de sloot"
_OTHER = "vijf koeien op het dak"


@pytest.mark.parametrize("screen", [{**DESK, "locale": "en-GB"}, {**PHONE, "locale": "nl-NL"}], ids=["wide", "phone"])
def test_an_admin_begins_and_looks_after_accounts(
    lonely_gateway: System, browser: Browser, screen: dict[str, Any]
) -> None:
    context = browser.new_context(**screen)
    page, problems = context.new_page(), _problems(context)
    given = _make_admin(lonely_gateway)
    page.goto(f"{lonely_gateway.url}/desk")
    _check(page)

    _log_in(page, "admin", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    _check(page)
    _log_in(page, "admin", given)
    secret = page.locator(".secret").inner_text().replace(" ", "")
    expect(page.locator(".qr svg")).to_be_visible()
    _check(page)
    page.locator("#code").fill(pyotp.TOTP(secret).now())
    page.locator("#password").fill(_PASSWORD)
    page.locator("#again").fill(_PASSWORD)
    page.locator("#again").press("Enter")

    rows = page.locator("#accounts tbody tr")
    expect(rows).to_have_count(1)
    page.locator("#name").fill("eva")
    page.locator("#role").select_option("counsellor")
    page.locator("#name").press("Enter")
    shown = page.locator("#given-password")
    expect(shown).to_have_text(re.compile(r"(\w{5}-){3}\w{5}"))
    new = shown.inner_text()
    _check(page)
    page.keyboard.press("Escape")
    expect(shown).to_be_empty()
    expect(rows).to_have_count(2)

    eva = browser.new_context(**screen).new_page()
    eva.goto(f"{lonely_gateway.url}/desk")
    _log_in(eva, "eva", new)
    expect(eva.locator(".secret")).to_be_visible()
    her = rows.filter(has_text="eva")
    her.locator('[data-act="disable"]').click()
    _check(page)
    page.locator("#yes").click()
    expect(page.locator("#outcome")).to_contain_text("eva")
    eva.reload()
    expect(eva.locator("#password")).to_be_visible()
    expect(eva.locator(".secret")).to_have_count(0)

    for path in ("audit", "account"):
        page.goto(f"{lonely_gateway.url}/desk/{path}")
        _check(page)
    page.locator("#present").fill(_PASSWORD)
    page.locator("#new").fill(_OTHER)
    page.locator("#again").fill(_OTHER)
    page.locator("#again").press("Enter")
    expect(page.locator("#outcome")).not_to_be_empty()
    # The button has the new token, and so has the browser the new session.
    page.locator(".log-out button").click()
    expect(page.locator("#password")).to_be_visible()
    assert problems == []
    eva.context.close()
    context.close()


def test_a_link_in_somebodys_webmail_opens_the_desk_of_who_is_logged_in(
    lonely_gateway: System, browser: Browser
) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    given = _make_admin(lonely_gateway)
    page.goto(f"{lonely_gateway.url}/desk")
    _log_in(page, "admin", given)
    expect(page.locator(".secret")).to_be_visible()
    context.route("http://mail.example/", lambda route: route.fulfill(
        content_type="text/html", body=f'<a href="{lonely_gateway.url}/desk/enrol">a chat waits</a>'
    ))  # fmt: skip
    page.goto("http://mail.example/")
    page.get_by_role("link").click()
    expect(page.locator(".secret")).to_be_visible()
    context.close()


def _make_admin(gateway: System) -> str:
    """The one-time password of an admin, made as on the command line."""

    async def make() -> str:
        store, passwords = Store(f"sqlite:///{gateway.output.parent}/store.db", ["any"]), Passwords()
        given = await Accounts(store, passwords, utc_now).create("admin", "admin", "(command line)")
        passwords.close()
        await store.close()
        return given

    # Playwright has this thread's event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, make()).result()


def _log_in(page: Page, name: str, password: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")


def _check(page: Page) -> None:
    """Everybody can use what is shown now, and nothing is wider than the screen."""
    # Styles come after the markup.
    page.wait_for_load_state()
    assert axe_in_light_and_dark(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def _problems(context: Any) -> list[str]:
    """What the browser complains about from now on, besides refusals that are meant."""
    found: list[str] = []
    context.on("console", lambda message: found.append(message.text) if _is_problem(message) else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    return found


def _is_problem(message: Any) -> bool:
    return message.type == "error" and "status of 4" not in message.text
