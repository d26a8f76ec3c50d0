"""How often a log-in may fail before it has to wait."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque

from bot.desk.clock import Clock

_WINDOW = dt.timedelta(minutes=15)
#: Failures in that time: of one name from one address, of one name from everywhere, of all names from one address.
#: The first is the smallest, so that a stranger does not lock somebody out with a few attempts.
_OWN, _NAME, _ADDRESS = 5, 20, 30
#: Keys remembered at most; the longest unused is forgotten first.
_MOST_KEYS = 10_000


class Throttle:
    """Counts attempts in advance, so that many at the same moment are not more than allowed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._attempts: OrderedDict[tuple[str, ...], deque[dt.datetime]] = OrderedDict()

    def retry_after(self, name: str, address: str) -> int | None:
        """None if one more attempt is allowed (and counted), else the seconds to wait."""
        now = self._clock()
        counted = [(self._recent(key, now), most) for key, most in _limits(name, address)]
        waits = [attempts[-most] + _WINDOW - now for attempts, most in counted if len(attempts) >= most]
        if waits:
            return int(max(waits).total_seconds()) + 1
        for attempts, _ in counted:
            attempts.append(now)
        return None

    def forgive(self, name: str, address: str) -> None:
        """The attempt just counted succeeded: it was no failure, and those before it were the owner's."""
        (own, _), *others = _limits(name, address)
        self._attempts.pop(own, None)
        for key, _ in others:
            if attempts := self._attempts.get(key):
                attempts.pop()

    def _recent(self, key: tuple[str, ...], now: dt.datetime) -> deque[dt.datetime]:
        attempts = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        while attempts and attempts[0] <= now - _WINDOW:
            attempts.popleft()
        if len(self._attempts) > _MOST_KEYS:
            self._attempts.popitem(last=False)
        return attempts


def _limits(name: str, address: str) -> list[tuple[tuple[str, ...], int]]:
    return [(("own", name, address), _OWN), (("name", name), _NAME), (("address", address), _ADDRESS)]
