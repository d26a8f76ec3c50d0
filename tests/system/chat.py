"""A client of the public web API, as another program would write it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

#: Seconds of silence after which everything has been said.
_QUIET = 0.7
_PATIENCE = 15.0

Event = dict[str, Any]


class Chat:
    """One conversation with its event stream."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.session = session
        self.url = url
        self.token = token
        self.events: asyncio.Queue[tuple[str, Event]] = asyncio.Queue()
        self.holder: str | None = None
        self.last_id = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, **body: Any) -> aiohttp.ClientResponse:
        return await self.session.post(f"{self.url}/api/messages", json=body, headers=self.headers)

    async def say(self, text: str) -> list[Event]:
        """Send a text and return everything that comes back."""
        response = await self.post(id=str(uuid.uuid4()), text=text)
        assert response.status == 202, await response.text()
        return await self.hear()

    async def press(self, said: list[Event], title: str) -> list[Event]:
        """Press the button whose title holds ``title``."""
        button = next(b for event in said for b in event["buttons"] if title in b["title"])
        response = await self.post(id=str(uuid.uuid4()), button=button["id"])
        assert response.status == 202, await response.text()
        return await self.hear()

    async def hear(self, patience: float = _PATIENCE) -> list[Event]:
        """The messages that come, until it is quiet."""
        said: list[Event] = []
        while True:
            try:
                kind, data = await asyncio.wait_for(self.events.get(), _QUIET if said else patience)
            except asyncio.TimeoutError:
                return said
            if kind == "state":
                self.holder = data["holder"]
            else:
                said.append(data)

    async def listen(self, last: int = 0) -> None:
        """Read the event stream until cancelled."""
        headers = {**self.headers, "Last-Event-ID": str(last)}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.session.get(f"{self.url}/api/events", headers=headers, timeout=timeout) as response:
            assert response.status == 200
            kind = ""
            async for raw in response.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    await self.events.put((kind, json.loads(line.removeprefix("data: "))))


class LastingChat(Chat):
    """A conversation whose stream comes back after each break from where it broke, as a page's does."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str = "") -> None:
        """Without a ``token`` there is nothing to hear until one is set."""
        super().__init__(session, url, token)
        #: Every message that has come.
        self.said: list[Event] = []

    async def keep_listening(self) -> None:
        """Read events for ever."""
        while True:
            reading = asyncio.create_task(self.listen(len(self.said)) if self.token else asyncio.sleep(0.2))
            try:
                while not reading.done():
                    await asyncio.wait([reading], timeout=0.05)
                    self._take()
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            self._take()
            await asyncio.sleep(0.2)

    def _take(self) -> None:
        while not self.events.empty():
            kind, event = self.events.get_nowait()
            if kind == "message":
                self.said.append(event)
            elif kind == "state":
                self.holder = event["holder"]
        assert [int(one["id"]) for one in self.said] == list(range(1, len(self.said) + 1)), "twice, or out of order"


@asynccontextmanager
async def chatting(url: str, **creation: Any) -> AsyncIterator[Chat]:
    """A new conversation with an open event stream."""
    async with aiohttp.ClientSession() as session:
        response = await session.post(f"{url}/api/conversations", json=creation)
        assert response.status == 201
        chat = Chat(session, url, (await response.json())["token"])
        listening = asyncio.create_task(chat.listen())
        try:
            yield chat
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def everything(said: list[Event]) -> str:
    """The texts of several messages as one."""
    return "\n".join(event["text"] for event in said)


def topics(said: list[Event]) -> list[str]:
    return [event["topic"] for event in said if "topic" in event]
