"""An HTTP server that speaks LibreTranslate's API, for tests with a real client and a real network.

``LibreTranslate`` checks keys, fields, languages and lengths in the order and answers in the words of the real one
(``libretranslate/app.py``). It differs on purpose in what it cannot do: a "translation" is the text between the two
codes (``pl>nl: …``). The test makes it fail (``fail``) or slow (``delay``) and reads what it was asked (``asked``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

Json = dict[str, Any]

#: Code -> name, of what the server has models for. All pairs go by way of English.
LANGUAGES = {"bg": "Bulgarian", "en": "English", "nl": "Dutch", "pl": "Polish", "ro": "Romanian", "de": "German"}


class LibreTranslate:
    """One server.

    Args:
        keys: the keys it knows; with any, a wrong one is refused.
        key_needed: whether nobody gets in without one.
        char_limit: the longest text it takes; None for any.
    """

    def __init__(self, keys: tuple[str, ...] = (), *, key_needed: bool = False, char_limit: int | None = None) -> None:
        #: The bodies of all requests in order, refused ones too.
        self.asked: list[Json] = []
        #: Seconds that every answer takes.
        self.delay = 0.0
        self._keys = keys
        self._key_needed = key_needed
        self._char_limit = char_limit
        self._failures: list[tuple[int, bytes | None]] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        app = web.Application()
        app.add_routes([web.post("/translate", self._translate)])
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, status: int, body: bytes | None = None) -> None:
        """Let the next request fail, with an answer of its own instead of the usual one."""
        self._failures.append((status, body))

    async def _translate(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        if fields is None:
            return _error(400, "Invalid JSON format")
        self.asked.append(dict(fields))
        await asyncio.sleep(self.delay)
        if self._failures:
            return _failure(*self._failures.pop(0), fields)
        return self._refusal(fields) or _answer(fields)

    def _refusal(self, fields: Mapping[str, Any]) -> web.Response | None:
        key = fields.get("api_key")
        if self._keys and key and key not in self._keys:
            return _error(403, "Invalid API key")
        if self._keys and self._key_needed and not key:
            return _error(400, "Please contact the server operator to get an API key")
        for name in ("q", "source", "target"):
            if not fields.get(name):
                return _error(400, f"Invalid request: missing {name} parameter")
        size = len(fields["q"])
        if self._char_limit is not None and size > self._char_limit:
            return _error(400, f"Invalid request: request ({size}) exceeds text limit ({self._char_limit})")
        for name in ("source", "target"):
            if fields[name] not in LANGUAGES:
                return _error(400, f"{fields[name]} is not supported")
        if (form := fields.get("format") or "text") not in ("text", "html"):
            return _error(400, f"{form} format is not supported")
        return None


async def _fields(request: web.Request) -> Mapping[str, Any] | None:
    """What was asked, as JSON or as a form; None if it is neither."""
    if request.content_type != "application/json":
        return dict(await request.post())
    try:
        body = await request.json()
    except json.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _answer(fields: Mapping[str, Any]) -> web.Response:
    source, target, text = fields["source"], fields["target"], fields["q"]
    return web.json_response({"translatedText": text if source == target else f"{source}>{target}: {text}"})


def _failure(status: int, body: bytes | None, fields: Mapping[str, Any]) -> web.Response:
    if body is not None:
        kind = "text/html" if body.startswith(b"<") else "application/json"
        return web.Response(status=status, body=body, content_type=kind)
    # As the real one, which says what it could not translate.
    usual = {429: "Slowdown: 80 per 1 minute", 500: f"Cannot translate text: {fields.get('q')}"}
    return _error(status, usual.get(status, "Too many request limits violations"))


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
