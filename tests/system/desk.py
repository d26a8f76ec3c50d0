"""A gateway with its desk, Telegram and a translation service, in a thread beside the browser that looks at it."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.desk import sessions
from bot.desk import tables as desk_tables
from bot.desk.clock import utc_now
from bot.gateway import tables
from bot.gateway.store import Store
from tests.bot_api import BotApi, Group, User
from tests.desk import site
from tests.desk.people import Asker, asking
from tests.libretranslate import LibreTranslate
from tests.system.conftest import free_port
from tests.system.sites import Sites, serving_sites
from tests.system.telegram import gateway, until

_Result = TypeVar("_Result")
_ids = itertools.count(7_000_001)
#: What ``tests/system/telegram.py`` gives its gateways.
_KEY = "the same before and after a restart"
_STAFF = -700_001


class Background:
    """An event loop in a thread of its own: Playwright has this one's."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Have something done there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Person:
    """Somebody who asks for help: on the web, or on Telegram (``user``)."""

    def __init__(self, background: Background, asker: Asker) -> None:
        self._background = background
        self.asker = asker

    def say(self, text: str) -> None:
        self._background.run(self.asker.say(text))

    def hear(self, fits: Any) -> Any:
        """Wait for a message that holds this text, or for which this is true."""
        return self._background.run(self.asker.hear(fits))

    def erase(self) -> None:
        """Erase the chat."""

        async def erase() -> None:
            chat = self.asker.chat
            async with chat.session.delete(f"{chat.url}/api/conversations", headers=chat.headers) as response:
                assert response.status == 204

        self._background.run(erase())


@dataclass
class RunningDesk:
    """Everything that runs."""

    url: str
    background: Background
    store: Store
    content: Content
    api: BotApi
    #: The Telegram group that gets notices.
    staff: Group
    translator: LibreTranslate
    #: Other people's sites, which may show the chat.
    sites: Sites
    #: Ends with the test.
    people: AsyncExitStack

    def person(self, language: str = "pl", **asked: Any) -> Person:
        """Somebody on the web whose chat is in line; ``asked`` as in ``Asker.ask_for_person``."""

        async def begin() -> Asker:
            asker = await self.people.enter_async_context(asking(self.url, self.content, language))
            await asker.ask_for_person(**asked)
            return asker

        return Person(self.background, self.background.run(begin()))

    def user(self, name: str) -> User:
        """Somebody on Telegram."""
        return self.api.user(next(_ids), language_code="ro", first_name=name, username=f"{name.lower()}_x")

    def do(self, act: Callable[[], _Result]) -> _Result:
        """Have something done where the gateway runs."""

        async def done() -> _Result:
            return act()

        return self.background.run(done())

    def wait(self, true: Callable[[], object]) -> None:
        """Wait until something is the case."""
        self.background.run(until(true))

    def session(self, account: str) -> str:
        """The token of a new session of a counsellor."""

        async def enter() -> str:
            async with site.Browser(self.url) as browser:
                await site.enter(self.store, browser, account, "counsellor", now=utc_now())
                return browser.cookie("desk_session")

        return self.background.run(enter())

    def end_sessions(self, account: str) -> None:
        """Log somebody out everywhere."""
        self.background.run(self.store.transaction(lambda connection: sessions.end_all(connection, account)))

    def leave_unused(self, account: str) -> None:
        """Let somebody's sessions be unused for far longer than they may be."""
        # A request that is under way has read the clock before; on the very edge it would still count as a use.
        old = desk_tables.sessions.update().values(last_at=utc_now() - 2 * sessions.IDLE)
        mine = old.where(desk_tables.sessions.c.account == account)
        self.background.run(self.store.transaction(lambda connection: connection.execute(mine)))

    def close_all(self) -> None:
        """Nobody waits and nobody is helped any more."""

        async def clear() -> None:
            await self.people.aclose()
            await self.store.transaction(_delete_chats)

        self.background.run(clear())


def _delete_chats(connection: Connection) -> None:
    for table in (tables.handovers, tables.outbox, tables.buttons, tables.sent, tables.received, tables.conversations):
        connection.execute(table.delete())


@contextmanager
def running_desk(content: Content, folder: Path) -> Iterator[RunningDesk]:
    """Start it all, and stop it at the end of the block."""
    background, path = Background(), folder / "store.db"
    api, translator = BotApi(messages_per_second=30), LibreTranslate()
    staff = api.group(_STAFF)
    stack, served = AsyncExitStack(), ExitStack()
    sites = served.enter_context(serving_sites(free_port()))

    async def start() -> str:
        await api.start()
        await translator.start()
        staff.add_bot(api.user(next(_ids)))
        open_always = {"DESK_HOURS": "mon-sun 00:00-23:59", "CONVERSATIONS_PER_MINUTE": "600"}
        notices = {"TELEGRAM_STAFF_CHAT": str(_STAFF), "DESK_URL": "https://desk.example/desk/queue"}
        web = {"TRUSTED_PROXIES": "1", "EMBED_ORIGINS": sites.allowed, "ADDRESS_MESSAGES_PER_MINUTE": "6000"}
        settings = {**open_always, **notices, **web, "TRANSLATE_URL": translator.url}
        return await stack.enter_async_context(gateway(api, path, None, **settings))

    async def stop() -> None:
        await desk.people.aclose()
        await stack.aclose()
        await api.stop()
        await translator.stop()
        await desk.store.close()

    url = sites.chat = background.run(start())
    store = Store(f"sqlite:///{path}", [_KEY])
    desk = RunningDesk(url, background, store, content, api, staff, translator, sites, AsyncExitStack())
    try:
        yield desk
    finally:
        background.run(stop())
        background.stop()
        served.close()


class Desks:
    """Counsellors with a browser of their own each. Nothing may go wrong in the console of any of them."""

    def __init__(self, browser: Browser, desk: RunningDesk) -> None:
        self._browser = browser
        self._desk = desk
        self._contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def open(self, account: str, path: str = "/desk/queue", *, prepare: str = "", **options: Any) -> Page:
        """The desk as somebody sees it who has logged in."""
        context = self._browser.new_context(**{"locale": "en-GB", **options})
        self._contexts.append(context)
        self.log_in(context, account)
        if prepare:
            context.add_init_script(prepare)
        return self._page(context, path)

    def visit(self, path: str = "/", **options: Any) -> Page:
        """The chat page, as people see it."""
        context = self._browser.new_context(**{"locale": "pl-PL", **options})
        self._contexts.append(context)
        return self._page(context, path)

    def log_in(self, context: BrowserContext, account: str) -> None:
        """Give a browser a new session."""
        token = self._desk.session(account)
        context.add_cookies([{"name": "desk_session", "value": token, "url": f"{self._desk.url}/desk"}])

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _page(self, context: BrowserContext, path: str) -> Page:
        context.on("console", lambda message: self._note(message.type, message.text))
        context.on("weberror", lambda error: self.problems.append(str(error.error)))
        page = context.new_page()
        page.goto(self._desk.url + path)
        return page

    def _note(self, kind: str, text: str) -> None:
        expected = ("status of 4", "status of 503", "ERR_INTERNET_DISCONNECTED", "ERR_INCOMPLETE")
        if kind == "error" and not any(word in text for word in expected):
            self.problems.append(text)
