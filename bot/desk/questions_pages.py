"""The page on which editors deal with questions; its script fills it."""

from __future__ import annotations

import json
from html import escape

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content
from bot.desk.app import Desk
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.questions import Drafting, QuestionApi
from bot.desk.rows import language_name
from bot.gateway.unanswered import FEWEST, KINDS, LONGEST, Unanswered
from bot.languages import LANGUAGES

_PREFIX = "question."


class QuestionPages:
    """The handler of ``/desk/questions``."""

    def __init__(self, pages: Pages, content: Content) -> None:
        self._pages = pages
        self._content = content

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/questions", self.page)]

    async def page(self, request: Request) -> Response:
        """The page; its script asks for the questions."""
        language = request[LANGUAGE]
        titles = {self._content.title(topic, language): topic for topic in self._content.answers}
        texts = {name: self._pages.phrase(request, f"{_PREFIX}{name}") for name in _SCRIPT_TEXTS}
        kinds: dict[str, str] = {kind: self._pages.phrase(request, f"{_PREFIX}{kind}") for kind in KINDS}
        data = json.dumps(
            {"texts": texts, "kinds": kinds, "topics": titles, "language": language}, ensure_ascii=False
        ).replace("<", "\\u003c")
        markup = {
            "data": data,
            "languages": _options({code: language_name(code, language) for code in LANGUAGES}),
            "kinds": _options(kinds),
            "topics": "".join(f'<option value="{escape(title)}"></option>' for title in sorted(titles)),
        }
        about = {
            "about": self._pages.phrase(request, "question.about", fewest=str(FEWEST)),
            "longest": str(LONGEST),
        }
        return self._pages.page(request, "questions.html", "question.title", about, markup, script="questions.js")


#: What the script says.
_SCRIPT_TEXTS = (
    "asked_once", "asked", "came", "taken_for", "newest", "received_as", "waiting_one", "waiting_more", "done",
    "done_out", "done_aside", "choose_topic", "none_chosen",
)  # fmt: skip


class QuestionDesk:
    """The part of the desk for questions, put together."""

    def __init__(self, desk: Desk, unanswered: Unanswered, drafting: Drafting, content: Content) -> None:
        self._pages = QuestionPages(desk.pages, content)
        self._api = QuestionApi(unanswered, drafting, desk.audit, content, desk.clock)

    def routes(self) -> list[web.RouteDef]:
        """What to serve below ``/desk``."""
        return [*self._pages.routes(), *self._api.routes()]


def _options(names: dict[str, str]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(name)}</option>' for value, name in names.items())
