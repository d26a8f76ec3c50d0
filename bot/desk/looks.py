"""What each counsellor has seen of which chat, and whether there is something new in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.desk import audit
from bot.desk.clock import Clock, as_utc
from bot.desk.tables import looks
from bot.gateway import tables
from bot.gateway.store import Store

#: Whoever looks at the same chat again within this time goes on reading; that is one entry of the audit log.
_READING = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Mark:
    """``unread``: messages of the person that a counsellor has not seen. ``version`` changes with whatever is shown."""

    unread: int
    version: str


class Looks:
    """Notes who looks at what."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def look(self, account: str, handover: str) -> None:
        """Somebody reads a chat now, up to the last message there is; the audit log says so.

        What comes while it is being read counts as unread, and is looked at again.
        """
        now = self._clock()

        def note(connection: Connection) -> None:
            last = sa.select(sa.func.max(tables.received.c.id)).where(
                tables.received.c.conversation == tables.handovers.c.conversation
            )
            seen = connection.execute(
                sa.select(last.scalar_subquery()).where(tables.handovers.c.id == handover)
            ).scalar()
            mine = (looks.c.account == account) & (looks.c.handover == handover)
            before = connection.execute(sa.select(looks.c.audited_at).where(mine)).scalar()
            is_new = before is None or as_utc(before) <= now - _READING
            values = {"received": seen or 0, "audited_at": now if is_new else before}
            if before is None:
                connection.execute(looks.insert().values(account=account, handover=handover, **values))
            else:
                connection.execute(looks.update().where(mine).values(values))
            if is_new:
                audit.write(connection, now, account, "chat.read", handover)

        # From two windows at the same moment: the other one has noted it.
        with suppress(IntegrityError):
            await self._store.transaction(note)

    async def marks(self, account: str, handovers: Sequence[str]) -> dict[str, Mark]:
        """What is new in these handovers for an account."""

        def read(connection: Connection) -> dict[str, Mark]:
            rows = connection.execute(_marks(account).where(tables.handovers.c.id.in_(list(handovers))))
            return {row.id: Mark(row.unread, "-".join(str(part or 0) for part in row[2:])) for row in rows}

        return await self._store.transaction(read)


def _marks(account: str) -> sa.sql.Select:
    """Id, unread messages, and the numbers that make up the version, of each handover."""
    handovers, received, chats = tables.handovers, tables.received, tables.conversations
    seen = sa.select(looks.c.received).where(looks.c.handover == handovers.c.id, looks.c.account == account)
    readable = (
        received.c.conversation == handovers.c.conversation,
        received.c.id > handovers.c.from_received,
        handovers.c.to_received.is_(None) | (received.c.id <= handovers.c.to_received),
    )
    # The answers to the questions of the intake are no news.
    looked = sa.func.coalesce(seen.correlate(handovers).scalar_subquery(), 0)
    new = (received.c.at >= handovers.c.asked_at) & (received.c.id > looked)
    chat = chats.c.id == handovers.c.conversation
    waiting = tables.outbox.c.conversation == handovers.c.conversation
    counted = {
        "unread": sa.select(sa.func.count()).where(*readable, new),
        "received": sa.select(sa.func.max(received.c.id)).where(*readable),
        "sent": sa.select(chats.c.last_number).where(chat, handovers.c.to_number.is_(None)),
        "shown": sa.select(chats.c.shown_number).where(chat),
        "undelivered": sa.select(sa.func.min(tables.outbox.c.number)).where(waiting),
        "notes": sa.select(sa.func.max(tables.notes.c.id)).where(tables.notes.c.handover == handovers.c.id),
    }
    # Each is correlated with the handover of its row, and with nothing else.
    unread, *others = [part.correlate(handovers).scalar_subquery().label(name) for name, part in counted.items()]
    return sa.select(handovers.c.id, unread, handovers.c.to_number, *others)
