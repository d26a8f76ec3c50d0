"""The three ways of asking: as fast as answers come, at a fixed pace, and one long chat."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bench.serving.clients import Chat, Client, Exchange
from bench.serving.questions import Script

#: Seconds between an answer's first message and the next question, for the rest of the answer to come.
PAUSE = 0.02
#: Seconds between two messages of one conversation at a fixed pace.
PACE = 1.0
#: Seconds before the first message of a fixed pace, for all conversations to be open.
_LEAD = 0.5


@dataclass(frozen=True)
class Load:
    """What was asked between two moments (seconds of ``time.perf_counter``)."""

    exchanges: list[Exchange]
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def in_time(self) -> int:
        """Messages that were answered, without a fault, before the end."""
        return sum(not one.fault and one.first is not None and one.first <= self.ended for one in self.exchanges)


async def closed_loop(client: Client, scripts: Sequence[Script], at_once: int, seconds: float) -> Load:
    """So many conversations at once; each sends its next message shortly after the last one is answered."""
    upcoming = itertools.cycle(scripts)
    exchanges: list[Exchange] = []
    started = time.perf_counter()
    ended = started + seconds
    await asyncio.gather(*(_talk(client, upcoming, ended, exchanges) for _ in range(at_once)))
    return Load(exchanges, started, ended)


async def _talk(client: Client, upcoming: Iterator[Script], ended: float, exchanges: list[Exchange]) -> None:
    """One conversation after the other, until the end."""
    for script in upcoming:
        async with client.chat(script.language) as chat:
            for text in script.texts:
                if time.perf_counter() >= ended:
                    return
                exchanges.append(await chat.ask(text, time.perf_counter()))
                await asyncio.sleep(PAUSE)


async def open_loop(client: Client, scripts: Sequence[Script], at_once: int, seconds: float) -> Load:
    """So many conversations; each sends a message every ``PACE`` seconds, whether the last one is answered or not.

    Times count from when a message was due, so that a client or server that falls behind cannot hide it.
    """
    chosen = list(itertools.islice(itertools.cycle(scripts), at_once))
    async with AsyncExitStack() as stack:
        chats = [await stack.enter_async_context(client.chat(script.language)) for script in chosen]
        started = time.perf_counter() + _LEAD
        asking = [
            _keep_pace(chat, script, started + PACE * number / at_once, round(seconds / PACE))
            for number, (chat, script) in enumerate(zip(chats, chosen))
        ]
        exchanges = [exchange for part in await asyncio.gather(*asking) for exchange in part]
    return Load(exchanges, started, started + seconds)


async def _keep_pace(chat: Chat, script: Script, start: float, count: int) -> list[Exchange]:
    tasks = []
    for number, text in enumerate(itertools.islice(itertools.cycle(script.texts), count)):
        due = start + number * PACE
        await asyncio.sleep(due - time.perf_counter())
        tasks.append(asyncio.create_task(chat.ask(text, due)))
    return await asyncio.gather(*tasks)


async def long_chat(client: Client, script: Script, length: int) -> Load:
    """One conversation that asks a script's questions again and again."""
    exchanges = []
    started = time.perf_counter()
    async with client.chat(script.language) as chat:
        for text in itertools.islice(itertools.cycle(script.texts), length):
            exchanges.append(await chat.ask(text, time.perf_counter()))
            await asyncio.sleep(PAUSE)
    return Load(exchanges, started, time.perf_counter())
