"""The editors' desk in a thread beside the browsers that look at it; no Rasa, as no answer is needed."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page

from bot.editing.versions import Versions
from tests.conftest import ROOT
from tests.editing.running import EditingDesk, editing_desk
from tests.system.desk import Background

_Result = TypeVar("_Result")


class Editors:
    """Editors with a browser of their own each. Nothing may go wrong in the console of any of them."""

    def __init__(self, browser: Browser, background: Background, desk: EditingDesk) -> None:
        self._browser = browser
        self._background = background
        self._contexts: list[BrowserContext] = []
        self.desk = desk
        self.problems: list[str] = []

    def open(self, account: str, path: str, **options: Any) -> Page:
        """A page as somebody sees it who has logged in."""
        context = self._browser.new_context(**{"locale": "en-GB", **options})
        self._contexts.append(context)
        self.log_in(context, account)
        context.on("console", lambda message: self._note(message.type, message.text))
        context.on("weberror", lambda error: self.problems.append(str(error.error)))
        page = context.new_page()
        page.goto(self.desk.url + path)
        return page

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Do something beside the browsers, such as filling the store."""
        return self._background.run(coroutine)

    def log_in(self, context: BrowserContext, account: str) -> None:
        """Give a browser a new session."""
        token = self._background.run(self._session(account))
        context.add_cookies([{"name": "desk_session", "value": token, "url": f"{self.desk.url}/desk"}])

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    async def _session(self, account: str) -> str:
        async with self.desk.at(account) as browser:
            return browser.cookie("desk_session")

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:
            self.problems.append(text)


@contextmanager
def editors(browser: Browser, folder: Path) -> Iterator[Editors]:
    """Start the desk in a folder, and stop it at the end of the block."""
    Versions(folder / "first", ROOT).open()
    background, stack = Background(), AsyncExitStack()
    try:
        desk = background.run(stack.enter_async_context(editing_desk(folder, folder / "first")))
        yield Editors(browser, background, desk)
    finally:
        background.run(stack.aclose())
        background.stop()
