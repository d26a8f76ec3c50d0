"""The parts of the benches that need no server."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import pytest
from click.testing import CliRunner

from bench.sampling import development_messages
from bench.serving import load
from bench.serving.__main__ import cli
from bench.serving.clients import TOGETHER, Chat, Exchange, Phrases, WebChat, WebClient
from bench.serving.figures import POSITIONS, WINDOW, by_position, first_times, percentile
from bench.serving.load import Load, closed_loop, open_loop
from bench.serving.processes import cpu_seconds, family, memory
from bench.serving.questions import Script, ordinary, scripts
from bot.answers.content import Content
from bot.languages import LANGUAGES


class _OneAtATime:
    """A system that takes ``seconds`` for each message of anybody, one after the other."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._busy = asyncio.Lock()
        self.asked: list[str] = []

    @asynccontextmanager
    async def chat(self, language: str) -> AsyncIterator[Chat]:
        yield self

    async def ask(self, text: str, due: float) -> Exchange:
        self.asked.append(text)
        exchange = Exchange(due)
        async with self._busy:
            await asyncio.sleep(self._seconds)
        exchange.hear("answer")
        return exchange


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7
    assert math.isnan(percentile([], 0.5))


async def test_a_fixed_pace_does_not_wait_for_a_slow_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PACE", 0.02)
    monkeypatch.setattr(load, "_LEAD", 0.0)
    found = await open_loop(_OneAtATime(0.04), [Script("en", ("a", "b"))], at_once=1, seconds=0.2)
    dues = [exchange.due for exchange in found.exchanges]
    assert [later - earlier for earlier, later in itertools.pairwise(dues)] == pytest.approx([0.02] * 9)
    # Ten messages take 400 ms; the last was due after 180 ms and pays for all before it.
    assert first_times(found.exchanges)[-1] >= 400 - 180
    assert found.in_time < len(found.exchanges) == 10


async def test_a_fixed_pace_spreads_the_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PACE", 0.1)
    found = await open_loop(_OneAtATime(0.0), [Script("en", ("a",))], at_once=5, seconds=0.1)
    dues = [exchange.due - found.started for exchange in found.exchanges]
    assert dues == pytest.approx([0, 0.02, 0.04, 0.06, 0.08])


async def test_a_closed_loop_asks_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PAUSE", 0.0)
    system = _OneAtATime(0.01)
    found = await closed_loop(system, [Script("en", ("a", "b")), Script("pl", ("c",))], at_once=1, seconds=0.5)
    assert system.asked[:5] == ["a", "b", "c", "a", "b"]
    assert found.in_time in (len(found.exchanges), len(found.exchanges) - 1)


def test_a_position_in_a_chat_is_the_median_of_what_led_to_it() -> None:
    chat = [Exchange(due=0.0, first=number / 1000) for number in range(1, POSITIONS[-1] + 1)]
    found = by_position([Load(chat, 0.0, 1.0)])
    assert found == {position: position - WINDOW // 2 for position in POSITIONS}


class _Stream:
    """An event stream that ends; each group of texts comes in one go."""

    def __init__(self, *groups: tuple[str, ...]) -> None:
        self._groups = groups
        self.content = self._lines()

    async def _lines(self) -> AsyncIterator[bytes]:
        yield b"event: state\n"
        yield b'data: {"holder": "bot"}\n'
        for group in self._groups:
            await asyncio.sleep(2 * TOGETHER)
            for text in group:
                yield b"event: message\n"
                yield b'data: {"text": "%b"}\n' % text.encode()

    def close(self) -> None:
        pass


async def test_messages_are_counted_to_the_answer_they_belong_to() -> None:
    chat = WebChat(WebClient(cast(Any, None), "", Phrases(("Numbers",), ("Down",))), {})
    asked = [(Exchange(0.0), asyncio.Event()) for _ in range(5)]
    chat.waiting.extend(asked)
    stream = _Stream(("One", "Helpers"), ("Two",), ("Down, sorry",), ("Four", "Numbers: y"))
    await chat.listen(cast(aiohttp.ClientResponse, stream))
    exchanges = [exchange for exchange, _ in asked]
    assert [exchange.messages for exchange in exchanges] == [2, 1, 1, 2, 0]
    assert [bool(exchange.fault) for exchange in exchanges] == [False, False, True, True, True]
    assert exchanges[0].characters == len("OneHelpers")
    assert all(answered.is_set() for _, answered in asked)


async def test_a_message_nobody_waits_for_is_late() -> None:
    chat = WebChat(WebClient(cast(Any, None), "", Phrases(("Numbers",), ("Down",))), {})
    exchange = Exchange(0.0)
    chat.waiting.append((exchange, asyncio.Event()))
    await chat.listen(cast(aiohttp.ClientResponse, _Stream(("One",), ("More",))))
    assert (exchange.messages, exchange.late) == (2, 1)


def test_the_questions_are_always_the_same_ordinary_ones(content: Content) -> None:
    examples = ordinary(development_messages(), content.topics)
    assert all(content.topics[example.topics[0]].urgency != "critical" for example in examples)
    chosen = scripts(examples)
    assert chosen == scripts(examples)
    assert len({text for script in chosen for text in script.texts}) == 200
    assert tuple(script.language for script in chosen[: len(LANGUAGES)]) == LANGUAGES


def test_processes_are_read_from_proc() -> None:
    mine = os.getpid()
    assert family(mine)[0] == mine
    assert cpu_seconds([mine]) > 0
    found = memory([mine])
    assert 1 < found.pss <= found.rss


def test_the_command_says_what_it_does() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert "--seconds" in result.output
