"""Answers messages: in order within a conversation, many conversations at once, each message exactly once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answers.content import Content
from bot.answers.rendering import Message, general_numbers, render_down, render_safety
from bot.gateway.hub import Hub
from bot.gateway.rasa_client import BotMessage, RasaClient, RasaUnavailable
from bot.gateway.store import Changes, Conversation, Received, Reply, Store, StoreUnavailable
from bot.languages import SOURCE_LANGUAGE
from bot.settings import Settings
from bot.understanding.language import LanguageModel, conversation_language
from bot.understanding.lexicon import LanguageLexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet

_logger = logging.getLogger(__name__)

#: Seconds before a message is tried again when the store failed in the middle of it.
_STORE_RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class Understanding:
    """What the gateway itself understands of a message, without Rasa. ``language`` is None until a model is trained."""

    language: LanguageModel | None
    lexicon: LanguageLexicon
    safety: SafetyNet
    places: PlaceFinder


class Dispatcher:
    """Works off stored messages; one task for each conversation that has some."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        rasa: RasaClient,
        content: Content,
        understanding: Understanding,
        settings: Settings,
    ) -> None:
        self._store = store
        self._hub = hub
        self._rasa = rasa
        self._content = content
        self._understanding = understanding
        self._settings = settings
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: Conversations that got a message while their task was busy.
        self._again: set[str] = set()

    async def start(self) -> None:
        """Take up what a stop or a crash left unanswered."""
        for conversation in await self._store.waiting_conversations():
            self.wake(conversation)

    async def stop(self) -> None:
        """End all work; unanswered messages stay in the store for the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, conversation: str) -> None:
        """See to it that the conversation's unanswered messages are answered."""
        if conversation in self._tasks:
            self._again.add(conversation)
            return
        task = asyncio.create_task(self._work(conversation))
        self._tasks[conversation] = task

    async def _work(self, conversation: str) -> None:
        try:
            while True:
                self._again.discard(conversation)
                try:
                    while await self._answer_next(conversation):
                        self._hub.notify(conversation)
                except StoreUnavailable as error:
                    _logger.error("Store unavailable (%s); trying again", error)
                    await asyncio.sleep(_STORE_RETRY_SECONDS)
                    continue
                if conversation not in self._again:
                    return
        except asyncio.CancelledError:
            raise
        except Exception as error:  # one conversation's fault must not stop the others
            _logger.error("Dispatcher: %s", type(error).__name__)
        finally:
            self._tasks.pop(conversation, None)

    async def _answer_next(self, conversation: str) -> bool:
        """Answer the oldest unanswered message; False if there is none for the bot."""
        state = await self._store.conversation(conversation)
        if state is None or state.holder != "bot":
            return False
        message = await self._store.unanswered(conversation)
        if message is None:
            return False
        try:
            replies, changes = await self._replies(state, message)
        except Exception as error:  # a fault of ours must not leave anybody without an answer
            _logger.error("No reply could be made: %s", type(error).__name__)
            fallback = render_down(self._content, _known_language(state), None, state.place, self._settings.now())
            replies, changes = [_reply(fallback)], Changes()
        if await self._store.answer(message, replies, changes):
            return True
        # Erased while Rasa was thinking: what it just remembered must go too.
        await self._rasa.forget(conversation)
        return False

    async def _replies(self, state: Conversation, message: Received) -> tuple[list[Reply], Changes]:
        language = self._language(state, message)
        dangers = [] if message.button else self._understanding.safety.find(message.text)
        place = self._place(message) or state.place
        now = self._settings.now()
        try:
            before = None if message.button else await self._topic_before(state.id)
            said = await self._rasa.ask(state.id, message.text, language, place, before, message.button)
        except RasaUnavailable as error:
            _logger.warning("Rasa unavailable: %s", error)
            topic = dangers[0] if dangers else self._button_topic(message)
            fallback = render_down(self._content, language, topic, place, now)
            return [_reply(fallback)], Changes(language=language, place=place)
        replies = [_bot_reply(one, language) for one in said]
        topics = [one.topic for one in said if one.topic]
        if self._lacks_helpers(said):
            replies.append(Reply(general_numbers(self._content, language, place, now), language))
        # The net's word counts first; the classifier can only add to it.
        dangers = dangers or [one.danger for one in said if one.danger]
        if dangers and not set(dangers) & set(topics):
            # Safety first and alone; what else the message is about stays one press away.
            asked = [topic for topic in topics if self._content.topics[topic].section != "dialogue"]
            replies = [_reply(render_safety(self._content, dangers[0], language, now, place, asked))]
        choice = next((one.sets_language for one in said if one.sets_language), None)
        return replies, Changes(language=choice or language, choice=choice, place=place)

    async def _topic_before(self, conversation: str) -> str | None:
        """The topic the conversation is on: the last one answered that is not about the chat itself."""
        for topic in await self._store.recent_topics(conversation):
            if topic in self._content.topics and self._content.topics[topic].section != "dialogue":
                return topic
        return None

    def _language(self, state: Conversation, message: Received) -> str:
        model = self._understanding.language
        if message.button or model is None:
            return _known_language(state)
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

    def _lacks_helpers(self, said: Sequence[BotMessage]) -> bool:
        """Whether an answer came without its tailored list: the action server is down."""
        if any(one.helpers for one in said):
            return False
        topics = [self._content.answers[one.topic] for one in said if one.topic in self._content.answers]
        return any(answer.services and answer.topic.section != "dialogue" for answer in topics)


def _known_language(state: Conversation) -> str:
    """The conversation's language as far as it is known without a new text."""
    return state.choice or state.language or state.hint or SOURCE_LANGUAGE


def _reply(message: Message) -> Reply:
    buttons = tuple((button.title, button.payload) for button in message.buttons)
    return Reply(message.text, message.language, "bot", buttons, message.topic, message.urgent)


def _bot_reply(said: BotMessage, language: str) -> Reply:
    return Reply(said.text, said.language or language, "bot", said.buttons, said.topic, said.urgent)
