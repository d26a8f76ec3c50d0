"""The stock project's one action: the answer and the list of helpers, worded once and then kept."""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.answers.content import Content, load_content
from bot.answers.rendering import Message, render_answer, render_helpers, render_out_of_scope, tailor

_ROOT = Path(__file__).parents[3]


@lru_cache(maxsize=1)
def _content() -> Content:
    return load_content(_ROOT)


@cache
def _messages(intent: str, language: str) -> list[Message]:
    """What we would say on the topic of a flat intent such as ``work_payslip``; a static text, as in a domain file."""
    content, now = _content(), dt.datetime.now(dt.timezone.utc)
    topic = next((topic for topic in content.topics.values() if flat(topic.intent) == intent), None)
    if topic is None:
        return [render_out_of_scope(content, language, False, None, now)]
    messages = [render_answer(content, topic.id, language, now.date())]
    services = content.answers[topic.id].services
    if services and topic.section != "dialogue":
        helpers = tailor(content, services, language, None, now)
        messages.append(Message(render_helpers(content, helpers, language, now, False), language))
    return messages


def flat(intent: str) -> str:
    """The stock project's name of an intent: stock classifiers know no retrieval intents."""
    return intent.replace("/", "_")


class ActionAnswer(Action):  # type: ignore[misc] # rasa_sdk has no types
    """Answers the topic of the last message in the language the channel names."""

    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        latest = tracker.latest_message
        for message in _messages(latest["intent"]["name"], latest["metadata"]["language"]):
            buttons = [
                {"title": button.title, "payload": "/" + flat(button.payload["intent"])} for button in message.buttons
            ]
            dispatcher.utter_message(text=message.text, buttons=buttons)
        return []
