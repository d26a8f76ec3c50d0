"""Puts together the part of the desk at which counsellors take over chats."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.answers.content import Content
from bot.desk.app import Desk
from bot.desk.chat_pages import ChatPages
from bot.desk.chats import ChatApi
from bot.desk.live import DeskHub
from bot.desk.looks import Looks
from bot.desk.rows import Rows
from bot.desk.translating import Translator
from bot.desk.wording import Wording
from bot.gateway.handover import Handovers
from bot.gateway.hub import Hub
from bot.gateway.metrics import Metrics
from bot.settings import Settings


class ChatDesk:
    """The queue and the chats."""

    def __init__(
        self, desk: Desk, handovers: Handovers, hub: Hub, content: Content, settings: Settings, metrics: Metrics
    ) -> None:
        self._live = DeskHub(handovers, hub)
        self._translator = Translator(settings, metrics)
        self._stopping = asyncio.Event()
        self._pages = ChatPages(desk.pages, content, desk.accounts, self._translator.enabled)
        self._api = ChatApi(
            handovers, hub, self._live, Looks(desk.store, desk.clock), Rows(content, settings.region),
            Wording(content), self._translator, desk.accounts, desk.sessions, desk.audit, content, desk.clock,
            self._stopping,
        )  # fmt: skip

    def routes(self) -> list[web.RouteDef]:
        """What to serve below ``/desk``."""
        return [*self._api.routes(), *self._pages.routes()]

    async def start(self) -> None:
        """Must be called inside the event loop, when the store is open."""
        await self._translator.start()

    def end_streams(self) -> None:
        """Let every event stream end, as the gateway stops."""
        self._stopping.set()
        self._live.wake_all()

    async def stop(self) -> None:
        await self._live.stop()
        await self._translator.stop()
