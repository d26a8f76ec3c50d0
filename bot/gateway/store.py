"""The store: conversations, what came in, what goes out. SQLite by default, PostgreSQL when set.

Every method is one transaction. A message is stored before it is acknowledged, and an answer is stored in the
same transaction that marks its message answered: a crash in between loses nothing and answers nothing twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.gateway import statements, tables
from bot.gateway.sealing import Sealer, Unreadable

Holder = Literal["bot", "waiting", "person", "closed"]
Sender = Literal["bot", "person", "system"]
Unclear = Literal["not_understood", "out_of_scope"]
_Result = TypeVar("_Result")

#: Seconds that a transaction waits for its turn; whoever asked is better served with phone numbers by then.
_QUEUE_SECONDS = 10.0
#: Seconds that SQLite waits for another process that has locked the database.
_LOCKED_SECONDS = 10
#: So long the desk can still tell which chat it was that somebody has erased.
_TELLING = dt.timedelta(minutes=10)


class StoreUnavailable(Exception):
    """The database cannot be read or written now."""


class ConversationErased(Exception):
    """The conversation was erased; nothing may be added to it."""


@dataclass(frozen=True)
class Conversation:
    """What is known about a chat. ``language`` was last used, ``choice`` was asked for, ``hint`` is the channel's."""

    id: str
    channel: str
    holder: Holder
    language: str | None
    hint: str | None
    choice: str | None
    place: str | None
    form: str | None = None
    counted: str | None = None


@dataclass(frozen=True)
class Received:
    """A message that came in; ``button`` is the payload of a button we issued."""

    key: int
    conversation: str
    text: str
    button: dict[str, str] | None


@dataclass(frozen=True)
class Turn:
    """A message to answer, the conversation it belongs to, and the topics of its last replies, newest first.

    ``more``: another message waits behind it.
    """

    state: Conversation
    message: Received
    topics: list[str]
    more: bool = False


@dataclass(frozen=True)
class Incoming:
    """What a channel brings from a person; stored in one transaction.

    ``button_id`` is one we issued, ``payload`` a choice of the channel's own, such as a command. ``hint`` is the
    language the channel suggests, ``choice`` an explicit one of a conversation that is only now begun, ``chooses`` one
    made with this very act. ``address`` is where the channel delivers, sealed by it. ``replies`` are said at once;
    with ``answered`` they are all there is to say. ``silences``: nothing that is still to be said may be said any more.
    ``instead`` is taken in its place while the chat waits for a person or is with one, and the program keeps quiet.
    """

    conversation: str
    channel: str
    message_id: str
    text: str = ""
    button_id: str | None = None
    payload: dict[str, str] | None = None
    hint: str | None = None
    choice: str | None = None
    chooses: str | None = None
    address: str | None = None
    replies: tuple[Reply, ...] = ()
    answered: bool = False
    silences: bool = False
    instead: Incoming | None = None


@dataclass(frozen=True)
class IssuedButton:
    """A button as a channel shows it; only its id comes back."""

    id: str
    title: str


@dataclass(frozen=True)
class Reply:
    """A message to send, before it has a number. Buttons are (title, payload)."""

    text: str
    language: str
    sender: Sender = "bot"
    buttons: tuple[tuple[str, dict[str, str]], ...] = ()
    topic: str | None = None
    urgent: bool = False
    #: What a counsellor wrote or picked, where ``text`` is its translation; ``machine``: made by a machine.
    original: str | None = None
    machine: bool = False
    #: For the person alone: no counsellor sees it.
    private: bool = False
    #: What the page of whoever wrote it calls it.
    client_id: str | None = None
    #: It says that a message was not understood, or is about something else; the topics that the message was taken
    #: for, the likeliest first. Not stored.
    unclear: Unclear | None = None
    taken_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """A stored reply; ``number`` counts from 1 within its conversation."""

    number: int
    sender: Sender
    text: str
    language: str
    topic: str | None
    urgent: bool
    buttons: tuple[IssuedButton, ...]
    at: dt.datetime | None = None
    original: str | None = None
    machine: bool = False


@dataclass(frozen=True)
class Written:
    """A message of the person as it stands in the chat: ``after`` the reply with this number."""

    message_id: str
    text: str
    after: int


@dataclass(frozen=True)
class News:
    """What a page has to show: new replies, who holds the chat, and whether all of it was erased."""

    holder: Holder
    erased: bool
    sent: list[Sent]


@dataclass(frozen=True)
class Changes:
    """What a turn changes about its conversation; None leaves a value as it is."""

    language: str | None = None
    choice: str | None = None
    place: str | None = None
    #: How far the questions before a handover have come; "" when they are over.
    form: str | None = None
    #: What the conversation has been counted for.
    counted: str | None = None

    def values(self) -> dict[str, str | None]:
        given = {"language": self.language, "choice": self.choice, "place": self.place, "counted": self.counted}
        values: dict[str, str | None] = {name: value for name, value in given.items() if value is not None}
        if self.form is not None:
            values["form"] = self.form or None
        return values


#: What became of an answer: stored; dropped, because the message was answered or erased meanwhile; or not to be used,
#: because somebody else holds the chat now.
Stored = Literal["stored", "gone", "moved"]


class Store:
    """All access to the database; SQLAlchemy runs in threads so that the event loop never waits for a disk."""

    def __init__(self, url: str, keys: Sequence[str]) -> None:
        """``keys`` encrypt what people write, the newest first."""
        self._engine = _engine(url)
        self._engine.dialect.sealer = Sealer(keys)
        # SQLite has one writer; a pool of one thread is its queue.
        workers = 1 if self._engine.dialect.name == "sqlite" else 8
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="store")
        #: Called when somebody erases a conversation, for what is kept of it elsewhere, in the same transaction.
        self.also_erase: Callable[[Connection, str], None] = lambda connection, conversation: None

    async def open(self) -> None:
        """Create what is missing: tables, and columns that have come since an earlier version."""

        def create(connection: Connection) -> None:
            inspector = sa.inspect(connection)
            present = set(inspector.get_table_names())
            tables.metadata.create_all(connection)
            for table in tables.metadata.sorted_tables:
                if table.name not in present:
                    continue
                known = {column["name"] for column in inspector.get_columns(table.name)}
                for column in table.columns:
                    if column.name not in known:
                        kind = column.type.compile(connection.dialect)
                        connection.execute(sa.text(f'ALTER TABLE {table.name} ADD COLUMN "{column.name}" {kind}'))

        await self.transaction(create)

    async def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    async def check(self) -> None:
        """Write and read: raises StoreUnavailable if the store cannot be written."""

        def probe(connection: Connection) -> None:
            connection.execute(tables.erased.delete().where(tables.erased.c.conversation == "probe"))

        await self.transaction(probe)

    async def receive(self, incoming: Incoming) -> bool:
        """Store what a person sent; True if it is new, False if this ``message_id`` was there already.

        Raises:
            KeyError: the button was not issued in this conversation.
            ConversationErased: the conversation was erased before.
        """

        def insert(connection: Connection) -> bool:
            if incoming.address is not None and not see(connection, incoming.channel, incoming.message_id):
                return False
            taken = incoming
            if incoming.instead is not None and is_held(connection, incoming.conversation):
                taken = incoming.instead
            named = {"chat": taken.conversation, "message_id": taken.message_id}
            arrival = connection.execute(statements.ARRIVAL, named).one()
            if arrival.erased:
                raise ConversationErased
            if arrival.known:
                return False
            _ensure_conversation(connection, taken)
            _insert(connection, taken)
            return True

        try:
            return await self.transaction(insert)
        except IntegrityError:
            # At the same moment came the same message again, or another first one of this conversation.
            return await self.transaction(insert)

    async def conversation(self, conversation: str) -> Conversation | None:
        """A conversation as it stands, None if there is none."""
        return await self.transaction(lambda connection: _read_conversation(connection, conversation))

    async def plain_conversation(self, conversation: str) -> Conversation | None:
        """The same without what is encrypted."""

        def read(connection: Connection) -> Conversation | None:
            columns = [column for column in tables.conversations.columns if column.name != "form"]
            row = connection.execute(sa.select(*columns).where(tables.conversations.c.id == conversation)).first()
            return _conversation(row, form=None) if row else None

        return await self.transaction(read)

    async def is_erased(self, conversation: str) -> bool:
        def read(connection: Connection) -> bool:
            return _is_erased(connection, conversation)

        return await self.transaction(read)

    async def choose_language(self, conversation: str, choice: str | None, reply: Reply | None) -> bool:
        """Keep an explicit choice of language (None: go by the messages again); False if there is no such chat yet."""

        def update(connection: Connection) -> bool:
            values: dict[str, Any] = {"choice": choice}
            if choice:
                values["language"] = choice
            found = connection.execute(
                tables.conversations.update().where(tables.conversations.c.id == conversation).values(values)
            )
            # While somebody waits for a person, or is with one, the program keeps quiet.
            if found.rowcount and reply is not None and not is_held(connection, conversation):
                add_reply(connection, conversation, reply)
            return bool(found.rowcount)

        return await self.transaction(update)

    async def turn(self, conversation: str) -> Turn | None:
        """The oldest message that waits to be dealt with, with what must be known for it; None if there is none.

        Raises:
            Unreadable: the chat cannot be decrypted, be it only its beginning: nobody knows what it is about.
        """

        def read(connection: Connection) -> Turn | None:
            row = connection.execute(statements.TURN, {"chat": conversation}).first()
            if row is None:
                return None
            topics = list(connection.execute(statements.TOPICS, {"chat": conversation}).scalars())
            message = Received(row.key, conversation, row.text, json.loads(row.button) if row.button else None)
            return Turn(_conversation(row, row.form), message, topics, row.waiting > 1)

        return await self.transaction(read)

    async def waiting_conversations(self) -> list[str]:
        """Conversations with messages that wait to be dealt with, as found after a restart."""

        def read(connection: Connection) -> list[str]:
            query = sa.select(tables.received.c.conversation).where(tables.received.c.answered.is_(False)).distinct()
            return [row.conversation for row in connection.execute(query)]

        return await self.transaction(read)

    async def answer(
        self,
        message: Received,
        replies: Sequence[Reply],
        changes: Changes,
        holder: Holder = "bot",
        act: Callable[[Connection], Sequence[Reply]] | None = None,
    ) -> Stored:
        """Store the replies to a message and mark it answered, all or nothing.

        ``holder`` is who held the chat when the replies were made: nothing is said on behalf of one who no longer
        does. ``act`` is done in the same transaction, and may add replies.
        """

        def write(connection: Connection) -> Stored:
            chat = {"chat": message.conversation}
            now = connection.execute(statements.HELD, chat).first()
            if now is None:
                return "gone"
            if now.holder != holder:
                return "moved"
            if connection.execute(statements.CLAIM, {**chat, "key": message.key}).rowcount != 1:
                return "gone"
            if said := [*replies, *(act(connection) if act else ())]:
                _add_replies(connection, message.conversation, said)
            values = changes.values()
            if any(name == "form" or value != getattr(now, name) for name, value in values.items()):
                connection.execute(
                    tables.conversations.update()
                    .where(tables.conversations.c.id == message.conversation)
                    .values(values)
                )
            return "stored"

        return await self.transaction(write)

    async def news(self, conversation: str, number: int) -> News:
        """What was said after the reply with this number, and how the conversation stands."""

        def read(connection: Connection) -> News:
            holder = connection.execute(statements.HOLDER, {"chat": conversation}).scalar()
            erased = holder is None and _is_erased(connection, conversation)
            return News(holder or "bot", erased, _read_readable(connection, conversation, number))

        return await self.transaction(read)

    async def everything(self, conversation: str) -> list[Sent | Written]:
        """What the person wrote and what was said to them, in order; without what cannot be decrypted."""

        def read(connection: Connection) -> list[Sent | Written]:
            mine = tables.received.c.conversation == conversation
            keys = connection.execute(sa.select(tables.received.c.id).where(mine)).scalars().all()
            placed: list[tuple[tuple[int, int], Sent | Written]] = [
                ((sent.number, 0), sent) for sent in _read_readable(connection, conversation, 0)
            ]
            for key in keys:
                with suppress(Unreadable):
                    row = connection.execute(tables.received.select().where(tables.received.c.id == key)).one()
                    if row.text:
                        placed.append(((row.after or 0, key), Written(row.message_id, row.text, row.after or 0)))
            return [one for _, one in sorted(placed, key=lambda pair: pair[0])]

        return await self.transaction(read)

    async def shown(self, conversation: str, number: int) -> None:
        """Note that a page has been shown the replies up to this number."""

        def write(connection: Connection) -> None:
            table = tables.conversations
            new = table.c.shown_number.is_(None) | (table.c.shown_number < number)
            connection.execute(table.update().where(table.c.id == conversation, new).values(shown_number=number))

        await self.transaction(write)

    async def erase(self, conversation: str) -> None:
        """Erase everything of a conversation; only a fingerprint of its id stays, against late retries."""

        def delete(connection: Connection) -> None:
            delete_conversations(connection, [conversation])
            self.also_erase(connection, conversation)
            connection.execute(tables.erased.delete().where(tables.erased.c.conversation == conversation))
            connection.execute(tables.erased.insert().values(conversation=conversation, at=_now()))

        await self.transaction(delete)

    async def erase_older_than(self, periods: dict[str, dt.timedelta], now: dt.datetime) -> int:
        """Erase what is over its retention period; the number of conversations erased."""

        def delete(connection: Connection) -> int:
            # A chat that waits for a person, or is with one, is never taken from under them.
            old = sa.select(tables.conversations.c.id).where(
                tables.conversations.c.last_at < now - periods["conversations"],
                tables.conversations.c.holder.not_in(["waiting", "person"]),
            )
            ids = [row.id for row in connection.execute(old)]
            delete_conversations(connection, ids)
            # What a channel has not deleted on its side by then it never will.
            given_up = tables.forgets.c.at < now - periods["erased"]
            connection.execute(tables.forgets.delete().where(given_up))
            for table in (tables.addresses, tables.delivered):
                gone = table.c.conversation.not_in(sa.select(tables.conversations.c.id))
                pending = sa.select(tables.forgets.c.conversation)
                connection.execute(table.delete().where(gone, table.c.conversation.not_in(pending)))
            # The figures of a year belong together: small ones are shown with those of a later month.
            oldest_year = f"{(now - periods['figures']).year}-01"
            connection.execute(tables.figures.delete().where(tables.figures.c.month < oldest_year))
            questions = tables.questions.c
            unseen = questions.shown.is_(False) & questions.consent.is_(False)
            for some, name in ((unseen, "questions"), (sa.true(), "questions_shown")):
                old_day = questions.day < (now - periods[name]).date()
                connection.execute(tables.questions.delete().where(some, old_day))
            for name in ("erased", "seen"):
                table = tables.metadata.tables[name]
                connection.execute(table.delete().where(table.c.at < now - periods[name]))
            ended = tables.handovers.c.ended_at
            connection.execute(tables.handovers.delete().where(ended < now - periods["handovers"]))
            # The desk has been told that the chat is gone; from now on nothing says whose it was.
            told = (tables.handovers.c.to_number == 0) & (ended < now - _TELLING)
            connection.execute(tables.handovers.update().where(told).values(conversation=""))
            return len(ids)

        return await self.transaction(delete)

    async def transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run ``work`` in one transaction; for the modules of this package that keep something of their own.

        Raises:
            StoreUnavailable: the database cannot be read or written now.
        """

        def run() -> _Result:
            with self._engine.begin() as connection:
                return work(connection)

        work_done = self._threads.submit(run)
        waiting = asyncio.wrap_future(work_done)
        try:
            await asyncio.wait([waiting], timeout=_QUEUE_SECONDS)
            # Behind others that find the database stuck, each in its turn. What has not begun can be called off.
            if not waiting.done() and work_done.cancel():
                raise StoreUnavailable("Queue")
            return await waiting
        except asyncio.CancelledError:
            waiting.cancel()
            raise
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            # The database may have been moved or replaced; the next transaction begins with a new connection.
            self._engine.dispose()
            # The driver's message may hold the row: only its kind goes on.
            raise StoreUnavailable(type(error).__name__) from None


def _engine(url: str) -> Engine:
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # One connection that stays: opening one for each transaction costs more than the transaction.
    engine = sa.create_engine(
        parsed,
        hide_parameters=True,
        poolclass=sa.pool.QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _LOCKED_SECONDS},
    )

    def configure(connection: Any, record: Any) -> None:
        # Python's driver would begin a transaction only before its first change; ours begin with what they read.
        connection.isolation_level = None
        # WAL survives a crash; FULL makes a stored message survive a power cut; secure_delete leaves no text behind.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", begin)
    return engine


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _read_conversation(connection: Connection, conversation: str) -> Conversation | None:
    row = connection.execute(tables.conversations.select().where(tables.conversations.c.id == conversation)).first()
    return _conversation(row, row.form) if row else None


def _conversation(row: Any, form: str | None) -> Conversation:
    return Conversation(
        row.id, row.channel, row.holder, row.language, row.hint, row.choice, row.place, form, row.counted
    )  # fmt: skip


def _is_erased(connection: Connection, conversation: str) -> bool:
    return (
        connection.execute(tables.erased.select().where(tables.erased.c.conversation == conversation)).first()
        is not None
    )


def see(connection: Connection, channel: str, update: str) -> bool:
    """Remember an update of a channel; False if it came before."""
    known = sa.select(tables.seen.c.at).where(tables.seen.c.channel == channel, tables.seen.c.update_id == update)
    if connection.execute(known).first():
        return False
    connection.execute(tables.seen.insert().values(channel=channel, update_id=update, at=_now()))
    return True


def keep_address(connection: Connection, incoming: Incoming) -> None:
    """Remember where the conversation is reached, if its channel says so."""
    if incoming.address is None:
        return
    connection.execute(tables.addresses.delete().where(tables.addresses.c.conversation == incoming.conversation))
    connection.execute(tables.addresses.insert().values(conversation=incoming.conversation, address=incoming.address))


def _ensure_conversation(connection: Connection, incoming: Incoming) -> None:
    chosen = {"choice": incoming.chooses, "language": incoming.chooses} if incoming.chooses else {}
    if touch(connection, incoming.conversation):
        if chosen:
            mine = tables.conversations.c.id == incoming.conversation
            connection.execute(tables.conversations.update().where(mine).values(chosen))
        return
    new = {"hint": incoming.hint, "choice": incoming.choice, **chosen}
    connection.execute(
        tables.conversations.insert().values(
            id=incoming.conversation, channel=incoming.channel, holder="bot", last_number=0, last_at=_now(), **new
        )
    )
    keep_address(connection, incoming)


def _insert(connection: Connection, incoming: Incoming) -> None:
    if incoming.silences:
        _silence(connection, incoming.conversation)
    shown, payload = incoming.text, json.dumps(incoming.payload) if incoming.payload else None
    if incoming.button_id is not None:
        shown, payload = _issued(connection, incoming.conversation, incoming.button_id)
    if shown or payload:
        connection.execute(
            statements.RECEIVE,
            {
                "chat": incoming.conversation,
                "conversation": incoming.conversation,
                "message_id": incoming.message_id,
                "text": shown,
                "button": payload,
                "answered": incoming.answered,
                "at": _now(),
            },
        )
    for reply in incoming.replies:
        add_reply(connection, incoming.conversation, reply)


def _silence(connection: Connection, conversation: str) -> None:
    """Drop what is still to be answered or delivered."""
    connection.execute(
        tables.received.update().where(tables.received.c.conversation == conversation).values(answered=True)
    )
    give_up(connection, tables.outbox.c.conversation == conversation)


def give_up(connection: Connection, some: sa.ColumnElement[bool]) -> None:
    """Deliver some of the outbox never; the replies say so from then on."""
    for row in connection.execute(tables.outbox.select().where(some)).all():
        mine = (tables.sent.c.conversation == row.conversation) & (tables.sent.c.number == row.number)
        connection.execute(tables.sent.update().where(mine).values(lost=True))
    connection.execute(tables.outbox.delete().where(some))


def is_held(connection: Connection, conversation: str) -> bool:
    """Whether the chat waits for a person or is with one."""
    return connection.execute(statements.HOLDER, {"chat": conversation}).scalar() in ("waiting", "person")


def _issued(connection: Connection, conversation: str, button_id: str) -> tuple[str, str]:
    row = connection.execute(
        tables.buttons.select().where(tables.buttons.c.id == button_id, tables.buttons.c.conversation == conversation)
    ).first()
    if row is None:
        raise KeyError(button_id)
    return row.title, row.payload


def add_reply(connection: Connection, conversation: str, reply: Reply) -> int:
    """Put a reply into a conversation, and into the outbox if its channel delivers by itself; its number."""
    return _add_replies(connection, conversation, [reply])


def _add_replies(connection: Connection, conversation: str, replies: Sequence[Reply]) -> int:
    """The same with one or more, in their order; the number of the last."""
    chat = {"chat": conversation}
    connection.execute(statements.COUNT, {**chat, "more": len(replies)})
    last, has_address = connection.execute(statements.COUNTED, chat).one()
    numbered = list(enumerate(replies, start=last - len(replies) + 1))
    connection.execute(statements.SEND, [_sent_row(conversation, *one) for one in numbered])
    if has_address:
        rows = [{"conversation": conversation, "number": number, "part": 0} for number, _ in numbered]
        connection.execute(tables.outbox.insert(), rows)
    if issued := [row for one in numbered for row in _button_rows(conversation, *one)]:
        connection.execute(statements.OFFER, issued)
    return int(last)


def _sent_row(conversation: str, number: int, reply: Reply) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "number": number,
        "sender": reply.sender,
        "text": reply.text,
        "language": reply.language,
        "topic": reply.topic,
        "urgent": reply.urgent,
        "at": _now(),
        "original": reply.original,
        "machine": reply.machine,
        "private": reply.private,
        "client_id": reply.client_id,
    }


def _button_rows(conversation: str, number: int, reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "id": secrets.token_urlsafe(12),
            "conversation": conversation,
            "number": number,
            "position": position,
            "title": title,
            "payload": json.dumps(payload),
        }
        for position, (title, payload) in enumerate(reply.buttons)
    ]


def read_sent(connection: Connection, conversation: str, number: int, limit: int | None = None) -> list[Sent]:
    """The replies of a conversation with a higher number, in order, with their buttons."""
    chat = {"chat": conversation}
    query = statements.SENT if limit is None else statements.SENT.limit(limit)
    rows = connection.execute(query, {**chat, "number": number}).all()
    if not rows:
        return []
    buttons: dict[int, list[IssuedButton]] = {}
    between = {**chat, "first": rows[0].number, "last": rows[-1].number}
    for row in connection.execute(statements.BUTTONS, between):
        buttons.setdefault(row.number, []).append(IssuedButton(row.id, row.title))
    return [
        Sent(
            row.number, row.sender, row.text, row.language, row.topic, row.urgent, tuple(buttons.get(row.number, ())),
            row.at, row.original, bool(row.machine),
        )
        for row in rows
    ]  # fmt: skip


def _read_readable(connection: Connection, conversation: str, number: int) -> list[Sent]:
    """The same without those that cannot be decrypted: what came after them must still be seen."""
    try:
        return read_sent(connection, conversation, number)
    except Unreadable:
        later = sa.select(tables.sent.c.number).where(
            tables.sent.c.conversation == conversation, tables.sent.c.number > number
        )
        found: list[Sent] = []
        for one in sorted(connection.execute(later).scalars().all()):
            with suppress(Unreadable):
                found += read_sent(connection, conversation, one - 1, limit=1)
        return found


def touch(connection: Connection, conversation: str) -> bool:
    """Count the time for which a conversation is kept from now on; False if there is none."""
    return bool(connection.execute(statements.TOUCH, {"chat": conversation, "now": _now()}).rowcount)


def delete_conversations(connection: Connection, conversations: Sequence[str]) -> None:
    """Delete everything said in these conversations; where they are reached stays for whoever deletes it there.

    That there was a handover, and who had it, stays for the desk; nothing of what it was about does, nor, from the next
    round of retention on, whose it was.
    """
    mine = sa.select(tables.conversations.c.id).where(tables.conversations.c.id.in_(conversations))
    connection.execute(mine.with_for_update()).all()
    _forget_handovers(connection, conversations)
    for table in (tables.outbox, tables.buttons, tables.sent, tables.received, tables.resume_codes):
        connection.execute(table.delete().where(table.c.conversation.in_(conversations)))
    connection.execute(tables.conversations.delete().where(tables.conversations.c.id.in_(conversations)))


def _forget_handovers(connection: Connection, conversations: Sequence[str]) -> None:
    mine = tables.handovers.c.conversation.in_(list(conversations))
    ids = sa.select(tables.handovers.c.id).where(mine)
    connection.execute(tables.notes.delete().where(tables.notes.c.handover.in_(ids)))
    open_ones = tables.handovers.c.ended_at.is_(None)
    connection.execute(tables.handovers.update().where(mine, open_ones).values(ended_at=_now(), state="erased"))
    nothing = {"details": None, "topic": None, "place": None, "to_received": 0, "to_number": 0}
    connection.execute(tables.handovers.update().where(mine).values(nothing))
