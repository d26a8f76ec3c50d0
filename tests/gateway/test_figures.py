"""Figures are counted exactly once, for the right month and municipality, and say nothing about anybody."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from aiohttp import web

from bot.answers.content import Content
from bot.answers.places import SOMEWHERE_ELSE
from bot.answers.rendering import render_who_helps
from bot.gateway import dispatcher, figures, tables
from bot.gateway.answering import Understanding
from bot.gateway.retention import FIGURES_DAYS, retention
from bot.gateway.store import Changes, Incoming, Reply, Store
from tests.gateway.stage import Stage, StandIn, answer_to, count, rows, settings_of, staged

DANGER = "szef mnie bije"
NOVEMBER = "2026-11"
UNCLEAR = {"???": "not_understood", "weather": "out_of_scope"}
TOPICS = ("deposit", "payslip", "thanks", "crisis_distress", "debt_to_employer")


class Topical(StandIn):
    """Answers the topic a message begins with; "???" is not understood, "weather" out of scope, the rest answered."""

    def __init__(self) -> None:
        super().__init__()
        #: Somebody has asked.
        self.began = asyncio.Event()

    async def _answer(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        self.asked.append(("", text))
        self.began.set()
        await self.free.wait()
        topic = text.split()[0] if text.split()[0] in TOPICS else None
        said = {"text": answer_to(text), "language": "en", "topic": topic, "unclear": UNCLEAR.get(text)}
        return web.json_response({"messages": [said]})


@pytest.fixture
async def stand_in() -> AsyncIterator[Topical]:
    stand_in = Topical()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


async def _figures(store: Store) -> dict[tuple[str, str, str], int]:
    """(municipality, kind, detail) -> conversations, without zeros and without the kind that every chat has."""
    counted = await figures.read(store, "9999-12")
    return {cell[1:]: number for cell, number in counted.items() if number and cell[2] != "language"}


async def _languages(store: Store) -> dict[tuple[str, str, str], int]:
    """(month, municipality, language) -> conversations, without zeros."""
    counted = await figures.read(store, "9999-12")
    return {(cell[0], cell[1], cell[3]): number for cell, number in counted.items() if number and cell[2] == "language"}


async def test_a_conversation_counts_once_a_month_and_so_does_each_of_its_topics(stage: Stage, chat: str) -> None:
    for text in ("deposit", "hello", "deposit", "payslip", "???", "???", "thanks", "weather"):
        await stage.write(chat, text)
    assert await _languages(stage.store) == {(NOVEMBER, "unknown", "en"): 1}
    assert await _figures(stage.store) == {
        ("unknown", "topic", "deposit"): 1,
        ("unknown", "topic", "payslip"): 1,
        ("unknown", "answered", ""): 1,
        ("unknown", "not_understood", ""): 1,
        ("unknown", "out_of_scope", ""): 1,
    }
    await stage.write(f"{chat}2", "deposit")
    assert (await _figures(stage.store))["unknown", "topic", "deposit"] == 2


async def test_danger_is_a_signal_of_exploitation_unless_it_is_of_another_kind(stage: Stage, chat: str) -> None:
    await stage.write(chat, DANGER)
    await stage.write(f"{chat}2", "crisis_distress")
    await stage.write(f"{chat}3", "debt_to_employer")
    found = await _figures(stage.store)
    assert found["unknown", "signal", ""] == 2
    assert found["unknown", "topic", "threats_and_violence"] == found["unknown", "topic", "crisis_distress"] == 1


def test_every_critical_topic_is_a_signal_but_three(content: Content) -> None:
    assert set(figures.signal_topics(content)) == {
        "documents_taken", "threats_and_violence", "forced_to_work", "debt_to_employer", "forced_crime",
        "sexual_exploitation", "minor_at_risk",
    }  # fmt: skip


async def test_what_is_known_later_moves_what_was_counted_this_month(stage: Stage, chat: str) -> None:
    await stage.write(chat, "deposit")
    await stage.write(chat, "hello Hoevelaken")
    assert await _figures(stage.store) == {("Nijkerk", "topic", "deposit"): 1, ("Nijkerk", "answered", ""): 1}
    assert await _languages(stage.store) == {(NOVEMBER, "Nijkerk", "en"): 1}
    await stage.store.choose_language(chat, "pl", None)
    await stage.write(chat, "payslip")
    assert await _languages(stage.store) == {(NOVEMBER, "Nijkerk", "pl"): 1}


async def test_a_new_month_counts_anew_and_leaves_the_old_one_alone(
    store: Store, stand_in: StandIn, content: Content, understanding: Understanding, chat: str
) -> None:
    async with staged(store, stand_in, content, understanding, TODAY="2026-10-31") as stage:
        await stage.write(chat, "deposit")
    async with staged(store, stand_in, content, understanding, TODAY="2026-11-01") as stage:
        await stage.write(chat, "deposit")
        await stage.write(chat, "hello Ede")
    counted = {cell: number for cell, number in (await figures.read(store, "9999-12")).items() if number}
    assert counted == {
        ("2026-10", "unknown", "language", "en"): 1,
        ("2026-10", "unknown", "topic", "deposit"): 1,
        ("2026-10", "unknown", "answered", ""): 1,
        ("2026-11", "Ede", "language", "en"): 1,
        ("2026-11", "Ede", "topic", "deposit"): 1,
        ("2026-11", "Ede", "answered", ""): 1,
    }
    assert all(cell[0] <= "2026-10" for cell in await figures.read(store, "2026-10"))


def test_months_change_at_midnight_in_amsterdam() -> None:
    midnight = dt.datetime(2026, 10, 31, 23, 0, tzinfo=dt.timezone.utc)
    assert figures.month_of(midnight - dt.timedelta(seconds=1)) == "2026-10"
    assert figures.month_of(midnight) == "2026-11"


async def test_a_message_that_is_dealt_with_again_after_a_failure_counts_once(
    stage: Stage, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "_RETRY_SECONDS", 0.01)
    real, failures = stage.store.answer, iter("xx")

    async def answer(*arguments: object) -> object:
        stored = await real(*arguments)  # type: ignore[arg-type]
        if next(failures, None):
            raise RuntimeError("it was stored, and then something broke")
        return stored

    monkeypatch.setattr(stage.store, "answer", answer)
    await asyncio.gather(*(stage.send(chat, "deposit", message_id="the same") for _ in range(4)))
    await stage.settle(chat)
    assert (await _figures(stage.store))["unknown", "topic", "deposit"] == 1


async def test_an_answer_that_is_not_stored_is_not_counted(stage: Stage, chat: str, stand_in: Topical) -> None:
    stand_in.free.clear()
    await stage.send(chat, "deposit")
    await stand_in.began.wait()
    await stage.store.erase(chat)
    stand_in.free.set()
    await asyncio.gather(*stage.dispatcher._tasks.values())
    assert await count(stage.store, tables.figures) == 0


async def test_many_at_once_are_all_counted(stage: Stage) -> None:
    chats = [f"web:many-{number}" for number in range(12)]
    await asyncio.gather(*(stage.write(chat, "deposit") for chat in chats))
    assert (await _figures(stage.store))["unknown", "topic", "deposit"] == len(chats)


async def test_a_handover_counts_and_what_is_said_to_a_person_does_not(stage: Stage, chat: str) -> None:
    await stage.claimed(chat)
    await stage.write(chat, f"deposit {DANGER}")
    assert await _figures(stage.store) == {("unknown", "handover", ""): 1}


async def test_a_fixed_answer_while_a_part_is_down_is_counted_as_that(
    stage: Stage, chat: str, stand_in: StandIn
) -> None:
    await stand_in.stop()
    await stage.write(chat, DANGER)
    assert await _figures(stage.store) == {
        ("unknown", "degraded", ""): 1,
        ("unknown", "signal", ""): 1,
        ("unknown", "topic", "threats_and_violence"): 1,
    }


async def test_a_fault_in_counting_costs_nobody_the_answer(
    stage: Stage, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ValueError(DANGER)

    monkeypatch.setattr(figures, "marks_of", fail)
    assert [sent.topic for sent in await stage.write(chat, "deposit")] == ["deposit"]
    assert await count(stage.store, tables.figures) == 0


async def test_figures_stay_when_a_chat_is_erased_and_go_when_their_year_is_long_over(stage: Stage, chat: str) -> None:
    await stage.write(chat, "deposit")
    await stage.store.erase(chat)
    assert (await _figures(stage.store))["unknown", "topic", "deposit"] == 1
    periods = retention(settings_of())
    end = dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.timezone.utc) + dt.timedelta(days=FIGURES_DAYS)
    await stage.store.erase_older_than(periods, end - dt.timedelta(days=1))
    assert await count(stage.store, tables.figures)
    await stage.store.erase_older_than(periods, end + dt.timedelta(days=1))
    assert await count(stage.store, tables.figures) == 0


async def test_the_table_holds_no_conversation_no_text_and_no_moment(stage: Stage, chat: str) -> None:
    await stage.write(chat, f"deposit Ede {DANGER}")
    names = [column.name for column in tables.figures.columns]
    assert names == ["month", "municipality", "kind", "detail", "number"]
    for row in await rows(stage.store, tables.figures.select()):
        assert row.month == NOVEMBER
        assert row.municipality in stage.content.places.municipalities
        assert row.detail in {"", "en", *stage.content.topics}


async def test_it_costs_one_statement_more_to_count_and_none_when_there_is_nothing_new(stage: Stage, chat: str) -> None:
    statements: list[str] = []
    sa.event.listen(stage.store._engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    await stage.write(chat, "deposit")
    assert len([one for one in statements if "figures" in one]) == 1
    statements.clear()
    await stage.write(chat, "deposit")
    assert statements
    assert not [one for one in statements if "figures" in one]


@pytest.mark.parametrize(
    ("place", "municipality"),
    [
        ("Hoevelaken", "Nijkerk"), ("Nijkerkerveen", "Nijkerk"), ("Voorthuizen", "Barneveld"), ("Bennekom", "Ede"),
        ("Scherpenzeel", "Scherpenzeel"), ("Wageningen", "Wageningen"), ("Rotterdam", "elsewhere"),
        (SOMEWHERE_ELSE, "elsewhere"), ("west_veluwe_vallei", "region"), (None, "unknown"),
    ],
)  # fmt: skip
def test_every_place_has_its_municipality(content: Content, place: str | None, municipality: str) -> None:
    assert content.places.municipality(place) == municipality


def test_every_place_of_the_region_is_in_a_municipality(content: Content) -> None:
    names = {content.places.municipality(place) for places in content.places.regions.values() for place in places}
    assert names == set(content.places.municipalities)


def test_the_button_for_the_region_names_no_municipality(content: Content) -> None:
    message = render_who_helps(content, "victim_support", "en", None, "west_veluwe_vallei", settings_of().now())
    assert message is not None
    places = [button.payload["place"] for button in message.buttons]
    assert [content.places.municipality(place) for place in places] == ["region", "elsewhere"]
    assert content.places.within(places[0], "west_veluwe_vallei")
    assert not content.places.within(places[0], "nijkerk")


async def test_a_tally_survives_being_stored(store: Store, chat: str) -> None:
    tally = figures.Tally(NOVEMBER, "Ede", frozenset({("topic", "deposit"), ("language", "pl")}))
    await store.receive(Incoming(chat, "web", "1", "hello"))
    turn = await store.turn(chat)
    assert turn is not None
    await store.answer(turn.message, [Reply("x", "en")], Changes(counted=tally.dump()))
    state = await store.conversation(chat)
    assert state is not None
    assert figures.Tally.load(state.counted) == tally
