"""Amounts and rules with the time in which they hold (``data/facts.yml``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from bot.answers._yaml import entry, read_mapping
from bot.answers.checking import Checked, checked
from bot.answers.errors import ContentError

Kind = Literal["money", "percent", "number", "date", "day", "time", "rule"]
Show = Literal["yes", "with_caution", "no_until_checked"]

#: How far a fact can be trusted on a day.
#: current: show it; review_due: show it and say it was not checked lately; announced: not in force yet;
#: expired and hidden: never show it as true.
State = Literal["current", "review_due", "announced", "expired", "hidden"]


@dataclass(frozen=True)
class Source:
    """An official source; ``url`` is None only for what we say about ourselves."""

    id: str
    name: str
    url: str | None


@dataclass(frozen=True)
class Period:
    """A value in force from ``valid_from`` up to and including ``valid_until`` (None: open)."""

    value: Any
    valid_from: dt.date | None
    valid_until: dt.date | None
    review_by: dt.date | None

    def holds(self, day: dt.date) -> bool:
        starts, ends = self.valid_from or dt.date.min, self.valid_until or dt.date.max
        return starts <= day <= ends


@dataclass(frozen=True)
class Fact:
    """One amount or rule; ``periods`` are in the order of their dates.

    ``checked`` is None where nobody checked it by itself: then it was checked with all others (``Facts.checked``).
    """

    id: str
    kind: Kind
    about: str
    source: Source
    show: Show
    periods: tuple[Period, ...]
    checked: Checked | None = None

    def period(self, day: dt.date) -> Period:
        """The period in force on a day, else the last one before it, else the first to come."""
        for period in reversed(self.periods):
            if period.holds(day):
                return period
        past = [p for p in self.periods if (p.valid_until or dt.date.max) < day]
        return past[-1] if past else self.periods[0]

    def ends(self, day: dt.date) -> dt.date | None:
        """The last day of the period that counts on a day; None if it is open, or the next one is there already."""
        until = self.period(day).valid_until
        if until is None or any(period.holds(until + dt.timedelta(days=1)) for period in self.periods):
            return None
        return until

    def state(self, day: dt.date) -> State:
        if self.show == "no_until_checked":
            return "hidden"
        period = self.period(day)
        if period.valid_until and period.valid_until < day:
            return "expired"
        if period.valid_from and period.valid_from > day and self.kind != "date":
            return "announced"
        if period.review_by and period.review_by < day:
            return "review_due"
        return "current"


@dataclass(frozen=True)
class Facts:
    """All facts and sources, and the day on which those without a day of their own were last checked."""

    checked: dt.date
    sources: dict[str, Source]
    facts: dict[str, Fact]

    def checked_on(self, fact_ids: Iterable[str]) -> dt.date:
        """The day since which every one of some facts has been checked: the earliest of their days."""
        own = (self.facts[fact_id].checked for fact_id in fact_ids)
        return min((one.on if one else self.checked for one in own), default=self.checked)


def load_facts(path: Path) -> Facts:
    """Read ``data/facts.yml``.

    Raises:
        ContentError: something is missing, unknown or of the wrong kind.
    """
    data = read_mapping(path)
    sources = {
        key: Source(key, entry(path, row, "name", key), row.get("url"))
        for key, row in entry(path, data, "sources", "file").items()
    }
    facts: dict[str, Fact] = {}
    for fact_id, row in entry(path, data, "facts", "file").items():
        kind, show = entry(path, row, "kind", fact_id), entry(path, row, "show", fact_id)
        source = sources.get(entry(path, row, "source", fact_id))
        if kind not in get_args(Kind) or show not in get_args(Show):
            raise ContentError(path, f"fact '{fact_id}': unknown kind '{kind}' or show '{show}'")
        if source is None:
            raise ContentError(path, f"fact '{fact_id}': unknown source '{row['source']}'")
        periods = tuple(_period(path, fact_id, kind, raw) for raw in entry(path, row, "values", fact_id))
        if not periods:
            raise ContentError(path, f"fact '{fact_id}' has no values")
        for earlier, later in pairwise(periods):
            if later.valid_from is None or earlier.valid_until is None or later.valid_from <= earlier.valid_until:
                raise ContentError(path, f"fact '{fact_id}': its periods overlap or are out of order")
        about = entry(path, row, "about", fact_id)
        own = checked(path, row, f"fact '{fact_id}'")
        facts[fact_id] = Fact(fact_id, kind, about, source, show, periods, own)
    return Facts(entry(path, data, "checked", "file"), sources, facts)


def _period(path: Path, fact_id: str, kind: Kind, raw: dict[str, Any]) -> Period:
    value = raw.get("value")
    for key in ("valid_from", "valid_until", "review_by"):
        if raw.get(key) is not None and not isinstance(raw[key], dt.date):
            raise ContentError(path, f"fact '{fact_id}': {key} must be a date such as 2027-01-01")
    if kind in ("money", "percent", "number") and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise ContentError(path, f"fact '{fact_id}': {value!r} is not a number")
    if kind == "date" and not isinstance(value, dt.date):
        raise ContentError(path, f"fact '{fact_id}': {value!r} is not a date")
    if kind in ("day", "time"):
        try:
            dt.datetime.strptime(
                f"2000-{value}" if kind == "day" else str(value), "%Y-%m-%d" if kind == "day" else "%H:%M"
            )
        except ValueError:
            raise ContentError(path, f"fact '{fact_id}': {value!r} is not a {kind}") from None
    return Period(value, raw.get("valid_from"), raw.get("valid_until"), raw.get("review_by"))
