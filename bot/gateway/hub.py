"""Wakes the event streams of a conversation when there is something new in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Changed(asyncio.Event):
    """Set when a conversation changes; ``typing``: when the person in it is writing."""

    typing = False


class Hub:
    """Who listens to which conversation. The news itself is read from the store, so nothing can be missed."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Changed]] = {}
        self._watchers: list[Callable[[str], None]] = []
        self._typing_watchers: list[Callable[[str], None]] = []
        self._asker_watchers: list[Callable[[str], None]] = []

    @contextmanager
    def listen(self, conversation: str) -> Iterator[Changed]:
        """An event that is set when the conversation changes."""
        event = Changed()
        self._listeners.setdefault(conversation, set()).add(event)
        try:
            yield event
        finally:
            listeners = self._listeners[conversation]
            listeners.discard(event)
            if not listeners:
                del self._listeners[conversation]

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Have ``watcher`` called with every conversation that changes."""
        self._watchers.append(watcher)

    def watch_typing(self, watcher: Callable[[str], None]) -> None:
        """Have ``watcher`` called with every conversation in which a person at the desk is writing."""
        self._typing_watchers.append(watcher)

    def watch_asker(self, watcher: Callable[[str], None]) -> None:
        """Have ``watcher`` called with every conversation in which the one who asks for help is writing."""
        self._asker_watchers.append(watcher)

    def notify(self, conversation: str) -> None:
        for watcher in self._watchers:
            watcher(conversation)
        for event in self._listeners.get(conversation, ()):
            event.set()

    def typing(self, conversation: str) -> None:
        """A person at the desk is writing; it is shown for some seconds and kept nowhere."""
        for watcher in self._typing_watchers:
            watcher(conversation)
        for event in self._listeners.get(conversation, ()):
            event.typing = True
            event.set()

    def asker_types(self, conversation: str) -> None:
        """Who asks for help is writing to a counsellor; it is shown for some seconds and kept nowhere."""
        for watcher in self._asker_watchers:
            watcher(conversation)

    def notify_all(self) -> None:
        """Wake everybody, as when the gateway stops."""
        for events in self._listeners.values():
            for event in events:
                event.set()
