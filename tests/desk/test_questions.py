"""Editors deal with questions that were not understood."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.answers.content import Content
from bot.gateway import tables
from bot.gateway.unanswered import LONGEST
from tests.conftest import TODAY
from tests.desk.questions import BIKE, NluFolder, put, put_bikes, serving_questions
from tests.desk.site import Answer, Browser, Site, enter


@pytest.fixture
async def desk(content: Content, tmp_path: Path) -> AsyncIterator[tuple[Site, NluFolder]]:
    async with serving_questions(content, tmp_path) as served:
        yield served


@pytest.fixture
def site(desk: tuple[Site, NluFolder]) -> Site:
    return desk[0]


@pytest.fixture
def draft(desk: tuple[Site, NluFolder]) -> NluFolder:
    return desk[1]


@pytest.fixture
async def editor(site: Site) -> AsyncIterator[Browser]:
    async with site.browser() as browser:
        await enter(site.store, browser, "eva", "editor")
        yield browser


async def groups(browser: Browser, query: str = "") -> list[dict[str, Any]]:
    answer = await browser.get(f"/desk/api/questions{query}")
    assert answer.status == 200, answer.text
    return list(json.loads(answer.text)["groups"])


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.text)["error"]["code"]


async def test_the_page_explains_itself_and_brings_the_topics(editor: Browser, content: Content) -> None:
    page = await editor.get("/desk/questions")
    assert page.status == 200
    assert "when 3 conversations ask alike" in page.text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.text)
    assert found is not None
    data = json.loads(found.group(1))
    assert set(data["topics"].values()) == set(content.answers)


async def test_a_group_says_what_is_needed_to_deal_with_it(site: Site, editor: Browser, content: Content) -> None:
    await put_bikes(site.store)
    newest = TODAY + dt.timedelta(days=1)
    await put(site.store, "my bike stolen greenhouse", "bike-9", kind="not_helped", day=newest, topics="payslip")
    (group,) = await groups(editor)
    assert (group["language"], group["language_name"], group["askers"]) == ("en", "English", 4)
    assert group["kinds"] == ["not_understood", "not_helped"]
    assert group["topics"] == [content.title("payslip", "en"), content.title("unpaid_wages", "en")]
    assert group["newest"] == newest.isoformat()
    messages = {one["text"]: one["message"] for one in group["questions"]}
    assert messages["[name] stole my bike at greenhouse"] == "stole my bike at greenhouse"


async def test_what_too_few_have_asked_is_a_number_and_nothing_else(site: Site, editor: Browser) -> None:
    await put(site.store, "quokka at the greenhouse", "one")
    await put(site.store, "quokka in the greenhouse", "two")
    await put(site.store, "kuoka w szklarni", "three", language="pl")
    for path in ("/desk/questions", "/desk/api/questions"):
        answer = await editor.get(path)
        assert not re.search("quokka|kuoka", answer.text)
    assert json.loads(answer.text) == {
        "groups": [], "waiting": [{"language": "English", "number": 2}, {"language": "Polish", "number": 1}],
    }  # fmt: skip


async def test_the_list_can_be_narrowed(site: Site, editor: Browser) -> None:
    await put_bikes(site.store)
    await put(site.store, "gdzie kupić rower", "ala", language="pl", kind="not_helped", consent=True)
    assert len(await groups(editor)) == 2
    assert [one["language"] for one in await groups(editor, "?language=pl")] == ["pl"]
    assert [one["language"] for one in await groups(editor, "?kind=not_understood")] == ["en"]
    assert await groups(editor, "?language=pl&kind=out_of_scope") == []
    assert code(await editor.get("/desk/api/questions?language=de")) == (400, "malformed")


async def test_one_click_makes_them_training_messages(site: Site, editor: Browser, draft: NluFolder) -> None:
    ids = await put_bikes(site.store)
    body = {
        "topic": "unpaid_wages",
        "language": "en",
        "questions": ids,
        "texts": [BIKE[0], "  my [name] bike\nis gone "],
    }
    answer = await editor.post("questions/messages", body)
    assert answer.status == 204, answer.text
    assert draft.messages("unpaid_wages", "en")[:2] == [BIKE[0], "my bike is gone"]
    assert await groups(editor) == []
    assert ("eva", "question.made_messages", "unpaid_wages", "en") in await site.audit()


async def test_or_messages_that_are_out_of_scope(site: Site, editor: Browser, draft: NluFolder) -> None:
    ids = await put_bikes(site.store)
    body = {"topic": "out_of_scope", "language": "en", "questions": ids, "texts": [BIKE[0]]}
    assert (await editor.post("questions/messages", body)).status == 204
    assert draft.messages("out_of_scope", "en")[0] == BIKE[0]
    assert ("eva", "question.made_messages", "out_of_scope", "en") in await site.audit()


async def test_or_sets_them_aside(site: Site, editor: Browser) -> None:
    ids = await put_bikes(site.store)
    assert (await editor.post("questions/aside", {"questions": ids})).status == 204
    assert await groups(editor) == []
    assert ("eva", "question.set_aside", "", "en") in await site.audit()


async def test_what_the_draft_refuses_stays_in_the_list(site: Site, editor: Browser, draft: NluFolder) -> None:
    ids = await put_bikes(site.store)
    known = draft.messages("unpaid_wages", "en")[0]
    body = {"topic": "unpaid_wages", "language": "en", "questions": ids, "texts": [BIKE[0], known]}
    assert code(await editor.post("questions/messages", body)) == (422, "double")
    assert len(await groups(editor)) == 1
    assert BIKE[0] not in draft.messages("unpaid_wages", "en")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"topic": "no_such_topic"}, (422, "no_topic")),
        ({"texts": []}, (422, "none_chosen")),
        ({"texts": ["[name] "]}, (422, "empty")),
        ({"texts": ["x" * (LONGEST + 1)]}, (422, "too_long")),
        ({"texts": [7]}, (400, "malformed")),
        ({"texts": "text"}, (400, "malformed")),
        ({"language": "pl"}, (400, "malformed")),
        ({"questions": []}, (400, "malformed")),
        ({"questions": ["no such question"]}, (409, "gone")),
        ({"topic": None}, (400, "malformed")),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_and_changes_nothing(
    site: Site, editor: Browser, draft: NluFolder, change: dict[str, object], expected: tuple[int, str]
) -> None:
    ids = await put_bikes(site.store)
    before = draft.messages("unpaid_wages", "en")
    body = {"topic": "unpaid_wages", "language": "en", "questions": ids, "texts": [BIKE[0]], **change}
    assert code(await editor.post("questions/messages", body)) == expected
    assert draft.messages("unpaid_wages", "en") == before
    assert len(await groups(editor)) == 1


async def test_nobody_deals_with_what_is_not_shown(site: Site, editor: Browser) -> None:
    hidden = await put(site.store, "quokka at the greenhouse", "one")
    assert code(await editor.post("questions/aside", {"questions": [hidden]})) == (409, "gone")


async def test_of_two_editors_the_second_is_told(site: Site, editor: Browser) -> None:
    ids = await put_bikes(site.store)
    assert (await editor.post("questions/aside", {"questions": ids})).status == 204
    async with site.browser() as browser:
        await enter(site.store, browser, "bram", "editor")
        assert code(await browser.post("questions/aside", {"questions": ids})) == (409, "gone")


async def test_reading_is_noted_and_the_log_holds_no_words(site: Site, editor: Browser) -> None:
    ids = await put_bikes(site.store)
    await groups(editor)
    body = {"topic": "unpaid_wages", "language": "en", "questions": ids, "texts": ["quokka is gone"]}
    await editor.post("questions/messages", body)
    entries = await site.audit()
    assert ("eva", "question.read", "", "") in entries
    assert "quokka" not in str(entries)
    assert "bike" not in str(entries)


async def test_what_was_shown_is_marked_so(site: Site, editor: Browser) -> None:
    await put_bikes(site.store)
    await put(site.store, "quokka at the zoo", "alone")
    await groups(editor)
    query = tables.questions.select().where(tables.questions.c.shown)
    found = await site.store.transaction(lambda connection: list(connection.execute(query)))
    assert {row.text for row in found} == set(BIKE)
