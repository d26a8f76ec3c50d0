"""Chats with the draft: what people's chats go through, with nothing of it stored or counted."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.answers.content import Content, load_content
from bot.editing.errors import EditError
from bot.editing.trying import Trials
from bot.gateway.answering import Answering, Understanding
from bot.gateway.handover import Handovers
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.rasa_client import RasaClient, RasaUnavailable
from bot.gateway.store import Conversation, Received, Reply, Store, Turn
from bot.gateway.turns import Act, Turns
from bot.gateway.unanswered import Unanswered
from bot.settings import Settings

#: Loads what the gateway itself understands by, of a version: folder, content, model.
Understand = Callable[[Path, Content, Path], Understanding]

#: Chats that are open at once, and messages of each.
_MOST_CHATS = 50
_MOST_MESSAGES = 60
#: Topics of the last replies that a turn is told, as the dispatcher tells it.
_TOPICS = 5


@dataclass(frozen=True)
class Said:
    """What a turn of the sandbox brings.

    Attributes:
        replies: what a person would see, with the ids of the buttons.
        would_wait: the chat would now wait for a person.
        understood: the likeliest topics with their shares, the identified language, whether it goes on with the topic
            before, and the danger it speaks of; None for a button, and where the servers do not say.
    """

    replies: list[tuple[Reply, list[str]]]
    would_wait: bool
    understood: dict[str, Any] | None


@dataclass
class _Chat:
    account: str
    turns: Turns
    rasa: RasaClient
    state: Conversation
    topics: list[str] = field(default_factory=list)
    buttons: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    messages: int = 0
    used: float = field(default_factory=time.monotonic)


class _NothingKept(Unanswered):
    """In place of what keeps questions that were not understood: here they are somebody's try."""

    def __init__(self) -> None:
        # It has no store, and is not told of chats that are erased.
        pass

    def offered(self, turn: Turn, replies: Sequence[Reply], language: str) -> list[Reply]:
        return list(replies)

    async def take(self, turn: Turn, language: str) -> tuple[Sequence[Reply], Act | None]:
        return (), None


class Sandbox:
    """The chats, in memory."""

    def __init__(self, trials: Trials, store: Store, handovers: Handovers, settings: Settings, understand: Understand):
        self._trials = trials
        self._store = store
        self._handovers = handovers
        self._settings = settings
        self._understand = understand
        self._chats: dict[str, _Chat] = {}
        #: What was loaded last: from which folder, the content and what is understood by it.
        self._loaded: tuple[Path, Content, Understanding] | None = None

    async def begin(self, account: str, language: str | None, day: dt.date | None) -> str:
        """A new chat with what was tried last.

        Args:
            account: who chats.
            language: the language that the page of a person would ask for; None: as they write.
            day: the day to answer for; None: today.

        Returns:
            Its id.

        Raises:
            EditError: nothing has been tried, or its servers do not come up.
        """
        pair = await self._trials.pair()
        content, understanding = await self._load()
        settings = replace(self._settings, today=day) if day else self._settings
        rasa = RasaClient(pair.rasa_url, pair.rasa_token, settings.rasa_timeout_seconds, day)
        await rasa.open()
        metrics = Metrics()
        answering = Answering(rasa, content, understanding, settings, metrics)
        intake = Intake(content, settings, secrets.token_hex())
        nothing = _NothingKept()
        turns = Turns(self._store, answering, intake, self._handovers, content, settings, metrics, nothing)
        chat = f"sandbox-{secrets.token_hex(8)}"
        state = Conversation(chat, "web", "bot", None, None, language, None)
        self._chats[chat] = _Chat(account, turns, rasa, state)
        while len(self._chats) > _MOST_CHATS:
            await self._end(min(self._chats, key=lambda one: self._chats[one].used))
        return chat

    async def say(self, account: str, chat: str, text: str, button: str | None) -> Said:
        """Say something in one's own chat, or press a button of it.

        Raises:
            EditError: there is no such chat (any more), or its servers do not answer.
        """
        found = self._chats.get(chat)
        if found is None or found.account != account or found.messages >= _MOST_MESSAGES:
            raise EditError("chat_over", "sandbox.over", status=404)
        payload = None
        if button is not None:
            if button not in found.buttons:
                raise EditError("chat_over", "sandbox.over", status=404)
            text, payload = found.buttons[button]
        self._trials.used()
        found.used = time.monotonic()
        found.messages += 1
        turn = Turn(found.state, Received(found.messages, chat, text, payload), list(found.topics))
        # What it would store and do is left out: ``dealt.act``, the figures, what comes after.
        dealt = await found.turns.deal(turn)
        if dealt.outcome == "degraded":
            raise EditError("no_server", "sandbox.no_answer", status=503)
        changes = dealt.changes
        found.state = replace(
            found.state,
            language=changes.language or found.state.language,
            choice=changes.choice or found.state.choice,
            place=changes.place or found.state.place,
            form=found.state.form if changes.form is None else changes.form or None,
        )
        found.topics = [*(reply.topic for reply in reversed(dealt.replies) if reply.topic), *found.topics][:_TOPICS]
        return Said(
            [(reply, self._issue(found, reply)) for reply in dealt.replies],
            dealt.begins is not None,
            None if payload is not None else await self._understood(found),
        )

    async def end(self, account: str, chat: str) -> None:
        """End one's own chat; one that is over already is no error."""
        if chat in self._chats and self._chats[chat].account == account:
            await self._end(chat)

    async def stop(self) -> None:
        """End all of them."""
        for chat in list(self._chats):
            await self._end(chat)

    async def _load(self) -> tuple[Content, Understanding]:
        folder, model = await self._trials.folder()
        if self._loaded is None or self._loaded[0] != folder:
            content = await asyncio.to_thread(load_content, folder)
            self._loaded = folder, content, await asyncio.to_thread(self._understand, folder, content, model)
        return self._loaded[1:]

    async def _understood(self, chat: _Chat) -> dict[str, Any] | None:
        try:
            understood = await chat.rasa.understood(chat.state.id)
        except RasaUnavailable:
            return None
        ranking = [(name.rpartition("/")[2], share) for name, share in understood["ranking"]]
        return {**understood, "ranking": [(name, share) for name, share in ranking if name]}

    def _issue(self, chat: _Chat, reply: Reply) -> list[str]:
        ids = [secrets.token_hex(6) for _ in reply.buttons]
        chat.buttons.update(zip(ids, reply.buttons))
        return ids

    async def _end(self, chat: str) -> None:
        ended = self._chats.pop(chat)
        await ended.rasa.forget(chat)
        await ended.rasa.close()
