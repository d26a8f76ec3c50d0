"""The chat page: ``/`` by itself, ``/widget`` inside other sites."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web

from bot.answers.content import Content
from bot.channels.web.api import accepted_language
from bot.channels.web.files import NEVER, File, StaticFiles, filled
from bot.channels.web.helplines import as_markup
from bot.channels.web.texts import page_texts
from bot.languages import LANGUAGES, OWN_NAMES, known_language
from bot.settings import Settings

_PAGE, _WIDGET = "page", "widget"


def security_headers(frame_ancestors: str = "'none'") -> dict[str, str]:
    """Nothing from anywhere else, no inline script or style, framed by nobody but ``frame_ancestors``."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {frame_ancestors}"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def asked_language(request: web.Request) -> str:
    """The language in the address, else the first of the browser's that we speak."""
    return known_language(request.query.get("language")) or accepted_language(request)


class ChatPage:
    """The page in every language, made once; the texts of the other languages come with its script."""

    def __init__(self, content: Content, settings: Settings, static: StaticFiles) -> None:
        self._content = content
        self._settings = settings
        self._static = static
        self._pages = {(mode, code): self._page(mode, code) for mode in (_PAGE, _WIDGET) for code in LANGUAGES}

    async def page(self, request: web.Request) -> web.Response:
        """The chat as a page of its own."""
        return self._pages[_PAGE, asked_language(request)].response(request, NEVER)

    async def widget(self, request: web.Request) -> web.Response:
        """The chat for the frame that the loader puts into another site."""
        return self._pages[_WIDGET, asked_language(request)].response(request, NEVER)

    def _page(self, mode: str, language: str) -> File:
        origins = self._settings.embed_origins if mode == _WIDGET else ()
        texts = {
            **page_texts(self._content, self._settings, language),
            "language": language,
            "mode": mode,
            "hosts": " ".join(origins),
            "leave_url": self._settings.leave_url,
        }
        html = filled("chat.html", texts, self._markup(mode, language))
        return File("chat.html", html, security_headers(" ".join(origins) or "'none'"))

    def _markup(self, mode: str, language: str) -> Mapping[str, str]:
        address = self._static.address
        installable = (
            f'<link rel="manifest" href="/manifest.webmanifest?language={language}">\n'
            f'<link rel="apple-touch-icon" href="{address("icon-192.png")}">'
        )
        return {
            "icon": address("icon.svg"),
            "style": address("chat.css"),
            "helplines_style": address("helplines.css"),
            "script": address("chat.js"),
            "installable": installable if mode == _PAGE else "",
            "choices": "".join(
                f'<option value="{code}" lang="{code}">{name}</option>' for code, name in OWN_NAMES.items()
            ),
            "languages": language_links("" if mode == _PAGE else "widget"),
            "helplines": as_markup(self._content, language),
        }


def language_links(path: str) -> str:
    """A link to a page in each language, by the language's own name."""
    return " ".join(
        f'<a href="/{path}?language={code}" lang="{code}" hreflang="{code}">{name}</a>'
        for code, name in OWN_NAMES.items()
    )


def as_script(data: object) -> str:
    """Data as part of a script."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
