"""What a draft changes is told item by item, in what people read; nothing that differs is left out."""

from __future__ import annotations

from pathlib import Path

from bot.answers.content import Content
from bot.editing.differences import Difference, Side, differences
from bot.editing.draft import Draft
from bot.editing.saved_chats import SavedTurn, adding
from bot.editing.versions import Versions


async def _changed(draft: Draft, versions: Versions, path: str, old: str, new: str) -> list[Difference]:
    def change(folder: Path, content: Content) -> None:
        file = folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    await draft.change("ewa", "something", "changed", change)
    return await _found(draft, versions)


async def _found(draft: Draft, versions: Versions) -> list[Difference]:
    live = versions.folder(versions.live().id)
    from bot.answers.content import load_content

    before, after = Side(live, load_content(live)), Side(draft.folder, await draft.content())
    return differences(before, after, versions.changed_files())


async def test_a_text_is_told_in_each_language_that_it_is_lost_in(draft: Draft, versions: Versions) -> None:
    (found,) = await _changed(draft, versions, "data/answers/work.yml", "title: Minimum wage", "title: Lowest wage")
    assert found.item == "topic minimum_wage"
    assert {(part.name, part.language) for part in found.parts} == {
        ("title", code) for code in ("en", "pl", "ro", "bg", "nl")
    }
    english = next(part for part in found.parts if part.language == "en")
    assert (english.before, english.after, english.is_prose) == ("Minimum wage", "Lowest wage", True)
    polish = next(part for part in found.parts if part.language == "pl")
    assert polish.before is not None
    assert polish.after is None


async def test_a_translation_is_told_in_its_language_only(draft: Draft, versions: Versions) -> None:
    (found,) = await _changed(
        draft,
        versions,
        "locales/pl/LC_MESSAGES/interface.po",
        'msgstr "Rozmowa z człowiekiem"',
        'msgstr "Z człowiekiem"',
    )
    (part,) = found.parts
    assert (found.item, part.language, part.after) == ("text button.human", "pl", "Z człowiekiem")


async def test_an_amount_is_told_as_a_fact(draft: Draft, versions: Versions) -> None:
    (found,) = await _changed(draft, versions, "data/facts.yml", "value: 14.99", "value: 15.01")
    assert found.item == "fact minimum_wage_21"
    (part,) = found.parts
    assert "14.99" in (part.before or "")
    assert "15.01" in (part.after or "")


async def test_training_messages_are_told_by_topic_and_language(draft: Draft, versions: Versions) -> None:
    (found,) = await _changed(
        draft, versions, "data/nlu/pl/housing.yml", "  examples: |\n", "  examples: |\n    - zupełnie nowe pytanie\n"
    )
    assert found.item.startswith("messages ")
    (part,) = found.parts
    assert part.language == "pl"
    assert set((part.after or "").splitlines()) - set((part.before or "").splitlines()) == {"zupełnie nowe pytanie"}


async def test_a_saved_conversation_is_told_by_what_is_said_in_it(draft: Draft, versions: Versions) -> None:
    await draft.change("ewa", "chats pl", "saved", adding("pl", [SavedTurn("ile to jest", "minimum_wage", False)]))
    (found,) = await _found(draft, versions)
    assert (found.item, found.is_new) == ("chats pl", True)
    assert found.parts[0].after == "ile to jest [minimum_wage]"


async def test_what_no_page_edits_is_told_line_by_line(draft: Draft, versions: Versions) -> None:
    (found,) = await _changed(draft, versions, "data/stories/rules.yml", "say what is out of scope", "say no")
    assert found.item == "story rules"
    (found, _) = sorted(
        await _changed(draft, versions, "data/places.yml", "regions:", "# a remark\nregions:"), key=lambda one: one.item
    )
    assert found.item == "file data/places.yml"


async def test_nothing_differs_where_nothing_was_changed(draft: Draft, versions: Versions) -> None:
    await draft.content()
    assert await _found(draft, versions) == []
