"""What the program itself says to a message: safety first, then Rasa's answer, or what can be said without Rasa."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers.content import Content
from bot.answers.rendering import Message, general_numbers, human_button, render_down, render_safety
from bot.gateway.intake import matter_of
from bot.gateway.metrics import Metrics, Outcome
from bot.gateway.rasa_client import BotMessage, RasaClient, RasaUnavailable
from bot.gateway.store import Changes, Conversation, Received, Reply, Turn
from bot.languages import SOURCE_LANGUAGE, known_language
from bot.settings import Settings
from bot.understanding.language import LanguageModel, conversation_language
from bot.understanding.lexicon import LanguageLexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Understanding:
    """What the gateway itself understands of a message, without Rasa. ``language`` is None until a model is trained."""

    language: LanguageModel | None
    lexicon: LanguageLexicon
    safety: SafetyNet
    places: PlaceFinder


class Answering:
    """Words the program's replies."""

    def __init__(
        self, rasa: RasaClient, content: Content, understanding: Understanding, settings: Settings, metrics: Metrics
    ) -> None:
        self._rasa = rasa
        self._content = content
        self._understanding = understanding
        self._settings = settings
        self._metrics = metrics

    def understand_with(self, understanding: Understanding) -> None:
        """Understand by another version of the content from now on."""
        self._understanding = understanding

    async def forget(self, conversation: str) -> None:
        """Erase what Rasa remembers of a conversation."""
        await self._rasa.forget(conversation)

    def safety_reply(self, text: str, language: str, place: str | None = None) -> Reply | None:
        """What a message that shows danger gets when it can get nothing else; None if it shows none."""
        return self.danger_reply(self.dangers(text), text, language, place)

    def dangers(self, text: str) -> list[str]:
        """The critical topics that the safety net finds in a text, the clearest first."""
        return self._understanding.safety.find(text)

    def danger_reply(self, dangers: Sequence[str], text: str, language: str, place: str | None = None) -> Reply | None:
        """What a message in which these dangers were found gets when it can get nothing else."""
        if not dangers:
            return None
        place = self._understanding.places.find(text) or place
        return _reply(render_safety(self._content, dangers[0], language, self._settings.now(), place))

    def apology(self, state: Conversation) -> Reply:
        """What to say when nothing else can be made: that something is broken, and who helps."""
        language, now = known_language_of(state), self._settings.now()
        return _reply(render_down(self._content, language, None, state.place, now))

    def unreadable(self, state: Conversation) -> Reply:
        """What to say when the chat cannot be read: nothing about its content, and who helps."""
        language = known_language_of(state)
        numbers = general_numbers(self._content, language, state.place, self._settings.now())
        text = self._content.phrase(language, "handover.unreadable")
        return Reply(f"{text}\n\n{numbers}", language, "system", urgent=True)

    def shows_danger(self, text: str) -> bool:
        """Whether the safety net finds danger in a text."""
        return bool(self.dangers(text))

    async def reply(self, turn: Turn, language: str, dangers: Sequence[str]) -> tuple[list[Reply], Changes, Outcome]:
        """The replies to a message of a chat that the program holds, and what the message changes.

        ``language`` is the one to answer in, ``dangers`` what the safety net found.
        """
        state, message = turn.state, turn.message
        place = self._place(message) or state.place
        now = self._settings.now()
        try:
            before = self._topic_before(turn.topics)
            said = await self._rasa.ask(state.id, message.text, language, place, before, message.button)
        except RasaUnavailable as error:
            _logger.warning("Rasa unavailable: %s", error)
            self._metrics.failed("rasa")
            if wanted := known_language((message.button or {}).get("wanted_language")):
                chosen = Reply(self._content.phrase(wanted, "language.now"), wanted)
                return [chosen], Changes(language=wanted, choice=wanted), "system"
            topic = dangers[0] if dangers else self._button_topic(message)
            fallback = render_down(self._content, language, topic, place, now)
            human = human_button(self._content, language)
            return (
                [replace(_reply(fallback), buttons=((human.title, human.payload),))],
                Changes(language=language, place=place),
                "degraded",
            )
        replies = [_bot_reply(one, language) for one in said]
        topics = [one.topic for one in said if one.topic]
        if any(one.expects_helpers for one in said) and not any(one.helpers for one in said):
            self._metrics.failed("actions")
            replies.append(Reply(general_numbers(self._content, language, place, now), language))
        # The net's word counts first; the classifier can only add to it.
        dangers = dangers or [one.danger for one in said if one.danger]
        if dangers and not set(dangers) & set(topics):
            # Safety first and alone; what else the message is about stays one press away.
            asked = [topic for topic in topics if self._content.is_question(topic)]
            replies = [_reply(render_safety(self._content, dangers[0], language, now, place, asked))]
        choice = next((one.sets_language for one in said if one.sets_language), None)
        return replies, Changes(language=choice or language, choice=choice, place=place), "answered"

    def _topic_before(self, topics: Sequence[str]) -> str | None:
        """The topic the conversation is on: the last one answered that is not about the chat itself.

        An answer about danger brings the offer of a person unasked: after both the chat is on the danger.
        """
        matter = matter_of(self._content, topics)
        if matter is not None and self._content.is_critical(matter):
            return matter
        return next(filter(self._content.is_question, topics), None)

    def language(self, state: Conversation, message: Received) -> str:
        """The language to answer a message in."""
        model = self._understanding.language
        if message.button or model is None:
            return known_language_of(state)
        return conversation_language(
            model, self._understanding.lexicon, message.text,
            current=state.language, hint=state.hint, choice=state.choice,
        )  # fmt: skip

    def _place(self, message: Received) -> str | None:
        if message.button:
            return message.button.get("place")
        return self._understanding.places.find(message.text)

    def _button_topic(self, message: Received) -> str | None:
        """With Rasa down, a topic's button still gets the topic's answer."""
        topic = self._content.by_intent.get((message.button or {}).get("intent", ""))
        return topic.id if topic else None


def known_language_of(state: Conversation) -> str:
    """The conversation's language as far as it is known without a new text."""
    return state.choice or state.language or state.hint or SOURCE_LANGUAGE


def _reply(message: Message) -> Reply:
    buttons = tuple((button.title, button.payload) for button in message.buttons)
    return Reply(message.text, message.language, "bot", buttons, message.topic, message.urgent)


def _bot_reply(said: BotMessage, language: str) -> Reply:
    return Reply(
        said.text, said.language or language, "bot", said.buttons, said.topic, said.urgent,
        unclear=said.unclear, taken_for=said.taken_for,
    )  # fmt: skip
