"""The API for accounts: one's own, and for admins everybody's and the audit log."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.desk.accounts import Account, Accounts
from bot.desk.audit import PAGE, Audit, AuditEntry
from bot.desk.bodies import json_fields, text_field
from bot.desk.errors import DeskError
from bot.desk.guard import Guard
from bot.desk.pages import LANGUAGE, SIGNED_IN
from bot.desk.sessions import csrf_token
from bot.desk.throttle import Throttle
from bot.gateway.addresses import address_key
from bot.settings import Settings

#: Most digits in the id of an entry.
_DIGITS = 15


class AccountApi:
    """Handlers below ``/desk/api``."""

    def __init__(
        self, accounts: Accounts, audit_log: Audit, throttle: Throttle, guard: Guard, settings: Settings
    ) -> None:
        self._accounts = accounts
        self._audit = audit_log
        self._throttle = throttle
        self._guard = guard
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/me", self.me),
            web.post("/api/password", self.change_password),
            web.get("/api/accounts", self.list_accounts),
            web.post("/api/accounts", self.create),
            web.post("/api/accounts/{name}/disable", self.disable),
            web.post("/api/accounts/{name}/enable", self.enable),
            web.post("/api/accounts/{name}/reset", self.reset),
            web.post("/api/accounts/{name}/shown-name", self.show_as),
            web.post("/api/shown-name", self.show_me_as),
            web.get("/api/audit", self.list_audit),
        ]

    async def me(self, request: Request) -> Response:
        """Who is logged in, and the CSRF token to send with changes."""
        session = request[SIGNED_IN]
        return web.json_response(
            {"name": session.account, "role": session.role, "language": request[LANGUAGE], "csrf": session.csrf}
        )

    async def change_password(self, request: Request) -> Response:
        """Another password of one's own; every other session ends."""
        body = await json_fields(request)
        present, new = text_field(body, "present"), text_field(body, "new")
        name, address = request[SIGNED_IN].account, address_key(request, self._settings.trusted_proxies)
        wait = self._throttle.retry_after(name, address)
        if wait is not None:
            raise DeskError(429, "too_many", "account.too_many", wait, minutes=str(-(-wait // 60)))
        try:
            token = await self._accounts.change_password(name, present, new)
        except DeskError as error:
            if error.code != "wrong_password":
                self._throttle.forgive(name, address)
            raise
        self._throttle.forgive(name, address)
        response = web.json_response({"csrf": csrf_token(token)})
        self._guard.begin_session(response, token)
        return response

    async def list_accounts(self, request: Request) -> Response:
        """Every account."""
        return web.json_response({"accounts": [_account(account) for account in await self._accounts.all()]})

    async def create(self, request: Request) -> Response:
        """A new account and its one-time password."""
        body = await json_fields(request)
        name, role = text_field(body, "name"), text_field(body, "role")
        password = await self._accounts.create(name, role, request[SIGNED_IN].account)
        return web.json_response({"name": name, "password": password}, status=201)

    async def disable(self, request: Request) -> Response:
        """Nobody logs in with it any more, and who is logged in is not."""
        await self._accounts.disable(request.match_info["name"], request[SIGNED_IN].account)
        return Response(status=204)

    async def enable(self, request: Request) -> Response:
        """The account can be used again."""
        await self._accounts.enable(request.match_info["name"], request[SIGNED_IN].account)
        return Response(status=204)

    async def reset(self, request: Request) -> Response:
        """A new one-time password; the old password and second factor are gone."""
        name = request.match_info["name"]
        return web.json_response(
            {"name": name, "password": await self._accounts.reset(name, request[SIGNED_IN].account)}
        )

    async def show_as(self, request: Request) -> Response:
        """What people are told a counsellor is called."""
        return await self._show_as(request, request.match_info["name"])

    async def show_me_as(self, request: Request) -> Response:
        """What people are told that one is called oneself."""
        return await self._show_as(request, request[SIGNED_IN].account)

    async def _show_as(self, request: Request, name: str) -> Response:
        shown = text_field(await json_fields(request), "shown_name")
        await self._accounts.show_as(name, shown, request[SIGNED_IN].account)
        return web.json_response({"shown_name": await self._accounts.shown_name(name)})

    async def list_audit(self, request: Request) -> Response:
        """The audit log, newest first, a page at a time (``before``: the smallest id of the page before)."""
        entries = await read_audit(request, self._audit)
        following = entries[-1].id if len(entries) == PAGE else None
        return web.json_response({"entries": [_entry(entry) for entry in entries], "before": following})


async def read_audit(request: Request, audit_log: Audit) -> list[AuditEntry]:
    """The page of the audit log that a request asks for; that it was read is noted, too.

    Raises:
        DeskError: ``before`` is no id.
    """
    before = request.query.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= _DIGITS):
        raise DeskError(400, "malformed", "account.malformed")
    entries = await audit_log.page(int(before) if before else None)
    await audit_log.note(request[SIGNED_IN].account, "audit.read")
    return entries


def _account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "enabled": account.enabled,
        "new": account.is_new,
        "expired": account.has_expired,
        "created_at": account.created_at.isoformat(),
        "shown_name": account.shown_name,
    }


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "account": entry.account,
        "action": entry.action,
        "object": entry.object,
        "detail": entry.detail,
    }
