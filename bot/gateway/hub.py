"""Wakes the event streams of a conversation when there is something new in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Hub:
    """Who listens to which conversation. The news itself is read from the store, so nothing can be missed."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def listen(self, conversation: str) -> Iterator[asyncio.Event]:
        """An event that is set when the conversation changes."""
        event = asyncio.Event()
        self._listeners.setdefault(conversation, set()).add(event)
        try:
            yield event
        finally:
            listeners = self._listeners[conversation]
            listeners.discard(event)
            if not listeners:
                del self._listeners[conversation]

    def notify(self, conversation: str) -> None:
        for event in self._listeners.get(conversation, ()):
            event.set()

    def notify_all(self) -> None:
        """Wake everybody, as when the gateway stops."""
        for conversation in list(self._listeners):
            self.notify(conversation)
