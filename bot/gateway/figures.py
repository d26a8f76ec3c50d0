"""Figures about nobody: in how many conversations a month something was so, for each municipality.

A row of the table says "in November 2026 there were 7 conversations of somebody in Nijkerk about documents taken". It
holds no conversation, no text and no moment. What a conversation has been counted for this month stands in the
conversation itself (its tally), for as long as that is kept: so each is counted once, and moves when it turns out
later where the person lives or which language they speak. What is added is the difference between two tallies, in
the transaction that stores the answer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.gateway import intake, tables
from bot.gateway.metrics import Outcome
from bot.gateway.store import Reply, Store
from bot.hours import DUTCH_TIME

#: What is counted. ``language`` (each conversation has one) and ``topic`` say which in ``detail``. ``signal``: of
#: exploitation. ``answered``: with the answer on a topic; ``not_understood``, ``out_of_scope``: at least one message;
#: ``degraded``: with what can be said while a part is down; ``handover``: put in line for a person.
Kind = Literal["language", "topic", "signal", "answered", "not_understood", "out_of_scope", "degraded", "handover"]
Mark = tuple[Kind, str]
#: (month, municipality, kind, detail) -> conversations.
Counts = Mapping[tuple[str, str, str, str], int]

#: Critical topics that speak of danger and, by themselves, of no exploitation.
_OTHER_DANGERS = frozenset({"immediate_danger", "crisis_distress", "domestic_violence"})
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Tally:
    """What a conversation has been counted for in a month (``2026-11``), and for which municipality."""

    month: str
    municipality: str
    marks: frozenset[Mark]

    def dump(self) -> str:
        return json.dumps([self.month, self.municipality, sorted(self.marks)], separators=(",", ":"))

    @classmethod
    def load(cls, text: str | None) -> Tally | None:
        if not text:
            return None
        month, municipality, marks = json.loads(text)
        return cls(month, municipality, frozenset((kind, detail) for kind, detail in marks))

    def following(self, marks: Iterable[Mark], language: str, municipality: str) -> Tally:
        """The same with more marks, and with the language and the municipality as they are known now."""
        others = (mark for mark in self.marks if mark[0] != "language")
        return Tally(self.month, municipality, frozenset({*others, *marks, ("language", language)}))

    def added_to(self, before: Tally | None) -> dict[tuple[str, str, str, str], int]:
        """What is to be added to the counts where ``before`` has been counted; a month that is over stays."""
        added = Counter((self.month, self.municipality, *mark) for mark in self.marks)
        if before is not None and before.month == self.month:
            added.subtract((before.month, before.municipality, *mark) for mark in before.marks)
        return {cell: number for cell, number in added.items() if number}


def month_of(moment: dt.datetime) -> str:
    """The month of a moment on a Dutch clock, such as ``2026-11``."""
    return f"{moment.astimezone(DUTCH_TIME):%Y-%m}"


def signal_topics(content: Content) -> list[str]:
    """The topics that are a signal of exploitation: the critical ones, but for danger of another kind."""
    critical = (topic.id for topic in content.topics.values() if topic.urgency == "critical")
    return [topic for topic in critical if topic not in _OTHER_DANGERS]


def marks_of(content: Content, replies: Sequence[Reply], outcome: Outcome, begins_handover: bool) -> set[Mark]:
    """What a message is counted for, by what it got. The offer of a person is no topic: nobody need have asked."""
    said = {reply.topic for reply in replies if reply.sender == "bot" and reply.topic != intake.TOPIC}
    topics = [topic for topic in content.topics.values() if topic.id in said and topic.section != "dialogue"]
    signals = signal_topics(content)
    marks: set[Mark] = {("topic", topic.id) for topic in topics}
    if any(topic.id in signals for topic in topics):
        marks.add(("signal", ""))
    if outcome == "degraded":
        marks.add(("degraded", ""))
    elif topics:
        marks.add(("answered", ""))
    marks |= {(reply.unclear, "") for reply in replies if reply.unclear}
    if begins_handover:
        marks.add(("handover", ""))
    return marks


def add(connection: Connection, added: Counts) -> None:
    """Add to the counts."""
    names = tables.figures.primary_key.columns.keys()
    # Always in the same order: of two that add to the same rows, neither waits for the other in a circle.
    rows = [{**dict(zip(names, cell)), "number": number} for cell, number in sorted(added.items())]
    connection.execute(_addition(connection.dialect.name), rows)


@lru_cache
def _addition(dialect: str) -> Any:
    """The statement that adds to a count, or begins it."""
    table = tables.figures
    insert = _INSERTS[dialect](table)
    added = {"number": table.c.number + insert.excluded.number}
    return insert.on_conflict_do_update(index_elements=table.primary_key.columns.keys(), set_=added)


async def read(store: Store, until: str) -> Counts:
    """All counts up to a month, and with it."""

    def select(connection: Connection) -> Counts:
        query = sa.select(tables.figures).where(tables.figures.c.month <= until)
        return {(row.month, row.municipality, row.kind, row.detail): row.number for row in connection.execute(query)}

    return await store.transaction(select)
