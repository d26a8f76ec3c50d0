"""The channel as a whole: connects, keeps connected, and hands each update to its handler."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from aiohttp import web
from telegram import LinkPreviewOptions, Update
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.answers.content import Content
from bot.channels.telegram._context import Context
from bot.channels.telegram._courtesies import Courtesies
from bot.channels.telegram._delivery import Delivery
from bot.channels.telegram._forgetting import Forgetting
from bot.channels.telegram._groups import Groups
from bot.channels.telegram._handlers import HANDLERS
from bot.channels.telegram._identity import CHANNEL, Identity
from bot.channels.telegram._introduction import introduce
from bot.channels.telegram._typing import Typing
from bot.channels.telegram._updates import ALLOWED_UPDATES, WEBHOOK_PATH, Patience, poll, webhook
from bot.gateway.answering import Answering
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.metrics import Metrics
from bot.gateway.outbox import Outbox
from bot.gateway.store import Store
from bot.settings import Settings

#: Connections to Telegram; sends are few at a time, courtesies come on top.
_CONNECTIONS = 24
#: Times the rate limiter itself waits out a 429.
_RETRIES = 2


class TelegramChannel:
    """One bot."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        dispatcher: Dispatcher,
        answering: Answering,
        content: Content,
        settings: Settings,
        secret_key: str,
        metrics: Metrics,
    ) -> None:
        _quiet()
        self._settings = settings
        self._content = content
        self._hub = hub
        self._metrics = metrics
        self._identity = Identity(secret_key)
        api = settings.telegram_api_url.rstrip("/")
        self._bot: ExtBot[int] = ExtBot(
            settings.telegram_bot_token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=HTTPXRequest(connection_pool_size=_CONNECTIONS),
            rate_limiter=AIORateLimiter(max_retries=_RETRIES),
        )
        outbox, typing = Outbox(store), Typing(self._bot)
        self._delivery = Delivery(self._bot, outbox, self._identity, typing, content, hub.notify, metrics)
        self._context = Context(
            self._bot, store, outbox, hub, dispatcher, answering, content, settings, self._identity, self._delivery,
            typing,
            Forgetting(self._bot, outbox, self._identity, content), Groups(self._bot, content),
            RateLimit(settings.messages_per_minute), RateLimit(1), Courtesies(), metrics,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []
        #: Whether Telegram knows us now.
        self.connected = False

    def routes(self) -> list[web.RouteDef]:
        """The webhook's route, in webhook mode."""
        if self._settings.telegram_mode != "webhook":
            return []
        return [webhook(self._bot, self._identity.webhook_secret(), self.take, self._metrics)]

    async def start(self) -> None:
        """Begin; Telegram need not be reachable yet."""
        self._hub.watch(self._wake_delivery)
        self._hub.watch_typing(self._show_typing)
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._context.forgetting.run())]

    async def stop(self) -> None:
        """End; what is undelivered stays in the outbox."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._delivery.stop()
        await self._context.typing.stop()
        await self._context.groups.stop()
        await self._context.courtesies.stop()
        with contextlib.suppress(TelegramError):
            await self._bot.shutdown()

    async def take(self, update: Update) -> None:
        """Have one update handled; when this returns, it is stored.

        Raises:
            StoreUnavailable: it is not; bring it again.
        """
        for matches, handle in HANDLERS:
            if matches(update):
                return await handle(update, self._context)

    async def tell_staff(self, text: str) -> None:
        """Write to the staff's group, if there is one.

        Raises:
            TelegramError: Telegram did not take it.
        """
        if self._settings.telegram_staff_chat is not None:
            preview = LinkPreviewOptions(is_disabled=True)
            await self._bot.send_message(self._settings.telegram_staff_chat, text, link_preview_options=preview)

    def _wake_delivery(self, conversation: str) -> None:
        if conversation.startswith(f"{CHANNEL}:"):
            self._delivery.wake(conversation)

    def _show_typing(self, conversation: str) -> None:
        if conversation.startswith(f"{CHANNEL}:"):
            self._context.courtesies.do(self._context.show_counsellor_typing(conversation))

    async def _run(self) -> None:
        patience = Patience(self._metrics)
        while True:
            try:
                await self._connect()
                break
            except TelegramError as error:
                await patience.wait("telegram", error)
        self.connected = True
        await self._delivery.start()
        if self._settings.telegram_mode == "polling":
            await poll(self._bot, self.take, self._metrics)

    async def _connect(self) -> None:
        await self._bot.initialize()
        if self._settings.telegram_mode == "webhook":
            await self._bot.set_webhook(
                self._settings.public_url.rstrip("/") + WEBHOOK_PATH,
                secret_token=self._identity.webhook_secret(),
                allowed_updates=ALLOWED_UPDATES,
                # One at a time: messages of a chat stay in order.
                max_connections=1,
            )
        else:
            await self._bot.delete_webhook()
        await introduce(self._bot, self._content)


def _quiet() -> None:
    """These libraries log addresses with the bot's token, and what Telegram answered."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
