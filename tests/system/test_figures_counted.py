"""A real conversation with everything that runs is in the figures, once, with what was made of each message."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest

from tests.system.chat import chatting
from tests.system.conftest import System

pytestmark = pytest.mark.system


def _counted(system: System) -> Counter[tuple[str, str, str]]:
    with sqlite3.connect(system.output.parent / "store.db") as store:
        found = store.execute("SELECT municipality, kind, detail, number FROM figures WHERE number > 0")
        return Counter({(municipality, kind, detail): number for municipality, kind, detail, number in found})


async def test_what_rasa_makes_of_messages_is_counted(system: System) -> None:
    before = _counted(system)
    async with chatting(system.url, language="en") as chat:
        for text in ("money", "what is the minimum wage", "can you recommend a pizza recipe", "I live in Ede"):
            await chat.say(text)
        await chat.say("what is the minimum wage per hour")
    assert _counted(system) - before == {
        ("Ede", "language", "en"): 1,
        ("Ede", "topic", "minimum_wage"): 1,
        ("Ede", "answered", ""): 1,
        ("Ede", "not_understood", ""): 1,
        ("Ede", "out_of_scope", ""): 1,
    }
