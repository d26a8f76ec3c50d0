from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.answers.content import Content
from bot.answers.errors import ContentError
from bot.answers.facts import Fact, Period, Source, load_facts

_SOURCE = Source("s", "Source", "https://example.org")


def _fact(*periods: Period, show: str = "yes") -> Fact:
    return Fact("f", "money", "about", _SOURCE, show, periods)  # type: ignore[arg-type]


def test_the_amount_in_force_is_chosen_by_the_day(content: Content) -> None:
    wage = content.fact("minimum_wage_21")
    assert wage.period(dt.date(2026, 6, 30)).value == 14.71
    assert wage.period(dt.date(2026, 7, 1)).value == 14.99


def test_an_amount_is_expired_the_day_after_its_last(content: Content) -> None:
    wage = content.fact("minimum_wage_21")
    assert wage.state(dt.date(2026, 12, 31)) == "review_due"
    assert wage.state(dt.date(2027, 1, 1)) == "expired"


def test_an_amount_not_yet_in_force_is_announced() -> None:
    fact = _fact(Period(1.0, dt.date(2027, 1, 1), None, None))
    assert fact.state(dt.date(2026, 12, 31)) == "announced"
    assert fact.state(dt.date(2027, 1, 1)) == "current"


def test_an_unchecked_fact_is_hidden_whatever_its_dates() -> None:
    fact = _fact(Period(1.0, None, None, None), show="no_until_checked")
    assert fact.state(dt.date(2026, 1, 1)) == "hidden"


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("kind: money, value: a lot", "is not a number"),
        ("kind: money, value: 14,99", "is not a number"),
        ("kind: date, value: soon", "is not a date"),
        ("kind: cheese, value: 1", "unknown kind"),
    ],
)
def test_a_broken_fact_is_named_in_one_line(tmp_path: Path, broken: str, complaint: str) -> None:
    kind, value = (part.split(": ")[1] for part in broken.split(", ", 1))
    path = tmp_path / "facts.yml"
    path.write_text(
        "checked: 2026-01-01\n"
        "sources: {s: {name: S, url: https://example.org}}\n"
        "facts:\n"
        f"  wage: {{kind: {kind}, about: x, source: s, show: 'yes', values: [{{value: '{value}'}}]}}\n"
    )
    with pytest.raises(ContentError) as error:
        load_facts(path)
    assert "wage" in str(error.value)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_overlapping_periods_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.yml"
    path.write_text(
        "checked: 2026-01-01\n"
        "sources: {s: {name: S, url: https://example.org}}\n"
        "facts:\n"
        "  wage:\n    kind: money\n    about: x\n    source: s\n    show: 'yes'\n    values:\n"
        "      - {value: 1, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"
        "      - {value: 2, valid_from: 2026-07-01}\n"
    )
    with pytest.raises(ContentError, match="overlap"):
        load_facts(path)


@pytest.mark.parametrize(
    "checked", ["2026-11-20", "{day: soon, by: eva}", "{on: 2026-11-20, by: eva}", "{day: 2026-11-20}"]
)
def test_a_check_without_day_or_account_is_refused(tmp_path: Path, checked: str) -> None:
    path = tmp_path / "facts.yml"
    path.write_text(
        "checked: 2026-01-01\n"
        "sources: {s: {name: S, url: https://example.org}}\n"
        "facts:\n"
        f"  wage: {{kind: money, about: x, source: s, show: 'yes', values: [{{value: 1}}], checked: {checked}}}\n"
    )
    with pytest.raises(ContentError, match="checked must be"):
        load_facts(path)


def test_the_oldest_check_is_the_one_that_counts(tmp_path: Path) -> None:
    path = tmp_path / "facts.yml"
    row = "{kind: money, about: x, source: s, show: 'yes', values: [{value: 1}]%s}"
    path.write_text(
        "checked: 2026-11-23\nsources: {s: {name: S, url: https://example.org}}\nfacts:\n"
        f"  old: {row % ', checked: {day: 2026-11-01, by: eva}'}\n"
        f"  new: {row % ', checked: {day: 2026-11-30, by: eva}'}\n"
        f"  other: {row % ''}\n"
    )
    facts = load_facts(path)
    assert facts.checked_on(["old", "new", "other"]) == dt.date(2026, 11, 1)
    assert facts.checked_on(["new", "other"]) == dt.date(2026, 11, 23)
    assert facts.checked_on(["new"]) == dt.date(2026, 11, 30)
    assert facts.checked_on([]) == dt.date(2026, 11, 23)
