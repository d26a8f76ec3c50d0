"""An HTTP server that speaks Telegram's Bot API, for tests with a real client and a real network.

``BotApi`` answers as ``api.telegram.org`` does: the same JSON, limits, error texts and queue of updates. The test
acts as the people on the other side (``BotApi.user``, ``BotApi.group``), breaks things (``fail``, ``hang``, ``delay``,
``down``), moves the clock (``advance``) and reads what happened (``calls``, ``sent``, ``User.messages``).

The error texts and the HTML rules follow the sources of ``tdlib/telegram-bot-api`` and ``tdlib/td``. Where it differs
on purpose: it is not slow where the real one slows clients down (short polls with an unchanged offset, repeated
conflicts, setWebhook more than once a second), webhooks get one update at a time, the bot reads all messages of its
groups (privacy mode off), HTML is the only parse mode, and of the entities that Telegram finds by itself only
commands of users are marked.

As a process (``python -m tests.bot_api --port 8081``) people act over HTTP: ``POST /users/<id>/<action>`` with the
arguments as a JSON object, where the action is a method or property of ``User``.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import inspect
import json
import re
import secrets
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

Json = dict[str, Any]

#: The token of the bot, unless the test wants another.
TOKEN = "123456789:AAHtestTokenOfTheBotApiServerInTests0"

_DAY = 24 * 3600
_MINUTE = 60
_LONGEST_POLL = 50
_LONGEST_TEXT = 4096
_FIRST_UPDATE = 845_120_001

_OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_SET = "Conflict: terminated by setWebhook request"
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UPDATE_TYPES = _words(
    "message edited_message channel_post edited_channel_post business_connection business_message "
    "edited_business_message deleted_business_messages message_reaction message_reaction_count inline_query "
    "chosen_inline_result callback_query shipping_query pre_checkout_query purchased_paid_media poll poll_answer "
    "my_chat_member chat_member chat_join_request chat_boost removed_chat_boost managed_bot guest_message"
)
_DEFAULT_TYPES = _UPDATE_TYPES - {"chat_member", "message_reaction", "message_reaction_count"}
_CHAT_ACTIONS = _words(
    "cancel typing upload_photo record_video upload_video record_voice record_audio upload_voice upload_audio "
    "upload_document choose_sticker find_location pick_up_location record_video_note upload_video_note"
)
_COMMAND_SCOPES = _words(
    "default all_private_chats all_group_chats all_chat_administrators chat chat_administrators chat_member"
)

_JSON_PARAMETERS = _words(
    "allowed_updates commands entities link_preview_options message_ids reply_markup reply_parameters scope"
)
_INTEGER_PARAMETERS = _words("chat_id limit max_connections message_id offset timeout")
_BOOLEAN_PARAMETERS = _words(
    "allow_sending_without_reply disable_notification disable_web_page_preview drop_pending_updates protect_content "
    "show_alert"
)


class ApiError(Exception):
    """An answer that is not a result.

    Args:
        status: the HTTP status, which is also the ``error_code``.
        description: what Telegram says, with its prefix (``Bad Request: …``).
        retry_after: seconds to wait before the next try.
    """

    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after


def _bad(what: str) -> ApiError:
    return ApiError(400, f"Bad Request: {what}")


@dataclass
class Call:
    """One request of the bot.

    Attributes:
        method: the method as Telegram spells it; as sent if there is none such.
        params: the parameters with their JSON, numbers and booleans decoded.
        status: the HTTP status of the answer; None while there is none.
        time: when it came, in seconds of the monotonic clock.
    """

    method: str
    params: Json
    status: int | None
    time: float


@dataclass(frozen=True)
class WebhookAttempt:
    """One try to deliver an update to the webhook.

    Attributes:
        status: the HTTP status of the bot's answer; None if none came.
        error: why it did not count as delivered; empty if it did.
        time: when it was sent, in seconds of the monotonic clock.
    """

    update_id: int
    url: str
    status: int | None
    error: str
    time: float


@dataclass
class _Message:
    chat_id: int
    data: Json
    own: bool
    deleted: bool = False


@dataclass
class _CallbackQuery:
    made: float
    answered: bool = False


@dataclass
class _Fault:
    method: str
    times: int | None
    after_processing: bool
    chat: int | None
    answer: _Answer | None = None
    seconds: float = 0.0

    def meets(self, call: Call) -> bool:
        of_chat = self.chat is None or call.params.get("chat_id") == self.chat
        return of_chat and self.method in ("*", call.method.lower())


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def result(cls, result: Any, description: str = "") -> _Answer:
        extra = {"description": description} if description else {}
        return cls(200, _dump({"ok": True, "result": result, **extra}))

    @classmethod
    def error(cls, error: ApiError) -> _Answer:
        body: Json = {"ok": False, "error_code": error.status, "description": error.description}
        headers = {}
        if error.retry_after is not None:
            body["parameters"] = {"retry_after": error.retry_after}
            headers = {"Retry-After": str(error.retry_after)}
        return cls(error.status, _dump(body), headers=headers)


@dataclass(frozen=True)
class _Described:
    """A result with the explanation that some methods add to it."""

    result: Any
    description: str


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


# --- Text -------------------------------------------------------------------------------------------------------------


def utf16_length(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_END = "\0"
_SPACE = " \t\r\n\v" + _END
_ENTITY_OF_TAG = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
_REFERENCE = re.compile(r"&(?:#x(?P<hex>[0-9A-Fa-f]*)|#(?P<decimal>[0-9]*)|(?P<name>[A-Za-z]*));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")


def _decoded_reference(text: str, position: int) -> tuple[str, int]:
    """The character that ``&…;`` at the position stands for and where it ends; no character if it is plain text."""
    match = _REFERENCE.match(text, position)
    assert match is not None
    if match["name"] is not None:
        sign = _NAMED.get(match["name"], "")
    else:
        digits, base = (match["hex"], 16) if match["hex"] is not None else (match["decimal"], 10)
        code = int(digits or "0", base) if len(digits) < 8 else 0
        sign = chr(code) if 0 < code < 0x10FFFF else ""
    return sign, match.end() if sign else position


def _checked_link(url: str) -> str:
    """The URL as Telegram links it; empty if it would not."""
    if url.startswith(("tg:", "ton:", "tonsite:")):
        return url
    address = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https", "ftp") and "." in host.strip(".") and not re.search(r"\s", host)
    return address if fits else ""


@dataclass(frozen=True)
class _Tag:
    name: str
    argument: str
    offset: int
    begin: int


class _Html:
    """One pass over an HTML text, step for step as Telegram's own parser makes it."""

    def __init__(self, source: str) -> None:
        self.source = source.replace(_END, " ") + _END
        self.position = 0
        self.plain: list[str] = []
        self.length = 0
        self.open: list[_Tag] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        """The plain text and its entities.

        Raises:
            ApiError: the text is not HTML as Telegram wants it.
        """
        while self.position < len(self.source) - 1:
            if self.source.startswith("</", self.position):
                self._closing_tag()
            elif self._here == "<":
                self._opening_tag()
            else:
                self._put(self._sign())
        if self.open:
            raise self._error(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        return self._text(), self._sorted_entities()

    @property
    def _here(self) -> str:
        return self.source[self.position]

    def _error(self, what: str) -> ApiError:
        return _bad(f"can't parse entities: {what}")

    def _error_at(self, what: str, begin: int, tail: str = "") -> ApiError:
        return self._error(f"{what} at byte offset {len(self.source[:begin].encode('utf-8', 'replace'))}{tail}")

    def _text(self) -> str:
        text = "".join(self.plain)
        if re.search("[\ud800-\udfff]", text):
            raise self._error(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate "
                "code units"
            )
        return text

    def _sorted_entities(self) -> list[Json]:
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))

    def _put(self, sign: str) -> None:
        self.plain.append(sign)
        self.length += 2 if sign > "\uffff" else 1

    def _sign(self) -> str:
        """Read one character of text."""
        if self._here == "&":
            sign, self.position = _decoded_reference(self.source, self.position)
            if sign:
                return sign
        self.position += 1
        return self.source[self.position - 1]

    def _until(self, ends: str) -> str:
        begin = self.position
        while self._here not in ends:
            self.position += 1
        return self.source[begin : self.position]

    def _skip_space(self) -> None:
        while self._here in _SPACE and self._here != _END:
            self.position += 1

    def _opening_tag(self) -> None:
        begin = self.position
        self.position += 1
        name = self._until(_SPACE + ">").lower()
        if self._here == _END:
            raise self._error_at("Unclosed start tag", begin)
        if name not in _ENTITY_OF_TAG:
            raise self._error_at(f'Unsupported start tag "{name}"', begin)
        argument = self._tag_argument(name, begin)
        self.position += 1
        if name == "span" and argument != "spoiler":
            raise self._error_at('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_Tag(name, argument, self.length, len(self.plain)))

    def _tag_argument(self, name: str, begin: int) -> str:
        """Read the attributes; the one that means something for the tag."""
        argument = ""
        while True:
            self._skip_space()
            if self._here == ">":
                return argument
            attribute = self._until(_SPACE + "=>/\"'")
            if not attribute:
                raise self._error_at(f'Empty attribute name in the tag "{name}"', begin)
            value = self._attribute_value(name, begin)
            argument = _argument_of(name, attribute, value) or argument

    def _attribute_value(self, name: str, begin: int) -> str:
        self._skip_space()
        if self._here not in ("=", _END):
            return ""
        if self._here == "=":
            self.position += 1
            self._skip_space()
        if self._here == _END:
            raise self._error_at(f'Unclosed start tag "{name}"', begin)
        value = self._quoted() if self._here in "'\"" else self._name_token()
        if self._here == _END:
            raise self._error_at("Unclosed start tag", begin)
        return value

    def _quoted(self) -> str:
        quote = self._here
        self.position += 1
        value = ""
        while self._here not in (quote, _END):
            value += self._sign()
        if self._here == quote:
            self.position += 1
        return value

    def _name_token(self) -> str:
        begin = self.position
        match = _NAME_TOKEN.match(self.source, begin)
        assert match is not None
        self.position = match.end()
        if self._here not in _SPACE + ">":
            raise self._error_at("Unexpected end of name token", begin)
        return match[0].lower()

    def _closing_tag(self) -> None:
        begin = self.position
        if not self.open:
            raise self._error_at("Unexpected end tag", begin)
        self.position += 2
        name = self._until(_SPACE + ">").lower()
        self._skip_space()
        if self._here != ">":
            raise self._error_at("Unclosed end tag", begin)
        self.position += 1
        tag = self.open.pop()
        if name and name != tag.name:
            tail = f', expected "</{tag.name}>", found "</{name}>"'
            raise self._error_at("Unmatched end tag", begin, tail)
        if self.length > tag.offset:
            self._add_entity(tag)

    def _add_entity(self, tag: _Tag) -> None:
        entity: Json = {"type": _ENTITY_OF_TAG[tag.name], "offset": tag.offset, "length": self.length - tag.offset}
        if tag.name == "a":
            entity["url"] = _checked_link(tag.argument or "".join(self.plain[tag.begin :]))
            if not entity["url"]:
                return
        elif tag.name == "blockquote" and tag.argument:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "code" and tag.argument:
            entity["language"] = tag.argument
        elif tag.name == "pre" and self.entities:
            code = self.entities[-1]
            if code == {**entity, "type": "code", "language": code.get("language")}:
                code["type"] = "pre"
                return
        self.entities.append(entity)


def _argument_of(tag: str, attribute: str, value: str) -> str:
    if (tag, attribute) == ("a", "href"):
        return value
    if (tag, attribute) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, attribute) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    return "1" if (tag, attribute) == ("blockquote", "expandable") else ""


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Text without space around it, which Telegram removes, except in front of it where an entity begins in it."""
    spaces = _SPACE.replace(_END, "")
    end = text.rstrip(spaces)
    lead = len(end) - len(end.lstrip(spaces))
    if entities:
        lead = min(lead, entities[0]["offset"])
    limit = utf16_length(end)
    kept = []
    for entity in entities:
        length = min(entity["offset"] + entity["length"], limit) - entity["offset"]
        if length > 0:
            kept.append({**entity, "offset": entity["offset"] - lead, "length": length})
    return end[lead:], kept


def _cleaned(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f]", " ", text.replace("\r", ""))


def _text_content(params: Json) -> Json:
    """The text of a message to send, as its ``text`` and ``entities`` fields."""
    text = _cleaned(str(params.get("text", "")))
    if not text:
        raise _bad("message text is empty")
    entities = _given_entities(params)
    mode = str(params.get("parse_mode", "")).lower()
    if mode == "html":
        text, entities = _Html(text).parse()
    elif mode:
        raise _bad("unsupported parse_mode" if "markdown" not in mode else "the test server parses HTML only")
    text, entities = _trimmed(text, entities)
    if not text:
        raise _bad("text must be non-empty")
    if utf16_length(text) > _LONGEST_TEXT:
        raise _bad("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def _given_entities(params: Json) -> list[Json]:
    entities = params.get("entities") or []
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise _bad("can't parse entities JSON object")
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _preview_content(params: Json) -> Json:
    options = params.get("link_preview_options")
    if options is None:
        return {"link_preview_options": {"is_disabled": True}} if params.get("disable_web_page_preview") else {}
    if not isinstance(options, dict):
        raise _bad("can't parse link preview options JSON object")
    return {"link_preview_options": options}


def _command_entities(text: str) -> list[Json]:
    found = re.finditer(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?!\w)", text)
    return [
        {"type": "bot_command", "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
        for match in found
    ]


# --- Keyboards and commands -------------------------------------------------------------------------------------------

_BUTTON_KINDS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def _keyboard_content(params: Json) -> Json:
    """The inline keyboard of a message to send as its ``reply_markup`` field; other keyboards are no part of it."""
    markup = params.get("reply_markup")
    if markup in (None, ""):
        return {}
    if isinstance(markup, str):
        raise _bad("can't parse reply keyboard markup JSON object")
    if not isinstance(markup, dict):
        raise _bad("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    rows = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise _bad("reply markup is too long")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _bad("can't parse InlineKeyboardButton: InlineKeyboardButton must be an Object")
    if not str(button.get("text", "")).strip():
        raise _bad("can't parse InlineKeyboardButton: Inline keyboard button text must be non-empty")
    kinds = [kind for kind in _BUTTON_KINDS if kind in button]
    if not kinds:
        raise _bad("can't parse InlineKeyboardButton: Text buttons are not allowed in the inline keyboard")
    if len(kinds) > 1 or kinds[0] not in ("url", "callback_data"):
        raise _bad("BUTTON_TYPE_INVALID")
    if kinds[0] == "callback_data" and not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise _bad("BUTTON_DATA_INVALID")
    if kinds[0] == "url":
        return {**button, "url": _button_url(str(button["url"]))}
    return button


def _button_url(url: str) -> str:
    protocol = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d+(?:/|$))", url)
    if protocol and protocol[1].lower() not in ("http", "https", "tg", "ton", "tonsite"):
        raise _bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    checked = _checked_link(url)
    if not checked:
        raise _bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return checked


def _commands(value: Any) -> list[Json]:
    if not isinstance(value, list):
        raise _bad("can't parse commands specified as JSON object")
    if len(value) > 100:
        raise _bad("BOT_COMMANDS_TOO_MUCH")
    return [_command(command) for command in value]


def _command(value: Any) -> Json:
    if not isinstance(value, dict):
        raise _bad("can't parse BotCommand: expected an Object")
    command = str(value.get("command", "")).strip().removeprefix("/")
    description = str(value.get("description", "")).strip()
    for what, text, longest in (("command", command, 32), ("command description", description, 256)):
        if not text:
            raise _bad(f"{what} must be non-empty")
        if len(text) > longest:
            raise _bad(f"{what} length must not exceed {longest}")
    if not re.fullmatch(r"[a-z0-9_]+", command):
        raise _bad("BOT_COMMAND_INVALID")
    return {"command": command, "description": description}


# --- Parameters -------------------------------------------------------------------------------------------------------


async def _parameters(request: web.BaseRequest) -> Json:
    """The parameters of a request from its query and from its body, be that a form or JSON."""
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        try:
            params.update(json.loads(body) if body else {})
        except (ValueError, TypeError):
            raise _bad("can't parse JSON object in the request") from None
    elif request.method == "POST":
        for name, value in (await request.post()).items():
            params[name] = value if isinstance(value, str) else f"<file {name}>"
    return {name: _decoded(name, value) for name, value in params.items()}


def _decoded(name: str, value: Any) -> Any:
    """The value of a parameter that came as text; as it is if it is not what the name promises."""
    if not isinstance(value, str):
        return value
    if name in _JSON_PARAMETERS:
        with suppress(ValueError):
            return json.loads(value)
    if name in _INTEGER_PARAMETERS:
        with suppress(ValueError):
            return int(value)
    if name in _BOOLEAN_PARAMETERS:
        return value.lower() in ("true", "yes", "1")
    return value


def _integer(params: Json, name: str, default: int, least: int, most: int) -> int:
    value = params.get(name)
    return max(least, min(most, value)) if isinstance(value, int) else default


def _language(params: Json) -> str:
    code = str(params.get("language_code", ""))
    if code and not re.fullmatch("[a-z]{2}", code):
        raise _bad("invalid language code specified")
    return code


# --- Updates ----------------------------------------------------------------------------------------------------------


@dataclass
class _Waiting:
    update: Json
    made: float
    again: bool = False


class _Updates:
    """The queue of updates that the bot has not confirmed, with the long poll that waits for it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.known: dict[int, Json] = {}
        self.allowed = _DEFAULT_TYPES
        self.arrived = asyncio.Event()
        self._now = now
        self._last = _FIRST_UPDATE - 1
        self._waiting: dict[int, _Waiting] = {}
        self._poll: asyncio.Future[str] | None = None

    def add(self, kind: str, content: Json) -> int:
        """Queue an update; its id, or 0 if the bot does not want such updates."""
        if kind not in self.allowed:
            return 0
        self._last += 1
        self.known[self._last] = {"update_id": self._last, kind: copy.deepcopy(content)}
        self._queue(_Waiting(self.known[self._last], self._now()))
        return self._last

    def add_again(self, update_id: int) -> None:
        self._queue(_Waiting(self.known[update_id], self._now(), again=True))

    def allow(self, types: Any) -> None:
        """Change which updates the bot wants, if it says so."""
        if isinstance(types, list):
            self.allowed = _UPDATE_TYPES.intersection(types) or _DEFAULT_TYPES

    def pending(self) -> list[Json]:
        kept = (waiting for waiting in self._waiting.values() if self._now() - waiting.made < _DAY)
        self._waiting = {waiting.update["update_id"]: waiting for waiting in kept}
        return [self._waiting[update_id].update for update_id in sorted(self._waiting)]

    def drop(self, update_id: int) -> None:
        self._waiting.pop(update_id, None)

    def clear(self) -> None:
        self._waiting.clear()

    async def poll(self, offset: int, limit: int, timeout: int) -> list[Json]:
        """What getUpdates answers; waits for it up to ``timeout`` seconds.

        Raises:
            ApiError: somebody else asked for updates meanwhile or set a webhook.
        """
        self.end_poll(_OTHER_POLL)
        updates = self._take(offset, limit)
        if updates or not timeout:
            return updates
        conflict = await self._wait(timeout)
        if conflict:
            raise ApiError(409, conflict)
        return self._take(offset, limit)

    def end_poll(self, conflict: str = "") -> None:
        """Wake the long poll: to look again or, with a text, to fail with it."""
        if self._poll and not self._poll.done():
            self._poll.set_result(conflict)

    async def _wait(self, timeout: int) -> str:
        self._poll = poll = asyncio.get_running_loop().create_future()
        try:
            return str(await asyncio.wait_for(poll, timeout))
        except asyncio.TimeoutError:
            return ""
        finally:
            if self._poll is poll:
                self._poll = None

    def _queue(self, waiting: _Waiting) -> None:
        self._waiting[waiting.update["update_id"]] = waiting
        self.arrived.set()
        self.end_poll()

    def _take(self, offset: int, limit: int) -> list[Json]:
        self._confirm(offset)
        updates = self.pending()[:limit]
        for update in updates:
            self._waiting[update["update_id"]].again = False
        return updates

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = min(sorted(self._waiting)[offset:], default=0)
        # The real queue takes an offset far beyond its end for one of another queue, and ignores it.
        if offset > self._last + 11:
            return
        # What comes again was confirmed already: the offset that did so may not take it away unseen.
        for update_id in [i for i, waiting in self._waiting.items() if i < offset and not waiting.again]:
            self.drop(update_id)


class _Webhook:
    """Where updates are posted to, and the task that does it: one at a time, in order, until each is taken."""

    def __init__(self, updates: _Updates, connected: asyncio.Event, back_off: float, now: Callable[[], float]) -> None:
        self.url = ""
        self.attempts: list[WebhookAttempt] = []
        self._updates = updates
        self._connected = connected
        self._back_off = back_off
        self._now = now
        self._secret = ""
        self._max_connections = 40
        self._last_error: Json = {}
        self._changing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def set(self, url: str, secret: str, max_connections: int) -> bool:
        """Post updates there from now on; False if that is so already."""
        async with self._changing:
            if (url, secret, max_connections) == (self.url, self._secret, self._max_connections):
                return False
            await self._end()
            self.url, self._secret, self._max_connections = url, secret, max_connections
            self._task = asyncio.create_task(self._deliver())
            return True

    async def remove(self) -> None:
        async with self._changing:
            await self._end()

    async def _end(self) -> None:
        self.url, self._last_error = "", {}
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._task = None

    def info(self) -> Json:
        info: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending()),
        }
        if self.url:
            info.update(max_connections=self._max_connections, ip_address="127.0.0.1", **self._last_error)
        if self._updates.allowed != _DEFAULT_TYPES:
            info["allowed_updates"] = sorted(self._updates.allowed)
        return info

    async def _deliver(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_MINUTE)) as session:
            failures = 0
            while True:
                update = await self._next()
                if await self._post(session, update):
                    self._updates.drop(update["update_id"])
                    failures = 0
                else:
                    await asyncio.sleep(min(self._back_off * 2**failures, _MINUTE))
                    failures = min(failures + 1, 16)

    async def _next(self) -> Json:
        while True:
            await self._connected.wait()
            if pending := self._updates.pending():
                return pending[0]
            self._updates.arrived.clear()
            await self._updates.arrived.wait()

    async def _post(self, session: aiohttp.ClientSession, update: Json) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        started, status = time.monotonic(), None
        try:
            async with session.post(self.url, json=update, headers=headers, allow_redirects=False) as response:
                status = response.status
                await response.read()
            error = "" if 200 <= status <= 299 else f"Wrong response from the webhook: {status} {response.reason}"
        except (aiohttp.ClientError, asyncio.TimeoutError) as failure:
            error = f"Connection failed: {type(failure).__name__}"
        self.attempts.append(WebhookAttempt(update["update_id"], self.url, status, error, started))
        if error:
            self._last_error = {"last_error_date": int(self._now()), "last_error_message": error}
        return not error


# --- People and groups ------------------------------------------------------------------------------------------------


def _file(kind: str) -> Json:
    return {"file_id": f"{kind}-{secrets.token_hex(16)}", "file_unique_id": secrets.token_hex(8), "file_size": 12345}


class User:
    """A person with a Telegram account, through whom the test acts in the private chat with the bot.

    Methods that send something return the id of the update, 0 if the bot did not ask for such updates.
    """

    def __init__(self, api: BotApi, id: int, language_code: str | None, first_name: str, username: str | None) -> None:
        self.id = id
        self.language_code = language_code
        self.first_name = first_name
        self.username = username
        self.has_written = False
        self.has_blocked = False
        self._api = api

    @property
    def account(self) -> Json:
        """The ``User`` object."""
        account: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            account["username"] = self.username
        if self.language_code:
            account["language_code"] = self.language_code
        return account

    @property
    def chat(self) -> Json:
        """The ``Chat`` object of the private chat."""
        name = {"username": self.username} if self.username else {}
        return {"id": self.id, "first_name": self.first_name, **name, "type": "private"}

    @property
    def messages(self) -> list[Json]:
        """What the chat shows now, oldest first: of both sides, without what was deleted."""
        return self._api.shown(self.id)

    @property
    def received(self) -> list[Json]:
        """What the chat shows now of the bot's messages, oldest first."""
        return [message for message in self.messages if message["from"]["is_bot"]]

    def write(self, text: str, **extra: Any) -> int:
        """Send a text; ``extra`` are further fields of the message."""
        return self._send({**_user_text(text), **extra})

    def forward(self, text: str) -> int:
        """Forward a text that somebody else wrote."""
        author = {"id": 77_000_001, "is_bot": False, "first_name": "Piotr"}
        date = int(self._api.now()) - 3600
        origin = {"type": "user", "sender_user": author, "date": date}
        return self._send({"forward_origin": origin, "forward_from": author, "forward_date": date, **_user_text(text)})

    def photo(self, caption: str | None = None) -> int:
        sizes = [{**_file("photo"), "width": width, "height": width * 2} for width in (90, 320, 800)]
        return self._send({"photo": sizes, **_caption(caption)})

    def voice(self) -> int:
        return self._send({"voice": {**_file("voice"), "duration": 4, "mime_type": "audio/ogg"}})

    def sticker(self) -> int:
        look = {"width": 512, "height": 512, "emoji": "👍", "is_animated": False, "is_video": False, "type": "regular"}
        return self._send({"sticker": {**_file("sticker"), **look, "set_name": "Hands"}})

    def location(self) -> int:
        return self._send({"location": {"latitude": 51.9244, "longitude": 4.4777}})

    def contact(self) -> int:
        return self._send({"contact": {"phone_number": "+31612345678", "first_name": "Jan", "user_id": 77_000_002}})

    def document(self, caption: str | None = None) -> int:
        document = {**_file("document"), "file_name": "umowa.pdf", "mime_type": "application/pdf"}
        return self._send({"document": document, **_caption(caption)})

    def video(self) -> int:
        look = {"duration": 5, "width": 640, "height": 480, "mime_type": "video/mp4", "file_name": "film.mp4"}
        return self._send({"video": {**_file("video"), **look}})

    def poll(self) -> int:
        options = [{"text": text, "voter_count": 0, "persistent_id": text} for text in ("Tak", "Nie")]
        poll = {
            "id": str(secrets.randbits(62)), "question": "Pada?", "options": options, "total_voter_count": 0,
            "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
            "allows_revoting": True, "members_only": False,
        }  # fmt: skip
        return self._send({"poll": poll})

    def edit(self, message_id: int, text: str) -> int:
        """Change an own text message."""
        message = self._api.find(self.id, message_id)
        if message is None or message.own or "text" not in message.data:
            raise LookupError(f"{message_id} is no text message of user {self.id}")
        message.data.pop("entities", None)
        message.data.update(_user_text(text), edit_date=int(self._api.now()))
        return self._api.updates.add("edited_message", message.data)

    def press(self, message: int | Json, button: str) -> str:
        """Press a button of a message of the bot; the id of the callback query.

        Args:
            message: its id, or the message as the user saw it, whose buttons may be gone by now.
            button: the button's title or its data.

        Raises:
            LookupError: the message has no such button.
        """
        return self._api.press(self, message, button)

    def block(self) -> int:
        """Block the bot."""
        self.has_blocked = True
        return self._api.change_membership(self.chat, self.account, "member", "kicked")

    def unblock(self) -> int:
        """Let the bot write again."""
        self.has_blocked = False
        return self._api.change_membership(self.chat, self.account, "kicked", "member")

    def check_writable(self) -> None:
        """Raises ApiError if the bot may not write to the user."""
        if self.has_blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not self.has_written:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")

    def _send(self, content: Json) -> int:
        if self.has_blocked:
            raise RuntimeError(f"user {self.id} has blocked the bot and has to unblock it before writing")
        self.has_written = True
        message = self._api.add_message(self.chat, self.account, content)
        return self._api.updates.add("message", message.data)


class Group:
    """A basic group, through which the test acts in it."""

    def __init__(self, api: BotApi, id: int, title: str) -> None:
        self.id = id
        self.title = title
        self.status = "left"
        #: Whether the bot was here and left by itself.
        self.bot_left = False
        self._api = api

    @property
    def chat(self) -> Json:
        """The ``Chat`` object."""
        return {"id": self.id, "title": self.title, "type": "group", "all_members_are_administrators": True}

    @property
    def messages(self) -> list[Json]:
        """What the group shows now, oldest first."""
        return self._api.shown(self.id)

    @property
    def received(self) -> list[Json]:
        """What the group shows now of the bot's messages, oldest first."""
        return [message for message in self.messages if message["from"]["id"] == self._api.account["id"]]

    def add_bot(self, by: User) -> None:
        """Let a user add the bot: its own update and the service message."""
        self._change("member", by.account)
        bot = self._api.account
        content = {"new_chat_participant": bot, "new_chat_member": bot, "new_chat_members": [bot]}
        self._send(by.account, content)
        self.bot_left = False

    def remove_bot(self, by: User) -> None:
        """Let a user throw the bot out."""
        self._change("kicked", by.account)

    def leave(self) -> None:
        """What happens when the bot leaves."""
        self._change("left", self._api.account)
        self.bot_left = True

    def write(self, user: User, text: str) -> int:
        """Let a member write; the id of the update, 0 if the bot gets none."""
        return self._send(user.account, _user_text(text))

    def check_writable(self) -> None:
        """Raises ApiError if the bot may not write here."""
        if self.status == "kicked":
            raise ApiError(403, "Forbidden: bot was kicked from the group chat")
        if self.status == "left":
            raise ApiError(403, "Forbidden: bot is not a member of the group chat")

    def _change(self, status: str, by: Json) -> None:
        self._api.change_membership(self.chat, by, self.status, status)
        self.status = status

    def _send(self, sender: Json, content: Json) -> int:
        if self.status != "member":
            return 0
        return self._api.updates.add("message", self._api.add_message(self.chat, sender, content).data)


def _user_text(text: str) -> Json:
    if not text.strip() or utf16_length(text) > _LONGEST_TEXT:
        raise ValueError("Telegram's apps send texts of 1 to 4096 characters")
    entities = _command_entities(text)
    return {"text": text, **({"entities": entities} if entities else {})}


def _caption(caption: str | None) -> Json:
    return {"caption": caption} if caption else {}


# --- The server -------------------------------------------------------------------------------------------------------


class BotApi:
    """The Bot API of one bot, with everything that it knows and that happened.

    Args:
        token: what the bot has to present.
        allow_http: whether a webhook may be without TLS and on any port.
        messages_per_second: how many messages the bot may send, in all chats together; None for any number.
        back_off: seconds after which an update is posted to the webhook again; doubled with each failure.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        allow_http: bool = False,
        messages_per_second: int | None = None,
        back_off: float = 0.05,
    ) -> None:
        self.token = token
        #: Every request in order, refused ones too.
        self.calls: list[Call] = []
        #: What the bot answered to callback queries: the parameters of each accepted answerCallbackQuery.
        self.answered_callbacks: list[Json] = []
        #: The commands set, by scope ("default", "chat:5", …) and language code ("" for all languages).
        self.commands: dict[tuple[str, str], list[Json]] = {}
        #: How many messages were refused because there were too many.
        self.refused = 0
        self._allow_http = allow_http
        self._messages_per_second = messages_per_second
        self._recent: deque[float] = deque()
        self._shift = 0.0
        self._users: dict[int, User] = {}
        self._groups: dict[int, Group] = {}
        self._messages: dict[int, _Message] = {}
        self._queries: dict[str, _CallbackQuery] = {}
        self._descriptions: dict[tuple[str, str], str] = {}
        self._faults: list[_Fault] = []
        self._delays: dict[str, float] = {}
        self._connected = asyncio.Event()
        self._port = 0
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self.updates = _Updates(self.now)
        self._webhook = _Webhook(self.updates, self._connected, back_off, self.now)
        self._methods = self._method_table()

    def _method_table(self) -> dict[str, tuple[str, Callable[[Json], Any]]]:
        methods: dict[str, Callable[[Json], Any]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "deleteMessage": self._delete_message,
            "deleteMessages": self._delete_messages,
            "answerCallbackQuery": self._answer_callback_query,
            "sendChatAction": self._send_chat_action,
            "setMyCommands": self._set_my_commands,
            "getMyCommands": self._get_my_commands,
            "deleteMyCommands": self._delete_my_commands,
            "setMyDescription": self._set_my_description,
            "getMyDescription": self._get_my_description,
            "setMyShortDescription": self._set_my_short_description,
            "getMyShortDescription": self._get_my_short_description,
            "getChat": self._get_chat,
            "leaveChat": self._leave_chat,
        }
        return {name.lower(): (name, method) for name, method in methods.items()}

    # Running it

    @property
    def url(self) -> str:
        """Where it listens; python-telegram-bot wants ``f"{url}/bot"`` as its ``base_url``."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self, port: int = 0) -> None:
        """Listen on the port, 0 for any free one."""
        self._port = port
        self._server = web.Server(self._serve, access_log=None, handler_cancellation=True)
        await self.up()

    async def stop(self) -> None:
        """End everything: long polls, deliveries, connections."""
        await self._webhook.remove()
        await self.down()

    async def down(self) -> None:
        """Be unreachable: refuse connections, break those that are open and deliver nothing."""
        self._connected.clear()
        if self._listener is None or self._server is None:
            return
        self._listener.close()
        await self._listener.wait_closed()
        self._listener = None
        # Again and again, because a connection may just have been accepted; aiohttp has no event for their end.
        while connections := self._server.connections:
            for connection in connections:
                if connection.transport:
                    connection.transport.abort()
            await asyncio.sleep(0)

    async def up(self) -> None:
        """Be reachable again, on the same port and with everything as it was."""
        if self._listener is not None:
            return
        assert self._server is not None, "start() comes first"
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        self._connected.set()

    # Breaking it

    def fail(
        self,
        method: str,
        status: int,
        *,
        times: int | None = 1,
        retry_after: int | None = None,
        description: str | None = None,
        after_processing: bool = False,
        body: bytes | None = None,
        chat: int | None = None,
    ) -> None:
        """Let the next calls of a method fail.

        Args:
            method: its name, ``"*"`` for any.
            status: the HTTP status and error code of the answer.
            times: how many calls; None for all until ``heal``.
            retry_after: seconds that the answer asks to wait; 1 with status 429 if not given.
            description: what the answer says, with its prefix (``Bad Request: …``); the usual text if not given.
            after_processing: whether the call takes effect all the same.
            body: an answer that is no JSON, instead of the usual one.
            chat: only calls for this chat.
        """
        if status == 429 and retry_after is None:
            retry_after = 1
        answer = _Answer.error(ApiError(status, description or _usual_description(status, retry_after), retry_after))
        if body is not None:
            answer = _Answer(status, body, "text/html")
        self._faults.append(_Fault(method.lower(), times, after_processing, chat, answer))

    def hang(
        self,
        method: str,
        seconds: float,
        after_processing: bool = False,
        *,
        times: int | None = 1,
        chat: int | None = None,
    ) -> None:
        """Let the next calls of a method wait for their answer.

        With ``after_processing`` the call takes effect at once, and its true answer comes late. Without, it never
        takes effect: late comes 504.
        """
        answer = None if after_processing else _Answer.error(ApiError(504, _usual_description(504, None)))
        self._faults.append(_Fault(method.lower(), times, after_processing, chat, answer, seconds))

    def delay(self, method: str, seconds: float) -> None:
        """Answer all calls of a method (``"*"`` for any) later by so much; they take effect at once."""
        self._delays[method.lower()] = seconds

    def heal(self) -> None:
        """Forget all failures, hangs and delays that were asked for."""
        self._faults.clear()
        self._delays.clear()

    def advance(self, seconds: float) -> None:
        """Move the clock of the server on: messages, callback queries and updates get older."""
        self._shift += seconds

    def redeliver(self, update_id: int) -> None:
        """Queue an update again, with the same id, that the bot has confirmed.

        It is delivered once more whatever offset the bot asks for, and unconfirmed until the offset after that.

        Raises:
            KeyError: there was no such update.
        """
        self.updates.add_again(update_id)

    # Acting in it

    def user(
        self, id: int, language_code: str | None = "pl", first_name: str = "Ala", username: str | None = None
    ) -> User:
        """A person with this id; the same as before, with the names it had, if there is one."""
        return self._users.setdefault(id, User(self, id, language_code, first_name, username))

    def group(self, id: int, title: str = "Praca w Holandii") -> Group:
        """A basic group with this (negative) id; the same as before if there is one."""
        if id >= 0:
            raise ValueError("ids of groups are negative")
        return self._groups.setdefault(id, Group(self, id, title))

    # Seeing what happened

    @property
    def webhook_attempts(self) -> list[WebhookAttempt]:
        """Every try to deliver an update to a webhook, in order."""
        return self._webhook.attempts

    @property
    def pending(self) -> list[Json]:
        """The updates that the bot has not confirmed."""
        return self.updates.pending()

    @property
    def account(self) -> Json:
        """The ``User`` object of the bot."""
        return {
            "id": int(self.token.split(":")[0]),
            "is_bot": True,
            "first_name": "Wegwijzer",
            "username": "wegwijzer_test_bot",
        }

    def now(self) -> float:
        """The server's time, in seconds since 1970."""
        return time.time() + self._shift

    def called(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    def sent(self, chat_id: int) -> list[Json]:
        """Every message that the bot ever sent to a chat, oldest first, as last edited, deleted ones too."""
        found = [message for message in self._messages.values() if message.own and message.chat_id == chat_id]
        return [copy.deepcopy(message.data) for message in found]

    def shown(self, chat_id: int) -> list[Json]:
        """What a chat shows now, oldest first."""
        found = [message for message in self._messages.values() if message.chat_id == chat_id]
        return [copy.deepcopy(message.data) for message in found if not message.deleted]

    # What users and groups do with it

    def find(self, chat_id: int, message_id: Any) -> _Message | None:
        """A message of a chat that is not deleted."""
        message = self._messages.get(message_id) if isinstance(message_id, int) else None
        return message if message and message.chat_id == chat_id and not message.deleted else None

    def add_message(self, chat: Json, sender: Json, content: Json, own: bool = False) -> _Message:
        """Put a message into a chat. The ids count on over all chats, as they do for a real bot."""
        message_id = len(self._messages) + 1
        data = {"message_id": message_id, "from": sender, "chat": chat, "date": int(self.now()), **content}
        self._messages[message_id] = _Message(chat["id"], data, own)
        return self._messages[message_id]

    def change_membership(self, chat: Json, by: Json, old: str, new: str) -> int:
        """Tell the bot what it may do in a chat from now on; the id of the update."""
        change = {"chat": chat, "from": by, "date": int(self.now())}
        members = {"old_chat_member": self._membership(old), "new_chat_member": self._membership(new)}
        return self.updates.add("my_chat_member", {**change, **members})

    def _membership(self, status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": self.account, "status": status, **until}

    def press(self, user: User, message: int | Json, button: str) -> str:
        """See ``User.press``."""
        message_id = message if isinstance(message, int) else int(message["message_id"])
        stored = self._messages[message_id]
        pressed = _find_button(stored.data if isinstance(message, int) else message, button)
        query_id = str(secrets.randbits(62))
        self._queries[query_id] = _CallbackQuery(self.now())
        gone = {"chat": stored.data["chat"], "message_id": message_id, "date": 0}
        query = {
            "id": query_id,
            "from": user.account,
            "message": gone if stored.deleted else stored.data,
            "chat_instance": str(-4_611_686_018_000_000_000 - abs(stored.chat_id)),
            "data": pressed["callback_data"],
        }
        self.updates.add("callback_query", query)
        return query_id

    # HTTP

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        part = request.path.split("/")
        try:
            params = await _parameters(request)
            if len(part) == 4 and part[1] == "users":
                answer = self._act(part[2], part[3], params)
            elif len(part) == 3 and part[1].startswith("bot"):
                answer = await self._answer(part[1].removeprefix("bot"), part[2], params)
            else:
                answer = _Answer.error(ApiError(404, "Not Found"))
        except ApiError as error:
            answer = _Answer.error(error)
        return web.Response(
            status=answer.status, body=answer.body, content_type=answer.content_type, headers=answer.headers
        )

    def _act(self, user_id: str, action: str, params: Json) -> _Answer:
        """Act as a user, for a test in another process."""
        if not user_id.isdigit() or action.startswith("_") or not hasattr(User, action):
            raise ApiError(404, "Not Found")
        try:
            value = getattr(self.user(int(user_id)), action)
            return _Answer.result(value(**params) if callable(value) else value)
        except (TypeError, ValueError, LookupError, RuntimeError) as error:
            raise _bad(str(error)) from error

    async def _answer(self, token: str, method: str, params: Json) -> _Answer:
        name, handle = self._methods.get(method.lower(), (method, None))
        call = Call(name, params, None, time.monotonic())
        self.calls.append(call)
        if token != self.token:
            answer = _Answer.error(ApiError(401, "Unauthorized"))
        else:
            answer = await self._answer_or_fail(call, handle)
        call.status = answer.status
        return answer

    async def _answer_or_fail(self, call: Call, handle: Callable[[Json], Any] | None) -> _Answer:
        fault = self._next_fault(call)
        answer = None
        if fault is None or fault.after_processing:
            answer = await _process(handle, call.params)
        wait = self._delays.get(call.method.lower(), self._delays.get("*", 0.0))
        if fault is not None:
            wait += fault.seconds
            answer = fault.answer or answer
        if wait:
            await asyncio.sleep(wait)
        assert answer is not None
        return answer

    def _next_fault(self, call: Call) -> _Fault | None:
        fault = next((fault for fault in self._faults if fault.meets(call)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault

    # Methods: the bot and its updates

    def _get_me(self, params: Json) -> Json:
        return {
            **self.account,
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def _get_updates(self, params: Json) -> list[Json]:
        if self._webhook.url:
            raise ApiError(409, _WEBHOOK_ACTIVE)
        offset = _integer(params, "offset", 0, -(2**31), 2**31 - 1)
        limit = _integer(params, "limit", 100, 1, 100)
        timeout = _integer(params, "timeout", 0, 0, _LONGEST_POLL)
        self.updates.allow(params.get("allowed_updates"))
        return await self.updates.poll(offset, limit, timeout)

    async def _set_webhook(self, params: Json) -> _Described:
        url = str(params.get("url", ""))
        if not url:
            return await self._delete_webhook(params)
        url = self._webhook_url(url)
        secret = str(params.get("secret_token", ""))
        if len(secret) > 256:
            raise _bad("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise _bad("secret token contains unallowed characters")
        self.updates.end_poll(_WEBHOOK_SET)
        if params.get("drop_pending_updates"):
            self.updates.clear()
        self.updates.allow(params.get("allowed_updates"))
        changed = await self._webhook.set(url, secret, _integer(params, "max_connections", 40, 1, 100))
        return _Described(True, "Webhook was set" if changed else "Webhook is already set")

    def _webhook_url(self, url: str) -> str:
        url = url if "://" in url else f"https://{url}"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _bad("invalid webhook URL specified") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _bad("invalid webhook URL specified")
        if not self._allow_http and parts.scheme != "https":
            raise _bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not self._allow_http and port not in (None, 80, 88, 443, 8443):
            raise _bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        return url

    async def _delete_webhook(self, params: Json) -> _Described:
        was_set = bool(self._webhook.url)
        await self._webhook.remove()
        if params.get("drop_pending_updates"):
            self.updates.clear()
        return _Described(True, "Webhook was deleted" if was_set else "Webhook is already deleted")

    def _get_webhook_info(self, params: Json) -> Json:
        return self._webhook.info()

    # Methods: messages

    def _chat(self, params: Json) -> User | Group:
        chat_id = params.get("chat_id")
        if chat_id in (None, ""):
            raise _bad("chat_id is empty")
        chat = (self._users.get(chat_id) or self._groups.get(chat_id)) if isinstance(chat_id, int) else None
        if chat is None:
            raise _bad("chat not found")
        return chat

    def _writable_chat(self, params: Json) -> User | Group:
        chat = self._chat(params)
        chat.check_writable()
        return chat

    def _chat_with_messages(self, params: Json) -> User | Group:
        """A chat whose messages the bot may change: also one with a user who has blocked it."""
        chat = self._chat(params)
        if isinstance(chat, Group):
            chat.check_writable()
        return chat

    def _send_message(self, params: Json) -> Json:
        content = {**_text_content(params), **_preview_content(params), **_keyboard_content(params)}
        chat = self._writable_chat(params)
        reply = self._reply_content(chat.id, params)
        self._count_message()
        protected = {"has_protected_content": True} if params.get("protect_content") else {}
        return self.add_message(chat.chat, self.account, {**reply, **content, **protected}, own=True).data

    def _reply_content(self, chat_id: int, params: Json) -> Json:
        reply = params.get("reply_parameters")
        if not isinstance(reply, dict):
            return {}
        message = self.find(chat_id, reply.get("message_id"))
        if message is not None:
            return {"reply_to_message": {k: v for k, v in message.data.items() if k != "reply_to_message"}}
        if reply.get("allow_sending_without_reply"):
            return {}
        raise _bad("message to be replied not found")

    def _count_message(self) -> None:
        if self._messages_per_second is None:
            return
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= self._messages_per_second:
            self.refused += 1
            raise ApiError(429, "Too Many Requests: retry after 1", 1)
        self._recent.append(now)

    def _edit_message_text(self, params: Json) -> Json:
        content = {**_text_content(params), **_keyboard_content(params)}
        preview = _preview_content(params)
        return self._edit(params, ("text", "entities", "reply_markup"), content, preview)

    def _edit_message_reply_markup(self, params: Json) -> Json:
        return self._edit(params, ("reply_markup",), _keyboard_content(params), {})

    def _edit(self, params: Json, fields: tuple[str, ...], content: Json, preview: Json) -> Json:
        message = self._message(params, "message to edit")
        if not message.own:
            raise _bad("message can't be edited")
        if all(message.data.get(name) == content.get(name) for name in fields):
            raise _bad(_NOT_MODIFIED)
        for name in fields:
            message.data.pop(name, None)
        message.data.update({**content, **preview, "edit_date": int(self.now())})
        return message.data

    def _message(self, params: Json, what: str) -> _Message:
        chat = self._chat_with_messages(params)
        if not isinstance(params.get("message_id"), int):
            raise _bad("message identifier is not specified")
        message = self.find(chat.id, params["message_id"])
        if message is None:
            raise _bad(f"{what} not found")
        return message

    def _delete_message(self, params: Json) -> bool:
        self._delete([self._message(params, "message to delete")])
        return True

    def _delete_messages(self, params: Json) -> bool:
        chat = self._chat_with_messages(params)
        ids = params.get("message_ids")
        if not isinstance(ids, list) or not all(isinstance(message_id, int) for message_id in ids):
            raise _bad("can't parse message identifiers JSON object")
        if not ids:
            raise _bad("message identifiers are not specified")
        if len(ids) > 100:
            raise _bad("too many message identifiers specified")
        found = [self.find(chat.id, message_id) for message_id in ids]
        self._delete([message for message in found if message])
        return True

    def _delete(self, messages: list[_Message]) -> None:
        for message in messages:
            if message.chat_id < 0 and not message.own:
                raise _bad("message can't be deleted")
            if self.now() - message.data["date"] > 2 * _DAY:
                raise _bad("message can't be deleted for everyone")
        for message in messages:
            message.deleted = True

    # Methods: the rest

    def _answer_callback_query(self, params: Json) -> bool:
        query = self._queries.get(str(params.get("callback_query_id", "")))
        if query is None or query.answered or self.now() - query.made > 15 * _MINUTE:
            raise _bad(_QUERY_TOO_OLD)
        if len(str(params.get("text", ""))) > 200:
            raise _bad("MESSAGE_TOO_LONG")
        query.answered = True
        self.answered_callbacks.append(params)
        return True

    def _send_chat_action(self, params: Json) -> bool:
        if str(params.get("action", "")).lower() not in _CHAT_ACTIONS:
            raise _bad("wrong parameter action in request")
        self._writable_chat(params)
        return True

    def _command_scope(self, params: Json) -> tuple[str, str]:
        scope = params.get("scope") or {"type": "default"}
        kind = scope.get("type") if isinstance(scope, dict) else None
        if kind not in _COMMAND_SCOPES:
            raise _bad("can't parse BotCommandScope: Unsupported type specified")
        if kind in ("chat", "chat_administrators", "chat_member"):
            chat = self._chat({"chat_id": _decoded("chat_id", scope.get("chat_id"))})
            kind = ":".join([kind, str(chat.id), *([str(scope.get("user_id"))] if kind == "chat_member" else [])])
        return kind, _language(params)

    def _set_my_commands(self, params: Json) -> bool:
        scope = self._command_scope(params)
        self.commands[scope] = _commands(params.get("commands"))
        return True

    def _get_my_commands(self, params: Json) -> list[Json]:
        return self.commands.get(self._command_scope(params), [])

    def _delete_my_commands(self, params: Json) -> bool:
        self.commands.pop(self._command_scope(params), None)
        return True

    def _describe(self, kind: str, params: Json, longest: int) -> bool:
        text = str(params.get(kind, "")).strip()
        if len(text) > longest:
            raise _bad(f"{kind.replace('_', ' ')} is too long")
        self._descriptions[kind, _language(params)] = text
        return True

    def _description(self, kind: str, params: Json) -> Json:
        return {kind: self._descriptions.get((kind, _language(params)), "")}

    def _set_my_description(self, params: Json) -> bool:
        return self._describe("description", params, 512)

    def _get_my_description(self, params: Json) -> Json:
        return self._description("description", params)

    def _set_my_short_description(self, params: Json) -> bool:
        return self._describe("short_description", params, 120)

    def _get_my_short_description(self, params: Json) -> Json:
        return self._description("short_description", params)

    def _get_chat(self, params: Json) -> Json:
        gifts = dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
        )
        return {**self._chat(params).chat, "accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": gifts}

    def _leave_chat(self, params: Json) -> bool:
        chat = self._writable_chat(params)
        if isinstance(chat, User):
            raise _bad("chat member status can't be changed in private chats")
        chat.leave()
        return True


async def _process(handle: Callable[[Json], Any] | None, params: Json) -> _Answer:
    """What the method answers, as it was at that moment."""
    if handle is None:
        return _Answer.error(ApiError(404, "Not Found"))
    try:
        result = handle(params)
        if inspect.isawaitable(result):
            result = await result
    except ApiError as error:
        return _Answer.error(error)
    return (
        _Answer.result(result.result, result.description) if isinstance(result, _Described) else _Answer.result(result)
    )


def _usual_description(status: int, retry_after: int | None) -> str:
    if status == 429:
        return f"Too Many Requests: retry after {retry_after}"
    usual = {403: "Forbidden: bot was blocked by the user", 409: _OTHER_POLL}
    return usual.get(status) or HTTPStatus(status).phrase


def _find_button(message: Json, title_or_data: str) -> Json:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons: list[Json] = [button for row in rows for button in row if "callback_data" in button]
    for name in ("text", "callback_data"):
        for button in buttons:
            if button[name] == title_or_data:
                return button
    raise LookupError(f"no button {title_or_data!r} among {[button['text'] for button in buttons]}")


async def _run(port: int, token: str, allow_http: bool) -> None:
    api = BotApi(token, allow_http=allow_http)
    stopped = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopped.set)
    await api.start(port)
    print(api.url, flush=True)
    await stopped.wait()
    await api.stop()


def main() -> None:
    """Run the server as a process of its own until it is interrupted; prints its address."""
    parser = argparse.ArgumentParser(description="A server that speaks Telegram's Bot API, for tests.")
    parser.add_argument("--port", type=int, default=0, help="0 for any free one")
    parser.add_argument("--token", default=TOKEN, help="the bot's token")
    parser.add_argument("--allow-http", action="store_true", help="let webhooks be without TLS")
    arguments = parser.parse_args()
    asyncio.run(_run(arguments.port, arguments.token, arguments.allow_http))


if __name__ == "__main__":
    main()
