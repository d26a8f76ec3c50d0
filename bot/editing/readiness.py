"""Whether the draft can be published: what stops it, and what needs a reason.

``problems`` is all that publishing needs to ask; it reads files and takes a second, so call it in a thread.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.answers.catalogue import ANSWERS, DOMAINS
from bot.answers.checks import check_content
from bot.answers.content import Content, placeholders
from bot.answers.facts import Fact
from bot.answers.topics import OUT_OF_SCOPE
from bot.editing.catalogues import catalogue_path, entries
from bot.editing.messages import shortages, wanted
from bot.languages import LANGUAGES, SOURCE_LANGUAGE
from bot.translations import read_catalogue

#: ``stops``: it must be mended first. ``needs_reason``: whoever publishes says why it goes out like this.
Kind = Literal["stops", "needs_reason"]

#: Faults of the check that would tell people something untrue, or nothing where help is.
_STOPPING = frozenset(
    {"number", "address", "unknown_fact", "rule_fact", "braces", "placeholders", "critical_text", "critical_helper"}
)
#: How far a fact must not be trusted to be printed.
_UNTRUE = ("expired", "hidden")


@dataclass(frozen=True)
class Problem:
    """Something that is not right yet.

    Attributes:
        kind: whether it stops the draft from being published, or needs a reason.
        code: a fixed word for programs, such as ``amount_expired``, ``untranslated`` or ``hard``.
        item: what it is about, named as in ``Draft.change``: ``topic minimum_wage``, ``service fairwork``,
            ``text help.title``, ``messages minimum_wage``, ``reply hello``.
        language: whose text it is; "" where it is about no text.
        phrase: the id of its text in ``data/desk.yml``.
        values: what fills the phrase's placeholders; a ``date`` is written the ISO way, to be put into words.
    """

    kind: Kind
    code: str
    item: str
    language: str
    phrase: str
    values: Mapping[str, str] = field(default_factory=dict)


def problems(draft_content: Content, draft_folder: Path, live_content: Content, today: dt.date) -> list[Problem]:
    """What is not right in the draft, what stops it first.

    Texts that are not translated (or outdated) are named every time. Other faults are named only if the draft brought
    them: nobody has to explain again what people are told already.

    Args:
        draft_content: the content as it is drafted.
        draft_folder: what holds its ``data`` and ``locales``.
        live_content: the content that people are answered from.
        today: the day in Amsterdam.
    """
    found = [
        *_amounts(draft_content, live_content, today),
        *_faults(draft_content, draft_folder, live_content, today),
        *_messages(draft_content, draft_folder),
    ]
    # A topic has three texts; that it is not translated is said once.
    unique = {(one.code, one.item, one.language, one.phrase, tuple(one.values.items())): one for one in found}
    return sorted(unique.values(), key=lambda problem: problem.kind != "stops")


def changed_topics(draft: Content, live: Content) -> list[str]:
    """Topics of whose answer the draft changes a text in any language, its details, or an amount that it prints."""
    return [topic_id for topic_id in draft.answers if _is_changed(draft, live, topic_id)]


def item_of(context: str, content: Content) -> str:
    """What an entry of a catalogue belongs to (``work/minimum_wage title`` -> ``topic minimum_wage``)."""
    if context.startswith("service "):
        return context
    name = context.split(" ")[0]
    topic = content.by_intent.get(name)
    if topic is not None:
        return f"topic {topic.id}"
    return f"text {name}" if name in content.interface or name in content.desk else f"reply {name}"


def _is_changed(draft: Content, live: Content, topic_id: str) -> bool:
    answer, before = draft.answers[topic_id], live.answers.get(topic_id)
    if before is None or answer != before:
        return True
    for language in LANGUAGES:
        for context, message in answer.messages():
            if draft.catalogues.lookup(ANSWERS, context, message, language) != live.catalogues.lookup(
                ANSWERS, context, message, language
            ):
                return True
    return any(fact != live.facts.facts.get(fact.id) for fact in _printed(draft, topic_id))


def _printed(draft: Content, topic_id: str) -> list[Fact]:
    """The facts that an answer prints; the check names those that are not there."""
    answer = draft.answers[topic_id]
    ids = placeholders(answer.text + answer.simpler)
    return [draft.fact(fact_id) for fact_id in ids if fact_id in draft.facts.facts]


def _amounts(draft: Content, live: Content, today: dt.date) -> Iterator[Problem]:
    """Amounts that no longer hold, printed by what the draft changes."""
    for topic_id in changed_topics(draft, live):
        for fact in _printed(draft, topic_id):
            state = fact.state(today)
            if state in _UNTRUE:
                values = {"fact": fact.about, "date": _day(fact.period(today).valid_until)}
                yield Problem("stops", f"amount_{state}", f"topic {topic_id}", "", f"ready.amount_{state}", values)
            elif state == "review_due":
                values = {"fact": fact.about, "date": _day(fact.period(today).review_by)}
                yield Problem("needs_reason", "amount_review", f"topic {topic_id}", "", "ready.amount_review", values)


def _faults(draft: Content, folder: Path, live: Content, today: dt.date) -> Iterator[Problem]:
    known = {(fault.code, fault.context, fault.language) for fault in check_content(live, today)}
    outdated = {(language, context) for language in LANGUAGES for context in _outdated(folder, language)}
    for fault in check_content(draft, today):
        item = item_of(fault.context, draft)
        if fault.code == "untranslated":
            is_new = item.startswith("topic ") and item.removeprefix("topic ") not in live.topics
            code = "outdated" if (fault.language, fault.context) in outdated else "untranslated"
            yield Problem("stops" if is_new else "needs_reason", code, item, fault.language, f"ready.{code}")
        elif (fault.code, fault.context, fault.language) not in known:
            kind: Kind = "stops" if fault.code in _STOPPING else "needs_reason"
            yield Problem(kind, fault.code, item, fault.language, f"check.{fault.code}", fault.values)


def _messages(draft: Content, folder: Path) -> Iterator[Problem]:
    intents = [*(topic.intent for topic in draft.topics.values()), OUT_OF_SCOPE]
    for intent, language, count in shortages(folder, intents):
        values = {"count": str(count), "wanted": str(wanted(intent))}
        item = f"messages {intent.rpartition('/')[2]}"
        yield Problem("stops", "too_few_messages", item, language, "ready.too_few_messages", values)


def _outdated(folder: Path, language: str) -> Iterator[str]:
    """Entries with a translation of another English text."""
    for domain, languages in DOMAINS.items():
        if language in languages and language != SOURCE_LANGUAGE:
            catalogue = read_catalogue(catalogue_path(folder, domain, language))
            yield from (entry.context for entry in entries(catalogue).values() if entry.state == "outdated")


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
