"""Topics as the editors' pages get them: states, edits and previews in the words of whoever looks."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiohttp.web import Request
from babel.dates import format_datetime

from bot.answers import formatting
from bot.answers.checks import ANSWER_WORDS, SIMPLER_WORDS, TITLE_LETTERS, Fault
from bot.answers.content import Content, placeholders
from bot.answers.facts import Fact
from bot.answers.reading import FORMULAS, reading_level
from bot.answers.rendering import Message
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.rows import language_name
from bot.editing.topic_texts import is_advice
from bot.editing.versions import Edit
from bot.hours import DUTCH_TIME
from bot.languages import BABEL_LOCALES, LANGUAGES

#: A text as the parts that Telegram gets of it: HTML with no other tags than ``<code>``.
Telegram = Callable[[str], Sequence[str]]

_MOST = {"title": TITLE_LETTERS, "text": ANSWER_WORDS, "simpler": SIMPLER_WORDS}
#: What can be done to a topic or its messages; each has a phrase ``topic.done_...``.
_DONE = frozenset(
    {
        "text", "corrected", "details", "reviewed", "unreviewed", "new", "withdrawn", "messages_added",
        "messages_changed", "messages_removed",
    }
)  # fmt: skip
#: So many letters are shown of what is the same beside what has changed.
_BESIDE = 60
#: Words, spaces and marks, to compare two texts by.
_PIECES = re.compile(r"\s+|{\w+}|\w+|[^\w\s]")


class TopicWords:
    """Puts what is known of topics into the words of a request's language."""

    def __init__(self, pages: Pages, telegram: Telegram) -> None:
        self._pages = pages
        self._telegram = telegram

    def edit(self, request: Request, edit: Edit, published: bool) -> dict[str, Any]:
        """Who did what and when."""
        return {
            "who": edit.author,
            "at": self.moment(request, edit.at),
            "what": self.what(request, edit.what),
            "published": published,
        }

    def what(self, request: Request, what: str) -> str:
        """What an edit of a topic or its messages did (``topic payslip: text pl``), without the topic's name."""
        item, _, done = what.partition(": ")
        word, _, language = done.partition(" ")
        if item.startswith("messages "):
            word, language = f"messages_{word}", item.rpartition(" ")[2]
        if word not in _DONE:
            return done
        values = {"name": language_name(language, request[LANGUAGE])} if language in LANGUAGES else {}
        return self._pages.phrase(request, f"topic.done_{word}", **values)

    def moment(self, request: Request, at: dt.datetime) -> str:
        """A moment in Amsterdam."""
        return format_datetime(at, "d MMM y HH:mm", tzinfo=DUTCH_TIME, locale=BABEL_LOCALES[request[LANGUAGE]])

    def day(self, request: Request, day: dt.date) -> str:
        """A day in words."""
        return formatting.date(day, request[LANGUAGE])

    def faults(self, request: Request, faults: Iterable[Fault]) -> list[dict[str, Any]]:
        """What is wrong with a text; ``grave``: it cannot be saved like this."""
        return [
            {"text": self._pages.phrase(request, f"check.{one.code}", **one.values), "grave": not is_advice(one)}
            for one in faults
            if one.code != "untranslated"
        ]

    def measure(self, request: Request, part: str, text: str, language: str) -> str:
        """How long a text is, and how hard to read."""
        most = str(_MOST[part])
        if part == "title":
            return self._pages.phrase(request, "topic.letters", count=str(len(text)), most=most)
        said = self._pages.phrase(request, "topic.words", count=str(len(text.split())), most=most)
        if not text.strip():
            return said
        formula, value = FORMULAS[language], reading_level(text, language)
        share = value / formula.limit if formula.easier_is_higher else formula.limit / max(value, 0.1)
        # A tenth better than the limit is easy: no editor has to know the formulas.
        level = "hard" if formula.is_too_hard(value) else "easy" if share >= 1.1 else "fair"
        scale = f"{formula.name} {value:.0f}"
        return f"{said} · {self._pages.phrase(request, f'topic.reads_{level}', scale=scale)}"

    def amounts(self, request: Request, content: Content, text: str, language: str, today: dt.date) -> list[str]:
        """What each fact in a text stands for today."""
        return [
            f"{{{fact_id}}} = {self.value(request, content.fact(fact_id), language, today)}"
            for fact_id in placeholders(text)
            if fact_id in content.facts.facts and content.fact(fact_id).kind != "rule"
        ]

    def value(self, request: Request, fact: Fact, language: str, today: dt.date) -> str:
        """A fact's value, and whether it may be told."""
        period, state = fact.period(today), fact.state(today)
        value = formatting.fact_value(fact.kind, period.value, language)
        return value if state == "current" else f"{value} ({self._pages.phrase(request, f'topic.fact_{state}')})"

    def bubbles(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Messages as both channels show them."""
        return [
            {
                "text": message.text,
                "telegram": list(self._telegram(message.text)),
                "buttons": [button.title for button in message.buttons],
                "urgent": message.urgent,
            }
            for message in messages
        ]


def changes(former: str, present: str) -> list[tuple[str, str]]:
    """What changed from one text to another: (``same``, ``gone`` or ``new``, the words); long same parts shortened."""
    before, after = _PIECES.findall(former), _PIECES.findall(present)
    found: list[tuple[str, str]] = []
    gone = new = ""
    for tag, b1, b2, a1, a2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        same = "".join(after[a1:a2]) if tag == "equal" else ""
        if same.strip():
            found += [(kind, text) for kind, text in (("gone", gone), ("new", new), ("same", same)) if text]
            gone = new = ""
        else:
            # A space between two changed words belongs to the change.
            gone, new = gone + "".join(before[b1:b2]), new + "".join(after[a1:a2])
    found += [(kind, text) for kind, text in (("gone", gone), ("new", new)) if text.strip()]
    return [
        (kind, _shortened(text, index > 0, index < len(found) - 1) if kind == "same" else text)
        for index, (kind, text) in enumerate(found)
    ]


def _shortened(text: str, has_before: bool, has_after: bool) -> str:
    """A part that has not changed, as far as it is beside one that has."""
    start, end = text[:_BESIDE] if has_before else "", text[-_BESIDE:] if has_after else ""
    return text if len(text) <= 2 * _BESIDE else f"{start} … {end}"


def insertable(content: Content, today: dt.date) -> list[Mapping[str, Any]]:
    """Every fact that can be printed, with its value in each language."""
    return [
        {
            "id": fact.id,
            "about": fact.about,
            "state": fact.state(today),
            "values": {
                language: formatting.fact_value(fact.kind, fact.period(today).value, language) for language in LANGUAGES
            },
        }
        for fact in content.facts.facts.values()
        if fact.kind != "rule"
    ]
