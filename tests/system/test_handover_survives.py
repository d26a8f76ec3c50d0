"""A handover stands whatever happens around it: real processes, killed and cut off while people talk to each other.

Four chats: on the web and on Telegram, one that waits and one that a counsellor has. After each blow every message is
in the counsellor's view once, every reply has reached the person once, and the program has not said a word.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.answers.content import Content
from bot.desk.clock import utc_now
from bot.gateway.store import Store
from tests.bot_api import TOKEN, BotApi, User
from tests.conftest import ROOT
from tests.desk import site
from tests.gateway.stage import ALWAYS
from tests.system.chat import LastingChat
from tests.system.conftest import System, free_port, running, wait_for
from tests.system.telegram import titles, until

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

_KEY = "kept"
#: In everything that people write here, so that it can be looked for elsewhere.
_MARK = "quokkaword"
_PATIENCE = 60.0
#: Longer than the store waits for a lock by itself.
_LOCKED_SECONDS = 12.0

#: What tells how long something has been so.
_TIMES = [
    ("conversations", "last_at"), ("handovers", "asked_at"), ("handovers", "claimed_at"), ("handovers", "reminded_at"),
]  # fmt: skip

_numbers = itertools.count(1)

Json = dict[str, Any]


class Page(LastingChat):
    """Somebody on the web whose page reconnects and repeats what was not acknowledged, as the real one does."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        super().__init__(session, url, token)
        self._listening: asyncio.Task[None] | None = None

    async def send(self, **message: str) -> None:
        body = {"id": uuid.uuid4().hex, **message}
        end = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError):
                if (await self.post(**body)).status == 202:
                    return
            assert time.monotonic() < end, "the gateway did not take it"
            await asyncio.sleep(0.3)

    async def write(self, text: str) -> None:
        await self.send(text=text)

    async def press(self, title: str) -> None:  # type: ignore[override]
        def found() -> list[str]:
            return [button["id"] for one in self.said for button in one["buttons"] if button["title"] == title]

        await until(found, _PATIENCE)
        await self.send(button=found()[-1])

    def texts(self) -> list[str]:
        return [one["text"] for one in self.said]

    def open(self) -> None:
        """Open the event stream, where it was closed."""
        self._listening = asyncio.create_task(self.keep_listening())

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)


class Phone:
    """Somebody on Telegram."""

    def __init__(self, user: User) -> None:
        self.user = user

    async def write(self, text: str) -> None:
        self.user.write(text)

    async def press(self, title: str) -> None:
        def found() -> list[Json]:
            return [message for message in self.user.received if title in titles(message)]

        await until(found, _PATIENCE)
        self.user.press(found()[-1], title)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.user.received]

    def open(self) -> None:
        """A phone is always reached."""

    async def close(self) -> None:
        """A phone is always reached."""


@dataclass
class Talk:
    """A chat that was handed over, and what must be in it. ``quiet``: so much was said before it was handed over."""

    person: Page | Phone
    id: str
    state: str
    quiet: int
    written: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def hears(self, text: str) -> None:
        """This is the next and only thing that is said to the person."""
        self.heard.append(text)
        await until(lambda: len(self.person.texts()) >= self.quiet + len(self.heard), _PATIENCE)
        assert self.person.texts()[self.quiet :] == self.heard

    async def is_answered(self) -> None:
        """The program says something."""
        before = len(self.person.texts())
        await until(lambda: len(self.person.texts()) > before, _PATIENCE)


class House:
    """Everything that runs, and who is in it."""

    def __init__(
        self, content: Content, system: System, api: BotApi, path: Path, session: aiohttp.ClientSession
    ) -> None:
        self.content = content
        self.system = system
        self.api = api
        self.path = path
        self.session = session
        self.talks: list[Talk] = []
        self.people: list[Page] = []
        self.anna = site.Browser(system.url)
        self.bert = site.Browser(system.url)

    def says(self, phrase: str, **values: str) -> str:
        return self.content.phrase("en", f"handover.{phrase}", **values)

    async def page(self) -> Page:
        response = await self.session.post(f"{self.system.url}/api/conversations", json={"language": "en"})
        page = Page(self.session, self.system.url, (await response.json())["token"])
        page.open()
        self.people.append(page)
        return page

    def phone(self) -> Phone:
        return Phone(self.api.user(3000 + next(_numbers), language_code="en"))

    async def hand_over(self, person: Page | Phone, state: str) -> Talk:
        """Go through the questions, and have the chat claimed if it is to be with a person."""
        known = {row["id"] for row in await self.chats()}
        await person.write("hello")
        await until(person.texts, _PATIENCE)
        if isinstance(person, Phone):
            await person.write("/human")
        else:
            await person.press(self.content.phrase("en", "button.human"))
        for act in ("yes", "with_history", "no_name", "safe_always"):
            await person.press(self.says(act))
        await person.press("English")
        await until(lambda: self.says("waiting") in person.texts(), _PATIENCE)
        (new,) = [row for row in await self.chats() if row["id"] not in known]
        if state == "person":
            assert (await self.anna.post(f"chats/{new['id']}/claim")).status == 204
            await until(lambda: self.says("joined", name="Anna") in person.texts(), _PATIENCE)
        await asyncio.sleep(0.5)
        talk = Talk(person, new["id"], state, len(person.texts()))
        self.talks.append(talk)
        return talk

    async def chats(self) -> list[Json]:
        answer = await self.anna.get("/desk/api/chats")
        assert answer.status == 200, answer.text
        return list(json.loads(answer.text)["chats"])

    async def view(self, talk: Talk) -> Json:
        """A chat as the counsellor sees it, once the desk can be reached."""
        end = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError):
                answer = await self.anna.get(f"/desk/api/chats/{talk.id}")
                if answer.status == 200:
                    return dict(json.loads(answer.text))
            assert time.monotonic() < end, "the desk did not come back"
            await asyncio.sleep(0.3)

    async def write(self, *texts: str) -> None:
        """Everybody writes something, at the same time; what is marked is remembered."""

        async def one(talk: Talk, text: str) -> None:
            marked = f"{text} {_MARK}{next(_numbers)}"
            talk.written.append(marked)
            await talk.person.write(marked)

        for text in texts or ("are you there",):
            await asyncio.gather(*(one(talk, text) for talk in self.talks))

    async def reply(self) -> None:
        """The counsellor answers everybody she has, again and again until the desk has taken it, once."""
        for talk in self.talks:
            if talk.state == "person":
                text = f"reply {next(_numbers)}"
                await self._post_until_there(talk, text)
                talk.heard.append(text)

    async def _post_until_there(self, talk: Talk, text: str) -> None:
        body = {"id": uuid.uuid4().hex, "text": text, "language": "en"}
        end = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError):
                if (await self.anna.post(f"chats/{talk.id}/reply", body)).status == 204:
                    return
            assert time.monotonic() < end, "the desk did not take it"
            await asyncio.sleep(0.3)

    async def stands(self) -> None:
        """Everything is as it should be, in every chat."""
        for talk in self.talks:
            await self._stands(talk)
        await asyncio.sleep(0.7)
        for talk in self.talks:
            # Nothing came after, from the program or a second time.
            assert talk.person.texts()[talk.quiet :] == talk.heard

    async def _stands(self, talk: Talk) -> None:
        await until(lambda: len(talk.person.texts()) >= talk.quiet + len(talk.heard), _PATIENCE)
        assert talk.person.texts()[talk.quiet :] == talk.heard
        end = time.monotonic() + _PATIENCE
        while True:
            view = await self.view(talk)
            lines = [line["text"] for line in view["talk"] if line["from"] == "you" and _MARK in line["text"]]
            spoken = [line for line in view["talk"] if line["from"] == "person"]
            if len(lines) >= len(talk.written) and all(line["delivered"] for line in spoken):
                break
            assert time.monotonic() < end, (talk.written, lines, spoken)
            await asyncio.sleep(0.2)
        assert lines == talk.written
        assert [line["text"] for line in spoken] == [text for text in talk.heard if text.startswith("reply")]
        assert view["chat"]["state"] == talk.state
        if isinstance(talk.person, Page):
            assert talk.person.holder == talk.state

    async def back(self, path: str = "readyz") -> None:
        """Wait until all parts work again."""
        await asyncio.to_thread(wait_for, f"{self.system.url}/{path}", 120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(model: Path, content: Content, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder, port = tmp_path_factory.mktemp("handover"), free_port()
    api, url, path = BotApi(messages_per_second=30), f"http://127.0.0.1:{port}", folder / "store.db"
    await api.start()
    environment = {
        "PORT": str(port), "DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": _KEY, "DESK_HOURS": ALWAYS,
        "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "MESSAGES_PER_MINUTE": "600",
        "ADDRESS_MESSAGES_PER_MINUTE": "6000", "CONVERSATIONS_PER_MINUTE": "600", "RASA_TIMEOUT_SECONDS": "10",
    }  # fmt: skip
    timeout = aiohttp.ClientTimeout(total=20)
    with running(["bot", "run"], url, folder / "output.txt", **environment) as system:
        await asyncio.to_thread(wait_for, f"{url}/readyz")
        async with aiohttp.ClientSession(timeout=timeout) as session:
            house = House(content, system, api, path, session)
            store = Store(f"sqlite:///{path}", [_KEY])
            async with house.anna, house.bert:
                await site.enter(store, house.anna, "anna", "counsellor", now=utc_now())
                await site.enter(store, house.bert, "bert", "counsellor", now=utc_now())
                await store.close()
                for state in ("waiting", "person"):
                    await house.hand_over(await house.page(), state)
                    await house.hand_over(house.phone(), state)
                yield house
                for person in house.people:
                    await person.close()
    await api.stop()


async def _typed_commands(house: House) -> None:
    await house.write("/restart", '/restart{"name": "x"}', "/session_start", "/action_listen", "/human")


async def _rasa_killed(house: House) -> None:
    """It comes back while the next blows fall: a chat that is handed over does not wait for it."""
    os.kill(house.system.part("rasa run"), signal.SIGKILL)
    await house.write("while Rasa is down")
    await house.reply()


async def _rasa_retrained(house: House) -> None:
    """Servers with another model take the place of the present ones, and the gateway begins anew with them."""
    raw = Path(f"/proc/{house.system.part('bot.app')}/environ").read_bytes().decode()
    environment = dict(entry.partition("=")[::2] for entry in raw.split("\0"))
    url, headers = environment["SUPERVISOR_URL"], {"Authorization": f"Bearer {environment['SUPERVISOR_TOKEN']}"}
    newer = house.path.parent / "retrained.tar.gz"
    await asyncio.to_thread(shutil.copy, environment["MODEL"], newer)
    timeout = aiohttp.ClientTimeout(total=150)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as supervisor:
        body = {"content": str(ROOT / environment["CONTENT"]), "model": str(newer)}
        starting = asyncio.create_task(supervisor.post("/pairs", json=body))
        await house.write("while another model is loaded")
        pair = await (await starting).json()
        await supervisor.post(f"/pairs/{pair['id']}/live")
        os.kill(house.system.part("bot.app"), signal.SIGKILL)
        await house.write("while it takes over")
        await supervisor.delete("/pairs")
    await house.reply()


async def _actions_killed(house: House) -> None:
    os.kill(house.system.part("actions.server"), signal.SIGKILL)
    await house.write("while the action server is down")


async def _gateway_killed(house: House) -> None:
    """In the middle of what everybody writes and of a reply."""
    writing = asyncio.create_task(house.write("while the gateway dies", "and once more"))
    replying = asyncio.create_task(house.reply())
    await asyncio.sleep(0.05)
    os.kill(house.system.part("bot.app"), signal.SIGKILL)
    await asyncio.gather(writing, replying)
    await house.back("healthz")


async def _telegram_down(house: House) -> None:
    await house.api.down()
    await house.write("while Telegram is down")
    await house.reply()
    await asyncio.sleep(1)
    await house.api.up()


async def _telegram_fails(house: House) -> None:
    house.api.fail("sendMessage", 502, times=2)
    await house.reply()
    house.api.fail("sendMessage", 500, after_processing=True)
    await house.reply()
    house.api.fail("sendMessage", 429, retry_after=1)
    house.api.fail("getUpdates", 500)
    await house.write("while Telegram fails")
    await house.reply()


async def _database_locked(house: House) -> None:
    """By somebody else, for longer than a transaction waits."""
    with contextlib.closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        writing = asyncio.create_task(house.write("while the database is away"))
        await asyncio.sleep(_LOCKED_SECONDS)
        other.execute("ROLLBACK")
    await writing
    await house.reply()


async def _both_sides_gone(house: House) -> None:
    for talk in house.talks:
        await talk.person.close()
    await house.write("while no page is open")
    await house.reply()
    await asyncio.sleep(0.5)
    for talk in house.talks:
        talk.person.open()


BLOWS: dict[str, Callable[[House], Awaitable[None]]] = {
    "rasa killed": _rasa_killed,
    "database locked": _database_locked,
    "typed commands": _typed_commands,
    "telegram down": _telegram_down,
    "telegram fails": _telegram_fails,
    "both sides gone": _both_sides_gone,
    "rasa retrained": _rasa_retrained,
    "action server killed": _actions_killed,
    "gateway killed": _gateway_killed,
}


@pytest.mark.parametrize("blow", BLOWS)
async def test_a_handover_survives(house: House, blow: str) -> None:
    await house.write("before")
    await BLOWS[blow](house)
    await house.write("after")
    await house.reply()
    await house.stands()


async def test_commands_of_telegram_go_to_the_person_too(house: House) -> None:
    for talk in house.talks:
        if isinstance(talk.person, Phone):
            for command in ("/start", "/menu", "/language", "/privacy", "/human"):
                talk.written.append(f"{command} {_MARK}{next(_numbers)}")
                await talk.person.write(talk.written[-1])
            # What is changed is read as it is now.
            first = next(message for message in talk.person.user.messages if not message["from"]["is_bot"])
            talk.written.append(f"changed {_MARK}{next(_numbers)}")
            talk.person.user.edit(first["message_id"], talk.written[-1])
    await house.stands()


async def test_stop_on_telegram_leaves_the_line(house: House) -> None:
    talk = await house.hand_over(house.phone(), "waiting")
    house.talks.remove(talk)
    await talk.person.write("/stop")
    await talk.hears(house.says("stopped_waiting"))
    view = await house.view(talk)
    assert view["chat"]["state"] == "left"
    assert [line["text"] for line in view["talk"]][-2:] == ["/stop", house.says("stopped_waiting")]


async def test_an_hour_passes_and_then_a_day_and_a_week(house: House) -> None:
    """Times are moved back in the database; at its start the gateway does what is due: it asks some, and erases."""
    other = await house.page()
    await other.write("somebody else")
    await until(other.texts, _PATIENCE)
    for time_passed in ("-1 hours", "-8 days"):
        with contextlib.closing(sqlite3.connect(house.path, timeout=20)) as store, store:
            for table, column in _TIMES:
                back = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '{time_passed}') || '000'"
                store.execute(f"UPDATE {table} SET {column} = {back} WHERE {column} IS NOT NULL")
        os.kill(house.system.part("bot.app"), signal.SIGKILL)
        await asyncio.sleep(0.5)
        await house.back("healthz")
        for talk in house.talks:
            if talk.state == "waiting":
                talk.heard.append(house.says("still_waiting"))
        await house.write(f"after {time_passed}")
        await house.reply()
        await house.stands()
    with contextlib.closing(sqlite3.connect(house.path, timeout=20)) as store:
        assert store.execute("SELECT count(*) FROM conversations").fetchone() == (len(house.talks),)


async def test_nothing_of_it_is_in_rasa_or_in_a_log(house: House) -> None:
    other = await house.page()
    control = f"controlword{uuid.uuid4().hex}"
    await other.write(f"how high can the deposit be {control}")
    await until(lambda: len(other.texts()) >= 1, _PATIENCE)
    await house.write("held")
    await house.stands()
    memory = _memory(house.system.part("rasa run"), control.encode(), _MARK.encode())
    assert memory == {control.encode(): True, _MARK.encode(): False}
    for part in ("actions.server",):
        assert not _memory(house.system.part(part), _MARK.encode())[_MARK.encode()]
    for path in (house.system.output, *(ROOT / "var/log").glob("*.log")):
        assert _MARK.encode() not in path.read_bytes(), path
    for path in house.path.parent.glob("store.db*"):
        assert _MARK.encode() not in path.read_bytes(), path
    async with house.session.get(f"{house.system.url}/metrics") as response:
        assert _MARK not in await response.text()


def _memory(process: int, *words: bytes) -> dict[bytes, bool]:
    """Whether words are anywhere in the memory of a process."""
    found = dict.fromkeys(words, False)
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            area = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if area is None:
                continue
            begin, end = (int(place, 16) for place in area.groups())
            with contextlib.suppress(OSError, ValueError, OverflowError):
                memory.seek(begin)
                content = memory.read(end - begin)
                for word in words:
                    found[word] = found[word] or word in content
    return found


async def test_of_two_counsellors_who_claim_at_once_one_gets_the_chat(house: House) -> None:
    for talk in house.talks:
        if talk.state == "waiting":
            claims = [browser.post(f"chats/{talk.id}/claim") for browser in (house.anna, house.bert) for _ in range(2)]
            statuses = [answer.status for answer in await asyncio.gather(*claims)]
            assert sorted(statuses) == [204, 409, 409, 409]
            name = "Anna" if 204 in statuses[:2] else "Bert"
            talk.state = "person"
            talk.heard.append(house.says("joined", name=name))
            if name == "Bert":
                assert (await house.bert.post(f"chats/{talk.id}/transfer", {"to": "anna"})).status == 204
                talk.heard.append(house.says("transferred", name="Anna"))
    await house.write("to whoever has it")
    await house.reply()
    await house.stands()


async def test_a_closed_chat_comes_back_to_the_program_by_a_button(house: House) -> None:
    for talk in [house.talks.pop(0) for _ in range(2)]:
        assert (await house.anna.post(f"chats/{talk.id}/close", {"outcome": "helped"})).status == 204
        await talk.hears(house.says("closed"))
        await talk.person.write("how high can the deposit be")
        await talk.hears(house.says("closed_still"))
        await talk.person.press(house.says("back_to_program"))
        await talk.hears(house.says("back"))
        view = await house.view(talk)
        assert [line["text"] for line in view["talk"]][-2:] == [house.says("back_to_program"), house.says("back")]
        await talk.person.write("how high can the deposit be")
        await talk.is_answered()


async def test_forget_me_works_at_once_on_both_channels(house: House) -> None:
    for talk in house.talks:
        if isinstance(talk.person, Page):
            await _erase_page(talk.person)
        else:
            await _erase_phone(house, talk.person)
        view = await house.view(talk)
        assert view["chat"]["state"] == "erased"
        assert (view["talk"], view["notes"], view["chat"]["name"]) == ([], [], "")
        body = {"id": "late", "text": "hello?", "language": "en"}
        assert (await house.anna.post(f"chats/{talk.id}/reply", body)).status == 410
        if isinstance(talk.person, Phone):
            await talk.person.write("how high can the deposit be")
            await talk.is_answered()
            assert (await house.view(talk))["talk"] == []


async def _erase_page(page: Page) -> None:
    answer = await page.session.delete(f"{page.url}/api/conversations", headers=page.headers)
    assert answer.status == 204
    assert (await page.post(id="late", text="late")).status == 401


async def _erase_phone(house: House, phone: Phone) -> None:
    await phone.write("/forget")
    forgotten = house.content.phrase("en", "telegram.forgotten")
    await until(lambda: phone.texts()[-1:] == [forgotten], _PATIENCE)
    assert [message["text"] for message in house.api.shown(phone.user.id) if message["from"]["is_bot"]] == [forgotten]
