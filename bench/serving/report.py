"""The figures as Markdown: both systems side by side, their processes, and the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.serving.figures import POSITIONS, Figures
from bench.serving.measurement import PACED, Result

#: What we want: times the stock project's messages a second, milliseconds, times, megabytes.
TIMES_STOCK = 4.0
PACED_P95 = 80.0
GROWTH = 1.3
GATEWAY_IDLE = 150.0
#: Beyond this share of late messages the figures cannot be trusted.
MOST_LATE = 0.02


@dataclass(frozen=True)
class Target:
    """Something we want, what was measured, and whether that is enough."""

    wanted: str
    measured: str
    met: bool

    def line(self) -> str:
        return f"| {self.wanted} | {self.measured} | {'met' if self.met else 'MISSED'} |"


def tables(ours: Result, stock: Result) -> str:
    """Everything that was measured."""
    return "\n\n".join([_speed(ours, stock), _processes(ours, stock), _targets(ours, stock)])


def targets(ours: Result, stock: Result) -> list[Target]:
    """The targets; throughput is judged by the most messages a second each system reached."""
    most, most_stock = _most(ours), _most(stock)
    times = most / most_stock if most_stock else 0.0
    growth, gateway = _growth(ours), ours.idle["gateway"].rss
    return [
        Target(
            f"at least {TIMES_STOCK:g} times the messages/s of stock",
            f"{times:.1f} times ({most:.1f} and {most_stock:.1f})",
            times >= TIMES_STOCK,
        ),
        Target(
            f"p95 under {PACED_P95:g} ms with {PACED} conversations at a message a second",
            f"{ours.paced.p95:.0f} ms, {ours.paced.faults} faults",
            ours.paced.p95 < PACED_P95 and not ours.paced.faults,
        ),
        Target(
            f"message {POSITIONS[-1]} of a chat at most {GROWTH:g} times as slow as message {POSITIONS[0]}",
            f"{growth:.2f} times",
            growth <= GROWTH,
        ),
        Target(f"gateway idle under {GATEWAY_IDLE:g} MB (RSS)", f"{gateway:.0f} MB", gateway < GATEWAY_IDLE),
    ]


def late_share(result: Result) -> float:
    """The share of messages with something that came when their answer seemed complete."""
    found = [*result.closed.values(), result.paced]
    return sum(one.late for one in found) / sum(one.messages for one in found)


def _most(result: Result) -> float:
    return max(found.per_second for found in result.closed.values())


def _growth(result: Result) -> float:
    return result.growth[POSITIONS[-1]] / result.growth[POSITIONS[0]]


def _speed(ours: Result, stock: Result) -> str:
    rows = []
    for at_once, found in ours.closed.items():
        other = stock.closed[at_once]
        times = found.per_second / other.per_second if other.per_second else float("nan")
        rows.append(
            f"| {at_once} at once: messages/s | {found.per_second:.1f} | {other.per_second:.1f} | {times:.1f} times |"
        )
        rows.append(f"| {at_once} at once: p50 / p95 | {_times(found)} | {_times(other)} | |")
    rows += [
        _row(f"{PACED} at a message a second: p50 / p95 / p99", ours, stock, _paced_times),
        _row("the same: p95 of the answer's last message", ours, stock, lambda one: f"{one.paced.last_p95:.0f} ms"),
        _row("the same: faults / messages", ours, stock, lambda one: f"{one.paced.faults} / {one.paced.messages}"),
    ]
    rows += [
        f"| message {position} of a chat | {ours.growth[position]:.1f} ms | {stock.growth[position]:.1f} ms | |"
        for position in POSITIONS
    ]
    rows += [
        _row(f"message {POSITIONS[-1]} / message {POSITIONS[0]}", ours, stock, lambda one: f"{_growth(one):.2f}"),
        _row("faults / messages in all closed loops", ours, stock, _faults),
        _row("late further messages", ours, stock, lambda one: f"{late_share(one):.2%}"),
        _row("characters an answer", ours, stock, lambda one: f"{one.paced.characters:.0f}"),
    ]
    return "\n".join([f"| | {ours.name} | {stock.name} | |", "|---|---|---|---|", *rows])


def _row(name: str, ours: Result, stock: Result, cell: Callable[[Result], str]) -> str:
    return f"| {name} | {cell(ours)} | {cell(stock)} | |"


def _times(found: Figures) -> str:
    return f"{found.p50:.0f} / {found.p95:.0f} ms"


def _paced_times(result: Result) -> str:
    return f"{result.paced.p50:.0f} / {result.paced.p95:.0f} / {result.paced.p99:.0f} ms"


def _faults(result: Result) -> str:
    found = result.closed.values()
    return f"{sum(one.faults for one in found)} / {sum(one.messages for one in found)}"


def _processes(ours: Result, stock: Result) -> str:
    head = "| process | idle: RSS (PSS) | after the load | CPU a message, closed loops | at a fixed pace |"
    rows = []
    for result in (ours, stock):
        for part, idle in result.idle.items():
            after = result.after[part]
            rows.append(
                f"| {result.name}: {part} | {idle.rss:.0f} ({idle.pss:.0f}) MB | {after.rss:.0f} ({after.pss:.0f}) MB "
                f"| {result.cpu[part]:.1f} ms | {result.paced.cpu[part]:.1f} ms |"
            )
        rss, pss = (sum(getattr(one, kind) for one in result.idle.values()) for kind in ("rss", "pss"))
        rss_after, pss_after = (sum(getattr(one, kind) for one in result.after.values()) for kind in ("rss", "pss"))
        rows.append(
            f"| {result.name}: all | {rss:.0f} ({pss:.0f}) MB | {rss_after:.0f} ({pss_after:.0f}) MB "
            f"| {sum(result.cpu.values()):.1f} ms | {sum(result.paced.cpu.values()):.1f} ms |"
        )
        rows.append(
            f"| the client, asking {result.name} | | | {result.client_cpu:.1f} ms | {result.paced.client_cpu:.1f} ms |"
        )
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _targets(ours: Result, stock: Result) -> str:
    lines = [target.line() for target in targets(ours, stock)]
    return "\n".join(["| target | measured | |", "|---|---|---|", *lines])
