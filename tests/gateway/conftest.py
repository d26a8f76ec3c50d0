"""A store. Set TEST_DATABASE_URL to hold PostgreSQL to the same promises."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.answers.content import Content
from bot.gateway.answering import Understanding
from bot.gateway.store import Store
from bot.understanding.lexicon import load_lexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet
from tests.conftest import ROOT
from tests.databases import database
from tests.gateway.stage import Stage, StandIn, staged

#: A file system in memory, where there is one: these tests are about what is stored, not about disks.
_MEMORY = Path("/dev/shm")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for databases."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as path:
        yield Path(path)


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[Store]:
    store = Store(database(folder), ["a key"])
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def chat() -> str:
    return f"web:{secrets.token_hex(8)}"


@pytest.fixture(scope="session")
def understanding(content: Content) -> Understanding:
    """What the gateway understands by itself; the language goes by the page, as no model need be trained here."""
    safety = SafetyNet.load(ROOT / "data/safety")
    return Understanding(None, load_lexicon(), safety, PlaceFinder(content.places.spellings))


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def stage(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding
) -> AsyncIterator[Stage]:
    """A gateway on the store."""
    async with staged(store, stand_in, content, understanding) as stage:
        yield stage
