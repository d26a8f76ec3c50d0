"""Handing a chat over to a person, and back: the one table of steps, and each step as one transaction.

Who may answer a chat (its ``holder``) is a column of the conversation. Nothing but ``step`` changes it, and it changes
only from the state it is expected to be in, so that of two who act at once one is told to look again.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.gateway import tables
from bot.gateway.hub import Hub
from bot.gateway.sealing import Sealer, Unreadable
from bot.gateway.store import Holder, Reply, Store, add_reply, touch

Event = Literal["ask", "stop_waiting", "claim", "transfer", "requeue", "give_back", "close", "back_to_bot"]

#: (who holds the chat, what happens) -> who holds it then. What is not here cannot happen.
STEPS: dict[tuple[Holder, Event], Holder] = {
    ("bot", "ask"): "waiting",
    ("waiting", "stop_waiting"): "bot",
    ("waiting", "claim"): "person",
    ("waiting", "close"): "closed",
    ("person", "transfer"): "person",
    ("person", "requeue"): "waiting",
    ("person", "give_back"): "bot",
    ("person", "close"): "closed",
    ("closed", "back_to_bot"): "bot",
    ("closed", "ask"): "waiting",
}

#: What a chat that stays with us waits for: an answer here, that somebody reads a message, or a call.
Kind = Literal["chat", "message", "call"]
#: How a handover stands; ``returned`` to the bot by the counsellor, ``left`` by the person, ``erased`` by the person.
State = Literal["waiting", "person", "closed", "returned", "left", "erased"]
OUTCOMES = ("helped", "referred", "appointment", "no_answer", "not_for_us", "other")


class WrongStep(Exception):
    """The chat is not in a state in which this can happen, or somebody else was quicker."""


class NotFound(Exception):
    """There is no such handover."""


class StoredBefore(Exception):
    """The same reply or note came before, and has been stored then."""


@dataclass(frozen=True)
class Details:
    """What the person told for the handover, in their own words. ``safe``: always, when_here or times."""

    name: str = ""
    safe: str = ""
    times: str = ""
    phone: str = ""
    call_time: str = ""


@dataclass(frozen=True)
class Handover:
    """One handover as the desk sees it: a pseudonym (``id``), never who it is."""

    id: str
    conversation: str
    state: State
    kind: Kind
    channel: str
    language: str
    topic: str | None
    place: str | None
    urgent: bool
    details: Details
    asked_at: dt.datetime
    claimed_at: dt.datetime | None
    first_answer_at: dt.datetime | None
    ended_at: dt.datetime | None
    assignee: str | None
    outcome: str | None


@dataclass(frozen=True)
class Line:
    """One line of the talk. ``sender``: you (the person who asks for help), bot, person (counsellor) or system."""

    sender: str
    text: str
    language: str | None
    at: dt.datetime | None
    original: str | None = None
    machine: bool = False
    delivered: bool = True


@dataclass(frozen=True)
class Note:
    """What counsellors tell each other about a handover."""

    author: str
    text: str
    at: dt.datetime


def step(connection: Connection, conversation: str, event: Event) -> Holder:
    """Let something happen to a chat; who holds it now. A question that was open belongs to the state before.

    Raises:
        WrongStep: it cannot happen as the chat stands.
    """
    for (before, happening), after in STEPS.items():
        if happening != event:
            continue
        moved = connection.execute(
            tables.conversations.update()
            .where(tables.conversations.c.id == conversation, tables.conversations.c.holder == before)
            .values(holder=after, form=None, last_at=_now())
        )
        if moved.rowcount == 1:
            return after
    raise WrongStep(event)


def begin(
    connection: Connection,
    conversation: str,
    kind: Kind,
    details: Details,
    since: int,
    topic: str | None,
    urgent: bool,
    language: str,
) -> str:
    """Put a chat in line; the id of the handover.

    The counsellor may read messages after the one with the key ``since``, and knows nothing of what was before; 0 for
    all messages, and then the replies too.

    Raises:
        WrongStep: it is in line already, or with a person.
    """
    step(connection, conversation, "ask")
    _end_view(connection, conversation, since)
    chat = connection.execute(
        sa.select(
            tables.conversations.c.channel, tables.conversations.c.place, tables.conversations.c.last_number
        ).where(tables.conversations.c.id == conversation)
    ).one()
    handover = secrets.token_hex(4)
    connection.execute(
        tables.handovers.insert().values(
            id=handover,
            conversation=conversation,
            state="waiting",
            kind=kind,
            channel=chat.channel,
            language=language,
            topic=None if since else topic,
            place=None if since else chat.place,
            urgent=urgent,
            details=json.dumps(asdict(details)),
            from_received=since,
            from_number=chat.last_number if since else 0,
            asked_at=_now(),
        )
    )
    return handover


def add_call(connection: Connection, conversation: str, details: Details) -> None:
    """Note for a chat in line that the person wants to be called.

    Raises:
        WrongStep: it is not in line any more.
    """
    mine = tables.handovers.c.conversation == conversation
    found = _all(connection, _handovers(mine, tables.handovers.c.state == "waiting"))
    if not found:
        raise WrongStep("add_call")
    added = replace(found[0].details, phone=details.phone, call_time=details.call_time)
    _set(connection, found[0].id, kind="call", details=json.dumps(asdict(added)))


def stop_waiting(connection: Connection, conversation: str, message: int) -> None:
    """The person does not want to wait any more, and has said so with ``message``; one reply follows.

    Raises:
        WrongStep: the chat is not in line.
    """
    step(connection, conversation, "stop_waiting")
    connection.execute(
        tables.handovers.update()
        .where(tables.handovers.c.conversation == conversation, tables.handovers.c.state == "waiting")
        .values(state="left", ended_at=_now())
    )
    _end_view(connection, conversation, message, replies=1)


def back_to_bot(connection: Connection, conversation: str, message: int) -> None:
    """The person asks for the program again after a counsellor has closed the chat, with ``message``.

    The counsellor can see that, and the one reply to it, and nothing after.

    Raises:
        WrongStep: the chat is not closed.
    """
    step(connection, conversation, "back_to_bot")
    _end_view(connection, conversation, message, replies=1)


class Handovers:
    """What counsellors do with chats, and what they see of them."""

    def __init__(self, store: Store, hub: Hub, content: Content) -> None:
        self._store = store
        self._hub = hub
        self._content = content
        #: Called with the number that wait, and whether the new one is urgent, when a chat begins to wait.
        self.on_waiting: Callable[[int, bool], None] | None = None
        #: Called with the seconds from the asking to a person's first answer.
        self.on_first_answer: Callable[[float], None] | None = None

    async def all(self, states: Sequence[State] = ("waiting", "person")) -> list[Handover]:
        """Handovers in these states, urgent ones first, then those who wait longest."""
        query = _handovers(tables.handovers.c.state.in_(list(states)))
        in_order = query.order_by(tables.handovers.c.urgent.desc(), tables.handovers.c.asked_at)
        return await self._store.transaction(partial(_all, query=in_order))

    async def get(self, handover: str) -> Handover:
        """One handover.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._store.transaction(lambda connection: _read(connection, handover))

    async def of_conversation(self, conversation: str) -> Handover | None:
        """The handover a conversation is in now."""
        mine = tables.handovers.c.conversation == conversation
        query = _handovers(mine, tables.handovers.c.state.in_(["waiting", "person"]))
        found = await self._store.transaction(partial(_all, query=query))
        return found[0] if found else None

    async def latest(self, conversation: str) -> Handover | None:
        """The last handover of a conversation, however it stands."""
        query = _handovers(tables.handovers.c.conversation == conversation)
        last = query.order_by(tables.handovers.c.asked_at.desc()).limit(1)
        found = await self._store.transaction(partial(_all, query=last))
        return found[0] if found else None

    async def talk(self, handover: str) -> list[Line]:
        """What was said, as far as the person lets the counsellor read it.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._store.transaction(lambda connection: _talk(connection, handover))

    async def notes(self, handover: str) -> list[Note]:
        """The notes of a handover, oldest first."""

        def read(connection: Connection) -> list[Note]:
            query = tables.notes.select().where(tables.notes.c.handover == handover).order_by(tables.notes.c.id)
            return [Note(row.author, row.text, _utc(row.at)) for row in connection.execute(query)]

        return await self._store.transaction(read)

    async def claim(self, handover: str, account: str, name: str) -> None:
        """Take a waiting chat; the person is told that ``name`` is there.

        Raises:
            WrongStep: it does not wait any more; somebody else has it, or the person has left.
            NotFound: there is none of this id.
        """

        def take(connection: Connection) -> str:
            found = _locked(connection, handover)
            if found.state != "waiting":
                raise WrongStep(handover)
            step(connection, found.conversation, "claim")
            _set(connection, handover, state="person", assignee=account, claimed_at=found.claimed_at or _now())
            self._tell(connection, found, "handover.joined", name=name)
            return found.conversation

        await self._do(take)

    async def transfer(self, handover: str, account: str, to: str, name: str) -> None:
        """Give a chat to a colleague, who is called ``name``.

        Raises:
            WrongStep: it is not with ``account``.
            NotFound: there is none of this id.
        """

        def give(connection: Connection) -> str:
            found = self._mine(connection, handover, account)
            step(connection, found.conversation, "transfer")
            _set(connection, handover, assignee=to)
            self._tell(connection, found, "handover.transferred", name=name)
            return found.conversation

        await self._do(give)

    async def requeue(self, handover: str, account: str) -> None:
        """Put a chat back in line for a colleague. Raises WrongStep, NotFound as ``transfer``."""

        def put_back(connection: Connection) -> str:
            found = self._mine(connection, handover, account)
            step(connection, found.conversation, "requeue")
            _set(connection, handover, state="waiting", assignee=None, reminded_at=_now())
            self._tell(connection, found, "handover.back_in_line", buttons=("stop_waiting",))
            return found.conversation

        await self._do(put_back)

    async def give_back(self, handover: str, account: str) -> None:
        """Let the program answer again, which the person is told. Raises WrongStep, NotFound as ``transfer``."""

        def give(connection: Connection) -> str:
            found = self._mine(connection, handover, account)
            step(connection, found.conversation, "give_back")
            _set(connection, handover, state="returned", ended_at=_now())
            self._tell(connection, found, "handover.returned")
            _end_view(connection, found.conversation)
            return found.conversation

        await self._do(give)

    async def close(self, handover: str, account: str, outcome: str) -> None:
        """End a handover; the program stays quiet until the person asks for it.

        Raises:
            ValueError: there is no such outcome.
            WrongStep: it is with somebody else.
            NotFound: there is none of this id.
        """
        if outcome not in OUTCOMES:
            raise ValueError(outcome)

        def end(connection: Connection) -> str:
            found = _locked(connection, handover)
            if found.state != "waiting":
                self._mine(connection, handover, account)
            step(connection, found.conversation, "close")
            _set(connection, handover, state="closed", ended_at=_now(), outcome=outcome, assignee=account)
            self._tell(connection, found, "handover.closed", buttons=("back_to_program", "ask_again"))
            return found.conversation

        await self._do(end)

    async def reply(
        self,
        handover: str,
        account: str,
        text: str,
        original: str | None = None,
        machine: bool = False,
        language: str | None = None,
        client_id: str | None = None,
    ) -> int:
        """Say something to the person; the number of the reply.

        ``original`` is what the counsellor wrote or picked where ``text`` is a translation of it, by a ``machine`` or
        by people. ``language`` is that of ``text`` where it is not the person's. ``client_id`` is what the counsellor's
        page calls it.

        Raises:
            StoredBefore: so it was, under this ``client_id``, however the chat stands by now.
            WrongStep: the chat is not with ``account``.
            NotFound: there is none of this id.
        """

        def say(connection: Connection) -> tuple[Handover, int]:
            found = _locked(connection, handover)
            _must_be_new(connection, tables.sent, tables.sent.c.conversation == found.conversation, client_id)
            self._mine(connection, handover, account)
            number = add_reply(
                connection,
                found.conversation,
                Reply(
                    text, language or found.language, "person", original=original, machine=machine, client_id=client_id
                ),
            )  # fmt: skip
            if found.first_answer_at is None:
                _set(connection, handover, first_answer_at=_now())
            touch(connection, found.conversation)
            return found, number

        found, number = await self._store.transaction(say)
        if found.first_answer_at is None and self.on_first_answer is not None:
            self.on_first_answer((_now() - found.asked_at).total_seconds())
        self._hub.notify(found.conversation)
        return number

    async def note(self, handover: str, account: str, text: str, client_id: str | None = None) -> None:
        """Leave a note for colleagues; ``client_id`` is what the counsellor's page calls it.

        Raises:
            StoredBefore: so it was, under this ``client_id``.
            NotFound: there is none of this id, or the chat has been erased.
        """

        def write(connection: Connection) -> str:
            found = _locked(connection, handover)
            erased = sa.select(tables.handovers.c.to_number == 0).where(tables.handovers.c.id == handover)
            if connection.execute(erased).scalar():
                raise NotFound(handover)
            _must_be_new(connection, tables.notes, tables.notes.c.handover == handover, client_id)
            values = {"handover": handover, "author": account, "text": text, "at": _now(), "client_id": client_id}
            connection.execute(tables.notes.insert().values(values))
            return found.conversation

        await self._do(write)

    async def remind(self, older_than: dt.timedelta, again: bool = True) -> int:
        """Ask those who have waited so long for a first answer, or since they were asked last; how many.

        Not ``again``: only those who have not been asked yet.
        """
        horizon = _now() - older_than

        def ask(connection: Connection) -> list[str]:
            since = sa.func.coalesce(tables.handovers.c.reminded_at, tables.handovers.c.asked_at)
            due = [tables.handovers.c.state == "waiting", tables.handovers.c.kind == "chat", since < horizon]
            if not again:
                due.append(tables.handovers.c.reminded_at.is_(None))
            told = []
            for handover in connection.execute(sa.select(tables.handovers.c.id).where(*due)).scalars().all():
                found = _locked(connection, handover)
                if found.state != "waiting":
                    continue
                _set(connection, found.id, reminded_at=_now())
                self._tell(
                    connection, found, "handover.still_waiting",
                    buttons=("keep_waiting", "leave_number", "open_numbers", "stop_waiting"),
                )  # fmt: skip
                told.append(found.conversation)
            return told

        conversations = await self._store.transaction(ask)
        for conversation in conversations:
            self._hub.notify(conversation)
        return len(conversations)

    async def began(self, urgent: bool) -> None:
        """Let staff know that a chat has begun to wait."""
        if self.on_waiting is not None:
            self.on_waiting(len(await self.all(("waiting",))), urgent)

    async def tell_of_waiting(self) -> None:
        """Let staff know of the chats that wait already, as after a restart."""
        waiting = await self.all(("waiting",))
        if waiting:
            await self.began(any(one.urgent for one in waiting))

    async def _do(self, work: Callable[[Connection], str]) -> None:
        self._hub.notify(await self._store.transaction(work))

    def _mine(self, connection: Connection, handover: str, account: str) -> Handover:
        found = _locked(connection, handover)
        if found.state != "person" or found.assignee != account:
            raise WrongStep(handover)
        return found

    def _tell(
        self, connection: Connection, found: Handover, phrase_id: str, buttons: Sequence[str] = (), **values: str
    ) -> None:
        text = self._content.phrase(found.language, phrase_id, **values)
        add_reply(
            connection,
            found.conversation,
            Reply(text, found.language, "system", acts(self._content, found.language, buttons)),
        )


def acts(content: Content, language: str, names: Sequence[str]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Buttons of the handover: what they say, and what they do."""
    return tuple((content.phrase(language, f"handover.{name}"), {"act": name}) for name in names)


def _handovers(*conditions: sa.ColumnElement[bool]) -> sa.sql.Select:
    """Handovers, with their details as they lie in the database."""
    columns = [column for column in tables.handovers.columns if column.name != "details"]
    details = sa.type_coerce(tables.handovers.c.details, sa.Text).label("details")
    return sa.select(*columns, details).where(*conditions)


def _all(connection: Connection, query: sa.sql.Select) -> list[Handover]:
    return [_handover(row, connection.dialect.sealer) for row in connection.execute(query).all()]


def _read(connection: Connection, handover: str) -> Handover:
    found = _all(connection, _handovers(tables.handovers.c.id == handover))
    if not found:
        raise NotFound(handover)
    return found[0]


def _locked(connection: Connection, handover: str) -> Handover:
    """A handover whose chat nobody else changes until this transaction ends. SQLite has one writer anyway."""
    conversation = _read(connection, handover).conversation
    chat = sa.select(tables.conversations.c.id).where(tables.conversations.c.id == conversation)
    connection.execute(chat.with_for_update()).all()
    return _read(connection, handover)


def _must_be_new(connection: Connection, table: sa.Table, among: sa.ColumnElement[bool], client_id: str | None) -> None:
    """Refuse what came before. The chat must be locked, so that of two at the same moment one waits."""
    same = sa.select(table.c.client_id).where(among, table.c.client_id == client_id)
    if client_id is not None and connection.execute(same).first():
        raise StoredBefore(client_id)


def _set(connection: Connection, handover: str, **values: Any) -> None:
    connection.execute(tables.handovers.update().where(tables.handovers.c.id == handover).values(values))


def _end_view(connection: Connection, conversation: str, message: int = 0, replies: int = 0) -> None:
    """What is said from now on is no business of earlier handovers.

    Their counsellors see up to the message with this key (0: the last one) and so many replies more.
    """
    mine = tables.received.c.conversation == conversation
    last = message or connection.execute(sa.select(sa.func.max(tables.received.c.id)).where(mine)).scalar() or 0
    chat = sa.select(tables.conversations.c.last_number).where(tables.conversations.c.id == conversation)
    number = connection.execute(chat).scalar_one()
    ended = (tables.handovers.c.conversation == conversation, tables.handovers.c.ended_at.is_not(None))
    connection.execute(
        tables.handovers.update()
        .where(*ended, tables.handovers.c.to_number.is_(None))
        .values(to_received=last, to_number=number + replies)
    )


def _handover(row: Any, sealer: Sealer) -> Handover:
    details = Details()
    # One whose details cannot be read must keep nobody from the others.
    with suppress(Unreadable):
        details = Details(**json.loads(sealer.unseal(row.details))) if row.details else details
    return Handover(
        row.id, row.conversation, row.state, row.kind, row.channel, row.language, row.topic, row.place, row.urgent,
        details, _utc(row.asked_at), _utc(row.claimed_at), _utc(row.first_answer_at), _utc(row.ended_at), row.assignee,
        row.outcome,
    )  # fmt: skip


def _talk(connection: Connection, handover: str) -> list[Line]:
    row = connection.execute(tables.handovers.select().where(tables.handovers.c.id == handover)).first()
    if row is None:
        raise NotFound(handover)
    received = connection.execute(
        tables.received.select().where(
            tables.received.c.conversation == row.conversation,
            tables.received.c.id > row.from_received,
            tables.received.c.id <= row.to_received if row.to_received is not None else sa.true(),
        )
    ).all()
    sent = connection.execute(
        tables.sent.select().where(
            tables.sent.c.conversation == row.conversation,
            tables.sent.c.number > row.from_number,
            tables.sent.c.number <= row.to_number if row.to_number is not None else sa.true(),
            tables.sent.c.private.is_not(sa.true()),
        )
    ).all()
    chat = connection.execute(
        tables.conversations.select().where(tables.conversations.c.id == row.conversation)
    ).first()
    waiting = sa.select(tables.outbox.c.number).where(tables.outbox.c.conversation == row.conversation)
    undelivered = set(connection.execute(waiting).scalars())
    shown = (chat.shown_number or 0) if chat is not None and chat.channel == "web" else None
    lines = [((one.after or 0, 1, one.id), Line("you", one.text, None, _utc(one.at))) for one in received]
    for one in sent:
        arrived = not one.lost and one.number not in undelivered and (shown is None or one.number <= shown)
        line = Line(one.sender, one.text, one.language, _utc(one.at), one.original, bool(one.machine), arrived)
        lines.append(((one.number, 0, 0), line))
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _utc(moment: Any) -> Any:
    """SQLite forgets time zones."""
    return moment.replace(tzinfo=dt.timezone.utc) if moment is not None and moment.tzinfo is None else moment


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)
