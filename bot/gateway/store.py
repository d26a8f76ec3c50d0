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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

Holder = Literal["bot", "waiting", "person", "closed"]
Sender = Literal["bot", "person", "system"]
_Result = TypeVar("_Result")

_metadata = sa.MetaData()

#: So many last replies are looked through for the topic a conversation is on.
_RECENT = 12

_conversations = sa.Table(
    "conversations",
    _metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("holder", sa.String(8), nullable=False, default="bot"),
    sa.Column("language", sa.String(2)),
    sa.Column("hint", sa.String(2)),
    sa.Column("choice", sa.String(2)),
    sa.Column("place", sa.String(64)),
    sa.Column("last_number", sa.Integer, nullable=False, default=0),
    sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, index=True),
)

_received = sa.Table(
    "received",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("message_id", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("button", sa.Text),
    sa.Column("answered", sa.Boolean, nullable=False, default=False, index=True),
    sa.UniqueConstraint("conversation", "message_id"),
)

_sent = sa.Table(
    "sent",
    _metadata,
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sender", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("topic", sa.String(64)),
    sa.Column("urgent", sa.Boolean, nullable=False, default=False),
)

_buttons = sa.Table(
    "buttons",
    _metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
)

_erased = sa.Table(
    "erased",
    _metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


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


@dataclass(frozen=True)
class Received:
    """A message that came in; ``button`` is the payload of a button we issued."""

    key: int
    conversation: str
    text: str
    button: dict[str, str] | None


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


@dataclass(frozen=True)
class Changes:
    """What a turn changes about its conversation; None leaves a value as it is."""

    language: str | None = None
    choice: str | None = None
    place: str | None = None

    def values(self) -> dict[str, str]:
        given = {"language": self.language, "choice": self.choice, "place": self.place}
        return {name: value for name, value in given.items() if value is not None}


class Store:
    """All access to the database; SQLAlchemy runs in threads so that the event loop never waits for a disk."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        # SQLite has one writer; a pool of one thread is its queue.
        workers = 1 if self._engine.dialect.name == "sqlite" else 8
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="store")

    async def open(self) -> None:
        """Create the tables where they are missing."""
        await self._run(lambda connection: _metadata.create_all(connection))

    async def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    async def check(self) -> None:
        """Write and read: raises StoreUnavailable if the store cannot be written."""

        def probe(connection: Connection) -> None:
            connection.execute(_erased.delete().where(_erased.c.conversation == "probe"))

        await self._run(probe)

    async def receive(
        self,
        conversation: str,
        channel: str,
        message_id: str,
        text: str,
        button_id: str | None = None,
        hint: str | None = None,
        choice: str | None = None,
    ) -> bool:
        """Store a message; True if it is new, False if this ``message_id`` was there already.

        Raises:
            KeyError: the button was not issued in this conversation.
            ConversationErased: the conversation was erased before.
        """

        def insert(connection: Connection) -> bool:
            _ensure_conversation(connection, conversation, channel, hint, choice)
            known = sa.select(_received.c.id).where(
                _received.c.conversation == conversation, _received.c.message_id == message_id
            )
            if connection.execute(known).first():
                return False
            shown, payload = text, None
            if button_id is not None:
                shown, payload = _issued(connection, conversation, button_id)
            connection.execute(
                _received.insert().values(
                    conversation=conversation, message_id=message_id, text=shown, button=payload, answered=False
                )
            )
            return True

        try:
            return await self._run(insert)
        except IntegrityError:
            # The same message arrived twice at the same moment: the other one won.
            return False

    async def conversation(self, conversation: str) -> Conversation | None:
        def read(connection: Connection) -> Conversation | None:
            row = connection.execute(_conversations.select().where(_conversations.c.id == conversation)).first()
            return _conversation(row) if row else None

        return await self._run(read)

    async def is_erased(self, conversation: str) -> bool:
        def read(connection: Connection) -> bool:
            return _is_erased(connection, conversation)

        return await self._run(read)

    async def choose_language(self, conversation: str, choice: str | None, reply: Reply | None) -> bool:
        """Keep an explicit choice of language (None: go by the messages again); False if there is no such chat yet."""

        def update(connection: Connection) -> bool:
            values: dict[str, Any] = {"choice": choice}
            if choice:
                values["language"] = choice
            found = connection.execute(
                _conversations.update().where(_conversations.c.id == conversation).values(values)
            )
            if found.rowcount and reply is not None:
                _add_reply(connection, conversation, reply)
            return bool(found.rowcount)

        return await self._run(update)

    async def unanswered(self, conversation: str) -> Received | None:
        """The oldest message of a conversation that has no answer yet."""

        def read(connection: Connection) -> Received | None:
            query = (
                _received.select()
                .where(_received.c.conversation == conversation, _received.c.answered.is_(False))
                .order_by(_received.c.id)
                .limit(1)
            )
            row = connection.execute(query).first()
            if row is None:
                return None
            return Received(row.id, row.conversation, row.text, json.loads(row.button) if row.button else None)

        return await self._run(read)

    async def recent_topics(self, conversation: str) -> list[str]:
        """The topics of the last replies, newest first."""

        def read(connection: Connection) -> list[str]:
            query = (
                sa.select(_sent.c.topic)
                .where(_sent.c.conversation == conversation, _sent.c.topic.is_not(None))
                .order_by(_sent.c.number.desc())
                .limit(_RECENT)
            )
            return [row.topic for row in connection.execute(query)]

        return await self._run(read)

    async def waiting_conversations(self) -> list[str]:
        """Conversations with unanswered messages that the bot holds, as found after a restart."""

        def read(connection: Connection) -> list[str]:
            query = (
                sa.select(_received.c.conversation)
                .join(_conversations, _conversations.c.id == _received.c.conversation)
                .where(_received.c.answered.is_(False), _conversations.c.holder == "bot")
                .distinct()
            )
            return [row.conversation for row in connection.execute(query)]

        return await self._run(read)

    async def answer(self, message: Received, replies: Sequence[Reply], changes: Changes) -> bool:
        """Store the replies to a message and mark it answered; False if it was answered or erased meanwhile."""

        def write(connection: Connection) -> bool:
            claimed = connection.execute(
                _received.update()
                .where(_received.c.id == message.key, _received.c.answered.is_(False))
                .values(answered=True)
            )
            if claimed.rowcount != 1:
                return False
            for reply in replies:
                _add_reply(connection, message.conversation, reply)
            values = changes.values()
            if values:
                connection.execute(
                    _conversations.update().where(_conversations.c.id == message.conversation).values(values)
                )
            return True

        return await self._run(write)

    async def sent_after(self, conversation: str, number: int) -> list[Sent]:
        """The replies with a higher number, in order."""

        def read(connection: Connection) -> list[Sent]:
            rows = connection.execute(
                _sent.select()
                .where(_sent.c.conversation == conversation, _sent.c.number > number)
                .order_by(_sent.c.number)
            ).all()
            if not rows:
                return []
            buttons: dict[int, list[IssuedButton]] = {}
            for row in connection.execute(
                _buttons.select()
                .where(_buttons.c.conversation == conversation, _buttons.c.number > number)
                .order_by(_buttons.c.number, _buttons.c.position)
            ):
                buttons.setdefault(row.number, []).append(IssuedButton(row.id, row.title))
            return [
                Sent(
                    row.number, row.sender, row.text, row.language, row.topic, row.urgent,
                    tuple(buttons.get(row.number, ())),
                )
                for row in rows
            ]  # fmt: skip

        return await self._run(read)

    async def erase(self, conversation: str) -> None:
        """Erase everything of a conversation; only a fingerprint of its id stays, against late retries."""

        def delete(connection: Connection) -> None:
            _delete(connection, [conversation])
            connection.execute(_erased.delete().where(_erased.c.conversation == conversation))
            connection.execute(_erased.insert().values(conversation=conversation, at=_now()))

        await self._run(delete)

    async def erase_older_than(self, periods: dict[str, dt.timedelta], now: dt.datetime) -> int:
        """Erase what is over its retention period; the number of conversations erased."""

        def delete(connection: Connection) -> int:
            old = sa.select(_conversations.c.id).where(_conversations.c.last_at < now - periods["conversations"])
            ids = [row.id for row in connection.execute(old)]
            _delete(connection, ids)
            connection.execute(_erased.delete().where(_erased.c.at < now - periods["erased"]))
            return len(ids)

        return await self._run(delete)

    async def _run(self, work: Callable[[Connection], _Result]) -> _Result:
        def transaction() -> _Result:
            with self._engine.begin() as connection:
                return work(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            # The driver's message may hold the row: only its kind goes on.
            raise StoreUnavailable(type(error).__name__) from None


def _engine(url: str) -> Engine:
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 10})

    def configure(connection: Any, record: Any) -> None:
        # WAL survives a crash; FULL makes a stored message survive a power cut; secure_delete leaves no text behind.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "connect", configure)
    return engine


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _conversation(row: Any) -> Conversation:
    return Conversation(row.id, row.channel, row.holder, row.language, row.hint, row.choice, row.place)


def _is_erased(connection: Connection, conversation: str) -> bool:
    return connection.execute(_erased.select().where(_erased.c.conversation == conversation)).first() is not None


def _ensure_conversation(
    connection: Connection, conversation: str, channel: str, hint: str | None, choice: str | None
) -> None:
    if _is_erased(connection, conversation):
        raise ConversationErased
    touched = connection.execute(
        _conversations.update().where(_conversations.c.id == conversation).values(last_at=_now())
    )
    if touched.rowcount == 0:
        connection.execute(
            _conversations.insert().values(
                id=conversation,
                channel=channel,
                holder="bot",
                hint=hint,
                choice=choice,
                last_number=0,
                last_at=_now(),
            )
        )


def _issued(connection: Connection, conversation: str, button_id: str) -> tuple[str, str]:
    row = connection.execute(
        _buttons.select().where(_buttons.c.id == button_id, _buttons.c.conversation == conversation)
    ).first()
    if row is None:
        raise KeyError(button_id)
    return row.title, row.payload


def _add_reply(connection: Connection, conversation: str, reply: Reply) -> None:
    connection.execute(
        _conversations.update()
        .where(_conversations.c.id == conversation)
        .values(last_number=_conversations.c.last_number + 1)
    )
    number = connection.execute(
        sa.select(_conversations.c.last_number).where(_conversations.c.id == conversation)
    ).scalar_one()
    connection.execute(
        _sent.insert().values(
            conversation=conversation,
            number=number,
            sender=reply.sender,
            text=reply.text,
            language=reply.language,
            topic=reply.topic,
            urgent=reply.urgent,
        )
    )
    for position, (title, payload) in enumerate(reply.buttons):
        connection.execute(
            _buttons.insert().values(
                id=secrets.token_urlsafe(12),
                conversation=conversation,
                number=number,
                position=position,
                title=title,
                payload=json.dumps(payload),
            )
        )


def _delete(connection: Connection, conversations: Sequence[str]) -> None:
    for table in (_buttons, _sent, _received):
        connection.execute(table.delete().where(table.c.conversation.in_(conversations)))
    connection.execute(_conversations.delete().where(_conversations.c.id.in_(conversations)))
