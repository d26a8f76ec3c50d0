"""What tests of the questions page need: a desk, questions in its store, and a draft that is a folder."""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from bot.answers.content import Content, load_content
from bot.desk.app import Desk
from bot.desk.passwords import Passwords
from bot.desk.questions_pages import QuestionDesk
from bot.editing.errors import EditError
from bot.gateway import tables
from bot.gateway.metrics import Metrics
from bot.gateway.store import Store
from bot.gateway.unanswered import Unanswered, tools_of
from bot.settings import read_settings
from bot.understanding.redaction import Redactor
from bot.understanding.vocabulary import Vocabulary
from tests.conftest import ROOT, TODAY
from tests.databases import database
from tests.desk.site import Site, TestClock

#: Three ways to ask one thing.
BIKE = ("my bike was stolen at the greenhouse", "bike stolen at work greenhouse", "[name] stole my bike at greenhouse")


class NluFolder:
    """A draft: training messages go into a copy of ``data/nlu``."""

    def __init__(self, folder: Path, content: Content) -> None:
        self.folder = folder
        self._content = content

    async def add_messages(self, topic_id: str, language: str, texts: Sequence[str], account: str) -> None:
        path = self._path(topic_id, language)
        lines = path.read_text(encoding="utf-8").splitlines()
        if set(lines) & {f"    - {text}" for text in texts}:
            raise EditError("double", "account.malformed")
        start = lines.index(f"- intent: {self._intent(topic_id)}")
        first = next(at for at in range(start, len(lines)) if lines[at].startswith("    - "))
        path.write_text("\n".join([*lines[:first], *(f"    - {text}" for text in texts), *lines[first:], ""]), "utf-8")

    def messages(self, topic_id: str, language: str) -> list[str]:
        """The training messages of a topic, the newest first."""
        lines = self._path(topic_id, language).read_text(encoding="utf-8").splitlines()
        found = []
        for line in lines[lines.index(f"- intent: {self._intent(topic_id)}") + 1 :]:
            if line.startswith("- intent:"):
                break
            if line.startswith("    - "):
                found.append(line[6:])
        return found

    def _intent(self, topic_id: str) -> str:
        topic = self._content.topics.get(topic_id)
        return topic.intent if topic else topic_id

    def _path(self, topic_id: str, language: str) -> Path:
        return self.folder / language / f"{self._intent(topic_id).split('/')[0]}.yml"


@cache
def tools() -> tuple[Redactor, Vocabulary]:
    """They take seconds to make: once for all tests."""
    return tools_of(load_content(ROOT), ROOT / "data/nlu")


@asynccontextmanager
async def serving_questions(content: Content, folder: Path) -> AsyncIterator[tuple[Site, NluFolder]]:
    """A desk with the page, and the draft it writes to, until the end of the block."""
    tools()
    for language in ("en", "pl"):
        shutil.copytree(ROOT / "data/nlu" / language, folder / "nlu" / language)
    draft = NluFolder(folder / "nlu", content)
    settings = read_settings({"SECRET_KEY": "a key", "TODAY": TODAY.isoformat()}, folder / "no.env")
    store, clock, metrics = Store(database(folder), ["a key"]), TestClock(), Metrics()
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    desk = Desk(store, content, settings, "a key", metrics, clock, cheap)
    unanswered = Unanswered(store, content, settings, "a key", tools, lambda text: False)
    await store.open()
    app = web.Application(client_max_size=65536)
    app.add_subapp("/desk", desk.application(QuestionDesk(desk, unanswered, draft, content).routes()))
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield Site(str(server.make_url("")).rstrip("/"), desk, store, clock, metrics), draft
    await server.close()
    await store.close()


async def put(
    store: Store,
    text: str,
    asker: str,
    *,
    language: str = "en",
    kind: str = "not_understood",
    topics: str = "unpaid_wages,payslip",
    day: dt.date = TODAY,
    consent: bool = False,
) -> str:
    """A question as it is kept; its id."""
    question = secrets.token_hex(8)
    row = {
        "id": question, "asker": asker, "text": text, "language": language, "kind": kind, "topics": topics, "day": day,
        "consent": consent, "shown": False,
    }  # fmt: skip
    await store.transaction(lambda connection: connection.execute(tables.questions.insert().values(row)))
    return question


async def put_bikes(store: Store) -> list[str]:
    """Three conversations that ask alike."""
    return [await put(store, text, f"bike-{number}") for number, text in enumerate(BIKE)]
