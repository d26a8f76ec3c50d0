"""Questions that were not understood: what is kept of them, who may see it, and how it goes away again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from bot.answers.content import Content
from bot.gateway import tables
from bot.gateway.retention import QUESTION_DAYS, SEEN_QUESTION_DAYS, retention
from bot.gateway.store import Incoming, Reply, Sent
from bot.gateway.unanswered import FEWEST
from bot.languages import LANGUAGES
from tests.conftest import TODAY
from tests.gateway.stage import Stage, StandIn, rows, settings_of

NOT_UNDERSTOOD = {"unclear": "not_understood", "taken_for": ["payslip", "unpaid_wages"]}
#: Three ways to ask one thing.
BIKE = (
    "my bike was stolen at the greenhouse",
    "bike stolen at work greenhouse",
    "somebody stole my bike at greenhouse",
)
DANGER = "szef zabrał mi paszport i bije mnie"


async def kept(stage: Stage) -> list[Any]:
    """Every question in the store, oldest first."""
    await stage.unanswered.close()
    return await rows(stage.store, tables.questions.select().order_by(tables.questions.c.day))


async def shown(stage: Stage) -> list[list[str]]:
    """What staff see: the texts of each group."""
    await stage.unanswered.close()
    groups, _ = await stage.unanswered.groups()
    return [[one.text for one in group.questions] for group in groups]


async def waiting(stage: Stage) -> list[tuple[str, int]]:
    _, numbers = await stage.unanswered.groups()
    return [(one.language, one.number) for one in numbers]


async def press(stage: Stage, chat: str, name: str, language: str = "en") -> list[Sent]:
    """Press the newest button with this title."""
    title = stage.content.phrase(language, f"not_helped.{name}")
    found = [button.id for one in await stage.said(chat) for button in one.buttons if button.title == title]
    said = await stage.said(chat)
    await stage.send(chat, button_id=found[-1])
    await stage.settle(chat)
    return await stage.said(chat, after=said[-1].number)


@pytest.fixture
def answered(stand_in: StandIn) -> StandIn:
    """Rasa answers everything with the topic of payslips."""
    stand_in.also = {"topic": "payslip", "taken_for": ["payslip", "minimum_wage"]}
    return stand_in


@pytest.fixture
def unclear(stand_in: StandIn) -> StandIn:
    """Rasa understands nothing."""
    stand_in.also = NOT_UNDERSTOOD
    return stand_in


async def ask_alike(stage: Stage, chats: int = FEWEST) -> None:
    """So many conversations ask about their bike."""
    for number in range(chats):
        await stage.write(f"web:bike-{number}", BIKE[number % len(BIKE)], hint="en")


# What is kept


async def test_a_message_that_is_not_understood_is_kept_without_names_and_numbers(
    stage: Stage, unclear: StandIn, chat: str
) -> None:
    await stage.write(chat, "my name is Sjoukje, call 06 12 34 56 78, my bike is gone", hint="en")
    (row,) = await kept(stage)
    assert row.text == "my name is [name], call [number], my bike is gone"
    assert (row.language, row.kind, row.topics) == ("en", "not_understood", "payslip,unpaid_wages")
    assert (row.consent, row.shown) == (False, False)
    assert row.day == TODAY


async def test_a_row_says_nothing_of_whose_it_is(stage: Stage, unclear: StandIn, chat: str) -> None:
    await stage.write(chat, "bike gone", hint="en")
    (row,) = await kept(stage)
    assert set(row._mapping) == {"id", "asker", "text", "language", "kind", "topics", "day", "consent", "shown"}
    assert chat not in str(row)
    assert row.asker != row.id


async def test_what_is_about_something_else_is_kept_as_that(stage: Stage, stand_in: StandIn, chat: str) -> None:
    stand_in.also = {"unclear": "out_of_scope"}
    await stage.write(chat, "who wins the football tonight", hint="en")
    assert [(row.kind, row.topics) for row in await kept(stage)] == [("out_of_scope", "")]


async def test_what_is_understood_is_not_kept(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    assert await kept(stage) == []


async def test_what_says_nothing_without_names_is_not_kept(stage: Stage, unclear: StandIn, chat: str) -> None:
    await stage.write(chat, "Sjoukje 06 12 34 56 78 !!", hint="en")
    assert await kept(stage) == []


async def test_danger_is_not_kept(stage: Stage, unclear: StandIn, chat: str) -> None:
    await stage.write(chat, DANGER, hint="pl")
    assert await kept(stage) == []


async def test_answers_to_the_questions_of_a_handover_are_not_kept(stage: Stage, unclear: StandIn, chat: str) -> None:
    await stage.write(chat, "", payload={"intent": stage.content.topics["talk_to_human"].intent})
    await stage.press(chat, "yes")
    await stage.press(chat, "with_history")
    await stage.write(chat, "they call me something unusual")
    assert await kept(stage) == []


async def test_nothing_is_kept_of_a_chat_that_waits_or_is_with_a_person(
    stage: Stage, unclear: StandIn, chat: str
) -> None:
    found = await stage.ask_for_person(chat)
    await stage.write(chat, "my bike is gone and I wait")
    await stage.handovers.claim(found.id, "anna", "Anna")
    await stage.write(chat, "my bike is gone and I tell you")
    assert await kept(stage) == []


async def test_buttons_are_not_kept(stage: Stage, unclear: StandIn, chat: str) -> None:
    await stage.write(chat, "a title", payload={"intent": "work/payslip"})
    assert await kept(stage) == []


async def test_a_chat_that_is_erased_while_its_question_is_being_redacted_leaves_nothing(
    stage: Stage, unclear: StandIn, chat: str
) -> None:
    await stage.store.receive(Incoming(chat, "web", "1", "my bike is gone", hint="en"))
    turn = await stage.store.turn(chat)
    assert turn is not None
    await stage.store.erase(chat)
    stage.unanswered.note(turn, [Reply("what?", "en", unclear="not_understood")], "en")
    assert await kept(stage) == []


# "This did not help"


async def test_an_answer_has_the_mark_as_its_last_button(stage: Stage, answered: StandIn, chat: str) -> None:
    answered.also["buttons"] = [{"title": "Say it simpler", "payload": {"intent": "dialogue/say_it_simpler"}}]
    (said,) = await stage.write(chat, "what is on my payslip", hint="en")
    assert [button.title for button in said.buttons] == ["Say it simpler", "This did not help"]


@pytest.mark.parametrize(
    "also",
    [
        {"topic": "documents_taken", "urgent": True},
        {"topic": "greet"},
        NOT_UNDERSTOOD,
        {},
    ],
    ids=["danger", "small talk", "not understood", "no topic"],
)
async def test_nothing_else_has_it(stage: Stage, stand_in: StandIn, chat: str, also: dict[str, Any]) -> None:
    stand_in.also = also
    said = await stage.write(chat, "hello there", hint="en")
    assert "This did not help" not in [button.title for one in said for button in one.buttons]


async def test_the_answer_to_a_button_does_not_have_it(stage: Stage, answered: StandIn, chat: str) -> None:
    said = await stage.write(chat, "Payslip", payload={"intent": "work/payslip"}, hint="en")
    assert [button.title for one in said for button in one.buttons] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_buttons_are_short_in_every_language(content: Content, language: str) -> None:
    for name in ("mark", "other_words", "may_see", "may_not"):
        assert len(content.phrase(language, f"not_helped.{name}")) <= 28


async def test_pressing_it_offers_two_ways_on_and_asks(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    sorry, may_we = await press(stage, chat, "mark")
    assert [button.title for button in sorry.buttons] == ["Ask in other words", "Talk to a person"]
    assert [button.title for button in may_we.buttons] == ["Yes, they may read it", "No, rather not"]
    assert len(answered.asked) == 1, "the press went to Rasa"
    (other,) = await press(stage, chat, "other_words")
    assert other.text == stage.content.phrase("en", "not_helped.other_words_how")


async def test_without_a_word_the_question_waits_for_others_like_it(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is vpb on my payslip", hint="en")
    await press(stage, chat, "mark")
    (row,) = await kept(stage)
    assert (row.kind, row.consent, row.topics) == ("not_helped", False, "payslip,minimum_wage")
    assert await shown(stage) == []
    assert await waiting(stage) == [("en", 1)]


async def test_with_a_yes_it_is_shown(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what does Sjoukje mean with payslip", hint="en")
    await press(stage, chat, "mark")
    await press(stage, chat, "may_see")
    assert await shown(stage) == [["what does [name] mean with payslip"]]
    assert len(await kept(stage)) == 1


async def test_with_a_no_it_is_gone(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    await press(stage, chat, "mark")
    (declined,) = await press(stage, chat, "may_not")
    assert declined.text == stage.content.phrase("en", "not_helped.declined")
    assert await kept(stage) == []


async def test_a_no_that_overtakes_its_question_holds(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    # As when redacting takes its time.
    async with stage.unanswered._order:
        await press(stage, chat, "mark")
        await press(stage, chat, "may_not")
    assert await kept(stage) == []


async def test_danger_is_kept_only_with_a_yes(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    change = tables.received.update().where(tables.received.c.conversation == chat).values(text=DANGER)
    await stage.store.transaction(lambda connection: connection.execute(change))
    await press(stage, chat, "mark")
    assert await kept(stage) == []
    await press(stage, chat, "may_see")
    assert len(await kept(stage)) == 1


async def test_pressing_it_again_keeps_nothing_twice(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    await press(stage, chat, "mark")
    await press(stage, chat, "mark")
    assert len(await kept(stage)) == 1


async def test_a_chat_with_a_person_gets_nothing_for_an_old_button(stage: Stage, answered: StandIn, chat: str) -> None:
    await stage.write(chat, "what is on my payslip", hint="en")
    await stage.claimed(chat)
    assert await press(stage, chat, "mark") == []
    assert await kept(stage) == []


# Who may see it


async def test_one_conversation_alone_is_never_shown(stage: Stage, unclear: StandIn, chat: str) -> None:
    for text in BIKE:
        await stage.write(chat, text, hint="en")
    assert len(await kept(stage)) == len(BIKE)
    assert await shown(stage) == []
    assert await waiting(stage) == [("en", 3)]


async def test_two_conversations_are_too_few(stage: Stage, unclear: StandIn) -> None:
    await ask_alike(stage, chats=2)
    assert await shown(stage) == []


async def test_three_conversations_that_ask_alike_are_shown_together(stage: Stage, unclear: StandIn) -> None:
    await ask_alike(stage)
    await stage.write("web:other", "how do I get a parking permit for my van", hint="en")
    ((*texts,),) = await shown(stage)
    assert sorted(texts) == sorted(BIKE)
    assert await waiting(stage) == [("en", 1)]
    groups, _ = await stage.unanswered.groups()
    assert (groups[0].askers, groups[0].topics()) == (3, ["payslip", "unpaid_wages"])


async def test_three_that_ask_about_different_things_are_not_shown(stage: Stage, unclear: StandIn) -> None:
    for number, text in enumerate((BIKE[0], "how do I get a parking permit", "the washing machine is broken again")):
        await stage.write(f"web:different-{number}", text, hint="en")
    assert await shown(stage) == []


async def test_consent_for_one_shows_no_other(stage: Stage, answered: StandIn) -> None:
    for number in (0, 1):
        await stage.write(f"web:two-{number}", f"payslip holiday hours question {number}", hint="en")
        await press(stage, f"web:two-{number}", "mark")
    await press(stage, "web:two-0", "may_see")
    assert await shown(stage) == [["payslip holiday hours question 0"]]
    assert await waiting(stage) == [("en", 1)]


async def test_a_group_that_loses_one_is_hidden_again(stage: Stage, unclear: StandIn) -> None:
    await ask_alike(stage)
    assert len(await shown(stage)) == 1
    await stage.store.erase("web:bike-0")
    assert await shown(stage) == []


# How it goes


@pytest.mark.parametrize("channel", ["web", "telegram"])
async def test_erasing_the_chat_erases_its_questions(stage: Stage, unclear: StandIn, channel: str) -> None:
    for chat in (f"{channel}:mine", f"{channel}:other"):
        await stage.write(chat, "bike gone", hint="en")
    assert len(await kept(stage)) == 2
    if channel == "web":
        await stage.store.erase("web:mine")
    else:
        forget = Incoming("telegram:mine", "telegram", "forget-questions", address="a")
        await stage.outbox.erase(forget, "en")
    assert len(await kept(stage)) == 1


async def test_erasing_reaches_them_after_the_chat_itself_is_over_its_time(stage: Stage, unclear: StandIn) -> None:
    await stage.write("web:late", "bike gone", hint="en")
    assert len(await kept(stage)) == 1
    later = dt.datetime.combine(TODAY, dt.time(12), dt.timezone.utc) + dt.timedelta(days=8)
    await stage.store.erase_older_than(retention(settings_of()), max(later, _in_days(8)))
    assert await stage.store.conversation("web:late") is None
    await stage.store.erase("web:late")
    assert await kept(stage) == []


def _in_days(days: int) -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=days)


async def test_unseen_ones_go_after_a_month_and_seen_ones_after_three(stage: Stage, unclear: StandIn) -> None:
    await ask_alike(stage)
    await stage.write("web:alone", "how do I get a parking permit for my van", hint="en")
    assert len(await shown(stage)) == 1
    noon = dt.datetime.combine(TODAY, dt.time(12), dt.timezone.utc)
    left = {}
    for days in (QUESTION_DAYS, QUESTION_DAYS + 1, SEEN_QUESTION_DAYS, SEEN_QUESTION_DAYS + 1):
        await stage.store.erase_older_than(retention(settings_of()), noon + dt.timedelta(days=days))
        left[days] = len(await kept(stage))
    assert list(left.values()) == [4, 3, 3, 0]


async def test_what_cannot_be_decrypted_keeps_nobody_from_the_others(stage: Stage, unclear: StandIn) -> None:
    await ask_alike(stage, chats=FEWEST + 1)
    await stage.unanswered.close()
    (first, *_) = await rows(stage.store, sa.select(tables.questions.c.id))
    broken = sa.text("UPDATE questions SET text = 'gAAAAAbroken' WHERE id = :id")
    await stage.store.transaction(lambda connection: connection.execute(broken, {"id": first.id}))
    ((*texts,),) = await shown(stage)
    assert len(texts) == FEWEST
