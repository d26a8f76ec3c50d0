"""Point to the organisations that fit the topic, the language, the place and the hour."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.answers.content import Content, load_content
from bot.answers.places import SOMEWHERE_ELSE
from bot.answers.rendering import WITHOUT_HELPERS, Button, render_helpers, tailor
from bot.languages import SOURCE_LANGUAGE, known_language
from bot.settings import Settings, read_settings


@lru_cache(maxsize=1)
def _content() -> Content:
    return load_content(Path.cwd())


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
        answer = content.answers.get(topic)
        latest = tracker.latest_message
        part_only = latest.get("follow_up") and latest.get("aspect") in WITHOUT_HELPERS
        if answer is None or not answer.services or part_only:
            return []
        now = settings.now()
        services = tailor(content, answer.services, language, place, now)
        depends_on_place = any(content.service(service_id).region for service_id in answer.services)
        text = render_helpers(content, services, language, now, place is not None)
        buttons: list[Button] = []
        if depends_on_place and place is None:
            text += "\n\n" + content.phrase(language, "help.where_do_you_live")
            home = sorted(content.places.regions[settings.region])[0]
            buttons = [
                Button(content.phrase(language, "button.in_region"), {"intent": "inform_place", "place": home}),
                Button(
                    content.phrase(language, "button.elsewhere"), {"intent": "inform_place", "place": SOMEWHERE_ELSE}
                ),
            ]
        dispatcher.utter_message(
            text=text,
            buttons=[{"title": button.title, "payload": button.payload} for button in buttons],
            language=language,
            topic=topic,
            helpers=True,
        )
        return []
