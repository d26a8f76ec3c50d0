"""Groups: others read along there, so the bot says one sentence and leaves."""

from __future__ import annotations

import asyncio
import contextlib

from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.answers.content import Content


class Groups:
    """Leaves groups, each once at a time."""

    def __init__(self, bot: ExtBot[int], content: Content) -> None:
        self._bot = bot
        self._content = content
        self._leaving: dict[int, asyncio.Task[None]] = {}

    def leave(self, group: int, language: str, speaks: bool) -> None:
        """Leave, and say why where one may speak."""
        if group not in self._leaving:
            self._leaving[group] = asyncio.create_task(self._leave(group, language, speaks))

    async def stop(self) -> None:
        tasks = list(self._leaving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self, group: int, language: str, speaks: bool) -> None:
        try:
            if speaks:
                text = self._content.phrase(language, "telegram.group", link=self._bot.link)
                with contextlib.suppress(TelegramError):
                    await self._bot.send_message(group, text)
            with contextlib.suppress(TelegramError):
                await self._bot.leave_chat(group)
        finally:
            del self._leaving[group]
