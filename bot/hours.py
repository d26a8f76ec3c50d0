"""Opening hours on a Dutch clock: by the week, but for public holidays and single days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import holidays

#: Opening hours are hours on a Dutch clock, wherever the server stands.
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")

#: The days of a week as content and settings write them, Monday first.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: So far ahead the next opening is looked for: holidays may follow closed weeks.
_AHEAD = 28
#: Made here, at the start: it takes the library most of a second, and years add themselves.
_HOLIDAYS = holidays.country_holidays("NL")


@dataclass(frozen=True)
class Hours:
    """Opening hours: for each weekday (Monday 0) the spans (opens, closes).

    ``on_holidays``: whether they hold on Dutch public holidays, too; ``closed``: single days on which nobody is there.
    """

    week: tuple[tuple[tuple[dt.time, dt.time], ...], ...]
    on_holidays: bool = True
    closed: frozenset[dt.date] = frozenset()

    @classmethod
    def from_days(
        cls, raw: Mapping[str, str | list[str]], on_holidays: bool = True, closed: Collection[dt.date] = ()
    ) -> Hours:
        """Hours from ``{"mon-fri": "09:00-17:00", "sat": ["10:00-12:00", "13:00-15:00"]}``.

        Raises:
            ValueError: a day or a span is not understood.
        """
        week: list[list[tuple[dt.time, dt.time]]] = [[] for _ in WEEKDAYS]
        for days, spans in raw.items():
            first, _, last = days.partition("-")
            for span in spans if isinstance(spans, list) else [spans]:
                opens, closes = (dt.time.fromisoformat(part) for part in span.split("-"))
                for day in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
                    week[day].append((opens, closes))
        return cls(tuple(tuple(sorted(spans)) for spans in week), on_holidays, frozenset(closed))

    def is_open(self, moment: dt.datetime) -> bool:
        local = moment.astimezone(DUTCH_TIME)
        return any(opens <= local.time() < closes for opens, closes in self._spans(local.date()))

    def opens_next(self, moment: dt.datetime) -> dt.datetime | None:
        """The next opening after ``moment``, or None if there is none within four weeks."""
        local = moment.astimezone(DUTCH_TIME)
        for ahead in range(_AHEAD + 1):
            day = local.date() + dt.timedelta(days=ahead)
            for opens, _ in self._spans(day):
                start = dt.datetime.combine(day, opens, DUTCH_TIME)
                if start > local:
                    return start
        return None

    def _spans(self, day: dt.date) -> tuple[tuple[dt.time, dt.time], ...]:
        if day in self.closed or (not self.on_holidays and is_holiday(day)):
            return ()
        return self.week[day.weekday()]


def is_holiday(day: dt.date) -> bool:
    """Whether a day is a public holiday in the Netherlands."""
    return day in _HOLIDAYS
