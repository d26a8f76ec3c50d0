"""Topics: what people are told about one thing, in English and translated, and what belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from ruamel.yaml.comments import CommentedSeq

from bot.answers.catalogue import ANSWERS
from bot.answers.checks import Fault, check_answer
from bot.answers.content import Answer, Content
from bot.answers.topics import Topic, Urgency
from bot.editing import topic_rows
from bot.editing.catalogues import Entry, catalogue_path, change_source, changing, entries, translated_into
from bot.editing.draft import Draft, must_be, revision
from bot.editing.errors import EditError
from bot.editing.topic_texts import PARTS, Texts, answer_key, answers_path, context_of, is_printable, refuse, tidied
from bot.editing.yaml_text import edited, literal, quoted
from bot.languages import SOURCE_LANGUAGE
from bot.translations import read_catalogue

_LONGEST_MEANING = 300


@dataclass(frozen=True)
class Details:
    """What belongs to a topic besides its texts; ``source`` is the id of one, "" if its facts are source enough."""

    urgency: str
    means: str
    facts: tuple[str, ...]
    services: tuple[str, ...]
    related: tuple[str, ...]
    source: str
    review_by: dt.date


@dataclass(frozen=True)
class Sheet:
    """A topic as it is drafted.

    Attributes:
        topic: the topic.
        english: its English texts by part.
        translations: language -> part -> the entry of its catalogue.
        details: what belongs to it.
        seen: what names each piece as it is now, to be sent back with a change: by language, and ``details``.
    """

    topic: Topic
    english: dict[str, str]
    translations: dict[str, dict[str, Entry]]
    details: Details
    seen: dict[str, str]

    def translation(self, language: str) -> dict[str, Entry]:
        """The translation into a language, by part.

        Raises:
            EditError: topics are not translated into it.
        """
        if language not in self.translations:
            raise EditError("unknown_language", "edit.unknown_language", 404)
        return self.translations[language]


class Topics:
    """Reads and changes topics in the draft. Every change is one commit, or none at all."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def sheet(self, topic_id: str) -> Sheet:
        """A topic as it is drafted.

        Raises:
            EditError: there is no such topic.
        """
        return await self._draft.look(lambda folder, content: read_sheet(folder, content, topic_id))

    async def save_english(
        self, topic_id: str, texts: Texts, seen: str, account: str, only_corrected: bool = False
    ) -> None:
        """Change the English texts; the translations of those that change become outdated.

        Args:
            topic_id: the topic.
            texts: all three by part.
            seen: ``Sheet.seen["en"]`` of what was shown.
            account: who does it.
            only_corrected: the meaning is the same as before, and translations stay right.

        Raises:
            EditError: somebody has changed them meanwhile, or a text may not be said like this.
        """

        def change(folder: Path, content: Content) -> None:
            answer = answer_of(content, topic_id)
            must_be(seen, _english_revision(answer))
            given = tidied(texts)
            now = with_texts(answer, given)
            refuse(_new_faults(content, answer, now))
            with edited(answers_path(folder, answer.topic.section)) as document:
                variation = document["responses"][answer_key(answer.topic)][0]
                for part in _differing(answer, given):
                    (variation if part == "text" else variation["metadata"])[part] = scalar(part, given[part])
            for language in translated_into(ANSWERS):
                with changing(folder, ANSWERS, language) as catalogue:
                    for part in _differing(answer, given):
                        change_source(catalogue, context_of(answer.topic, part), given[part], only_corrected)

        await self._draft.change(account, f"topic {topic_id}", "corrected" if only_corrected else "text en", change)

    async def save_details(self, topic_id: str, details: Details, seen: str, account: str, today: dt.date) -> None:
        """Change what belongs to a topic.

        Args:
            topic_id: the topic.
            details: all of it.
            seen: ``Sheet.seen["details"]`` of what was shown.
            account: who does it.
            today: the day in Amsterdam.

        Raises:
            EditError: somebody has changed it meanwhile, or something in it cannot be.
        """

        def change(folder: Path, content: Content) -> None:
            answer = answer_of(content, topic_id)
            must_be(seen, _details_revision(answer))
            now = with_details(content, answer, details, today)
            refuse(_new_faults(content, answer, now))
            _write_details(folder, answer, now)
            if now.topic != answer.topic:
                topic_rows.change(folder, now.topic)

        await self._draft.change(account, f"topic {topic_id}", "details", change)


def read_sheet(folder: Path, content: Content, topic_id: str) -> Sheet:
    """A topic as a folder has it.

    Raises:
        EditError: there is no such topic.
    """
    answer = answer_of(content, topic_id)
    translations = {}
    seen = {SOURCE_LANGUAGE: _english_revision(answer), "details": _details_revision(answer)}
    for language in translated_into(ANSWERS):
        found = entries(read_catalogue(catalogue_path(folder, ANSWERS, language)))
        translations[language] = {part: found[context_of(answer.topic, part)] for part in PARTS}
        rows = [(entry.english, entry.text, entry.state) for entry in translations[language].values()]
        seen[language] = revision(rows)
    english = {part: str(getattr(answer, part)) for part in PARTS}
    return Sheet(answer.topic, english, translations, details_of(answer), seen)


def answer_of(content: Content, topic_id: str) -> Answer:
    """The answer of a topic.

    Raises:
        EditError: there is no such topic.
    """
    if topic_id not in content.answers:
        raise EditError("unknown_topic", "edit.unknown_topic", 404)
    return content.answers[topic_id]


def details_of(answer: Answer) -> Details:
    """What belongs to a topic besides its texts."""
    topic = answer.topic
    return Details(
        topic.urgency, topic.means, answer.facts, answer.services, answer.related, answer.source or "", answer.review_by
    )


def with_details(content: Content, answer: Answer, details: Details, today: dt.date) -> Answer:
    """An answer with other details.

    Raises:
        EditError: something in them cannot be.
    """
    means = " ".join(details.means.split())
    if not means or len(means) > _LONGEST_MEANING or not is_printable(means):
        raise EditError("meaning", "edit.meaning", most=str(_LONGEST_MEANING))
    if details.urgency not in get_args(Urgency):
        raise EditError("unknown", "edit.unknown_choice")
    for ids, known in (
        (details.facts, content.facts.facts),
        (details.services, content.services.services),
        (details.related, content.topics),
        ([details.source] if details.source else [], content.facts.sources),
    ):
        if any(one not in known for one in ids):
            raise EditError("unknown", "edit.unknown_choice")
        if len(set(ids)) < len(ids):
            raise EditError("twice", "edit.named_twice")
    if answer.topic.id in details.related:
        raise EditError("itself", "edit.related_to_itself")
    if details.review_by < today and details.review_by != answer.review_by:
        raise EditError("past", "edit.review_in_past")
    now = replace(
        answer,
        topic=replace(answer.topic, urgency=cast(Urgency, details.urgency), means=means),
        facts=details.facts,
        services=details.services,
        related=details.related,
        source=details.source or None,
        review_by=details.review_by,
    )
    if not now.source and not now.fact_ids():
        raise EditError("no_source", "edit.no_source")
    return now


def with_texts(answer: Answer, texts: Texts) -> Answer:
    """An answer with other English texts."""
    return replace(answer, title=texts["title"], text=texts["text"], simpler=texts["simpler"])


def details_rows(answer: Answer) -> dict[str, Any]:
    """What belongs to a topic, as its file has it; what is empty is left out."""
    rows: dict[str, Any] = {}
    for name in ("facts", "services", "related"):
        if ids := getattr(answer, name):
            rows[name] = CommentedSeq(ids)
            rows[name].fa.set_flow_style()
    if answer.source:
        rows["source"] = answer.source
    rows["review_by"] = quoted(answer.review_by.isoformat())
    return rows


def scalar(part: str, text: str) -> str:
    """A text as its file has it."""
    return text if part == "title" else literal(text)


def _write_details(folder: Path, before: Answer, now: Answer) -> None:
    """Write what differs; the rest of the file stays letter by letter."""
    with edited(answers_path(folder, now.topic.section)) as document:
        meta = document["responses"][answer_key(now.topic)][0]["metadata"]
        rows = details_rows(now)
        for name in ("facts", "services", "related", "source", "review_by"):
            if getattr(now, name) == getattr(before, name):
                continue
            if name not in rows:
                del meta[name]
            elif name in meta:
                meta[name] = rows[name]
            else:
                meta.insert(list(meta).index("review_by"), name, rows[name])


def _differing(answer: Answer, given: Texts) -> Collection[str]:
    return [part for part in PARTS if getattr(answer, part) != given[part]]


def _english_revision(answer: Answer) -> str:
    return revision(answer.title, answer.text, answer.simpler)


def _details_revision(answer: Answer) -> str:
    return revision(vars(details_of(answer)))


def _new_faults(content: Content, before: Answer, now: Answer) -> list[Fault]:
    """What a change makes wrong; nobody is kept from mending one thing because another is wrong already."""
    known = {(fault.code, fault.context) for fault in check_answer(content, before, dt.date.min)}
    return [fault for fault in check_answer(content, now, dt.date.min) if (fault.code, fault.context) not in known]
