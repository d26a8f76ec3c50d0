"""Operators see how much is asked and what fails, and nothing of who asked what."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot.answers.content import Content
from bot.app import build_app
from bot.gateway.metrics import Metrics
from bot.settings import read_settings
from bot.understanding.safety import SafetyNet
from tests.bot_api import TOKEN, BotApi
from tests.conftest import ROOT, TODAY
from tests.databases import database
from tests.system.chat import chatting
from tests.system.conftest import free_port
from tests.system.telegram import until

#: All words that may be the value of a label.
WORDS = {
    *("web", "telegram", "other"),
    *("answered", "degraded", "system"),
    *("delivered", "retried", "refused", "unreachable"),
    *("rasa", "actions", "store", "telegram", "desk", "gateway", "mail", "translation"),
}


@pytest.fixture(scope="module")
def safety() -> SafetyNet:
    return SafetyNet.load(ROOT / "data/safety")


@pytest.fixture(autouse=True)
def _made_once(content: Content, safety: SafetyNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds is made once for all gateways here."""
    monkeypatch.setattr(SafetyNet, "load", lambda folder: safety)


async def rasa_says(request: web.Request) -> web.Response:
    """What Rasa's channel into the gateway answers to an ordinary question."""
    assert (await request.json())["conversation"]
    return web.json_response({"messages": [{"text": "Yes.", "language": "en", "topic": "minimum_wage"}]})


@asynccontextmanager
async def serving(*routes: web.RouteDef) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    server = TestServer(app)
    await server.start_server()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


@asynccontextmanager
async def gateway(folder: Path, **settings: str) -> AsyncIterator[str]:
    """A gateway in this process, without Rasa unless the settings say where it is; its address."""
    given = {
        "DATABASE_URL": database(folder),
        "SECRET_KEY": "a key",
        "RASA_URL": f"http://127.0.0.1:{free_port()}",
        "TODAY": TODAY.isoformat(),
        **settings,
    }
    server = TestServer(build_app(read_settings(given, folder / "no.env")))
    await server.start_server(access_log=None)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.close()


async def read(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        return await response.text()


def value(text: str, name: str, **labels: str) -> float:
    """The value of one series.

    Raises:
        LookupError: there is none.
    """
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if (sample.name, sample.labels) == (f"wegwijzer_{name}", labels):
                return float(sample.value)
    raise LookupError(name)


async def read_when(url: str, name: str, **labels: str) -> str:
    """The figures when something of this has happened."""
    for _ in range(100):
        text = await read(url)
        if value(text, name, **labels):
            return text
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def test_a_message_and_its_answer_are_counted_once(tmp_path: Path) -> None:
    asking_rasa = web.post("/webhooks/gateway/messages", rasa_says)
    async with serving(asking_rasa) as rasa, gateway(tmp_path, RASA_URL=rasa) as url:
        before = await read(url)
        async with chatting(url) as chat:
            for _ in range(3):
                assert (await chat.post(id="same", text="how high is the minimum wage?")).status == 202
            assert [event["text"] for event in await chat.hear()] == ["Yes."]
        after = await read(url)
    assert value(before, "messages_received_total", channel="web") == 0
    assert value(after, "messages_received_total", channel="web") == 1
    assert value(after, "messages_answered_total", channel="web", outcome="answered") == 1
    assert value(after, "answer_seconds_count") == 1
    assert 0 < value(after, "answer_seconds_sum") < 5
    assert value(after, "failures_total", part="rasa") == 0


async def test_an_answer_without_rasa_and_a_refusal_are_counted_as_such(tmp_path: Path) -> None:
    async with gateway(tmp_path, MESSAGES_PER_MINUTE="1") as url, chatting(url) as chat:
        await chat.say("how high is the minimum wage?")
        assert (await chat.post(id=str(uuid.uuid4()), text="and how high is the rent?")).status == 429
        text = await read(url)
    assert value(text, "messages_answered_total", channel="web", outcome="degraded") == 1
    assert value(text, "failures_total", part="rasa") == 1
    assert value(text, "requests_refused_total") == 1


async def test_what_telegram_takes_and_does_not_take_is_counted(tmp_path: Path) -> None:
    api = BotApi()
    await api.start()
    telegram = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}
    async with gateway(tmp_path, **telegram) as url:
        person, blocker = api.user(7), api.user(8)
        api.fail("sendMessage", 502)
        person.write("/start")
        await until(lambda: person.received)
        api.fail("sendMessage", 403, chat=8)
        blocker.write("/start")
        await until(lambda: len(api.called("sendMessage")) == 3)
        text = await read_when(url, "deliveries_total", channel="telegram", outcome="unreachable")
    await api.stop()
    assert value(text, "messages_received_total", channel="telegram") == 2
    assert value(text, "messages_answered_total", channel="telegram", outcome="system") == 2
    assert value(text, "deliveries_total", channel="telegram", outcome="delivered") == 1
    assert value(text, "deliveries_total", channel="telegram", outcome="retried") == 1
    assert value(text, "failures_total", part="telegram") == 1


async def test_nothing_in_the_figures_is_about_anybody(tmp_path: Path) -> None:
    written = "Jestem Zbigniew z Nijkerka, tel. 0612345678, szef zabrał mi paszport"
    async with gateway(tmp_path) as url, chatting(url, language="pl") as chat:
        await chat.say(written)
        text = await read(url)
    for trace in ("Zbigniew", "Nijkerk", "nijkerk", "0612345678", "127.0.0.1", chat.token.split(".")[0], "trafficking"):
        assert trace not in text
    labels = [sample.labels for family in text_string_to_metric_families(text) for sample in family.samples]
    assert {name for one in labels for name in one} == {"channel", "outcome", "part", "le"}
    assert {word for one in labels for name, word in one.items() if name != "le"} <= WORDS


def test_nothing_unforeseen_becomes_a_label() -> None:
    metrics = Metrics()
    metrics.received("+31 6 12345678")
    metrics.delivered("+31 6 12345678", "delivered")
    assert "12345678" not in exposed(metrics)
    assert value(exposed(metrics), "messages_received_total", channel="other") == 1


def test_waiting_and_human_answers_are_measured() -> None:
    metrics = Metrics()
    metrics.waiting(3)
    metrics.held(2)
    metrics.waiting(1)
    metrics.first_answer(90)
    metrics.first_answer(4000)
    text = exposed(metrics)
    assert value(text, "chats_waiting") == 1
    assert value(text, "chats_held") == 2
    assert value(text, "first_human_answer_seconds_count") == 2
    assert value(text, "first_human_answer_seconds_bucket", le="120.0") == 1


def test_every_failure_can_be_watched_before_the_first_one() -> None:
    text = exposed(Metrics())
    for part in ("rasa", "actions", "store", "telegram", "desk", "gateway", "mail", "translation"):
        assert value(text, "failures_total", part=part) == 0


def exposed(metrics: Metrics) -> str:
    return metrics.exposed("")[0].decode()


async def nothing() -> None:
    """There is no store to count in."""


@asynccontextmanager
async def asking(token: str, address: str = "127.0.0.1") -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A client of the route alone, as seen from this network address."""

    @web.middleware
    async def from_there(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        return await handler(request.clone(remote=address))

    app = web.Application(middlewares=[from_there])
    app.add_routes([Metrics().route(token, nothing)])
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.7", "", "unix:"])
async def test_without_a_token_strangers_find_nothing(address: str) -> None:
    async with asking("", address) as client:
        assert (await client.get("/metrics")).status == 404
        assert (await client.get("/metrics", headers={"Authorization": "Bearer "})).status == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_without_a_token_this_machine_finds_them(address: str) -> None:
    async with asking("", address) as client:
        response = await client.get("/metrics")
        assert response.status == 200
        assert response.content_type == "text/plain"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_whoever_comes_through_a_proxy_is_a_stranger(header: str) -> None:
    async with asking("") as client:
        assert (await client.get("/metrics", headers={header: "127.0.0.1"})).status == 404


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic s3cret", "s3cret", "Bearer s3cret2", "Bearer \udcff"],
)
async def test_with_a_token_nobody_gets_in_without_it(given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    async with asking("s3cret") as client:
        response = await client.get("/metrics", headers=headers)
        assert response.status == 401
        assert "wegwijzer" not in await response.text()


async def test_with_the_token_they_are_read_from_anywhere() -> None:
    async with asking("s3cret", "192.0.2.7") as client:
        headers = {"Authorization": "Bearer s3cret", "Accept": "application/openmetrics-text; version=1.0.0"}
        response = await client.get("/metrics", headers=headers)
        assert response.status == 200
        assert response.content_type == "application/openmetrics-text"
        assert (await response.text()).endswith("# EOF\n")
