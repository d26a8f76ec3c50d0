"""The audit log: who saw or did what. It holds nothing that anybody wrote."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from bot.desk import tables
from bot.desk.clock import Clock, as_utc
from bot.gateway.store import Store

#: Who acts on the command line, and who tries an account that does not exist; neither can be an account's name.
COMMAND_LINE = "(command line)"
UNKNOWN = "(unknown)"
#: Entries on a page.
PAGE = 50

_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)*")
_OBJECT = re.compile(r"[A-Za-z0-9:._=-]*")
_DETAIL = re.compile(r"[a-z_]*")


@dataclass(frozen=True)
class AuditEntry:
    """``account`` did ``action`` to ``object`` (the id of a chat, an account ...). Ids count upwards."""

    id: int
    at: dt.datetime
    account: str
    action: str
    object: str
    detail: str


def write(
    connection: Connection, now: dt.datetime, account: str, action: str, object_id: str = "", detail: str = ""
) -> None:
    """Note an act in the transaction that does it.

    Args:
        connection: the transaction.
        now: the present moment.
        account: who acts.
        action: a fixed word such as ``chat.opened``; its name is the phrase ``audit.chat.opened``.
        object_id: the id of what it is done to.
        detail: a fixed word, such as the role a new account gets.

    Raises:
        ValueError: the object or the detail could hold something that a person wrote.
    """
    for value, form, most in ((action, _ACTION, 40), (object_id, _OBJECT, 80), (detail, _DETAIL, 40)):
        if not form.fullmatch(value) or len(value) > most:
            raise ValueError("this does not belong in the audit log")
    connection.execute(
        tables.audit.insert().values(at=now, account=account, action=action, object=object_id, detail=detail)
    )


class Audit:
    """Writes and reads the log."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def note(self, account: str, action: str, object_id: str = "", detail: str = "") -> None:
        """Note an act; see ``write``, which does it in a transaction of the caller's.

        Raises:
            ValueError: the object or the detail could hold something that a person wrote.
            StoreUnavailable: the act cannot be noted, and should not be done.
        """
        now = self._clock()
        await self._store.transaction(lambda connection: write(connection, now, account, action, object_id, detail))

    async def page(self, before: int | None = None) -> list[AuditEntry]:
        """The newest entries, or the newest of those with a smaller id than ``before``."""

        def read(connection: Connection) -> list[AuditEntry]:
            query = tables.audit.select().order_by(tables.audit.c.id.desc()).limit(PAGE)
            if before is not None:
                query = query.where(tables.audit.c.id < before)
            return [
                AuditEntry(row.id, as_utc(row.at), row.account, row.action, row.object, row.detail)
                for row in connection.execute(query)
            ]

        return await self._store.transaction(read)
