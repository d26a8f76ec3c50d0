"""Parts are killed (-9) in the middle of many conversations, and every message still has exactly one answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from bot.answers.content import Content
from bot.answers.rendering import render_answer
from tests.bot_api import TOKEN, BotApi, User
from tests.conftest import TODAY
from tests.system.chat import LastingChat
from tests.system.conftest import System, free_port, running, wait_for

pytestmark = [pytest.mark.system, pytest.mark.beside]

_PLACE = "place"
#: Topic -> a question about it; where somebody lives needs the action server.
QUESTIONS = {
    "deposit": "how high can the deposit be",
    "holidays_and_leave": "how many holiday days do I get",
    _PLACE: "I live in Ede",
    "minimum_wage": "minimum wage per hour",
    "bsn": "how do I get a bsn",
}
_CONVERSATIONS = 25  # on each channel
_SECONDS = 28.0


async def test_every_message_has_exactly_one_answer_whatever_is_killed(
    model: Path, tmp_path: Path, content: Content
) -> None:
    api = BotApi()
    # As long as the real one takes: time to be killed in.
    api.delay("sendMessage", 0.1)
    await api.start()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/store.db", "SECRET_KEY": "kept",
        "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "MESSAGES_PER_MINUTE": "600",
        "ADDRESS_MESSAGES_PER_MINUTE": "6000", "CONVERSATIONS_PER_MINUTE": "600", "RASA_TIMEOUT_SECONDS": "5",
    }  # fmt: skip
    with running(["bot", "run"], url, tmp_path / "output.txt", **environment) as system:
        await asyncio.to_thread(wait_for, f"{url}/readyz")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            visitors = [Visitor(session, url, seed) for seed in range(_CONVERSATIONS)]
            people = [api.user(1000 + seed, language_code="en") for seed in range(_CONVERSATIONS)]
            listening = [asyncio.create_task(visitor.keep_listening()) for visitor in visitors]
            await asyncio.gather(
                kill_parts(system),
                *(visitor.ask_everything() for visitor in visitors),
                *(write_everything(person, seed) for seed, person in enumerate(people)),
            )
            await quiet(lambda: sum(len(v.said) for v in visitors) + sum(len(api.sent(p.id)) for p in people))
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
    for visitor in visitors:
        assert answered(content, [event["text"] for event in visitor.said]) == list(QUESTIONS), visitor.said
    for person in people:
        assert answered(content, [message["text"] for message in api.sent(person.id)]) == list(QUESTIONS)
    await api.stop()


async def kill_parts(system: System) -> None:
    """Kill the gateway, Rasa, the action server and the gateway once more, at moments spread over the chats."""
    for seconds, part in ((4, "bot.app"), (5, "rasa run"), (7, "actions.server"), (7, "bot.app")):
        await asyncio.sleep(seconds)
        os.kill(system.part(part), signal.SIGKILL)


class Visitor(LastingChat):
    """Somebody on the web whose page reconnects and repeats what was not acknowledged, as the widget does."""

    def __init__(self, session: aiohttp.ClientSession, url: str, seed: int) -> None:
        super().__init__(session, url)
        self._chance = random.Random(seed)

    async def ask_everything(self) -> None:
        for number, question in enumerate(QUESTIONS.values()):
            await self._post_until_taken(str(number), question)
            await asyncio.sleep(self._chance.uniform(0.5, 2) * _SECONDS / len(QUESTIONS) / 1.25)

    async def _post_until_taken(self, message_id: str, text: str) -> None:
        for _ in range(120):
            with contextlib.suppress(aiohttp.ClientError):
                if not self.token:
                    response = await self.session.post(f"{self.url}/api/conversations", json={"language": "en"})
                    self.token = (await response.json())["token"]
                if (await self.post(id=message_id, text=text)).status == 202:
                    return
            await asyncio.sleep(0.5)
        raise AssertionError("the gateway did not come back")


async def write_everything(person: User, seed: int) -> None:
    """Somebody on Telegram, who needs no patience: Telegram has it."""
    chance = random.Random(seed)
    for question in QUESTIONS.values():
        person.write(question)
        await asyncio.sleep(chance.uniform(0.5, 2) * _SECONDS / len(QUESTIONS) / 1.25)


async def quiet(count: object, seconds: float = 5.0, most: float = 90.0) -> None:
    """Wait until nothing more comes."""
    assert callable(count)
    end, before, since = time.monotonic() + most, -1, time.monotonic()
    while time.monotonic() - since < seconds:
        assert time.monotonic() < end
        if count() != before:
            before, since = count(), time.monotonic()
        await asyncio.sleep(0.2)


def answered(content: Content, texts: list[str]) -> list[str]:
    """The questions that these texts answer, in order; an apology answers the next one."""
    beginnings = {
        topic: render_answer(content, topic, "en", TODAY).text.split(".")[0][:25]
        for topic in QUESTIONS
        if topic != _PLACE
    }
    beginnings[_PLACE] = content.phrase("en", "help.noted_place", place="Ede")
    apology = content.phrase("en", "down.apology")
    lists = (content.phrase("en", "help.title"), content.phrase("en", "help.title_general"))
    found: list[str] = []
    for text in texts:
        if text.startswith(lists):
            continue
        topic = next((topic for topic, beginning in beginnings.items() if text.startswith(beginning)), None)
        if topic is None:
            assert text.startswith(apology), text
            topic = list(QUESTIONS)[len(found)] if len(found) < len(QUESTIONS) else "one answer too many"
        found.append(topic)
    return found
