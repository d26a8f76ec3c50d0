"""The guard in front of every route of the desk: who asks, may they, and did their own page ask it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.web import Request, Response, StreamResponse

from bot.answers import formatting
from bot.answers.catalogue import DESK_LANGUAGES
from bot.desk.bodies import form_fields, is_form
from bot.desk.errors import DeskError
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.desk.roles import audience
from bot.desk.sessions import LONGEST, Session, Sessions
from bot.editing.errors import EditError, Fault, FieldFaults
from bot.gateway.metrics import Metrics
from bot.gateway.store import StoreUnavailable
from bot.settings import Settings

_logger = logging.getLogger(__name__)
_Handler = Callable[[Request], Awaitable[StreamResponse]]

_SESSION_COOKIE = "desk_session"
#: Belongs to the form of the log-in page, where there is no session yet.
_FORM_COOKIE = "desk_form"
_LANGUAGE_COOKIE = "desk_language"
_LANGUAGE_SECONDS = 365 * 24 * 3600
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: An open queue goes on ringing after its session has become idle. It gets no more than that.
_HEARS_WHILE_IDLE = "/desk/api/events"
_SAFE_METHODS = ("GET", "HEAD")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_CODES = {
    404: ("not_found", "account.not_found"),
    405: ("method_not_allowed", "account.not_found"),
    413: ("too_long", "account.too_long"),
}


class Guard:
    """Middleware, cookies and tokens."""

    def __init__(
        self, sessions: Sessions, pages: Pages, settings: Settings, secret_key: str, metrics: Metrics
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._pages = pages
        self._metrics = metrics
        self._public = urlsplit(settings.public_url)
        self._form_key = hmac.new(secret_key.encode(), b"desk log-in form", hashlib.sha256).digest()

    @web.middleware
    async def middleware(self, request: Request, handler: _Handler) -> StreamResponse:
        """Answer, or say in the form that fits why not."""
        request[LANGUAGE], chosen = _language(request)
        try:
            response = await self._admitted(request, handler)
        except DeskError as error:
            response = self._refusal(request, error)
        except EditError as error:
            response = self._refusal(request, self._refused(request, error))
        except web.HTTPException as error:
            if error.status < 400:
                raise
            code, phrase = _CODES.get(error.status, ("malformed", "account.malformed"))
            response = self._refusal(request, DeskError(error.status, code, phrase))
        except StoreUnavailable:
            self._metrics.failed("store")
            response = self._refusal(request, DeskError(503, "unavailable", "account.unavailable", retry_after=30))
        except ConnectionResetError:
            raise
        except Exception as error:
            # Its text may hold what somebody wrote: only the kind is logged.
            _logger.error("%s %s failed: %s", request.method, request.match_info.route.resource, type(error).__name__)
            self._metrics.failed("desk")
            response = self._refusal(request, DeskError(500, "internal", "account.internal"))
        if chosen and not response.prepared:
            self._set_cookie(response, _LANGUAGE_COOKIE, request[LANGUAGE], _LANGUAGE_SECONDS)
        return response

    async def protect(self, request: Request, response: StreamResponse) -> None:
        """Put the security headers on whatever is answered."""
        response.headers.update(_HEADERS)

    def begin_session(self, response: StreamResponse, token: str) -> None:
        """Give the browser a session's token."""
        self._set_cookie(response, _SESSION_COOKIE, token, int(LONGEST.total_seconds()))

    def end_session(self, response: StreamResponse) -> None:
        """Take the token away from the browser."""
        response.del_cookie(_SESSION_COOKIE, path="/desk", secure=self._is_secure, httponly=True, samesite="Strict")

    def form_token(self, request: Request) -> tuple[str, str]:
        """The cookie's value and the field's, for a form of somebody who is not logged in."""
        cookie = request.cookies.get(_FORM_COOKIE, "")
        if not _TOKEN.fullmatch(cookie):
            cookie = secrets.token_urlsafe(32)
        return cookie, self._form_field(cookie)

    def keep_form_token(self, response: StreamResponse, cookie: str) -> None:
        """Give the browser the cookie that belongs to such a form."""
        self._set_cookie(response, _FORM_COOKIE, cookie, None)

    async def _admitted(self, request: Request, handler: _Handler) -> StreamResponse:
        if request.match_info.http_exception is not None:
            return await handler(request)
        resource = request.match_info.route.resource
        allowed = audience(request.method, resource.canonical if resource else "")
        session = await self._session(request)
        if "anybody" in allowed:
            if request.method not in _SAFE_METHODS:
                self._check_origin(request)
                await _check_csrf(request, self._form_field(request.cookies.get(_FORM_COOKIE, "")))
            if session is not None:
                request[SIGNED_IN] = session
            return await handler(request)
        if session is None:
            return self._signed_out(request)
        request[SIGNED_IN] = session
        if session.enrolling and "enrolling" not in allowed and allowed:
            if _is_api(request):
                raise DeskError(403, "enrol_first", "account.enrol_first")
            return see_other("/desk/enrol")
        if ("enrolling" if session.enrolling else session.role) not in allowed:
            raise DeskError(403, "forbidden", "account.no_permission")
        if request.method not in _SAFE_METHODS:
            self._check_origin(request)
            await _check_csrf(request, session.csrf)
        return await handler(request)

    async def _session(self, request: Request) -> Session | None:
        token = request.cookies.get(_SESSION_COOKIE, "")
        if not _TOKEN.fullmatch(token):
            return None
        # A stream comes back by itself; that is no sign of somebody at the desk.
        is_use = "text/event-stream" not in request.headers.get("Accept", "")
        return await self._sessions.find(token, is_use, idle_too=request.path == _HEARS_WHILE_IDLE)

    def _signed_out(self, request: Request) -> Response:
        if _is_api(request) or request.method not in _SAFE_METHODS:
            raise DeskError(401, "signed_out", "account.signed_out")
        if _SESSION_COOKIE not in request.cookies and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A link in somebody's webmail: browsers keep our cookie back until we ourselves send them here.
            return self._pages.page(request, "again.html", "account.desk", {"path": request.path})
        return see_other("/desk/login")

    def _check_origin(self, request: Request) -> None:
        """Refuse what another site's page sends; browsers say in one header or the other where a request is from."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            if site != "same-origin":
                raise DeskError(403, "origin", "account.wrong_origin")
            return
        origin = urlsplit(request.headers.get("Origin", ""))
        own = {("http", request.host), ("https", request.host), (self._public.scheme, self._public.netloc)}
        if not origin.netloc or (origin.scheme, origin.netloc) not in own:
            raise DeskError(403, "origin", "account.wrong_origin")

    def _refusal(self, request: Request, error: DeskError) -> Response:
        text = self._pages.phrase(request, error.phrase, **error.values)
        if _is_api(request):
            body = {"code": error.code, "message": text, **error.details}
            response = web.json_response({"error": body}, status=error.status)
        else:
            response = self._pages.page(request, "refusal.html", "account.refusal", {"text": text}, status=error.status)
        if error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _refused(self, request: Request, error: EditError) -> DeskError:
        """An edit that was refused, with what is wrong or asked beside each field."""
        refusal = DeskError(error.status, error.code, error.phrase, None, **error.values)
        if isinstance(error, FieldFaults):
            refusal.details = {
                "fields": [{"field": one.field, "text": self._about(request, one)} for one in error.faults],
                "questions": [{"key": one.key, "text": self._about(request, one)} for one in error.questions],
            }
        return refusal

    def _about(self, request: Request, fault: Fault) -> str:
        language = request[LANGUAGE]
        values = {
            name: formatting.date(value, language) if isinstance(value, dt.date) else value
            for name, value in fault.values.items()
        }
        return self._pages.phrase(request, fault.phrase, **values)

    def _form_field(self, cookie: str) -> str:
        return hmac.new(self._form_key, cookie.encode(), hashlib.sha256).hexdigest()

    @property
    def _is_secure(self) -> bool:
        return self._public.scheme == "https"

    def _set_cookie(self, response: StreamResponse, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/desk", secure=self._is_secure, httponly=True, samesite="Strict"
        )  # fmt: skip


def see_other(path: str) -> Response:
    """Send the browser on to a page."""
    return web.Response(status=303, headers={"Location": path})


def _is_api(request: Request) -> bool:
    return request.path.startswith("/desk/api/")


async def _check_csrf(request: Request, expected: str) -> None:
    given = request.headers.get(CSRF_HEADER)
    if given is None and is_form(request):
        given = (await form_fields(request)).get(CSRF_FIELD)
    if given is None or not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
        raise DeskError(403, "csrf", "account.stale_page")


def _language(request: Request) -> tuple[str, bool]:
    """The language to answer in, and whether it was chosen just now."""
    asked = request.query.get("language")
    if asked in DESK_LANGUAGES:
        return str(asked), True
    kept = request.cookies.get(_LANGUAGE_COOKIE)
    if kept in DESK_LANGUAGES:
        return str(kept), False
    for part in request.headers.get("Accept-Language", "").split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in DESK_LANGUAGES:
            return code, False
    return "nl", False
