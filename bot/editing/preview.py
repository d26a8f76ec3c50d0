"""How an answer reads with texts that nobody has saved: the real renderer, over the draft with those texts in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from bot.answers.catalogue import ANSWERS, Catalogues
from bot.answers.content import PLACEHOLDER, Answer, Content
from bot.answers.rendering import Message, render_answer, render_who_helps
from bot.editing.topic_texts import PARTS, Texts, context_of
from bot.hours import DUTCH_TIME
from bot.languages import SOURCE_LANGUAGE

#: Stands where an amount is named that there is not.
_UNKNOWN = "⚠ "


class Unsaved(Catalogues):
    """Catalogues in which some texts of answers read otherwise: ``texts`` by (language, context)."""

    def __init__(self, saved: Catalogues, texts: Mapping[tuple[str, str], str]) -> None:
        self._saved = saved
        self._texts = texts

    def lookup(self, domain: str, context: str, message: str, language: str) -> str | None:
        if domain == ANSWERS and (language, context) in self._texts:
            return self._texts[language, context]
        return self._saved.lookup(domain, context, message, language)


def preview(
    content: Content, answer: Answer, language: str, texts: Texts, region: str, moment: dt.datetime, simpler: bool
) -> list[Message]:
    """What somebody would get who asks: the answer, and who helps.

    Args:
        content: the draft.
        answer: the topic's answer, or that of a new topic.
        language: whose texts are tried.
        texts: the texts by part; what is missing or empty is as it was.
        region: where the human partner works.
        moment: when; amounts are those of its day in Amsterdam.
        simpler: the simpler version is asked for.
    """
    given = {part: _printable(content, texts[part]) for part in PARTS if texts.get(part, "").strip()}
    catalogues = content.catalogues
    if language == SOURCE_LANGUAGE:
        answer = replace(
            answer,
            title=given.get("title", answer.title),
            text=given.get("text", answer.text),
            simpler=given.get("simpler", answer.simpler),
        )
    else:
        unsaved = {(language, context_of(answer.topic, part)): text for part, text in given.items()}
        catalogues = Unsaved(catalogues, unsaved)
    topic_id = answer.topic.id
    tried = replace(
        content,
        topics={**content.topics, topic_id: answer.topic},
        answers={**content.answers, topic_id: answer},
        catalogues=catalogues,
    )
    shown = [render_answer(tried, topic_id, language, moment.astimezone(DUTCH_TIME).date(), simpler)]
    helpers = None if simpler else render_who_helps(tried, topic_id, language, None, region, moment)
    return [*shown, helpers] if helpers else shown


def _printable(content: Content, text: str) -> str:
    """A text in which amounts that there are not are only words."""

    def known(found: str) -> bool:
        fact = content.facts.facts.get(found)
        return fact is not None and fact.kind != "rule"

    return PLACEHOLDER.sub(lambda found: found[0] if known(found[1]) else _UNKNOWN + found[1], text.strip())
