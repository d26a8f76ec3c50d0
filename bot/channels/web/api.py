"""The public web API: conversations, messages, events (Server-Sent Events), erasure, health.

It is described for others in ``openapi.yml``; a test holds the two together.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from aiohttp.web import Request, Response, StreamResponse

from bot.answers import formatting
from bot.answers.content import Content
from bot.answers.rendering import render_down
from bot.channels.web.errors import ApiError
from bot.gateway import event_stream
from bot.gateway.addresses import address_key
from bot.gateway.answering import Answering, known_language_of
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.metrics import Metrics
from bot.gateway.rasa_client import RasaClient
from bot.gateway.resume import Codes, TooManyGuesses
from bot.gateway.store import ConversationErased, Incoming, Reply, Sent, Store, StoreUnavailable, Written
from bot.gateway.tokens import TICKET_SECONDS, Caller, Tokens
from bot.hours import DUTCH_TIME
from bot.languages import LANGUAGES, SOURCE_LANGUAGE, known_language
from bot.settings import Settings

CHANNEL = "web"
#: Most characters in a message.
TEXT_LIMIT = 4096
#: Most bytes in a request: four bytes for each character, and the JSON around them.
BODY_LIMIT = 4 * TEXT_LIMIT * 4 + 1024
#: Seconds between two comments that keep an idle event stream open.
HEARTBEAT_SECONDS = 15
#: Event streams open at once: of one conversation (tabs), and from one address (people in one house).
MOST_STREAMS = (12, 120)
#: Seconds a client may take to send a request's body, or to take in an event.
PATIENCE_SECONDS = 15
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
#: Most characters of a code to come back with; people may write its digits with anything between them.
_LONGEST_CODE = 64


@dataclass(frozen=True)
class Limits:
    """Events a minute: messages of a conversation, messages from an address, new conversations from an address."""

    messages: RateLimit
    address_messages: RateLimit
    address_conversations: RateLimit

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        return cls(
            RateLimit(settings.messages_per_minute),
            RateLimit(settings.address_messages_per_minute),
            RateLimit(settings.conversations_per_minute),
        )


@dataclass(frozen=True)
class WebApi:
    """The handlers and what they work with."""

    store: Store
    hub: Hub
    dispatcher: Dispatcher
    rasa: RasaClient
    answering: Answering
    content: Content
    tokens: Tokens
    settings: Settings
    limits: Limits
    stopping: asyncio.Event
    codes: Codes
    #: Parts that are named in readiness and not needed for it.
    optional_parts: Mapping[str, Callable[[], bool]]
    metrics: Metrics
    #: Open event streams of each conversation and each address.
    streams: Counter[str] = field(default_factory=Counter)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/conversations", self.create_conversation),
            web.patch("/api/conversations", self.choose_language),
            web.delete("/api/conversations", self.erase_conversation),
            web.post("/api/messages", self.receive_message),
            web.get("/api/messages", self.read_messages),
            web.post("/api/resume", self.resume),
            web.post("/api/typing", self.typing),
            web.post("/api/tickets", self.issue_ticket),
            web.get("/api/events", self.stream_events),
            web.get("/api/openapi.json", self.openapi),
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
        ]

    def safety_text(self, request: Request) -> tuple[str, str]:
        """The fixed text with phone numbers for an answer that says we cannot work now, and its language."""
        language = self._request_language(request)
        return render_down(self.content, language, None, None, self.settings.now()).text, language

    async def create_conversation(self, request: Request) -> Response:
        """A new token. Nothing is stored yet."""
        body = await _json(request, allow_empty=True)
        language, explicit = body.get("language"), body.get("explicit", False)
        if language is not None and known_language(language) is None:
            raise ApiError(400, "malformed", f"language must be one of {', '.join(LANGUAGES)}")
        if not isinstance(explicit, bool):
            raise ApiError(400, "malformed", "explicit must be true or false")
        self._within(request, None, (self.limits.address_conversations, self._address(request)))
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
        self._within(request, None, (self.limits.messages, caller.conversation))
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
        self._within(
            request, text,
            (self.limits.messages, caller.conversation),
            (self.limits.address_messages, self._address(request)),
        )  # fmt: skip
        try:
            new = await self.store.receive(
                Incoming(
                    caller.conversation, CHANNEL, message_id, text or "", button,
                    hint=caller.hint, choice=caller.choice,
                )
            )  # fmt: skip
        except KeyError:
            raise ApiError(400, "malformed", "this button was not issued in this conversation") from None
        except ConversationErased:
            raise _no_token() from None
        if new:
            self.metrics.received(CHANNEL)
            self.dispatcher.wake(caller.conversation)
        return _no_store(web.json_response({"id": message_id}, status=202))

    async def read_messages(self, request: Request) -> Response:
        """Everything said in this conversation, in order, for a page that has nothing of it."""
        _, caller = self._caller(request)
        self._within(request, None, (self.limits.messages, f"read {caller.conversation}"))
        if await self.store.is_erased(caller.conversation):
            raise _no_token()
        said = await self.store.everything(caller.conversation)
        return _no_store(web.json_response({"messages": [_said_body(one) for one in said]}))

    async def resume(self, request: Request) -> Response:
        """A token for the conversation that a code belongs to."""
        body = await _json(request)
        code, language = body.get("code"), body.get("language")
        if not isinstance(code, str) or len(code) > _LONGEST_CODE:
            raise ApiError(400, "malformed", f"code must be a string of at most {_LONGEST_CODE} characters")
        if language is not None and known_language(language) is None:
            raise ApiError(400, "malformed", f"language must be one of {', '.join(LANGUAGES)}")
        asked = known_language(language) or self._request_language(request)
        try:
            conversation = await self.codes.conversation(code, self._address(request))
        except TooManyGuesses as error:
            self.metrics.refused()
            text = self.content.phrase(asked, "handover.codes_closed", time=self._time_after(error.retry_after, asked))
            raise ApiError(429, "too_many", text, retry_after=error.retry_after) from None
        state = await self.store.plain_conversation(conversation) if conversation else None
        if state is None:
            raise ApiError(404, "not_found", self.content.phrase(asked, "handover.code_unknown"))
        self._within(request, None, (self.limits.messages, f"resume {state.id}"))
        known = known_language_of(state)
        await self.codes.opened(state.id, Reply(self.content.phrase(known, "handover.resumed"), known, "system"))
        self.hub.notify(state.id)
        return _no_store(web.json_response({"token": self.tokens.issue_for(state.id, known), "language": known}))

    async def typing(self, request: Request) -> Response:
        """The person is writing; the counsellor who has the chat sees that, and nobody else."""
        _, caller = self._caller(request)
        self._within(request, None, (self.limits.messages, f"typing {caller.conversation}"))
        state = await self.store.plain_conversation(caller.conversation)
        if state is not None and state.holder == "person":
            self.hub.asker_types(caller.conversation)
        return _no_store(web.Response(status=204))

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
        with self._stream_of(caller.conversation, self._address(request)):
            return await self._stream(request, caller, last)

    async def _stream(self, request: Request, caller: Caller, last: int) -> StreamResponse:
        response = await event_stream.begin(request)
        with event_stream.until_gone(), self.hub.listen(caller.conversation) as changed:
            holder: str | None = None
            while not self.stopping.is_set():
                changed.clear()
                try:
                    news = await self.store.news(caller.conversation, last)
                except StoreUnavailable:
                    self.metrics.failed("store")
                    break
                if news.erased:
                    await _event(response, "state", {"holder": "closed"})
                    break
                if news.holder != holder:
                    holder = news.holder
                    await _event(response, "state", {"holder": holder})
                for message in news.sent:
                    await _event(response, "message", _message_body(message), message.number)
                    last = message.number
                if holder != "bot" and any(message.sender == "person" for message in news.sent):
                    await self._note_shown(caller.conversation, last)
                if changed.typing:
                    changed.typing = False
                    if holder == "person":
                        await _event(response, "typing", {"from": "person"})
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except asyncio.TimeoutError:
                    await event_stream.keep_open(response, PATIENCE_SECONDS)
        return response

    async def _note_shown(self, conversation: str, number: int) -> None:
        """Let the desk see that what somebody there wrote has arrived."""
        # A store that is down is found out by the next reading; this is only a courtesy.
        with suppress(StoreUnavailable):
            await self.store.shown(conversation, number)
            self.hub.notify(conversation)

    async def erase_conversation(self, request: Request) -> Response:
        """Erase everything of this conversation, in the store and in Rasa."""
        _, caller = self._caller(request)
        await self.store.erase(caller.conversation)
        self.hub.notify(caller.conversation)
        await self.rasa.forget(caller.conversation)
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
        works = all(parts.values())
        # Telegram's absence is no reason to send nobody here any more.
        parts |= {name: connected() for name, connected in self.optional_parts.items()}
        return _no_store(web.json_response({"ready": works, "parts": parts}, status=200 if works else 503))

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

    def _time_after(self, seconds: int, language: str) -> str:
        """The hour in the Netherlands after so many seconds, not earlier."""
        moment = self.settings.now() + dt.timedelta(seconds=seconds + 59)
        return formatting.time(moment.astimezone(DUTCH_TIME).time(), language)

    def _address(self, request: Request) -> str:
        return address_key(request, self.settings.trusted_proxies)

    def _within(self, request: Request, text: str | None, *limits: tuple[RateLimit, str]) -> None:
        """Refuse what is beyond a limit; a text that shows danger gets the safety text with the refusal."""
        wait = max((limit.retry_after(key) or 0 for limit, key in limits), default=0)
        if not wait:
            return
        self.metrics.refused()
        language = self._request_language(request)
        safety = self.answering.safety_reply(text, language) if text else None
        if safety is not None:
            raise ApiError(429, "too_many", safety.text, retry_after=wait, urgent=True, language=language)
        text = self.content.phrase(language, "down.too_fast")
        raise ApiError(429, "too_many", text, retry_after=wait, language=language)

    @contextmanager
    def _stream_of(self, *keys: str) -> Iterator[None]:
        """Count an open event stream; refuse one too many."""
        if any(self.streams[key] >= most for key, most in zip(keys, MOST_STREAMS)):
            self.metrics.refused()
            raise ApiError(429, "too_many", "too many event streams are open", retry_after=HEARTBEAT_SECONDS)
        self.streams.update(keys)
        try:
            yield
        finally:
            self.streams.subtract(keys)
            for key in keys:
                if not self.streams[key]:
                    del self.streams[key]

    def _request_language(self, request: Request) -> str:
        try:
            _, caller = self._caller(request)
        except ApiError:
            return accepted_language(request)
        # The page names the language the chat is in; the hint is only the one it was opened in.
        return caller.choice or _accepted(request) or caller.hint or SOURCE_LANGUAGE


def accepted_language(request: Request) -> str:
    """The first of the browser's languages that we speak, else English."""
    return _accepted(request) or SOURCE_LANGUAGE


def _accepted(request: Request) -> str | None:
    for part in request.headers.get("Accept-Language", "").split(","):
        code = known_language(part.split(";")[0].strip())
        if code is not None:
            return code
    return None


def openapi_description() -> Any:
    """The OpenAPI document."""
    return yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text(encoding="utf-8"))


async def _json(request: Request, allow_empty: bool = False) -> dict[str, Any]:
    if allow_empty and not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise ApiError(415, "wrong_type", "send application/json")
    try:
        body = await asyncio.wait_for(request.json(), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        raise ApiError(408, "too_slow", "the body did not arrive in time") from None
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
    if message.machine:
        body["machine"] = True
        body["original"] = message.original
    return body


def _said_body(said: Sent | Written) -> dict[str, Any]:
    if isinstance(said, Sent):
        return _message_body(said)
    return {"id": said.message_id, "from": "you", "text": said.text, "after": str(said.after)}


async def _event(response: StreamResponse, kind: str, data: dict[str, Any], number: int | None = None) -> None:
    # A client that does not take it in loses its stream and comes back with ``Last-Event-ID``.
    await event_stream.send(response, kind, data, PATIENCE_SECONDS, number)
