"""The part of an answer a follow-up asks for, so that nobody gets the same bubble twice."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer

from bot.answers.catalogue import ANSWERS
from bot.answers.content import Answer, Content, placeholders
from bot.answers.facts import Fact
from bot.answers.rendering import (
    Button,
    Message,
    fill,
    human_button,
    notices,
    provenance,
    topic_button,
)

_STEP = "• "
_SENTENCE_END = re.compile(r"(?<=[.!])\s+(?=[^\W\d_a-zа-я])")
#: Parts of fact ids that are about time.
_TIME_WORDS = frozenset({"week", "weeks", "month", "months", "day", "days", "year", "years", "hours", "deadline"})
#: A sentence below this likeness to the question is not about it.
_LIKE_ENOUGH = 0.16
_MOST_SENTENCES = 2
_NUMBER = re.compile(r"\b\d+\b")


@dataclass(frozen=True)
class _Outline:
    """A translated answer taken apart: the rule's sentences and the steps."""

    rule: list[str]
    steps: list[str]

    def lines(self) -> list[str]:
        return [*self.rule, *self.steps]


def render_part(
    content: Content, topic_id: str, language: str, aspect: str | None, question: str, today: dt.date
) -> Message:
    """The part of a topic's answer that a follow-up asks for.

    ``aspect`` is one of ``bot.understanding.aspects``; without one the sentences most like the question are given,
    or, if there are none, the short version with who can say more.
    """
    answer = content.answers[topic_id]
    text = content.catalogues.translate(ANSWERS, answer.topic.intent, answer.text, language)
    outline = _outline(text)
    chosen, lead = _choose(content, answer, outline, aspect, question)
    if not chosen and aspect != "who":
        simpler = content.catalogues.translate(ANSWERS, f"{answer.topic.intent} simpler", answer.simpler, language)
        chosen, lead = [simpler], "part.in_short"
    title = content.title(topic_id, language)
    body = "\n".join(chosen)
    facts = [content.fact(fact_id) for fact_id in dict.fromkeys([*placeholders(body), *answer.facts])]
    blocks = [
        content.phrase(language, lead, topic=title),
        fill(content, body, language, today),
        *notices(content, answer, facts, language, today),
        provenance(content, answer, language, today) if aspect in ("law", "amount", "time") else "",
    ]
    return Message(
        text="\n\n".join(block for block in blocks if block),
        language=language,
        buttons=_buttons(content, answer, language),
        topic=topic_id,
        urgent=answer.topic.urgency == "critical",
    )


def _choose(
    content: Content, answer: Answer, outline: _Outline, aspect: str | None, question: str
) -> tuple[list[str], str]:
    """The lines to say and the phrase that leads into them."""
    if aspect == "who":
        return [], "part.who"
    if aspect == "refused":
        return outline.steps, "part.refused"
    if aspect == "law":
        return outline.rule, "part.law"
    if aspect in ("proof", "example"):
        return outline.steps, "part.steps"
    if aspect == "amount":
        lines = _lines_with(content, outline, _is_amount)
        # "And at 19?": the line that names the number says it all.
        named = [line for line in lines if set(_NUMBER.findall(question)) & set(_NUMBER.findall(line))]
        return named or lines, "part.about"
    if aspect == "time":
        return _lines_with(content, outline, _is_time), "part.about"
    return _most_alike(question, outline.lines()), "part.about"


def _lines_with(content: Content, outline: _Outline, wanted: Callable[[Fact], bool]) -> list[str]:
    return [line for line in outline.lines() if any(wanted(content.fact(name)) for name in placeholders(line))]


def _is_amount(fact: Fact) -> bool:
    return fact.kind in ("money", "percent")


def _is_time(fact: Fact) -> bool:
    return fact.kind in ("date", "day", "time") or bool(_TIME_WORDS & set(fact.id.split("_")))


def _outline(text: str) -> _Outline:
    rule: list[str] = []
    steps: list[str] = []
    for line in text.splitlines():
        if line.startswith(_STEP):
            steps.append(line)
        elif line.strip():
            rule += _SENTENCE_END.split(line.strip())
    return _Outline(rule, steps)


def _most_alike(question: str, lines: Sequence[str]) -> list[str]:
    """The lines that share most of their letters with a question, in the answer's order."""
    if not lines:
        return []
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    matrix = letters.fit_transform(lines)
    likeness = (matrix @ letters.transform([question]).T).toarray()[:, 0]
    best = sorted((index for index in range(len(lines)) if likeness[index] >= _LIKE_ENOUGH), key=lambda i: -likeness[i])
    return [lines[index] for index in sorted(best[:_MOST_SENTENCES])]


def _buttons(content: Content, answer: Answer, language: str) -> list[Button]:
    whole = Button(content.phrase(language, "button.whole_answer"), {"intent": answer.topic.intent})
    related = [topic_button(content, topic, language) for topic in answer.related if topic != "talk_to_human"][:2]
    return [whole, human_button(content, language), *related]
