"""A gateway with its Telegram channel, between a real Rasa and the honest Bot API server of ``tests/bot_api.py``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.app import build_app
from bot.settings import read_settings
from tests.bot_api import TOKEN, BotApi, User
from tests.conftest import TODAY
from tests.system.conftest import System, free_port

Json = dict[str, Any]


@dataclass(frozen=True)
class Rasa:
    """How a gateway reaches a running Rasa."""

    url: str
    token: str


def rasa_of(system: System) -> Rasa:
    """The Rasa server of a running system, with the token its supervisor made."""
    raw = Path(f"/proc/{system.part('bot.app')}/environ").read_bytes().decode()
    environment = dict(entry.partition("=")[::2] for entry in raw.split("\0"))
    return Rasa(environment["RASA_URL"], environment["RASA_TOKEN"])


@asynccontextmanager
async def gateway(api: BotApi, store: Path, rasa: Rasa | None, **settings: str) -> AsyncIterator[str]:
    """A gateway in this process; its address."""
    port = int(settings.get("PORT") or free_port())
    given = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{store}",
        "SECRET_KEY": "the same before and after a restart",
        "RASA_URL": rasa.url if rasa else f"http://127.0.0.1:{free_port()}",
        "RASA_TOKEN": rasa.token if rasa else "unused",
        "MESSAGES_PER_MINUTE": "600",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api.url,
        "TODAY": TODAY.isoformat(),
        "CONTENT_DIR": str(store.parent / "content"),
        **settings,
    }
    runner = web.AppRunner(build_app(read_settings(given)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something is the case."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


async def hear(user: User, after: int = 0, quiet: float = 0.5) -> list[Json]:
    """What the bot sent to a person beyond the first ``after`` messages, when it has been quiet for a while."""
    await until(lambda: len(user.received) > after)
    count = -1
    while count != len(user.received):
        count = len(user.received)
        await asyncio.sleep(quiet)
    return user.received[after:]


async def ask(user: User, text: str) -> list[Json]:
    """Write something and hear the answer."""
    before = len(user.received)
    user.write(text)
    return await hear(user, before)


def titles(message: Json) -> list[str]:
    """The buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def texts(messages: list[Json]) -> str:
    return "\n".join(message["text"] for message in messages)
