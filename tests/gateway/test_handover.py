"""A chat is handed to a person and back by the one table of steps, and nobody sees or loses what they should not."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa

from bot.answers.content import Content
from bot.gateway import tables
from bot.gateway.answering import Understanding
from bot.gateway.handover import OUTCOMES, STEPS, Details, Event, Handover, NotFound, WrongStep, acts, begin, step
from bot.gateway.resealing import reseal
from bot.gateway.retention import FIGURES_DAYS, HANDOVER_DAYS, retention
from bot.gateway.sealing import Unreadable
from bot.gateway.store import Changes, Holder, Incoming, Reply, Store
from tests.databases import contents, database
from tests.gateway.stage import CHRISTMAS, Stage, StandIn, answer_to, count, rows, set_back, settings_of, staged, texts

DANGER = "szef zabrał mi paszport i bije mnie"
HOUR = dt.timedelta(hours=1)
GATEWAY = (
    tables.conversations, tables.received, tables.sent, tables.buttons, tables.handovers, tables.notes,
    tables.questions,
)  # fmt: skip


#: Every table of the gateway.
_OURS = {value.name for value in vars(tables).values() if isinstance(value, sa.Table)}


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


async def put(store: Store, chat: str, holder: Holder) -> None:
    """A chat held by somebody."""
    await store.receive(Incoming(chat, "web", "first", "hello", answered=True))
    mine = tables.conversations.c.id == chat
    change = tables.conversations.update().where(mine).values(holder=holder, form="a question")
    await store.transaction(lambda connection: connection.execute(change))


# The table


@pytest.mark.parametrize(("before", "event"), STEPS)
async def test_a_step_of_the_table_leads_where_it_says(store: Store, chat: str, before: Holder, event: Event) -> None:
    await put(store, chat, before)
    after = await store.transaction(lambda connection: step(connection, chat, event))
    state = await store.conversation(chat)
    assert state is not None
    assert state.holder == after == STEPS[before, event]
    assert state.form is None, "a question of the state before is still open"


@pytest.mark.parametrize(
    ("before", "event"), [pair for pair in product(get_args(Holder), get_args(Event)) if pair not in STEPS]
)
async def test_any_other_step_is_refused(store: Store, chat: str, before: Holder, event: Event) -> None:
    await put(store, chat, before)
    with pytest.raises(WrongStep):
        await store.transaction(lambda connection: step(connection, chat, event))
    state = await store.conversation(chat)
    assert state is not None
    assert (state.holder, state.form) == (before, "a question")


async def test_a_chat_that_is_not_there_takes_no_step(store: Store) -> None:
    for event in get_args(Event):
        with pytest.raises(WrongStep):
            await store.transaction(partial(step, conversation="web:nobody", event=event))


# Getting in line


async def test_a_person_gets_in_line_by_the_questions(stage: Stage, chat: str, stand_in: StandIn) -> None:
    await stage.write(chat, "how high can the deposit be")
    await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
    assert (await stage.press(chat, "yes"))[-1].text == stage.says("ask_history")
    assert (await stage.press(chat, "with_history"))[-1].text == stage.says("ask_name")
    assert (await stage.write(chat, "Zosia"))[-1].text == stage.says("ask_safe")
    assert (await stage.press(chat, "safe_times"))[-1].text == stage.says("ask_times")
    question = (await stage.write(chat, "after seven"))[-1]
    assert question.text == stage.says("ask_language")
    polish = next(button.id for button in question.buttons if button.title == "Polski")
    await stage.send(chat, button_id=polish)
    await stage.settle(chat)
    assert await stage.holder(chat) == "waiting"
    found = await stage.handover(chat)
    assert (found.kind, found.language, found.state) == ("chat", "pl", "waiting")
    assert found.details == Details(name="Zosia", safe="times", times="after seven")
    assert [asked for _, asked in stand_in.asked] == ["how high can the deposit be"]
    assert chat in stand_in.forgotten
    said = texts(await stage.said(chat))
    assert stage.says("waiting", "pl") in said
    assert any("0031" in text for text in said), "no code to come back with"


async def test_a_handover_can_be_given_up_at_every_question(stage: Stage, chat: str) -> None:
    steps = ["yes", "with_history", "Zosia", "safe_times", "after seven"]
    for length in range(1, len(steps) + 1):
        await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
        for what in steps[:length]:
            await (stage.write(chat, what) if what in ("Zosia", "after seven") else stage.press(chat, what))
        assert texts(await stage.press(chat, "cancel")) == [stage.says("cancelled")]
        assert await stage.handovers.of_conversation(chat) is None
        assert texts(await stage.write(chat, "and now")) == [answer_to("and now")]


async def test_what_follows_an_answer_about_danger_is_about_the_danger(
    stage: Stage, chat: str, stand_in: StandIn
) -> None:
    stand_in.also = {"topic": "documents_taken", "urgent": True}
    await stage.write(chat, DANGER)
    assert (await stage.said(chat))[-1].text.startswith(stage.says("offer"))
    await stage.write(chat, "he says he needs it")
    await stage.press(chat, "no")
    await stage.write(chat, "and if he never gives it back")
    assert stand_in.before == [None, "documents_taken", "documents_taken"]


async def test_what_follows_a_wish_for_a_person_is_about_that_until_it_is_declined(
    stage: Stage, chat: str, stand_in: StandIn
) -> None:
    stand_in.also = {"topic": "deposit"}
    await stage.write(chat, "how high can the deposit be")
    stand_in.also = {"topic": "talk_to_human"}
    await stage.write(chat, "can I talk to somebody")
    stand_in.also = {}
    await stage.write(chat, "how long does that take")
    await stage.press(chat, "no")
    await stage.write(chat, "and when do I get it back")
    assert stand_in.before == [None, "deposit", "talk_to_human", "deposit"]


async def test_danger_in_an_answer_to_a_question_comes_first(stage: Stage, chat: str) -> None:
    await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
    await stage.press(chat, "yes")
    await stage.press(chat, "without_history")
    safety, question = await stage.write(chat, DANGER)
    assert safety.urgent
    assert question.text == stage.says("ask_safe")
    question = (await stage.press(chat, "safe_always"))[-1]
    await stage.send(chat, button_id=question.buttons[0].id)
    await stage.settle(chat)
    assert (await stage.handover(chat)).urgent


async def test_who_turns_to_something_else_is_asked_no_more(stage: Stage, chat: str) -> None:
    await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
    await stage.press(chat, "yes")
    await stage.press(chat, "with_history")
    await stage.write(chat, "Deposit", payload={"intent": "housing/deposit"})
    assert texts(await stage.write(chat, "thank you")) == [answer_to("thank you")]


async def test_while_nobody_is_there_a_message_or_a_number_can_be_left(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    async with staged(store, stand_in, content, understanding, TODAY=CHRISTMAS) as stage:
        (offer,) = await stage.write(chat, "", payload={"intent": content.topics["talk_to_human"].intent})
        titles = [button.title for button in offer.buttons]
        assert titles == [stage.says(name) for name in ("leave_message", "leave_number", "open_numbers", "no")]
        await stage.press(chat, "leave_number")
        await stage.press(chat, "with_history")
        await stage.press(chat, "no_name")
        question = (await stage.press(chat, "safe_always"))[-1]
        await stage.send(chat, button_id=question.buttons[3].id)
        await stage.settle(chat)
        assert (await stage.write(chat, "ask my boss"))[-1].text == stage.says("phone_not_understood")
        assert (await stage.write(chat, "06 1234 5678"))[-1].text == stage.says("ask_call_time")
        assert (await stage.write(chat, "noon"))[0].text == stage.says("waiting_call")
        found = await stage.handover(chat)
        assert (found.kind, found.details.phone, found.details.call_time) == ("call", "06 1234 5678", "noon")


async def test_an_offer_from_office_hours_does_not_promise_somebody_at_night(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    async with staged(store, stand_in, content, understanding) as day:
        await day.write(chat, "", payload={"intent": content.topics["talk_to_human"].intent})
        yes = await day.button(chat, "yes")
    async with staged(store, stand_in, content, understanding, TODAY=CHRISTMAS) as night:
        (again,) = await night.write(chat, "", button_id=yes)
        assert night.says("leave_message") in [button.title for button in again.buttons]
        assert await night.handovers.of_conversation(chat) is None


# Waiting


async def test_while_waiting_the_program_is_quiet_but_for_danger(stage: Stage, chat: str, stand_in: StandIn) -> None:
    found = await stage.ask_for_person(chat)
    assert await stage.write(chat, "is anybody there") == []
    assert await stage.write(chat, "/restart") == []
    assert await stage.write(chat, "Deposit", payload={"intent": "housing/deposit"}) == []
    (safety,) = await stage.write(chat, DANGER)
    assert safety.urgent
    assert (await stage.handovers.get(found.id)).urgent
    assert stand_in.asked == []
    assert [text for sender, text in await stage.talk(found) if sender == "you"][-3:] == [
        "/restart", "Deposit", DANGER
    ]  # fmt: skip


async def test_stop_waiting_brings_the_program_back(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    assert texts(await stage.press(chat, "stop_waiting")) == [stage.says("stopped_waiting")]
    assert (await stage.handovers.get(found.id)).state == "left"
    # Pressed twice, it is said again and nothing else happens.
    assert texts(await stage.press(chat, "stop_waiting")) == [stage.says("stopped_waiting")]
    assert texts(await stage.write(chat, "hello")) == [answer_to("hello")]


async def test_who_waits_can_still_leave_a_number(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    await set_back(stage.store, chat, asked_at=now() - HOUR)
    await stage.handovers.remind(dt.timedelta(minutes=30))
    assert texts(await stage.press(chat, "leave_number")) == [stage.says("ask_phone")]
    safety, question = await stage.write(chat, f"0612345678 {DANGER}")
    assert (safety.urgent, question.text) == (True, stage.says("ask_call_time"))
    assert texts(await stage.write(chat, "tonight")) == [stage.says("waiting_call")]
    found = await stage.handovers.get(found.id)
    assert (found.state, found.kind, found.urgent) == ("waiting", "call", True)
    assert found.details.phone.startswith("0612345678")
    assert len(await rows(stage.store, tables.handovers.select().where(tables.handovers.c.conversation == chat))) == 1


async def test_a_question_opened_in_line_is_over_when_somebody_comes(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    await set_back(stage.store, chat, asked_at=now() - HOUR)
    await stage.handovers.remind(dt.timedelta(minutes=30))
    await stage.press(chat, "leave_number")
    await stage.handovers.claim(found.id, "anna", "Anna")
    await stage.handovers.give_back(found.id, "anna")
    assert texts(await stage.write(chat, "what is a bsn")) == [answer_to("what is a bsn")]


async def test_a_reminder_asks_once_in_each_period_and_ends_nothing(stage: Stage, chat: str) -> None:
    await stage.ask_for_person(chat)
    period = dt.timedelta(minutes=30)
    before = len(await stage.said(chat))
    await stage.handovers.remind(period)
    assert len(await stage.said(chat)) == before
    for times, long_ago in ((1, "asked_at"), (2, "reminded_at")):
        await set_back(stage.store, chat, **{long_ago: now() - HOUR})
        for _ in range(2):
            await stage.handovers.remind(period)
        said = (await stage.said(chat))[before:]
        assert texts(said) == [stage.says("still_waiting")] * times
        assert await stage.holder(chat) == "waiting"
    assert [button.title for button in said[-1].buttons] == [
        stage.says(name) for name in ("keep_waiting", "leave_number", "open_numbers", "stop_waiting")
    ]
    assert texts(await stage.press(chat, "keep_waiting")) == [stage.says("kept_waiting")]
    assert await stage.holder(chat) == "waiting"


async def test_at_night_nobody_is_asked_a_second_time(stage: Stage, chat: str) -> None:
    await stage.ask_for_person(chat)
    await set_back(stage.store, chat, asked_at=now() - 2 * HOUR)
    period, before = dt.timedelta(minutes=30), len(await stage.said(chat))
    await stage.handovers.remind(period, again=False)
    await set_back(stage.store, chat, reminded_at=now() - HOUR)
    await stage.handovers.remind(period, again=False)
    assert len(await stage.said(chat)) == before + 1


async def test_only_who_waits_for_an_answer_here_is_reminded(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    await set_back(stage.store, chat, asked_at=now() - HOUR, reminded_at=None)
    before = len(await stage.said(chat))
    await stage.handovers.remind(dt.timedelta(minutes=30))
    assert len(await stage.said(chat)) == before
    assert (await stage.handovers.get(found.id)).state == "person"


# With a person


async def test_of_two_who_claim_at_once_one_gets_it(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    claims = [stage.handovers.claim(found.id, name, name.title()) for name in ("anna", "bert", "carla", "dirk")]
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [WrongStep] * 3
    winner = ("anna", "bert", "carla", "dirk")[results.index(None)]
    found = await stage.handovers.get(found.id)
    assert (found.state, found.assignee) == ("person", winner)
    joined = [text for text in texts(await stage.said(chat)) if "reads what you write" in text]
    assert joined == [stage.says("joined", name=winner.title())]


async def test_a_chat_with_a_person_never_reaches_the_program(stage: Stage, chat: str, stand_in: StandIn) -> None:
    found = await stage.claimed(chat)
    before = len(await stage.said(chat))
    for text in ("hello", "/restart", '/restart{"a": "b"}', DANGER):
        assert await stage.write(chat, text) == []
    assert await stage.write(chat, "Deposit", payload={"intent": "housing/deposit"}) == []
    assert len(await stage.said(chat)) == before
    assert stand_in.asked == []
    assert (await stage.handovers.get(found.id)).urgent


async def test_what_a_counsellor_says_arrives_in_order_and_once(stage: Stage) -> None:
    chat = "telegram:order"
    found = await stage.claimed(chat)
    for number in range(3):
        await stage.handovers.reply(found.id, "anna", f"reply {number}", original=f"antwoord {number}", machine=True)
    arrived = []
    while pending := await stage.outbox.next(chat):
        await stage.outbox.begin(pending, 0)
        await stage.outbox.done(pending, pending.reply.number, last=True)
        arrived.append(pending.reply)
    assert [one.text for one in arrived if one.sender == "person"] == [f"reply {number}" for number in range(3)]
    lines = await stage.lines(found, "person")
    assert [(line.original, line.machine, line.delivered) for line in lines] == [
        (f"antwoord {number}", True, True) for number in range(3)
    ]


async def test_only_who_has_the_chat_may_act_in_it(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    desk, other = stage.handovers, "bert"
    for act in (
        desk.reply(found.id, other, "hello"), desk.transfer(found.id, other, other, "Bert"),
        desk.requeue(found.id, other), desk.give_back(found.id, other), desk.close(found.id, other, "helped"),
        desk.claim(found.id, other, "Bert"),
    ):  # fmt: skip
        with pytest.raises(WrongStep):
            await act
    with pytest.raises(NotFound):
        await desk.claim("nonsense", other, "Bert")
    with pytest.raises(ValueError, match="gone"):
        await desk.close(found.id, "anna", "gone")
    await desk.transfer(found.id, "anna", other, "Bert")
    with pytest.raises(WrongStep):
        await desk.reply(found.id, "anna", "hello")
    await desk.reply(found.id, other, "hello")


async def test_a_chat_put_back_in_line_can_be_claimed_again(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    await stage.handovers.requeue(found.id, "anna")
    assert await stage.holder(chat) == "waiting"
    assert (await stage.handovers.get(found.id)).assignee is None
    assert await stage.write(chat, "hello?") == []
    await stage.handovers.claim(found.id, "bert", "Bert")
    assert (await stage.handovers.get(found.id)).assignee == "bert"
    await stage.handovers.requeue(found.id, "bert")
    assert texts(await stage.press(chat, "stop_waiting")) == [stage.says("stopped_waiting")]


async def test_when_it_is_given_back_the_program_answers_again(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    await stage.handovers.give_back(found.id, "anna")
    assert texts(await stage.said(chat))[-1] == stage.says("returned")
    assert texts(await stage.write(chat, "hello")) == [answer_to("hello")]
    with pytest.raises(WrongStep):
        await stage.handovers.reply(found.id, "anna", "one more thing")


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_after_closing_the_program_comes_back_by_an_act_that_both_see(
    stage: Stage, chat: str, stand_in: StandIn, outcome: str
) -> None:
    found = await stage.claimed(chat)
    await stage.handovers.close(found.id, "anna", outcome)
    assert (await stage.handovers.get(found.id)).outcome == outcome
    assert texts(await stage.said(chat))[-1] == stage.says("closed")
    for text in ("hello", "/restart"):
        assert texts(await stage.write(chat, text)) == [stage.says("closed_still")]
    assert stand_in.asked == []
    assert await stage.holder(chat) == "closed"
    assert texts(await stage.press(chat, "back_to_program")) == [stage.says("back")]
    assert (await stage.talk(found))[-2:] == [("you", stage.says("back_to_program")), ("system", stage.says("back"))]
    assert texts(await stage.write(chat, "now you")) == [answer_to("now you")]
    assert "now you" not in str(await stage.talk(found))


async def test_danger_in_a_closed_chat_gets_the_safety_text(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    await stage.handovers.close(found.id, "anna", "helped")
    safety, still = await stage.write(chat, DANGER)
    assert (safety.urgent, still.text) == (True, stage.says("closed_still"))


async def test_a_person_can_be_asked_for_again_after_closing(stage: Stage, chat: str) -> None:
    first = await stage.claimed(chat)
    await stage.handovers.close(first.id, "anna", "helped")
    await stage.press(chat, "ask_again")
    await stage.press(chat, "yes")
    second = await stage.answer_questions(chat, history=False)
    assert second.id != first.id
    await stage.write(chat, "the second time")
    assert ("you", "the second time") in await stage.talk(second)
    assert "the second time" not in str(await stage.talk(first))


async def test_a_waiting_chat_can_be_closed_without_a_claim(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    await stage.handovers.close(found.id, "anna", "not_for_us")
    assert await stage.holder(chat) == "closed"
    with pytest.raises(WrongStep):
        await stage.handovers.claim(found.id, "bert", "Bert")


# What the counsellor may see


async def test_with_history_everything_is_seen_in_the_order_it_was_said(stage: Stage, chat: str) -> None:
    await stage.write(chat, "before one")
    await stage.write(chat, "before two")
    found = await stage.claimed(chat, history=True)
    await stage.write(chat, "after one")
    await stage.handovers.reply(found.id, "anna", "hello")
    await stage.write(chat, "after two")
    talk = await stage.talk(found)
    wanted = [
        ("you", "before one"), ("bot", answer_to("before one")),
        ("you", "before two"), ("bot", answer_to("before two")),
        ("you", "after one"), ("person", "hello"), ("you", "after two"),
    ]  # fmt: skip
    assert [line for line in talk if line in wanted] == wanted


async def test_starting_clean_shows_nothing_of_before(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    await store.receive(Incoming(chat, "web", "0", "I live in Ede", hint="en"))
    turn = await store.turn(chat)
    assert turn is not None
    place = next(iter(content.places.spellings.values()))
    await store.answer(turn.message, [Reply("about it", "en", topic="deposit")], Changes(place=place))
    async with staged(store, stand_in, content, understanding) as stage:
        found = await stage.ask_for_person(chat, history=False)
        assert (found.topic, found.place) == (None, None)
        await stage.write(chat, "after")
        senders = [line for line in await stage.talk(found) if line[0] == "you"]
        assert senders == [("you", "after")]
        assert "about it" not in str(await stage.talk(found))


async def test_a_message_that_is_left_is_itself_seen(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    async with staged(store, stand_in, content, understanding, TODAY=CHRISTMAS) as stage:
        await stage.write(chat, "before")
        await stage.write(chat, "", payload={"intent": content.topics["talk_to_human"].intent})
        await stage.press(chat, "leave_message")
        await stage.press(chat, "without_history")
        await stage.press(chat, "no_name")
        question = (await stage.press(chat, "safe_always"))[-1]
        await stage.send(chat, button_id=question.buttons[3].id)
        await stage.settle(chat)
        await stage.write(chat, f"please help, {DANGER}")
        found = await stage.handover(chat)
        assert (found.kind, found.urgent) == ("message", True)
        assert [line for line in await stage.talk(found) if line[0] == "you"] == [("you", f"please help, {DANGER}")]


async def test_the_code_to_come_back_is_for_the_person_alone(stage: Stage, chat: str) -> None:
    found = await stage.ask_for_person(chat)
    assert any("0031" in text for text in texts(await stage.said(chat)))
    assert "0031" not in str(await stage.talk(found))


@pytest.mark.parametrize("end", ["stop_waiting", "give_back"])
async def test_what_is_said_after_a_handover_is_not_seen(stage: Stage, chat: str, end: str) -> None:
    found = await stage.ask_for_person(chat)
    if end == "give_back":
        await stage.handovers.claim(found.id, "anna", "Anna")
        await stage.handovers.give_back(found.id, "anna")
    else:
        await stage.press(chat, "stop_waiting")
    during = await stage.talk(found)
    assert during[-1] == ("system", stage.says("returned" if end == "give_back" else "stopped_waiting"))
    await stage.write(chat, "a secret for the program")
    assert await stage.talk(found) == during


async def test_what_has_not_arrived_is_shown_as_such(stage: Stage) -> None:
    chat = "telegram:arrival"
    found = await stage.claimed(chat)
    await stage.handovers.reply(found.id, "anna", "hello")
    assert [line.delivered for line in await stage.lines(found, "person")] == [False]
    await stage.outbox.drop(chat)  # blocked by the person
    assert [line.delivered for line in await stage.lines(found, "person")] == [False]
    assert await stage.outbox.next(chat) is None


async def test_a_web_reply_has_arrived_when_the_page_has_shown_it(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    number = await stage.handovers.reply(found.id, "anna", "hello")
    assert [line.delivered for line in await stage.lines(found, "person")] == [False]
    await stage.store.shown(chat, number)
    assert [line.delivered for line in await stage.lines(found, "person")] == [True]


async def test_notes_are_for_colleagues_only(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    before = await stage.said(chat)
    await stage.handovers.note(found.id, "anna", "call the inspectorate")
    await stage.handovers.note(found.id, "bert", "done")
    assert [(note.author, note.text) for note in await stage.handovers.notes(found.id)] == [
        ("anna", "call the inspectorate"), ("bert", "done")
    ]  # fmt: skip
    assert await stage.said(chat) == before
    with pytest.raises(NotFound):
        await stage.handovers.note("nonsense", "anna", "x")


async def test_urgent_chats_come_first_and_then_those_that_wait_longest(stage: Stage) -> None:
    chats = [f"web:queue-{number}" for number in range(3)]
    ids = [(await stage.ask_for_person(chat)).id for chat in chats]
    await stage.write(chats[2], DANGER)
    assert [one.id for one in await stage.handovers.all(("waiting",)) if one.id in ids] == [ids[2], ids[0], ids[1]]


async def test_staff_hear_how_many_wait(stage: Stage, chat: str) -> None:
    heard: list[tuple[int, bool]] = []
    stage.handovers.on_waiting = lambda waiting, urgent: heard.append((waiting, urgent))
    await stage.ask_for_person(chat)
    for _ in range(100):
        if heard:
            break
        await asyncio.sleep(0.01)
    ((waiting, urgent),) = heard
    assert waiting >= 1
    assert not urgent


# Erasing


@pytest.mark.parametrize("state", ["waiting", "person", "closed"])
async def test_erasing_leaves_only_that_there_was_a_handover(stage: Stage, state: str) -> None:
    chat = f"web:erased-{state}"
    await stage.write(chat, "a secret")
    found = await stage.ask_for_person(chat)
    if state != "waiting":
        await stage.handovers.claim(found.id, "anna", "Anna")
        await stage.handovers.note(found.id, "anna", "a note")
        await stage.handovers.reply(found.id, "anna", "a reply")
    if state == "closed":
        await stage.handovers.close(found.id, "anna", "helped")
    await stage.store.erase(chat)
    left = await stage.handovers.get(found.id)
    assert left.state == ("closed" if state == "closed" else "erased")
    assert (left.details, left.topic, left.place) == (Details(), None, None)
    assert left.ended_at is not None
    assert await stage.handovers.talk(found.id) == []
    assert await stage.handovers.notes(found.id) == []
    with pytest.raises(NotFound):
        await stage.handovers.note(found.id, "anna", "too late")
    for act in (
        stage.handovers.claim(found.id, "bert", "Bert"), stage.handovers.reply(found.id, "anna", "hello?"),
        stage.handovers.close(found.id, "anna", "helped"), stage.handovers.requeue(found.id, "anna"),
    ):  # fmt: skip
        with pytest.raises(WrongStep):
            await act
    for table in (tables.received, tables.sent, tables.buttons, tables.outbox, tables.resume_codes):
        assert await rows(stage.store, table.select().where(table.c.conversation == chat)) == []


async def test_a_chat_begun_after_erasing_is_nobody_elses(stage: Stage, stand_in: StandIn) -> None:
    """On Telegram it has the same id as the one before."""
    chat = "telegram:again"
    found = await stage.claimed(chat)
    await stage.outbox.erase(Incoming(chat, "telegram", "forget", address="sealed address"), "en")
    assert texts(await stage.write(chat, "hello again")) == [answer_to("hello again")]
    assert await stage.handovers.talk(found.id) == []
    assert await stage.holder(chat) == "bot"
    await stage.store.erase_older_than(retention(settings_of()), now() + HOUR)
    assert (await stage.handovers.get(found.id)).conversation == ""
    assert (await stage.handovers.get(found.id)).state == "erased"


async def test_an_answer_to_an_erased_message_is_given_to_no_later_one(store: Store) -> None:
    chat = "telegram:reused"
    await store.receive(Incoming(chat, "telegram", f"{chat}1", "old secret", address="a"))
    turn = await store.turn(chat)
    assert turn is not None
    await store.erase(chat)
    await store.transaction(lambda connection: connection.execute(tables.erased.delete()))
    await store.receive(Incoming(chat, "telegram", f"{chat}2", "new", address="a"))
    assert await store.answer(turn.message, [Reply("about the old secret", "en")], Changes()) == "gone"
    again = await store.turn(chat)
    assert again is not None
    assert again.message.text == "new"


async def test_a_reply_on_its_way_when_the_chat_is_erased_marks_no_later_one(stage: Stage) -> None:
    chat = "telegram:way"
    await stage.write(chat, "first")
    pending = await stage.outbox.next(chat)
    assert pending is not None
    await stage.outbox.erase(Incoming(chat, "telegram", "forget-way", address="a"), "en")
    await stage.write(chat, "second")
    assert not await stage.outbox.begin(pending, 7)
    assert not await stage.outbox.done(pending, 8, last=True)
    later = await stage.outbox.next(chat)
    assert later is not None
    assert (later.reply.text, later.after) == (answer_to("second"), None)


# Retention


async def test_retention_never_takes_a_chat_that_waits_or_is_with_a_person(stage: Stage) -> None:
    chats: dict[str, Handover] = {}
    for state in ("waiting", "person", "closed", "returned"):
        chats[state] = await stage.ask_for_person(f"web:kept-{state}")
        if state != "waiting":
            await stage.handovers.claim(chats[state].id, "anna", "Anna")
    await stage.handovers.close(chats["closed"].id, "anna", "helped")
    await stage.handovers.give_back(chats["returned"].id, "anna")
    year = dt.timedelta(days=365)
    await stage.store.erase_older_than(retention(settings_of()), now() + year)
    for state in ("waiting", "person"):
        assert (await stage.handovers.get(chats[state].id)).state == state
    assert await stage.talk(chats["person"])
    for state in ("closed", "returned"):
        with pytest.raises(NotFound):
            await stage.handovers.get(chats[state].id)
        assert await stage.store.conversation(f"web:kept-{state}") is None


async def test_retention_leaves_no_copy_in_any_table(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding
) -> None:
    stand_in.also = {"unclear": "not_understood"}
    store = Store(database(folder, "copies"), ["a key"])
    await store.open()
    async with staged(store, stand_in, content, understanding) as stage:
        for chat in ("web:all", "web:erased", "telegram:all", "telegram:erased"):
            found = await _speak_of_everything(stage, chat)
            while pending := await stage.outbox.next(chat):
                await stage.outbox.done(pending, pending.reply.number, last=True)
            await stage.handovers.reply(found.id, "anna", "not delivered")
            await stage.handovers.close(found.id, "anna", "helped")
        await stage.outbox.erase(Incoming("telegram:erased", "telegram", "forget-copies", address="a"), "en")
        await stage.store.erase("web:erased")
        kept = {name for name in _OURS if await count(store, tables.metadata.tables[name])}
        assert kept == _OURS, "this test does not know of a table"
        for days in (8, HANDOVER_DAYS + 1, FIGURES_DAYS + 366):
            await store.erase_older_than(retention(settings_of()), now() + dt.timedelta(days=days))
    left = {name: await count(store, tables.metadata.tables[name]) for name in _OURS}
    assert left == dict.fromkeys(_OURS, 0)
    await store.close()


async def test_the_time_of_a_closed_chat_begins_when_it_is_closed(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    old = now() - dt.timedelta(days=30)
    mine = tables.conversations.c.id == chat
    change = tables.conversations.update().where(mine).values(last_at=old)
    await stage.store.transaction(lambda connection: connection.execute(change))
    await stage.handovers.close(found.id, "anna", "helped")
    await stage.store.erase_older_than(retention(settings_of()), now())
    assert texts(await stage.press(chat, "back_to_program")) == [stage.says("back")]


async def test_a_handover_is_known_for_some_time_and_nothing_of_what_it_was_about(stage: Stage, chat: str) -> None:
    found = await stage.claimed(chat)
    await stage.handovers.note(found.id, "anna", "a note")
    await stage.handovers.close(found.id, "anna", "helped")
    settings = settings_of()
    week = dt.timedelta(days=settings.retention_days, minutes=1)
    await stage.store.erase_older_than(retention(settings), now() + week)
    left = await stage.handovers.get(found.id)
    assert (left.state, left.outcome, left.details, left.conversation) == ("closed", "helped", Details(), "")
    assert await stage.handovers.notes(found.id) == []
    await stage.store.erase_older_than(retention(settings), now() + dt.timedelta(days=HANDOVER_DAYS + 1))
    with pytest.raises(NotFound):
        await stage.handovers.get(found.id)


# When something fails


async def test_a_gateway_that_comes_back_asks_nobody_to_begin_again(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    async with staged(store, stand_in, content, understanding) as stage:
        found = await stage.claimed(chat)
    await store.receive(Incoming(chat, "web", "meanwhile", "written while it was away"))
    async with staged(store, stand_in, content, understanding) as stage:
        await stage.settle(chat)
        assert await stage.holder(chat) == "person"
        assert (await stage.talk(found))[-1] == ("you", "written while it was away")
        await stage.handovers.reply(found.id, "anna", "hello")
        assert texts(await stage.said(chat))[-1] == "hello"
    assert stand_in.asked == []


async def test_an_answer_of_the_program_that_comes_too_late_is_not_said(store: Store, chat: str) -> None:
    """The chat goes to a person while an answer is made: the message is looked at again, as it stands then."""
    await store.receive(Incoming(chat, "web", "1", "hello"))
    turn = await store.turn(chat)
    assert turn is not None
    await store.transaction(
        lambda connection: begin(connection, chat, "chat", Details(), 0, None, False, "en")
    )  # fmt: skip
    late = await store.answer(turn.message, [Reply("too late", "en")], Changes(language="pl"), turn.state.holder)
    assert late == "moved"
    again = await store.turn(chat)
    assert again is not None
    assert (again.message, again.state.holder, again.state.language) == (turn.message, "waiting", None)
    assert (await store.news(chat, 0)).sent == []


async def test_what_cannot_happen_any_more_changes_nothing(store: Store, chat: str) -> None:
    await put(store, chat, "waiting")
    await store.receive(Incoming(chat, "web", "1", "hello"))
    turn = await store.turn(chat)
    assert turn is not None

    def act(connection: sa.engine.Connection) -> list[Reply]:
        step(connection, chat, "claim")
        step(connection, chat, "back_to_bot")
        return []

    with pytest.raises(WrongStep):
        await store.answer(turn.message, [Reply("said", "en")], Changes(), "waiting", act)
    assert await store.turn(chat) == turn
    assert (await store.news(chat, 0)).sent == []


# At rest


def sealed_columns() -> list[sa.Column]:
    """What is encrypted in the tables of the gateway."""
    found = [column for table in GATEWAY for column in table.columns if isinstance(column.type, tables.Sealed)]
    assert len(found) == 10
    return found


SECRETS = {
    "text": "quokka wrote this", "name": "Quokkina", "phone": "0612345678", "reply": "quokka was told this",
    "original": "quokka werd dit gezegd", "note": "quokka is noted",
}  # fmt: skip


async def _speak_of_everything(stage: Stage, chat: str) -> Handover:
    await stage.write(chat, SECRETS["text"])
    await stage.unanswered.close()
    await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
    await stage.press(chat, "yes")
    await stage.press(chat, "with_history")
    await stage.write(chat, SECRETS["name"])
    question = (await stage.press(chat, "safe_always"))[-1]
    await stage.send(chat, button_id=question.buttons[3].id)
    await stage.settle(chat)
    found = await stage.handover(chat)
    await set_back(stage.store, chat, asked_at=now() - HOUR)
    await stage.handovers.remind(dt.timedelta(minutes=30))
    await stage.press(chat, "leave_number")
    await stage.write(chat, SECRETS["phone"])
    await stage.write(chat, "at noon")
    await stage.handovers.claim(found.id, "anna", "Anna")
    await stage.handovers.reply(found.id, "anna", SECRETS["reply"], original=SECRETS["original"])
    await stage.handovers.note(found.id, "anna", SECRETS["note"])
    return found


async def test_nothing_that_anybody_wrote_lies_readable_in_the_database(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    stand_in.also = {"unclear": "not_understood"}
    store = Store(database(folder, "sealed"), ["a key"])
    await store.open()
    async with staged(store, stand_in, content, understanding) as stage:
        await _speak_of_everything(stage, chat)
        said = await stage.said(chat)
    copies = contents(database(folder, "sealed"))
    for what in (*SECRETS.values(), *(one.text for one in said), *(b.title for one in said for b in one.buttons)):
        assert what.encode() not in copies, what
    await store.close()
    engine = sa.create_engine(database(folder, "sealed"))
    with engine.connect() as connection:
        for column in sealed_columns():
            query = sa.text(f'SELECT "{column.name}" FROM {column.table.name}')
            found = connection.execute(query).scalars().all()
            assert all(value is None or value.startswith("gAAAAA") for value in found), column
            assert any(found) or column.name == "form", column
    engine.dispose()


async def test_a_new_key_in_front_reads_what_the_old_one_sealed(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    url = database(folder, "keys")
    old = Store(url, ["old key"])
    await old.open()
    async with staged(old, stand_in, content, understanding) as stage:
        found = await _speak_of_everything(stage, chat)
        before = await stage.talk(found)
    await old.close()
    both = Store(url, ["new key", "old key"])
    await both.open()
    async with staged(both, stand_in, content, understanding) as stage:
        assert await stage.talk(found) == before
        await stage.handovers.reply(found.id, "anna", "sealed with the new one")
    await both.close()
    new = Store(url, ["new key"])
    async with staged(new, stand_in, content, understanding) as stage:
        assert texts(await stage.said(chat)) == ["sealed with the new one"]
        with pytest.raises(Unreadable):
            await stage.talk(found)
    await new.close()


async def test_reseal_lets_the_old_key_go(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    url, said = database(folder, "reseal"), list[str]()
    old = Store(url, ["old key"])
    await old.open()
    async with staged(old, stand_in, content, understanding) as stage:
        found = await _speak_of_everything(stage, chat)
        before = await stage.handovers.talk(found.id)
        # An earlier version did not encrypt.
        plain = sa.text("UPDATE received SET text = 'plain' WHERE id = 1")
        await old.transaction(lambda connection: connection.execute(plain))
    await old.close()
    both = Store(url, ["new key", "old key"])
    done = await reseal(both, ["new key", "old key"], said.append)
    assert done.sealed > len(before)
    assert done.unreadable == 0
    assert said[0] == "conversations: 1 of 1"
    assert any(line.startswith("notes: ") for line in said)
    assert (await reseal(both, ["new key", "old key"], said.append)).sealed == 0
    await both.close()
    new = Store(url, ["new key"])
    async with staged(new, stand_in, content, understanding) as stage:
        after = await stage.handovers.talk(found.id)
        assert after == [replace(before[0], text="plain"), *before[1:]]
        assert [note.text for note in await stage.handovers.notes(found.id)] == [SECRETS["note"]]
        assert (await stage.handovers.get(found.id)).details.phone == SECRETS["phone"]
    await new.close()


async def test_reseal_leaves_what_no_key_opens_and_says_how_much(folder: Path) -> None:
    url = database(folder, "lost")
    for number, key in enumerate(("lost key", "old key")):
        store = Store(url, [key])
        await store.open()
        await store.receive(Incoming(f"web:{number}", "web", "1", "hello"))
        await store.close()
    store = Store(url, ["new key", "old key"])
    done = await reseal(store, ["new key", "old key"], lambda line: None)
    assert (done.sealed, done.unreadable) == (1, 1)
    await store.close()
    store = Store(url, ["lost key"])
    assert await store.turn("web:0")
    await store.close()


@pytest.mark.parametrize("channel", ["web", "telegram"])
async def test_with_a_wrong_key_the_program_says_that_it_cannot_read_and_nothing_else(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding, channel: str
) -> None:
    chat, url = f"{channel}:unreadable", database(folder, "wrong")
    store = Store(url, ["right key"])
    await store.open()
    address = "sealed address" if channel == "telegram" else None
    said = (Reply("said before", "en"),)
    await store.receive(Incoming(chat, channel, "1", "a secret", hint="pl", address=address, replies=said))
    await store.close()
    store = Store(url, ["wrong key"])
    await store.open()
    async with staged(store, stand_in, content, understanding) as stage:
        for _ in range(200):
            if await stage.said(chat):
                break
            await asyncio.sleep(0.01)
        (notice,) = await stage.said(chat)
        assert notice.text.startswith(stage.says("unreadable", "pl"))
        assert "112" in notice.text
        assert (notice.sender, notice.urgent) == ("system", True)
        assert stand_in.asked == []
        assert texts(await stage.write(chat, "can you read this")) == [notice.text]
        assert stand_in.asked == []
        if channel == "telegram":
            # What can never be read stands in the way of nothing.
            pending = await stage.outbox.next(chat)
            assert pending is not None
            assert pending.reply.text == notice.text
    await store.close()


async def test_a_chat_that_cannot_be_read_keeps_nobody_from_the_others(
    folder: Path, stand_in: StandIn, content: Content, understanding: Understanding
) -> None:
    url = database(folder, "some")
    old = Store(url, ["lost key"])
    await old.open()
    async with staged(old, stand_in, content, understanding) as stage:
        lost = await stage.ask_for_person("web:lost")
    await old.close()
    store = Store(url, ["new key"])
    async with staged(store, stand_in, content, understanding) as stage:
        found = await stage.ask_for_person("web:new")
        assert [one.id for one in await stage.handovers.all(("waiting",))] == [lost.id, found.id]
        await set_back(store, "web:new", asked_at=now() - HOUR)
        await set_back(store, "web:lost", asked_at=now() - HOUR)
        assert await stage.handovers.remind(dt.timedelta(minutes=30)) == 2
        with pytest.raises(Unreadable):
            await stage.handovers.talk(lost.id)
        await stage.handovers.close(lost.id, "anna", "other")
    await store.close()


async def test_a_choice_of_language_is_kept_silently_while_a_person_has_the_chat(stage: Stage, chat: str) -> None:
    await stage.claimed(chat)
    before = await stage.said(chat)
    assert await stage.store.choose_language(chat, "pl", Reply("From now on Polish", "pl", "system"))
    assert await stage.said(chat) == before
    state = await stage.store.conversation(chat)
    assert state is not None
    assert state.choice == "pl"


@pytest.mark.parametrize("held", [False, True])
async def test_a_command_is_answered_unless_a_person_has_the_chat(stage: Stage, held: bool) -> None:
    chat = f"telegram:command-{held}"
    found = await stage.claimed(chat) if held else None
    await stage.write(chat, "first")
    before = await stage.said(chat)
    written = Incoming(chat, "telegram", f"{chat}9", "/start", address="a")
    welcome = replace(written, text="", replies=(Reply("welcome", "en", "system"),), answered=True, instead=written)
    await stage.store.receive(welcome)
    stage.dispatcher.wake(chat)
    await stage.settle(chat)
    said = (await stage.said(chat))[len(before) :]
    assert texts(said) == ([] if held else ["welcome"])
    if found:
        assert (await stage.talk(found))[-1] == ("you", "/start")


def test_a_button_says_what_it_does_in_every_language(content: Content) -> None:
    for language in ("pl", "ro", "bg", "en", "nl"):
        names = ("stop_waiting", "back_to_program", "ask_again", "yes", "no")
        buttons = acts(content, language, names)
        assert [payload for _, payload in buttons] == [{"act": name} for name in names]
        assert len({title for title, _ in buttons}) == len(names)


async def test_metrics_count_no_message_of_a_chat_with_a_person(stage: Stage, chat: str) -> None:
    def answered() -> float:
        metric = stage.metrics._answered
        return sum(sample.value for one in metric.collect() for sample in one.samples if sample.name.endswith("_total"))

    await stage.claimed(chat)
    before = answered()
    for text in ("hello", DANGER):
        await stage.write(chat, text)
    assert answered() == before


async def test_the_table_of_handovers_is_never_more_than_one_open_one_a_chat(stage: Stage, chat: str) -> None:
    for _ in range(2):
        found = await stage.claimed(chat)
        await stage.handovers.give_back(found.id, "anna")
    open_ones = tables.handovers.select().where(
        tables.handovers.c.conversation == chat, tables.handovers.c.ended_at.is_(None)
    )
    assert await rows(stage.store, open_ones) == []
    assert await count(stage.store, tables.handovers) >= 2
