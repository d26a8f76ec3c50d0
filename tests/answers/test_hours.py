from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.answers.content import Content
from bot.answers.errors import ContentError
from bot.answers.services import load_services
from bot.hours import DUTCH_TIME, Hours


def _at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, 30, tzinfo=DUTCH_TIME)


def test_open_and_closed_follow_the_dutch_clock(content: Content) -> None:
    kindertelefoon = content.service("kindertelefoon")
    assert kindertelefoon.is_open(_at(25, 12)) is True
    assert kindertelefoon.is_open(_at(25, 21)) is False
    # 20:30 in Amsterdam, told from a server in another time zone.
    assert kindertelefoon.is_open(dt.datetime(2026, 11, 25, 19, 30, tzinfo=dt.timezone.utc)) is True


def test_unknown_hours_are_not_guessed(content: Content) -> None:
    assert content.service("fairwork").is_open(_at(25, 12)) is None


def test_the_next_opening_is_found_over_midnight(content: Content) -> None:
    hours = content.service("kindertelefoon").hours
    assert hours is not None
    assert hours.opens_next(_at(25, 22)) == dt.datetime(2026, 11, 26, 11, 0, tzinfo=DUTCH_TIME)


def _opens(hours: Hours, day: dt.date) -> bool:
    return hours.is_open(dt.datetime.combine(day, dt.time(12), DUTCH_TIME))


def test_public_holidays_and_single_days_are_closed_days() -> None:
    week, closed = {"mon-sun": "09:00-17:00"}, [dt.date(2026, 12, 24)]
    hours = Hours.from_days(week, on_holidays=False, closed=closed)
    king, christmas_eve = dt.date(2026, 4, 27), dt.date(2026, 12, 24)
    assert [_opens(hours, day) for day in (king, christmas_eve, dt.date(2026, 12, 23))] == [False, False, True]
    assert _opens(Hours.from_days(week), king)
    evening = dt.datetime(2026, 12, 23, 18, tzinfo=DUTCH_TIME)
    # Christmas Eve by choice, then two holidays: the 27th is the next day.
    assert hours.opens_next(evening) == dt.datetime(2026, 12, 27, 9, tzinfo=DUTCH_TIME)
    assert Hours.from_days({}).opens_next(evening) is None


@pytest.mark.parametrize(
    "days", ["closed_days: [soon]", "closed_days: 2026-12-24", "hours: always, closed_on_holidays: true"]
)
def test_closed_days_that_say_nothing_are_refused(tmp_path: Path, days: str) -> None:
    hours = "" if "hours" in days else "hours: {mon-fri: '09:00-17:00'}, "
    path = tmp_path / "services.yml"
    path.write_text(
        "checked: 2026-01-01\nservices:\n  a: {name: A, does: a, url: https://a.nl, show: 'yes', "
        f"review_by: 2027-01-01, source: https://a.nl, {hours}{days}}}\n"
    )
    with pytest.raises(ContentError, match="closed"):
        load_services(path)
