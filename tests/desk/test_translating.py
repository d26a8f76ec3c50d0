"""Translation helps where it can, and where it cannot, nobody waits, and nobody reads what was written."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.desk.translating import Translator
from bot.gateway.metrics import Metrics
from bot.languages import LANGUAGES
from bot.settings import read_settings
from tests.libretranslate import LibreTranslate

TEXT = "Nazywam się Zbigniew i szef zabrał mi paszport"


@pytest.fixture
async def server() -> AsyncIterator[LibreTranslate]:
    server = LibreTranslate(keys=("s3cret",), char_limit=4096)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def translating(url: str, key: str = "", patience: float = 5.0) -> AsyncIterator[Translator]:
    settings = read_settings({"TRANSLATE_URL": url, "TRANSLATE_KEY": key}, Path("no.env"))
    translator = Translator(settings, Metrics(), patience)
    await translator.start()
    try:
        yield translator
    finally:
        await translator.stop()


async def test_a_text_comes_back_in_the_wanted_language(server: LibreTranslate) -> None:
    async with translating(f"{server.url}/", "s3cret") as translator:
        assert translator.enabled
        assert await translator.translate(TEXT, "pl", "nl") == f"pl>nl: {TEXT}"
    assert server.asked == [{"q": TEXT, "source": "pl", "target": "nl", "format": "text", "api_key": "s3cret"}]


async def test_every_language_of_ours_goes_into_every_other(server: LibreTranslate) -> None:
    async with translating(server.url) as translator:
        for source in LANGUAGES:
            for target in LANGUAGES:
                assert await translator.translate(TEXT, source, target)
    assert len(server.asked) == len(LANGUAGES) * (len(LANGUAGES) - 1)


async def test_a_server_without_keys_is_sent_none() -> None:
    server = LibreTranslate()
    await server.start()
    async with translating(server.url) as translator:
        assert await translator.translate(TEXT, "pl", "nl")
    assert "api_key" not in server.asked[0]
    await server.stop()


async def test_without_a_server_translation_is_off() -> None:
    async with translating("") as translator:
        assert not translator.enabled
        assert await translator.translate(TEXT, "pl", "nl") is None


async def test_only_words_in_our_languages_are_sent_anywhere(server: LibreTranslate) -> None:
    async with translating(server.url) as translator:
        assert await translator.translate(TEXT, "pl", "de") is None
        assert await translator.translate(TEXT, "auto", "nl") is None
        assert await translator.translate(" \n", "pl", "nl") is None
        assert await translator.translate(TEXT, "pl", "pl") == TEXT
    assert server.asked == []


async def test_nothing_is_kept_for_the_next_time(server: LibreTranslate) -> None:
    async with translating(server.url) as translator:
        await translator.translate(TEXT, "pl", "nl")
        await translator.translate(TEXT, "pl", "nl")
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_a_refusal_is_no_translation_and_is_logged_without_the_text(
    server: LibreTranslate, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail(status)
    async with translating(server.url, "s3cret") as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None
        assert await translator.translate(TEXT, "pl", "nl") is not None
    assert f"status {status}" in caplog.text
    assert "Zbigniew" not in caplog.text
    assert "s3cret" not in caplog.text


async def test_a_wrong_key_or_a_text_that_is_too_long_is_no_translation(server: LibreTranslate) -> None:
    async with translating(server.url, "wrong") as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None
    async with translating(server.url) as translator:
        assert await translator.translate("a" * 5000, "pl", "nl") is None


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"translatedText": ["a"]}', b'{"translatedText": " "}', b"\xff", b"{}"]
)
async def test_an_answer_that_is_no_translation_is_none(server: LibreTranslate, body: bytes) -> None:
    server.fail(200, body)
    async with translating(server.url) as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None


async def test_a_slow_server_is_not_waited_for(server: LibreTranslate) -> None:
    server.delay = 30.0
    async with translating(server.url, patience=0.1) as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None


async def test_a_server_that_is_away_is_no_translation_until_it_is_back(server: LibreTranslate) -> None:
    await server.stop()
    async with translating(server.url) as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None
        await server.start()
        assert await translator.translate(TEXT, "pl", "nl") is not None


async def test_the_text_does_not_follow_a_redirect(server: LibreTranslate) -> None:
    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{server.url}/translate")

    app = web.Application()
    app.add_routes([web.post("/translate", redirect)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with translating(f"http://127.0.0.1:{runner.addresses[0][1]}") as translator:
        assert await translator.translate(TEXT, "pl", "nl") is None
    assert server.asked == []
    await runner.cleanup()
