"""Asking the supervisor for servers that answer from another version of the content."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.editing.errors import EditError
from bot.settings import Settings
from bot.supervisor import READY_SECONDS


@dataclass(frozen=True)
class Pair:
    """A Rasa server and its action server, ready to answer."""

    id: str
    rasa_url: str
    rasa_token: str


class Servers:
    """The supervisor's own server, over loopback. Without a supervisor (``SUPERVISOR_URL``) nothing can be started."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.supervisor_url
        self._headers = {"Authorization": f"Bearer {settings.supervisor_token}"}

    async def start(self, content: Path, model: Path) -> Pair:
        """Start a pair for a content and its model, and wait until it is ready (some 15 seconds).

        Raises:
            EditError: it did not come up.
        """
        return Pair(**await self._ask("POST", "/pairs", _absolute(content=content, model=model)))

    async def is_up(self, pair: Pair) -> bool:
        """Whether a pair that was started some time ago still answers."""
        headers, timeout = {"Authorization": f"Bearer {pair.rasa_token}"}, aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
                session.get(f"{pair.rasa_url}/webhooks/gateway/ready") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False

    async def make_live(self, pair: Pair) -> None:
        """Have a gateway that is started again be answered by this pair; the former one ends in half a minute.

        Raises:
            EditError: the pair is no longer there.
        """
        await self._ask("POST", f"/pairs/{pair.id}/live")

    async def end(self, pair: Pair) -> None:
        """End a pair that is not live; one that is gone already is no error."""
        with contextlib.suppress(EditError):
            await self._ask("DELETE", f"/pairs/{pair.id}")

    async def end_all(self) -> None:
        """End every pair that is not live; a gateway that has just started uses none."""
        if self._url:
            await self._ask("DELETE", "/pairs")

    async def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, str]:
        if not self._url:
            raise EditError("no_supervisor", "edit.no_supervisor", status=503)
        timeout = aiohttp.ClientTimeout(total=READY_SECONDS + 10)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session,
                session.request(method, self._url + path, json=body) as answer,
            ):
                if answer.status >= 400:
                    raise EditError("no_server", "edit.no_server", status=503)
                return dict(await answer.json()) if answer.status == 200 else {}
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise EditError("no_server", "edit.no_server", status=503) from error


def _absolute(**paths: Path) -> dict[str, str]:
    return {name: str(path.absolute()) for name, path in paths.items()}
