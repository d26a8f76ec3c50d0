"""The gateway's side of the channel into Rasa (``bot/dialogue/channel.py``)."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.gateway.store import Unclear


class RasaUnavailable(Exception):
    """Rasa did not answer in time, or not with messages."""


@dataclass(frozen=True)
class BotMessage:
    """One message Rasa said.

    ``expects_helpers``: the action server's list of organisations (``helpers``) must follow it.
    ``danger``: the critical topic that the person's words speak of. ``unclear``: it says that the message was not
    understood, or is about something else. ``taken_for``: the topics that the message was taken for.
    """

    text: str
    language: str | None
    buttons: tuple[tuple[str, dict[str, str]], ...]
    topic: str | None
    urgent: bool
    expects_helpers: bool
    helpers: bool
    sets_language: str | None
    danger: str | None = None
    unclear: Unclear | None = None
    taken_for: tuple[str, ...] = ()


class RasaClient:
    """Talks to one Rasa server over loopback."""

    def __init__(self, url: str, token: str, timeout_seconds: float, day: dt.date | None = None) -> None:
        """``day``: the day to answer for, if that is another than Rasa's own."""
        self.lead_to(url, token)
        self._day = day
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session: aiohttp.ClientSession

    async def open(self) -> None:
        """Must be called inside the event loop before anything else."""
        self._session = aiohttp.ClientSession(timeout=self._timeout)

    async def close(self) -> None:
        await self._session.close()

    def lead_to(self, url: str, token: str) -> None:
        """Ask another server from now on; what has been asked is still answered by the one before."""
        self._url, self._headers = f"{url}/webhooks/gateway", _bearer(token)

    async def is_ready(self) -> bool:
        """Whether Rasa is up and has its model."""
        try:
            async with self._session.get(
                f"{self._url}/ready", headers=self._headers, timeout=aiohttp.ClientTimeout(total=2)
            ) as response:
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
        body: dict[str, Any] = {
            "conversation": conversation,
            "text": text,
            "language": language,
            "place": place,
            "before": before,
            "button": button,
        }
        if self._day is not None:
            body["day"] = self._day.isoformat()
        try:
            async with self._session.post(f"{self._url}/messages", json=body, headers=self._headers) as response:
                if response.status != 200:
                    raise RasaUnavailable(f"status {response.status}")
                said = (await response.json())["messages"]
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, KeyError) as error:
            raise RasaUnavailable(type(error).__name__) from None
        messages = [_message(raw) for raw in said if raw.get("text")]
        if not messages:
            raise RasaUnavailable("no messages")
        return messages

    async def understood(self, conversation: str) -> dict[str, Any]:
        """What Rasa made of the last message of a conversation; see the channel.

        Raises:
            RasaUnavailable: it does not say.
        """
        try:
            async with self._session.get(
                f"{self._url}/conversations/{conversation}", headers=self._headers
            ) as response:
                if response.status != 200:
                    raise RasaUnavailable(f"status {response.status}")
                return dict(await response.json())
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise RasaUnavailable(type(error).__name__) from None

    async def forget(self, conversation: str) -> None:
        """Erase a conversation's tracker. With Rasa down there is none: it lives in Rasa's memory only."""
        try:
            async with self._session.delete(f"{self._url}/conversations/{conversation}", headers=self._headers):
                pass
        except (aiohttp.ClientError, asyncio.TimeoutError):
            pass


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _message(raw: dict[str, Any]) -> BotMessage:
    buttons = tuple((button["title"], dict(button["payload"])) for button in raw.get("buttons") or ())
    return BotMessage(
        raw["text"], raw.get("language"), buttons, raw.get("topic"), bool(raw.get("urgent")),
        bool(raw.get("expects_helpers")), bool(raw.get("helpers")), raw.get("sets_language"), raw.get("danger"),
        raw.get("unclear"), tuple(raw.get("taken_for") or ()),
    )  # fmt: skip
