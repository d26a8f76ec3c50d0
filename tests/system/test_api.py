"""The public web API keeps its promises."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from bot.app import build_app
from bot.channels.web.api import openapi_description
from bot.settings import read_settings
from tests.system.chat import Chat, chatting, everything
from tests.system.conftest import System

pytestmark = pytest.mark.system


def _schema(name: str) -> dict[str, Any]:
    description = openapi_description()
    return {"$ref": f"#/components/schemas/{name}", "components": description["components"]}


async def _expect(response: aiohttp.ClientResponse, status: int, code: str) -> None:
    body = await response.json()
    assert (response.status, body["error"]["code"]) == (status, code), body
    jsonschema.validate(body, _schema("Error"))


async def test_the_same_message_twice_is_answered_once(system: System) -> None:
    async with chatting(system.url) as chat:
        message = {"id": str(uuid.uuid4()), "text": "minimum wage per hour"}
        statuses = [(await chat.post(**message)).status for _ in range(3)]
        said = await chat.hear()
        assert statuses == [202, 202, 202]
        assert len([event for event in said if event.get("topic") == "minimum_wage"]) == 2
        assert (await chat.post(**message)).status == 202
        assert await chat.hear(patience=1.5) == []


async def test_messages_of_one_conversation_are_answered_in_order(system: System) -> None:
    async with chatting(system.url) as chat:
        for text in ("how high can my deposit be", "how many holidays do I get", "how do I get a bsn"):
            assert (await chat.post(id=str(uuid.uuid4()), text=text)).status == 202
        said = await chat.hear()
    order = list(dict.fromkeys(event["topic"] for event in said))
    assert order == ["deposit", "holidays_and_leave", "bsn"]
    assert [int(event["id"]) for event in said] == list(range(1, len(said) + 1))


async def test_many_conversations_are_answered_at_once(system: System) -> None:
    async def one(text: str) -> str:
        async with chatting(system.url) as chat:
            return everything(await chat.say(text))

    texts = await asyncio.gather(*(one("minimum wage per hour") for _ in range(12)))
    assert all("€14.99" in text for text in texts)


async def test_a_stream_resumes_after_the_last_event(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("minimum wage per hour")
        again = Chat(chat.session, chat.url, chat.token)
        listening = asyncio.create_task(again.listen(last=int(said[0]["id"])))
        heard = await again.hear(patience=3)
        listening.cancel()
        assert [event["id"] for event in heard] == [event["id"] for event in said[1:]]
        assert again.holder == "bot"
        for event in said:
            jsonschema.validate(event, _schema("Message"))


async def test_a_ticket_opens_the_stream_without_a_header(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("hello")
        issued = await chat.session.post(f"{chat.url}/api/tickets", headers=chat.headers)
        ticket = (await issued.json())["ticket"]
        async with chat.session.get(f"{chat.url}/api/events", params={"ticket": ticket}) as response:
            assert response.status == 200
            assert response.content_type == "text/event-stream"
            assert b"event: state" in await response.content.readline()
        await _expect(await chat.session.get(f"{chat.url}/api/events", params={"ticket": ticket + "x"}), 401, "token")


async def test_erasure_leaves_nothing(system: System) -> None:
    secret = "zebra-" + uuid.uuid4().hex
    async with chatting(system.url) as chat:
        await chat.say(f"my deposit is gone {secret}")
        response = await chat.session.delete(f"{chat.url}/api/conversations", headers=chat.headers)
        assert response.status == 204
        await _expect(await chat.post(id="late", text="retry"), 401, "token")
        await _expect(await chat.session.get(f"{chat.url}/api/events", headers=chat.headers), 401, "token")
    folder = system.output.parent
    for path in folder.glob("store.db*"):
        assert secret.encode() not in path.read_bytes(), path
    with sqlite3.connect(folder / "store.db") as store:
        for table in ("received", "sent", "buttons"):
            rows = store.execute(
                f"SELECT count(*) FROM {table} WHERE conversation NOT IN (SELECT id FROM conversations)"
            )
            assert rows.fetchone() == (0,)


async def test_a_chat_erased_in_the_middle_of_an_answer_stays_erased(system: System) -> None:
    async with chatting(system.url) as chat:
        for number in range(5):
            assert (await chat.post(id=str(number), text="how high can the deposit be")).status == 202
        response = await chat.session.delete(f"{chat.url}/api/conversations", headers=chat.headers)
        assert response.status == 204
        await asyncio.sleep(2)
    with sqlite3.connect(system.output.parent / "store.db") as store:
        for table in ("received", "sent", "buttons"):
            rows = store.execute(
                f"SELECT count(*) FROM {table} WHERE conversation NOT IN (SELECT id FROM conversations)"
            )
            assert rows.fetchone() == (0,)


async def test_nothing_is_stored_before_the_first_message(system: System) -> None:
    def count() -> int:
        with sqlite3.connect(system.output.parent / "store.db") as store:
            return int(store.execute("SELECT count(*) FROM conversations").fetchone()[0])

    before = count()
    async with chatting(system.url, language="pl"):
        await asyncio.sleep(0.3)
        assert count() == before


async def test_a_foreign_button_is_refused(system: System) -> None:
    async with chatting(system.url) as mine, chatting(system.url) as other:
        said = await other.say("hello")
        await _expect(await mine.post(id="1", button=said[0]["buttons"][0]["id"]), 400, "malformed")
        await _expect(await mine.post(id="2", button="/restart"), 400, "malformed")


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "1"}, {"id": "", "text": "x"}, {"id": "1", "text": 5}, {"id": 1, "text": "x"}, {"id": "1", "text": " "},
     {"id": "1", "text": "x", "button": "y"}, {"id": "a b", "text": "x"}, {"id": "1", "text": "a\u0000b"}],
)  # fmt: skip
async def test_a_malformed_message_is_refused_clearly(system: System, body: dict[str, Any]) -> None:
    async with chatting(system.url) as chat:
        response = await chat.session.post(f"{chat.url}/api/messages", json=body, headers=chat.headers)
        await _expect(response, 400, "malformed")


async def test_wrong_type_wrong_json_and_wrong_token_are_told_apart(system: System) -> None:
    async with chatting(system.url) as chat:
        url, headers = f"{chat.url}/api/messages", chat.headers
        await _expect(await chat.session.post(url, data="text", headers=headers), 415, "wrong_type")
        json_type = {**headers, "Content-Type": "application/json"}
        await _expect(await chat.session.post(url, data="{", headers=json_type), 400, "malformed")
        await _expect(await chat.session.post(url, data="[]", headers=json_type), 400, "malformed")
        await _expect(await chat.session.post(url, json={"id": "1", "text": "x"}), 401, "token")
        forged = {"Authorization": f"Bearer {chat.token[:-2]}xx"}
        await _expect(await chat.session.post(url, json={"id": "1", "text": "x"}, headers=forged), 401, "token")
        await _expect(await chat.session.get(f"{chat.url}/api/nothing"), 404, "not_found")
        await _expect(await chat.session.put(url, json={}), 405, "method_not_allowed")


async def test_too_long_is_refused_fast_and_the_limit_is_exact(system: System) -> None:
    async with chatting(system.url) as chat:
        await _expect(await chat.post(id="1", text="a" * 4097), 413, "too_long")
        await _expect(await chat.post(id="2", text="a" * 900_000), 413, "too_long")
        assert (await chat.post(id="3", text="ъ" * 4096)).status == 202
        assert await chat.hear()


async def test_health_and_readiness_name_the_parts(system: System) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{system.url}/healthz")).status == 200
        body = await (await session.get(f"{system.url}/readyz")).json()
        assert body == {"ready": True, "parts": {"store": True, "rasa": True, "content": True}}
        jsonschema.validate(body, _schema("Readiness"))
        served = await (await session.get(f"{system.url}/api/openapi.json")).json()
        assert served["openapi"].startswith("3.")


def test_openapi_describes_every_route(tmp_path: Path) -> None:
    settings = read_settings({"DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "SECRET_KEY": "k"})
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in build_app(settings).router.routes()
        if route.resource
        and route.method != "HEAD"
        and route.resource.canonical.startswith(("/api", "/healthz", "/readyz"))
    }
    described = {(method, path) for path, methods in openapi_description()["paths"].items() for method in methods}
    assert served == described


async def test_the_inner_servers_need_a_token_and_listen_on_loopback_only(system: System) -> None:
    for word in ("rasa", "actions.server"):
        pid = system.part(word)
        addresses = _listening(pid)
        assert addresses
        assert {host for host, _ in addresses} == {"127.0.0.1"}
        async with aiohttp.ClientSession() as session:
            for host, port in addresses:
                for path in (
                    "/webhooks/gateway/messages",
                    "/webhooks/rest/webhook",
                    "/webhook",
                    "/conversations/x/tracker",
                ):
                    response = await session.post(
                        f"http://{host}:{port}{path}", json={"conversation": "x", "text": "hi"}
                    )
                    assert response.status in (401, 404, 405), path


def _listening(pid: int) -> set[tuple[str, int]]:
    """The addresses a process listens on, read from /proc."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = link.readlink().name if link.is_symlink() else ""
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in sockets:
            address, port = fields[1].split(":")
            host = ".".join(str(int(address[index : index + 2], 16)) for index in (6, 4, 2, 0))
            found.add((host, int(port, 16)))
    return found
