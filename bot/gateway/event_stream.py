"""Server-Sent Events, to clients that may stop reading at any moment."""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractContextManager, suppress
from typing import Any

from aiohttp import ClientConnectionResetError
from aiohttp.web import Request, StreamResponse

_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def begin(request: Request) -> StreamResponse:
    """An open stream."""
    response = StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    return response


def until_gone() -> AbstractContextManager[None]:
    """What is done inside ends quietly when the client closes the stream."""
    return suppress(ClientConnectionResetError)


async def send(
    response: StreamResponse, kind: str, data: dict[str, Any], patience: float, number: int | None = None
) -> None:
    """Send one event, with its ``number`` as the id to resume from.

    Raises:
        ConnectionResetError: the client has not taken it in after ``patience`` seconds.
    """
    head = f"id: {number}\n" if number is not None else ""
    await _write(response, f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n", patience)


async def keep_open(response: StreamResponse, patience: float) -> None:
    """Say that we are still here, which is no event. Raises as ``send``."""
    await _write(response, ": still here\n\n", patience)


async def _write(response: StreamResponse, text: str, patience: float) -> None:
    try:
        await asyncio.wait_for(response.write(text.encode()), patience)
    except asyncio.TimeoutError:
        raise ConnectionResetError("the client does not read") from None
