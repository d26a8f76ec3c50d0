"""The API for training messages of a topic (or of ``out_of_scope``)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.errors import DeskError
from bot.desk.pages import SIGNED_IN, Pages
from bot.editing.draft import Draft
from bot.editing.messages import MOST, Messages
from bot.languages import LANGUAGES

Json = dict[str, Any]


class MessageApi:
    """Handlers below ``/desk/api/topics/{id}/messages``."""

    def __init__(self, pages: Pages, audit_log: Audit, draft: Draft) -> None:
        self._pages = pages
        self._audit = audit_log
        self._messages = Messages(draft)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/topics/{id}/messages", self.read),
            web.post("/api/topics/{id}/messages/check", self.check),
            web.post("/api/topics/{id}/messages/add", self.add),
            web.post("/api/topics/{id}/messages/change", self.change),
            web.post("/api/topics/{id}/messages/remove", self.remove),
        ]

    async def read(self, request: Request) -> Response:
        """All of them, by language."""
        return web.json_response({"messages": await self._messages.of(request.match_info["id"])})

    async def check(self, request: Request) -> Response:
        """Which of some messages could not be added, and why."""
        body = await json_fields(request)
        refused = await self._messages.check_messages(request.match_info["id"], _language(body), _texts(body))
        told = [{"text": one.text, "why": self._pages.phrase(request, one.phrase, **one.values)} for one in refused]
        return web.json_response({"refused": told})

    async def add(self, request: Request) -> Response:
        """Add messages; all of them or none."""
        body, topic_id, account = await json_fields(request), request.match_info["id"], request[SIGNED_IN].account
        language = _language(body)
        await self._messages.add_messages(topic_id, language, _texts(body), account)
        await self._audit.note(account, "messages.added", topic_id, language)
        return await self.read(request)

    async def change(self, request: Request) -> Response:
        """Put a message in the place of another."""
        body, topic_id, account = await json_fields(request), request.match_info["id"], request[SIGNED_IN].account
        language, before, after = _language(body), text_field(body, "before"), text_field(body, "after")
        await self._messages.change_message(topic_id, language, before, after, account)
        await self._audit.note(account, "messages.changed", topic_id, language)
        return await self.read(request)

    async def remove(self, request: Request) -> Response:
        """Remove messages."""
        body, topic_id, account = await json_fields(request), request.match_info["id"], request[SIGNED_IN].account
        language = _language(body)
        await self._messages.remove_messages(topic_id, language, _texts(body), account)
        await self._audit.note(account, "messages.removed", topic_id, language)
        return await self.read(request)


def _language(body: Json) -> str:
    language = text_field(body, "language")
    if language not in LANGUAGES:
        raise DeskError(400, "malformed", "account.malformed")
    return language


def _texts(body: Json) -> list[str]:
    given = body.get("texts")
    if not isinstance(given, list) or len(given) > MOST:
        raise DeskError(422, "too_many", "edit.too_many_messages", most=str(MOST))
    return [text_field({"text": one}, "text") for one in given]
