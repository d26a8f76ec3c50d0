"""Editors change what people are told: in a real browser, with the real renderer, on a wide screen and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.system.browser import PATIENCE, PHONE
from tests.system.editors.desk import Editors
from tests.system.test_browser_accessibility import axe_in_light_and_dark

pytestmark = [pytest.mark.system, pytest.mark.beside]

WIDE = {"viewport": {"width": 1600, "height": 1000}}


def _column(page: Page, language: str) -> Locator:
    return page.get_by_role("region", name=language)


def _save(page: Page, language: str) -> None:
    _column(page, language).get_by_role("button", name="Save in the draft").click()
    expect(_column(page, language).get_by_text("Saved in the draft.")).to_be_visible(timeout=PATIENCE)


def test_an_answer_is_changed_with_an_amount_from_the_list_and_its_translations_become_outdated(staff: Editors) -> None:
    page = staff.open("ewa", "/desk/topics/payslip", **WIDE)
    english, text = _column(page, "English"), page.locator("#en-text")
    # Typed amounts are refused while they are typed.
    text.fill("You get a payslip. It shows at least 14.99 an hour.")
    expect(english.get_by_text("a number is typed into the text")).to_be_visible(timeout=PATIENCE)
    expect(text).to_have_attribute("aria-invalid", "true")
    english.get_by_role("button", name="Save in the draft").click()
    expect(english.get_by_role("alert").filter(has_text="nothing was changed")).to_be_visible()
    # An amount is put where the cursor is, without a mouse.
    text.fill("You get a payslip. It shows at least  an hour.")
    text.evaluate("field => field.setSelectionRange(37, 37)")
    text.press("{")
    page.get_by_role("searchbox", name="Search amounts").press_sequentially("minimum wage 21")
    page.keyboard.press("Enter")
    expect(text).to_have_value("You get a payslip. It shows at least {minimum_wage_21} an hour.")
    expect(text).to_be_focused()
    expect(english.get_by_text("{minimum_wage_21} = €14.99")).to_be_visible()
    expect(text).not_to_have_attribute("aria-invalid", "true")
    # It looks as in both channels, in both languages.
    bubble = english.locator(".look.telegram .bubble").first
    expect(bubble).to_contain_text("It shows at least €14.99 an hour.", timeout=PATIENCE)
    expect(english.locator(".keyboard").first).to_contain_text("Say it simpler")
    _save(page, "English")
    polish = _column(page, "Polish")
    expect(polish.get_by_text("Outdated").first).to_be_visible()
    expect(polish.locator("ins").first).to_contain_text("minimum_wage_21")
    expect(page.locator("#history")).to_contain_text("ewa · English texts Not published yet")
    page.locator("#pl-text").fill("Dostajesz pasek. Jest na nim co najmniej {minimum_wage_21} za godzinę.")
    page.get_by_label("Website", exact=True).check()
    widget = polish.locator(".look.widget .bubble").first
    expect(widget).to_contain_text(re.compile("co najmniej 14,99\xa0€ za godzinę"))
    expect(widget.get_by_role("link").first).to_have_attribute("href", re.compile("^https://"))
    _save(page, "Polish")
    expect(polish.get_by_text("Outdated")).to_have_count(0)
    polish.get_by_role("button", name="A native speaker has checked it").click()
    expect(polish.get_by_role("button", name="Not reviewed after all")).to_be_visible(timeout=PATIENCE)
    assert axe_in_light_and_dark(page) == []


def test_two_editors_see_each_others_texts_and_nothing_is_lost(staff: Editors) -> None:
    first, second = (staff.open(name, "/desk/topics/deposit", **WIDE) for name in ("ewa", "jan"))
    expect(second.locator("#en-title")).to_have_value("Deposit")
    first.locator("#en-title").fill("Your deposit")
    _save(first, "English")
    second.locator("#en-title").fill("A deposit for rent")
    english = _column(second, "English")
    english.get_by_role("button", name="Save in the draft").click()
    conflict = english.get_by_role("group").filter(has_text="Somebody else has changed this meanwhile")
    expect(conflict).to_be_focused(timeout=PATIENCE)
    expect(conflict).to_contain_text("ewa")
    expect(conflict).to_contain_text("Your deposit")
    expect(second.locator("#en-title")).to_have_value("A deposit for rent")
    conflict.get_by_role("button", name="Save mine instead").click()
    expect(english.get_by_text("Saved in the draft.")).to_be_visible(timeout=PATIENCE)
    expect(second.locator("#history li")).to_contain_text([re.compile("jan"), re.compile("ewa")])


def test_what_is_typed_survives_the_end_of_the_session(staff: Editors) -> None:
    page = staff.open("ewa", "/desk/topics/greet", **WIDE)
    page.locator("#en-title").fill("Good day")
    page.context.clear_cookies()
    _column(page, "English").get_by_role("button", name="Save in the draft").click()
    box = page.locator("#signed-out")
    expect(box).to_be_visible()
    expect(page.locator("#en-title")).to_have_value("Good day")
    staff.log_in(page.context, "ewa")
    box.get_by_role("button", name="I am logged in again").click()
    expect(box).to_be_hidden()
    # Leaving without saving is asked about.
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Overview").click(no_wait_after=True)
    expect(page.locator("#en-title")).to_have_value("Good day")
    _save(page, "English")
    assert asked == ["beforeunload"]


def test_a_new_topic_gets_its_first_messages_on_a_phone(staff: Editors) -> None:
    page = staff.open("ewa", "/desk/topics/new", **PHONE)
    page.get_by_label("Button and title").fill("Parking fines")
    page.locator("#en-text").fill("Your boss pays fines for the work car.\n\n• Ask who pays.")
    page.locator("#en-simpler").fill("A fine for the work car is for your boss.")
    page.get_by_label("Short name").fill("parking_fines")
    page.get_by_label("What people want to know").fill("who pays a fine for the car of the job")
    page.get_by_role("button", name="Make this topic").click()
    expect(page.get_by_role("alert").filter(has_text="official source")).to_be_visible()
    for label, *names in (
        ("Name of a rule", "deduct_fines"),
        ("Name of an organisation", "FairWork"),
        ("Name of a topic", "payslip", "wage_deductions"),
    ):
        for name in names:
            page.get_by_label(label).fill(name)
            page.get_by_label(label).press("Enter")
    expect(page.locator("#related-list li")).to_have_count(2)
    expect(page.locator(".look")).to_contain_text("FairWork")
    assert axe_in_light_and_dark(page) == []
    page.get_by_role("button", name="Make this topic").click()
    expect(page.get_by_role("heading", name="A new topic")).to_be_visible(timeout=PATIENCE)
    # One language at a time on a small screen; nothing has to be moved sideways.
    expect(_column(page, "English")).to_be_visible()
    expect(_column(page, "Romanian")).to_be_hidden()
    page.get_by_label("Romanian", exact=True).check()
    expect(_column(page, "Romanian").locator("h2 + .state")).to_have_text("Missing")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Romanian: 0 of 45 messages").click()
    expect(page.get_by_role("combobox", name="Language")).to_have_value("ro")
    # At once, before the page's script may be there: what was typed then counts too.
    page.get_by_label("New messages").fill("cine plătește amenda de parcare?\n/start\nam luat amendă cu dubița firmei")
    expect(page.locator("#refused")).to_contain_text("for commands: /start")
    page.get_by_label("New messages").fill("cine plătește amenda de parcare?\nam luat amendă cu dubița firmei")
    expect(page.locator("#refused li")).to_have_count(0)
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.locator("#count")).to_have_text(re.compile("^2 messages. 45 are needed"), timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_in_light_and_dark(page) == []


def test_the_list_gets_shorter_while_somebody_types_and_the_overview_leads_to_what_needs_work(staff: Editors) -> None:
    page = staff.open("ewa", "/desk/topics", **WIDE)
    rows = page.locator("#sections tbody tr:visible")
    assert rows.count() > 90
    page.get_by_role("searchbox", name="Search").fill("paspoort")
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d found$"))
    expect(rows.first).to_contain_text("Passport or ID taken")
    assert rows.count() < 10
    assert axe_in_light_and_dark(page) == []
    page.get_by_role("link", name="Overview").click()
    page.wait_for_load_state()
    expect(page.locator("#questions-number")).to_have_text("No questions to look at.", timeout=PATIENCE)
    assert axe_in_light_and_dark(page) == []
    page.get_by_role("link", name="Topics that need work").click()
    page.wait_for_load_state()
    expect(page.get_by_label("Only what needs work")).to_be_checked()
    assert 0 < page.locator("#sections tbody tr:visible").count() < 20
