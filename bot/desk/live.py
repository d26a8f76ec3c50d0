"""Wakes the event streams of counsellors when a chat of the desk changes, and knows who has one open."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.desk.clock import utc_now
from bot.gateway.handover import Handover, Handovers
from bot.gateway.hub import Hub
from bot.gateway.store import StoreUnavailable

_logger = logging.getLogger(__name__)

#: The program goes on with chats like these; of them only the end is news.
_GONE = ("returned", "left", "erased")
_NEWS = dt.timedelta(minutes=1)


class Listener:
    """One event stream: which handovers have changed since it looked last."""

    def __init__(self, account: str) -> None:
        self.account = account
        #: Whether somebody is at the desk, and not only the page.
        self.is_there = True
        self._changed: set[str] = set()
        self._typing: set[str] = set()
        self._woken = asyncio.Event()

    def wake(self, *handovers: str) -> None:
        """Let it look."""
        self._changed.update(handovers)
        self._woken.set()

    def note_typing(self, handover: str) -> None:
        """The person in this chat is writing."""
        self._typing.add(handover)
        self._woken.set()

    def typing(self) -> set[str]:
        """The handovers in which somebody has been writing since it was asked last."""
        typing, self._typing = self._typing, set()
        return typing

    async def wait(self, seconds: float) -> set[str]:
        """The handovers that have changed; none if nothing happens for so long, or the desk closes."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()
        changed, self._changed = self._changed, set()
        return changed


class DeskHub:
    """Who listens. What has changed is read from the store, so that nothing can be missed."""

    def __init__(self, handovers: Handovers, hub: Hub) -> None:
        self._handovers = handovers
        self._listeners: list[Listener] = []
        self._conversations: set[str] = set()
        self._typing: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        hub.watch(self._note)
        hub.watch_asker(self._note_typing)

    @contextmanager
    def listen(self, account: str) -> Iterator[Listener]:
        """Have a stream of an account woken until the end of the block."""
        listener = Listener(account)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    def is_here(self, account: str) -> bool:
        """Whether somebody has the queue open, and has used it lately."""
        return any(listener.account == account and listener.is_there for listener in self._listeners)

    def wake_all(self) -> None:
        """Wake everybody, as when the gateway stops."""
        for listener in self._listeners:
            listener.wake()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _note(self, conversation: str) -> None:
        self._look(self._conversations, conversation)

    def _note_typing(self, conversation: str) -> None:
        self._look(self._typing, conversation)

    def _look(self, conversations: set[str], conversation: str) -> None:
        if not self._listeners:
            return
        conversations.add(conversation)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_up())

    async def _look_up(self) -> None:
        """Find the handovers that the conversations are in, and wake the streams."""
        while self._conversations or self._typing:
            typing = not self._conversations
            conversation = (self._typing if typing else self._conversations).pop()
            try:
                found = await self._handovers.latest(conversation)
            except asyncio.CancelledError:
                raise
            except StoreUnavailable:
                # The streams find that out by themselves, end, and begin anew.
                self.wake_all()
                continue
            except Exception as error:  # one chat's fault must not stop the others
                _logger.error("Desk: %s", type(error).__name__)
                continue
            if found is None:
                continue
            for listener in self._listeners:
                if typing and found.state == "person" and found.assignee == listener.account:
                    listener.note_typing(found.id)
                elif not typing and _is_news(found):
                    listener.wake(found.id)


def _is_news(found: Handover) -> bool:
    return found.state not in _GONE or found.ended_at is None or found.ended_at > utc_now() - _NEWS
