"""The outbox: replies that a channel delivers by itself, kept until it has, and what it needs to take them back.

A part of a reply is marked before it is sent and unmarked after. What is found marked after a crash or a broken
connection may have arrived or not; the channel asks the other side before it sends again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.gateway import tables
from bot.gateway.sealing import Unreadable
from bot.gateway.store import Incoming, Sent, Store, delete_conversations, give_up, keep_address, read_sent, see


@dataclass(frozen=True)
class Pending:
    """The next part of a reply to deliver. ``after`` is set if that part was on its way when we lost sight of it."""

    conversation: str
    address: str
    reply: Sent
    part: int
    after: int | None


@dataclass(frozen=True)
class Forget:
    """A conversation erased with us, whose ``messages`` are still to be deleted on the channel's side."""

    conversation: str
    language: str
    address: str
    messages: tuple[int, ...]


class Outbox:
    """What is to be delivered, in order within each conversation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def conversations(self) -> list[str]:
        """Conversations that have something to deliver."""

        def read(connection: Connection) -> list[str]:
            return [row.conversation for row in connection.execute(sa.select(tables.outbox.c.conversation).distinct())]

        return await self._store.transaction(read)

    async def next(self, conversation: str) -> Pending | None:
        """The oldest thing to deliver in a conversation."""

        def read(connection: Connection) -> Pending | None:
            rows = connection.execute(
                sa.select(tables.outbox, tables.addresses.c.address)
                .join(tables.addresses, tables.addresses.c.conversation == tables.outbox.c.conversation)
                .where(tables.outbox.c.conversation == conversation)
                .order_by(tables.outbox.c.number)
            ).all()
            for row in rows:
                try:
                    reply = read_sent(connection, conversation, row.number - 1, limit=1)[0]
                except Unreadable:
                    # It can never be said, and must not stand in the way of what can.
                    give_up(connection, _of(conversation, row.number))
                    continue
                return Pending(conversation, row.address, reply, row.part, row.after)
            return None

        return await self._store.transaction(read)

    async def address(self, conversation: str) -> str | None:
        """Where a conversation is reached, sealed by its channel; None if that is not known."""

        def read(connection: Connection) -> str | None:
            query = sa.select(tables.addresses.c.address).where(tables.addresses.c.conversation == conversation)
            found: str | None = connection.execute(query).scalar()
            return found

        return await self._store.transaction(read)

    async def begin(self, pending: Pending, after: int) -> bool:
        """Mark a part as on its way; ``after`` is the highest message id the channel has seen so far.

        False if it is not to be delivered any more: the chat was erased, or the person does not want to hear more.
        """

        def write(connection: Connection) -> bool:
            if not _is_there(connection, pending):
                return False
            begun = connection.execute(tables.outbox.update().where(_row(pending)).values(after=after))
            return bool(begun.rowcount)

        return await self._store.transaction(write)

    async def withdraw(self, pending: Pending) -> None:
        """Unmark a part that certainly did not arrive."""

        def write(connection: Connection) -> None:
            if _is_there(connection, pending):
                connection.execute(tables.outbox.update().where(_row(pending)).values(after=None))

        await self._store.transaction(write)

    async def done(self, pending: Pending, message: int, last: bool) -> bool:
        """A part arrived as ``message``; with the ``last`` one the reply is delivered.

        False if the chat was erased while it was on its way: then it has to go there too.
        """

        def write(connection: Connection) -> bool:
            if not _is_there(connection, pending):
                return False
            values = {"conversation": pending.conversation, "message": message}
            known = tables.delivered.select().where(
                tables.delivered.c.conversation == pending.conversation, tables.delivered.c.message == message
            )
            if connection.execute(known).first() is None:
                connection.execute(tables.delivered.insert().values(values))
            if last:
                connection.execute(tables.outbox.delete().where(_row(pending)))
            else:
                connection.execute(
                    tables.outbox.update().where(_row(pending)).values(part=pending.part + 1, after=None)
                )
            return True

        return await self._store.transaction(write)

    async def skip(self, pending: Pending) -> None:
        """Give up one reply that the channel refuses."""

        def write(connection: Connection) -> None:
            if _is_there(connection, pending):
                give_up(connection, _row(pending))

        await self._store.transaction(write)

    async def drop(self, conversation: str) -> None:
        """Give up all there is to deliver: the person can no longer be reached."""
        mine = tables.outbox.c.conversation == conversation
        await self._store.transaction(lambda connection: give_up(connection, mine))

    async def highest(self) -> int:
        """The highest message id known from earlier, 0 if none."""

        def read(connection: Connection) -> int:
            columns = (tables.delivered.c.message, tables.outbox.c.after)
            return max(connection.execute(sa.select(sa.func.max(column))).scalar() or 0 for column in columns)

        return await self._store.transaction(read)

    async def erase(self, asked: Incoming, language: str) -> bool:
        """Erase everything said in a conversation; its messages on the channel's side are left to ``forgets``.

        False if this update came before: brought again, it must not erase what was written since.
        """
        conversation = asked.conversation

        def write(connection: Connection) -> bool:
            if not see(connection, asked.channel, asked.message_id):
                return False
            delete_conversations(connection, [conversation])
            self._store.also_erase(connection, conversation)
            keep_address(connection, asked)
            connection.execute(tables.forgets.delete().where(tables.forgets.c.conversation == conversation))
            now = dt.datetime.now(dt.timezone.utc)
            connection.execute(tables.forgets.insert().values(conversation=conversation, language=language, at=now))
            return True

        return await self._store.transaction(write)

    async def forgets(self) -> list[Forget]:
        """Erased conversations whose messages are still to be deleted on the channel's side."""

        def read(connection: Connection) -> list[Forget]:
            found = []
            joined = sa.select(tables.forgets, tables.addresses.c.address).join(
                tables.addresses, tables.addresses.c.conversation == tables.forgets.c.conversation
            )
            for row in connection.execute(joined).all():
                ids = sa.select(tables.delivered.c.message).where(tables.delivered.c.conversation == row.conversation)
                messages = tuple(sorted(connection.execute(ids).scalars()))
                found.append(Forget(row.conversation, row.language, row.address, messages))
            return found

        return await self._store.transaction(read)

    async def forgotten(self, forget: Forget) -> None:
        """The channel has deleted what it could: forget the rest, and the address unless a new chat has begun."""

        def write(connection: Connection) -> None:
            connection.execute(tables.forgets.delete().where(tables.forgets.c.conversation == forget.conversation))
            _delete_ids(connection, forget.conversation, forget.messages)
            begun = sa.select(tables.conversations.c.id)
            connection.execute(
                tables.addresses.delete().where(
                    tables.addresses.c.conversation == forget.conversation,
                    tables.addresses.c.conversation.not_in(begun),
                )
            )

        await self._store.transaction(write)


def _of(conversation: str, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(tables.outbox.c.conversation == conversation, tables.outbox.c.number == number)


def _row(pending: Pending) -> sa.ColumnElement[bool]:
    return _of(pending.conversation, pending.reply.number)


def _is_there(connection: Connection, pending: Pending) -> bool:
    """Whether the chat still has this reply. After it was erased, a new one counts its replies from 1 again."""
    query = sa.select(tables.sent.c.at).where(
        tables.sent.c.conversation == pending.conversation, tables.sent.c.number == pending.reply.number
    )
    row = connection.execute(query).first()
    return row is not None and row.at == pending.reply.at


def _delete_ids(connection: Connection, conversation: str, messages: Sequence[int]) -> None:
    for message in messages:
        connection.execute(
            tables.delivered.delete().where(
                tables.delivered.c.conversation == conversation, tables.delivered.c.message == message
            )
        )
