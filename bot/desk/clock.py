"""What time it is, for everything that ends by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

#: The present moment, with its time zone.
Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """The present moment (UTC)."""
    return dt.datetime.now(dt.timezone.utc)


def as_utc(moment: dt.datetime) -> dt.datetime:
    """A moment as it comes from the database; SQLite forgets that it is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
