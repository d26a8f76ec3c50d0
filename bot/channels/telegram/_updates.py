"""Gets updates, by long polling or by webhook, and has each stored before Telegram may forget it."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from telegram import Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.gateway.metrics import Metrics, Part
from bot.gateway.store import StoreUnavailable

_logger = logging.getLogger(__name__)

#: What we ask Telegram for.
ALLOWED_UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
WEBHOOK_PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (a header's name)

#: Seconds for which Telegram holds a request while there is nothing new.
POLL_SECONDS = 30
#: Seconds between attempts: 1, 2, 4 ... at most this many.
_LONGEST_BACK_OFF = 60.0

Take = Callable[[Update], Awaitable[None]]


class Patience:
    """Waits ever longer between failures."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seconds = 1.0

    async def wait(self, part: Part, error: Exception) -> None:
        """Say and count what failed, and wait."""
        self._metrics.failed(part)
        _logger.warning("%s: %s; trying again in %.0f s", part.capitalize(), type(error).__name__, self._seconds)
        await asyncio.sleep(self._seconds)
        self._seconds = min(self._seconds * 2, _LONGEST_BACK_OFF)

    def reset(self) -> None:
        self._seconds = 1.0


async def poll(bot: ExtBot[int], take: Take, metrics: Metrics) -> None:
    """Ask for updates until cancelled. The next request, which lets Telegram forget, comes when all are stored."""
    offset: int | None = None
    patience = Patience(metrics)
    while True:
        try:
            updates = await bot.get_updates(offset=offset, timeout=POLL_SECONDS, allowed_updates=ALLOWED_UPDATES)
        except Conflict as error:
            _logger.error("Another program polls with this bot's token")
            await patience.wait("telegram", error)
            continue
        except InvalidToken as error:
            _logger.error("Telegram does not know TELEGRAM_BOT_TOKEN")
            await patience.wait("telegram", error)
            continue
        except TelegramError as error:
            await patience.wait("telegram", error)
            continue
        patience.reset()
        for update in updates:
            await _store(update, take, metrics)
            offset = update.update_id + 1


async def _store(update: Update, take: Take, metrics: Metrics) -> None:
    patience = Patience(metrics)
    while True:
        try:
            return await take(update)
        except StoreUnavailable as error:
            await patience.wait("store", error)
        except Exception as error:  # an update that we cannot digest must not keep the others from coming
            _logger.error("Telegram update not understood: %s", type(error).__name__)
            return


def webhook(bot: ExtBot[int], secret: str, take: Take, metrics: Metrics) -> web.RouteDef:
    """The route to which Telegram posts updates. They are stored and acknowledged; answers come later."""

    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode()):
            return web.Response(status=403)
        try:
            update = Update.de_json(json.loads(await request.read()), bot)
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.Response(status=400)
        try:
            await take(update)
        except StoreUnavailable:
            # Telegram brings it again.
            metrics.failed("store")
            return web.Response(status=503)
        except Exception as error:
            _logger.error("Telegram update not understood: %s", type(error).__name__)
        return web.Response()

    return web.post(WEBHOOK_PATH, receive)
