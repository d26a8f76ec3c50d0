"""The public web API: conversations, messages, events (Server-Sent Events), erasure, health.

It is described for others in ``openapi.yml``; a test holds the two together.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from aiohttp.web import Request, Response, StreamResponse

from bot.answers.content import Content
from bot.answers.rendering import render_down
from bot.channels.web.errors import ApiError
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.rasa_client import RasaClient
from bot.gateway.store import ConversationErased, Reply, Sent, Store, StoreUnavailable
from bot.gateway.tokens import TICKET_SECONDS, Caller, Tokens
from bot.languages import LANGUAGES, SOURCE_LANGUAGE, known_language
from bot.settings import Settings

CHANNEL = "web"
#: Most characters in a message.
TEXT_LIMIT = 4096
#: Most bytes in a request: four bytes for each character, and the JSON around them.
BODY_LIMIT = 4 * TEXT_LIMIT * 4 + 1024
#: Seconds between two comments that keep an idle event stream open.
HEARTBEAT_SECONDS = 15.0
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class WebApi:
    """The handlers and what they work with."""

    store: Store
    hub: Hub
    dispatcher: Dispatcher
    rasa: RasaClient
    content: Content
    tokens: Tokens
    settings: Settings
    message_limit: RateLimit
    conversation_limit: RateLimit
    stopping: asyncio.Event

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/conversations", self.create_conversation),
            web.patch("/api/conversations", self.choose_language),
            web.delete("/api/conversations", self.erase_conversation),
            web.post("/api/messages", self.receive_message),
            web.post("/api/tickets", self.issue_ticket),
            web.get("/api/events", self.stream_events),
            web.get("/api/openapi.json", self.openapi),
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
        ]

    def safety_text(self, request: Request) -> str:
        """The fixed text with phone numbers for an answer that says we cannot work now."""
        language = self._request_language(request)
        return render_down(self.content, language, None, None, self.settings.now()).text

    async def create_conversation(self, request: Request) -> Response:
        """A new token. Nothing is stored yet."""
        body = await _json(request, allow_empty=True)
        language, explicit = body.get("language"), body.get("explicit", False)
        if language is not None and known_language(language) is None:
            raise ApiError(400, "malformed", f"language must be one of {', '.join(LANGUAGES)}")
        if not isinstance(explicit, bool):
            raise ApiError(400, "malformed", "explicit must be true or false")
        _within(self.conversation_limit, CHANNEL)
        code = known_language(language)
        token = self.tokens.issue(None, code) if explicit else self.tokens.issue(code)
        return _no_store(web.json_response({"token": token}, status=201))

    async def choose_language(self, request: Request) -> Response:
        """An explicit choice of language, or ``null`` to go by the messages again."""
        token, caller = self._caller(request)
        body = await _json(request)
        if "language" not in body or (body["language"] is not None and known_language(body["language"]) is None):
            raise ApiError(400, "malformed", f"language must be null or one of {', '.join(LANGUAGES)}")
        choice = known_language(body["language"])
        _within(self.message_limit, caller.conversation)
        if await self.store.is_erased(caller.conversation):
            raise _no_token()
        reply = Reply(self.content.phrase(choice, "language.now"), choice, "system") if choice else None
        if await self.store.choose_language(caller.conversation, choice, reply):
            self.hub.notify(caller.conversation)
        return _no_store(web.json_response({"token": self.tokens.reissue(token, caller.hint, choice)}))

    async def receive_message(self, request: Request) -> Response:
        """Store a message and acknowledge it; the answer comes by the event stream."""
        _, caller = self._caller(request)
        body = await _json(request)
        message_id, text, button = body.get("id"), body.get("text"), body.get("button")
        if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
            raise ApiError(400, "malformed", "id must be 1 to 64 letters, digits or - _ . :")
        if (text is None) == (button is None):
            raise ApiError(400, "malformed", "give either text or button")
        if button is not None and not isinstance(button, str):
            raise ApiError(400, "malformed", "button must be the id of a button we sent")
        if text is not None:
            _check_text(text, self.content, caller)
        _within(self.message_limit, caller.conversation)
        try:
            new = await self.store.receive(
                caller.conversation, CHANNEL, message_id, text or "", button, caller.hint, caller.choice
            )
        except KeyError:
            raise ApiError(400, "malformed", "this button was not issued in this conversation") from None
        except ConversationErased:
            raise _no_token() from None
        if new:
            self.dispatcher.wake(caller.conversation)
        return _no_store(web.json_response({"id": message_id}, status=202))

    async def issue_ticket(self, request: Request) -> Response:
        """A short-lived ticket for clients that cannot send a header with the event stream."""
        _, caller = self._caller(request)
        ticket = self.tokens.ticket(caller, time.time())
        return _no_store(web.json_response({"ticket": ticket, "expires_in": TICKET_SECONDS}, status=201))

    async def stream_events(self, request: Request) -> StreamResponse:
        """Everything said in this conversation after ``Last-Event-ID``, and what is said from now on."""
        caller = self._event_caller(request)
        last = _last_event_id(request)
        if await self.store.is_erased(caller.conversation):
            raise _no_token()
        response = StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        with self.hub.listen(caller.conversation) as changed:
            holder: str | None = None
            while not self.stopping.is_set():
                changed.clear()
                try:
                    state = await self.store.conversation(caller.conversation)
                    news = await self.store.sent_after(caller.conversation, last)
                    erased = state is None and await self.store.is_erased(caller.conversation)
                except StoreUnavailable:
                    break
                if erased:
                    await _event(response, "state", {"holder": "closed"})
                    break
                now_held = state.holder if state else "bot"
                if now_held != holder:
                    holder = now_held
                    await _event(response, "state", {"holder": holder})
                for message in news:
                    await _event(response, "message", _message_body(message), message.number)
                    last = message.number
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except asyncio.TimeoutError:
                    await response.write(b": still here\n\n")
        return response

    async def erase_conversation(self, request: Request) -> Response:
        """Erase everything of this conversation, in the store and in Rasa."""
        _, caller = self._caller(request)
        await self.store.erase(caller.conversation)
        await self.rasa.forget(caller.conversation)
        self.hub.notify(caller.conversation)
        return _no_store(web.Response(status=204))

    async def alive(self, request: Request) -> Response:
        """The process answers."""
        return _no_store(web.json_response({"status": "ok"}))

    async def ready(self, request: Request) -> Response:
        """Whether every part works; each is named."""
        try:
            await self.store.check()
            store = True
        except StoreUnavailable:
            store = False
        parts = {"store": store, "rasa": await self.rasa.is_ready(), "content": True}
        return _no_store(
            web.json_response(
                {"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503
            )
        )

    async def openapi(self, request: Request) -> Response:
        return web.json_response(openapi_description())

    def _caller(self, request: Request) -> tuple[str, Caller]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self.tokens.caller(token) if scheme.lower() == "bearer" else None
        if caller is None:
            raise _no_token()
        return token, caller

    def _event_caller(self, request: Request) -> Caller:
        ticket = request.query.get("ticket")
        if ticket is None:
            return self._caller(request)[1]
        caller = self.tokens.ticket_caller(ticket, time.time())
        if caller is None:
            raise _no_token()
        return caller

    def _request_language(self, request: Request) -> str:
        try:
            _, caller = self._caller(request)
        except ApiError:
            return accepted_language(request)
        return caller.choice or caller.hint or accepted_language(request)


def accepted_language(request: Request) -> str:
    """The first of the browser's languages that we speak."""
    for part in request.headers.get("Accept-Language", "").split(","):
        code = known_language(part.split(";")[0].strip())
        if code is not None:
            return code
    return SOURCE_LANGUAGE


def openapi_description() -> Any:
    """The OpenAPI document."""
    return yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text(encoding="utf-8"))


async def _json(request: Request, allow_empty: bool = False) -> dict[str, Any]:
    if allow_empty and not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise ApiError(415, "wrong_type", "send application/json")
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(400, "malformed", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, "malformed", "the body must be a JSON object")
    return body


def _check_text(text: Any, content: Content, caller: Caller) -> None:
    language = caller.choice or caller.hint or SOURCE_LANGUAGE
    if not isinstance(text, str):
        raise ApiError(400, "malformed", "text must be a string")
    if len(text) > TEXT_LIMIT:
        raise ApiError(413, "too_long", content.phrase(language, "down.too_long", limit=str(TEXT_LIMIT)))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ApiError(400, "malformed", "text is not valid Unicode") from None
    if not text.strip() or "\0" in text:
        raise ApiError(400, "malformed", content.phrase(language, "down.empty"))


def _within(limit: RateLimit, key: str) -> None:
    wait = limit.retry_after(key)
    if wait is not None:
        raise ApiError(429, "too_many", f"too many requests; try again in {wait} seconds", retry_after=wait)


def _no_token() -> ApiError:
    return ApiError(401, "token", "the token is missing, unknown or erased")


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _last_event_id(request: Request) -> int:
    raw = request.headers.get("Last-Event-ID") or request.query.get("last_event_id") or "0"
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        raise ApiError(400, "malformed", "Last-Event-ID must be the id of an event we sent")
    return int(raw)


def _message_body(message: Sent) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(message.number),
        "from": message.sender,
        "text": message.text,
        "language": message.language,
        "buttons": [{"id": button.id, "title": button.title} for button in message.buttons],
    }
    if message.topic:
        body["topic"] = message.topic
    if message.urgent:
        body["urgent"] = True
    return body


async def _event(response: StreamResponse, kind: str, data: dict[str, Any], number: int | None = None) -> None:
    head = f"id: {number}\n" if number is not None else ""
    await response.write(f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())
