"""Telegram, as people use it: python-telegram-bot's real network stack, a real gateway, a real Rasa."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.answers.content import Content
from bot.languages import LANGUAGES, OWN_NAMES
from tests.bot_api import BotApi, User
from tests.system.conftest import System
from tests.system.telegram import ask, gateway, hear, rasa_of, texts, titles, until

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

_ids = itertools.count(5_000_001)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api() -> AsyncIterator[BotApi]:
    api = BotApi(messages_per_second=30)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("telegram") / "store.db"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _gateway(api: BotApi, store: Path, system: System) -> AsyncIterator[None]:
    async with gateway(api, store, rasa_of(system)):
        yield


@pytest.fixture
def person(api: BotApi) -> User:
    return api.user(next(_ids), language_code="pl")


async def test_the_bot_introduces_itself_in_every_language(api: BotApi, content: Content) -> None:
    await until(lambda: len([key for key in api.commands if key[0] == "all_private_chats"]) == 6)
    for code in ("", *LANGUAGES):
        commands = {command["command"]: command["description"] for command in api.commands[("all_private_chats", code)]}
        assert list(commands) == ["start", "language", "menu", "human", "privacy", "forget", "stop"]
        assert commands["forget"] == content.phrase(code or "en", "telegram.command.forget")
    await until(lambda: len(api.called("setMyShortDescription")) == 6)


async def test_start_greets_in_the_language_of_the_phone_and_offers_five(person: User, content: Content) -> None:
    (greeting,) = await ask(person, "/start")
    assert content.phrase("pl", "telegram.welcome") in greeting["text"]
    assert titles(greeting) == list(OWN_NAMES.values())


async def test_an_unknown_language_of_the_phone_is_greeted_in_english(api: BotApi, content: Content) -> None:
    (greeting,) = await ask(api.user(next(_ids), language_code="uk"), "/start")
    assert content.phrase("en", "telegram.welcome") in greeting["text"]


async def test_a_chosen_language_stays_whatever_is_written(person: User, content: Content) -> None:
    (greeting,) = await ask(person, "/start")
    person.press(greeting, OWN_NAMES["ro"])
    (welcome,) = await hear(person, 1)
    assert content.phrase("ro", "telegram.welcome") in welcome["text"]
    answer = await ask(person, "kaucja za pokój")
    assert content.title("deposit", "ro") in texts(answer) or "garanți" in texts(answer)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ile wynosi minimalna stawka godzinowa", "14,99"),
        ("care e salariul minim pe oră", "14,99"),
        ("kolko e minimalnata zaplata na 4as", "14,99"),
        ("minimum wage per hour", "€14.99"),
        ("wat is het minimumloon per uur", "14,99"),
    ],
)
async def test_a_question_is_answered_in_its_own_language(person: User, text: str, holds: str) -> None:
    answer, helpers = await ask(person, text)
    assert holds in answer["text"]
    assert "FairWork" in helpers["text"]


async def test_numbers_can_be_tapped(person: User) -> None:
    said = await ask(person, "ile wynosi minimalna stawka godzinowa")
    said += await ask(person, "szef zabrał mi paszport")
    entities = [
        (entity["type"], message["text"][entity["offset"] : entity["offset"] + entity["length"]])
        for message in said
        for entity in message.get("entities", [])
    ]
    assert ("code", "112") in entities
    assert "+31207600809" in texts(said)


async def test_a_button_is_answered_and_stops_spinning(api: BotApi, person: User) -> None:
    answer = (await ask(person, "kaucja za pokój"))[0]
    before = len(person.received)
    query = person.press(answer, titles(answer)[0])
    assert await hear(person, before)
    await until(lambda: query in [answered["callback_query_id"] for answered in api.answered_callbacks])


async def test_the_data_of_every_button_is_short_in_every_language(api: BotApi, person: User) -> None:
    # The server refuses data of more than 64 bytes, so whatever came with buttons has passed.
    for code in LANGUAGES:
        greeting = (await ask(person, "/language"))[0]
        before = len(person.received)
        person.press(greeting, OWN_NAMES[code])
        await hear(person, before, quiet=0.2)
        assert titles((await ask(person, "/menu"))[0])
    refused = [call for call in api.called("sendMessage") if call.status == 400]
    assert refused == []


async def test_an_old_button_does_no_harm(api: BotApi, person: User, store: Path) -> None:
    answer = (await ask(person, "kaucja za pokój"))[0]
    with sqlite3.connect(store) as database:
        database.execute("delete from buttons")
    database.close()
    count = len(person.received)
    query = person.press(answer, titles(answer)[0])
    await until(lambda: query in [answered["callback_query_id"] for answered in api.answered_callbacks])
    answered = next(one for one in api.answered_callbacks if one["callback_query_id"] == query)
    assert answered["show_alert"]
    assert "/menu" in answered["text"]
    assert len(person.received) == count


async def test_people_see_that_an_answer_is_being_made(api: BotApi, person: User) -> None:
    await ask(person, "kaucja za pokój")
    shown = [call for call in api.called("sendChatAction") if call.params["chat_id"] == person.id]
    assert shown[0].params["action"] == "typing"


@pytest.mark.parametrize(
    ("kind", "phrase"),
    [
        ("photo", "photo"), ("video", "photo"), ("voice", "voice"), ("sticker", "sticker"), ("location", "location"),
        ("contact", "contact"), ("document", "document"), ("poll", "other"),
    ],
)  # fmt: skip
async def test_what_is_not_text_gets_a_friendly_word(person: User, content: Content, kind: str, phrase: str) -> None:
    getattr(person, kind)()
    (said,) = await hear(person)
    assert said["text"] == content.phrase("pl", f"telegram.{phrase}")


async def test_a_forwarded_or_changed_message_gets_a_friendly_word(person: User, content: Content) -> None:
    person.forward("Jutro nie ma pracy, oddaj klucze")
    (said,) = await hear(person)
    assert said["text"] == content.phrase("pl", "telegram.forwarded")
    await ask(person, "kaucja za pokój")
    mine = next(message for message in person.messages if message.get("text") == "kaucja za pokój")
    before = len(person.received)
    person.edit(mine["message_id"], "kaucja za mieszkanie")
    (said,) = await hear(person, before)
    assert said["text"] == content.phrase("pl", "telegram.edited")


async def test_what_stands_beside_a_photo_is_answered(person: User, content: Content) -> None:
    person.photo(caption="nie dostałem wypłaty za ten miesiąc")
    said = await hear(person)
    assert said[0]["text"] == content.phrase("pl", "telegram.photo")
    assert "FairWork" in texts(said)


async def test_nothing_of_a_file_and_no_telegram_id_is_stored(api: BotApi, store: Path) -> None:
    person = api.user(987_654_321_123, first_name="Zbigniewa", username="zbigniewa_waw")
    person.contact()
    person.document(caption="umowa")
    await hear(person, 1)
    for path in store.parent.glob("store.db*"):
        raw = path.read_bytes()
        for trace in (b"987654321123", b"Zbigniewa", b"zbigniewa_waw", b"31612345678", b"umowa.pdf"):
            assert trace not in raw, path


async def test_in_a_group_the_bot_says_one_sentence_and_leaves(api: BotApi, content: Content) -> None:
    person, group = api.user(next(_ids)), api.group(-700)
    group.add_bot(person)
    await until(lambda: group.bot_left)
    await asyncio.sleep(0.3)
    assert [message["text"] for message in group.received] == [
        content.phrase("pl", "telegram.group", link="https://t.me/wegwijzer_test_bot")
    ]


async def test_an_update_that_comes_again_is_answered_once(api: BotApi, person: User) -> None:
    update = person.write("kaucja za pokój")
    said = await hear(person)
    await until(lambda: not api.pending)
    api.redeliver(update)
    await until(lambda: not api.pending)
    await asyncio.sleep(0.7)
    assert person.received == said


async def test_menu_human_and_privacy_answer(person: User, content: Content) -> None:
    (menu,) = await ask(person, "/menu")
    assert len(titles(menu)) >= 8
    assert "Moviera" in texts(await ask(person, "/human"))
    (privacy,) = await ask(person, "/privacy")
    assert privacy["text"] == content.phrase("pl", "telegram.privacy", days="7", longest="90")


async def test_forget_erases_our_copy_and_deletes_the_bots_messages(
    person: User, content: Content, store: Path
) -> None:
    secret = "kaucja quokka78 za pokój"
    await ask(person, secret)
    update = person.write("/forget")
    await until(lambda: [m["text"] for m in person.received] == [content.phrase("pl", "telegram.forgotten")])
    for path in store.parent.glob("store.db"):
        assert b"quokka78" not in path.read_bytes()
    assert update
    # A new chat begins as if there had been none.
    assert "14,99" in texts(await ask(person, "ile wynosi minimalna stawka godzinowa"))


async def test_forget_brought_again_does_not_erase_what_came_since(api: BotApi, person: User) -> None:
    await ask(person, "kaucja za pokój")
    update = person.write("/forget")
    await until(lambda: len(person.received) == 1)
    said = await ask(person, "urlop")
    await until(lambda: not api.pending)
    api.redeliver(update)
    await until(lambda: not api.pending)
    await asyncio.sleep(0.5)
    assert person.received[1:] == said


async def test_messages_too_old_to_delete_do_not_stop_forgetting(api: BotApi, person: User, content: Content) -> None:
    await ask(person, "kaucja za pokój")
    api.advance(49 * 3600)
    await ask(person, "urlop")
    person.write("/forget")
    forgotten = content.phrase("pl", "telegram.forgotten")
    await until(lambda: person.received[-1]["text"] == forgotten)
    assert len(person.received) == 3


async def test_stop_keeps_the_bot_quiet_until_the_next_message(person: User, content: Content) -> None:
    (said,) = await ask(person, "/stop")
    assert said["text"] == content.phrase("pl", "telegram.stopped")
    assert await ask(person, "kaucja za pokój")


async def test_somebody_who_blocks_the_bot_is_left_in_peace(api: BotApi, person: User) -> None:
    await ask(person, "kaucja za pokój")
    api.delay("sendMessage", 0.3)
    person.write("urlop")
    person.block()
    await asyncio.sleep(1.5)
    api.heal()
    attempts = len([call for call in api.called("sendMessage") if call.params["chat_id"] == person.id])
    await asyncio.sleep(1.5)
    assert len([call for call in api.called("sendMessage") if call.params["chat_id"] == person.id]) == attempts
    person.unblock()
    assert "14,99" in texts(await ask(person, "ile wynosi minimalna stawka godzinowa"))


async def test_the_limit_is_said_once_and_danger_is_answered_beyond_it(
    api: BotApi, tmp_path: Path, content: Content, system: System
) -> None:
    other = BotApi()
    await other.start()
    async with gateway(other, tmp_path / "store.db", rasa_of(system), MESSAGES_PER_MINUTE="2"):
        person = other.user(1)
        for _ in range(5):
            person.write("hej")
        await hear(person)
        notices = [m for m in person.received if m["text"] == content.phrase("pl", "down.too_fast")]
        assert len(notices) == 1
        assert "112" in texts(await ask(person, "szef zabrał mi paszport"))
    await other.stop()
