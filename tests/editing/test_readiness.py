"""What stops a draft from being published, and what needs a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bot.answers.content import Content
from bot.editing.draft import Draft
from bot.editing.messages import Messages
from bot.editing.new_topics import NewTopics
from bot.editing.readiness import Problem, changed_topics, problems
from bot.editing.topics import Topics
from bot.editing.translations import Translations
from tests.conftest import ROOT, TODAY
from tests.editing.test_topics import NEW, NEW_DETAILS

#: The minimum wage of 2026 has ended by then, and nobody has entered the next.
LATER = dt.date(2027, 2, 1)


async def _problems(draft: Draft, live: Content, today: dt.date = TODAY) -> set[tuple[str, str, str, str]]:
    found = problems(await draft.content(), draft.folder, live, today)
    assert [problem.kind for problem in found] == sorted((one.kind for one in found), reverse=True), "what stops first"
    for problem in found:
        assert _said(live, problem)
    return {(problem.kind, problem.code, problem.item, problem.language) for problem in found}


def _said(content: Content, problem: Problem) -> str:
    text = content.desk_phrase("nl", problem.phrase, **problem.values)
    assert "{" not in text
    return text


async def _save(draft: Draft, topic_id: str, **changed: str) -> None:
    sheet = await Topics(draft).sheet(topic_id)
    await Topics(draft).save_english(topic_id, {**sheet.english, **changed}, sheet.seen["en"], "ewa")


async def test_a_draft_without_changes_has_no_problems(draft: Draft, content: Content) -> None:
    assert await _problems(draft, content) == set()


async def test_an_outdated_translation_needs_a_reason_until_it_is_made_anew(draft: Draft, content: Content) -> None:
    await _save(draft, "payslip", title="Your payslip")
    expected = {("needs_reason", "outdated", "topic payslip", language) for language in ("pl", "ro", "bg", "nl")}
    assert await _problems(draft, content) == expected
    sheet = await Topics(draft).sheet("payslip")
    polish = {part: entry.text for part, entry in sheet.translations["pl"].items()}
    await Translations(draft).save("payslip", "pl", {**polish, "title": "Twój pasek"}, sheet.seen["pl"], "ola")
    assert await _problems(draft, content) == {one for one in expected if one[3] != "pl"}
    # It stays to be said when the English has been published meanwhile.
    assert await _problems(draft, await draft.content()) == {one for one in expected if one[3] != "pl"}


async def test_a_changed_answer_with_an_amount_that_has_expired_stops_everything(
    draft: Draft, content: Content
) -> None:
    # Nobody is kept from publishing something else.
    await _save(draft, "payslip", title="Your payslip")
    assert {one[0] for one in await _problems(draft, content, LATER)} == {"needs_reason"}
    await _save(draft, "minimum_wage", title="Least pay")
    found = await _problems(draft, content, LATER)
    assert ("stops", "amount_expired", "topic minimum_wage", "") in found
    assert not [one for one in await _problems(draft, content) if one[0] == "stops"]


async def test_a_changed_translation_counts_as_a_change(draft: Draft, content: Content) -> None:
    sheet = await Topics(draft).sheet("minimum_wage")
    polish = {part: entry.text for part, entry in sheet.translations["pl"].items()}
    await Translations(draft).save("minimum_wage", "pl", {**polish, "title": "Najniższa płaca"}, sheet.seen["pl"], "x")
    assert changed_topics(await draft.content(), content) == ["minimum_wage"]
    found = await _problems(draft, content, LATER)
    assert ("stops", "amount_expired", "topic minimum_wage", "") in found


async def test_a_new_topic_is_stopped_until_it_has_translations_and_messages(draft: Draft, content: Content) -> None:
    await NewTopics(draft).create("parking_fines", "work", NEW, NEW_DETAILS, "ewa", TODAY)
    found = await _problems(draft, content)
    languages = ("pl", "ro", "bg", "nl")
    assert found == {
        *(("stops", "untranslated", "topic parking_fines", language) for language in languages),
        *(("stops", "too_few_messages", "messages parking_fines", language) for language in (*languages, "en")),
    }
    everything = problems(await draft.content(), draft.folder, content, TODAY)
    few = next(one for one in everything if (one.code, one.language) == ("too_few_messages", "ro"))
    assert _said(content, few) == "0 van 45 verschillende voorbeeldberichten"


async def test_a_topic_that_loses_its_messages_is_stopped(draft: Draft, content: Content) -> None:
    messages = Messages(draft, ROOT / "tests/development")
    present = (await messages.of("payslip"))["ro"]
    await messages.remove_messages("payslip", "ro", present[20:], "ewa")
    assert await _problems(draft, content) == {("stops", "too_few_messages", "messages payslip", "ro")}


BROUGHT = [
    ("You get 900 euro. Ask for it.", "stops", "number"),
    ("You get {no_such_fact}.", "stops", "unknown_fact"),
    ("Notwithstanding organisational responsibilities, internationally administrated.", "needs_reason", "hard"),
]


async def test_whatever_way_a_text_came_into_the_draft_it_is_checked(draft: Draft, content: Content) -> None:
    for text, kind, code in BROUGHT:
        answer = replace(content.answers["payslip"], text=text)
        changed = replace(content, answers={**content.answers, "payslip": answer})
        found = {(one.kind, one.code, one.item) for one in problems(changed, draft.folder, content, TODAY)}
        assert (kind, code, "topic payslip") in found
        # What people are told already needs no other reason.
        again = problems(changed, draft.folder, changed, TODAY)
        assert {one.code for one in again} <= {"untranslated"}
