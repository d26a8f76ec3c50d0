"""The page of the queue and of each chat: one page, whose script shows what its address says."""

from __future__ import annotations

import json

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content
from bot.desk.accounts import Accounts
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.desk.rows import language_name
from bot.gateway.handover import OUTCOMES
from bot.languages import LANGUAGES

_PREFIX = "desk."


class ChatPages:
    """Handlers of ``/desk/queue`` and ``/desk/chats/{id}``."""

    def __init__(self, pages: Pages, content: Content, accounts: Accounts, translates: bool) -> None:
        """``translates``: whether there is a translation service."""
        self._pages = pages
        self._content = content
        self._accounts = accounts
        self._translates = translates

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/queue", self.page), web.get("/chats/{id}", self.page)]

    async def page(self, request: Request) -> Response:
        """The page; its script asks for the chats."""
        shown_name = await self._accounts.shown_name(request[SIGNED_IN].account)
        data = json.dumps(self._data(request, shown_name), ensure_ascii=False).replace("<", "\\u003c")
        return self._pages.page(request, "chats.html", "desk.queue", {}, {"data": data}, script="chats.js")

    def _data(self, request: Request, shown_name: str) -> dict[str, object]:
        language, account = request[LANGUAGE], request[SIGNED_IN].account
        texts = {
            phrase_id.removeprefix(_PREFIX): self._content.desk_phrase(language, phrase_id)
            for phrase_id in self._content.desk
            if phrase_id.startswith(_PREFIX)
        }
        return {
            "texts": texts,
            "account": account,
            "shownName": shown_name,
            "language": language,
            "languages": {code: language_name(code, language) for code in LANGUAGES},
            "outcomes": OUTCOMES,
            "translates": self._translates,
        }
