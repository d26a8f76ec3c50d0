"""Organisations people are pointed to (``data/services.yml``) and when they are open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from bot.answers._yaml import entry, read_mapping
from bot.answers.errors import ContentError

#: Opening hours are hours on a Dutch clock, wherever the server stands.
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")

ServiceShow = Literal["yes", "after_check"]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Hours:
    """Weekly opening hours: for each weekday (Monday 0) the spans (opens, closes)."""

    week: tuple[tuple[tuple[dt.time, dt.time], ...], ...]

    def is_open(self, moment: dt.datetime) -> bool:
        local = moment.astimezone(DUTCH_TIME)
        return any(opens <= local.time() < closes for opens, closes in self.week[local.weekday()])

    def opens_next(self, moment: dt.datetime) -> dt.datetime | None:
        """The next opening after ``moment`` within a week, or None if it never opens."""
        local = moment.astimezone(DUTCH_TIME)
        for ahead in range(8):
            day = local.date() + dt.timedelta(days=ahead)
            for opens, _ in self.week[day.weekday()]:
                start = dt.datetime.combine(day, opens, DUTCH_TIME)
                if start > local:
                    return start
        return None


@dataclass(frozen=True)
class Service:
    """One organisation. ``show`` after_check: its number must be checked on the website first."""

    id: str
    name: str
    does: str
    show: ServiceShow
    review_by: dt.date
    source: str
    phone: str | None = None
    phone_alternative: str | None = None
    phone_abroad: str | None = None
    email: str | None = None
    url: str | None = None
    url_en: str | None = None
    languages: tuple[str, ...] = ()
    always: bool = False
    hours: Hours | None = None
    free: bool = False
    anonymous: bool = False
    region: str | None = None
    elsewhere: str | None = None
    via: str | None = None
    for_language: str | None = None

    def is_open(self, moment: dt.datetime) -> bool | None:
        """Whether somebody answers now; None when the hours are not known."""
        if self.always:
            return True
        return self.hours.is_open(moment) if self.hours else None


@dataclass(frozen=True)
class Services:
    """All organisations, and the day on which they were last checked."""

    checked: dt.date
    services: dict[str, Service] = field(default_factory=dict)


def load_services(path: Path) -> Services:
    """Read ``data/services.yml``.

    Raises:
        ContentError: something is missing or wrong, or a record points to an unknown one.
    """
    data = read_mapping(path)
    services = {key: _service(path, key, row) for key, row in entry(path, data, "services", "file").items()}
    for service in services.values():
        for other in (service.elsewhere, service.via):
            if other is not None and other not in services:
                raise ContentError(path, f"service '{service.id}' points to unknown '{other}'")
        if service.url is None and service.via is None:
            raise ContentError(path, f"service '{service.id}' has no website and no 'via'")
    return Services(entry(path, data, "checked", "file"), services)


def _service(path: Path, key: str, row: dict[str, Any]) -> Service:
    known = set(Service.__dataclass_fields__)
    unknown = set(row) - known
    if unknown:
        raise ContentError(path, f"service '{key}': unknown field '{sorted(unknown)[0]}'")
    for name in ("name", "does", "show", "review_by", "source"):
        entry(path, row, name, key)
    if row["show"] not in get_args(ServiceShow):
        raise ContentError(path, f"service '{key}': unknown show '{row['show']}'")
    values = {name: value for name, value in row.items() if name not in ("hours", "languages")}
    hours = row.get("hours")
    return Service(
        id=key,
        languages=tuple(row.get("languages", ())),
        always=hours == "always",
        hours=_hours(path, key, hours) if isinstance(hours, dict) else None,
        **values,
    )


def _hours(path: Path, key: str, raw: dict[str, Any]) -> Hours:
    week: list[list[tuple[dt.time, dt.time]]] = [[] for _ in _DAYS]
    for days, spans in raw.items():
        first, _, last = days.partition("-")
        try:
            chosen = range(_DAYS.index(first), _DAYS.index(last or first) + 1)
            for span in spans if isinstance(spans, list) else [spans]:
                opens, closes = (dt.time.fromisoformat(part) for part in span.split("-"))
                for day in chosen:
                    week[day].append((opens, closes))
        except (ValueError, AttributeError):
            raise ContentError(path, f"service '{key}': hours {days!r}: {spans!r} are not understood") from None
    return Hours(tuple(tuple(sorted(spans)) for spans in week))
