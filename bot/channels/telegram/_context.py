"""What a handler works with: the update as a visit of one person, and the parts of the system it may use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from telegram import Chat, Update
from telegram.ext import ExtBot

from bot.answers.content import Content
from bot.channels.telegram._courtesies import Courtesies
from bot.channels.telegram._delivery import Delivery
from bot.channels.telegram._forgetting import Forgetting
from bot.channels.telegram._groups import Groups
from bot.channels.telegram._identity import CHANNEL, Identity
from bot.channels.telegram._typing import Typing
from bot.gateway.answering import Answering
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.metrics import Metrics
from bot.gateway.outbox import Outbox
from bot.gateway.store import Incoming, Reply, Store, StoreUnavailable
from bot.languages import SOURCE_LANGUAGE, known_language
from bot.settings import Settings


@dataclass(frozen=True)
class Visit:
    """One update of one person. ``hint`` is the language of their Telegram, if it is one of ours."""

    conversation: str
    address: str
    update: str
    chat: int
    hint: str | None


@dataclass(frozen=True)
class Context:
    """The parts of the system a handler may use, and the few things all handlers do."""

    bot: ExtBot[int]
    store: Store
    outbox: Outbox
    hub: Hub
    dispatcher: Dispatcher
    answering: Answering
    content: Content
    settings: Settings
    identity: Identity
    delivery: Delivery
    typing: Typing
    forgetting: Forgetting
    groups: Groups
    limit: RateLimit
    #: One word about "too fast" a minute is enough.
    reminders: RateLimit
    courtesies: Courtesies
    metrics: Metrics

    def visit(self, update: Update) -> Visit | None:
        """The person and private chat of an update, or None if it has none."""
        user, chat = update.effective_user, update.effective_chat
        if user is None or chat is None or chat.type != Chat.PRIVATE:
            return None
        if update.effective_message is not None:
            self.delivery.saw(update.effective_message.message_id)
        return Visit(
            self.identity.conversation(user.id), self.identity.seal(chat.id), str(update.update_id), chat.id,
            known_language(user.language_code),
        )  # fmt: skip

    async def language(self, visit: Visit) -> str:
        """The language to speak to this person as far as it is known."""
        state = await self.store.plain_conversation(visit.conversation)
        known = (state.choice or state.language or state.hint) if state else None
        return known or visit.hint or SOURCE_LANGUAGE

    def incoming(self, visit: Visit, **fields: Any) -> Incoming:
        """A visit as the store takes it."""
        return Incoming(visit.conversation, CHANNEL, visit.update, hint=visit.hint, address=visit.address, **fields)

    async def take(self, visit: Visit, **incoming: Any) -> bool:
        """Store what the person sent or chose (fields of ``Incoming``); False if this update came before.

        Raises:
            KeyError: the button was not issued in this conversation.
        """
        new = await self.store.receive(self.incoming(visit, **incoming))
        if new:
            self._count(**incoming)
            self.dispatcher.wake(visit.conversation)
            self.hub.notify(visit.conversation)
        return new

    async def show_typing(self, visit: Visit) -> None:
        """Show that an answer is being made, where the program makes it."""
        state = await self.store.plain_conversation(visit.conversation)
        if state is None or state.holder == "bot":
            self.typing.begin(visit.chat)

    async def say(self, visit: Visit, *replies: Reply, **incoming: Any) -> bool:
        """Answer an update with fixed texts; False if it came before."""
        return await self.take(visit, replies=replies, answered=True, **incoming)

    async def say_unless_held(self, visit: Visit, *replies: Reply, instead: Mapping[str, Any], **incoming: Any) -> bool:
        """The same while nobody at the desk has the chat to do; else take what stands in ``instead``, for them."""
        return await self.say(visit, *replies, instead=self.incoming(visit, **instead), **incoming)

    async def show_counsellor_typing(self, conversation: str) -> None:
        """Let the person see that somebody at the desk is writing."""
        with suppress(StoreUnavailable):
            address = await self.outbox.address(conversation)
            chat = self.identity.unseal(address) if address else None
            if chat is not None:
                self.typing.once(chat)

    def _count(self, answered: bool = False, replies: tuple[Reply, ...] = (), **incoming: Any) -> None:
        self.metrics.received(CHANNEL)
        if answered and replies:
            self.metrics.answered(CHANNEL, "system")

    async def phrase(self, visit: Visit, phrase_id: str, /, **values: str) -> Reply:
        """An interface text in the person's language, as a reply."""
        language = await self.language(visit)
        return Reply(self.content.phrase(language, phrase_id, **values), language, "system")
