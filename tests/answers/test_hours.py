from __future__ import annotations

import datetime as dt

from bot.answers.content import Content
from bot.answers.services import DUTCH_TIME


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
