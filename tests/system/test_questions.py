"""Questions on their way from a chat to the desk, and an editor who deals with them in a real browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.answers.content import Content
from tests.desk import site
from tests.desk.questions import BIKE, NluFolder, put, put_bikes, serving_questions
from tests.system.browser import DESK, PHONE
from tests.system.chat import chatting
from tests.system.conftest import System
from tests.system.desk import Background
from tests.system.telegram import until
from tests.system.test_browser_accessibility import axe_in_light_and_dark

pytestmark = pytest.mark.system


def _kept(system: System) -> set[tuple[str, str, bool]]:
    """(how it came, what it was taken for first, consent) of every question."""
    with sqlite3.connect(system.output.parent / "store.db") as store:
        rows = store.execute("SELECT kind, topics, consent FROM questions").fetchall()
    return {(kind, topics.split(",")[0], bool(consent)) for kind, topics, consent in rows}


async def test_a_message_that_is_not_understood_is_kept_with_what_it_was_taken_for(system: System) -> None:
    async with chatting(system.url, language="en") as chat:
        await chat.say("the thing with the other one again")
        await until(lambda: any(kind == "not_understood" and topic for kind, topic, _ in _kept(system)))
        await chat.say("who wins the football match tonight")
        await until(lambda: any(kind == "out_of_scope" for kind, _, _ in _kept(system)))


async def test_an_answer_that_did_not_help_comes_to_the_desk_with_a_yes(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("how high can the deposit be")
        assert said[0]["buttons"][-1]["title"] == "This did not help"
        asked = await chat.press(said, "This did not help")
        await until(lambda: ("not_helped", "deposit", False) in _kept(system))
        await chat.press(asked, "Yes, they may read it")
        await until(lambda: ("not_helped", "deposit", True) in _kept(system))
        async with chat.session.delete(f"{chat.url}/api/conversations", headers=chat.headers) as erased:
            assert erased.status == 204
    assert ("not_helped", "deposit", True) not in _kept(system)


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.stop()


@pytest.fixture
def desk(background: Background, content: Content, tmp_path: Path) -> Iterator[tuple[site.Site, NluFolder]]:
    stack = AsyncExitStack()
    yield background.run(stack.enter_async_context(serving_questions(content, tmp_path)))
    background.run(stack.aclose())


@pytest.mark.parametrize("screen", [{**DESK, "locale": "en-GB"}, {**PHONE, "locale": "nl-NL"}], ids=["wide", "phone"])
def test_an_editor_works_off_the_questions_with_the_keyboard(
    background: Background,
    desk: tuple[site.Site, NluFolder],
    browser: Browser,
    content: Content,
    screen: dict[str, Any],
) -> None:
    served, draft = desk
    language = str(screen["locale"])[:2]

    async def prepare() -> str:
        await put_bikes(served.store)
        await put(served.store, "gdzie kupić rower", "ala", language="pl", kind="not_helped", consent=True)
        await put(served.store, "who wins tonight", "bob", kind="out_of_scope", consent=True)
        await put(served.store, "secret quokka", "one")
        async with site.Browser(served.url) as own:
            await site.enter(served.store, own, "eva", "editor")
            return own.cookie("desk_session")

    context = browser.new_context(**screen)
    context.add_cookies([{"name": "desk_session", "value": background.run(prepare()), "url": f"{served.url}/desk"}])
    page, problems = context.new_page(), list[str]()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{served.url}/desk/questions")
    groups = page.locator(".question")
    expect(groups).to_have_count(3)
    expect(page.locator("#waiting li")).to_have_count(1)
    assert "quokka" not in page.content()
    _check(page)
    bikes = groups.first
    expect(bikes.locator("textarea")).to_have_count(3)

    # without a topic nothing happens
    bikes.locator(".pill.main").focus()
    page.keyboard.press("Enter")
    expect(bikes.get_by_role("alert")).to_be_visible()
    expect(bikes.locator("[list]")).to_be_focused()
    _check(page)

    # one is not wanted, one is put in better words
    bikes.get_by_role("checkbox").nth(1).focus()
    page.keyboard.press("Space")
    expect(bikes.locator("textarea").nth(1)).to_be_disabled()
    bikes.locator("textarea").first.fill("they stole my bike")
    bikes.locator("[list]").fill(content.title("unpaid_wages", language))
    page.keyboard.press("Enter")
    expect(groups).to_have_count(2)
    expect(page.locator("#outcome")).to_contain_text(content.title("unpaid_wages", language))
    expect(groups.first.get_by_role("heading")).to_be_focused()
    learned = draft.messages("unpaid_wages", "en")[:2]
    assert learned[0] == "they stole my bike"
    assert learned[1] in {text.replace("[name] ", "") for text in BIKE}

    page.locator("#language").select_option("pl")
    expect(groups).to_have_count(1)
    groups.first.locator('[data-act="out"]').click()
    expect(groups).to_have_count(0)
    assert draft.messages("out_of_scope", "pl")[0] == "gdzie kupić rower"
    page.locator("#language").select_option("")
    groups.first.locator('[data-act="aside"]').click()
    expect(page.locator("#none")).to_be_focused()
    _check(page)
    assert problems == []
    context.close()


def _check(page: Page) -> None:
    """Everybody can use what is shown now, and nothing is wider than the screen."""
    page.wait_for_load_state()
    assert axe_in_light_and_dark(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
