"""How long the desk keeps what it writes down, and the job that keeps it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

from sqlalchemy.engine import Connection

from bot.desk import sessions, tables
from bot.desk.clock import Clock
from bot.gateway.store import Store

_logger = logging.getLogger(__name__)

#: Entries of the audit log.
AUDIT = dt.timedelta(days=365)
_ROUND_SECONDS = 3600


async def keep_desk_retention(store: Store, clock: Clock) -> None:
    """Delete what is over its time, now and every hour, until cancelled."""
    while True:
        try:
            await delete_old(store, clock())
        except Exception as error:  # the next round tries again; a purge must never end the gateway
            _logger.error("Retention round of the desk failed: %s", type(error).__name__)
        await asyncio.sleep(_ROUND_SECONDS)


async def delete_old(store: Store, now: dt.datetime) -> None:
    """Delete sessions that are over and old entries of the audit log."""

    def delete(connection: Connection) -> None:
        table = tables.sessions
        connection.execute(table.delete().where(table.c.created_at <= now - sessions.LONGEST))
        connection.execute(tables.audit.delete().where(tables.audit.c.at < now - AUDIT))

    await store.transaction(delete)
