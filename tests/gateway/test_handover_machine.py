"""The state machine of the handover against a plain model of it, whatever the order of things.

A real store, the real dispatcher and turns, and a stand-in for Rasa that answers each message with its own words. What
is checked after each step: who holds each chat; that each message was answered by the program in its turn, or not at
all while a person has the chat; that counsellors see each message once; and that what they say arrives once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.gateway import dispatcher, tables
from bot.gateway.answering import Understanding
from bot.gateway.handover import OUTCOMES, WrongStep
from bot.gateway.retention import retention
from bot.gateway.store import Incoming, Sent, StoreUnavailable
from bot.gateway.store import Store as RealStore
from tests.databases import database
from tests.gateway.stage import Stage, StandIn, answer_to, rows, set_back, settings_of

_Result = TypeVar("_Result")

STAFF = ("anna", "bert")
HOLDERS = ("bot", "waiting", "person", "closed")
#: Buttons that people press, in season or not.
ACTS = (
    "yes", "no", "cancel", "with_history", "without_history", "no_name", "safe_always", "language_en", "stop_waiting",
    "keep_waiting", "back_to_program", "ask_again",
)  # fmt: skip
#: The questions of the intake, and what answers each.
QUESTIONS = {
    "history": {"with_history": "name", "without_history": "name"},
    "name": {"no_name": "safe"},
    "safe": {"safe_always": "language"},
    "language": {"language_en": "done"},
}
DANGER = "szef mnie bije"
_MEMORY = Path("/dev/shm")
_PERIOD = dt.timedelta(minutes=30)
#: So many last buttons a person still finds on the screen.
_REACH = 24

_numbers = count(1)
WHO = st.integers(0, 2)
#: Counsellors mostly act in chats of their own.
OWN = st.sampled_from([True, True, True, False])


class Store(RealStore):
    """A store that fails as often as it is told to, before it has done its work or (``late``) when it has."""

    failures = 0
    late = False

    async def transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        if self.failures <= 0:
            return await super().transaction(work)
        self.failures -= 1
        if self.late:
            await super().transaction(work)
        raise StoreUnavailable("injected")


@dataclass
class Arrival:
    """What came from a person: words (``mark`` is in them and in no others), or a press of a button."""

    mark: str = ""
    act: str = ""
    danger: bool = False

    @property
    def text(self) -> str:
        return f"{self.mark} {DANGER}" if self.danger else self.mark


@dataclass
class Case:
    """The model of a handover. The counsellor sees arrivals after ``since``, up to ``until``."""

    id: str
    since: int
    state: str = "waiting"
    assignee: str | None = None
    until: int | None = None
    notes: int = 0


@dataclass
class Chat:
    """The model of a chat."""

    id: str
    holder: str = "bot"
    question: str | None = None
    history: bool = False
    arrivals: list[Arrival] = field(default_factory=list)
    dealt: int = 0
    answered: list[str] = field(default_factory=list)
    warned: int = 0
    asked_on: int = 0
    said: list[str] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    #: Begun anew while Rasa had not answered what was erased: what comes now waits for that.
    behind: bool = False

    @property
    def case(self) -> Case:
        return self.cases[-1]

    def needs_rasa(self) -> bool:
        """Whether the next arrival goes to Rasa."""
        arrival = self.arrivals[self.dealt]
        return self.holder == "bot" and self.question is None and bool(arrival.mark)

    def deal(self) -> None:
        """What becomes of the next arrival."""
        place, arrival = self.dealt, self.arrivals[self.dealt]
        self.dealt += 1
        if self.holder != "person" and arrival.danger:
            self.warned += 1
        if self.holder == "bot" and self.question is None and arrival.mark and not arrival.danger:
            self.answered.append(arrival.mark)
        elif self.holder in ("bot", "closed"):
            self._answer_question(arrival, place)
        elif self.holder == "waiting" and arrival.act == "stop_waiting":
            self.holder, self.case.state, self.case.until = "bot", "left", place

    def _answer_question(self, arrival: Arrival, place: int) -> None:
        if arrival.act == "yes":
            self.question = "history"
        elif arrival.act in ("no", "cancel") or (arrival.act == "person" and self.holder == "bot"):
            self.question = None
        elif arrival.act == "back_to_program" and self.holder == "closed":
            self.holder, self.question, self.case.until = "bot", None, place
        elif self.question == "name" and arrival.mark:
            self.question = "safe"
        elif self.question is not None and arrival.act in QUESTIONS[self.question]:
            if self.question == "history":
                self.history = arrival.act == "with_history"
            self.question = QUESTIONS[self.question][arrival.act]
            if self.question == "done":
                self._begin(place)

    def _begin(self, place: int) -> None:
        if self.cases and self.case.until is None:
            self.case.until = place
        self.holder, self.question = "waiting", None
        self.cases.append(Case("", -1 if self.history else place))


class Phone:
    """Telegram's side of a chat: what has arrived, in order, with ids that go up over all chats."""

    ids = count(1)

    def __init__(self) -> None:
        self.arrived: list[tuple[int, int, str]] = []

    def find(self, after: int) -> int | None:
        return next((message for message, _, _ in self.arrived if message > after), None)


class Machine(RuleBasedStateMachine):
    """Three people, two counsellors, and everything that can happen between them."""

    def __init__(self, content: Content, understanding: Understanding) -> None:
        super().__init__()
        self._content = content
        self._understanding = understanding
        self._folder = tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
        self._loop = asyncio.new_event_loop()
        self.chats = [Chat(f"{channel}:{next(_numbers)}") for channel in ("web", "web", "telegram")]
        self.phone = Phone()
        self.read: dict[str, list[str]] = {}
        self.over: list[str] = []
        self.stand_in = StandIn()
        self.may_ask: set[str] = set()
        self.run(self._open(first=True))
        self._ends = [self.stage.says(name) for name in ("returned", "closed", "back_in_line")]
        self._joined = self.stage.says("joined", name="")
        self._transferred = self.stage.says("transferred", name="").rstrip(".")
        self.steps = 0
        #: Chats to look at; the others have not changed.
        self.touched: set[str] = set()

    @initialize(states=st.tuples(*[st.sampled_from(["bot", "waiting", "person", "person", "closed"])] * 3))
    def begin(self, states: Sequence[str]) -> None:
        for who, state in enumerate(states):
            if state != "bot":
                self.ask_for_person(who, history=state == "waiting", named=True)
            if state in ("person", "closed"):
                self.claim(who, STAFF[0])
            if state == "closed":
                self.close(who, own=True, outcome="helped")

    def pick(self, who: int, *holders: str) -> Chat:
        """A chat that is held like that, if there is one; most that is tried then means something."""
        fitting = [chat for chat in self.chats if chat.holder in holders] or self.chats
        chat = fitting[who % len(fitting)]
        self.touched.add(chat.id)
        return chat

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self._end())
        self._loop.close()
        self._folder.cleanup()

    # People

    @rule(who=WHO, danger=st.booleans())
    def write(self, who: int, danger: bool) -> None:
        self.run(self._arrive(self.pick(who, *HOLDERS), Arrival(f"m{next(_numbers)}", danger=danger)))

    @rule(who=WHO, act=st.sampled_from(ACTS))
    def press(self, who: int, act: str) -> None:
        self.run(self._arrive(self.pick(who, *HOLDERS), Arrival(act=act)))

    @rule(who=WHO, history=st.booleans(), named=st.booleans())
    def ask_for_person(self, who: int, history: bool, named: bool) -> None:
        chat = self.pick(who, "bot", "closed")
        if chat.holder not in ("bot", "closed"):
            return
        acts = ["person" if chat.holder == "bot" else "ask_again", "yes"]
        acts += ["with_history" if history else "without_history", "no_name", "safe_always", "language_en"]
        for act in acts:
            named_now = named and act == "no_name"
            self.run(self._arrive(chat, Arrival(f"m{next(_numbers)}") if named_now else Arrival(act=act)))

    @rule(who=WHO, danger=st.booleans(), late=st.booleans(), failures=st.integers(1, 3))
    def write_in_trouble(self, who: int, danger: bool, late: bool, failures: int) -> None:
        """The store fails while a message is taken in, and while it is dealt with."""
        self.store.late = late
        chat = self.pick(who, *HOLDERS)
        self.run(self._arrive(chat, Arrival(f"m{next(_numbers)}", danger=danger), failures))

    @rule(who=WHO)
    def leave_the_line(self, who: int) -> None:
        chat = self.pick(who, "waiting")
        self.run(self._arrive(chat, Arrival(act="stop_waiting")))
        self.run(self._arrive(chat, Arrival(f"m{next(_numbers)}")))

    @rule(who=WHO)
    def erase(self, who: int) -> None:
        self.run(self._erase(who))

    @precondition(lambda self: self.stand_in.free.is_set())
    @rule(who=WHO)
    def erase_while_an_answer_is_made(self, who: int) -> None:
        """And write again at once: nobody gets the answer to what was erased."""
        self.stand_in.free.clear()
        for _ in range(2):
            self.run(self._arrive(self.chats[who], Arrival(f"m{next(_numbers)}")))
        self.run(self._erase(who))
        for _ in range(2):
            self.run(self._arrive(self.chats[who], Arrival(f"m{next(_numbers)}")))
        self.stand_in.free.set()
        self.run(self._settle_all())

    # Counsellors

    @rule(who=WHO, account=st.sampled_from(STAFF))
    def claim(self, who: int, account: str) -> None:
        chat = self.pick(who, "waiting")
        if self._desk(chat, lambda case: self.stage.handovers.claim(case, account, account), chat.holder == "waiting"):
            chat.holder, chat.case.state, chat.case.assignee = "person", "person", account

    @rule(who=WHO, own=OWN)
    def reply(self, who: int, own: bool) -> None:
        chat, text = self.pick(who, "person"), f"r{next(_numbers)}"
        account, may = self._account(chat, own)
        if self._desk(chat, lambda case: self.stage.handovers.reply(case, account, text), may):
            chat.said.append(text)

    @rule(who=WHO)
    def note(self, who: int) -> None:
        chat = self.pick(who, "waiting", "person", "closed")
        if self._desk(chat, lambda case: self.stage.handovers.note(case, STAFF[0], "a note"), bool(chat.cases)):
            chat.case.notes += 1

    @rule(who=WHO, own=OWN, to=st.sampled_from(STAFF))
    def transfer(self, who: int, own: bool, to: str) -> None:
        chat = self.pick(who, "person")
        account, may = self._account(chat, own)
        if self._desk(chat, lambda case: self.stage.handovers.transfer(case, account, to, to), may):
            chat.case.assignee = to

    @rule(who=WHO, own=OWN)
    def requeue(self, who: int, own: bool) -> None:
        chat = self.pick(who, "person")
        account, may = self._account(chat, own)
        if self._desk(chat, lambda case: self.stage.handovers.requeue(case, account), may):
            chat.holder, chat.case.state, chat.case.assignee = "waiting", "waiting", None

    @rule(who=WHO, own=OWN)
    def give_back(self, who: int, own: bool) -> None:
        chat = self.pick(who, "person")
        account, may = self._account(chat, own)
        if self._desk(chat, lambda case: self.stage.handovers.give_back(case, account), may):
            chat.holder, chat.case.state, chat.case.until = "bot", "returned", len(chat.arrivals) - 1

    @rule(who=WHO, own=OWN, outcome=st.sampled_from(OUTCOMES))
    def close(self, who: int, own: bool, outcome: str) -> None:
        chat = self.pick(who, "person", "waiting")
        account, may = self._account(chat, own)
        may = may or chat.holder == "waiting"
        if self._desk(chat, lambda case: self.stage.handovers.close(case, account, outcome), may):
            chat.holder, chat.case.state, chat.case.assignee = "closed", "closed", account

    @rule(who=WHO, account=st.sampled_from(STAFF))
    def act_in_trouble(self, who: int, account: str) -> None:
        """What fails has not happened."""
        chat = self.pick(who, "waiting", "person")
        if chat.cases:
            for act in (self.stage.handovers.claim, self.stage.handovers.reply):
                self.store.failures, self.store.late = 1, False
                with pytest.raises(StoreUnavailable):
                    self.run(act(chat.case.id, account, account))

    # Both at once

    @rule(
        who=WHO,
        order=st.permutations(["anna", "bert", "person"]),
        what=st.sampled_from(["", "leave", "danger", "danger"]),
    )
    def claims_race(self, who: int, order: Sequence[str], what: str) -> None:
        """Two counsellors claim at once; perhaps the person leaves the line, or tells of danger, at that moment."""
        chat = self.pick(who, "waiting")
        if chat.holder == "waiting":
            arrival = Arrival(act="stop_waiting") if what == "leave" else Arrival(f"m{next(_numbers)}", danger=True)
            self.run(self._race(chat, order, arrival if what else None))

    @rule(who=WHO, first=st.booleans())
    def write_while_given_back(self, who: int, first: bool) -> None:
        """The counsellor lets the program answer again just when the person writes something."""
        chat = self.pick(who, "person")
        if chat.holder == "person":
            self.run(self._cross(chat, first))

    # Time and machines

    @rule(who=WHO)
    def time_out(self, who: int) -> None:
        self.run(self._time_out(self.pick(who, "waiting", "person")))

    @precondition(lambda self: self.steps % 16 == 15)
    @rule()
    def a_year_passes(self) -> None:
        self.run(self._a_year())

    @rule()
    def restart(self) -> None:
        self.run(self._restart())

    @precondition(lambda self: self.stand_in.free.is_set())
    @rule()
    def rasa_hangs(self) -> None:
        self.stand_in.free.clear()

    @precondition(lambda self: not self.stand_in.free.is_set())
    @rule()
    def rasa_goes_on(self) -> None:
        self.stand_in.free.set()
        self.run(self._settle_all())

    @rule(crash=st.sampled_from(["", "before", "after"]))
    def deliver(self, crash: str) -> None:
        self.run(self._deliver(self.chats[2], crash))

    @rule(who=st.integers(0, 1))
    def read_page(self, who: int) -> None:
        self.run(self._read_page(self.chats[who]))

    # What always holds

    @invariant()
    def everything_is_as_in_the_model(self) -> None:
        self.steps += 1
        self.run(self._check([chat for chat in self.chats if chat.id in self.touched]))
        self.touched.clear()

    async def _open(self, first: bool = False) -> None:
        if first:
            await self.stand_in.start()
        self.store = Store(database(Path(self._folder.name)), ["a key"])
        await self.store.open()
        self.stage = Stage(self.store, self.stand_in.url, self._content, self._understanding, settings_of())
        await self.stage.open()

    async def _restart(self) -> None:
        """As after a kill: what was being answered is begun again."""
        await self.stage.close()
        await self.store.close()
        await self._open()
        for chat in self.chats:
            chat.behind = False
        await self._settle_all()

    async def _end(self) -> None:
        self.stand_in.free.set()
        for chat in self.chats:
            await self._settle(chat)
        await self._check(self.chats)
        for case in self.over:
            assert await self._is_bare(case)
        while await self._deliver(self.chats[2], ""):
            pass
        numbers = [one.number for one in await self.stage.said(self.chats[2].id)]
        assert [number for _, number, _ in self.phone.arrived] == numbers, "not delivered once, in order"
        await self.stage.close()
        await self.store.close()
        await self.stand_in.stop()

    async def _arrive(self, chat: Chat, arrival: Arrival, failures: int = 0) -> None:
        fields = await self._fields(chat, arrival)
        if fields is None:
            return
        incoming = Incoming(chat.id, chat.id.partition(":")[0], f"id{next(_numbers)}", **fields)
        self.store.failures = failures
        while True:
            try:
                await self.store.receive(incoming)
                break
            except StoreUnavailable:
                continue
        chat.arrivals.append(arrival)
        self.store.failures = failures
        self.stage.dispatcher.wake(chat.id)
        await self._settle(chat)
        self.store.failures = 0

    async def _fields(self, chat: Chat, arrival: Arrival) -> dict[str, Any] | None:
        """What arrives; None if there is no such button to press."""
        fields: dict[str, Any] = {"address": "sealed"} if chat.id.startswith("telegram") else {}
        if arrival.mark:
            return {"text": arrival.text, **fields}
        if arrival.act == "person":
            payload = {"intent": self._content.topics["talk_to_human"].intent}
            return {"text": "a person", "payload": payload, **fields}
        query = tables.buttons.select().where(tables.buttons.c.conversation == chat.id)
        issued = await rows(self.store, query.order_by(tables.buttons.c.number.desc()).limit(_REACH))
        buttons = [row.id for row in issued if row.payload == f'{{"act": "{arrival.act}"}}']
        return {"button_id": buttons[0], **fields} if buttons else None

    async def _settle_all(self) -> None:
        for chat in self.chats:
            self.touched.add(chat.id)
            await self._settle(chat)

    async def _settle(self, chat: Chat) -> None:
        """Let the model deal with what can be dealt with now, and wait for the real thing to have done so."""
        chat.behind = chat.behind and not self.stand_in.free.is_set()
        while chat.dealt < len(chat.arrivals) and not chat.behind:
            if chat.needs_rasa():
                self.may_ask.add(chat.arrivals[chat.dealt].text)
                if not self.stand_in.free.is_set():
                    break
            chat.deal()
        blocked = chat.arrivals[chat.dealt].text if chat.dealt < len(chat.arrivals) else None
        mine = (tables.received.c.conversation == chat.id, tables.received.c.answered.is_(False))
        query = sa.select(sa.func.count()).select_from(tables.received).where(*mine)
        for _ in range(2000):
            ((waiting,),) = await rows(self.real, query)
            if waiting == len(chat.arrivals) - chat.dealt and self._is_under_way(chat, blocked):
                break
            await asyncio.sleep(0.003)
        else:
            raise AssertionError(f"{waiting} messages wait in {chat}")
        await self._name_cases(chat)

    async def _name_cases(self, chat: Chat) -> None:
        """Find the ids of handovers that have begun; there may be several since the last look."""
        new = [case for case in chat.cases if not case.id]
        if new:
            query = sa.select(tables.handovers.c.id).where(tables.handovers.c.conversation == chat.id)
            found = await rows(self.store, query.order_by(tables.handovers.c.asked_at.desc()).limit(len(new)))
            for case, row in zip(reversed(new), found, strict=True):
                case.id = row.id

    def _is_under_way(self, chat: Chat, blocked: str | None) -> bool:
        return blocked is None or chat.behind or self.stand_in.was_asked(blocked)

    @property
    def real(self) -> RealStore:
        """The store for looking, which never fails."""
        return _Looking(self.store)

    def _account(self, chat: Chat, own: bool) -> tuple[str, bool]:
        """Who acts, and whether they may: who has the chat (``own``), or the other one."""
        has = chat.case.assignee if chat.holder == "person" else None
        account = (has or STAFF[0]) if own else next(name for name in STAFF if name != has)
        return account, account == has

    def _desk(self, chat: Chat, act: Callable[[str], Coroutine[Any, Any, Any]], may: bool) -> bool:
        """Have a counsellor act in the last handover of a chat; it must be refused unless it ``may`` be."""
        if not chat.cases:
            return False
        try:
            self.run(act(chat.case.id))
        except WrongStep:
            assert not may, f"refused in {chat}"
            return False
        assert may, f"not refused in {chat}"
        return True

    async def _race(self, chat: Chat, order: Sequence[str], arrival: Arrival | None) -> None:
        fields = await self._fields(chat, arrival) if arrival else None
        claims: dict[str, asyncio.Task[None]] = {}
        for name in order:
            if name in STAFF:
                claims[name] = asyncio.create_task(self.stage.handovers.claim(chat.case.id, name, name))
            elif arrival and fields:
                await self.store.receive(Incoming(chat.id, chat.id.partition(":")[0], f"id{next(_numbers)}", **fields))
                chat.arrivals.append(arrival)
                self.stage.dispatcher.wake(chat.id)
        results = await asyncio.gather(*claims.values(), return_exceptions=True)
        winners = [name for name, result in zip(claims, results) if result is None]
        assert all(result is None or isinstance(result, WrongStep) for result in results), results
        leaves = bool(arrival and arrival.act and fields)
        assert len(winners) == 1 or (leaves and not winners), winners
        warned = chat.warned
        if winners:
            chat.holder, chat.case.state, chat.case.assignee = "person", "person", winners[0]
        await self._settle(chat)
        # Told of before a person had the chat, danger gets the safety text; told of after, it does not.
        chat.warned = len([one for one in await self.stage.said(chat.id) if one.urgent])
        assert chat.warned - warned in ((0, 1) if arrival and arrival.danger else (0,))

    async def _cross(self, chat: Chat, first: bool) -> None:
        arrival, account = Arrival(f"m{next(_numbers)}"), chat.case.assignee or ""
        fields = await self._fields(chat, arrival)
        assert fields is not None
        message = Incoming(chat.id, chat.id.partition(":")[0], f"id{next(_numbers)}", **fields)
        giving = asyncio.create_task(self.stage.handovers.give_back(chat.case.id, account))
        if first:
            await asyncio.sleep(0)
        await self.store.receive(message)
        self.stage.dispatcher.wake(chat.id)
        await giving
        for _ in range(2000):
            seen = arrival.mark in str(await self.stage.handovers.talk(chat.case.id))
            turn = await self.store.turn(chat.id)
            if turn is None or self.stand_in.was_asked(arrival.mark):
                break
            await asyncio.sleep(0.003)
        answered = self.stand_in.was_asked(arrival.mark)
        assert seen or answered, "seen by nobody"
        chat.case.state, chat.case.until = "returned", len(chat.arrivals) - (0 if seen else 1)
        chat.arrivals.append(arrival)
        if not answered:
            chat.deal()
        chat.holder = "bot"
        await self._settle(chat)

    async def _time_out(self, chat: Chat) -> None:
        hour = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1)
        await set_back(self.store, chat.id, asked_at=hour, reminded_at=hour)
        asked = await self.stage.handovers.remind(_PERIOD)
        assert asked == (1 if chat.holder == "waiting" else 0)
        assert await self.stage.handovers.remind(_PERIOD) == 0
        chat.asked_on += asked

    async def _a_year(self) -> None:
        year = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=365)
        await self.store.erase_older_than(retention(settings_of()), year)
        for who, chat in enumerate(self.chats):
            self.touched.add(chat.id)
            if chat.holder in ("bot", "closed"):
                self._gone(who, chat.id)
            else:
                # Earlier handovers of a chat that goes on are over their time.
                del chat.cases[:-1]

    async def _erase(self, who: int) -> None:
        chat = self.chats[who]
        if chat.id.startswith("telegram"):
            asked = Incoming(chat.id, "telegram", f"id{next(_numbers)}", address="sealed")
            await self.stage.outbox.erase(asked, "en")
        else:
            await self.store.erase(chat.id)
        for case in chat.cases:
            left = await self.stage.handovers.get(case.id)
            assert left.state == (case.state if case.state not in ("waiting", "person") else "erased")
            assert await self._is_bare(case.id)
            self.over.append(case.id)
        self._gone(who, chat.id if chat.id.startswith("telegram") else f"web:{next(_numbers)}")

    def _gone(self, who: int, chat: str) -> None:
        """A person begins anew."""
        self.read.pop(self.chats[who].id, None)
        if chat.startswith("telegram"):
            self.phone.arrived.clear()
        before = self.chats[who]
        under_way = before.behind or before.dealt < len(before.arrivals)
        self.chats[who] = Chat(chat, behind=under_way and chat == before.id)

    async def _deliver(self, chat: Chat, crash: str) -> bool:
        """What the Telegram channel does, with a crash ``before`` or ``after`` the sending."""
        outbox = self.stage.outbox
        pending = await outbox.next(chat.id)
        if pending is None:
            return False
        message = self.phone.find(pending.after) if pending.after is not None else None
        if message is None:
            assert await outbox.begin(pending, max((sent for sent, _, _ in self.phone.arrived), default=0))
            if crash == "before":
                return True
            message = next(Phone.ids)
            self.phone.arrived.append((message, pending.reply.number, pending.reply.text))
        if crash != "after":
            assert await outbox.done(pending, message, last=True)
        return True

    async def _read_page(self, chat: Chat) -> None:
        """What a page does that comes back: it asks for what it has not got."""
        known = self.read.setdefault(chat.id, [])
        known += [one.text for one in await self.stage.said(chat.id, after=len(known))]
        assert known == [one.text for one in await self.stage.said(chat.id)]

    async def _check(self, chats: Sequence[Chat]) -> None:
        for chat in chats:
            state = await self.store.plain_conversation(chat.id)
            assert (state.holder if state else "bot") == chat.holder, chat
            said = await self.stage.said(chat.id)
            answers = [one.text for one in said if one.text.startswith(answer_to(""))]
            assert answers == [answer_to(mark) for mark in chat.answered], (answers, chat)
            assert [one.text for one in said if one.sender == "person"] == chat.said, chat
            assert len([one for one in said if one.urgent]) == chat.warned, chat
            assert self._said_in_turn(said), chat
            still = self.stage.says("still_waiting")
            assert len([one for one in said if one.text == still]) == chat.asked_on, chat
            for case in chat.cases:
                await self._check_case(chat, case)
        assert {text for _, text in self.stand_in.asked} <= self.may_ask, "Rasa was asked what is not for it"

    def _said_in_turn(self, said: Sequence[Sent]) -> bool:
        """Whether the program was silent from the moment a person came until they had left."""
        with_person = False
        for one in said:
            if one.sender == "system" and one.text in self._ends:
                with_person = False
            elif one.sender == "person":
                if not with_person:
                    return False
            elif with_person and not one.text.startswith(self._transferred):
                return False
            elif one.text.endswith(self._joined):
                with_person = True
        return True

    async def _check_case(self, chat: Chat, case: Case) -> None:
        found = await self.stage.handovers.get(case.id)
        assert found.state == case.state, chat
        assert case.state != "person" or found.assignee == case.assignee, chat
        assert len(await self.stage.handovers.notes(case.id)) == case.notes, chat
        last = len(chat.arrivals) - 1 if case.until is None else case.until
        wanted = [one.text for place, one in enumerate(chat.arrivals) if one.mark and case.since < place <= last]
        lines = [line for line in await self.stage.handovers.talk(case.id) if line.sender == "you"]
        assert [line.text for line in lines if line.text[1:2].isdecimal()] == wanted, chat

    async def _is_bare(self, case: str) -> bool:
        """Whether nothing is left of an erased handover but that there was one; in the end not even that."""
        query = tables.handovers.select().where(tables.handovers.c.id == case)
        return all(
            row.details is None and row.topic is None and row.place is None and row.ended_at
            for row in await rows(self.store, query)
        ) and (not await rows(self.store, query) or await self.stage.handovers.talk(case) == [])


class _Looking(RealStore):
    """Looks into the same database without ever failing."""

    def __init__(self, store: RealStore) -> None:
        self._engine = store._engine
        self._threads = store._threads


def test_whatever_happens_the_chat_is_with_whom_it_should_be(
    content: Content, understanding: Understanding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "_RETRY_SECONDS", 0.003)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Machine(content, understanding),
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], print_blob=True,
        ),
    )  # fmt: skip
