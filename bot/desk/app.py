"""The desk as an application of its own, which the gateway serves below ``/desk``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from aiohttp import web

from bot.answers.content import Content
from bot.desk.account_api import AccountApi
from bot.desk.account_pages import AccountPages
from bot.desk.accounts import Accounts
from bot.desk.audit import Audit
from bot.desk.authentication import Authentication
from bot.desk.clock import Clock, utc_now
from bot.desk.figures_pages import FigurePages
from bot.desk.guard import Guard
from bot.desk.login import LogIn
from bot.desk.pages import Pages
from bot.desk.passwords import Passwords
from bot.desk.retention import keep_desk_retention
from bot.desk.sessions import Sessions
from bot.desk.throttle import Throttle
from bot.gateway.metrics import Metrics
from bot.gateway.store import Store
from bot.settings import Settings


class Desk:
    """What the pages and APIs of the desk work with."""

    def __init__(
        self,
        store: Store,
        content: Content,
        settings: Settings,
        secret_key: str,
        metrics: Metrics,
        clock: Clock = utc_now,
        passwords: Passwords | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.passwords = passwords or Passwords()
        self.audit = Audit(store, clock)
        self.accounts = Accounts(store, self.passwords, clock)
        self.sessions = Sessions(store, clock)
        self.pages = Pages(content)
        self._guard = Guard(self.sessions, self.pages, settings, secret_key, metrics)
        self._throttle = Throttle(clock)
        self._content = content
        self._settings = settings

    def application(self, routes: Iterable[web.RouteDef] = ()) -> web.Application:
        """The application to add below ``/desk``.

        ``routes`` are those of other parts, with paths below ``/desk`` (``/queue``). Each needs a line in
        ``roles.PERMISSIONS``; without one it is refused to everybody.
        """
        authentication = Authentication(self.store, self.passwords, self.clock)
        log_in = LogIn(
            authentication, self.sessions, self._throttle, self.audit, self._guard, self.pages, self._settings
        )
        api = AccountApi(self.accounts, self.audit, self._throttle, self._guard, self._settings)
        pages = AccountPages(self.accounts, self.audit, self.pages, self._content)
        figures = FigurePages(self.store, self.audit, self.pages, self._content, self.clock)
        app = web.Application(middlewares=[self._guard.middleware])
        app.add_routes([web.get("/static/{name}", self.pages.serve)])
        app.add_routes([*log_in.routes(), *api.routes(), *pages.routes(), *figures.routes(), *routes])
        app.on_response_prepare.append(self._guard.protect)
        app.cleanup_ctx.append(self._run)
        return app

    async def _run(self, app: web.Application) -> AsyncIterator[None]:
        retention = asyncio.create_task(keep_desk_retention(self.store, self.clock))
        yield
        retention.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await retention
        self.passwords.close()
