"""The chats of the desk by its API: who sees what, what reaches the person, and what the audit log knows."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from bot.answers.content import Content
from bot.app import build_app
from bot.desk import chats, sessions, tables
from bot.desk.clock import utc_now
from bot.gateway import tables as gateway_tables
from bot.gateway.store import Store
from bot.settings import read_settings
from tests.conftest import TODAY
from tests.databases import database
from tests.desk.people import Asker, asking
from tests.desk.site import Answer, Browser, enter
from tests.libretranslate import LibreTranslate

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALWAYS_OPEN, ALWAYS_CLOSED = "mon-sun 00:00-23:59", "mon 03:00-03:01"
Json = dict[str, Any]


@dataclass
class Gate:
    """A running gateway."""

    url: str
    store: Store
    content: Content

    @asynccontextmanager
    async def counsellor(self, name: str) -> AsyncIterator[Counsellor]:
        """Somebody at the desk."""
        async with Browser(self.url) as browser:
            await enter(self.store, browser, name, "counsellor", now=utc_now())
            yield Counsellor(browser, name)

    async def audited(self, chat: str) -> list[tuple[str, str, str]]:
        """(account, action, detail) of what was done to a chat."""
        table = tables.audit
        query = table.select().where(table.c.object.like(f"{chat}%")).order_by(table.c.id)
        rows = await self.store.transaction(lambda connection: connection.execute(query).all())
        return [(row.account, row.action, row.detail) for row in rows]

    async def conversation(self, chat: str) -> str:
        """The conversation a handover is in."""
        table = gateway_tables.handovers
        query = table.select().where(table.c.id == chat)
        row = await self.store.transaction(lambda connection: connection.execute(query).one())
        return str(row.conversation)


@dataclass
class Counsellor:
    """What counsellors do."""

    browser: Browser
    name: str

    async def rows(self, filter_name: str = "all") -> list[Json]:
        rows: list[Json] = (await self.read(f"chats?filter={filter_name}"))["chats"]
        return rows

    async def find(self, name: str) -> Json:
        """The row of whoever is called so."""
        return next(row for row in [*await self.rows(), *await self.rows("closed")] if row["name"] == name)

    async def chat(self, chat: str) -> Json:
        return await self.read(f"chats/{chat}")

    async def read(self, path: str) -> Json:
        answer = await self.browser.get(f"/desk/api/{path}")
        assert answer.status == 200, answer.text
        found: Json = json.loads(answer.text)
        return found

    async def do(self, chat: str, what: str, **body: Any) -> Answer:
        if what in ("reply", "note"):
            body = {"id": uuid.uuid4().hex, **body}
        return await self.browser.post(f"chats/{chat}/{what}", body or None)

    async def must(self, chat: str, what: str, **body: Any) -> None:
        answer = await self.do(chat, what, **body)
        assert answer.status == 204, answer.text

    async def refused(self, chat: str, what: str, **body: Any) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        answer = await self.do(chat, what, **body)
        error = json.loads(answer.text)["error"]
        return answer.status, error["code"], error["message"]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Queue[tuple[str, Json]]]:
        """The event stream; what comes after its ``hello``."""
        events: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        task = asyncio.create_task(self._listen(events))
        try:
            assert await asyncio.wait_for(events.get(), 5) == ("hello", {})
            yield events
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, events: asyncio.Queue[tuple[str, Json]]) -> None:
        headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        async with self.browser.session.get(f"{self.browser.url}/desk/api/events", headers=headers) as stream:
            kind = ""
            async for raw in stream.content:
                word, _, value = raw.decode().rstrip("\n").partition(": ")
                if word == "event":
                    kind = value
                elif word == "data":
                    await events.put((kind, json.loads(value)))
        await events.put(("end", {}))


@asynccontextmanager
async def _gateway(content: Content, folder: Path, **settings: str) -> AsyncIterator[Gate]:
    environment = {
        "DATABASE_URL": database(folder), "SECRET_KEY": "a key", "RASA_URL": "http://127.0.0.1:9",
        "DESK_HOURS": ALWAYS_OPEN, "TODAY": TODAY.isoformat(), "CONVERSATIONS_PER_MINUTE": "600",
        "ADDRESS_MESSAGES_PER_MINUTE": "6000", **settings,
    }  # fmt: skip
    server = TestServer(build_app(read_settings(environment, folder / "no.env")))
    await server.start_server(access_log=None)
    store = Store(environment["DATABASE_URL"], ["a key"])
    yield Gate(str(server.make_url("")).rstrip("/"), store, content)
    await server.close()
    await store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def translator() -> AsyncIterator[LibreTranslate]:
    server = LibreTranslate()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(
    content: Content, tmp_path_factory: pytest.TempPathFactory, translator: LibreTranslate
) -> AsyncIterator[Gate]:
    """A gateway with a translation service, whose desk is open."""
    async with _gateway(content, tmp_path_factory.mktemp("gate"), TRANSLATE_URL=translator.url) as gate:
        yield gate


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed_gate(content: Content, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    """A gateway without one, whose desk is closed."""
    async with _gateway(content, tmp_path_factory.mktemp("closed"), DESK_HOURS=ALWAYS_CLOSED) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def person(gate: Gate) -> AsyncIterator[Asker]:
    async with asking(gate.url, gate.content) as person:
        yield person


@pytest_asyncio.fixture(loop_scope="module")
async def anna(gate: Gate) -> AsyncIterator[Counsellor]:
    async with gate.counsellor("anna") as counsellor:
        yield counsellor


@pytest_asyncio.fixture(loop_scope="module")
async def bram(gate: Gate) -> AsyncIterator[Counsellor]:
    async with gate.counsellor("bram.de-vries") as counsellor:
        yield counsellor


async def _waiting(person: Asker, anna: Counsellor, **asked: Any) -> str:
    """A chat in line; its id."""
    name = f"P{uuid.uuid4().hex[:12]}"
    await person.ask_for_person(name=name, **asked)
    row = await anna.find(name)
    return str(row["id"])


async def _taken(person: Asker, anna: Counsellor, **asked: Any) -> str:
    """A chat that ``anna`` has."""
    chat = await _waiting(person, anna, **asked)
    await anna.must(chat, "claim")
    await person.held_by("person")
    return chat


# What is seen


async def test_a_row_says_what_a_counsellor_has_to_know_before_writing(gate: Gate, anna: Counsellor) -> None:
    async with asking(gate.url, gate.content, "ro") as person:
        await person.ask_for_person(
            first="mi-au luat pașaportul, locuiesc în Nijkerk", name="Ioana", times="seara după 7"
        )
        row = await anna.find("Ioana")
    assert row["state"] == "waiting"
    assert row["kind"] == "chat"
    assert 0 <= row["waiting"] < 60
    assert (row["language"], row["language_name"]) == ("ro", "Romanian")
    assert row["urgent"] is True
    assert row["topic"] == gate.content.title("documents_taken", "en")
    assert row["channel"] == "web"
    assert (row["safe"], row["times"]) == ("times", "seara după 7")
    assert row["assignee"] is None
    assert row["mine"] is False


async def test_the_filters_part_the_chats(person: Asker, anna: Counsellor, bram: Counsellor) -> None:
    chat = await _waiting(person, anna)

    async def seen(by: Counsellor) -> list[str]:
        return [
            name
            for name in ("mine", "unassigned", "all", "closed")
            if chat in [row["id"] for row in await by.rows(name)]
        ]

    assert await seen(anna) == ["unassigned", "all"]
    await anna.must(chat, "claim")
    assert await seen(anna) == ["mine", "all"]
    assert await seen(bram) == ["all"]
    await anna.must(chat, "close", outcome="helped")
    assert await seen(anna) == ["closed"]
    assert (await anna.browser.get("/desk/api/chats?filter=none")).status == 400


async def test_a_chat_comes_with_its_talk_and_is_read_in_the_audit_log_once(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _waiting(person, anna, first="hej, mam pytanie")
    found = await anna.chat(chat)
    await anna.chat(chat)
    await bram.chat(chat)
    assert found["chat"]["id"] == chat
    assert found["talk"][0]["text"] == "hej, mam pytanie"
    assert {line["from"] for line in found["talk"]} == {"you", "bot", "system"}
    assert found["notes"] == []
    assert await gate.audited(chat) == [("anna", "chat.read", ""), ("bram.de-vries", "chat.read", "")]


async def test_notices_in_the_persons_language_say_what_they_mean(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "transfer", to=bram.name)
    meanings = {line["text"]: line["meaning"] for line in (await anna.chat(chat))["talk"] if line["from"] == "system"}
    for name, values in (("waiting", {}), ("joined", {"name": "Anna"}), ("transferred", {"name": "Bram"})):
        theirs, mine = (gate.content.phrase(code, f"handover.{name}", **values) for code in ("pl", "en"))
        assert meanings[theirs] == mine
    assert all(line["meaning"] is None for line in (await anna.chat(chat))["talk"] if line["from"] != "system")


async def test_what_was_said_before_is_not_shown_to_those_who_may_not_read_it(person: Asker, anna: Counsellor) -> None:
    chat = await _waiting(person, anna, first="a secret", history=False)
    await person.say("only this")
    await anna.must(chat, "claim")
    await person.held_by("person")
    said = [line["text"] for line in (await anna.chat(chat))["talk"] if line["from"] == "you"]
    assert said == ["only this"]


async def test_a_phone_number_is_shown_only_to_the_counsellor_who_has_the_chat(closed_gate: Gate) -> None:
    gate = closed_gate
    async with gate.counsellor("anna") as anna, gate.counsellor("bram") as bram, asking(gate.url, gate.content) as one:
        await one.ask_for_person(phone="+31 6 12345678")
        (row,) = await anna.rows()
        chat = row["id"]
        assert row["kind"] == "call"
        for counsellor in (anna, bram):
            shown = json.dumps(await counsellor.chat(chat))
            assert "12345678" not in shown
            assert "after six" not in shown
        await anna.must(chat, "claim")
        mine = await anna.chat(chat)
        assert (mine["chat"]["phone"], mine["chat"]["call_time"]) == ("+31 6 12345678", "after six")
        assert "12345678" in json.dumps(mine["talk"])
        assert "12345678" not in json.dumps(await bram.chat(chat))
        await anna.must(chat, "requeue")
        assert "12345678" not in json.dumps(await anna.chat(chat))


async def test_unread_messages_are_counted_for_each_counsellor_since_they_looked(
    person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)

    async def unread(by: Counsellor) -> int:
        return int(next(row["unread"] for row in await by.rows() if row["id"] == chat))

    assert await unread(anna) == 0
    await person.say("jeden")
    await person.say("dwa")
    assert await unread(anna) == 2
    await anna.chat(chat)
    assert (await unread(anna), await unread(bram)) == (0, 2)


async def test_there_is_no_chat_of_another_id(anna: Counsellor) -> None:
    assert (await anna.browser.get("/desk/api/chats/nonsense")).status == 404
    for what in ("claim", "requeue", "return", "typing"):
        assert (await anna.refused("nonsense", what))[:2] == (404, "no_chat")


# Taking, giving away, ending


async def test_of_two_who_take_a_chat_at_once_one_has_it_and_the_other_is_told_who(
    person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _waiting(person, anna)
    answers = await asyncio.gather(anna.do(chat, "claim"), bram.do(chat, "claim"))
    assert sorted(answer.status for answer in answers) == [204, 409]
    winner = (await anna.chat(chat))["chat"]["assignee"]
    error = json.loads(next(answer.text for answer in answers if answer.status == 409))["error"]
    assert error == {"code": "taken", "message": f"{winner} has this chat now."}
    names = {"anna": "Anna", "bram.de-vries": "Bram"}
    joined = person.hear(lambda said: said["from"] == "system" and names[winner] in said["text"])
    assert "vries" not in (await joined)["text"].lower()


async def test_a_chat_that_is_waiting_has_to_be_taken_before_it_is_answered(person: Asker, anna: Counsellor) -> None:
    chat = await _waiting(person, anna)
    for what, body in (
        ("reply", {"text": "hello", "language": "en"}),
        ("requeue", {}),
        ("return", {}),
        ("typing", {}),
    ):
        assert (await anna.refused(chat, what, **body))[:2] == (409, "waiting"), what


async def test_a_transferred_chat_is_the_colleagues_and_the_person_knows(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    colleagues = (await anna.read("colleagues"))["colleagues"]
    assert {"name": "bram.de-vries", "here": False} in colleagues
    assert "anna" not in [one["name"] for one in colleagues]
    await anna.must(chat, "transfer", to="bram.de-vries")
    await person.hear(gate.content.phrase("pl", "handover.transferred", name="Bram"))
    assert (await bram.chat(chat))["chat"]["mine"] is True
    assert await anna.refused(chat, "reply", text="x", language="en") == (
        409,
        "taken",
        "bram.de-vries has this chat now.",
    )
    assert (await anna.refused(chat, "claim"))[1] == "taken"
    assert (await bram.refused(chat, "claim"))[1] == "yours"


async def test_a_chat_goes_only_to_counsellors(gate: Gate, person: Asker, anna: Counsellor) -> None:
    async with Browser(gate.url) as browser:
        await enter(gate.store, browser, "eva", "editor", now=utc_now())
        await enter(gate.store, browser, "newcomer", "counsellor", enrolling=True, now=utc_now())
    chat = await _taken(person, anna)
    for to in ("eva", "newcomer", "anna", "nobody"):
        assert (await anna.refused(chat, "transfer", to=to))[:2] == (422, "no_colleague"), to


async def test_a_chat_put_back_waits_for_anybody(gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "requeue")
    await person.hear(gate.content.phrase("pl", "handover.back_in_line"))
    await bram.must(chat, "claim")
    await person.held_by("person")


async def test_after_a_return_the_program_answers_and_the_desk_sees_no_more(
    gate: Gate, person: Asker, anna: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "return")
    await person.hear(gate.content.phrase("pl", "handover.returned"))
    await person.say("nobody's business")
    await person.hear(lambda said: said["from"] == "bot")
    found = await anna.chat(chat)
    assert found["chat"]["state"] == "returned"
    assert "nobody's business" not in json.dumps(found)
    assert (await anna.refused(chat, "reply", text="x", language="en"))[:2] == (409, "returned")


async def test_a_chat_is_closed_with_an_outcome(gate: Gate, person: Asker, anna: Counsellor) -> None:
    chat = await _taken(person, anna)
    assert (await anna.do(chat, "close", outcome="bored")).status == 400
    await anna.must(chat, "close", outcome="no_answer")
    await person.hear(gate.content.phrase("pl", "handover.closed"))
    row = (await anna.chat(chat))["chat"]
    assert (row["state"], row["outcome"], row["waiting"]) == ("closed", "no_answer", None)
    assert (await anna.refused(chat, "claim"))[:2] == (409, "closed")
    assert ("anna", "chat.closed", "no_answer") in await gate.audited(chat)


async def test_whoever_stops_waiting_is_left_alone(person: Asker, anna: Counsellor) -> None:
    chat = await _waiting(person, anna)
    message = next(said for said in reversed(person.heard) if said["buttons"])
    await person.chat.post(id="stop", button=message["buttons"][0]["id"])
    await person.held_by("bot")
    assert (await anna.refused(chat, "claim"))[:2] == (409, "left")
    assert (await anna.chat(chat))["chat"]["state"] == "left"


async def test_of_an_erased_chat_nothing_is_left_and_everything_is_refused(
    gate: Gate, person: Asker, anna: Counsellor
) -> None:
    chat = await _taken(person, anna, first="a secret")
    await anna.must(chat, "note", text="a note about it")
    async with anna.listening() as events:
        async with person.chat.session.delete(f"{gate.url}/api/conversations", headers=person.chat.headers) as response:
            assert response.status == 204
        kind, row = await asyncio.wait_for(events.get(), 5)
    assert (kind, row["state"], row["name"]) == ("chat", "erased", "")
    found = await anna.chat(chat)
    assert found["talk"] == found["notes"] == []
    assert "secret" not in json.dumps(found)
    for what, body in (
        ("claim", {}),
        ("reply", {"text": "hello?", "language": "en"}),
        ("note", {"text": "x"}),
        ("close", {"outcome": "other"}),
    ):
        assert (await anna.refused(chat, what, **body))[:2] == (410, "erased"), what


# What is said


async def test_free_text_goes_out_as_written_and_says_in_which_language(person: Asker, anna: Counsellor) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "reply", text="  Goedemorgen!\nHoe gaat het? ", language="nl")
    said = await person.hear(lambda message: message["from"] == "person")
    assert (said["text"], said["language"]) == ("Goedemorgen!\nHoe gaat het?", "nl")
    assert not {"original", "machine"} & set(said)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": " \n ", "language": "nl"}, 422, "empty"),
        ({"text": "x" * 4097, "language": "nl"}, 413, "too_long"),
        ({"text": "x"}, 400, "malformed"),
        ({"text": "x", "language": "tlh"}, 400, "malformed"),
        ({"text": 5, "language": "nl"}, 400, "malformed"),
        ({"canned": "no_such_reply"}, 422, "no_reply"),
        ({"canned": "call_today", "values": {"time": " "}}, 422, "missing"),
        ({"canned": "call_today", "values": {"time": "after lunch"}}, 422, "wrong_value"),
        ({"canned": "call_today", "values": ["14:00"]}, 422, "no_reply"),
        ({"canned": "call_us", "values": {"number": "1" * 81}}, 413, "too_long"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_nothing_is_sent(
    person: Asker, anna: Counsellor, body: Json, status: int, code: str
) -> None:
    chat = await _taken(person, anna)
    assert (await anna.refused(chat, "reply", **body))[:2] == (status, code)
    assert not [line for line in (await anna.chat(chat))["talk"] if line["from"] == "person"]


async def test_a_canned_reply_goes_out_in_the_persons_language_and_counsellors_see_both(
    gate: Gate, person: Asker, anna: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "reply", canned="hello", values={"name": "Anna"})
    said = await person.hear(lambda message: message["from"] == "person")
    assert said["text"] == gate.content.canned.text("hello", "pl", name="Anna")
    assert said["language"] == "pl"
    assert not {"original", "machine"} & set(said)
    line = (await anna.chat(chat))["talk"][-1]
    assert line["original"] == gate.content.canned.text("hello", "en", name="Anna")
    assert line["machine"] is False


async def test_days_and_hours_are_written_as_each_language_writes_them(
    gate: Gate, person: Asker, anna: Counsellor
) -> None:
    chat = await _taken(person, anna)
    values = {"date": "2026-12-03", "time": "14:30"}
    answer = await anna.do(chat, "preview", canned="call_on", values=values)
    preview = json.loads(answer.text)
    assert "3 grudnia 2026" in preview["text"].replace("\xa0", " ")
    assert "3 December 2026" in preview["original"].replace("\xa0", " ")
    assert preview["missing"] == []
    await anna.must(chat, "reply", canned="call_on", values=values)
    assert (await person.hear(lambda message: message["from"] == "person"))["text"] == preview["text"]


async def test_a_preview_shows_what_is_still_to_be_filled_in_and_sends_nothing(person: Asker, anna: Counsellor) -> None:
    chat = await _taken(person, anna)
    preview = json.loads((await anna.do(chat, "preview", canned="we_meet", values={"place": "Station"})).text)
    assert preview["missing"] == ["date", "time"]
    assert "Station" in preview["text"]
    assert "…" in preview["text"]
    assert "{" not in preview["text"] + preview["original"]
    assert not [line for line in (await anna.chat(chat))["talk"] if line["from"] == "person"]


async def test_every_canned_reply_can_be_picked_in_dutch_and_english(gate: Gate, anna: Counsellor) -> None:
    groups = (await anna.read("canned"))["groups"]
    replies = [reply for group in groups for reply in group["replies"]]
    assert [reply["id"] for reply in replies] == [reply.id for reply in gate.content.canned.replies]
    for reply in replies:
        assert set(reply["texts"]) == {"en", "nl"}
        assert reply["texts"]["en"] != reply["texts"]["nl"]
    assert all(group["title"] for group in groups)


async def test_a_note_is_for_colleagues_and_never_reaches_the_person(
    person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await bram.must(chat, "note", text="Speak slowly with her")
    await anna.must(chat, "reply", text="Hello", language="en")
    await person.hear(lambda message: message["from"] == "person")
    notes = (await anna.chat(chat))["notes"]
    assert [(note["author"], note["text"]) for note in notes] == [("bram.de-vries", "Speak slowly with her")]
    assert "slowly" not in json.dumps(person.events)


# Machine translation


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("reply", {"text": "Hello", "language": "en"}),
        ("reply", {"canned": "hello", "values": {"name": "Anna"}}),
        ("reply", {"text": "Dag", "language": "nl", "translation": "Dzień dobry"}),
        ("note", {"text": "Speak slowly"}),
    ],
    ids=["as written", "canned", "translated", "note"],
)
async def test_what_is_sent_again_after_a_lost_connection_is_there_once(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor, what: str, body: Json
) -> None:
    chat = await _taken(person, anna)
    sendings = [anna.do(chat, what, id="the-page-calls-it-this", **body) for _ in range(5)]
    assert [answer.status for answer in await asyncio.gather(*sendings)] == [204] * 5

    async def there() -> int:
        found = await anna.chat(chat)
        return len(found["notes"]) + len([line for line in found["talk"] if line["from"] == "person"])

    assert await there() == 1
    audited = [action for _, action, _ in await gate.audited(chat)]
    assert audited.count("chat.noted" if what == "note" else "chat.replied") == 1
    # Whoever has the chat by now: it was sent.
    await anna.must(chat, "transfer", to=bram.name)
    await anna.must(chat, what, id="the-page-calls-it-this", **body)
    assert await there() == 1
    await bram.must(chat, what, id="something-else", **body)
    assert await there() == 2


@pytest.mark.parametrize("given", [{}, {"id": ""}, {"id": "x" * 65}, {"id": 5}, {"id": "a b"}])
async def test_what_is_sent_must_have_a_name(person: Asker, anna: Counsellor, given: Json) -> None:
    chat = await _taken(person, anna)
    for what in ("reply", "note"):
        answer = await anna.browser.post(f"chats/{chat}/{what}", {"text": "Hello", "language": "en", **given})
        assert answer.status == 400
    assert not [line for line in (await anna.chat(chat))["talk"] if line["from"] == "person"]


async def test_a_machine_translation_is_read_before_it_is_sent_and_marked_for_both(
    gate: Gate, person: Asker, anna: Counsellor, translator: LibreTranslate
) -> None:
    chat = await _taken(person, anna)
    preview = json.loads((await anna.do(chat, "preview", text="Bent u veilig?", language="nl")).text)
    assert preview["text"] == "nl>pl: Bent u veilig?"
    assert preview["back"] == "pl>nl: nl>pl: Bent u veilig?"
    asked = len(translator.asked)
    await anna.must(chat, "reply", text="Bent u veilig?", language="nl", translation=preview["text"])
    assert len(translator.asked) == asked, "what was read is what is sent"
    said = await person.hear(lambda message: message["from"] == "person")
    assert (said["text"], said["language"]) == ("nl>pl: Bent u veilig?", "pl")
    assert (said["machine"], said["original"]) == (True, "Bent u veilig?")
    line = (await anna.chat(chat))["talk"][-1]
    assert (line["machine"], line["original"]) == (True, "Bent u veilig?")
    assert ("anna", "chat.translated", "") in await gate.audited(chat)


async def test_what_the_person_wrote_is_translated_into_the_language_of_the_page(
    person: Asker, anna: Counsellor
) -> None:
    chat = await _taken(person, anna)
    answer = await anna.do(chat, "translate", text="boję się")
    assert json.loads(answer.text) == {"text": "pl>en: boję się", "language": "en"}


async def test_a_translation_service_that_fails_is_said_and_nothing_is_sent(
    person: Asker, anna: Counsellor, translator: LibreTranslate
) -> None:
    chat = await _taken(person, anna)
    translator.fail(500)
    status, code, message = await anna.refused(chat, "preview", text="Dag", language="nl")
    assert (status, code) == (503, "translation")
    assert "canned" in message
    assert not [line for line in (await anna.chat(chat))["talk"] if line["from"] == "person"]


async def test_without_a_translation_service_nothing_is_translated(closed_gate: Gate) -> None:
    gate = closed_gate
    async with gate.counsellor("anna") as anna, asking(gate.url, gate.content) as one:
        await one.ask_for_person(phone="+31 6 87654321")
        (row,) = [row for row in await anna.rows() if row["state"] == "waiting" and not row["mine"]][-1:]
        assert (await anna.refused(row["id"], "preview", text="Dag", language="nl"))[:2] == (409, "no_translation")
        assert (await anna.refused(row["id"], "translate", text="boję się"))[:2] == (409, "no_translation")
        assert '"translates": false' in (await anna.browser.get("/desk/queue")).text


# Live


async def test_events_bring_rows_and_nothing_that_was_said(person: Asker, anna: Counsellor, bram: Counsellor) -> None:
    chat = await _taken(person, anna)
    async with bram.listening() as events:
        await person.say("a very secret word")
        await asyncio.sleep(0.2)
        await anna.must(chat, "reply", text="another secret word", language="en")
        await asyncio.sleep(0.2)
        await anna.must(chat, "note", text="a third secret word")
        await asyncio.sleep(0.2)
        rows = [events.get_nowait() for _ in range(events.qsize())]
    assert len(rows) >= 3
    assert {kind for kind, _ in rows} == {"chat"}
    assert {row["id"] for _, row in rows} == {chat}
    assert len({row["version"] for _, row in rows}) >= 3
    assert rows[0][1]["unread"] == 1
    assert "secret" not in json.dumps(rows)


async def test_a_chat_that_begins_to_wait_is_told_at_once(person: Asker, anna: Counsellor) -> None:
    async with anna.listening() as events:
        await person.ask_for_person(name="Live", first="szef zabrał mi paszport i bije mnie")
        kind, row = await asyncio.wait_for(events.get(), 5)
    assert (kind, row["name"], row["state"], row["urgent"]) == ("chat", "Live", "waiting", True)


async def test_the_desk_hears_nothing_of_chats_with_the_program(person: Asker, anna: Counsellor) -> None:
    async with anna.listening() as events:
        await person.say("hej")
        await person.hear(lambda said: said["from"] == "bot")
        await asyncio.sleep(0.2)
        assert events.empty()


async def test_the_stream_ends_with_the_session(
    gate: Gate, person: Asker, anna: Counsellor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "HEARTBEAT_SECONDS", 0.1)
    async with gate.counsellor("carla") as carla:
        async with carla.listening() as events:
            assert {"name": "carla", "here": True} in (await anna.read("colleagues"))["colleagues"]
            await gate.store.transaction(lambda connection: sessions.end_all(connection, "carla"))
            assert await asyncio.wait_for(events.get(), 5) == ("signed_out", {})
            assert await asyncio.wait_for(events.get(), 5) == ("end", {})
        assert (await carla.browser.get("/desk/api/events")).status == 401
    assert {"name": "carla", "here": False} in (await anna.read("colleagues"))["colleagues"]


async def test_an_idle_session_hears_that_somebody_waits_and_nothing_else(
    gate: Gate, person: Asker, anna: Counsellor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "HEARTBEAT_SECONDS", 0.1)

    async def turn_back(**moments: dt.datetime) -> None:
        table = tables.sessions
        mine = table.update().where(table.c.account == "carla").values(moments)
        await gate.store.transaction(lambda connection: connection.execute(mine))

    async with gate.counsellor("carla") as carla, carla.listening() as events:
        await turn_back(last_at=utc_now() - sessions.IDLE)
        assert await asyncio.wait_for(events.get(), 5) == ("idle", {})
        for path in ("me", "chats", "colleagues"):
            assert (await carla.browser.get(f"/desk/api/{path}")).status == 401
        assert {"name": "carla", "here": False} in (await anna.read("colleagues"))["colleagues"]
        chat = await _waiting(person, anna, first="szef zabrał mi paszport i bije mnie")
        assert await asyncio.wait_for(events.get(), 5) == ("waits", {"urgent": True})
        await person.say("more")
        await anna.must(chat, "claim")
        await anna.must(chat, "requeue")
        assert await asyncio.wait_for(events.get(), 5) == ("waits", {"urgent": True})
        # A page that comes back hears no more than that.
        again = asyncio.Queue[tuple[str, Json]]()
        stream = asyncio.create_task(carla._listen(again))
        assert await asyncio.wait_for(again.get(), 5) == ("idle", {})
        await turn_back(created_at=utc_now() - sessions.LONGEST)
        for queue in (events, again):
            assert await asyncio.wait_for(queue.get(), 5) == ("signed_out", {})
        await stream


async def test_the_person_sees_that_the_counsellor_is_writing(
    person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    assert (await bram.refused(chat, "typing"))[:2] == (409, "taken")
    await anna.must(chat, "typing")
    assert await person.event("typing") == {"from": "person"}
    assert [kind for kind, _ in person.events].count("typing") == 1


async def test_the_counsellor_sees_that_the_person_is_writing_and_nobody_else_does(
    person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    async def types() -> None:
        response = await person.chat.session.post(f"{person.chat.url}/api/typing", headers=person.chat.headers)
        assert (response.status, await response.text()) == (204, "")

    async with anna.listening() as events, bram.listening() as others:
        await types()
        chat = await _taken(person, anna)
        await types()
        while (await asyncio.wait_for(events.get(), 5)) != ("typing", {"id": chat}):
            pass
        await anna.must(chat, "reply", text="Hello", language="en")
        seen = [await asyncio.wait_for(others.get(), 5)]
        while not others.empty():
            seen.append(others.get_nowait())
        assert "typing" not in [kind for kind, _ in seen]
        await anna.must(chat, "close", outcome="helped")
        await types()
        await anna.must(chat, "note", text="closed")
        assert "typing" not in [events.get_nowait()[0] for _ in range(events.qsize())]


async def test_a_reply_is_marked_delivered_when_the_page_has_it(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await anna.must(chat, "reply", text="Hello", language="en")
    await person.hear(lambda message: message["from"] == "person")
    for _ in range(50):
        line = (await bram.chat(chat))["talk"][-1]
        if line["delivered"]:
            break
        await asyncio.sleep(0.02)
    assert line["delivered"] is True


async def test_a_reply_nobody_has_fetched_is_not_delivered(gate: Gate, anna: Counsellor) -> None:
    async with asking(gate.url, gate.content) as person:
        chat = await _taken(person, anna)
    await asyncio.sleep(0.1)
    await anna.must(chat, "reply", text="Hello?", language="en")
    assert (await anna.chat(chat))["talk"][-1]["delivered"] is False


# The audit log, and the page


async def test_every_act_is_in_the_audit_log_and_no_word_of_it(
    gate: Gate, person: Asker, anna: Counsellor, bram: Counsellor
) -> None:
    chat = await _taken(person, anna)
    await anna.chat(chat)
    await anna.must(chat, "reply", text="a secret", language="en")
    await anna.must(chat, "note", text="a secret")
    await anna.must(chat, "transfer", to="bram.de-vries")
    await bram.must(chat, "requeue")
    await anna.must(chat, "claim")
    await anna.must(chat, "return")
    actions = [action.removeprefix("chat.") for _, action, _ in await gate.audited(chat)]
    assert actions == ["claimed", "read", "replied", "noted", "transferred", "requeued", "claimed", "returned"]
    rows = await gate.store.transaction(lambda connection: connection.execute(tables.audit.select()).all())
    assert "secret" not in str(rows)
    assert f"{chat}:bram.de-vries" in [row.object for row in rows]


async def test_every_action_of_the_log_has_words_in_both_languages(content: Content) -> None:
    for action in (
        "read",
        "claimed",
        "replied",
        "translated",
        "noted",
        "transferred",
        "requeued",
        "returned",
        "closed",
    ):
        texts = {content.desk_phrase(language, f"audit.chat.{action}") for language in ("en", "nl")}
        assert len(texts) == 2, action


async def test_the_page_is_there_in_dutch_and_english_for_the_queue_and_each_chat(anna: Counsellor) -> None:
    for path in ("/desk/queue", "/desk/chats/abcdef"):
        for language, word in (("en", "Take this chat"), ("nl", "Chat overnemen")):
            page = await anna.browser.get(path, **{"Accept-Language": language})
            assert page.status == 200
            assert word in page.text
            assert "{{" not in page.text
