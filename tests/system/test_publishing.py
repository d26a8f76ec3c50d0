"""An editor changes something, tries it, publishes it and takes it back, while people go on asking: real processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import string
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.desk.clock import utc_now
from bot.gateway.store import Store
from bot.training import model_path
from tests.desk import site
from tests.system.chat import Chat, Event, chatting
from tests.system.conftest import System, _children, free_port, running, wait_for
from tests.system.desk import Background
from tests.system.pictures import take

pytestmark = pytest.mark.system

_TOPIC = "deposit"
_QUESTION = "how high can the deposit be"
_OTHER_QUESTION = "how do I get a bsn"
#: Stands in the new text, and in no other.
_NEW = "Keep this sentence in mind."
#: People who ask while a version goes live.
_PEOPLE = 6
_PATIENCE = 1_200_000


@dataclass
class House:
    """Everything, on content of its own, with an editor."""

    system: System
    folder: Path
    background: Background
    store: Store

    @property
    def url(self) -> str:
        return self.system.url

    def live(self) -> str:
        """What is live in the repository."""
        return self.git("rev-parse", "main").strip()

    def git(self, *arguments: str) -> str:
        repository = self.folder / "content/repository.git"
        return subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True).stdout

    def editor(self, name: str = "ewa") -> str:
        """The token of an editor's session."""

        async def enter() -> str:
            async with site.Browser(self.url) as browser:
                await site.enter(self.store, browser, name, "editor", now=utc_now())
                return browser.cookie("desk_session")

        return self.background.run(enter())

    def ask(self, method: str, path: str, body: object = None, name: str = "ewa") -> Any:
        """Ask the desk's API as an editor."""

        async def call() -> Any:
            async with site.Browser(self.url) as browser:
                await site.enter(self.store, browser, name, "editor", now=utc_now())
                answer = await browser.send(
                    method,
                    f"/desk/api/{path}",
                    headers={"X-CSRF-Token": browser.csrf},
                    **({"json": body} if body else {}),
                )
                assert answer.status < 300, answer.text
                return answer

        return self.background.run(call())

    def answer(self) -> str:
        """What somebody who asks now is answered."""

        async def ask() -> str:
            async with chatting(self.url, language="en") as chat:
                return str((await chat.say(_QUESTION))[0]["text"])

        return self.background.run(ask())

    def wait(self, true: Callable[[], object], seconds: float = 90) -> None:
        """Wait until something is the case."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Whether everything works again, after something was killed."""
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as response:
            return bool(response.status == 200)
        return False


@pytest.fixture(scope="module")
def house(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("publishing")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/store.db", "SECRET_KEY": "kept",
        "MESSAGES_PER_MINUTE": "6000", "ADDRESS_MESSAGES_PER_MINUTE": "60000", "CONVERSATIONS_PER_MINUTE": "600",
    }  # fmt: skip
    background = Background()
    with running(["bot", "run"], url, folder / "output.txt", **environment) as system:
        wait_for(f"{url}/readyz")
        store = Store(f"sqlite:///{folder}/store.db", ["kept"])
        yield House(system, folder, background, store)
        background.run(store.close())
    background.stop()
    for version in (folder / "content/versions").glob("*"):
        if model_path(version) != model_path():
            model_path(version).unlink(missing_ok=True)
    assert model.is_file()


@dataclass
class Asked:
    """Something that was said, and what came of it."""

    at: float
    seconds: float
    is_new: bool


@dataclass
class Crowd:
    """People who ask all the time, and press "Say it simpler" under the answer."""

    url: str
    asked: list[list[Asked]] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    #: What was said -> how many messages came.
    heard: dict[str, int] = field(default_factory=dict)
    is_over: bool = False

    async def start(self) -> None:
        for _ in range(_PEOPLE):
            mine: list[Asked] = []
            self.asked.append(mine)
            self.tasks.append(asyncio.create_task(self._ask(mine)))
        self.tasks.append(asyncio.create_task(self._look()))

    async def stop(self) -> None:
        self.is_over = True
        await asyncio.gather(*self.tasks)

    async def _ask(self, mine: list[Asked]) -> None:
        async with chatting(self.url, language="en") as chat:
            while not self.is_over:
                said = await self._turn(chat, mine, text=_QUESTION)
                button = next(one for one in said[0]["buttons"] if one["title"] == "Say it simpler")
                await self._turn(chat, mine, button=button["id"])
                # Something else, so that the question is no follow-up when it is asked again.
                await self._turn(chat, [], text=_OTHER_QUESTION)
            await asyncio.sleep(1)
            assert _drained(chat) == []

    async def _turn(self, chat: Chat, mine: list[Asked], **message: str) -> list[Event]:
        """Say something, and hear what comes back until it is quiet."""
        at = time.monotonic()
        response = await chat.post(id=str(uuid.uuid4()), **message)
        assert response.status == 202
        said = [await asyncio.wait_for(_message(chat), 30)]
        seconds = time.monotonic() - at
        with contextlib.suppress(asyncio.TimeoutError):
            while True:
                said.append(await asyncio.wait_for(_message(chat), 0.3))
        self.times.append(seconds)
        # Everybody gets the same: one answer, once.
        kind = next(iter(message)) + message.get("text", "")
        assert self.heard.setdefault(kind, len(said)) == len(said), said
        mine.append(Asked(at, seconds, _NEW in said[0]["text"]))
        return said

    async def _look(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self.is_over:
                async with session.get(f"{self.url}/readyz") as response:
                    self.ready.append(response.status)
                await asyncio.sleep(0.1)


async def _message(chat: Chat) -> Event:
    """The next message."""
    while True:
        kind, event = await chat.events.get()
        if kind == "message":
            return event


def _drained(chat: Chat) -> list[Event]:
    """Messages that nobody has waited for."""
    events = [chat.events.get_nowait() for _ in range(chat.events.qsize())]
    return [event for kind, event in events if kind == "message"]


def _assert_swapped(crowd: Crowd, to_new: bool) -> None:
    """Everybody was answered, from the one version and then from the other, and never back."""
    for mine in crowd.asked:
        versions = [one.is_new for one in mine]
        assert versions == sorted(versions, reverse=not to_new)
        assert {True, False} == set(versions)
    everything = [one for mine in crowd.asked for one in mine]
    first = min(one.at + one.seconds for one in everything if one.is_new == to_new)
    assert all(one.is_new == to_new for one in everything if one.at > first)
    assert set(crowd.ready) == {200}
    times = sorted(crowd.times)
    print(
        f"{len(times)} answers during the swap: half within {statistics.median(times) * 1000:.0f} ms, "
        f"99 % within {times[int(len(times) * 0.99)] * 1000:.0f} ms, the longest {times[-1] * 1000:.0f} ms"
    )
    assert times[-1] < 5


def test_from_the_draft_to_everybody_and_back(house: House, browser: Browser, tmp_path: Path) -> None:
    old = house.answer()
    _edit(house)
    assert house.answer() == old
    context = browser.new_context(locale="en-GB")
    context.add_cookies([{"name": "desk_session", "value": house.editor(), "url": f"{house.url}/desk"}])
    page = context.new_page()

    # try
    page.goto(f"{house.url}/desk/publish")
    expect(page.locator("details.change")).to_have_count(3)
    expect(page.locator("#go button")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#line")).to_contain_text("Learning from the messages", timeout=_PATIENCE)
    page.goto("about:blank")
    page.goto(f"{house.url}/desk/publish")
    results = page.get_by_role("table")
    expect(results).to_be_visible(timeout=_PATIENCE)
    # Whether danger is seen a little less often is up to the training; nothing else may be wrong.
    faults = page.locator("#trial-title ~ p.fault").filter(has_not_text="Danger is recognised less often")
    expect(faults).to_have_count(0)
    expect(page.get_by_text("Saved conversations: all 1 go as they should.")).to_be_visible()
    take(page, "trial", tmp_path, page.locator("#trial-title").scroll_into_view_if_needed)
    assert house.answer() == old

    # chat with the draft
    page.locator("#publish").get_by_role("link", name="Chat with the draft").click()
    page.wait_for_load_state()
    take(page, "sandbox", tmp_path, lambda: _begin_chat(page))
    _chat_with_draft(page)
    assert house.answer() == old

    # publish, while people ask
    page.goto(f"{house.url}/desk/publish")
    page.get_by_label("Why (kept with the version)").fill("A sentence more")
    page.get_by_label("Why you publish in spite").fill("The translations follow")
    crowd = Crowd(house.url)
    house.background.run(crowd.start())
    house.wait(lambda: all(len(mine) > 4 for mine in crowd.asked))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("The version of ewa is live.")).to_be_visible(timeout=60_000)
    house.wait(lambda: all(mine[-1].is_new for mine in crowd.asked))
    house.wait(lambda: all(len([one for one in mine if one.is_new]) > 4 for mine in crowd.asked))
    house.background.run(crowd.stop())
    _assert_swapped(crowd, to_new=True)
    assert _NEW in house.answer()

    # return to the version before, while people ask
    page.get_by_role("link", name="All versions").first.click()
    expect(page.locator(".versions li")).to_have_count(2)
    expect(page.locator(".versions li").first).to_contain_text("A sentence more")
    page.get_by_role("button", name="Return to this version").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Training messages: Deposit")
    dialog.get_by_label("Why").fill("It was wrong")
    crowd = Crowd(house.url)
    house.background.run(crowd.start())
    dialog.get_by_role("button", name="Return to this version").click()
    expect(page.get_by_text("ewa returned to an earlier version; it is live.")).to_be_visible(timeout=90_000)
    house.wait(lambda: all(mine and not mine[-1].is_new for mine in crowd.asked))
    house.background.run(crowd.stop())
    _assert_swapped(crowd, to_new=False)
    assert house.answer() == old
    page.goto(f"{house.url}/desk/versions")
    take(page, "versions", tmp_path)
    context.close()


def test_a_gateway_killed_on_the_way_leaves_one_whole_version_live(house: House) -> None:
    before = house.live()
    published = house.git("rev-parse", "main^").strip()
    reason = {"live": before, "reason": "once more"}
    # before it is live in the repository: the old one goes on
    house.ask("POST", f"versions/{published}/return", reason)
    os.kill(house.system.part("bot.app"), signal.SIGKILL)
    house.wait(house.is_ready)
    assert house.live() == before
    assert _NEW not in house.answer()
    # when it is live in the repository, and the gateway may not answer from it yet: the new one does
    house.ask("POST", f"versions/{published}/return", reason)
    house.wait(lambda: house.live() != before)
    os.kill(house.system.part("bot.app"), signal.SIGKILL)
    house.wait(lambda: house.is_ready() and _NEW in house.answer())
    # what the killed one had started is ended; the one that answered before may still finish
    house.wait(lambda: len(_rasas(house)) <= 2)


def _rasas(house: House) -> list[int]:
    found = []
    for pid in _children(house.system.process.pid):
        with contextlib.suppress(OSError):
            if b"rasa" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def _edit(house: House) -> None:
    """Change a text, and teach something that no model has learnt before; save a conversation as a test."""
    sheet = json.loads(house.ask("GET", f"topics/{_TOPIC}").text)
    texts = {part: sheet["texts"]["en"][part]["text"] for part in ("title", "text", "simpler")}
    texts = {**texts, "text": f"{texts['text']}\n{_NEW}", "simpler": f"{texts['simpler']} {_NEW}"}
    house.ask("POST", f"topics/{_TOPIC}/texts", {"language": "en", "texts": texts, "seen": sheet["seen"]["en"]})
    word = "".join(random.choices(string.ascii_lowercase, k=12))
    message = f"they want a {word} as a deposit for the room"
    house.ask("POST", f"topics/{_TOPIC}/messages/add", {"language": "en", "texts": [message]})
    turns = [{"text": _QUESTION, "topic": _TOPIC, "follows": False}]
    house.ask("POST", "tests", {"language": "en", "turns": turns})


def _begin_chat(page: Page) -> None:
    """The draft answers with its own words, on a page in any language."""
    page.locator("#begin button").click()
    page.locator("#text").fill(_QUESTION)
    page.locator("#say button").click()
    expect(page.locator("#talk")).to_contain_text(_NEW)
    expect(page.locator("#talk .said .hint")).to_be_visible()


def _chat_with_draft(page: Page) -> None:
    """Its buttons work; danger shows; what was understood is said."""
    talk = page.locator("#talk")
    expect(talk.locator(".said .hint")).to_contain_text("Deposit")
    talk.get_by_role("button", name="Say it simpler").first.click()
    expect(talk.get_by_text(_NEW)).to_have_count(2)
    page.get_by_label("Message", exact=True).fill("Szef zabrał mi paszport i grozi że mnie pobije")
    page.get_by_role("button", name="Send").click()
    expect(talk.locator(".bubble.urgent").first).to_contain_text("112")
    expect(talk.locator(".said .hint").last).to_contain_text("Danger recognised")
    # as on a day on which an amount no longer holds
    page.get_by_label("As on this day").fill("2027-01-05")
    page.get_by_role("button", name="New chat").click()
    expect(talk.locator("li")).to_have_count(0)
    page.get_by_label("Message", exact=True).fill("minimum wage per hour")
    page.get_by_role("button", name="Send").click()
    expect(talk).to_contain_text("valid until 31 December 2026 and may have changed")
