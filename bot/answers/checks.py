"""What must hold of the content before people see it. Each check yields a fault for each thing that does not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.answers.catalogue import ANSWERS, CANNED, DESK, DOMAINS, INTERFACE
from bot.answers.content import PLACEHOLDER, Answer, Content, placeholders
from bot.answers.reading import FORMULAS, reading_level
from bot.answers.services import Service
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

#: Most words in an answer before sources and contacts, and in its simpler version, in every language; most letters
#: on a button; most organisations with an answer; least and most topics asked next.
ANSWER_WORDS = 110
SIMPLER_WORDS = 45
TITLE_LETTERS = 28
SERVICES = 3
RELATED = (2, 4)
#: Most words in a counsellor's canned reply, in every language: it is read on a small screen, perhaps in fear.
CANNED_WORDS = 45
#: Before a review date so many days are for warning; after it the check fails.
WARNING = dt.timedelta(days=30)
#: A translation may be so much longer than its source.
_LONGER = 1.45

#: Numbers that are names, not facts: emergency lines, ages by which the law tells people apart, organisations.
_NAMES_WITH_DIGITS = re.compile(r"\b(?:112NL|112|113|Punt 26|B8|PD U1)\b")
_AGES = re.compile(r"\b(?:15|16|17|18|19|20|21)\b")
_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"https?:|www\.|@\w")


@dataclass(frozen=True)
class Fault:
    """Something that does not hold.

    Attributes:
        code: a fixed word; ``check.<code>`` in ``data/desk.yml`` says it to people.
        context: what it is in, as the catalogues call it: ``work/minimum_wage title``, ``service fairwork``.
        language: whose text it is.
        values: what fills the phrase's placeholders.
    """

    code: str
    context: str
    language: str = SOURCE_LANGUAGE
    values: Mapping[str, str] = field(default_factory=dict)

    def line(self, content: Content) -> str:
        """The fault in one line of English."""
        name = self.context if self.language == SOURCE_LANGUAGE else f"{self.language} {self.context}"
        return f"{name}: {content.desk_phrase(SOURCE_LANGUAGE, f'check.{self.code}', **self.values)}"


def check_content(content: Content, today: dt.date) -> Iterator[Fault]:
    """Every fault of answers, organisations and translations."""
    for answer in content.answers.values():
        yield from check_answer(content, answer, today)
    for service in content.services.services.values():
        yield from check_service(service, today)
    for reply in content.canned.replies:
        yield from _check_canned(reply.id, reply.english, SOURCE_LANGUAGE)
    for language in LANGUAGES:
        if language != SOURCE_LANGUAGE:
            for domain, context, message in messages(content):
                if language in DOMAINS[domain]:
                    translated = content.catalogues.lookup(domain, context, message, language)
                    yield from check_translation(content, domain, context, message, translated, language)


def coming_reviews(content: Content, today: dt.date) -> Iterator[Fault]:
    """What must be looked at within a month: answers, contact details, and amounts that end."""
    soon = today + WARNING
    for answer in content.answers.values():
        if today <= answer.review_by <= soon:
            yield Fault("review_coming", answer.topic.intent, values={"date": answer.review_by.isoformat()})
    for service in content.services.services.values():
        if today <= service.review_by <= soon:
            yield Fault("contact_coming", f"service {service.id}", values={"date": service.review_by.isoformat()})
    for fact in content.facts.facts.values():
        ends = fact.ends(today)
        if ends is not None and today <= ends <= soon:
            yield Fault("ends", f"fact {fact.id}", values={"date": ends.isoformat()})


def check_answer(content: Content, answer: Answer, today: dt.date) -> Iterator[Fault]:
    """Faults of a topic's English answer: its texts, who helps, what is asked next, its review date."""
    name = answer.topic.intent
    for context, text in answer.messages():
        yield from check_text(content, context, text, SOURCE_LANGUAGE)
    if not RELATED[0] <= len(answer.related) <= RELATED[1]:
        least, most = map(str, RELATED)
        yield Fault("related", name, values={"count": str(len(answer.related)), "least": least, "most": most})
    if answer.topic.section != "dialogue" and not answer.services:
        yield Fault("no_helper", name)
    if answer.topic.urgency == "critical":
        if "112" not in answer.text.split("\n\n")[0]:
            yield Fault("critical_text", name)
        if answer.services[:1] != ("emergency_112",):
            yield Fault("critical_helper", name)
    for language in LANGUAGES:
        # Some organisations, such as an embassy, are only for the speakers of one language.
        shown = [one for one in map(content.service, answer.services) if one.for_language in (None, language)]
        if len(shown) > SERVICES:
            yield Fault("helpers", name, language, {"count": str(len(shown)), "most": str(SERVICES)})
    if answer.review_by < today:
        yield Fault("review_passed", name, values={"date": answer.review_by.isoformat()})


def check_service(service: Service, today: dt.date) -> Iterator[Fault]:
    """Faults of an organisation."""
    name = f"service {service.id}"
    if service.review_by < today:
        yield Fault("contact_passed", name, values={"date": service.review_by.isoformat()})
    if not service.url and not service.via:
        yield Fault("no_website", name)


def check_text(content: Content, context: str, text: str, language: str) -> Iterator[Fault]:
    """Faults of a text of an answer, or of an organisation's line, by itself: amounts, length, reading level.

    Args:
        content: the content that it belongs to.
        context: which text it is, as the catalogues call it.
        text: the text, with its placeholders.
        language: the language it is written in.
    """
    yield from _check_literals(context, text, language)
    for fact_id in placeholders(text):
        fact = content.facts.facts.get(fact_id)
        if fact is None or fact.kind == "rule":
            yield Fault("unknown_fact" if fact is None else "rule_fact", context, language, {"fact": fact_id})
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        yield Fault("braces", context, language)
    if context.endswith(" title"):
        if len(text) > TITLE_LETTERS:
            yield Fault("letters", context, language, {"count": str(len(text)), "most": str(TITLE_LETTERS)})
    elif "/" in context:
        most = SIMPLER_WORDS if context.endswith(" simpler") else ANSWER_WORDS
        yield from _check_words(context, text, language, most)
        if most == ANSWER_WORDS:
            yield from _check_reading(context, text, language)


def check_translation(
    content: Content, domain: str, context: str, message: str, translated: str | None, language: str
) -> Iterator[Fault]:
    """Faults of a translation; None is one that is missing or outdated.

    Args:
        content: the content that it belongs to.
        domain: the catalogue it is in.
        context: which text it is.
        message: the English text.
        translated: the translation.
        language: its language.
    """
    if translated is None:
        yield Fault("untranslated", context, language)
        return
    if set(PLACEHOLDER.findall(translated)) != set(PLACEHOLDER.findall(message)):
        yield Fault("placeholders", context, language)
    if domain == ANSWERS:
        yield from check_text(content, context, translated, language)
    if domain == CANNED:
        yield from _check_canned(context, translated, language)
    if len(message) > 60 and len(translated) > _LONGER * len(message):
        yield Fault("longer", context, language)
    if message.count("• ") != translated.count("• "):
        values = {"count": str(translated.count("• ")), "wanted": str(message.count("• "))}
        yield Fault("steps", context, language, values)


def messages(content: Content) -> Iterator[tuple[str, str, str]]:
    """(domain, context, English message) of everything that is translated."""
    for answer in content.answers.values():
        for context, message in answer.messages():
            yield ANSWERS, context, message
    for service in content.services.services.values():
        yield ANSWERS, f"service {service.id}", service.does
    for phrase_id, text in content.interface.items():
        yield INTERFACE, phrase_id, text
    for phrase_id, text in content.desk.items():
        yield DESK, phrase_id, text
    for reply in content.canned.replies:
        yield CANNED, reply.id, reply.english


def _check_reading(context: str, text: str, language: str) -> Iterator[Fault]:
    formula, value = FORMULAS[language], reading_level(text, language)
    if text and formula.is_too_hard(value):
        values = {"formula": formula.name, "value": f"{value:.0f}", "limit": f"{formula.limit:g}"}
        yield Fault("hard", context, language, values)


def _check_literals(context: str, text: str, language: str) -> Iterator[Fault]:
    bare = _AGES.sub("", _NAMES_WITH_DIGITS.sub("", PLACEHOLDER.sub("", text)))
    if _DIGIT.search(bare):
        yield Fault("number", context, language)
    if _ADDRESS.search(bare):
        yield Fault("address", context, language)


def _check_words(context: str, text: str, language: str, most: int) -> Iterator[Fault]:
    count = len(text.split())
    if count > most:
        yield Fault("words", context, language, {"count": str(count), "most": str(most)})


def _check_canned(context: str, text: str, language: str) -> Iterator[Fault]:
    """A canned reply in one language: nothing in it that can become untrue, and short."""
    yield from _check_literals(context, text, language)
    yield from _check_words(context, text, language, CANNED_WORDS)
