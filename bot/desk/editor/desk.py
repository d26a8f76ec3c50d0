"""The editors' part of the desk, put together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bot.answers.content import Content
from bot.desk.app import Desk
from bot.desk.editor.facts_api import FactApi
from bot.desk.editor.facts_pages import FactPages
from bot.desk.editor.home_pages import HomePages
from bot.desk.editor.item_words import ItemWords
from bot.desk.editor.messages_api import MessageApi
from bot.desk.editor.publish_pages import PublishPages
from bot.desk.editor.sandbox import Sandbox, Understand
from bot.desk.editor.sandbox_pages import SandboxPages
from bot.desk.editor.services_api import ServiceApi
from bot.desk.editor.services_pages import ServicePages
from bot.desk.editor.stories_pages import StoryPages
from bot.desk.editor.topic_words import Telegram, TopicWords
from bot.desk.editor.topics_api import TopicApi
from bot.desk.editor.topics_pages import TopicPages
from bot.desk.editor.translations_pages import TranslationPages
from bot.desk.editor.versions_pages import VersionPages
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.live import Live, Takeover
from bot.editing.messages import Messages
from bot.editing.publishing import Publishing
from bot.editing.servers import Servers
from bot.editing.trying import Trials
from bot.editing.versions import Versions
from bot.gateway.handover import Handovers
from bot.gateway.unanswered import Unanswered
from bot.settings import Settings
from bot.training import model_path

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Looks:
    """How the channels show a text, so that a preview is what people will see.

    Attributes:
        telegram: the parts that Telegram gets, as its HTML.
        widget_links: the widget's script module that makes links of addresses and numbers.
    """

    telegram: Telegram
    widget_links: bytes


class _Part(Protocol):
    def routes(self) -> list[web.RouteDef]: ...


class EditDesk:
    """What the editors' pages and API work with."""

    def __init__(
        self, desk: Desk, settings: Settings, take_over: Takeover, content: Content, looks: Looks,
        handovers: Handovers, understand: Understand, unanswered: Unanswered | None = None,
    ) -> None:  # fmt: skip
        """``content``: what people are answered from; ``understand``: loads what a version is understood by."""
        self._settings = settings
        self._versions = Versions(Path(settings.content_dir))
        self._draft = Draft(self._versions)
        #: For questions that become training messages.
        self.messages = Messages(self._draft)
        self._servers = Servers(settings)
        self._live = Live(self._versions, self._draft, self._servers, take_over)
        self._trials = Trials(Path(settings.content_dir), self._versions, self._draft, self._servers, settings.now)
        self._publishing = Publishing(self._versions, self._draft, self._trials, self._live, content, settings.now)
        self._sandbox = Sandbox(self._trials, desk.store, handovers, settings, understand)
        self._tasks: list[asyncio.Task[None]] = []
        pages, audit_log, draft = desk.pages, desk.audit, self._draft
        words = TopicWords(pages, looks.telegram)
        topics = TopicApi(draft, self._versions, audit_log, words, content, settings)
        item_words = ItemWords(pages)
        pages.add_file("widget-links.js", looks.widget_links)
        #: Pages and APIs by subject.
        self._parts: list[_Part] = [
            FactPages(pages, draft, settings),
            FactApi(pages, audit_log, draft, settings),
            ServicePages(pages, draft, settings),
            ServiceApi(audit_log, draft, settings),
            StoryPages(pages, audit_log, draft),
            TranslationPages(pages, audit_log, draft),
            HomePages(pages, draft, self._versions, words, unanswered, settings),
            TopicPages(pages, draft, topics, content, settings),
            topics,
            MessageApi(pages, audit_log, draft),
            PublishPages(
                pages,
                audit_log,
                self._versions,
                draft,
                self._trials,
                self._publishing,
                content,
                item_words,
                settings.now,
            ),
            VersionPages(pages, audit_log, self._versions, draft, self._publishing, item_words, settings.now),
            SandboxPages(pages, audit_log, draft, self._trials, self._sandbox),
        ]

    def routes(self) -> list[web.RouteDef]:
        """Their routes, below ``/desk``."""
        return [route for part in self._parts for route in part.routes()]

    async def start(self) -> None:
        """End servers that nobody knows of any more, and finish what was interrupted while it went live."""
        if self._settings.supervisor_url:
            self._tasks.append(asyncio.create_task(self._catch_up()))
        self._tasks.append(asyncio.create_task(self._trials.look_after()))

    async def stop(self) -> None:
        """Stop what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._publishing.stop()
        await self._trials.stop()
        await self._sandbox.stop()

    async def _catch_up(self) -> None:
        """The gateway may have ended between making a version live and answering from it."""
        try:
            await self._servers.end_all()
            folder = await self._draft.alone(lambda: self._versions.folder(self._versions.live().id))
            if folder.resolve() != self._settings.content_folder.resolve():
                await self._live.catch_up(folder, model_path(folder))
        except EditError as error:
            _logger.error("The live version could not be taken over: %s", error.code)
