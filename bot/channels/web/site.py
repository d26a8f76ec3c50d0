"""Everything of the web channel that is not the API: pages, widget, files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.answers.content import Content
from bot.channels.web.embedding import Loader
from bot.channels.web.files import StaticFiles
from bot.channels.web.offline import OFFLINE, Offline
from bot.channels.web.page import ChatPage, as_script
from bot.channels.web.scripts import joined
from bot.channels.web.texts import script_texts
from bot.settings import Settings

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Made:
    """All that is sent, made once for a version of the content."""

    def __init__(self, content: Content, settings: Settings) -> None:
        texts = f"export const texts = {as_script(script_texts(content, settings))};\n"
        self.static = StaticFiles.load({"chat.js": joined("chat", {"texts": texts})})
        self.chat = ChatPage(content, settings, self.static)
        self.offline = Offline(content, self.static)
        self.loader = Loader(content, settings)


class Site:
    """The pages and files of a version of the content."""

    def __init__(self, content: Content, settings: Settings) -> None:
        self._settings = settings
        self._made = _Made(content, settings)

    def renewed(self, content: Content) -> Callable[[], None]:
        """Make everything that is sent from another version; what is returned has it sent from then on."""
        made = _Made(content, self._settings)

        def send() -> None:
            self._made = made

        return send

    def routes(self) -> list[web.AbstractRouteDef]:
        """The routes."""
        return [
            web.get("/", self._sent(lambda made: made.chat.page)),
            web.get("/widget", self._sent(lambda made: made.chat.widget)),
            web.get("/widget.js", self._sent(lambda made: made.loader.script)),
            web.get(OFFLINE, self._sent(lambda made: made.offline.page)),
            web.get("/manifest.webmanifest", self._sent(lambda made: made.offline.manifest)),
            web.get("/service-worker.js", self._sent(lambda made: made.offline.service_worker)),
            web.get("/static/{version}/{name}", self._sent(lambda made: made.static.serve)),
        ]

    def _sent(self, part: Callable[[_Made], _Handler]) -> _Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await part(self._made)(request)

        return handler
