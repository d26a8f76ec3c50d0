"""Changing an answer: what was said stays true, translations know that they are old, and nobody overwrites anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.answers.content import load_content
from bot.answers.errors import ContentError
from bot.answers.topics import load_topics
from bot.editing.draft import Draft
from bot.editing.errors import EditError, FieldFaults
from bot.editing.git import Git
from bot.editing.new_topics import NewTopics
from bot.editing.topics import Details, Sheet, Topics
from bot.editing.translations import Translations
from bot.editing.versions import Versions
from tests.conftest import TODAY

TOPIC = "payslip"


async def _texts(topics: Topics, **changed: str) -> tuple[Sheet, dict[str, str]]:
    sheet = await topics.sheet(TOPIC)
    return sheet, {**sheet.english, **changed}


def _diff(draft: Draft) -> list[str]:
    """The lines of the last edit."""
    shown = Git(draft.folder).run("show", "-U0", "--format=", "HEAD")
    return [line for line in shown.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")]


def _fields(error: pytest.ExceptionInfo[FieldFaults]) -> Mapping[str, str]:
    return {fault.field: fault.phrase for fault in error.value.faults}


async def test_another_english_text_makes_its_translations_outdated_and_no_others(draft: Draft) -> None:
    topics = Topics(draft)
    before = await topics.sheet(TOPIC)
    sheet, texts = await _texts(topics, simpler="Your boss must give you a paper about your pay. Keep it.")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    after = await topics.sheet(TOPIC)
    assert after.english == texts
    for language, parts in after.translations.items():
        assert {part: entry.state for part, entry in parts.items()} == {
            "title": "unreviewed", "text": "unreviewed", "simpler": "outdated",
        }  # fmt: skip
        assert parts["simpler"].former == before.english["simpler"]
        assert parts["simpler"].text == before.translations[language]["simpler"].text
    content = await draft.content()
    intent = after.topic.intent
    assert content.catalogues.lookup("answers", f"{intent} simpler", texts["simpler"], "pl") is None
    assert content.catalogues.lookup("answers", intent, texts["text"], "pl")


async def test_only_the_lines_that_say_something_else_are_changed(draft: Draft) -> None:
    topics = Topics(draft)
    sheet, texts = await _texts(topics, title="Your payslip")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    english = [line for line in _diff(draft) if "title:" in line]
    assert english == ["-      title: Payslip", "+      title: Your payslip"]
    # In each of four catalogues: the text, that it is outdated, and what it was before.
    assert len(_diff(draft)) == 2 + 4 * 4


async def test_a_correction_leaves_the_translations_right(draft: Draft) -> None:
    topics = Topics(draft)
    sheet, texts = await _texts(topics, title="Pay slip")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa", only_corrected=True)
    after = await topics.sheet(TOPIC)
    assert {parts["title"].state for parts in after.translations.values()} == {"unreviewed"}
    assert (await draft.content()).title(TOPIC, "pl") == sheet.translations["pl"]["title"].text


async def test_taking_a_change_back_makes_the_translations_right_again(draft: Draft) -> None:
    topics = Topics(draft)
    for title in ("Your payslip", "Payslip"):
        sheet, texts = await _texts(topics, title=title)
        await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    after = await topics.sheet(TOPIC)
    assert {parts["title"].state for parts in after.translations.values()} == {"unreviewed"}


UNTOLD: list[tuple[dict[str, str], str, str]] = [
    ({"text": "You get 900 euro."}, "text", "check.number"),
    ({"text": "See www.example.org."}, "text", "check.address"),
    ({"text": "You get {no_such_fact}."}, "text", "check.unknown_fact"),
    ({"text": "You get {payslip}."}, "text", "check.rule_fact"),
    ({"text": "You get {minimum wage} now."}, "text", "check.braces"),
    ({"text": "word " * 111}, "text", "check.words"),
    ({"simpler": "word " * 46}, "simpler", "check.words"),
    ({"title": "A title that is too long for a button"}, "title", "check.letters"),
    ({"title": " \n "}, "title", "edit.empty"),
    ({"text": "Pay\u0007slip"}, "text", "edit.letters"),
]


async def test_what_people_may_not_be_told_is_refused_and_changes_nothing(versions: Versions, draft: Draft) -> None:
    topics = Topics(draft)
    for changed, field, phrase in UNTOLD:
        sheet, texts = await _texts(topics, **changed)
        with pytest.raises(FieldFaults) as error:
            await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
        assert _fields(error)[field] == phrase, changed
        assert (await topics.sheet(TOPIC)) == sheet
    assert versions.changed_files() == []


async def test_a_script_is_a_text_like_any_other(draft: Draft) -> None:
    topics = Topics(draft)
    sheet, texts = await _texts(topics, text='Ask <script>alert("x")</script> {payslip} --> "quotes" & \\n #: no')
    with pytest.raises(FieldFaults):
        await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    texts["text"] = texts["text"].replace("{payslip} ", "")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    assert (await topics.sheet(TOPIC)).english["text"] == texts["text"]


async def test_of_two_editors_the_second_is_told_and_nothing_is_overwritten(draft: Draft) -> None:
    topics = Topics(draft)
    sheet, texts = await _texts(topics, title="Paper about pay")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    with pytest.raises(EditError) as error:
        await topics.save_english(TOPIC, {**texts, "title": "My payslip"}, sheet.seen["en"], "jan")
    assert (error.value.code, error.value.status) == ("changed_meanwhile", 409)
    assert (await topics.sheet(TOPIC)).english["title"] == "Paper about pay"
    # A translation belongs to the English that it was shown with.
    with pytest.raises(EditError, match="changed_meanwhile"):
        await Translations(draft).save(
            TOPIC, "pl", {part: entry.text for part, entry in sheet.translations["pl"].items()}, sheet.seen["pl"], "jan"
        )
    # Another language and the details are another matter.
    await topics.save_details(TOPIC, sheet.details, sheet.seen["details"], "jan", TODAY)


async def test_a_translation_is_up_to_date_when_it_is_saved_and_reviewed_when_somebody_says_so(
    versions: Versions, draft: Draft
) -> None:
    topics, translations = Topics(draft), Translations(draft)
    sheet, texts = await _texts(topics, title="Your payslip")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    sheet = await topics.sheet(TOPIC)
    with pytest.raises(EditError, match="not_ready"):
        await translations.review(TOPIC, "pl", True, sheet.seen["pl"], "ola")
    polish = {part: entry.text for part, entry in sheet.translations["pl"].items()}
    await translations.save(TOPIC, "pl", {**polish, "title": "Twój pasek"}, sheet.seen["pl"], "ola")
    sheet = await topics.sheet(TOPIC)
    assert sheet.translations["pl"]["title"].state == "unreviewed"
    assert sheet.translations["pl"]["title"].former is None
    await translations.review(TOPIC, "pl", True, sheet.seen["pl"], "ola")
    sheet = await topics.sheet(TOPIC)
    assert {entry.state for entry in sheet.translations["pl"].values()} == {"reviewed"}
    assert (versions.edits()[0].author, versions.edits()[0].what) == ("ola", f"topic {TOPIC}: reviewed pl")
    # Another word, and somebody has to look at it again.
    await translations.save(TOPIC, "pl", {**polish, "title": "Pasek wypłaty"}, sheet.seen["pl"], "ewa")
    sheet = await topics.sheet(TOPIC)
    assert sheet.translations["pl"]["title"].state == "unreviewed"
    assert sheet.translations["pl"]["text"].state == "reviewed"


async def test_an_outdated_translation_that_still_fits_need_not_be_typed_again(draft: Draft) -> None:
    topics, translations = Topics(draft), Translations(draft)
    sheet, texts = await _texts(topics, title="Your payslip")
    await topics.save_english(TOPIC, texts, sheet.seen["en"], "ewa")
    sheet = await topics.sheet(TOPIC)
    polish = {part: entry.text for part, entry in sheet.translations["pl"].items()}
    await translations.save(TOPIC, "pl", polish, sheet.seen["pl"], "ola")
    assert (await topics.sheet(TOPIC)).translations["pl"]["title"].state == "outdated"
    await translations.save(TOPIC, "pl", polish, sheet.seen["pl"], "ola", still_right=["title"])
    assert (await topics.sheet(TOPIC)).translations["pl"]["title"].state == "unreviewed"


WRONG: list[tuple[dict[str, str], str]] = [
    ({"text": "Za mało.\n\n• Raz."}, "check.steps"),
    ({"text": "{minimum_wage_21} od szefa."}, "check.placeholders"),
    ({"simpler": "Dostajesz 14 euro."}, "check.number"),
    ({"simpler": "słowo " * 46}, "check.words"),
    ({"title": "Tytuł, który nie zmieści się na guziku"}, "check.letters"),
    ({"title": ""}, "edit.empty"),
]


async def test_a_wrong_translation_is_refused_and_changes_nothing(versions: Versions, draft: Draft) -> None:
    sheet = await Topics(draft).sheet(TOPIC)
    polish = {part: entry.text for part, entry in sheet.translations["pl"].items()}
    for changed, phrase in WRONG:
        with pytest.raises(FieldFaults) as error:
            await Translations(draft).save(TOPIC, "pl", {**polish, **changed}, sheet.seen["pl"], "ola")
        assert phrase in {fault.phrase for fault in error.value.faults}
    assert versions.changed_files() == []


async def test_what_belongs_to_a_topic_can_be_changed(draft: Draft) -> None:
    topics = Topics(draft)
    sheet = await topics.sheet(TOPIC)
    details = replace(
        sheet.details, urgency="sensitive", means="what is on it, and what if: none?", source="uwv",
        facts=(), services=("fairwork", "sncu"), related=("unpaid_wages", "wage_check"),
        review_by=dt.date(2027, 9, 1),
    )  # fmt: skip
    await topics.save_details(TOPIC, details, sheet.seen["details"], "ewa", TODAY)
    assert (await topics.sheet(TOPIC)).details == details
    assert sorted(_diff(draft)) == sorted(
        [
            f'-{"  payslip:":<27}{{urgency: info, means: "I get no payslip, or I do not understand what is on it"}}',
            '+  payslip:                 {urgency: sensitive, means: "what is on it, and what if: none?"}',
            "-      facts: [payslip]",
            "-      services: [sncu, labour_inspectorate, fairwork]",
            "-      related: [wage_check, wage_deductions, unpaid_wages]",
            "-      review_by: '2027-06-30'",
            "+      services: [fairwork, sncu]",
            "+      related: [unpaid_wages, wage_check]",
            "+      source: uwv",
            "+      review_by: '2027-09-01'",
        ]
    )


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"related": ("wage_check",)}, "faults"),
    ({"related": ("wage_check", TOPIC)}, "itself"),
    ({"related": ("wage_check", "wage_check")}, "twice"),
    ({"related": ("wage_check", "no_such_topic")}, "unknown"),
    ({"services": ("fairwork", "sncu", "police", "juridisch_loket")}, "faults"),
    ({"services": ()}, "faults"),
    ({"services": ("nobody",)}, "unknown"),
    ({"urgency": "critical"}, "faults"),
    ({"urgency": "huge"}, "unknown"),
    ({"facts": (), "source": ""}, "no_source"),
    ({"means": " "}, "meaning"),
    ({"review_by": TODAY - dt.timedelta(days=1)}, "past"),
]


async def test_details_that_cannot_be_are_refused(draft: Draft) -> None:
    topics = Topics(draft)
    sheet = await topics.sheet(TOPIC)
    for changed, code in IMPOSSIBLE:
        with pytest.raises(EditError) as error:
            await topics.save_details(TOPIC, replace(sheet.details, **changed), sheet.seen["details"], "ewa", TODAY)
        assert error.value.code == code, changed
    assert await topics.sheet(TOPIC) == sheet


NEW = {
    "title": "Parking fines",
    "text": "Your boss pays fines for the work car.\n\n• Ask who pays.\n• Keep the letter.",
    "simpler": "A fine for the work car is for your boss. Keep the letter.",
}
NEW_DETAILS = Details(
    "info", "who pays a fine for the car of the job", ("deduct_fines",), ("fairwork",),
    ("wage_deductions", "payslip"), "", dt.date(2027, 6, 30),
)  # fmt: skip


async def test_a_new_topic_is_read_like_the_others_and_can_be_taken_back(versions: Versions, draft: Draft) -> None:
    new = NewTopics(draft)
    live = await draft.content()
    await new.create("parking_fines", "work", NEW, NEW_DETAILS, "ewa", TODAY)
    sheet = await Topics(draft).sheet("parking_fines")
    assert (sheet.english, sheet.details) == (NEW, NEW_DETAILS)
    assert {entry.state for parts in sheet.translations.values() for entry in parts.values()} == {"missing"}
    lines = (draft.folder / "data/topics.yml").read_text().splitlines()
    row = next(line for line in lines if line.startswith("  parking_fines:"))
    assert row.index("{") == next(line for line in lines if line.startswith("  payslip:")).index("{")
    assert load_content(draft.folder).title("parking_fines", "pl") == "Parking fines"
    await Translations(draft).save(
        "parking_fines", "nl", {"title": "Parkeerboetes", "text": "", "simpler": ""}, sheet.seen["nl"], "jan"
    )
    assert (await draft.content()).title("parking_fines", "nl") == "Parkeerboetes"
    await new.withdraw("parking_fines", live, "ewa")
    assert versions.changed_files() == []


async def test_a_new_topic_must_be_whole_and_have_a_name_of_its_own(draft: Draft) -> None:
    new = NewTopics(draft)
    for topic_id, code in (("payslip", "taken"), ("Parking", "wrong_id"), ("a-b", "wrong_id"), ("x" * 41, "wrong_id")):
        with pytest.raises(EditError, match=code):
            await new.create(topic_id, "work", NEW, NEW_DETAILS, "ewa", TODAY)
    with pytest.raises(EditError, match="unknown"):
        await new.create("parking_fines", "cars", NEW, NEW_DETAILS, "ewa", TODAY)
    with pytest.raises(FieldFaults):
        await new.create("parking_fines", "work", {**NEW, "simpler": ""}, NEW_DETAILS, "ewa", TODAY)
    with pytest.raises(FieldFaults):
        await new.create("parking_fines", "work", NEW, replace(NEW_DETAILS, related=("payslip",)), "ewa", TODAY)


async def test_a_topic_that_people_are_answered_from_cannot_be_withdrawn(draft: Draft) -> None:
    content = await draft.content()
    with pytest.raises(EditError, match="published"):
        await NewTopics(draft).withdraw(TOPIC, content, "ewa")


async def test_a_comma_without_quotes_is_refused_and_cuts_no_meaning_off(draft: Draft) -> None:
    path = draft.folder / "data/topics.yml"
    await draft.content()
    path.write_text("work:\n  payslip: {urgency: info, means: no payslip, or a wrong one}\n")
    with pytest.raises(ContentError, match="a comma needs quotes"):
        load_topics(path)


async def test_a_topic_that_is_not_there_is_said_to_be_not_there(draft: Draft) -> None:
    with pytest.raises(EditError, match="unknown_topic"):
        await Topics(draft).sheet("no_such_topic")
