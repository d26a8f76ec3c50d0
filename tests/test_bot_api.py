"""What the Bot API server for tests promises, as python-telegram-bot's own client sees it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from tests.bot_api import TOKEN, BotApi, Json, User, utf16_length

HELP, LINK = InlineKeyboardButton("Pomoc", callback_data="help"), InlineKeyboardButton("Strona", url="https://fnv.nl")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi(allow_http=True, back_off=0.01)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        yield bot


@pytest.fixture
def ala(api: BotApi) -> User:
    """A user whose chat with the bot is begun and read."""
    ala = api.user(501, username="ala")
    ala.write("/start")
    api.updates.clear()
    return ala


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(rows)


async def refusal(awaitable: Awaitable[Any]) -> str:
    """Why the server refuses, in small letters: the client changes some of them."""
    with pytest.raises(BadRequest) as refused:
        await awaitable
    return refused.value.message.lower()


async def eventually(condition: Callable[[], bool], patience: float = 3.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


# Requests


async def test_the_bot_knows_itself_and_a_wrong_token_is_refused(api: BotApi, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (123456789, True, "wegwijzer_test_bot")
    async with HTTPXRequest() as client:
        with pytest.raises(InvalidToken, match="Unauthorized"):
            await client.post(f"{api.url}/bot123456789:wrong/getMe")
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot._post("sendCarrierPigeon")
    assert [call.status for call in api.calls[-2:]] == [401, 404]


async def test_parameters_come_as_query_form_multipart_or_json(api: BotApi, ala: User) -> None:
    url, params = f"{api.url}/bot{TOKEN}/SENDMESSAGE", {"chat_id": "501", "text": "[1]"}
    async with aiohttp.ClientSession() as session:
        multipart = aiohttp.FormData(params, default_to_multipart=True)
        for answering in (
            session.get(url, params=params),
            session.post(url, data=params),
            session.post(url, data=multipart),
            session.post(url, json={"chat_id": 501, "text": "[1]"}),
        ):
            async with answering as response:
                assert (await response.json())["result"]["text"] == "[1]"
    assert [call.params for call in api.called("sendMessage")] == [{"chat_id": 501, "text": "[1]"}] * 4


# Updates


async def test_every_kind_of_update_parses_as_a_real_one(api: BotApi, bot: Bot) -> None:
    ala = api.user(501, "uk", "Ала")
    ala.write("please /help@wegwijzer_test_bot me")
    for send in (ala.photo, ala.document):
        send("co to?")
    for act in (ala.voice, ala.sticker, ala.location, ala.contact, ala.video, ala.poll):
        act()
    ala.forward("umowa")
    ala.edit(1, "/stop")
    ala.block()
    ala.unblock()
    updates = await bot.get_updates()
    assert [update.update_id for update in updates] == [*range(updates[0].update_id, updates[0].update_id + 13)]
    raw = api.pending
    assert [json.loads(update.to_json()).keys() for update in updates] == [update.keys() for update in raw]
    messages = [update.message for update in updates[:10]]
    assert [message.message_id for message in messages if message] == [*range(1, 11)]
    assert all(message and message.from_user and message.from_user.language_code == "uk" for message in messages)
    first = updates[0].message
    assert first is not None
    assert [*first.parse_entities()] == [first.entities[0]]
    assert first.parse_entity(first.entities[0]) == "/help@wegwijzer_test_bot"
    assert updates[10].edited_message is not None
    assert updates[10].edited_message.text == "/stop"
    statuses = [u.my_chat_member.new_chat_member.status for u in updates[11:] if u.my_chat_member]
    assert statuses == ["kicked", "member"]


async def test_updates_come_again_until_an_offset_confirms_them(api: BotApi, bot: Bot, ala: User) -> None:
    ids = [ala.write(text) for text in "abc"]
    assert [update.update_id for update in await bot.get_updates(limit=2)] == ids[:2]
    assert [update.update_id for update in await bot.get_updates()] == ids
    assert [update.update_id for update in await bot.get_updates(offset=ids[2])] == ids[2:]
    assert [update.update_id for update in await bot.get_updates()] == ids[2:]
    assert await bot.get_updates(offset=ids[2] + 1) == ()
    api.redeliver(ids[1])
    assert [update.update_id for update in await bot.get_updates(offset=ids[2] + 1)] == [ids[1]]
    assert await bot.get_updates(offset=ids[2] + 1) == ()


async def test_updates_that_the_bot_did_not_ask_for_are_dropped(api: BotApi, bot: Bot, ala: User) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    assert ala.write("hello") == 0
    await bot.get_updates()
    assert ala.write("hello") == 0
    await bot.get_updates(allowed_updates=[])
    assert ala.write("hello") > 0
    api.advance(25 * 3600)
    assert await bot.get_updates() == (), "kept for 24 hours only"


async def test_a_long_poll_waits_for_an_update_or_its_timeout(bot: Bot, ala: User) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.05)
    assert not poll.done()
    update_id = ala.write("hello")
    assert [update.update_id for update in await asyncio.wait_for(poll, 8)] == [update_id]
    started = time.monotonic()
    assert await bot.get_updates(offset=update_id + 1, timeout=1) == ()
    assert 0.9 < time.monotonic() - started < 8


async def test_of_two_polls_the_older_is_ended(api: BotApi, bot: Bot, ala: User) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=10))
    await eventually(lambda: len(api.called("getUpdates")) == 1)
    async with Bot(TOKEN, base_url=f"{api.url}/bot") as twin:
        newer = asyncio.create_task(twin.get_updates(timeout=10))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        ala.write("hello")
        assert len(await newer) == 1


# Messages


async def test_a_message_comes_back_whole_and_ids_are_one_sequence(api: BotApi, bot: Bot, ala: User) -> None:
    api.user(502).write("hej")
    sent = await bot.send_message(
        501, "<b>Dzień</b> &lt;dobry&gt;  ", parse_mode="HTML", reply_markup=keyboard([HELP], [LINK]),
        link_preview_options=LinkPreviewOptions(is_disabled=True), reply_parameters=ReplyParameters(1),
    )  # fmt: skip
    assert (sent.message_id, sent.text, sent.chat.first_name) == (3, "Dzień <dobry>", "Ala")
    assert [(entity.type, entity.offset, entity.length) for entity in sent.entities] == [("bold", 0, 5)]
    assert sent.reply_markup == keyboard([HELP], [LINK])
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "/start"
    assert ala.received == api.sent(501)
    assert [message["message_id"] for message in ala.messages] == [1, 3]
    assert Message.de_json(ala.received[0], bot) == sent


async def test_html_becomes_text_with_entities(bot: Bot, ala: User) -> None:
    for html, text, entities in (
        ("<b>a<i>b</i></b>", "ab", ["bold 0 2", "italic 1 1"]),
        ("🙂 <U>x</U> <a href='https://a.nl/?x=1&amp;y'>l</a>", "🙂 x l", ["underline 3 1", "text_link 5 1"]),
        ("<del>a</del><tg-spoiler>b</tg-spoiler>", "ab", ["strikethrough 0 1", "spoiler 1 1"]),
        ('<span class="tg-spoiler">c</span>', "c", ["spoiler 0 1"]),
        ('<pre><code class="language-python">x</code></pre><code>y</code>', "xy", ["pre 0 1", "code 1 1"]),
        ("<blockquote expandable>q</blockquote> <a href='nowhere'>n</a>", "q n", ["expandable_blockquote 0 1"]),
        ("  &quot;&#33;&#x41;&nbsp; & co <b>t  </b>", '"!A&nbsp; & co t', ["bold 15 1"]),
    ):
        sent = await bot.send_message(501, html, parse_mode="HTML")
        assert sent.text == text
        assert [f"{entity.type} {entity.offset} {entity.length}" for entity in sent.entities] == entities


async def test_wrong_html_is_refused(bot: Bot, ala: User) -> None:
    for html, error in (
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é <br> x", 'Unsupported start tag "br" at byte offset 3'),
        ("1 < 2 > 1", 'Unsupported start tag "" at byte offset 2'),
        ("1 <", "Unclosed start tag at byte offset 2"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>a</a>', "Unclosed start tag at byte offset 0"),
    ):
        refused = await refusal(bot.send_message(501, html, parse_mode="HTML"))
        assert refused == f"can't parse entities: {error}".lower()


async def test_texts_have_limits(bot: Bot, ala: User) -> None:
    assert await refusal(bot.send_message(501, "")) == "message text is empty"
    assert await refusal(bot.send_message(501, "<b> </b>\n", parse_mode="HTML")) == "text must be non-empty"
    assert await refusal(bot.send_message(501, "🙂" * 2049)) == "message is too long"
    sent = await bot.send_message(501, f"<b>{'🙂' * 2048}</b>", parse_mode="HTML")
    assert utf16_length(sent.text or "") == 4096


async def test_buttons_have_limits(bot: Bot, ala: User) -> None:
    good: Json = {"text": "a", "callback_data": "ą" * 32}
    for markup, error in (
        ([[{"text": "a", "callback_data": "ą" * 33}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "a", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "a"}]], "Text buttons are not allowed in the inline keyboard"),
        ([[{"text": " ", "callback_data": "a"}]], "text must be non-empty"),
        ([[{**good, "url": "https://a.nl"}]], "BUTTON_TYPE_INVALID"),
        ([[{"text": "a", "url": "tel:+31201234567"}]], "is invalid: Unsupported URL protocol"),
        ([[{"text": "a", "url": "http://localhost:80/"}]], "is invalid: Wrong HTTP URL"),
        ([[good] * 9], "reply markup is too long"),
        ([[good]] * 101, "reply markup is too long"),
    ):
        sending = bot.send_message(501, "text", api_kwargs={"reply_markup": {"inline_keyboard": markup}})
        assert error.lower() in await refusal(sending)
    await bot.send_message(501, "text", api_kwargs={"reply_markup": {"inline_keyboard": [[good] * 8] * 12}})
    assert len(ala.received) == 1


async def test_a_bot_writes_only_to_people_who_let_it(api: BotApi, bot: Bot, ala: User) -> None:
    api.user(502)
    assert await refusal(bot.send_message(503, "hi")) == "chat not found"
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(502, "hi")
    ala.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(501, "hi")
    with pytest.raises(RuntimeError):
        ala.write("hi")
    ala.unblock()
    await bot.send_message(501, "hi")


async def test_a_message_can_be_edited_by_who_wrote_it(api: BotApi, bot: Bot, ala: User) -> None:
    sent = await bot.send_message(501, "<b>a</b>", parse_mode="HTML", reply_markup=keyboard([HELP]))
    assert await refusal(bot.edit_message_text("b", 501, 99)) == "message to edit not found"
    assert await refusal(bot.edit_message_text("b", 501, 1)) == "message can't be edited"
    same = bot.edit_message_text("<b>a</b> ", 501, sent.id, parse_mode="HTML", reply_markup=keyboard([HELP]))
    assert (await refusal(same)).startswith("message is not modified: specified new message content")
    edited = await bot.edit_message_text("a", 501, sent.id)
    assert isinstance(edited, Message)
    assert (edited.text, edited.entities, edited.reply_markup) == ("a", (), None)
    assert edited.edit_date is not None
    await bot.edit_message_reply_markup(501, sent.id, reply_markup=keyboard([LINK]))
    assert "is not modified" in await refusal(
        bot.edit_message_reply_markup(501, sent.id, reply_markup=keyboard([LINK]))
    )
    assert [(message["text"], "reply_markup" in message) for message in ala.received] == [("a", True)]


async def test_messages_can_be_deleted_for_two_days(api: BotApi, bot: Bot, ala: User) -> None:
    first, second, third = [await bot.send_message(501, text) for text in "abc"]
    assert await bot.delete_message(501, first.id)
    assert await refusal(bot.delete_message(501, first.id)) == "message to delete not found"
    assert await bot.delete_messages(501, [1, first.id, second.id, 99])
    assert [message["text"] for message in ala.messages] == ["c"]
    assert [message["text"] for message in api.sent(501)] == ["a", "b", "c"]
    assert await refusal(bot.delete_messages(501, [*range(1, 102)])) == "too many message identifiers specified"
    api.advance(48 * 3600 + 10)
    assert await refusal(bot.delete_message(501, third.id)) == "message can't be deleted for everyone"
    assert await refusal(bot.delete_messages(501, [third.id])) == "message can't be deleted for everyone"


async def test_a_button_is_pressed_and_answered_once(api: BotApi, bot: Bot, ala: User) -> None:
    sent = await bot.send_message(501, "?", reply_markup=keyboard([HELP, LINK]))
    seen = ala.received[0]
    query_ids = [ala.press(sent.id, "Pomoc"), ala.press(sent.id, "help"), ala.press(seen, "help")]
    with pytest.raises(LookupError, match="Pomoc"):
        ala.press(sent.id, "Strona")
    queries = [update.callback_query for update in await bot.get_updates()]
    assert [query.id for query in queries if query] == query_ids
    query = queries[0]
    assert query is not None
    assert (query.data, query.from_user.id, query.message) == ("help", 501, sent)
    assert await refusal(query.answer("a" * 201)) == "message_too_long"
    assert await query.answer("Chwileczkę", show_alert=True)
    assert await refusal(query.answer()) == "query is too old and response timeout expired or query id is invalid"
    api.advance(16 * 60)
    assert "too old" in await refusal(bot.answer_callback_query(query_ids[1]))
    assert "too old" in await refusal(bot.answer_callback_query("1"))
    assert api.answered_callbacks == [{"callback_query_id": query.id, "text": "Chwileczkę", "show_alert": True}]
    await bot.delete_message(501, sent.id)
    ala.press(seen, "Pomoc")
    late = (await bot.get_updates())[-1].callback_query
    assert late is not None
    assert late.message is not None
    assert not late.message.is_accessible


# The bot's profile and groups


async def test_commands_and_descriptions_are_kept_by_scope_and_language(api: BotApi, bot: Bot, ala: User) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([("pomoc", "Pomoc")], BotCommandScopeChat(501), "pl")
    assert await bot.get_my_commands() == (BotCommand("start", "Begin"),)
    assert await bot.get_my_commands(language_code="pl") == ()
    assert api.commands["chat:501", "pl"] == [{"command": "pomoc", "description": "Pomoc"}]
    await bot.delete_my_commands(BotCommandScopeChat(501), "pl")
    assert list(api.commands) == [("default", "")]
    for commands, error in (
        ([("Start", "a")], "bot_command_invalid"),
        ([("a" * 33, "a")], "command length must not exceed 32"),
        ([("a", "a" * 257)], "command description length must not exceed 256"),
        ([("a", "")], "command description must be non-empty"),
        ([("a", "a")] * 101, "bot_commands_too_much"),
    ):
        assert await refusal(bot.set_my_commands(commands)) == error
    await bot.set_my_description("Prawa w Holandii", "pl")
    await bot.set_my_short_description("Prawa", "pl")
    assert (await bot.get_my_description("pl")).description == "Prawa w Holandii"
    assert (await bot.get_my_short_description("pl")).short_description == "Prawa"
    assert (await bot.get_my_description()).description == ""
    assert "too long" in await refusal(bot.set_my_description("a" * 513))
    assert "too long" in await refusal(bot.set_my_short_description("a" * 121))


async def test_chats_and_actions_are_checked(bot: Bot, ala: User) -> None:
    chat = await bot.get_chat(501)
    assert (chat.type, chat.first_name, chat.username) == ("private", "Ala", "ala")
    assert await bot.send_chat_action(501, "typing")
    assert await refusal(bot.send_chat_action(501, "sleeping")) == "wrong parameter action in request"
    assert "private chats" in await refusal(bot.leave_chat(501))


async def test_a_group_adds_the_bot_and_the_bot_leaves(api: BotApi, bot: Bot, ala: User) -> None:
    group = api.group(-77, "Praca")
    group.add_bot(ala)
    group.write(ala, "cześć")
    added, greeting, text = await bot.get_updates()
    assert added.my_chat_member is not None
    assert added.my_chat_member.new_chat_member.status == "member"
    assert greeting.message is not None
    assert [member.id for member in greeting.message.new_chat_members] == [bot.id]
    assert text.message is not None
    assert (text.message.chat.type, text.message.chat.title, text.message.text) == ("group", "Praca", "cześć")
    await bot.send_message(-77, "do widzenia")
    assert await refusal(bot.delete_message(-77, text.message.id)) == "message can't be deleted"
    assert await bot.leave_chat(-77)
    assert group.bot_left
    assert [message["text"] for message in group.received] == ["do widzenia"]
    assert group.write(ala, "?") == 0
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.send_message(-77, "?")
    group.add_bot(ala)
    group.remove_bot(ala)
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(-77, "?")


# The webhook


async def test_a_webhook_gets_updates_in_order_with_the_secret_until_it_takes_them(
    api: BotApi, bot: Bot, ala: User
) -> None:
    received: list[tuple[str, int]] = []
    answers = [500, 302, 204, 200, 200]

    async def hook(request: web.Request) -> web.Response:
        update = Update.de_json(await request.json(), bot)
        received.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], update.update_id))
        return web.Response(status=answers.pop(0))

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with TestServer(app) as server:
        ids = [ala.write("one"), ala.write("two")]
        assert await bot.set_webhook(str(server.make_url("/hook")), secret_token="s3cret_-")
        await eventually(lambda: not api.pending)
        api.redeliver(ids[0])
        await eventually(lambda: not api.pending)
        ids = [ids[0], ids[0], ids[0], ids[1], ids[0]]
        assert received == [("s3cret_-", update_id) for update_id in ids]
        assert [attempt.status for attempt in api.webhook_attempts] == [500, 302, 204, 200, 200]
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (str(server.make_url("/hook")), 0)
        assert (info.last_error_message or "").startswith("Wrong response from the webhook: 302")
    ala.write("nobody there")
    await eventually(lambda: len(api.webhook_attempts) == 6)
    assert api.webhook_attempts[-1].status is None
    assert (await bot.get_webhook_info()).pending_update_count == 1
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
    assert (await bot.get_webhook_info()).url == ""


async def test_a_webhook_has_to_be_safe() -> None:
    api = BotApi()
    await api.start()
    async with Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        for url, secret, error in (
            ("http://example.org/hook", None, "bad webhook: an HTTPS URL must be provided for webhook"),
            ("https://example.org:8080/hook", None, "ports 80, 88, 443 or 8443"),
            ("https://example.org/hook", "a" * 257, "Secret token is too long"),
            ("https://example.org/hook", "a b", "Secret token contains unallowed characters"),
        ):
            assert error.lower() in await refusal(bot.set_webhook(url, secret_token=secret))
        poll = asyncio.create_task(bot.get_updates(timeout=10))
        await eventually(lambda: len(api.called("getUpdates")) == 1)
        assert await bot.set_webhook("https://example.invalid/hook")
        with pytest.raises(Conflict, match="terminated by setWebhook request"):
            await poll
    await api.stop()


# What goes wrong


async def test_failures_come_on_demand(api: BotApi, bot: Bot, ala: User) -> None:
    api.fail("sendMessage", 429, retry_after=7)
    with pytest.raises(RetryAfter) as slower:
        await bot.send_message(501, "a")
    assert slower.value._retry_after.total_seconds() == 7
    api.fail("sendMessage", 403, times=2)
    for _ in range(2):
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(501, "b")
    api.fail("*", 502, after_processing=True, body=b"<html>Bad Gateway</html>")
    with pytest.raises(NetworkError, match="Parsing the server response"):
        await bot.send_message(501, "c")
    api.fail("sendMessage", 500, times=None, chat=502)
    await bot.send_message(501, "d")
    api.user(502).write("hi")
    for _ in range(3):
        with pytest.raises(NetworkError, match="Internal Server Error"):
            await bot.send_message(502, "e")
    api.heal()
    await bot.send_message(502, "f")
    assert [message["text"] for message in ala.received] == ["c", "d"]
    assert [call.status for call in api.called("sendMessage")] == [429, 403, 403, 502, 200, 500, 500, 500, 200]


async def test_answers_hang_and_are_late_on_demand(api: BotApi, bot: Bot, ala: User) -> None:
    api.hang("sendMessage", 5)
    api.hang("sendMessage", 5, after_processing=True)
    for text in "ab":
        with pytest.raises(TimedOut):
            await bot.send_message(501, text, read_timeout=0.1)
    assert [message["text"] for message in ala.received] == ["b"]
    api.hang("sendMessage", 0.1)
    with pytest.raises(NetworkError, match="Gateway Timeout"):
        await bot.send_message(501, "c")
    api.delay("sendMessage", 0.1)
    started = time.monotonic()
    await bot.send_message(501, "d")
    assert time.monotonic() - started >= 0.1
    assert [call.status for call in api.called("sendMessage")] == [None, None, 504, 200]


async def test_the_server_goes_down_and_comes_back_with_all_it_knew(api: BotApi, bot: Bot, ala: User) -> None:
    url, polls = api.url, [asyncio.create_task(bot.get_updates(timeout=10))]
    await eventually(lambda: len(api.called("getUpdates")) == 1)
    await api.down()
    with pytest.raises(NetworkError):
        await polls[0]
    with pytest.raises(NetworkError, match="ConnectError"):
        await bot.send_message(501, "a")
    update_id = ala.write("are you there?")
    await api.up()
    assert api.url == url
    assert [update.update_id for update in await bot.get_updates()] == [update_id]
    assert (await bot.send_message(501, "b")).message_id == 3


async def test_stopping_ends_polls_and_hanging_answers_at_once(api: BotApi, bot: Bot, ala: User) -> None:
    api.hang("sendMessage", 60)
    waiting = [asyncio.create_task(bot.get_updates(timeout=30)), asyncio.create_task(bot.send_message(501, "a"))]
    await eventually(lambda: len(api.calls) == 3)
    started = time.monotonic()
    await api.stop()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ended] == [NetworkError, NetworkError]
    assert time.monotonic() - started < 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_too_many_messages_a_second_are_refused() -> None:
    api = BotApi(messages_per_second=3)
    await api.start()
    api.user(501).write("hi")
    async with Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        sent = await asyncio.gather(*(bot.send_message(501, "a") for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in sent].count(RetryAfter) == api.refused == 2
        await asyncio.sleep(1)
        await bot.send_message(501, "b")
    await api.stop()


async def test_it_runs_as_a_process_in_which_people_act_over_http() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bot_api", stdout=subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    try:
        async with aiohttp.ClientSession() as session, Bot(TOKEN, base_url=f"{url}/bot") as bot:
            async with session.post(f"{url}/users/501/write", json={"text": "/start"}) as response:
                assert response.status == 200
            assert [update.message.text for update in await bot.get_updates() if update.message] == ["/start"]
            await bot.send_message(501, "Dzień dobry")
            async with session.get(f"{url}/users/501/received") as response:
                assert [message["text"] for message in (await response.json())["result"]] == ["Dzień dobry"]
            async with session.post(f"{url}/users/501/juggle") as response:
                assert response.status == 404
    finally:
        process.terminate()
        status = await process.wait()
    assert status == 0
