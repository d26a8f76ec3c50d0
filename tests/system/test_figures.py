"""The figures as a policy officer reads them: with a year of a region in them, on a wide screen, a phone and paper."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.sync_api import Browser, Page, expect

from bot.answers.content import Content
from bot.desk.app import Desk
from bot.gateway import figures
from bot.gateway.metrics import Metrics
from bot.gateway.store import Store
from bot.settings import read_settings
from tests.desk import site
from tests.system.browser import DESK, PHONE
from tests.system.desk import Background
from tests.system.test_browser_accessibility import axe_in_light_and_dark

pytestmark = [pytest.mark.system, pytest.mark.beside]

#: Shares of the conversations, roughly as in a region like this.
PLACES = {"unknown": 40, "Nijkerk": 16, "Barneveld": 15, "Ede": 13, "region": 6, "elsewhere": 6, "Wageningen": 3,
          "Scherpenzeel": 1}  # fmt: skip
LANGUAGES = {"pl": 48, "ro": 24, "bg": 18, "en": 8, "nl": 2}
TOPICS = {
    "unpaid_wages": 22, "minimum_wage": 18, "rent_deduction": 16, "sick_leave": 14, "housing_after_job_loss": 13,
    "holiday_allowance": 11, "dismissal": 10, "health_insurance": 8, "payslip": 8, "bsn": 7, "deposit": 6,
    "overtime_and_surcharges": 5, "agency_work": 5, "municipal_registration": 5, "documents_taken": 3,
    "threats_and_violence": 2, "debt_to_employer": 2, "housing_quality": 4, "recognise_exploitation": 2,
    "learn_dutch": 2, "pension": 1, "forced_to_work": 1, "find_housing": 4, "doctor": 3, "collective_agreement": 1,
}  # fmt: skip
MONTHS = [f"2025-{month:02}" for month in (9, 10, 11, 12)] + [f"2026-{month:02}" for month in range(1, 12)]


def a_region(content: Content) -> Counter[tuple[str, str, str, str]]:
    """What fifteen months of conversations add up to; the last of them is not over."""
    chance, counts = random.Random(7), Counter[tuple[str, str, str, str]]()
    signals = figures.signal_topics(content)
    for number, month in enumerate(MONTHS):
        for _ in range(90 + 9 * number):
            place, language = (chance.choices([*share], [*share.values()])[0] for share in (PLACES, LANGUAGES))
            topics = set(chance.choices([*TOPICS], [*TOPICS.values()], k=chance.choice((0, 1, 1, 1, 2, 3))))
            marks: set[figures.Mark] = {("language", language), *(("topic", topic) for topic in topics)}
            marks |= {("answered", "")} if topics else {("not_understood", "")}
            marks |= {("signal", "")} if topics & set(signals) else set()
            marks |= {("handover", "")} if chance.random() < 0.06 else set()
            counts.update((month, place, *mark) for mark in marks)
    return counts


@asynccontextmanager
async def served(content: Content, folder: Path) -> AsyncIterator[tuple[str, Store]]:
    """The desk by itself, on a day of its own, with the figures of a region."""
    store, clock = Store(f"sqlite:///{folder}/store.db", ["a key"]), site.TestClock()
    await store.open()
    counts = a_region(content)
    await store.transaction(lambda connection: figures.add(connection, counts))
    desk = Desk(store, content, read_settings({}, folder / "no.env"), "a key", Metrics(), clock)
    app = web.Application()
    app.add_subapp("/desk", desk.application())
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield str(server.make_url("")).rstrip("/"), store
    await server.close()
    await store.close()


@pytest.fixture(scope="module")
def officer(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The desk's address and an officer's session."""
    background, desk = Background(), served(content, tmp_path_factory.mktemp("figures"))

    async def enter() -> tuple[str, str]:
        url, store = await desk.__aenter__()
        async with site.Browser(url) as browser:
            await site.enter(store, browser, "officer", "officer")
            return url, browser.cookie("desk_session")

    yield background.run(enter())
    background.run(desk.__aexit__(None, None, None))
    background.stop()


def opened(browser: Browser, officer: tuple[str, str], **screen: Any) -> tuple[Page, list[str]]:
    """The page as an officer opens the desk, and what goes wrong in its console."""
    url, token = officer
    context, problems = browser.new_context(**screen), list[str]()
    context.add_cookies([{"name": "desk_session", "value": token, "url": f"{url}/desk"}])
    context.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page = context.new_page()
    page.goto(f"{url}/desk")
    page.wait_for_load_state()
    return page, problems


@pytest.mark.parametrize("screen", [{**DESK, "locale": "nl-NL"}, {**PHONE, "locale": "en-GB"}], ids=["wide", "phone"])
def test_everybody_can_read_the_figures(
    browser: Browser, officer: tuple[str, str], screen: dict[str, Any], tmp_path: Path
) -> None:
    page, problems = opened(browser, officer, **screen)
    assert page.url.endswith("/desk/figures")
    page.screenshot(path=tmp_path / "figures.png", full_page=True)
    expect(page.locator("svg[role=img]")).to_have_count(2)
    for summary in page.locator("summary").all():
        summary.click()
    assert axe_in_light_and_dark(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    # What a bar says in letters is in sight, whole.
    for text in page.locator(".chart text").all():
        box = text.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= screen["viewport"]["width"]

    page.locator("#from").select_option("2026-01")
    page.locator("#municipality").select_option("Nijkerk")
    page.locator(".choice button").click()
    expect(page.locator(".over h2")).to_contain_text("Nijkerk")
    assert axe_in_light_and_dark(page) == []
    with page.expect_download() as downloading:
        page.locator(".over a").click()
    assert downloading.value.suggested_filename.endswith("nijkerk-2026-01-2026-10.csv")
    page.emulate_media(media="print")
    expect(page.locator(".choice")).to_be_hidden()
    expect(page.locator(".chart").first).to_be_visible()
    assert problems == []
    page.context.close()
