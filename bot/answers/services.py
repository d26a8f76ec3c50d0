"""Organisations people are pointed to (``data/services.yml``) and when they are open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from bot.answers._yaml import entry, read_mapping
from bot.answers.checking import Checked, checked
from bot.answers.errors import ContentError
from bot.hours import Hours

ServiceShow = Literal["yes", "after_check"]

#: When nobody is there besides the hours of the week: on public holidays (true or false), on single days.
_CLOSED = ("closed_on_holidays", "closed_days")


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
    checked: Checked | None = None

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
    known = {*Service.__dataclass_fields__, *_CLOSED} - {"id", "always"}
    unknown = set(row) - known
    if unknown:
        raise ContentError(path, f"service '{key}': unknown field '{sorted(unknown)[0]}'")
    for name in ("name", "does", "show", "review_by", "source"):
        entry(path, row, name, key)
    if row["show"] not in get_args(ServiceShow):
        raise ContentError(path, f"service '{key}': unknown show '{row['show']}'")
    read_here = ("hours", "languages", "checked", *_CLOSED)
    values = {name: value for name, value in row.items() if name not in read_here}
    hours = row.get("hours")
    if not isinstance(hours, dict) and any(row.get(name) for name in _CLOSED):
        raise ContentError(path, f"service '{key}': closed days need hours by the week")
    return Service(
        id=key,
        languages=tuple(row.get("languages", ())),
        always=hours == "always",
        hours=_hours(path, key, hours, row) if isinstance(hours, dict) else None,
        checked=checked(path, row, f"service '{key}'"),
        **values,
    )


def _hours(path: Path, key: str, raw: dict[str, Any], row: dict[str, Any]) -> Hours:
    closed = row.get("closed_days") or []
    if not isinstance(closed, list) or not all(type(day) is dt.date for day in closed):
        raise ContentError(path, f"service '{key}': closed_days must be dates such as 2026-12-24")
    try:
        return Hours.from_days(raw, not row.get("closed_on_holidays", False), closed)
    except (ValueError, AttributeError):
        raise ContentError(path, f"service '{key}': hours {raw!r} are not understood") from None
