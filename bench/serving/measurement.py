"""The measurement: both systems up at once, asked by turns, the same questions in the same order."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bench.serving.clients import LINGER, Client
from bench.serving.figures import POSITIONS, Figures, Phase, by_position, figures
from bench.serving.load import Load, closed_loop, long_chat, open_loop
from bench.serving.processes import Memory
from bench.serving.questions import Script
from bench.serving.systems import Running, SystemFailed

#: Conversations at once in the closed loop, and at a fixed pace.
AT_ONCE = (1, 10, 20, 50)
PACED = 20
_WARMING_AT_ONCE = 5


@dataclass(frozen=True)
class Plan:
    """How long to measure: seconds of each load in each round, rounds, and long chats."""

    seconds: float
    rounds: int
    long_chats: int


@dataclass
class Subject:
    """A system with its client, and the phases measured so far. Memory is taken before the first message and last."""

    name: str
    running: Running
    client: Client
    closed: dict[int, list[Phase]] = field(default_factory=dict)
    paced: list[Phase] = field(default_factory=list)
    long: list[Phase] = field(default_factory=list)
    idle: dict[str, Memory] = field(default_factory=dict)
    after: dict[str, Memory] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """All figures of one system. ``growth`` is milliseconds by position in a long chat."""

    name: str
    closed: dict[int, Figures]
    paced: Figures
    growth: dict[int, float]
    idle: dict[str, Memory]
    after: dict[str, Memory]
    #: Processor milliseconds a message of each part, over all closed loops.
    cpu: dict[str, float]
    client_cpu: float


async def measure(
    subjects: Sequence[Subject], scripts: Sequence[Script], plan: Plan, say: Callable[[str], None]
) -> list[Result]:
    """Ask both systems everything, by turns.

    Raises:
        SystemFailed: a part of a system ended meanwhile.
    """
    for subject in subjects:
        subject.idle = subject.running.memory()
    for subject in subjects:
        say(f"{subject.name}: warming up with all questions ...")
        await asyncio.gather(
            *(_warm(subject.client, scripts[start::_WARMING_AT_ONCE]) for start in range(_WARMING_AT_ONCE))
        )
    for number in range(plan.rounds):
        order = subjects if number % 2 == 0 else subjects[::-1]
        for at_once in AT_ONCE:
            for subject in order:
                phase = await _phase(subject, closed_loop(subject.client, scripts, at_once, plan.seconds))
                subject.closed.setdefault(at_once, []).append(phase)
                say(_line(subject.name, f"{at_once} at once", phase))
        for subject in order:
            subject.paced.append(await _phase(subject, open_loop(subject.client, scripts, PACED, plan.seconds)))
            say(_line(subject.name, f"{PACED} at a fixed pace", subject.paced[-1]))
    for script in scripts[: plan.long_chats]:
        for subject in subjects:
            subject.long.append(await _phase(subject, long_chat(subject.client, script, POSITIONS[-1])))
            growth = by_position([subject.long[-1].load])
            times = ", ".join(f"{position}: {found:.0f} ms" for position, found in growth.items())
            say(f"{subject.name}: a long chat ({script.language}); message {times}")
    for subject in subjects:
        subject.after = subject.running.memory()
    return [_result(subject) for subject in subjects]


async def _warm(client: Client, scripts: Sequence[Script]) -> None:
    for script in scripts:
        await long_chat(client, script, len(script.texts))


async def _phase(subject: Subject, work: Awaitable[Load]) -> Phase:
    """Do the work and count the processor time it took."""
    parts = subject.running.parts()
    before, own = subject.running.cpu(), time.process_time()
    load = await work
    client_cpu = time.process_time() - own
    await asyncio.sleep(2 * LINGER)
    if subject.running.parts() != parts:
        raise SystemFailed(f"a part of {subject.name} ended and was started again; see the logs")
    cpu = {name: seconds - before[name] for name, seconds in subject.running.cpu().items()}
    return Phase(load, cpu, client_cpu)


def _line(name: str, what: str, phase: Phase) -> str:
    found = figures([phase])
    kinds = Counter(exchange.fault for exchange in phase.load.exchanges if exchange.fault)
    faults = "".join(f", {count} FAULTS: {kind}" for kind, count in kinds.items())
    return f"{name}: {what}; {found.per_second:.1f} messages/s, p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms{faults}"


def _result(subject: Subject) -> Result:
    everything = figures([phase for phases in subject.closed.values() for phase in phases])
    return Result(
        name=subject.name,
        closed={at_once: figures(phases) for at_once, phases in subject.closed.items()},
        paced=figures(subject.paced),
        growth=by_position([phase.load for phase in subject.long]),
        idle=subject.idle,
        after=subject.after,
        cpu=everything.cpu,
        client_cpu=everything.client_cpu,
    )
