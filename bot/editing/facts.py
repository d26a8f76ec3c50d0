"""Changing amounts and rules (``data/facts.yml``): the next one in advance, a correction, the source, the check."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from bot.answers.checking import Checked
from bot.answers.content import Content, placeholders
from bot.answers.facts import Fact, Kind, Period, Show, Source
from bot.editing.draft import Draft, must_be, revision
from bot.editing.errors import EditError
from bot.editing.forms import (
    Reading,
    clock,
    day,
    day_of_year,
    euro,
    host_of,
    id_from,
    line,
    link,
    number,
    one_of,
    optional,
)
from bot.editing.yaml_text import edited, on_one_line, quoted

_PATH = "data/facts.yml"
_ID = re.compile(r"[a-z][a-z0-9_]{2,59}")
#: Most periods of one fact, as a bound to what a page sends.
_MOST = 60
#: An amount that differs more from the one before is asked about.
_FAR = 0.5
_KINDS: dict[Kind, Any] = {
    "money": euro, "percent": number, "number": number, "date": day, "day": day_of_year, "time": clock,
}  # fmt: skip
_DAYS = ("valid_from", "valid_until", "review_by")
#: In the place of a source's id: the new one that comes with the form.
NEW_SOURCE = "+"


@dataclass(frozen=True)
class PeriodForm:
    """A period as it was typed."""

    value: str
    valid_from: str
    valid_until: str
    review_by: str


@dataclass(frozen=True)
class FactForm:
    """A fact as it was typed. ``checked``: whoever saves it has checked it against its source today."""

    about: str
    show: str
    source: str
    source_name: str
    source_url: str
    periods: tuple[PeriodForm, ...]
    checked: bool


def fact_revision(fact: Fact) -> str:
    """What a page sends back, so that nobody's change is overwritten."""
    return revision(fact.id, fact.about, fact.show, fact.source.id, fact.periods, fact.checked)


def uses(content: Content, fact_id: str) -> tuple[list[str], list[str]]:
    """Ids of the topics that print a fact, and of those that only rest on it."""
    printing, resting = [], []
    for topic_id, answer in content.answers.items():
        if fact_id in placeholders(answer.text + answer.simpler):
            printing.append(topic_id)
        elif fact_id in answer.facts:
            resting.append(topic_id)
    return printing, resting


def read_fact(content: Content, fact: Fact, form: FactForm, account: str, today: dt.date) -> tuple[Fact, Reading]:
    """The fact that a form says, in place of one that is there; and what is to be asked about it.

    Raises:
        FieldFaults: something in the form is wrong.
    """
    reading = Reading()
    about = reading.read("about", line, form.about)
    show = reading.read("show", one_of(get_args(Show)), form.show)
    source = _source(reading, content, form)
    periods = _periods(reading, fact, form.periods)
    reading.refuse_faults()
    checked = Checked(today, account) if form.checked else fact.checked
    values: Any = {"about": about, "show": show, "source": source, "periods": periods, "checked": checked}
    return replace(fact, **values), reading


def with_fact(content: Content, fact: Fact) -> Content:
    """The same content with another fact in the place of one, to look at."""
    facts = {**content.facts.facts, fact.id: fact}
    return replace(content, facts=replace(content.facts, facts=facts))


async def save_fact(
    draft: Draft, account: str, fact_id: str, form: FactForm, seen: str, sure: Collection[str], today: dt.date
) -> Content:
    """Change a fact.

    Args:
        draft: where.
        account: who does it.
        fact_id: which.
        form: what it is to be.
        seen: the revision that the page showed.
        sure: the questions that have been answered with yes.
        today: the day in Amsterdam.

    Raises:
        EditError: it is refused; nothing has changed.
    """

    def change(folder: Path, content: Content) -> None:
        fact = known(content, fact_id)
        must_be(seen, fact_revision(fact))
        new, reading = read_fact(content, fact, form, account, today)
        reading.close(sure)
        with edited(folder / _PATH) as document:
            _write_source(document, content, new.source)
            _write(document["facts"][fact_id], fact, new)

    return await draft.change(account, f"fact {fact_id}", "changed", change)


async def add_fact(
    draft: Draft, account: str, fact_id: str, kind: str, form: FactForm, sure: Collection[str], today: dt.date
) -> Content:
    """Add a fact that was checked today; answers can use it then. The arguments are those of ``save_fact``.

    Raises:
        EditError: it is refused; nothing has changed.
    """

    def change(folder: Path, content: Content) -> None:
        reading = Reading()
        if not _ID.fullmatch(fact_id):
            reading.fault("id", "fact.wrong_id")
        elif fact_id in content.facts.facts:
            reading.fault("id", "fact.id_taken")
        if kind not in get_args(Kind):
            reading.fault("kind", "field.no_choice")
        reading.close()
        none = Fact(fact_id, kind, "", Source("", "", None), "yes", ())  # type: ignore[arg-type]
        new, reading = read_fact(content, none, form, account, today)
        if not form.checked:
            reading.fault("checked", "form.check_first")
        reading.close(sure)
        with edited(folder / _PATH) as document:
            _write_source(document, content, new.source)
            document["facts"][fact_id] = {
                "kind": kind,
                "about": quoted(new.about),
                "source": new.source.id,
                "show": quoted(new.show),
                "values": [_line(period) for period in new.periods],
                "checked": _check(Checked(today, account)),
            }

    return await draft.change(account, f"fact {fact_id}", "new", change)


def known(content: Content, fact_id: str) -> Fact:
    """The fact of an id.

    Raises:
        EditError: there is none.
    """
    if fact_id not in content.facts.facts:
        raise EditError("not_found", "account.not_found", status=404)
    return content.fact(fact_id)


def _source(reading: Reading, content: Content, form: FactForm) -> Source | None:
    if form.source != NEW_SOURCE:
        source_id = reading.read("source", one_of(content.facts.sources), form.source)
        return content.facts.sources[source_id] if source_id else None
    name = reading.read("source_name", line, form.source_name)
    url = reading.read("source_url", link, form.source_url)
    if name is None or url is None:
        return None
    same = next((one for one in content.facts.sources.values() if one.url == url), None)
    if same is not None:
        return same
    hosts = {host_of(one.url) for one in content.facts.sources.values() if one.url}
    if host_of(url) not in hosts:
        reading.ask("source_url", "fact.ask_official", host=host_of(url))
    return Source(id_from(name, content.facts.sources, "source"), name, url)


def _periods(reading: Reading, fact: Fact, forms: Sequence[PeriodForm]) -> tuple[Period, ...]:
    """The periods of a form in the order of their days."""
    if not 1 <= len(forms) <= _MOST:
        reading.fault("periods", "fact.no_periods")
    found: list[tuple[int, Period]] = []
    for index, form in enumerate(forms[:_MOST]):
        value = None
        if fact.kind != "rule":
            value = reading.read(f"periods.{index}.value", _KINDS[fact.kind], form.value)
        days = [
            reading.read(f"periods.{index}.{name}", optional(day), typed)
            for name, typed in zip(_DAYS, (form.valid_from, form.valid_until, form.review_by))
        ]
        found.append((index, Period(value, *days)))
    if reading.faults:
        return ()
    found.sort(key=lambda one: one[1].valid_from or dt.date.min)
    for index, period in found:
        if period.valid_from and period.valid_until and period.valid_until < period.valid_from:
            reading.fault(f"periods.{index}.valid_until", "fact.ends_before_start", start=period.valid_from)
    for (before, earlier), (index, later) in pairwise(found):
        _check_order(reading, before, earlier, index, later)
    _ask_about_values(reading, fact, found)
    return tuple(period for _, period in found)


def _check_order(reading: Reading, before: int, earlier: Period, index: int, later: Period) -> None:
    """Two periods that follow each other must not overlap; between them there may be a gap, if it is meant."""
    if later.valid_from is None or later.valid_from == earlier.valid_from:
        reading.fault(f"periods.{index}.valid_from", "fact.same_start")
    elif earlier.valid_until is None:
        end = later.valid_from - dt.timedelta(days=1)
        reading.fault(f"periods.{before}.valid_until", "fact.no_end", next=later.valid_from, end=end)
    elif later.valid_from <= earlier.valid_until:
        reading.fault(f"periods.{index}.valid_from", "fact.overlap", until=earlier.valid_until)
    elif later.valid_from > earlier.valid_until + dt.timedelta(days=1):
        first, last = earlier.valid_until + dt.timedelta(days=1), later.valid_from - dt.timedelta(days=1)
        reading.ask(f"periods.{index}.valid_from", "fact.ask_gap", first=first, last=last)


def _ask_about_values(reading: Reading, fact: Fact, found: Sequence[tuple[int, Period]]) -> None:
    """An amount far from the one beside it may be a slip: 149,90 for 14,99."""
    if fact.kind not in ("money", "percent", "number"):
        return
    present = {(period.valid_from, period.value) for period in fact.periods}
    former = {period.valid_from: period.value for period in fact.periods}
    for place, (index, period) in enumerate(found):
        if (period.valid_from, period.value) in present:
            continue
        beside = found[place - 1][1].value if place else former.get(period.valid_from)
        if beside and abs(period.value - beside) / beside > _FAR:
            reading.ask(f"periods.{index}.value", "fact.ask_far", value=_plain(period.value), former=_plain(beside))


def _plain(value: float) -> str:
    return f"{value:g}" if value < 1e5 else f"{value:.2f}"


def _write_source(document: Any, content: Content, source: Source) -> None:
    if source.id not in content.facts.sources:
        values = {"name": quoted(source.name), "url": quoted(source.url or "")}
        document["sources"][source.id] = on_one_line(values)


def _write(row: Any, old: Fact, new: Fact) -> None:
    """Change what differs; the rest of the file stays letter by letter."""
    for name, before, after in (
        ("about", old.about, new.about),
        ("source", old.source.id, new.source.id),
        ("show", old.show, new.show),
    ):
        if after != before:
            row[name] = after if name == "source" else quoted(after)
    if new.checked != old.checked and new.checked is not None:
        row["checked"] = _check(new.checked)
    if new.periods != old.periods:
        kept = {period: line for period, line in zip(old.periods, list(row["values"]))}
        lines = [kept.get(period) or _line(period) for period in new.periods]
        row["values"].clear()
        row["values"].extend(lines)


def _check(checked: Checked) -> Any:
    return on_one_line({"day": checked.on, "by": quoted(checked.by)})


def _line(period: Period) -> Any:
    value = quoted(period.value) if isinstance(period.value, str) else period.value
    days = {name: getattr(period, name) for name in _DAYS}
    return on_one_line({"value": value, **days})
