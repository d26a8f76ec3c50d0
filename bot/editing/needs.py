"""What needs an editor, the most urgent first: amounts, contacts and answers by their dates, and translations."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bot.answers.catalogue import ANSWERS, DOMAINS
from bot.answers.checks import WARNING
from bot.answers.content import Content, placeholders
from bot.answers.facts import Fact
from bot.answers.states import STATES, State
from bot.answers.topics import OUT_OF_SCOPE
from bot.editing.catalogues import catalogue_path, entries, translated_into
from bot.editing.messages import messages_of, wanted
from bot.editing.topic_texts import PARTS, context_of
from bot.languages import LANGUAGES, SOURCE_LANGUAGE
from bot.translations import read_catalogue

#: In the order in which they matter: what people are told wrong or not at all comes first.
Kind = Literal[
    "amount_expired", "contact_passed", "review_passed", "amount_ends", "amount_unchecked", "contact_coming",
    "review_coming",
]  # fmt: skip
_ORDER: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Need:
    """Something that has to be looked at.

    Attributes:
        kind: why.
        item: what, named as in ``Draft.change``.
        day: until when it holds or by when it is to be checked.
        topics: the ids of the topics that print the amount or name the organisation.
    """

    kind: Kind
    item: str
    day: dt.date
    topics: tuple[str, ...] = ()


def needs(content: Content, today: dt.date) -> list[Need]:
    """What has to be looked at by its date, within a month or since longer; ``today`` is the day in Amsterdam."""
    found = [
        *(need for fact in content.facts.facts.values() for need in _of_fact(content, fact, today)),
        *_of_services(content, today),
        *_of_answers(content, today),
    ]
    return sorted(found, key=lambda need: (_ORDER.index(need.kind), need.day, need.item))


def coverage(folder: Path) -> dict[str, Counter[State]]:
    """Language -> how many texts that people read are in each state; all catalogues but the desk's own.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    found: dict[str, Counter[State]] = {}
    for language in LANGUAGES:
        if language != SOURCE_LANGUAGE:
            found[language] = Counter()
            for domain, languages in DOMAINS.items():
                if language in languages and set(languages) == set(LANGUAGES):
                    catalogue = read_catalogue(catalogue_path(folder, domain, language))
                    found[language].update(entry.state for entry in entries(catalogue).values())
    return found


def topic_states(content: Content, folder: Path) -> dict[str, dict[str, State]]:
    """Topic -> language -> the state of its translation: that of the part that needs most work.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    found: dict[str, dict[str, State]] = {topic_id: {} for topic_id in content.topics}
    for language in translated_into(ANSWERS):
        known = entries(read_catalogue(catalogue_path(folder, ANSWERS, language)))
        for topic_id, topic in content.topics.items():
            states = [known[context_of(topic, part)].state for part in PARTS]
            found[topic_id][language] = min(states, key=STATES.index)
    return found


def message_counts(content: Content, folder: Path) -> dict[str, dict[str, int]]:
    """Topic (and ``out_of_scope``) -> language -> how many training messages it has."""
    by_language: Mapping[str, Mapping[str, list[str]]] = {one: messages_of(folder, one) for one in LANGUAGES}
    intents = {topic_id: topic.intent for topic_id, topic in content.topics.items()} | {OUT_OF_SCOPE: OUT_OF_SCOPE}
    return {
        topic_id: {language: len(by_language[language].get(intent, ())) for language in LANGUAGES}
        for topic_id, intent in intents.items()
    }


def has_too_few(intent: str, counts: Mapping[str, int]) -> bool:
    """Whether a topic lacks training messages in a language."""
    return any(count < wanted(intent) for count in counts.values())


def _of_fact(content: Content, fact: Fact, today: dt.date) -> Iterator[Need]:
    printing = tuple(
        topic_id
        for topic_id, answer in content.answers.items()
        if fact.id in placeholders(answer.text + answer.simpler)
    )
    item, period, ends = f"fact {fact.id}", fact.period(today), fact.ends(today)
    state = fact.state(today)
    if state == "expired" and period.valid_until is not None:
        yield Need("amount_expired", item, period.valid_until, printing)
    elif state != "hidden" and ends is not None and ends <= today + WARNING:
        yield Need("amount_ends", item, ends, printing)
    elif state == "review_due" and period.review_by is not None:
        yield Need("amount_unchecked", item, period.review_by, printing)


def _of_services(content: Content, today: dt.date) -> Iterator[Need]:
    for service in content.services.services.values():
        if service.review_by <= today + WARNING:
            naming = tuple(topic_id for topic_id, answer in content.answers.items() if service.id in answer.services)
            kind: Kind = "contact_passed" if service.review_by < today else "contact_coming"
            yield Need(kind, f"service {service.id}", service.review_by, naming)


def _of_answers(content: Content, today: dt.date) -> Iterator[Need]:
    for topic_id, answer in content.answers.items():
        if answer.review_by <= today + WARNING:
            kind: Kind = "review_passed" if answer.review_by < today else "review_coming"
            yield Need(kind, f"topic {topic_id}", answer.review_by)
