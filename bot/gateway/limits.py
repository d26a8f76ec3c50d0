"""How much one conversation, and everybody together, may ask in a minute."""

from __future__ import annotations

import time
from collections import OrderedDict, deque

_WINDOW_SECONDS = 60.0
#: Keys remembered at most; the longest unused is forgotten first.
_MOST_KEYS = 10_000


class RateLimit:
    """At most ``most`` events a minute for each key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def retry_after(self, key: str) -> int | None:
        """None if one more event is allowed (and counted), else the seconds to wait."""
        now = time.monotonic()
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        if len(self._events) > _MOST_KEYS:
            self._events.popitem(last=False)
        while events and events[0] <= now - _WINDOW_SECONDS:
            events.popleft()
        if len(events) >= self._most:
            return max(1, int(events[0] + _WINDOW_SECONDS - now) + 1)
        events.append(now)
        return None
