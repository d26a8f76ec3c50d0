"""The chat page and its files."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

from aiohttp import web

from bot.answers.content import Content
from bot.channels.web.api import accepted_language
from bot.languages import LANGUAGES, OWN_NAMES
from bot.settings import Settings

_FILES = Path(__file__).parent / "static"

#: Nothing from anywhere else, no inline script or style, no framing by strangers.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class ChatPage:
    """Serves ``/`` in the browser's language, with the texts of all five in it."""

    def __init__(self, content: Content, settings: Settings) -> None:
        self._content = content
        self._settings = settings

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/", self.page), web.static("/static", _FILES)]

    async def page(self, request: web.Request) -> web.Response:
        language = accepted_language(request)
        html = self._template.replace("{{language}}", language).replace("{{texts}}", self._texts)
        for key, text in self._language_texts(language).items():
            html = html.replace("{{" + key + "}}", _escaped(text))
        return web.Response(text=html, content_type="text/html", headers=SECURITY_HEADERS)

    @cached_property
    def _template(self) -> str:
        return (_FILES / "index.html").read_text(encoding="utf-8")

    @cached_property
    def _texts(self) -> str:
        """Every language's texts as JSON that is safe inside a script element."""
        data = {"names": OWN_NAMES, "texts": {code: self._language_texts(code) for code in LANGUAGES}}
        return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")

    def _language_texts(self, language: str) -> dict[str, str]:
        texts = {
            phrase_id.removeprefix("web."): self._content.phrase(language, phrase_id)
            for phrase_id in self._content.interface
            if phrase_id.startswith("web.")
        }
        texts["privacy"] = texts["privacy"].format(days=str(self._settings.retention_days))
        return texts


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
