"""What makes the page installable: manifest, service worker, and the page shown without a connection."""

from __future__ import annotations

import hashlib
import json

from aiohttp import web

from bot.answers.content import Content
from bot.channels.web.files import NEVER, REVALIDATE, File, StaticFiles, filled
from bot.channels.web.helplines import as_markup
from bot.channels.web.page import as_script, asked_language, security_headers
from bot.languages import LANGUAGES, OWN_NAMES

OFFLINE = "/offline"
_BRAND, _PAPER = "#14532d", "#f4f5f1"


class Offline:
    """Manifest, service worker and offline page."""

    def __init__(self, content: Content, static: StaticFiles) -> None:
        self._content = content
        self._static = static
        self._pages = {code: self._offline_page(code) for code in LANGUAGES}
        self._manifests = {code: self._manifest(code) for code in LANGUAGES}
        self._worker = self._service_worker()

    async def page(self, request: web.Request) -> web.Response:
        """Who to call, in all languages, the reader's first."""
        return self._pages[asked_language(request)].response(request, NEVER)

    async def manifest(self, request: web.Request) -> web.Response:
        """The web app manifest."""
        return self._manifests[asked_language(request)].response(request, REVALIDATE)

    async def service_worker(self, request: web.Request) -> web.Response:
        """The script that shows the offline page; the page registers it after the first message."""
        return self._worker.response(request, REVALIDATE)

    def _offline_page(self, first: str) -> File:
        order = sorted(LANGUAGES, key=lambda code: code != first)
        sections = "\n".join(self._section(code) for code in order)
        links = " ".join(f'<a href="#{code}" lang="{code}">{OWN_NAMES[code]}</a>' for code in order)
        markup = {
            "icon": self._static.address("icon.svg"),
            "style": self._static.address("helplines.css"),
            "links": links,
            "sections": sections,
        }
        texts = {
            "language": first,
            "title": self._content.phrase(first, "web.title"),
            "choose_language": self._content.phrase(first, "web.choose_language"),
        }
        return File("offline.html", filled("offline.html", texts, markup), security_headers())

    def _section(self, language: str) -> str:
        texts = {
            name: self._content.phrase(language, f"web.{name}")
            for name in ("offline_title", "offline_text", "offline_back")
        }
        markup = {"helplines": as_markup(self._content, language)}
        return filled("offline-section.html", {"language": language, **texts}, markup)

    def _manifest(self, language: str) -> File:
        name = self._content.phrase(language, "web.title")
        icons = [
            {"src": self._static.address(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in (192, 512)
        ]
        maskable = {**icons[1], "src": self._static.address("icon-maskable-512.png"), "purpose": "maskable"}
        manifest = {
            "id": "/",
            "name": name,
            "short_name": name,
            "description": self._content.phrase(language, "web.subtitle"),
            "lang": language,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "theme_color": _BRAND,
            "background_color": _PAPER,
            "icons": [*icons, maskable],
        }
        return File("manifest.webmanifest", json.dumps(manifest, ensure_ascii=False))

    def _service_worker(self) -> File:
        files = [OFFLINE, self._static.address("helplines.css"), self._static.address("icon.svg")]
        contents = "".join(page.digest for page in self._pages.values()) + self._static.version
        version = "wegwijzer-" + hashlib.sha256(contents.encode()).hexdigest()[:12]
        script = filled("service-worker.js", {}, {"version": as_script(version), "files": as_script(files)})
        return File("service-worker.js", script)
