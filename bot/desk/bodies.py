"""What comes with a request: JSON for the API, fields of a form for pages that work without a script."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import web

from bot.desk.errors import DeskError

_Body = TypeVar("_Body")

#: Seconds a client may take to send it.
PATIENCE_SECONDS = 15
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


def is_form(request: web.Request) -> bool:
    """Whether a page without a script sends this."""
    return request.content_type == _FORM


async def form_fields(request: web.Request) -> dict[str, str]:
    """The fields of a form.

    Raises:
        DeskError: it is no form, or does not arrive in time.
    """
    if not is_form(request):
        raise DeskError(415, "wrong_type", "account.wrong_type")
    fields = await _in_time(request.post())
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def json_fields(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        DeskError: it is not JSON, no object, or does not arrive in time.
    """
    if request.content_type != _JSON:
        raise DeskError(415, "wrong_type", "account.wrong_type")
    try:
        body = await _in_time(request.json())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise _malformed() from None
    if not isinstance(body, dict):
        raise _malformed()
    return body


def text_field(body: dict[str, Any], name: str) -> str:
    """A text in a JSON object.

    Raises:
        DeskError: it is missing or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _malformed()
    return value


def client_id(body: dict[str, Any]) -> str:
    """What the page itself calls what it sends (``id``), so that it can send it again.

    Raises:
        DeskError: it is missing or malformed.
    """
    given = text_field(body, "id")
    if not _CLIENT_ID.fullmatch(given):
        raise _malformed()
    return given


async def _in_time(body: Awaitable[_Body]) -> _Body:
    try:
        return await asyncio.wait_for(body, PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        raise DeskError(408, "too_slow", "account.malformed") from None


def _malformed() -> DeskError:
    return DeskError(400, "malformed", "account.malformed")
