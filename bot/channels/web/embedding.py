"""The loader that another site includes: ``<script src="https://…/widget.js" async></script>``."""

from __future__ import annotations

from aiohttp import web

from bot.answers.content import Content
from bot.channels.web.files import File, filled
from bot.channels.web.page import as_script
from bot.languages import LANGUAGES
from bot.settings import Settings

#: Its address never changes, so a new version must arrive soon.
_TEN_MINUTES = "public, max-age=600"
_TEXTS = ("title", "open", "close", "blocked", "leaving")


class Loader:
    """The loader with the few texts it needs in every language."""

    def __init__(self, content: Content, settings: Settings) -> None:
        texts = {code: {name: content.phrase(code, f"web.{name}") for name in _TEXTS} for code in LANGUAGES}
        script = filled("widget.js", {}, {"texts": as_script(texts), "leave_url": as_script(settings.leave_url)})
        self._file = File("widget.js", script, {"Cross-Origin-Resource-Policy": "cross-origin"})

    async def script(self, request: web.Request) -> web.Response:
        """The loader."""
        return self._file.response(request, _TEN_MINUTES)
