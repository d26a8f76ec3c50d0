"""What must hold of the content before people see it. Each check yields one line for each fault."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from bot.answers.catalogue import ANSWERS, INTERFACE
from bot.answers.content import PLACEHOLDER, Answer, Content
from bot.answers.reading import FORMULAS, reading_level
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

#: Most words in an answer before sources and contacts, and in its simpler version, in every language; most letters
#: on a button; most organisations with an answer; least and most topics asked next.
ANSWER_WORDS = 110
SIMPLER_WORDS = 45
TITLE_LETTERS = 28
SERVICES = 3
RELATED = (2, 4)
#: Before a review date so many days are for warning; after it the check fails.
_WARNING = dt.timedelta(days=30)
#: A translation may be so much longer than its source.
_LONGER = 1.45

#: Numbers that are names, not facts: emergency lines, ages by which the law tells people apart, organisations.
_NAMES_WITH_DIGITS = re.compile(r"\b(?:112NL|112|113|Punt 26|B8|PD U1)\b")
_AGES = re.compile(r"\b(?:15|16|17|18|19|20|21)\b")
_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"https?:|www\.|@\w")


def check_content(content: Content, today: dt.date) -> Iterator[str]:
    """Every fault of answers, organisations and translations."""
    for answer in content.answers.values():
        yield from _check_answer(answer, today)
        for language in LANGUAGES:
            yield from _check_services(content, answer, language)
    for service in content.services.services.values():
        if service.review_by < today:
            yield f"service {service.id}: its contact details had to be checked by {service.review_by}"
        if not service.url and not service.via:
            yield f"service {service.id}: no website, and no other organisation it is reached through"
    for language in LANGUAGES:
        if language != SOURCE_LANGUAGE:
            yield from _check_translations(content, language)


def coming_reviews(content: Content, today: dt.date) -> Iterator[str]:
    """What must be looked at within a month: answers, contact details, and amounts that end."""
    soon = today + _WARNING
    for answer in content.answers.values():
        if today <= answer.review_by <= soon:
            yield f"{answer.topic.intent}: to be reviewed by {answer.review_by}"
    for service in content.services.services.values():
        if today <= service.review_by <= soon:
            yield f"service {service.id}: contact details to be checked by {service.review_by}"
    for fact in content.facts.facts.values():
        ends = fact.period(today).valid_until
        if ends is not None and today <= ends <= soon:
            yield f"fact {fact.id}: holds until {ends}"


def _check_answer(answer: Answer, today: dt.date) -> Iterator[str]:
    name = answer.topic.intent
    for what, text, most in (("text", answer.text, ANSWER_WORDS), ("simpler", answer.simpler, SIMPLER_WORDS)):
        yield from _check_literals(f"{name} {what}", text)
        if len(text.split()) > most:
            yield f"{name} {what}: {len(text.split())} words, at most {most}"
    if len(answer.title) > TITLE_LETTERS:
        yield f"{name} title: {len(answer.title)} letters, at most {TITLE_LETTERS}"
    if not RELATED[0] <= len(answer.related) <= RELATED[1]:
        yield f"{name}: {len(answer.related)} related topics, {RELATED[0]} to {RELATED[1]} are wanted"
    yield from _check_reading(name, answer.text, SOURCE_LANGUAGE)
    if answer.topic.section != "dialogue" and not answer.services:
        yield f"{name}: nobody is named who helps"
    if answer.topic.urgency == "critical":
        if "112" not in answer.text.split("\n\n")[0]:
            yield f"{name}: the first lines must name 112"
        if answer.services[0] != "emergency_112":
            yield f"{name}: the first helper must be 112"
    if answer.review_by < today:
        yield f"{name}: had to be reviewed by {answer.review_by}"


def _check_services(content: Content, answer: Answer, language: str) -> Iterator[str]:
    """Some organisations, such as an embassy, are only for the speakers of one language."""
    shown = [one for one in map(content.service, answer.services) if one.for_language in (None, language)]
    if len(shown) > SERVICES:
        yield f"{answer.topic.intent}: {len(shown)} organisations for {language}, at most {SERVICES}"


def _check_reading(name: str, text: str, language: str) -> Iterator[str]:
    formula, value = FORMULAS[language], reading_level(text, language)
    if formula.is_too_hard(value):
        yield f"{name}: hard to read ({formula.name} {value:.0f}, limit {formula.limit:g})"


def _check_literals(name: str, text: str) -> Iterator[str]:
    bare = _AGES.sub("", _NAMES_WITH_DIGITS.sub("", PLACEHOLDER.sub("", text)))
    if _DIGIT.search(bare):
        yield f"{name}: a number is typed into the text; put it into data/facts.yml"
    if _ADDRESS.search(bare):
        yield f"{name}: an address is typed into the text; put it into data/services.yml"


def _check_words(content: Content, context: str, name: str, translated: str, language: str) -> Iterator[str]:
    """Length and reading level of a translated answer."""
    most = ANSWER_WORDS if context in content.by_intent else SIMPLER_WORDS if context.endswith(" simpler") else None
    if most is not None and len(translated.split()) > most:
        yield f"{name}: {len(translated.split())} words, at most {most}"
    if context in content.by_intent:
        yield from _check_reading(name, translated, language)


def _messages(content: Content) -> Iterator[tuple[str, str, str]]:
    """(domain, context, English message) of everything that is translated."""
    for answer in content.answers.values():
        for context, message in answer.messages():
            yield ANSWERS, context, message
    for service in content.services.services.values():
        yield ANSWERS, f"service {service.id}", service.does
    for phrase_id, text in content.interface.items():
        yield INTERFACE, phrase_id, text


def _check_translations(content: Content, language: str) -> Iterator[str]:
    for domain, context, message in _messages(content):
        translated = content.catalogues.lookup(domain, context, message, language)
        name = f"{language} {context}"
        if translated is None:
            yield f"{name}: not translated, or outdated"
            continue
        if set(PLACEHOLDER.findall(translated)) != set(PLACEHOLDER.findall(message)):
            yield f"{name}: other placeholders than the English text"
        if domain == ANSWERS:
            yield from _check_literals(name, translated)
            yield from _check_words(content, context, name, translated, language)
        if context.endswith(" title") and len(translated) > TITLE_LETTERS:
            yield f"{name}: {len(translated)} letters, at most {TITLE_LETTERS}"
        if len(message) > 60 and len(translated) > _LONGER * len(message):
            yield f"{name}: much longer than the English text"
        if message.count("• ") != translated.count("• "):
            yield f"{name}: another number of steps than the English text"
