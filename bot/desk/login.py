"""The pages on which people log in, for the first time or again, and the way out."""

from __future__ import annotations

from aiohttp import web
from aiohttp.web import Request, Response

from bot.desk import second_factor
from bot.desk.audit import Audit
from bot.desk.authentication import Authentication
from bot.desk.bodies import form_fields, is_form
from bot.desk.errors import DeskError
from bot.desk.guard import Guard, see_other
from bot.desk.pages import SIGNED_IN, Pages
from bot.desk.roles import HOME
from bot.desk.sessions import Sessions
from bot.desk.throttle import Throttle
from bot.gateway.addresses import address_key
from bot.settings import Settings

_NAME_LETTERS = 64


class LogIn:
    """Handlers of ``/desk``, ``/desk/login``, ``/desk/enrol`` and ``/desk/api/logout``."""

    def __init__(
        self,
        authentication: Authentication,
        sessions: Sessions,
        throttle: Throttle,
        audit_log: Audit,
        guard: Guard,
        pages: Pages,
        settings: Settings,
    ) -> None:
        self._authentication = authentication
        self._sessions = sessions
        self._throttle = throttle
        self._audit = audit_log
        self._guard = guard
        self._pages = pages
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("", self.begin),
            web.get("/login", self.page),
            web.post("/login", self.log_in),
            web.get("/enrol", self.enrolment_page),
            web.post("/enrol", self.enrol),
            web.post("/api/logout", self.log_out),
        ]

    async def begin(self, request: Request) -> Response:
        """Send everybody to the page that their role begins on."""
        session = request[SIGNED_IN]
        return see_other("/desk/enrol" if session.enrolling else HOME[session.role])

    async def page(self, request: Request) -> Response:
        """The form, for those who are not logged in."""
        return see_other("/desk") if SIGNED_IN in request else self._form(request, None)

    async def log_in(self, request: Request) -> Response:
        """Begin a session. A wrong name, password and code get the same answer."""
        fields = await form_fields(request)
        # PostgreSQL takes no NUL.
        name = fields.get("name", "").replace("\0", "").strip().casefold()[:_NAME_LETTERS]
        address = address_key(request, self._settings.trusted_proxies)
        wait = self._throttle.retry_after(name, address)
        if wait is not None:
            return self._form(request, DeskError(429, "too_many", "account.too_many", wait, minutes=_minutes(wait)))
        token = await self._authentication.log_in(name, fields.get("password", ""), fields.get("code", ""))
        if token is None:
            return self._form(request, DeskError(401, "refused", "account.log_in_refused"))
        self._throttle.forgive(name, address)
        if SIGNED_IN in request:
            await self._sessions.end(request[SIGNED_IN])
        response = see_other("/desk")
        self._guard.begin_session(response, token)
        return response

    async def enrolment_page(self, request: Request) -> Response:
        """Where somebody chooses a password and takes over the second factor."""
        return await self._enrolment(request, None)

    async def enrol(self, request: Request) -> Response:
        """Finish the first log-in."""
        fields = await form_fields(request)
        password = fields.get("password", "")
        try:
            if password != fields.get("again", ""):
                raise DeskError(422, "different", "account.password_different")
            token = await self._authentication.enrol(request[SIGNED_IN], password, fields.get("code", ""))
        except DeskError as error:
            if error.status != 422:
                raise
            return await self._enrolment(request, error)
        response = see_other("/desk")
        self._guard.begin_session(response, token)
        return response

    async def log_out(self, request: Request) -> Response:
        """End the session, here and in the browser."""
        session = request[SIGNED_IN]
        await self._sessions.end(session)
        await self._audit.note(session.account, "logout")
        response = see_other("/desk/login") if is_form(request) else Response(status=204)
        self._guard.end_session(response)
        return response

    def _form(self, request: Request, error: DeskError | None) -> Response:
        cookie, field = self._guard.form_token(request)
        response = self._answer(request, "login.html", "account.log_in", error, {"csrf": field})
        self._guard.keep_form_token(response, cookie)
        return response

    async def _enrolment(self, request: Request, error: DeskError | None) -> Response:
        session = request[SIGNED_IN]
        secret = await self._authentication.enrolment_secret(session)
        texts = {"csrf": session.csrf, "secret": second_factor.grouped(secret), "name": session.account}
        code = second_factor.qr_code(secret, session.account, self._pages.phrase(request, "account.qr_code"))
        return self._answer(request, "enrol.html", "account.enrol", error, texts, {"qr_code": code})

    def _answer(
        self,
        request: Request,
        template: str,
        title: str,
        error: DeskError | None,
        texts: dict[str, str],
        markup: dict[str, str] | None = None,
    ) -> Response:
        """A page with a form, and what was wrong with what came from it."""
        fault = {"text": self._pages.phrase(request, error.phrase, **error.values)} if error else {}
        parts = {"fault": self._pages.filled(request, "fault.html", fault) if error else "", **(markup or {})}
        status = error.status if error else 200
        response = self._pages.page(request, template, title, texts, parts, status=status)
        if error and error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response


def _minutes(seconds: int) -> str:
    return str(-(-seconds // 60))
