"""From exchanges to figures. Times are milliseconds from when a message was due."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.serving.clients import Exchange
from bench.serving.load import Load

#: Messages of a long chat that are looked at, and how many up to each: always the same questions.
POSITIONS = (10, 50, 100, 200)
WINDOW = 5


@dataclass(frozen=True)
class Phase:
    """A load on one system with the processor seconds each of its parts, and the client, took for it."""

    load: Load
    cpu: dict[str, float]
    client_cpu: float


@dataclass(frozen=True)
class Figures:
    """What one way of asking gave. ``cpu`` is milliseconds a message of each part; ``last`` is the answer's end."""

    messages: int
    faults: int
    late: int
    per_second: float
    p50: float
    p95: float
    p99: float
    last_p95: float
    characters: float
    cpu: dict[str, float]
    client_cpu: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed; nan without values."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def figures(phases: Sequence[Phase]) -> Figures:
    """The figures of several phases together."""
    exchanges = [exchange for phase in phases for exchange in phase.load.exchanges]
    first = first_times(exchanges)
    answered = max(1, len(first))
    return Figures(
        messages=len(exchanges),
        faults=sum(bool(exchange.fault) for exchange in exchanges),
        late=sum(exchange.late for exchange in exchanges),
        per_second=sum(phase.load.in_time for phase in phases) / sum(phase.load.seconds for phase in phases),
        p50=percentile(first, 0.50),
        p95=percentile(first, 0.95),
        p99=percentile(first, 0.99),
        last_p95=percentile([(one.last - one.due) * 1000 for one in exchanges if one.last is not None], 0.95),
        characters=sum(exchange.characters for exchange in exchanges) / answered,
        cpu=_per_message([phase.cpu for phase in phases], answered),
        client_cpu=sum(phase.client_cpu for phase in phases) * 1000 / answered,
    )


def first_times(exchanges: Sequence[Exchange]) -> list[float]:
    """Until the first message of each answer."""
    return [(one.first - one.due) * 1000 for one in exchanges if one.first is not None]


def by_position(chats: Sequence[Load]) -> dict[int, float]:
    """The median time of the last few messages up to each position, over all chats."""
    times = {
        position: [time for chat in chats for time in first_times(chat.exchanges[position - WINDOW : position])]
        for position in POSITIONS
    }
    return {position: statistics.median(found) if found else math.nan for position, found in times.items()}


def _per_message(costs: Sequence[Mapping[str, float]], messages: int) -> dict[str, float]:
    names = dict.fromkeys(name for cost in costs for name in cost)
    return {name: sum(cost.get(name, 0.0) for cost in costs) * 1000 / messages for name in names}
