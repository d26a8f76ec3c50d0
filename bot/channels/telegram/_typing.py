"""The typing indicator, shown while an answer is made."""

from __future__ import annotations

import asyncio
import contextlib

from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import ExtBot

#: Telegram shows it for five seconds at a time.
_AGAIN_SECONDS = 4.5
#: Nobody believes it any longer.
_MOST_TIMES = 8


class Typing:
    """Which chats see that an answer is being made."""

    def __init__(self, bot: ExtBot[int]) -> None:
        self._bot = bot
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, chat: int) -> None:
        """Show it from now on."""
        if chat not in self._tasks:
            self._tasks[chat] = asyncio.create_task(self._show(chat, _MOST_TIMES))

    def once(self, chat: int) -> None:
        """Show it for a few seconds."""
        if chat not in self._tasks:
            self._tasks[chat] = asyncio.create_task(self._show(chat, 1))

    def end(self, chat: int) -> None:
        """The answer is there."""
        task = self._tasks.pop(chat, None)
        if task is not None:
            task.cancel()

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, chat: int, times: int) -> None:
        for _ in range(times):
            # Only a courtesy: the answer itself is tried again and again.
            with contextlib.suppress(TelegramError):
                await self._bot.send_chat_action(chat, ChatAction.TYPING)
            await asyncio.sleep(_AGAIN_SECONDS)
        self._tasks.pop(chat, None)
