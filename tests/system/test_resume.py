"""Whoever was handed over comes back to the chat with a code, from any phone; nobody else does."""

from __future__ import annotations

import asyncio
import itertools
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jsonschema
import pytest
import pytest_asyncio
from aiohttp import web

from bot.answers.content import Content
from bot.app import build_app
from bot.channels.web.api import openapi_description
from bot.settings import read_settings
from tests.conftest import TODAY
from tests.gateway.stage import ALWAYS, StandIn, answer_to
from tests.system.chat import Chat, chatting
from tests.system.conftest import free_port

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

_CODE = re.compile(r"0031\s\d\d\s\d{4}\s\d{3}\s\d{3}")
_WRONG = "0031 61 2345 678 901"
_addresses = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A gateway in this process whose desk is always open, before a stand-in for Rasa."""
    rasa, port, folder = StandIn(), free_port(), tmp_path_factory.mktemp("resume")
    await rasa.start()
    settings = read_settings(
        {
            "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/store.db", "SECRET_KEY": "k", "RASA_URL": rasa.url,
            "DESK_HOURS": ALWAYS, "TRUSTED_PROXIES": "1", "TODAY": TODAY.isoformat(), "MESSAGES_PER_MINUTE": "600",
        }
    )  # fmt: skip
    runner = web.AppRunner(build_app(settings), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()
    await rasa.stop()


@pytest.fixture
def address() -> str:
    """Where somebody is who has tried nothing yet."""
    return f"198.51.100.{next(_addresses)}"


async def get_in_line(chat: Chat, content: Content) -> str:
    """Ask for a person; the code to come back with."""
    said = await say(chat, text="my boss took my passport")
    for act in ("yes", "with_history", "no_name", "safe_always"):
        said = await press(chat, said, content.phrase("en", f"handover.{act}"))
    said = await press(chat, said, "English")
    while not (found := _CODE.search(said[-1]["text"])):
        said = await messages(chat)
    return found[0]


async def say(chat: Chat, **message: str) -> list[dict[str, Any]]:
    """Send something; everything that is said once it is dealt with."""
    before = len([one for one in await messages(chat) if one["from"] != "you"])
    assert (await chat.post(id=uuid.uuid4().hex, **message)).status == 202
    while True:
        said = [one for one in await messages(chat) if one["from"] != "you"]
        if len(said) > before:
            return said
        await asyncio.sleep(0.01)


async def press(chat: Chat, said: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    """Press the newest button with this title."""
    buttons = [button["id"] for one in said for button in one["buttons"] if button["title"] == title]
    return await say(chat, button=buttons[-1])


async def resume(
    chat: Chat, code: object, address: str, **fields: object
) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {"X-Forwarded-For": address}
    response = await chat.session.post(f"{chat.url}/api/resume", json={"code": code, **fields}, headers=headers)
    return response.status, await response.json(), dict(response.headers)


async def messages(chat: Chat) -> list[dict[str, Any]]:
    response = await chat.session.get(f"{chat.url}/api/messages", headers=chat.headers)
    assert response.status == 200
    found: list[dict[str, Any]] = (await response.json())["messages"]
    return found


def matches(value: object, name: str) -> None:
    schemas = openapi_description()["components"]
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", "components": schemas})


async def test_a_code_opens_the_same_chat_on_another_phone(gateway: str, content: Content, address: str) -> None:
    async with chatting(gateway, language="en") as first:
        code = await get_in_line(first, content)
        status, body, _ = await resume(first, code, address)
        assert (status, body["language"]) == (200, "en")
        second = Chat(first.session, gateway, body["token"])
        assert await messages(second) == await messages(first)
        assert (await second.post(id="from-the-second", text="it is me")).status == 202
        await asyncio.sleep(0.3)
        assert [one["text"] for one in await messages(first)][-1] == "it is me"
        listening = asyncio.create_task(second.listen())
        assert len(await second.hear()) == len([one for one in await messages(first) if one["from"] != "you"])
        assert second.holder == "waiting"
        listening.cancel()


async def test_digits_may_be_written_with_anything_between_them(gateway: str, content: Content, address: str) -> None:
    async with chatting(gateway, language="en") as chat:
        code = await get_in_line(chat, content)
        for written in (code.replace("\xa0", ""), code.replace("\xa0", "-"), f" {code} ", f"+{code[2:]}"):
            assert (await resume(chat, written, address))[0] == 200


async def test_everything_said_is_read_in_order_with_ones_own_messages(gateway: str) -> None:
    async with chatting(gateway, language="en") as chat:
        assert await messages(chat) == []
        for text in ("one", "two"):
            await say(chat, text=text)
        found = await messages(chat)
        assert [(one["from"], one["text"]) for one in found] == [
            ("you", "one"), ("bot", answer_to("one")), ("you", "two"), ("bot", answer_to("two")),
        ]  # fmt: skip
        assert [one["after"] for one in found if one["from"] == "you"] == ["0", "1"]
        for one in found:
            matches(one, "OwnMessage" if one["from"] == "you" else "Message")
        response = await chat.session.get(f"{gateway}/api/messages")
        assert response.status == 401


@pytest.mark.parametrize("language", ["pl", "ro", "bg", "nl"])
async def test_a_wrong_code_is_refused_in_the_language_of_the_person(
    gateway: str, content: Content, address: str, language: str
) -> None:
    async with chatting(gateway) as chat:
        wanted = content.phrase(language, "handover.code_unknown")
        status, body, _ = await resume(chat, _WRONG, address, language=language)
        assert (status, body) == (404, {"error": {"code": "not_found", "message": wanted}})
        matches(body, "Error")
        headers = {"Accept-Language": f"{language};q=0.9", "X-Forwarded-For": address}
        response = await chat.session.post(f"{gateway}/api/resume", json={"code": "1"}, headers=headers)
        assert (await response.json())["error"]["message"] == wanted


async def test_after_five_wrong_codes_an_address_has_to_wait(gateway: str, content: Content, address: str) -> None:
    async with chatting(gateway, language="en") as chat:
        code = await get_in_line(chat, content)
        for _ in range(8):
            assert (await resume(chat, code, address))[0] == 200, "a right code is no wrong one"
        wrong = [(await resume(chat, f"0031 {number:02} 0000 000 000", address))[0] for number in range(5)]
        assert wrong == [404] * 5
        status, body, headers = await resume(chat, code, address)
        assert (status, body["error"]["code"]) == (429, "too_many")
        assert 890 <= int(headers["Retry-After"]) <= 901
        assert (await resume(chat, code, "192.0.2.2"))[0] == 200, "others are not held responsible"


async def test_many_at_the_same_moment_are_not_more_than_allowed(gateway: str, address: str) -> None:
    async with chatting(gateway) as chat:
        results = await asyncio.gather(
            *(resume(chat, f"0031 {number:02} 0000 000 000", address) for number in range(20))
        )
        assert sorted(status for status, _, _ in results) == [404] * 5 + [429] * 15


async def test_a_code_dies_with_its_chat_and_nobody_can_tell_that_it_lived(
    gateway: str, content: Content, address: str
) -> None:
    async with chatting(gateway, language="en") as chat:
        code = await get_in_line(chat, content)
        _, body, _ = await resume(chat, code, address)
        erased = await chat.session.delete(f"{gateway}/api/conversations", headers=chat.headers)
        assert erased.status == 204
        assert (await resume(chat, code, address))[:2] == (await resume(chat, _WRONG, address))[:2]
        assert (await resume(chat, code, address))[0] == 404
        second = Chat(chat.session, gateway, body["token"])
        response = await chat.session.get(f"{gateway}/api/messages", headers=second.headers)
        assert response.status == 401
        assert (await second.post(id="1", text="hello")).status == 401


async def test_a_new_code_takes_the_place_of_the_old_one(gateway: str, content: Content, address: str) -> None:
    async with chatting(gateway, language="en") as chat:
        old = await get_in_line(chat, content)
        said = [one for one in await messages(chat) if one["from"] != "you"]
        await press(chat, said, content.phrase("en", "handover.stop_waiting"))
        new = await get_in_line(chat, content)
        assert new != old
        assert ((await resume(chat, old, address))[0], (await resume(chat, new, address))[0]) == (404, 200)


async def test_the_language_can_be_chosen_with_a_resumed_token(gateway: str, content: Content, address: str) -> None:
    async with chatting(gateway, language="en") as chat:
        code = await get_in_line(chat, content)
        _, body, _ = await resume(chat, code, address)
        second = Chat(chat.session, gateway, body["token"])
        response = await chat.session.patch(
            f"{gateway}/api/conversations", json={"language": "ro"}, headers=second.headers
        )
        second.token = (await response.json())["token"]
        assert await messages(second) == await messages(chat)
        assert (await resume(chat, code, address))[1]["language"] == "ro"


@pytest.mark.parametrize("code", [None, 5, "", "x" * 65, ["0031"]])
async def test_a_malformed_code_is_no_guess(gateway: str, address: str, code: object) -> None:
    async with aiohttp.ClientSession() as session:
        chat = Chat(session, gateway, "")
        for _ in range(6):
            status, body, _ = await resume(chat, code, address)
            assert status in ((400,) if code != "" else (404, 429))
            matches(body, "Error")


async def test_a_hundred_wrong_codes_in_all_close_it_for_everybody(gateway: str, content: Content) -> None:
    """The last test here: nobody gets in after it."""
    async with chatting(gateway, language="en") as chat:
        code = await get_in_line(chat, content)
        for number in range(101):
            status, _, headers = await resume(chat, _WRONG, f"203.0.113.{number}")
            if status == 429:
                break
        assert 50 < number <= 100
        assert 3500 < int(headers["Retry-After"]) <= 3601
        assert (await resume(chat, code, "192.0.2.1"))[0] == 429
