"""What the store promises. Set TEST_DATABASE_URL to hold another database (PostgreSQL) to the same promises."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading

import pytest

from bot.gateway.store import Changes, ConversationErased, Incoming, Received, Reply, Store, StoreUnavailable


async def unanswered(store: Store, chat: str) -> Received | None:
    turn = await store.turn(chat)
    return turn.message if turn else None


async def test_a_message_id_is_stored_once(store: Store, chat: str) -> None:
    assert await store.receive(Incoming(chat, "web", "1", "hello")) is True
    assert await store.receive(Incoming(chat, "web", "1", "hello")) is False


async def test_the_same_message_at_the_same_moment_is_stored_once(store: Store, chat: str) -> None:
    results = await asyncio.gather(*(store.receive(Incoming(chat, "web", "1", "hello")) for _ in range(8)))
    assert results.count(True) == 1


async def test_messages_are_worked_off_oldest_first(store: Store, chat: str) -> None:
    for number in range(3):
        await store.receive(Incoming(chat, "web", str(number), f"text {number}"))
    for number in range(3):
        message = await unanswered(store, chat)
        assert message is not None
        assert message.text == f"text {number}"
        assert await store.answer(message, [Reply("answer", "en")], Changes()) == "stored"
    assert await unanswered(store, chat) is None


async def test_a_turn_tells_whether_another_message_waits(store: Store, chat: str) -> None:
    for number in range(2):
        await store.receive(Incoming(chat, "web", str(number), "text"))
    turn = await store.turn(chat)
    assert turn is not None
    assert turn.more
    await store.answer(turn.message, [Reply("answer", "en")], Changes())
    turn = await store.turn(chat)
    assert turn is not None
    assert not turn.more


async def test_a_message_is_answered_once(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello"))
    message = await unanswered(store, chat)
    assert message is not None
    assert await store.answer(message, [Reply("first", "en")], Changes()) == "stored"
    assert await store.answer(message, [Reply("second", "en")], Changes()) == "gone"
    assert [sent.text for sent in (await store.news(chat, 0)).sent] == ["first"]


async def test_unanswered_messages_are_found_after_a_restart(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello"))
    assert chat in await store.waiting_conversations()


async def test_behind_a_database_that_is_stuck_nobody_waits_for_ever(
    store: Store, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.store._QUEUE_SECONDS", 0.1)
    end = threading.Event()
    stuck = [asyncio.create_task(store.transaction(lambda connection: end.wait(20))) for _ in range(8)]
    await asyncio.sleep(0.05)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(store.receive(Incoming(chat, "web", "1", "hello")), 5)
    end.set()
    await asyncio.gather(*stuck, return_exceptions=True)
    # What was refused was not done behind anybody's back.
    assert await unanswered(store, chat) is None
    assert await store.receive(Incoming(chat, "web", "1", "hello")) is True


async def test_the_topics_of_a_conversation_are_known_newest_first(store: Store, chat: str) -> None:
    for number, topic in enumerate(("deposit", None, "thanks")):
        await store.receive(Incoming(chat, "web", str(number), "text"))
        message = await unanswered(store, chat)
        assert message is not None
        await store.answer(message, [Reply("answer", "en", topic=topic)], Changes())
    await store.receive(Incoming(chat, "web", "last", "hi"))
    turn = await store.turn(chat)
    assert turn is not None
    assert turn.topics == ["thanks", "deposit"]


async def test_only_issued_buttons_of_the_same_conversation_come_back(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello"))
    message = await unanswered(store, chat)
    assert message is not None
    await store.answer(message, [Reply("?", "en", buttons=(("Deposit", {"intent": "housing/deposit"}),))], Changes())
    button = ((await store.news(chat, 0)).sent)[0].buttons[0]
    await store.receive(Incoming(chat, "web", "2", "", button.id))
    pressed = await unanswered(store, chat)
    assert pressed is not None
    assert (pressed.text, pressed.button) == ("Deposit", {"intent": "housing/deposit"})
    with pytest.raises(KeyError):
        await store.receive(Incoming(f"{chat}x", "web", "1", "", button.id))


async def test_what_a_turn_learns_is_kept(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello", hint="pl"))
    message = await unanswered(store, chat)
    assert message is not None
    await store.answer(message, [], Changes(language="pl", place="Ede"))
    state = await store.conversation(chat)
    assert state is not None
    assert (state.language, state.place, state.hint, state.choice, state.holder) == ("pl", "Ede", "pl", None, "bot")


async def test_an_erased_conversation_cannot_come_back(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello"))
    message = await unanswered(store, chat)
    assert message is not None
    await store.erase(chat)
    assert await store.answer(message, [Reply("late", "en")], Changes()) == "gone"
    assert (await store.news(chat, 0)).sent == []
    with pytest.raises(ConversationErased):
        await store.receive(Incoming(chat, "web", "2", "retry"))


async def test_what_is_over_its_time_is_erased(store: Store, chat: str) -> None:
    await store.receive(Incoming(chat, "web", "1", "hello"))
    periods = {
        "conversations": dt.timedelta(days=7),
        "erased": dt.timedelta(days=7),
        "seen": dt.timedelta(days=2),
        "handovers": dt.timedelta(days=90),
        "figures": dt.timedelta(days=1825),
        "questions": dt.timedelta(days=30),
        "questions_shown": dt.timedelta(days=90),
    }
    now = dt.datetime.now(dt.timezone.utc)
    await store.erase_older_than(periods, now)
    assert await store.conversation(chat) is not None
    assert await store.erase_older_than(periods, now + dt.timedelta(days=8)) >= 1
    assert await store.conversation(chat) is None
