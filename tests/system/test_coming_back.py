"""Somebody who was handed over comes back to the chat with the code, on another phone, in real browsers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Frame, Page, expect

from bot.answers.content import Content
from bot.languages import LANGUAGES
from tests.system.browser import DESK, PATIENCE, PHONE, ask, mine, saved_chat, stored, until
from tests.system.desk import Desks, RunningDesk
from tests.system.test_browser_accessibility import at_rest, axe_in_light_and_dark
from tests.system.test_browser_widget import OPEN_ROOTS, open_chat
from tests.system.test_desk import desk, desks, handed_over, lines, running, take, write  # noqa: F401

# ruff: noqa: F811

pytestmark = pytest.mark.system

_CODE = re.compile(r"0031\s\d\d\s\d{4}\s\d{3}\s\d{3}")
_WRONG = "0031 61 2345 678 901"


def code_on(page: Page) -> str:
    """The code that the page shows."""
    expect(page.locator("#log")).to_contain_text(_CODE, timeout=PATIENCE)
    found = _CODE.search(page.locator("#log").inner_text())
    assert found
    return found[0]


def enter(page: Page | Frame, code: str) -> None:
    """Type a code where it is asked for."""
    if page.locator("#code").is_hidden():
        page.locator("#resume").click()
    page.locator("#code-field").fill(code)
    page.locator("#code-go").click()


def talk(page: Page | Frame) -> list[str]:
    """What was said in the chat, without what the page says by itself."""
    everything = "#log > .from-you .bubble, #log > .from-person .bubble, #log > .from-bot .bubble:not([data-text])"
    return page.locator(everything).all_inner_texts()


def in_line(desks: Desks, content: Content, name: str) -> Page:
    """The phone of somebody who waits for a person."""
    page = desks.visit(**PHONE)
    handed_over(page, content, name)
    return page


def test_a_chat_goes_on_from_another_phone(desk: RunningDesk, desks: Desks) -> None:
    phrase = desk.content.phrase
    first = in_line(desks, desk.content, "Kasia")
    code = code_on(first)
    anna = desks.open("anna", **DESK)
    take(anna, "Kasia")
    write(anna, "Dzień dobry")
    expect(first.locator("#log > .from-person")).to_have_count(1)

    second = desks.visit(locale="en-GB", **PHONE)
    assert stored(second) == []
    enter(second, "0031 61 2345 678")
    fault = second.locator("#code-fault")
    expect(fault).to_have_text(phrase("en", "web.resume_digits"))
    expect(second.locator("#code-field")).to_be_focused()
    enter(second, _WRONG)
    expect(fault).to_have_text(phrase("en", "handover.code_unknown"))
    enter(second, code)
    expect(second.locator("#code")).to_be_hidden()
    expect(second.locator("#status")).to_have_text(phrase("pl", "web.resumed"))
    # It speaks the language of the chat, and everything is there, in order.
    expect(second.locator("html")).to_have_attribute("lang", "pl")
    assert talk(second) == talk(first)
    assert talk(second)[-1] == "Dzień dobry"
    expect(second.locator("#log > .from-person").last).to_be_in_viewport()
    assert [text for text in talk(second) if text in ("hej", "Kasia")] == ["hej", "Kasia"]
    expect(second.locator("#banner")).to_have_text(phrase("pl", "web.holder_person"))

    # The other phone, and the counsellor, are told.
    for page in (first, second, anna):
        expect(page.locator("#log")).to_contain_text(phrase("pl", "handover.resumed"))

    # It goes on, both ways, and the counsellor sees that an answer is being written.
    second.locator("#text").press_sequentially("Je", delay=10)
    expect(anna.locator("#typing")).to_be_visible()
    ask(second, "Jestem na innym telefonie")
    expect(lines(anna, "you").last).to_have_text("Jestem na innym telefonie")
    expect(anna.locator("#typing")).to_be_hidden()
    write(anna, "Dobrze, że jesteś")
    for page in (second, first):
        expect(page.locator("#log > .from-person .bubble").last).to_have_text("Dobrze, że jesteś")
    at_rest(second)
    assert axe_in_light_and_dark(second) == []
    # What comes is seen, without scrolling.
    for page in (second, first):
        expect(page.locator("#log > .from-person").last).to_be_in_viewport()
    before = talk(second)
    second.reload()
    expect(mine(second).last).to_be_visible()
    assert talk(second) == before
    until(second, "document.getElementById('banner').textContent")


def test_a_page_with_a_chat_asks_before_another_one_takes_its_place(desk: RunningDesk, desks: Desks) -> None:
    code = code_on(in_line(desks, desk.content, "Kasia"))
    page = desks.visit(**DESK)
    ask(page, "hej")
    expect(page.locator("#log > .from-bot, #log > .from-system")).not_to_have_count(2, timeout=PATIENCE)
    before = saved_chat(page)["token"]

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    page.locator("#resume").focus()
    press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(desk.content.phrase("pl", "web.resume_ask"))
    expect(page.locator("#keep")).to_be_focused()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#resume")).to_be_focused()
    press("Enter", "Tab", "Enter")
    expect(page.locator("#code-field")).to_be_focused()
    press("Escape")
    assert saved_chat(page)["token"] == before
    assert "hej" in talk(page)
    press("Enter", "Tab", "Enter")
    expect(page.locator("#code-field")).to_be_focused()
    focused = set()
    for _ in range(4):
        focused.add(page.evaluate("document.activeElement.id"))
        press("Tab")
    assert focused == {"code-field", "code-back", "code-go"}
    page.locator("#code-field").focus()
    page.keyboard.type(code)
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#text")).to_be_focused()
    assert "Kasia" in talk(page)
    assert saved_chat(page)["token"] != before


def test_after_many_wrong_codes_the_page_says_when_to_try_again(desk: RunningDesk, desks: Desks) -> None:
    page = desks.visit(extra_http_headers={"X-Forwarded-For": "198.51.100.7"}, **PHONE)
    fault = page.locator("#code-fault")
    for number in range(6):
        enter(page, f"0031 61 2345 678 90{number}")
        expect(fault).not_to_be_empty()
    said = desk.content.phrase("pl", "handover.codes_closed", time="(TIME)").replace("(TIME)", r"\d\d:\d\d")
    expect(fault).to_have_text(re.compile(said))


def test_without_a_connection_the_code_stays_where_it_was_typed(desk: RunningDesk, desks: Desks) -> None:
    page = desks.visit(**PHONE)
    page.locator("#resume").click()
    page.context.set_offline(True)
    enter(page, _WRONG)
    expect(page.locator("#code-fault")).to_have_text(desk.content.phrase("pl", "web.not_sent"))
    expect(page.locator("#code-field")).to_have_value(_WRONG)
    page.context.set_offline(False)
    page.locator("#code-go").click()
    expect(page.locator("#code-fault")).to_have_text(desk.content.phrase("pl", "handover.code_unknown"))


def test_the_code_works_inside_another_site(desk: RunningDesk, desks: Desks) -> None:
    code = code_on(in_line(desks, desk.content, "Kasia"))
    page = desks.visit(**PHONE)
    page.context.add_init_script(OPEN_ROOTS)
    page.goto(f"{desk.sites.allowed}/polish")
    chat = open_chat(page)
    enter(chat, code)
    expect(chat.locator("#code")).to_be_hidden()
    assert "Kasia" in talk(chat)
    assert mine(chat).count() > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_where_the_code_is_asked_for(desk: RunningDesk, desks: Desks, language: str) -> None:
    page = desks.visit(f"/?language={language}", viewport={"width": 320, "height": 568})
    enter(page, "12")
    expect(page.locator("#code-fault")).to_have_text(desk.content.phrase(language, "web.resume_digits"))
    assert axe_in_light_and_dark(page) == []
    for control in page.locator("#code button, #code input").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    page.locator("#code-back").click()
    box = page.locator("#resume").bounding_box()
    assert box
    assert box["height"] >= 44
