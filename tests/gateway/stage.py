"""A gateway without its processes: the real store, turns, dispatcher and desk, before an honest stand-in for Rasa."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from bot.answers.content import Content, load_content
from bot.gateway import tables
from bot.gateway.answering import Answering, Understanding
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.handover import Handover, Handovers, Line
from bot.gateway.hub import Hub
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.outbox import Outbox
from bot.gateway.rasa_client import RasaClient
from bot.gateway.sealing import Unreadable
from bot.gateway.store import Holder, Incoming, Sent, Store
from bot.gateway.turns import Turns
from bot.gateway.unanswered import Unanswered, tools_of
from bot.settings import Settings, read_settings
from bot.understanding.redaction import Redactor
from bot.understanding.vocabulary import Vocabulary
from tests.conftest import ROOT, TODAY

ALWAYS = "mon-sun 00:00-23:59:59.999999"
#: A day on which nobody is at the desk, whatever the hour.
CHRISTMAS = "2026-12-25"
_PATIENCE = 10.0

_updates = itertools.count(1)


class StandIn:
    """Answers each message with its own words, as Rasa's channel does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        #: The topic that each message was said to come after.
        self.before: list[str | None] = []
        self.forgotten: list[str] = []
        #: What its messages say of themselves besides, as Rasa's channel puts it.
        self.also: dict[str, Any] = {}
        #: While it is not set, answers are held back.
        self.free = asyncio.Event()
        self.free.set()
        self.url = ""
        self._runner: web.AppRunner

    async def start(self) -> None:
        app = web.Application()
        channel = "/webhooks/gateway"
        app.add_routes([web.post(f"{channel}/messages", self._answer), web.get(f"{channel}/ready", self._ready)])
        app.add_routes([web.delete(f"{channel}/conversations/{{id}}", self._forget)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.free.set()
        await self._runner.cleanup()

    def was_asked(self, text: str) -> bool:
        """Whether somebody's words have come here."""
        return any(text in asked for _, asked in self.asked)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append((body["conversation"], body["text"]))
        self.before.append(body.get("before"))
        await self.free.wait()
        return web.json_response({"messages": [{"text": answer_to(body["text"]), "language": "en", **self.also}]})

    async def _ready(self, request: web.Request) -> web.Response:
        return web.json_response({"model": True})

    async def _forget(self, request: web.Request) -> web.Response:
        self.forgotten.append(request.match_info["id"])
        return web.Response(status=204)


@cache
def _tools() -> tuple[Redactor, Vocabulary]:
    """They take seconds to make: once for all tests."""
    return tools_of(load_content(ROOT), ROOT / "data/nlu")


def answer_to(text: str) -> str:
    """What the stand-in says to a message."""
    return f"answer to: {text}"


def settings_of(**given: str) -> Settings:
    """Settings with a desk that never closes, unless ``given`` otherwise."""
    return read_settings({"TODAY": TODAY.isoformat(), "DESK_HOURS": ALWAYS, **given}, Path("no-such-file"))


class Stage:
    """A gateway on a store, and what people and counsellors do with it."""

    def __init__(
        self, store: Store, rasa_url: str, content: Content, understanding: Understanding, settings: Settings
    ) -> None:
        self.store = store
        self.content = content
        self.hub = Hub()
        self.metrics = Metrics()
        self.outbox = Outbox(store)
        self.handovers = Handovers(store, self.hub, content)
        self._rasa = RasaClient(rasa_url, "token", timeout_seconds=120)
        answering = Answering(self._rasa, content, understanding, settings, self.metrics)
        intake = Intake(content, settings, "secret key")
        self.unanswered = Unanswered(store, content, settings, "secret key", _tools, answering.shows_danger)
        turns = Turns(store, answering, intake, self.handovers, content, settings, self.metrics, self.unanswered)
        self.dispatcher = Dispatcher(store, self.hub, turns, self.metrics)

    async def open(self) -> None:
        await self._rasa.open()
        await self.dispatcher.start()

    async def close(self) -> None:
        await self.dispatcher.stop()
        await self.unanswered.close()
        await self._rasa.close()

    async def send(self, chat: str, text: str = "", **fields: Any) -> None:
        """Have something arrive from a person; web unless the chat's name says ``telegram``."""
        channel = chat.partition(":")[0]
        if channel == "telegram":
            fields = {"address": "sealed address", **fields}
        message_id = fields.pop("message_id", None) or f"{secrets.token_hex(4)}-{next(_updates)}"
        await self.store.receive(Incoming(chat, channel, message_id, text, **fields))
        self.dispatcher.wake(chat)

    async def settle(self, chat: str) -> None:
        """Wait until everything that has arrived is dealt with."""
        for _ in range(int(_PATIENCE / 0.01)):
            with suppress(Unreadable):
                if await self.store.turn(chat) is None:
                    return
            await asyncio.sleep(0.01)
        raise AssertionError("a message was not dealt with")

    async def write(self, chat: str, text: str, **fields: Any) -> list[Sent]:
        """Write something; what is said to it."""
        return await self._act(chat, text=text, **fields)

    async def press(self, chat: str, act: str) -> list[Sent]:
        """Press the newest button that does this; what is said to it."""
        return await self._act(chat, button_id=await self.button(chat, act))

    async def _act(self, chat: str, **fields: Any) -> list[Sent]:
        before = (await self.said(chat))[-1:]
        await self.send(chat, **fields)
        await self.settle(chat)
        return await self.said(chat, after=before[0].number if before else 0)

    async def said(self, chat: str, after: int = 0) -> list[Sent]:
        """What was said to a person."""
        return (await self.store.news(chat, after)).sent

    async def holder(self, chat: str) -> Holder:
        state = await self.store.plain_conversation(chat)
        assert state is not None
        return state.holder

    async def button(self, chat: str, act: str) -> str:
        """The id of the newest button that does something."""
        titles = {self.content.phrase(language, f"handover.{act}") for language in ("en", "pl", "ro", "bg", "nl")}
        found = [button.id for one in await self.said(chat) for button in one.buttons if button.title in titles]
        return found[-1]

    async def ask_for_person(self, chat: str, history: bool = True, language: str = "English") -> Handover:
        """Go through the questions until the chat is in line."""
        await self._act(chat, text="a person", payload={"intent": self.content.topics["talk_to_human"].intent})
        await self.press(chat, "yes")
        return await self.answer_questions(chat, history, language)

    async def answer_questions(self, chat: str, history: bool = True, language: str = "English") -> Handover:
        """Answer the questions that ``yes`` and the like begin; the handover, once the chat is in line."""
        await self.press(chat, "with_history" if history else "without_history")
        await self.press(chat, "no_name")
        question = (await self.press(chat, "safe_always"))[-1]
        (button,) = [button.id for button in question.buttons if button.title == language]
        await self._act(chat, button_id=button)
        return await self.handover(chat)

    async def handover(self, chat: str) -> Handover:
        """The handover that a chat is in."""
        found = await self.handovers.of_conversation(chat)
        assert found is not None
        return found

    async def claimed(self, chat: str, account: str = "anna", **fields: Any) -> Handover:
        """Bring a new chat to a person."""
        found = await self.ask_for_person(chat, **fields)
        await self.handovers.claim(found.id, account, "Anna")
        return await self.handovers.get(found.id)

    async def talk(self, handover: Handover) -> list[tuple[str, str]]:
        """What a counsellor sees of a chat: who said what."""
        return [(line.sender, line.text) for line in await self.handovers.talk(handover.id)]

    async def lines(self, handover: Handover, sender: str) -> list[Line]:
        return [line for line in await self.handovers.talk(handover.id) if line.sender == sender]

    def says(self, phrase: str, language: str = "en", **values: str) -> str:
        """A text of the handover."""
        return self.content.phrase(language, f"handover.{phrase}", **values)


@asynccontextmanager
async def staged(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, **settings: str
) -> AsyncIterator[Stage]:
    """A gateway that works until the end of the block."""
    stage = Stage(store, stand_in.url, content, understanding, settings_of(**settings))
    await stage.open()
    try:
        yield stage
    finally:
        await stage.close()


def texts(said: Iterable[Sent]) -> list[str]:
    return [one.text for one in said]


async def rows(store: Store, query: sa.sql.Select) -> list[Any]:
    """What a query finds in the database."""

    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(query).all())

    return await store.transaction(read)


async def count(store: Store, table: sa.Table) -> int:
    return int((await rows(store, sa.select(sa.func.count()).select_from(table)))[0][0])


async def set_back(store: Store, chat: str, **moments: Any) -> None:
    """Move times of a chat's handover into the past."""
    mine = tables.handovers.c.conversation == chat
    await store.transaction(
        lambda connection: connection.execute(tables.handovers.update().where(mine).values(moments))
    )
