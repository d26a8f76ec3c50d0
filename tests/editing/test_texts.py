"""Every text of the chat can be found on its way through the chat, and changed without breaking what it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.content import Content, load_content
from bot.answers.errors import ContentError
from bot.desk.editor.stories_pages import _ACTIONS, _INTENTS
from bot.editing.draft import Draft
from bot.editing.entry_texts import TextForm, Translated
from bot.editing.errors import EditError, FieldFaults
from bot.editing.stories import load_paths, load_rules
from bot.editing.texts import read_text, save_text
from bot.languages import LANGUAGES
from tests.conftest import ROOT

_WAITING = "handover.waiting"
_SOURCE = "answer.source"


async def _text(draft: Draft, text_id: str) -> Translated:
    return read_text(draft.folder, await draft.content(), text_id)


def _form(
    text: Translated, changed: dict[str, str], still_fits: tuple[str, ...] = (), reviewed: tuple[str, ...] = ()
) -> TextForm:
    """A text as its page shows it, and what an editor changes."""
    shown = {"en": text.english, **{language: entry.text for language, entry in text.translations.items()}}
    kept = [language for language, entry in text.translations.items() if entry.state == "reviewed"]
    return TextForm({**shown, **changed}, still_fits, (*kept, *reviewed))


async def _save(draft: Draft, text_id: str, changed: dict[str, str], still_fits: tuple[str, ...] = ()) -> Content:
    text = await _text(draft, text_id)
    return await save_text(draft, "eva", text_id, _form(text, changed, still_fits), text.seen)


def test_every_text_of_the_chat_is_on_exactly_one_way_or_in_one_group(content: Content) -> None:
    named = [text_id for way in load_paths(ROOT, content).paths for text_id in way.text_ids()]
    assert sorted(named) == sorted(content.interface)


def test_every_rule_begins_a_way_and_is_told_in_words(content: Content) -> None:
    paths = load_paths(ROOT, content)
    assert paths.other_rules == ()
    assert sum(len(way.rules) for way in paths.paths) == len(load_rules(ROOT)) == 10
    sections = {topic.section for topic in content.topics.values()}
    words = [
        *(f"section_{one}" for one in sections),
        *(f"intent_{one}" for one in _INTENTS),
        *(f"action_{one}" for one in _ACTIONS),
    ]
    assert {f"story.{one}" for one in words} <= set(content.desk)
    for rule in load_rules(ROOT):
        for step in rule.steps:
            known = (
                {*sections, *_INTENTS} if step.kind == "intent" else {*_ACTIONS, *(f"utter_{one}" for one in sections)}
            )
            assert step.name in known


def test_steps_are_told_in_both_languages_of_the_desk(content: Content) -> None:
    for way in load_paths(ROOT, content).paths:
        for words in (way.title, *(step.say for step in way.steps if step.say)):
            assert set(words) == {"en", "nl"}
            assert all(words.values())


def test_no_text_is_longer_than_its_limit(content: Content) -> None:
    for text_id, most in load_paths(ROOT, content).letters.items():
        for language in LANGUAGES:
            assert len(content.phrase(language, text_id)) <= most, (text_id, language)


def test_a_way_that_names_a_text_that_is_not_there_is_told(content: Content, tmp_path: Path) -> None:
    (tmp_path / "data/stories").mkdir(parents=True)
    (tmp_path / "data/paths.yml").write_text("paths: {a: {title: {en: A}, steps: [{texts: [no.such]}]}}\ngroups: {}\n")
    with pytest.raises(ContentError, match=r"no\.such"):
        load_paths(tmp_path, content)


async def test_another_english_text_outdates_the_translations_that_are_not_said_to_fit(draft: Draft) -> None:
    english = "You are in line. Somebody of Moviera answers you here. If it becomes dangerous, call 112."
    polish = "Czekasz w kolejce. Jeśli robi się groźnie, dzwoń pod 112."
    await _save(draft, _WAITING, {"en": english, "pl": polish}, ("nl",))
    text = await _text(draft, _WAITING)
    assert text.english == english
    states = {language: entry.state for language, entry in text.translations.items()}
    assert states == {"nl": "unreviewed", "pl": "unreviewed", "ro": "outdated", "bg": "outdated"}
    content = load_content(draft.folder)
    assert content.phrase("ro", _WAITING) == english
    assert content.phrase("pl", _WAITING).startswith("Czekasz w kolejce")


async def test_a_translation_that_still_fits_is_up_to_date_again(draft: Draft) -> None:
    await _save(draft, "button.menu", {"en": "All the topics"})
    assert (await _text(draft, "button.menu")).translations["ro"].state == "outdated"
    await _save(draft, "button.menu", {}, ("ro",))
    assert (await _text(draft, "button.menu")).translations["ro"].state == "unreviewed"


async def test_only_what_was_changed_differs_in_the_files(draft: Draft, shipped: Path) -> None:
    text = await _text(draft, "button.menu")
    await save_text(draft, "eva", "button.menu", _form(text, {"pl": "Spis tematów"}, reviewed=("pl",)), text.seen)
    for path, lines in (("data/interface.yml", 0), ("locales/pl/LC_MESSAGES/interface.po", 2),
                        ("locales/ro/LC_MESSAGES/interface.po", 0)):  # fmt: skip
        before, after = ((folder / path).read_text().splitlines() for folder in (shipped, draft.folder))
        assert len(before) == len(after)
        assert sum(one != other for one, other in zip(before, after)) == lines
    assert (await _text(draft, "button.menu")).translations["pl"].state == "reviewed"


@pytest.mark.parametrize(
    ("text_id", "changed", "field", "phrase"),
    [
        (_SOURCE, {"en": "Source"}, "en", "text.placeholders"),
        (_SOURCE, {"pl": "Źródło: {zrodlo}"}, "pl", "text.placeholders"),
        (_SOURCE, {"en": "Source: {source} {"}, "en", "text.braces"),
        (_SOURCE, {"nl": "Bron: {source.__class__}"}, "nl", "text.braces"),
        (_WAITING, {"en": "Hello {name}"}, "en", "text.no_placeholders"),
        (_WAITING, {"ro": ""}, "ro", "field.empty"),
        (_WAITING, {"bg": "<script>alert(1)</script>"}, "bg", "text.markup"),
        (_WAITING, {"bg": "x" * 4001}, "bg", "field.too_long"),
        ("handover.yes", {"nl": "Ja, ik wil heel graag met iemand praten"}, "nl", "check.letters"),
        ("telegram.about_short", {"en": "x" * 121}, "en", "check.letters"),
    ],
)
async def test_what_would_break_a_message_is_said_at_its_field(
    unchanged: Draft, text_id: str, changed: dict[str, str], field: str, phrase: str
) -> None:
    with pytest.raises(FieldFaults) as refusal:
        await _save(unchanged, text_id, changed)
    assert [(fault.field, fault.phrase) for fault in refusal.value.faults] == [(field, phrase)]


async def test_who_saves_what_somebody_else_has_changed_is_told(draft: Draft) -> None:
    text = await _text(draft, "button.menu")
    await _save(draft, "button.menu", {"pl": "Spis tematów"})
    with pytest.raises(EditError) as refusal:
        await save_text(draft, "jan", "button.menu", _form(text, {"pl": "Wszystko"}), text.seen)
    assert refusal.value.code == "changed_meanwhile"
    assert (await _text(draft, "button.menu")).translations["pl"].text == "Spis tematów"
