"""When a part fails, nobody is left without an answer, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import ROOT
from tests.system.chat import Chat, chatting, everything, topics
from tests.system.conftest import System, free_port, running, wait_for

pytestmark = pytest.mark.system


async def test_without_rasa_everybody_gets_numbers_in_their_language(lonely_gateway: System) -> None:
    async with chatting(lonely_gateway.url) as chat:
        said = await chat.say("nie dostałem wypłaty za ten miesiąc")
        assert said[0]["language"] == "pl"
        assert "112" in said[0]["text"]
        assert "0800-7000" in said[0]["text"]


async def test_without_rasa_danger_gets_its_own_answer(lonely_gateway: System) -> None:
    async with chatting(lonely_gateway.url) as chat:
        said = await chat.say("shefyt mi vze pasporta")
        # Its answer, and the offer to talk to a person, which needs no Rasa either.
        assert topics(said) == ["documents_taken", "talk_to_human"]
        assert said[0]["urgent"] is True
        assert said[0]["language"] == "bg"
        assert "Moviera" in said[0]["text"]


async def test_without_rasa_the_gateway_is_alive_but_not_ready(lonely_gateway: System) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{lonely_gateway.url}/healthz")).status == 200
        response = await session.get(f"{lonely_gateway.url}/readyz")
        assert response.status == 503
        assert (await response.json())["parts"] == {"store": True, "rasa": False, "content": True}


async def test_too_many_messages_are_told_when_to_come_back(lonely_gateway: System) -> None:
    async with chatting(lonely_gateway.url) as chat:
        responses = [await chat.post(id=str(number), text="x") for number in range(6)]
        assert [response.status for response in responses] == [202] * 5 + [429]
        assert 1 <= int(responses[-1].headers["Retry-After"]) <= 61


async def test_with_the_action_server_down_answers_come_and_referrals_are_general(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("what is fairwork and how do I reach them")
        os.kill(system.part("actions.server"), signal.SIGKILL)
        said = await chat.say("I live in Ede")
        assert "Ede" in said[0]["text"]
        assert "0800-7000" in everything(said)
        assert "Juridisch Loket:" in everything(await chat.say("how high can the deposit be"))
        # The supervisor brings it back, and with it the tailored list.
        for _ in range(20):
            await asyncio.sleep(1)
            said = await chat.say("I live in Ede")
            if topics(said) == ["deposit"]:
                return
        raise AssertionError("the action server did not come back")


async def test_message_survives_restart(model: Path, tmp_path: Path) -> None:
    """A message stored just before a crash is answered once after the restart."""
    port, rasa = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/store.db",
        "SECRET_KEY": "the same before and after",
        "RASA_URL": f"http://127.0.0.1:{rasa}",
        "RASA_TOKEN": "unused",
    }

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    # A Rasa that takes the message and never answers: the gateway dies while it waits.
    silent = await asyncio.start_server(never_answer, "127.0.0.1", rasa)
    async with aiohttp.ClientSession() as session:
        with running(["bot.app"], url, tmp_path / "first.txt", **environment) as first:
            await asyncio.to_thread(wait_for, f"{url}/healthz", 30)
            token = (await (await session.post(f"{url}/api/conversations")).json())["token"]
            chat = Chat(session, url, token)
            assert (await chat.post(id="1", text="I did not get my wages")).status == 202
            await asyncio.sleep(0.5)
            first.process.kill()
            first.process.wait()
        silent.close()
        await silent.wait_closed()
        with running(["bot.app"], url, tmp_path / "second.txt", **environment):
            await asyncio.to_thread(wait_for, f"{url}/healthz", 30)
            listening = asyncio.create_task(chat.listen())
            said = await chat.hear()
            assert len(said) == 1
            assert (await chat.post(id="1", text="I did not get my wages")).status == 202
            assert await chat.hear(patience=1.5) == []
            listening.cancel()


async def test_an_unwritable_store_answers_503_with_phone_numbers(model: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/store.db",
        "RASA_URL": f"http://127.0.0.1:{free_port()}",
    }
    with running(["bot.app"], url, tmp_path / "output.txt", **environment) as system:
        await asyncio.to_thread(wait_for, f"{url}/healthz", 30)
        async with chatting(url, language="ro") as chat:
            await chat.say("salut")
            system.fail_writing()
            response = await chat.post(id=str(uuid.uuid4()), text="nu am primit salariul")
            body = await response.json()
            assert response.status == 503
            assert body["error"]["code"] == "unavailable"
            assert "112" in body["error"]["message"]
            assert "Moviera" in body["error"]["message"]


async def test_nothing_anybody_writes_is_logged(system: System) -> None:
    secret = "quokka" + uuid.uuid4().hex
    async with chatting(system.url) as chat:
        for text in (f"my boss {secret} took my passport", f"/{secret}", f'/restart{{"a":"{secret}"}}', secret):
            await chat.say(text)
        token = chat.token
    logs = [system.output, *(ROOT / "var/log").glob("*.log")]
    assert len(logs) >= 4
    for path in logs:
        logged = path.read_bytes()
        assert secret.encode() not in logged, path
        assert token.encode() not in logged, path
        assert b"minimum_wage" not in logged, path
