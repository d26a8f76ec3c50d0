"""All content in one object: topics, answers, facts, organisations, places, interface texts, canned replies."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.answers._yaml import entry, read_mapping
from bot.answers.canned import Canned, load_canned
from bot.answers.catalogue import ANSWERS, DESK, INTERFACE, Catalogues
from bot.answers.errors import ContentError
from bot.answers.facts import Fact, Facts, Source, load_facts
from bot.answers.formatting import agreed
from bot.answers.places import Places, load_places
from bot.answers.services import Service, Services, load_services
from bot.answers.topics import Topic, load_topics

#: A fact's value inside an answer: ``{minimum_wage_21}``.
PLACEHOLDER = re.compile(r"{(\w+)}")


def placeholders(text: str) -> list[str]:
    """The fact ids an answer's text prints, in order, without repeats."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


@dataclass(frozen=True)
class Answer:
    """The English source of one topic's answer; translations hang on ``text``, ``title`` and ``simpler``."""

    topic: Topic
    title: str
    text: str
    simpler: str
    facts: tuple[str, ...]
    services: tuple[str, ...]
    related: tuple[str, ...]
    source: str | None
    review_by: dt.date

    def fact_ids(self) -> list[str]:
        """Every fact the answer rests on: printed ones first, then rules in words."""
        return list(dict.fromkeys([*placeholders(self.text), *self.facts]))

    def messages(self) -> Iterator[tuple[str, str]]:
        """(context, English message) of everything in it that is translated."""
        yield self.topic.intent, self.text
        yield f"{self.topic.intent} title", self.title
        yield f"{self.topic.intent} simpler", self.simpler


@dataclass(frozen=True)
class Content:
    """Everything people are told, with its translations."""

    topics: dict[str, Topic]
    answers: dict[str, Answer]
    facts: Facts
    services: Services
    places: Places
    interface: dict[str, str]
    desk: dict[str, str]
    canned: Canned
    catalogues: Catalogues

    def fact(self, fact_id: str) -> Fact:
        return self.facts.facts[fact_id]

    def service(self, service_id: str) -> Service:
        return self.services.services[service_id]

    def sources(self, answer: Answer) -> list[Source]:
        """The official sources behind an answer, each once, most important first."""
        found = [self.fact(fact_id).source for fact_id in answer.fact_ids()]
        if answer.source:
            found.append(self.facts.sources[answer.source])
        return list(dict.fromkeys(found))

    def phrase(self, language: str, phrase_id: str, /, **values: str) -> str:
        """An interface text in a language, with its placeholders filled in."""
        text = self.catalogues.translate(INTERFACE, phrase_id, self.interface[phrase_id], language)
        return agreed(text.format(**values), language) if values else text

    def desk_phrase(self, language: str, phrase_id: str, /, **values: str) -> str:
        """A text of the desk's pages in one of the staff's languages, with its placeholders filled in."""
        text = self.catalogues.translate(DESK, phrase_id, self.desk[phrase_id], language)
        return text.format(**values) if values else text

    def title(self, topic_id: str, language: str) -> str:
        """A topic's name for a button."""
        answer = self.answers[topic_id]
        return self.catalogues.translate(ANSWERS, f"{answer.topic.intent} title", answer.title, language)

    def is_question(self, topic_id: str) -> bool:
        """Whether there is such a topic, and it is not about the chat itself.

        While versions change, a message may be about a topic that is not there.
        """
        return topic_id in self.topics and self.topics[topic_id].section != "dialogue"

    def is_critical(self, topic_id: str) -> bool:
        """Whether there is such a topic, and it means danger."""
        return topic_id in self.topics and self.topics[topic_id].urgency == "critical"

    def become(self, other: Content) -> None:
        """Take over everything of another content, in one step: whoever holds this one answers from it from now on."""
        object.__setattr__(self, "__dict__", dict(other.__dict__))

    @cached_property
    def by_intent(self) -> dict[str, Topic]:
        return {topic.intent: topic for topic in self.topics.values()}


def load_content(root: Path) -> Content:
    """Read all content below a project folder (``data/`` and ``locales/``).

    Raises:
        ContentError: a file is broken or points to something that is not there; one line says what.
    """
    data = root / "data"
    topics = load_topics(data / "topics.yml")
    facts = load_facts(data / "facts.yml")
    services = load_services(data / "services.yml")
    answers: dict[str, Answer] = {}
    for section in dict.fromkeys(topic.section for topic in topics.values()):
        answers.update(_load_answers(data / "answers" / f"{section}.yml", section, topics, facts, services))
    missing = [topic_id for topic_id in topics if topic_id not in answers]
    if missing:
        raise ContentError(data / "answers", f"no answer for topic '{missing[0]}'")
    catalogues = Catalogues(root / "locales")
    return Content(
        topics={topic_id: topics[topic_id] for topic_id in topics},
        answers=answers,
        facts=facts,
        services=services,
        places=load_places(data / "places.yml"),
        interface=_load_texts(data / "interface.yml"),
        desk=_load_texts(data / "desk.yml"),
        canned=load_canned(root, catalogues),
        catalogues=catalogues,
    )


def _load_texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = entry(path, read_mapping(path), "texts", "file")
    return texts


def _load_answers(
    path: Path, section: str, topics: dict[str, Topic], facts: Facts, services: Services
) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for key, variations in entry(path, read_mapping(path), "responses", "file").items():
        topic = topics.get(key.removeprefix(f"utter_{section}/"))
        if topic is None or topic.section != section:
            raise ContentError(path, f"'{key}' is no topic of section '{section}'")
        if not isinstance(variations, list) or len(variations) != 1:
            raise ContentError(path, f"'{key}' must have exactly one variation")
        meta = entry(path, variations[0], "metadata", key)
        answer = Answer(
            topic=topic,
            title=entry(path, meta, "title", key).strip(),
            text=entry(path, variations[0], "text", key).strip(),
            simpler=entry(path, meta, "simpler", key).strip(),
            facts=tuple(meta.get("facts") or ()),
            services=tuple(meta.get("services") or ()),
            related=tuple(meta.get("related") or ()),
            source=meta.get("source"),
            review_by=dt.date.fromisoformat(str(entry(path, meta, "review_by", key))),
        )
        _check_references(path, answer, topics, facts, services)
        answers[topic.id] = answer
    return answers


def _check_references(path: Path, answer: Answer, topics: dict[str, Topic], facts: Facts, services: Services) -> None:
    where = answer.topic.intent
    for fact_id in (*answer.fact_ids(), *placeholders(answer.simpler)):
        if fact_id not in facts.facts:
            raise ContentError(path, f"{where}: unknown fact '{fact_id}'")
    for fact_id in placeholders(answer.text + answer.simpler):
        if facts.facts[fact_id].kind == "rule":
            raise ContentError(path, f"{where}: '{fact_id}' is a rule and has no value to print")
    for service_id in answer.services:
        if service_id not in services.services:
            raise ContentError(path, f"{where}: unknown service '{service_id}'")
    for related in answer.related:
        if related not in topics:
            raise ContentError(path, f"{where}: unknown related topic '{related}'")
    if answer.source is not None and answer.source not in facts.sources:
        raise ContentError(path, f"{where}: unknown source '{answer.source}'")
    if not answer.source and not answer.fact_ids():
        raise ContentError(path, f"{where}: no source and no facts")
