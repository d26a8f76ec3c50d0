"""The gateway's side of the channel into Rasa (``bot/dialogue/channel.py``)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp


class RasaUnavailable(Exception):
    """Rasa did not answer in time, or not with messages."""


@dataclass(frozen=True)
class BotMessage:
    """One message Rasa said.

    ``helpers``: it is the tailored list of organisations, or needs none. ``danger``: the critical topic that the
    person's words speak of.
    """

    text: str
    language: str | None
    buttons: tuple[tuple[str, dict[str, str]], ...]
    topic: str | None
    urgent: bool
    helpers: bool
    sets_language: str | None
    danger: str | None = None


class RasaClient:
    """Talks to one Rasa server over loopback."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        self._url = f"{url}/webhooks/gateway"
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session: aiohttp.ClientSession

    async def open(self) -> None:
        """Must be called inside the event loop before anything else."""
        headers = {"Authorization": f"Bearer {self._token}"}
        self._session = aiohttp.ClientSession(headers=headers, timeout=self._timeout)

    async def close(self) -> None:
        await self._session.close()

    async def is_ready(self) -> bool:
        """Whether Rasa is up and has its model."""
        try:
            async with self._session.get(f"{self._url}/ready", timeout=aiohttp.ClientTimeout(total=2)) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False

    async def ask(
        self,
        conversation: str,
        text: str,
        language: str,
        place: str | None,
        before: str | None,
        button: dict[str, str] | None,
    ) -> list[BotMessage]:
        """What the bot says to a message. ``before`` is the topic the conversation is on.

        Raises:
            RasaUnavailable: no usable answer; the caller answers without Rasa.
        """
        body = {
            "conversation": conversation,
            "text": text,
            "language": language,
            "place": place,
            "before": before,
            "button": button,
        }
        try:
            async with self._session.post(f"{self._url}/messages", json=body) as response:
                if response.status != 200:
                    raise RasaUnavailable(f"status {response.status}")
                said = (await response.json())["messages"]
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, KeyError) as error:
            raise RasaUnavailable(type(error).__name__) from None
        messages = [_message(raw) for raw in said if raw.get("text")]
        if not messages:
            raise RasaUnavailable("no messages")
        return messages

    async def forget(self, conversation: str) -> None:
        """Erase a conversation's tracker. With Rasa down there is none: it lives in Rasa's memory only."""
        try:
            async with self._session.delete(f"{self._url}/conversations/{conversation}"):
                pass
        except (aiohttp.ClientError, asyncio.TimeoutError):
            pass


def _message(raw: dict[str, Any]) -> BotMessage:
    buttons = tuple((button["title"], dict(button["payload"])) for button in raw.get("buttons") or ())
    return BotMessage(
        raw["text"], raw.get("language"), buttons, raw.get("topic"), bool(raw.get("urgent")),
        bool(raw.get("helpers")), raw.get("sets_language"), raw.get("danger"),
    )  # fmt: skip
