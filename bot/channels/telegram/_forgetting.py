"""Deletes the bot's messages in chats that were erased, as far as Telegram still lets us (48 hours)."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.answers.content import Content
from bot.channels.telegram._identity import Identity
from bot.gateway.outbox import Forget, Outbox
from bot.gateway.store import StoreUnavailable

_logger = logging.getLogger(__name__)

#: https://core.telegram.org/bots/api#deletemessages
_AT_ONCE = 100
_LONGEST_BACK_OFF = 60.0


class Forgetting:
    """Works off what is to be forgotten, one chat after the other."""

    def __init__(self, bot: ExtBot[int], outbox: Outbox, identity: Identity, content: Content) -> None:
        self._bot = bot
        self._outbox = outbox
        self._identity = identity
        self._content = content
        self._woken = asyncio.Event()
        self._woken.set()

    def wake(self) -> None:
        """There is something to forget."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        back_off = 1.0
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                for forget in await self._outbox.forgets():
                    await self._forget(forget)
                back_off = 1.0
            except (TelegramError, StoreUnavailable) as error:
                _logger.warning("Forgetting: %s; trying again in %.0f s", type(error).__name__, back_off)
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, _LONGEST_BACK_OFF)
                self._woken.set()

    async def _forget(self, forget: Forget) -> None:
        chat = self._identity.unseal(forget.address)
        if chat is not None:
            with contextlib.suppress(Forbidden):
                await self._delete(chat, forget.messages)
                await self._bot.send_message(chat, self._content.phrase(forget.language, "telegram.forgotten"))
        await self._outbox.forgotten(forget)

    async def _delete(self, chat: int, messages: tuple[int, ...]) -> None:
        for start in range(0, len(messages), _AT_ONCE):
            some = messages[start : start + _AT_ONCE]
            try:
                await self._bot.delete_messages(chat, some)
            except BadRequest:
                # One too old spoils the lot: each by itself.
                for message in some:
                    with contextlib.suppress(BadRequest):
                        await self._bot.delete_message(chat, message)
