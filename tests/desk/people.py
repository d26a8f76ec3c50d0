"""People who ask for a counsellor by the web API: they press the buttons of the intake one after the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.answers.content import Content
from bot.languages import OWN_NAMES
from tests.system.chat import Chat, chatting

_PATIENCE = 10.0
_ids = itertools.count(1)

Event = dict[str, Any]


class Asker:
    """Somebody who chats on the web, in one language."""

    def __init__(self, chat: Chat, content: Content, language: str) -> None:
        self.chat = chat
        self.language = language
        self._content = content
        #: Every message that came, and every other event.
        self.heard: list[Event] = []
        self.events: list[tuple[str, Event]] = []

    async def say(self, text: str) -> None:
        """Write something."""
        response = await self.chat.post(id=str(next(_ids)), text=text)
        assert response.status == 202, await response.text()

    async def press(self, name: str) -> None:
        """Wait for a button of the intake (the name of its phrase below ``handover``), and press it."""
        await self.press_title(self._content.phrase(self.language, f"handover.{name}"))

    async def press_title(self, title: str) -> None:
        """Wait for a button with this title, and press it."""
        message = await self.hear(lambda said: any(button["title"] == title for button in said["buttons"]))
        button = next(button for button in message["buttons"] if button["title"] == title)
        response = await self.chat.post(id=str(next(_ids)), button=button["id"])
        assert response.status == 202, await response.text()

    async def hear(self, fits: Any) -> Event:
        """Wait for a message that fits: one for which it is true, or that has this text."""
        wanted = fits if callable(fits) else lambda said: fits in said["text"]
        while True:
            data = await self.event("message")
            if wanted(data):
                return data

    async def event(self, kind: str) -> Event:
        """Wait for the next event of a kind."""
        while True:
            found, data = await asyncio.wait_for(self.chat.events.get(), _PATIENCE)
            self.events.append((found, data))
            if found == "message":
                self.heard.append(data)
            if found == kind:
                return data

    async def held_by(self, holder: str) -> None:
        """Wait until somebody holds the chat."""
        while (await self.event("state"))["holder"] != holder:
            pass

    async def ask_for_person(
        self, *, first: str = "hej", name: str = "", times: str = "", history: bool = True, phone: str = ""
    ) -> None:
        """Write ``first`` and go through the questions until the chat is in line."""
        await self.say(first)
        await self.press_title(self._content.phrase(self.language, "button.human"))
        await self.press("leave_number" if phone else "yes")
        await self.press("with_history" if history else "without_history")
        if name:
            await self._answer("ask_name", name)
        else:
            await self.press("no_name")
        await self.press("safe_times" if times else "safe_always")
        if times:
            await self._answer("ask_times", times)
        await self.press_title(OWN_NAMES[self.language])
        if phone:
            await self._answer("ask_phone", phone)
            await self._answer("ask_call_time", "after six")
        await self.hear(self._content.phrase(self.language, "handover.waiting_call" if phone else "handover.waiting"))

    async def _answer(self, question: str, text: str) -> None:
        await self.hear(self._content.phrase(self.language, f"handover.{question}"))
        await self.say(text)


@asynccontextmanager
async def asking(url: str, content: Content, language: str = "pl") -> AsyncIterator[Asker]:
    """Somebody with a new chat."""
    async with chatting(url, language=language, explicit=True) as chat:
        yield Asker(chat, content, language)
