"""The pages of the desk: one frame around what each of them shows, in the staff's languages, with their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from aiohttp import web

from bot.answers.catalogue import DESK_LANGUAGES
from bot.answers.content import Content
from bot.desk.roles import audience
from bot.desk.sessions import Session
from bot.languages import OWN_NAMES

_HERE = Path(__file__).parent
_BLANK = re.compile(r"{{([\w.]+)}}")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

#: Who is logged in, on requests that only staff may make.
SIGNED_IN = web.RequestKey("SIGNED_IN", Session)
#: The language of whoever asks.
LANGUAGE = web.RequestKey("LANGUAGE", str)

#: (page, phrase) of the navigation, in order; everybody sees what his role may open.
NAVIGATION: list[tuple[str, str]] = [
    ("/desk/queue", "desk.queue"),
    ("/desk/home", "home.title"),
    ("/desk/topics", "topic.all"),
    ("/desk/facts", "fact.title"),
    ("/desk/services", "service.title"),
    ("/desk/stories", "story.title"),
    ("/desk/translations", "exchange.title"),
    ("/desk/questions", "question.title"),
    ("/desk/sandbox", "sandbox.title"),
    ("/desk/publish", "publish.title"),
    ("/desk/figures", "figures.title"),
    ("/desk/accounts", "account.accounts"),
    ("/desk/audit", "account.audit"),
    ("/desk/account", "account.own"),
]


class Pages:
    """Fills in templates and serves the files of ``static``."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._files = {path.name: path.read_bytes() for path in (_HERE / "static").iterdir()}
        self._templates = {path.name: path.read_text("utf-8") for path in (_HERE / "templates").iterdir()}

    def add_file(self, name: str, body: bytes) -> None:
        """Serve a file of another part of the program beside those of ``static``."""
        self._files[name] = body

    def page(
        self,
        request: web.Request,
        template: str,
        title: str,
        texts: Mapping[str, str] | None = None,
        markup: Mapping[str, str] | None = None,
        script: str | None = None,
        status: int = 200,
    ) -> web.Response:
        """A page.

        Args:
            request: what is answered; it brings the language and who is logged in.
            template: a file of ``templates``. ``{{a.phrase}}`` in it is a phrase, ``{{name}}`` is one of these:
            title: the phrase that is the page's heading.
            texts: what is escaped.
            markup: what is HTML already.
            script: a module of ``static`` that the page needs.
            status: the HTTP status.
        """
        phrase_title = self.phrase(request, title)
        body = self.filled(request, template, {"title": phrase_title, **(texts or {})}, markup)
        session = request.get(SIGNED_IN)
        frame = {
            "language": request[LANGUAGE],
            "title": phrase_title,
            "csrf": session.csrf if session else "",
        }
        parts = {
            "body": body,
            "script": f'<script type="module" src="/desk/static/{script}"></script>' if script else "",
            "languages": _language_links(request[LANGUAGE]),
            "navigation": self._navigation(request, session),
            "log_out": self.filled(request, "log_out.html", {"csrf": session.csrf, "name": session.account})
            if session
            else "",
        }
        html = self.filled(request, "frame.html", frame, parts)
        return web.Response(text=html, content_type="text/html", status=status)

    def filled(
        self, request: web.Request, template: str, texts: Mapping[str, str], markup: Mapping[str, str] | None = None
    ) -> str:
        """A template with its blanks filled in; see ``page``."""

        def value(blank: re.Match[str]) -> str:
            name = blank.group(1)
            if markup and name in markup:
                return markup[name]
            return escape(self.phrase(request, name) if "." in name else texts[name])

        return _BLANK.sub(value, self._templates[template])

    def phrase(self, request: web.Request, phrase_id: str, /, **values: str) -> str:
        """A phrase in the language of whoever asks."""
        return self._content.desk_phrase(request[LANGUAGE], phrase_id, **values)

    async def serve(self, request: web.Request) -> web.Response:
        """A file of ``static``."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(body=self._files[name], content_type=_TYPES[Path(name).suffix], charset="utf-8")

    def _navigation(self, request: web.Request, session: Session | None) -> str:
        if session is None or session.enrolling:
            return ""
        here = f"{request.path}/"
        links = [
            f'<a href="{path}"{_current(here.startswith(f"{path}/"))}>{escape(self.phrase(request, phrase))}</a>'
            for path, phrase in NAVIGATION
            if session.role in audience("GET", path)
        ]
        return f'<nav aria-label="{escape(self.phrase(request, "account.navigation"))}">{"".join(links)}</nav>'


def _language_links(present: str) -> str:
    return "".join(
        f'<a href="?language={code}" lang="{code}" hreflang="{code}"{_current(code == present)}>{OWN_NAMES[code]}</a>'
        for code in sorted(DESK_LANGUAGES, reverse=True)
    )


def _current(is_current: bool) -> str:
    return ' aria-current="true"' if is_current else ""
