"""The draft that all editors share: one change at a time, checked as a whole before it is kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.answers.content import Content, load_content
from bot.answers.errors import ContentError
from bot.editing.errors import EditError
from bot.editing.versions import Edit, Versions
from bot.translations import compile_catalogues

_Seen = TypeVar("_Seen")


class Change(Protocol):
    """Writes a change into the draft's files."""

    def __call__(self, folder: Path, content: Content) -> None:
        """Write it.

        Args:
            folder: what holds ``data`` and ``locales``.
            content: the draft as it is now.

        Raises:
            EditError: it cannot be done; whatever was written is undone.
        """


class Draft:
    """Reads and changes the draft. Each kept change is a commit in its author's name."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._changing = asyncio.Lock()
        self._read: tuple[str, Content] | None = None

    @property
    def folder(self) -> Path:
        """What holds ``data`` and ``locales``; only to be read."""
        return self._versions.draft_folder

    @property
    def known(self) -> str:
        """What named the draft when it was last read here; "" before that."""
        return self._read[0] if self._read else ""

    async def content(self) -> Content:
        """The content as it is drafted."""
        return (await self.state())[1]

    async def state(self) -> tuple[str, Content]:
        """What names the draft as it is now, and its content."""
        async with self._changing:
            return await asyncio.to_thread(self._load)

    async def change(self, account: str, item: str, what: str, change: Change) -> Content:
        """Change the draft; all of it or nothing.

        Args:
            account: who does it.
            item: what is changed, such as ``topic minimum_wage`` or ``fact minimum_wage_21``.
            what: what is done to it, in a fixed word or two (``text pl``).
            change: writes it.

        Raises:
            EditError: the change is refused, or the content could not be read with it.
        """
        async with self._changing:
            return await asyncio.to_thread(self._change, account, f"{item}: {what}", change)

    async def last_edit(self, *items: str) -> Edit | None:
        """The last change of one of some items, published or not; None if there is none."""
        edits: list[Edit] = await self.alone(lambda: self._versions.edits_of(items, 1))
        return edits[0] if edits else None

    async def former(self, draft_id: str, path: str) -> str | None:
        """A file as it was in an earlier draft (``state``), None if that one is not known here."""
        found: str | None = await self.alone(lambda: self._versions.text_at(draft_id, path))
        return found

    def present_id(self) -> str:
        """What names the draft as it is now; for a change, while nobody else can make one."""
        return self._versions.draft_id()

    async def look(self, act: Callable[[Path, Content], _Seen]) -> _Seen:
        """Read the draft's files (``act`` gets its folder and content) while nobody changes it; it runs in a thread."""

        def read() -> _Seen:
            _, content = self._load()
            return act(self.folder, content)

        async with self._changing:
            return await asyncio.to_thread(read)

    async def alone(self, act: Callable[[], Any]) -> Any:
        """Do something with the versions while nobody changes the draft; it runs in a thread."""
        async with self._changing:
            await asyncio.to_thread(self._load)
            return await asyncio.to_thread(act)

    def _change(self, account: str, what: str, change: Change) -> Content:
        _, content = self._load()
        try:
            change(self.folder, content)
            compile_catalogues(self.folder)
            changed = load_content(self.folder)
            self._versions.commit(account, what)
        except ContentError as error:
            self._versions.restore()
            raise EditError("unreadable", "edit.unreadable", reason=error.problem) from error
        except BaseException:
            self._versions.restore()
            raise
        self._read = self._versions.draft_id(), changed
        return changed

    def _load(self) -> tuple[str, Content]:
        if self._read is None:
            self._versions.open()
        draft = self._versions.draft_id()
        if self._read is None or self._read[0] != draft:
            compile_catalogues(self.folder)
            self._read = draft, load_content(self.folder)
        return self._read


def revision(*parts: Any) -> str:
    """Twelve hex digits that change with what they are made of: a page sends back those of what it showed."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def must_be(seen: str, present: str) -> None:
    """Refuse a change to something that somebody else has changed since it was shown.

    Raises:
        EditError: what was shown (``seen``) is not what is there now.
    """
    if seen != present:
        raise EditError("changed_meanwhile", "edit.changed_meanwhile", status=409)
