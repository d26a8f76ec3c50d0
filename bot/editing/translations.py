"""Translations of a topic's texts: writing them, and saying that a native speaker has checked them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bot.answers.catalogue import ANSWERS
from bot.answers.checks import Fault, check_translation
from bot.answers.content import Content
from bot.editing.catalogues import Entry, changing, mark, translate
from bot.editing.draft import Draft, must_be
from bot.editing.errors import EditError
from bot.editing.topic_texts import PARTS, Texts, context_of, refuse, tidied
from bot.editing.topics import read_sheet


class Translations:
    """Changes the translations of topics in the draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def save(
        self, topic_id: str, language: str, texts: Texts, seen: str, account: str, still_right: Collection[str] = ()
    ) -> None:
        """Change the translation into a language. What changes is up to date then, and not reviewed.

        Args:
            topic_id: the topic.
            language: not English.
            texts: all three by part; a part that has no translation yet may be left empty.
            seen: ``Sheet.seen[language]`` of what was shown.
            account: who does it.
            still_right: outdated parts that fit the new English as they are.

        Raises:
            EditError: somebody has changed it (or its English) meanwhile, or a text may not be said like this.
        """

        def change(folder: Path, content: Content) -> None:
            sheet = read_sheet(folder, content, topic_id)
            present = sheet.translation(language)
            must_be(seen, sheet.seen[language])
            given = tidied(texts, may_be_empty={part for part in PARTS if not present[part].text})
            changed = [
                part
                for part in PARTS
                if given[part] and (given[part] != present[part].text or _is_confirmed(part, present, still_right))
            ]
            faults: list[Fault] = []
            for part in changed:
                context = context_of(sheet.topic, part)
                faults += check_translation(content, ANSWERS, context, sheet.english[part], given[part], language)
            refuse(faults)
            with changing(folder, ANSWERS, language) as catalogue:
                for part in changed:
                    translate(catalogue, context_of(sheet.topic, part), given[part], reviewed=False)

        await self._draft.change(account, f"topic {topic_id}", f"text {language}", change)

    async def review(self, topic_id: str, language: str, reviewed: bool, seen: str, account: str) -> None:
        """Say that a native speaker has checked a translation (it is whoever says so), or that nobody has.

        Raises:
            EditError: somebody has changed it meanwhile, or a part of it is missing or outdated.
        """

        def change(folder: Path, content: Content) -> None:
            sheet = read_sheet(folder, content, topic_id)
            present = sheet.translation(language)
            must_be(seen, sheet.seen[language])
            if any(entry.state in ("missing", "outdated") for entry in present.values()):
                raise EditError("not_ready", "edit.review_not_ready", 409)
            with changing(folder, ANSWERS, language) as catalogue:
                for part in PARTS:
                    mark(catalogue, context_of(sheet.topic, part), reviewed)

        what = f"{'reviewed' if reviewed else 'unreviewed'} {language}"
        await self._draft.change(account, f"topic {topic_id}", what, change)


def _is_confirmed(part: str, present: dict[str, Entry], still_right: Collection[str]) -> bool:
    return part in still_right and present[part].state == "outdated"
