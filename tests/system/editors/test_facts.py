"""Editors enter amounts, hours and texts, and translators' files come back: in a real browser, by mouse and by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.system.browser import PATIENCE, PHONE
from tests.system.editors.desk import Editors
from tests.system.test_browser_accessibility import axe, axe_in_light_and_dark

pytestmark = [pytest.mark.system, pytest.mark.beside]

_WIDE = {"viewport": {"width": 1400, "height": 1000}}


def _look_at(page: Page, dark: bool = False) -> None:
    """Everybody can use the page, in the dark, too, and it fits the screen."""
    assert (axe_in_light_and_dark(page) if dark else axe(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _saved(page: Page) -> None:
    expect(page.locator("#outcome")).to_contain_text("Saved in the draft", timeout=PATIENCE)
    expect(page.locator("#outcome")).to_be_focused()


def test_the_next_minimum_wage_is_entered_in_advance(staff: Editors) -> None:
    page = staff.open("eva", "/desk/facts?q=minimum+wage+21", **_WIDE)
    page.get_by_role("link", name="Gross minimum wage per hour worked, age 21 and over").click()
    page.wait_for_load_state()
    page.get_by_role("button", name="Add the next one").press("Enter")
    expect(page.get_by_label("Value 7")).to_be_focused()
    # It begins when the one before it ends.
    expect(page.get_by_label("From 7")).to_have_value("2027-01-01")
    page.keyboard.type("149,90")
    page.get_by_label("From 7").fill("2026-12-01")
    page.get_by_label("Until 7").fill("2027-06-30")
    save = page.get_by_role("button", name="Save in the draft")
    save.click()
    expect(page.get_by_label("From 7")).to_be_focused()
    expect(page.get_by_label("From 7")).to_have_accessible_description(
        "The row before this one holds until 31 December 2026. Begin later, or let that one end earlier."
    )
    _look_at(page, dark=True)

    page.get_by_label("From 7").fill("2027-01-01")
    save.click()
    question = page.get_by_role("dialog", name="Is this right?")
    expect(question).to_contain_text("149.9 is far from the one before it, 14.99")
    _look_at(page)
    question.get_by_role("button", name="No, go back").click()
    page.get_by_label("Value 7").fill("15,20")
    page.get_by_label("On this day").fill("2027-01-01")
    page.get_by_role("combobox", name="Language").select_option("pl")
    expect(page.locator("#look-values")).to_contain_text("15,20 €")
    expect(page.locator("#look-answers .bubble").first).to_contain_text("15,20\xa0€")
    page.get_by_label("I have checked this today at the source").check()
    save.click()
    _saved(page)
    expect(page.get_by_label("Value 7")).to_have_value("15,20")
    expect(page.get_by_text("Last checked: 25 November 2026, by eva")).to_be_visible()


def test_a_contact_gets_hours_and_holidays_on_a_phone(staff: Editors) -> None:
    page = staff.open("eva", "/desk/services", **PHONE)
    _look_at(page)
    page.get_by_role("link", name="FairWork", exact=True).click()
    page.wait_for_load_state()
    page.get_by_label("Opening hours").select_option("week")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(f"{day} opens", exact=True).fill("09:00")
        page.get_by_label(f"{day} closes", exact=True).fill("17:00")
    page.get_by_label("Closed on Dutch public holidays").check()
    page.get_by_role("button", name="Christmas Day").click()
    texts = page.locator("#look-texts")
    expect(texts.locator('[lang="en"]')).to_contain_text("closed now, opens on Monday at 09:00")
    expect(texts.locator('[lang="bg"]')).to_contain_text("отваря отново: понеделник, 9:00 ч.")
    page.get_by_label("Phone", exact=True).fill("020-760 08 10")
    page.get_by_role("button", name="Save in the draft").click()
    source = page.get_by_label("Page on which a changed number stands")
    expect(source).to_be_focused()
    expect(page.get_by_text("Numbers never come from memory.")).to_be_visible()
    _look_at(page, dark=True)
    source.fill("https://www.fairwork.nu/contact")
    page.get_by_role("button", name="Save in the draft").click()
    _saved(page)
    expect(page.get_by_label("Source (link)")).to_have_value("https://www.fairwork.nu/contact")


def test_a_new_contact_is_filled_in_and_looked_at_on_a_phone(staff: Editors) -> None:
    page = staff.open("eva", "/desk/services", **PHONE)
    page.get_by_role("link", name="New contact").click()
    page.wait_for_load_state()
    _look_at(page, dark=True)
    page.get_by_label("Name", exact=True).fill("Stichting Voorbeeld")
    page.get_by_label("What they do (English)").fill("Help for people without a home")
    page.get_by_role("textbox", name="Polski").fill("Pomoc: 033-000 00 00")
    page.get_by_label("Phone", exact=True).fill("033-000 00 00")
    page.get_by_label("Website", exact=True).fill("https://www.voorbeeld.example.nl")
    page.get_by_label("Source (link)").fill("https://www.voorbeeld.example.nl/contact")
    expect(page.locator('#look-texts [lang="nl"]')).to_contain_text("033-000 00 00")
    # What is wrong inside what is folded away is unfolded.
    page.get_by_text("Translations", exact=True).click()
    expect(page.get_by_role("textbox", name="Polski")).to_be_hidden()
    save = page.get_by_role("button", name="Save in the draft")
    save.click()
    expect(page.get_by_role("textbox", name="Polski")).to_be_focused()
    page.get_by_role("textbox", name="Polski").fill("Pomoc dla osób bez domu")
    expect(page.locator('#look-texts [lang="pl"]')).to_contain_text("Stichting Voorbeeld: Pomoc dla osób bez domu")
    save.click()
    expect(page.get_by_text("Check it at the source first")).to_be_visible()
    _look_at(page, dark=True)
    page.get_by_label("I have checked this today at the source").check()
    save.click()
    _saved(page)
    expect(page.get_by_role("textbox", name="Polski")).to_have_value("Pomoc dla osób bez domu")

    # Another English, and the question appears whether the translations still fit.
    page.get_by_text("Translations", exact=True).click()
    page.get_by_label("What they do (English)").fill("Help for people who have no home")
    expect(page.get_by_label("This translation still says the same as the English")).to_have_count(1)
    page.get_by_label("This translation still says the same as the English").check()
    save.click()
    _saved(page)
    expect(page.locator(".language", has=page.get_by_role("textbox", name="Polski")).locator(".state")).to_have_text(
        "Not yet checked by a native speaker"
    )

    # As long as no topic names it, it can be taken out again.
    page.get_by_role("button", name="Take this contact out").click()
    question = page.get_by_role("dialog", name="Is this right?")
    _look_at(page)
    question.get_by_role("button", name="No, go back").click()
    page.get_by_role("button", name="Take this contact out").click()
    question.get_by_role("button", name="Take this contact out").click()
    page.wait_for_url("**/desk/services")
    expect(page.get_by_role("link", name="Stichting Voorbeeld")).to_have_count(0)


def test_a_text_of_the_handover_is_changed_where_it_is_said_and_a_conflict_is_chosen(staff: Editors) -> None:
    page = staff.open("eva", "/desk/stories", locale="nl-NL", **_WIDE)
    _look_at(page)
    page.get_by_role("link", name="Overdracht: zolang de chat wacht").click()
    page.locator('a[href="/desk/texts/handover.kept_waiting"]').click()
    page.wait_for_load_state()
    late = staff.open("jan", "/desk/texts/handover.kept_waiting", **_WIDE)

    page.locator("#nl").fill("Goed. Je houdt je plaats.")
    page.get_by_role("button", name="Bewaren in het concept").click()
    expect(page.locator("#outcome")).to_contain_text("Bewaard in het concept", timeout=PATIENCE)

    late.locator("#nl").fill("Prima. Je houdt je plek.")
    late.get_by_role("button", name="Save in the draft").click()
    conflict = late.get_by_role("region", name="Somebody else has changed this meanwhile")
    expect(conflict).to_contain_text("Changed by eva")
    row = conflict.get_by_role("row").filter(has_text="Nederlands")
    expect(row).to_contain_text("Goed. Je houdt je plaats.")
    expect(row).to_contain_text("Prima. Je houdt je plek.")
    _look_at(late, dark=True)
    conflict.get_by_role("button", name="Save mine").click()
    _saved(late)
    expect(late.locator("#nl")).to_have_value("Prima. Je houdt je plek.")


def test_a_catalogue_goes_out_and_comes_back_with_a_conflict(staff: Editors, tmp_path: Path) -> None:
    page = staff.open("eva", "/desk/translations", **_WIDE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Give out The chat itself, Polski").click()
    file = tmp_path / download.value.suggested_filename
    assert file.name == "wegwijzer-interface-pl.po"
    given = download.value.path().read_text(encoding="utf-8")
    file.write_text(
        given.replace('msgstr "Wyślij"', 'msgstr "Nadaj"').replace('msgstr "Rozmowa"', 'msgstr "Czat"'),
        encoding="utf-8",
    )

    colleague = staff.open("jan", "/desk/texts/web.log_label", **PHONE)
    colleague.locator("#pl").fill("Przebieg rozmowy")
    _look_at(colleague)
    colleague.get_by_role("button", name="Save in the draft").click()
    _saved(colleague)

    look = page.get_by_role("button", name="Look what would change")
    look.click()
    expect(page.get_by_role("alert")).to_have_text("Choose a file first.")
    page.get_by_role("combobox", name="Language").select_option("pl")
    page.get_by_label("Texts", exact=True).select_option("interface")
    broken = tmp_path / "broken.po"
    broken.write_text(given.replace('msgid "Send"', 'msgid "Send'), encoding="utf-8")
    page.get_by_label("File (.po)").set_input_files(broken)
    look.click()
    expect(page.get_by_role("alert")).to_contain_text("is not as it must be in a .po file")

    page.get_by_label("File (.po)").set_input_files(file)
    look.click()
    summary = page.get_by_role("region", name="What would change")
    expect(summary).to_be_focused()
    expect(summary.get_by_text("Changed translations: 1")).to_be_visible()
    expect(summary.get_by_text("Changed here as well, choose: 1")).to_be_visible()
    expect(summary).to_contain_text("changed here by jan")
    _look_at(page, dark=True)
    summary.get_by_role("radio", name="Take it from the file").check()
    summary.get_by_role("button", name="Take over").click()
    expect(page.locator("#outcome")).to_have_text("Taken into the draft: 2")
    colleague.reload()
    expect(colleague.locator("#pl")).to_have_value("Czat")
