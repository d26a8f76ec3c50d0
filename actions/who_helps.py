"""Point to the organisations that fit the topic, the language, the place and the hour."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.answers.content import Content, load_content
from bot.answers.rendering import render_who_helps
from bot.languages import SOURCE_LANGUAGE, known_language
from bot.settings import Settings, read_settings


@lru_cache(maxsize=1)
def _content() -> Content:
    return load_content(_settings().content_folder)


@lru_cache(maxsize=1)
def _settings() -> Settings:
    return read_settings()


class ActionWhoHelps(Action):
    """Says who helps with the present topic; asks where the person lives when that decides it."""

    def name(self) -> str:
        return "action_who_helps"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        content, settings = _content(), _settings()
        language = known_language(tracker.get_slot("language")) or SOURCE_LANGUAGE
        topic, place = tracker.get_slot("topic"), tracker.get_slot("place")
        if topic not in content.answers:
            return []
        # Editors who try a draft may ask for another day.
        day = (tracker.latest_message.get("metadata") or {}).get("day")
        now = settings.now(dt.date.fromisoformat(day) if day else None)
        message = render_who_helps(content, topic, language, place, settings.region, now)
        if message is not None:
            dispatcher.utter_message(
                text=message.text,
                buttons=[{"title": button.title, "payload": button.payload} for button in message.buttons],
                language=language,
                topic=topic,
                helpers=True,
            )
        return []
