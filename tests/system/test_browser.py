"""The chat page in a real browser, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.system.conftest import System

pytestmark = pytest.mark.system

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, system: System) -> Iterator[Page]:
    context = browser.new_context(locale="pl-PL", **request.param)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(system.url)
    yield page
    context.close()
    assert [text for text in problems if "ERR_INTERNET_DISCONNECTED" not in text] == []


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def test_the_page_opens_in_the_browsers_language_and_says_it_is_a_program(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "pl"
    expect(page.locator(".notice")).to_contain_text("program")
    expect(page.get_by_role("log")).to_be_visible()


def test_a_question_is_answered_with_links_and_buttons(page: Page) -> None:
    ask(page, "ile wynosi minimalna stawka godzinowa")
    answer = page.locator("li.from-bot", has_text="14,99")
    expect(answer).to_be_visible(timeout=15_000)
    expect(answer.locator("a[href^='https://www.rijksoverheid.nl']").first).to_be_visible()
    helpers = page.locator("li.from-bot", has_text="FairWork").last
    expect(helpers.locator("a[href='tel:0207600809']")).to_be_visible()
    count = page.locator("li.from-bot").count()
    answer.locator(".choices button").first.click()
    expect(page.locator("li.from-bot")).not_to_have_count(count, timeout=15_000)


def test_nothing_on_the_page_is_wider_than_the_screen(page: Page) -> None:
    ask(page, "shefyt mi vze pasporta")
    expect(page.locator("li.urgent").first).to_be_visible(timeout=15_000)
    assert page.viewport_size
    width = page.viewport_size["width"]
    for node in page.locator("header *, #form *, #log li").all():
        box = node.bounding_box()
        assert box is None or box["x"] + box["width"] <= width + 1, node.inner_text()
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 44


def test_the_page_follows_the_language_of_the_person(page: Page) -> None:
    ask(page, "câte zile de concediu plătit am pe an")
    expect(page.locator("html")).to_have_attribute("lang", "ro", timeout=15_000)
    expect(page.locator("li.from-bot").last).to_have_attribute("lang", "ro")


def test_the_language_control_wins(page: Page) -> None:
    page.locator("#language").select_option("nl")
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    ask(page, "ile wynosi minimalna stawka godzinowa")
    expect(page.locator("li.from-bot", has_text="€\xa014,99")).to_be_visible(timeout=15_000)


def test_a_long_answer_is_shown_from_its_beginning(page: Page) -> None:
    ask(page, "szef zabrał mi paszport")
    expect(page.locator("li.from-bot")).to_have_count(3, timeout=15_000)
    expect(page.locator("li.from-you")).to_be_in_viewport()
    expect(page.locator("li.urgent").first).to_be_in_viewport()


def test_markup_in_a_message_stays_text(page: Page) -> None:
    ask(page, "<img src=x onerror=alert(1)> <b>loon</b>")
    mine = page.locator("li.from-you .bubble")
    expect(mine).to_have_text("<img src=x onerror=alert(1)> <b>loon</b>")
    assert mine.locator("img, b").count() == 0


def test_a_reload_keeps_the_chat_and_a_new_tab_does_not(page: Page) -> None:
    ask(page, "kaucja za pokój")
    expect(page.locator("li.from-bot")).to_have_count(3, timeout=15_000)
    page.reload()
    expect(page.locator("li.from-you")).to_have_count(1)
    expect(page.locator("li.from-bot")).to_have_count(3)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("li.from-you")).to_have_count(0)


def test_erasing_asks_first_and_then_leaves_nothing(page: Page) -> None:
    ask(page, "kaucja za pokój")
    expect(page.locator("li.from-bot")).to_have_count(3, timeout=15_000)
    page.locator("#erase").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button").first.click()
    expect(page.locator("li.from-you")).to_have_count(1)
    page.locator("#erase").click()
    dialog.get_by_role("button").last.click()
    expect(page.locator("li.from-you")).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


def test_offline_keeps_the_message_and_offers_to_send_again(page: Page) -> None:
    ask(page, "kaucja za pokój")
    expect(page.locator("li.from-bot")).to_have_count(3, timeout=15_000)
    page.context.set_offline(True)
    ask(page, "vakantiegeld")
    retry = page.locator("li.from-you .failed button")
    expect(retry).to_be_visible(timeout=30_000)
    page.context.set_offline(False)
    retry.click()
    expect(page.locator("li.from-bot", has_text="8%")).to_be_visible(timeout=30_000)


def test_the_keyboard_is_enough(page: Page) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("urlop")
    page.keyboard.press("Enter")
    expect(page.locator("li.from-you")).to_have_count(1)
    expect(page.locator("li.from-bot").nth(1)).to_be_visible(timeout=15_000)
