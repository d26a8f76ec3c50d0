"""Two clients with one face: our public web API, and Rasa's REST channel."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import json
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from bot.answers.content import Content
from bot.languages import LANGUAGES

#: Seconds after which a message counts as unanswered.
PATIENCE = 60.0
#: Seconds for which a chat that has ended goes on listening.
LINGER = 0.5
#: Further messages of an answer come within so many seconds of one another: our gateway sends them in one go.
TOGETHER = 0.025
_FIRST_ADDRESS = ipaddress.IPv4Address("10.0.0.1")


@dataclass
class Exchange:
    """A message and its answer. Times are seconds of ``time.perf_counter``; ``fault`` says what went wrong.

    ``late`` counts messages that came after the answer seemed complete.
    """

    due: float
    first: float | None = None
    last: float | None = None
    messages: int = 0
    characters: int = 0
    late: int = 0
    fault: str = ""

    def hear(self, text: str) -> None:
        """A message of the answer has come, now."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.messages += 1
        self.characters += len(text)


class Chat(Protocol):
    """One conversation."""

    async def ask(self, text: str, due: float) -> Exchange:
        """Send a text that was to be sent at ``due``, and return when the answer's first message has come."""


class Client(Protocol):
    """Opens conversations with one system."""

    def chat(self, language: str) -> AbstractAsyncContextManager[Chat]:
        """A new conversation of a person who speaks ``language``."""


def new_session() -> aiohttp.ClientSession:
    """A session without a limit of its own. Connections are given up before Rasa closes them (after 5 s)."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4), timeout=aiohttp.ClientTimeout(total=None)
    )


@dataclass(frozen=True)
class Phrases:
    """How messages begin that were made without the action server, or without Rasa."""

    general: tuple[str, ...]
    down: tuple[str, ...]

    @classmethod
    def of(cls, content: Content) -> Phrases:
        def begin(phrase_id: str) -> tuple[str, ...]:
            return tuple(content.phrase(language, phrase_id) for language in LANGUAGES)

        return cls(begin("help.title_general"), begin("down.apology"))


@dataclass
class WebClient:
    """Talks to Wegwijzer as the chat page does, behind a proxy that names the address of each person."""

    session: aiohttp.ClientSession
    url: str
    phrases: Phrases
    people: Iterator[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def chat(self, language: str) -> AsyncIterator[Chat]:
        headers = {"X-Forwarded-For": str(_FIRST_ADDRESS + next(self.people))}
        conversations = f"{self.url}/api/conversations"
        async with self.session.post(conversations, json={"language": language}, headers=headers) as response:
            response.raise_for_status()
            headers["Authorization"] = f"Bearer {(await response.json())['token']}"
        stream = await self.session.get(f"{self.url}/api/events", headers=headers)
        stream.raise_for_status()
        chat = WebChat(self, headers)
        listening = asyncio.create_task(chat.listen(stream))
        try:
            yield chat
        finally:
            # Not waited for: the next chat may begin, while the rest of the last answer is still heard.
            asyncio.get_running_loop().call_later(LINGER, listening.cancel)


@dataclass
class WebChat:
    """A conversation over our API: messages go in by POST, answers come out of one event stream, in order."""

    client: WebClient
    headers: dict[str, str]
    #: Messages without an answer so far, and what to tell when it comes.
    waiting: deque[tuple[Exchange, asyncio.Event]] = field(default_factory=deque)
    latest: Exchange | None = None
    heard: float = 0.0

    async def ask(self, text: str, due: float) -> Exchange:
        asked = (Exchange(due), asyncio.Event())
        self.waiting.append(asked)
        exchange, answered = asked
        body = {"id": uuid.uuid4().hex, "text": text}
        try:
            async with self.client.session.post(
                f"{self.client.url}/api/messages", json=body, headers=self.headers
            ) as response:
                if response.status != 202:
                    raise aiohttp.ClientError(f"status {response.status}")
            await asyncio.wait_for(answered.wait(), PATIENCE)
        except aiohttp.ClientError as error:
            exchange.fault = str(error) or type(error).__name__
            self.waiting.remove(asked)
        except asyncio.TimeoutError:
            exchange.fault = "no answer in time"
        return exchange

    async def listen(self, stream: aiohttp.ClientResponse) -> None:
        """Read the event stream until cancelled; if it ends by itself, what waits gets no answer."""
        kind = b""
        try:
            async for line in stream.content:
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                elif line.startswith(b"data: ") and kind == b"message":
                    self._hear(json.loads(line[6:])["text"])
        finally:
            stream.close()
            for exchange, answered in self.waiting:
                exchange.fault = "the event stream ended"
                answered.set()

    def _hear(self, text: str) -> None:
        """Count a message to the answer it belongs to; the stream does not say to which."""
        together = time.perf_counter() - self.heard < TOGETHER
        self.heard = time.perf_counter()
        if self.waiting and not (together and self.latest):
            self.latest, answered = self.waiting.popleft()
            answered.set()
        elif self.latest and not together:
            self.latest.late += 1
        if self.latest:
            self.latest.hear(text)
            self.latest.fault = self._fault(text) or self.latest.fault

    def _fault(self, text: str) -> str:
        if text.startswith(self.client.phrases.general):
            return "the action server did not answer"
        return "Rasa did not answer" if text.startswith(self.client.phrases.down) else ""


@dataclass
class RestClient:
    """Talks to a stock Rasa server; the language goes along as metadata, as a page would send it."""

    session: aiohttp.ClientSession
    url: str

    @asynccontextmanager
    async def chat(self, language: str) -> AsyncIterator[Chat]:
        yield RestChat(self, uuid.uuid4().hex, {"language": language})


@dataclass(frozen=True)
class RestChat:
    """A conversation over the REST channel: all messages of an answer are the response to its POST."""

    client: RestClient
    sender: str
    metadata: dict[str, str]

    async def ask(self, text: str, due: float) -> Exchange:
        exchange = Exchange(due)
        body = {"sender": self.sender, "message": text, "metadata": self.metadata}
        try:
            said = await asyncio.wait_for(self._post(body), PATIENCE)
        except aiohttp.ClientError as error:
            exchange.fault = str(error) or type(error).__name__
        except asyncio.TimeoutError:
            exchange.fault = "no answer in time"
        else:
            for message in said:
                exchange.hear(message["text"])
            if not said:
                exchange.fault = "empty answer"
        return exchange

    async def _post(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        async with self.client.session.post(f"{self.client.url}/webhooks/rest/webhook", json=body) as response:
            response.raise_for_status()
            said: list[dict[str, Any]] = await response.json()
            return said
