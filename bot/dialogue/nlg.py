"""Rasa's words: answers from ``bot.answers`` in the conversation's language."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.answers.content import Content, load_content
from bot.answers.parts import render_part
from bot.answers.places import SOMEWHERE_ELSE
from bot.answers.rendering import (
    WITHOUT_HELPERS,
    Message,
    also,
    menu_button,
    render_answer,
    render_not_understood,
    render_out_of_scope,
    render_who_helps,
    topic_button,
)
from bot.answers.topics import OUT_OF_SCOPE
from bot.dialogue.components import ASPECT, DANGER, FALLBACK, FOLLOW_UP, OTHER_SUBJECTS, WANTED_LANGUAGE
from bot.hours import DUTCH_TIME
from bot.languages import SOURCE_LANGUAGE, known_language
from bot.settings import read_settings

#: Topics below this share are not worth a "did you mean" button.
_WORTH_ASKING = 0.02


class GettextNLG(NaturalLanguageGenerator):
    """Words each response from our own content; a stock response falls back to its text in ``domain.yml``."""

    def __init__(self, endpoint_config: EndpointConfig, domain: Domain) -> None:
        self._domain = domain
        self._settings = read_settings()
        self._content: Content = load_content(self._settings.content_folder)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The message for a response: text, language and more; ``then`` is a second message that comes with it."""
        draft = self._word(utter_action, tracker)
        if not draft:
            return draft
        draft["taken_for"] = self._candidates(tracker)
        danger = _parsed(tracker).get(DANGER)
        return {**draft, "danger": danger} if danger else draft

    def _word(self, utter_action: str, tracker: DialogueStateTracker) -> dict[str, Any] | None:
        language = known_language(tracker.get_slot("language")) or SOURCE_LANGUAGE
        now = self._settings.now(_day(tracker))
        intent = utter_action.removeprefix("utter_")
        if intent == "dialogue/change_language":
            return self._change_language(tracker, language, now)
        if intent == "dialogue/say_it_simpler":
            return _draft(self._simpler(tracker, language, now))
        if intent in self._content.by_intent:
            return self._answer(tracker, self._content.by_intent[intent].id, language, now)
        again = _unclear_in_a_row(tracker) > 1
        place = tracker.get_slot("place")
        if utter_action == "utter_ask_topic":
            message = render_not_understood(self._content, self._candidates(tracker), language, again, place, now)
            return {**_draft(message), "unclear": "not_understood"}
        if utter_action == "utter_out_of_scope":
            message = render_out_of_scope(self._content, language, again, place, now)
            return {**_draft(message), "unclear": "out_of_scope"}
        if utter_action == "utter_place_noted":
            draft = _draft(self._place_noted(language, place))
            return {**draft, "expects_helpers": tracker.get_slot("topic") in self._content.answers}
        variations = self._domain.responses.get(utter_action)
        return {"text": variations[0].get("text", "")} if variations else None

    def _answer(self, tracker: DialogueStateTracker, topic_id: str, language: str, now: dt.datetime) -> dict[str, Any]:
        """A topic's answer and who helps with it; for a follow-up the part of it that is asked for."""
        parsed = _parsed(tracker)
        if parsed.get(FOLLOW_UP):
            aspect = parsed.get(ASPECT)
            question = str(parsed.get("text") or "")
            message = render_part(self._content, topic_id, language, aspect, question, _today(now))
            if aspect in WITHOUT_HELPERS:
                return _draft(message)
            return self._with_helpers(message, topic_id, tracker, now)
        message = render_answer(self._content, topic_id, language, _today(now))
        others = [self._content.by_intent[name].id for name in parsed.get(OTHER_SUBJECTS) or ()][:2]
        if others:
            text = "\n\n".join([message.text, also(self._content, others, language)])
            buttons = [*(topic_button(self._content, other, language) for other in others), *message.buttons]
            message = replace(message, text=text, buttons=buttons)
        return self._with_helpers(message, topic_id, tracker, now)

    def _with_helpers(
        self, message: Message, topic_id: str, tracker: DialogueStateTracker, now: dt.datetime
    ) -> dict[str, Any]:
        """The draft with who helps as a second message."""
        draft, topic = _draft(message), self._content.topics[topic_id]
        if topic.section == "dialogue" or not self._content.answers[topic_id].services:
            return draft
        helpers = render_who_helps(
            self._content, topic_id, message.language, tracker.get_slot("place"), self._settings.region, now
        )
        return {**draft, "then": _draft(helpers)} if helpers else draft

    def _change_language(self, tracker: DialogueStateTracker, language: str, now: dt.datetime) -> dict[str, Any]:
        wanted = known_language(next(tracker.get_latest_entity_values(WANTED_LANGUAGE), None))
        if wanted is None:
            return _draft(render_answer(self._content, "change_language", language, _today(now)))
        text = self._content.phrase(wanted, "language.now")
        draft = _draft(Message(text, wanted, [menu_button(self._content, wanted)], "change_language"))
        return {**draft, "sets_language": wanted}

    def _simpler(self, tracker: DialogueStateTracker, language: str, now: dt.datetime) -> Message:
        topic_id = tracker.get_slot("topic") or _metadata(tracker).get("before")
        if topic_id not in self._content.answers:
            return render_answer(self._content, "say_it_simpler", language, _today(now))
        return render_answer(self._content, topic_id, language, _today(now), simpler=True)

    def _place_noted(self, language: str, place: str | None) -> Message:
        if place is None or place == SOMEWHERE_ELSE:
            return Message(self._content.phrase(language, "help.noted_elsewhere"), language)
        if place in self._content.places.regions:
            return Message(self._content.phrase(language, "help.noted_region"), language)
        return Message(self._content.phrase(language, "help.noted_place", place=place), language)

    def _candidates(self, tracker: DialogueStateTracker) -> list[str]:
        """The topics a message may have meant, most likely first."""
        ranking = _parsed(tracker).get("intent_ranking") or []
        names = [row["name"] for row in ranking if row["confidence"] >= _WORTH_ASKING]
        return [self._content.by_intent[name].id for name in names if name in self._content.by_intent][:3]


def _parsed(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What the pipeline made of the last message."""
    return dict(tracker.latest_message.parse_data) if tracker.latest_message else {}


def _metadata(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What the gateway said with the last message; it remembers what a Rasa that has just started cannot."""
    metadata = tracker.latest_message.metadata if tracker.latest_message else None
    return metadata or {}


def _day(tracker: DialogueStateTracker) -> dt.date | None:
    """The day that an editor tries a draft for; None in people's chats."""
    day = _metadata(tracker).get("day")
    return dt.date.fromisoformat(day) if day else None


def _today(now: dt.datetime) -> dt.date:
    return now.astimezone(DUTCH_TIME).date()


def _draft(message: Message) -> dict[str, Any]:
    draft: dict[str, Any] = {"text": message.text, "language": message.language}
    if message.buttons:
        draft["buttons"] = [{"title": button.title, "payload": button.payload} for button in message.buttons]
    if message.topic:
        draft["topic"] = message.topic
    if message.urgent:
        draft["urgent"] = True
    return draft


def _unclear_in_a_row(tracker: DialogueStateTracker) -> int:
    """How many of the last messages in a row were not understood or out of scope."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            if event.intent_name not in (FALLBACK, OUT_OF_SCOPE, None):
                break
            count += 1
    return count
