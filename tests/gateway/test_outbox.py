"""What waits for delivery is delivered, in order, and what is erased leaves only what is needed to delete it there."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.gateway.outbox import Outbox, Pending
from bot.gateway.retention import retention
from bot.gateway.store import Changes, Incoming, Reply, Store
from tests.gateway.stage import settings_of


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store)


def from_telegram(chat: str, update: str, text: str = "hello", **fields: object) -> Incoming:
    return Incoming(chat, "telegram", update, text, address="sealed", **fields)  # type: ignore[arg-type]


async def waiting(outbox: Outbox, chat: str) -> Pending:
    pending = await outbox.next(chat)
    assert pending is not None
    return pending


async def test_replies_wait_in_order_until_each_part_has_arrived(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(from_telegram(chat, chat))
    turn = await store.turn(chat)
    assert turn is not None
    await store.answer(turn.message, [Reply("first", "en"), Reply("second", "en")], Changes())
    assert chat in await outbox.conversations()
    first = await waiting(outbox, chat)
    assert (first.reply.text, first.part, first.after, first.address) == ("first", 0, None, "sealed")
    await outbox.begin(first, 41)
    assert (await waiting(outbox, chat)).after == 41
    await outbox.done(first, 42, last=False)
    again = await waiting(outbox, chat)
    assert (again.reply.text, again.part, again.after) == ("first", 1, None)
    await outbox.done(again, 43, last=True)
    assert (await waiting(outbox, chat)).reply.text == "second"
    assert await outbox.highest() >= 43


async def test_a_web_chat_has_nothing_in_the_outbox(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello", replies=(Reply("at once", "en"),)))
    assert await outbox.next(chat) is None


async def test_an_update_is_taken_once_even_after_the_chat_was_erased(store: Store, outbox: Outbox, chat: str) -> None:
    assert await store.receive(from_telegram(chat, f"{chat}1"))
    assert await outbox.erase(from_telegram(chat, f"{chat}2"), "pl")
    assert not await store.receive(from_telegram(chat, f"{chat}1"))
    assert not await outbox.erase(from_telegram(chat, f"{chat}2"), "pl")
    assert await store.receive(from_telegram(chat, f"{chat}3"))


async def test_erasing_keeps_only_what_deletes_the_rest(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(from_telegram(chat, f"{chat}1", answered=True, replies=(Reply("said", "en"),)))
    await outbox.done(await waiting(outbox, chat), 7, last=True)
    await outbox.erase(from_telegram(chat, f"{chat}2"), "pl")
    assert await store.conversation(chat) is None
    (forget,) = [one for one in await outbox.forgets() if one.conversation == chat]
    assert (forget.language, forget.address, forget.messages) == ("pl", "sealed", (7,))
    periods = retention(settings_of())
    await store.erase_older_than(periods, dt.datetime.now(dt.timezone.utc))
    assert chat in [one.conversation for one in await outbox.forgets()]
    await outbox.forgotten(forget)
    assert chat not in [one.conversation for one in await outbox.forgets()]


async def test_forgetting_leaves_a_chat_begun_since_alone(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(from_telegram(chat, f"{chat}1"))
    await outbox.erase(from_telegram(chat, f"{chat}2"), "pl")
    (forget,) = [one for one in await outbox.forgets() if one.conversation == chat]
    await store.receive(from_telegram(chat, f"{chat}3", answered=True, replies=(Reply("new", "en"),)))
    await outbox.forgotten(forget)
    assert (await waiting(outbox, chat)).reply.text == "new"


async def test_after_stop_nothing_is_answered_or_delivered(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(from_telegram(chat, f"{chat}1", replies=(Reply("old", "en"),)))
    await store.receive(
        from_telegram(chat, f"{chat}2", "", answered=True, silences=True, replies=(Reply("bye", "en"),))
    )
    assert await store.turn(chat) is None
    assert (await waiting(outbox, chat)).reply.text == "bye"


async def test_a_chat_over_its_time_leaves_no_address(store: Store, outbox: Outbox, chat: str) -> None:
    await store.receive(from_telegram(chat, f"{chat}1", answered=True, replies=(Reply("said", "en"),)))
    await outbox.done(await waiting(outbox, chat), 9, last=True)
    periods = retention(settings_of())
    await store.erase_older_than(periods, dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=8))

    def left(connection: object) -> list[int]:
        tables = ("addresses", "delivered", "seen", "outbox")
        counts = [f"select count(*) from {table} where " for table in tables]
        conditions = [f"conversation = '{chat}'", f"conversation = '{chat}'", f"update_id = '{chat}1'"]
        conditions.append(f"conversation = '{chat}'")
        return [
            connection.exec_driver_sql(count + condition).scalar()  # type: ignore[attr-defined]
            for count, condition in zip(counts, conditions)
        ]

    assert await store.transaction(left) == [0, 0, 0, 0]
