"""The pages for accounts: one's own, and for admins everybody's and the audit log."""

from __future__ import annotations

from html import escape

from aiohttp import web
from aiohttp.web import Request, Response
from babel.dates import format_datetime

from bot.answers.content import Content
from bot.desk.account_api import read_audit
from bot.desk.accounts import Accounts
from bot.desk.audit import PAGE, Audit, AuditEntry
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.desk.passwords import SHORTEST
from bot.desk.roles import ROLES
from bot.hours import DUTCH_TIME
from bot.languages import BABEL_LOCALES


class AccountPages:
    """Handlers of ``/desk/account``, ``/desk/accounts`` and ``/desk/audit``."""

    def __init__(self, accounts: Accounts, audit_log: Audit, pages: Pages, content: Content) -> None:
        self._accounts = accounts
        self._audit = audit_log
        self._pages = pages
        self._content = content

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/account", self.own),
            web.get("/accounts", self.accounts),
            web.get("/audit", self.audit),
        ]

    async def own(self, request: Request) -> Response:
        """One's own account."""
        session = request[SIGNED_IN]
        texts = {
            "name": session.account,
            "role": self._pages.phrase(request, f"account.role_{session.role}"),
            "shortest": str(SHORTEST),
        }
        shown = ""
        if session.role == "counsellor":
            name = {"shown_name": await self._accounts.shown_name(session.account)}
            shown = self._pages.filled(request, "shown_name.html", name)
        return self._pages.page(request, "account.html", "account.own", texts, {"shown": shown}, script="account.js")

    async def accounts(self, request: Request) -> Response:
        """Everybody's accounts; the script fills the table."""
        roles = "".join(
            f'<option value="{role}">{escape(self._pages.phrase(request, f"account.role_{role}"))}</option>'
            for role in ROLES
        )
        texts = {"own_name": request[SIGNED_IN].account}
        return self._pages.page(
            request, "accounts.html", "account.accounts", texts, {"roles": roles}, script="accounts.js"
        )

    async def audit(self, request: Request) -> Response:
        """The audit log, newest first."""
        entries = await read_audit(request, self._audit)
        older = ""
        if len(entries) == PAGE:
            words = escape(self._pages.phrase(request, "account.older"))
            older = f'<a class="pill" href="/desk/audit?before={entries[-1].id}">{words}</a>'
        rows = "".join(self._row(request, entry) for entry in entries)
        return self._pages.page(request, "audit.html", "account.audit", {}, {"rows": rows, "older": older})

    def _row(self, request: Request, entry: AuditEntry) -> str:
        moment = format_datetime(
            entry.at, "d MMM y HH:mm:ss", tzinfo=DUTCH_TIME, locale=BABEL_LOCALES[request[LANGUAGE]]
        )
        phrase = f"audit.{entry.action}"
        action = self._pages.phrase(request, phrase) if phrase in self._content.desk else entry.action
        texts = {
            "moment": moment,
            "account": entry.account,
            "action": action,
            "object": entry.object,
            "detail": entry.detail,
        }
        return self._pages.filled(request, "audit_row.html", texts)
