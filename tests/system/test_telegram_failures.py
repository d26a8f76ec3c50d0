"""Telegram breaks in every way it can; nobody loses an answer and nobody gets one twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.answers.content import Content
from tests.bot_api import TOKEN, BotApi, User
from tests.system.conftest import System, free_port, running, wait_for
from tests.system.telegram import Rasa, ask, gateway, hear, rasa_of, texts, until

pytestmark = pytest.mark.system

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi(allow_http=True)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
def person(api: BotApi) -> User:
    return api.user(7)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def rasa(system: System) -> Rasa:
    return rasa_of(system)


@pytest.fixture
async def running_gateway(api: BotApi, store: Path, rasa: Rasa) -> AsyncIterator[str]:
    async with gateway(api, store, rasa) as url:
        yield url


@pytest.mark.usefixtures("running_gateway")
async def test_too_many_requests_wait_as_long_as_telegram_says(api: BotApi, person: User) -> None:
    api.fail("sendMessage", 429, retry_after=1)
    said = await ask(person, "kaucja za pokój")
    assert len(said) == len(api.sent(person.id)) == 2


@pytest.mark.usefixtures("running_gateway")
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_an_answer_that_telegram_took_and_denied_is_not_sent_again(
    api: BotApi, person: User, status: int
) -> None:
    api.fail("sendMessage", status, after_processing=True, body=b"<html>Bad Gateway</html>")
    await ask(person, "kaucja za pokój")
    await until(lambda: len(api.sent(person.id)) >= 2)
    await asyncio.sleep(0.5)
    assert len(api.sent(person.id)) == 2


@pytest.mark.usefixtures("running_gateway")
async def test_an_answer_that_telegram_lost_is_sent_again(api: BotApi, person: User) -> None:
    api.fail("sendMessage", 502, times=2)
    await ask(person, "kaucja za pokój")
    await until(lambda: len(api.sent(person.id)) == 2)


@pytest.mark.usefixtures("running_gateway")
async def test_an_answer_whose_confirmation_never_comes_is_not_sent_again(api: BotApi, person: User) -> None:
    api.hang("sendMessage", 8, after_processing=True)
    person.write("kaucja za pokój")
    await until(lambda: len(api.sent(person.id)) >= 2, 25)
    await asyncio.sleep(0.5)
    assert len(api.sent(person.id)) == 2


@pytest.mark.usefixtures("running_gateway")
async def test_a_refused_message_comes_without_its_dress(api: BotApi, person: User) -> None:
    api.fail("sendMessage", 400, description="Bad Request: can't parse entities: unknown")
    said = await ask(person, "kaucja za pokój")
    assert len(said) == 2
    assert said[0]["text"]
    assert not [entity for entity in said[0].get("entities", []) if entity["type"] == "code"]


async def test_telegram_may_be_down_at_the_start(api: BotApi, person: User, store: Path, rasa: Rasa) -> None:
    await api.down()
    async with gateway(api, store, rasa) as url:
        async with aiohttp.ClientSession() as session:
            response = await session.get(f"{url}/readyz")
            assert response.status == 200
            assert (await response.json())["parts"]["telegram"] is False
        await api.up()
        person.write("kaucja za pokój")
        await until(lambda: len(api.sent(person.id)) == 2, 20)


@pytest.mark.usefixtures("running_gateway")
async def test_what_is_written_or_answered_while_telegram_is_away_arrives_once(api: BotApi, person: User) -> None:
    await ask(person, "urlop")
    before = len(api.sent(person.id))
    api.delay("sendMessage", 0.2)
    person.write("kaucja za pokój")
    await asyncio.sleep(0.1)
    await api.down()
    person.write("ile wynosi minimalna stawka godzinowa")
    await asyncio.sleep(2)
    await api.up()
    api.heal()
    await until(lambda: len(api.sent(person.id)) >= before + 4, 30)
    await asyncio.sleep(1)
    assert len(api.sent(person.id)) == before + 4


@pytest.mark.usefixtures("running_gateway")
async def test_another_poller_is_outlasted(api: BotApi, person: User) -> None:
    # The running long poll is not touched; the one after the next update meets the conflict.
    api.fail("getUpdates", 409)
    await ask(person, "urlop")
    assert await ask(person, "kaucja za pokój")
    assert any(call.status == 409 for call in api.called("getUpdates"))


async def test_a_long_retry_survives_a_restart(api: BotApi, person: User, store: Path, rasa: Rasa) -> None:
    async with gateway(api, store, rasa):
        api.fail("sendMessage", 502, times=None)
        person.write("kaucja za pokój")
        await until(lambda: len(api.called("sendMessage")) >= 1)
    api.heal()
    async with gateway(api, store, rasa):
        await until(lambda: len(api.sent(person.id)) == 2)


async def test_without_rasa_telegram_gets_numbers_and_can_change_the_language(
    api: BotApi, person: User, store: Path, content: Content
) -> None:
    async with gateway(api, store, None):
        assert "0800-7000" in texts(await ask(person, "nie dostałem wypłaty"))
        (greeting,) = await ask(person, "/language")
        person.press(greeting, "Română")
        assert content.phrase("ro", "language.now") in (await hear(person, len(person.received)))[-1]["text"]


async def test_webhook_answers_and_is_closed_to_strangers(api: BotApi, person: User, store: Path, rasa: Rasa) -> None:
    port = free_port()
    settings = {"PORT": str(port), "TELEGRAM_MODE": "webhook", "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    async with gateway(api, store, rasa, **settings) as own:
        await until(lambda: api.called("setWebhook"))
        said = await ask(person, "kaucja za pokój")
        assert len(said) == 2
        assert all(attempt.status == 200 for attempt in api.webhook_attempts)
        async with aiohttp.ClientSession() as session:
            update = {"update_id": 1, "message": person.messages[0]}
            for headers in ({}, {SECRET_HEADER: "guess"}, {SECRET_HEADER: "é"}):
                response = await session.post(f"{own}/telegram", json=update, headers=headers)
                assert response.status == 403
            assert (await session.get(f"{own}/telegram")).status == 405
        await asyncio.sleep(0.3)
        assert len(person.received) == 2


async def test_nothing_of_telegram_is_logged(api: BotApi, model: Path, store: Path, tmp_path: Path, rasa: Rasa) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port), "DATABASE_URL": f"sqlite:///{store}", "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api.url, "RASA_URL": rasa.url, "RASA_TOKEN": rasa.token,
    }  # fmt: skip
    person = api.user(987_654_321_123, first_name="Zbigniewa")
    with running(["bot.app"], url, tmp_path / "output.txt", **environment) as system:
        await asyncio.to_thread(wait_for, f"{url}/healthz", 30)
        api.fail("sendMessage", 502, body=b"<html>quokka</html>")
        api.fail("getUpdates", 500)
        person.write("quokka kaucja za pokój")
        await until(lambda: len(api.sent(person.id)) == 2, 20)
        logged = system.output.read_text()
    assert "Delivery" in logged
    for trace in (TOKEN, TOKEN.split(":")[1], "quokka", "987654321123", "Zbigniewa"):
        assert trace not in logged
