"""Nobody can take the assistant away from the others, and no limit stands between danger and the safety text."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.app import build_app
from bot.channels.web import api
from bot.gateway.store import Incoming, Reply, Store
from bot.settings import read_settings
from tests.system.chat import Chat, chatting
from tests.system.conftest import System, free_port, running, wait_for
from tests.system.telegram import rasa_of

pytestmark = pytest.mark.system


@pytest.fixture
async def small_gateway(tmp_path: Path) -> AsyncIterator[str]:
    """A gateway in this process, with small limits and without Rasa."""
    port = free_port()
    settings = read_settings(
        {
            "PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/store.db", "RASA_URL": "http://127.0.0.1:9",
            "MESSAGES_PER_MINUTE": "3", "ADDRESS_MESSAGES_PER_MINUTE": "5", "CONVERSATIONS_PER_MINUTE": "4",
            "TRUSTED_PROXIES": "1", "ENCRYPTION_KEYS": "a-key",
        }
    )  # fmt: skip
    runner = web.AppRunner(build_app(settings), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.fixture
def strict_gateway(system: System, tmp_path: Path) -> Iterator[str]:
    """A gateway of its own with the limits as they come, on the running Rasa."""
    port, rasa = free_port(), rasa_of(system)
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/store.db", "RASA_URL": rasa.url,
        "RASA_TOKEN": rasa.token, "ADDRESS_MESSAGES_PER_MINUTE": "6000",
    }  # fmt: skip
    with running(["bot.app"], url, tmp_path / "output.txt", **environment):
        wait_for(f"{url}/readyz", 30)
        yield url


async def test_beyond_the_limit_danger_still_gets_the_safety_text(small_gateway: str) -> None:
    async with chatting(small_gateway, language="pl") as chat:
        for number in range(3):
            assert (await chat.post(id=str(number), text="hej")).status == 202
        refused = await chat.post(id="4", text="hej")
        body = await refused.json()
        assert refused.status == 429
        assert "urgent" not in body["error"]
        assert int(refused.headers["Retry-After"]) > 0
        refused = await chat.post(id="5", text="szef zabrał mi paszport i bije mnie")
        body = await refused.json()
        assert refused.status == 429
        assert body["error"]["urgent"] is True
        assert "112" in body["error"]["message"]


async def test_one_address_has_a_limit_of_its_own(small_gateway: str) -> None:
    async with aiohttp.ClientSession() as session:

        async def new(address: str) -> tuple[int, Chat]:
            headers = {"X-Forwarded-For": f"10.9.8.7, {address}"}
            response = await session.post(f"{small_gateway}/api/conversations", headers=headers)
            body = await response.json()
            return response.status, Chat(session, small_gateway, body.get("token", ""))

        async def write(chat: Chat, address: str) -> int:
            headers = {**chat.headers, "X-Forwarded-For": address}
            body = {"id": str(uuid.uuid4()), "text": "hej"}
            return (await session.post(f"{small_gateway}/api/messages", json=body, headers=headers)).status

        chats = [await new("192.0.2.1") for _ in range(5)]
        assert [status for status, _ in chats] == [201, 201, 201, 201, 429]
        sent = [await write(chats[number % 3][1], "192.0.2.1") for number in range(6)]
        assert sent == [202] * 5 + [429]
        # Others are not held responsible, nor is a made-up first entry believed.
        assert (await new("192.0.2.2"))[0] == 201
        assert await write(chats[3][1], "192.0.2.2") == 202


async def test_a_body_that_never_ends_is_given_up(small_gateway: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 0.3)
    async with chatting(small_gateway) as chat:
        port = int(small_gateway.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {chat.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        )
        writer.write(head.encode())
        assert b"408" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        await writer.wait_closed()


async def test_a_client_that_does_not_read_loses_its_stream(
    small_gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 0.3)
    async with aiohttp.ClientSession() as session:
        token = (await (await session.post(f"{small_gateway}/api/conversations")).json())["token"]
        chat = Chat(session, small_gateway, token)
        assert (await chat.post(id="1", text="hej")).status == 202
        listening = asyncio.create_task(chat.listen())
        await chat.hear()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await _fill(tmp_path)
    port = int(small_gateway.rpartition(":")[2])
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", port))
        lazy.sendall(f"GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await asyncio.sleep(5)
        lazy.setblocking(False)
        loop, read = asyncio.get_running_loop(), 0
        try:
            while chunk := await asyncio.wait_for(loop.sock_recv(lazy, 1 << 20), 20):
                read += len(chunk)
        except ConnectionResetError:
            pass
    assert read < _MUCH


_MUCH = 24_000_000


async def _fill(folder: Path) -> None:
    """Put more into the conversation than any buffer on the way takes."""
    store = Store(f"sqlite:///{folder}/store.db", ["a-key"])
    conversation = (await store.transaction(lambda c: c.exec_driver_sql("select id from conversations").scalar())) or ""
    replies = tuple(Reply("x" * 4000, "en") for _ in range(_MUCH // 4000))
    await store.receive(Incoming(conversation, "web", "fill", replies=replies))
    await store.close()


async def test_a_flood_from_one_person_does_not_slow_the_others(strict_gateway: str) -> None:
    # Other work on this machine disturbs either measurement: it counts if it holds in one of three rounds.
    rounds = []
    for _ in range(3):
        calm = await _p95(strict_gateway)
        flooded = await _p95_in_a_flood(strict_gateway)
        rounds.append(f"{calm * 1000:.0f} ms alone, {flooded * 1000:.0f} ms in the flood")
        if flooded <= 2 * calm + 0.01:
            return
    raise AssertionError(f"p95 {'; '.join(rounds)}")


async def _p95_in_a_flood(url: str) -> float:
    async with chatting(url) as flooder:
        stop = asyncio.Event()

        async def flood() -> int:
            refused = 0
            while not stop.is_set():
                refused += (await flooder.post(id=str(uuid.uuid4()), text="how high can the deposit be")).status == 429
                await asyncio.sleep(0.005)
            return refused

        flooding = asyncio.create_task(flood())
        p95 = await _p95(url)
        stop.set()
        refused = await flooding
    assert refused > 100
    return p95


async def _p95(url: str) -> float:
    """Seconds from a question to its answer, of six people who ask now and then."""
    times: list[float] = []

    async def talk(start: float) -> None:
        async with chatting(url) as chat:
            await asyncio.sleep(start)
            for question in ("minimum wage per hour", "how do I get a bsn", "how many holidays do I get") * 5:
                asked = time.monotonic()
                await chat.post(id=str(uuid.uuid4()), text=question)
                while (await chat.events.get())[0] != "message":
                    pass
                times.append(time.monotonic() - asked)
                await asyncio.sleep(0.4)

    await asyncio.gather(*(talk(number / 15) for number in range(6)))
    return statistics.quantiles(times, n=20)[-1]
