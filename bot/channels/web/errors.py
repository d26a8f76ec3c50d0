"""Errors of the API as JSON: ``{"error": {"code", "message"}}``."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.gateway.metrics import Metrics
from bot.gateway.store import StoreUnavailable

_logger = logging.getLogger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: What aiohttp's own errors are called in our API.
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_long", 415: "wrong_type"}


class ApiError(Exception):
    """An answer other than success, with its HTTP status and a stable code."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_after: int | None = None,
        urgent: bool = False,
        language: str | None = None,
    ) -> None:
        """``urgent``: the message is the safety text and must be shown. ``language``: that of a message for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.urgent = urgent
        self.language = language

    def response(self) -> web.Response:
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        error: dict[str, str | bool] = {"code": self.code, "message": self.message}
        if self.urgent:
            error["urgent"] = True
        if self.language:
            error["language"] = self.language
        return web.json_response({"error": error}, status=self.status, headers=headers)


def error_middleware(safety_text: Callable[[web.Request], tuple[str, str]], metrics: Metrics) -> Middleware:
    """Turn every error below ``/api`` into JSON; a store that is down still answers with phone numbers.

    ``safety_text`` gives the text with them, and its language.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return error.response()
        except web.HTTPException as error:
            if not request.path.startswith("/api") or error.status < 400:
                raise
            return ApiError(error.status, _CODES.get(error.status, "malformed"), error.reason).response()
        except StoreUnavailable:
            metrics.failed("store")
            text, language = safety_text(request)
            return ApiError(503, "unavailable", text, retry_after=30, language=language).response()
        except ConnectionResetError:
            raise
        except Exception as error:
            # Its text may hold what somebody wrote: only the kind is logged.
            _logger.error("%s %s failed: %s", request.method, request.match_info.route.resource, type(error).__name__)
            metrics.failed("gateway")
            text, language = safety_text(request)
            return ApiError(500, "internal", text, language=language).response()

    return middleware
