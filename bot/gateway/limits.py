"""How much one conversation, one address or everybody together may ask in some time."""

from __future__ import annotations

import time
from collections import OrderedDict, deque

_MINUTE = 60.0
#: Keys remembered at most; the longest unused is forgotten first.
_MOST_KEYS = 10_000


class RateLimit:
    """At most ``most`` events for each key in so many seconds."""

    def __init__(self, most: int, window_seconds: float = _MINUTE) -> None:
        self._most = most
        self._window_seconds = window_seconds
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def retry_after(self, key: str) -> int | None:
        """None if one more event is allowed (and counted), else the seconds to wait."""
        now = time.monotonic()
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        if len(self._events) > _MOST_KEYS:
            self._events.popitem(last=False)
        while events and events[0] <= now - self._window_seconds:
            events.popleft()
        if len(events) >= self._most:
            return max(1, int(events[0] + self._window_seconds - now) + 1)
        events.append(now)
        return None

    def forgive(self, key: str) -> None:
        """The event counted last was none of those that are limited."""
        if events := self._events.get(key):
            events.pop()
