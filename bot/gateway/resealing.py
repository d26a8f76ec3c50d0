"""Seals everything that is kept with the first key, so that older keys can go. The gateway may run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.gateway.sealing import Sealer, Unreadable
from bot.gateway.store import Store
from bot.gateway.tables import Sealed, metadata

#: Rows in one transaction; the gateway waits for it.
_AT_ONCE = 200


@dataclass
class Resealed:
    """How it went: texts ``sealed`` with the first key now, and those that none of the keys opens, left as they are."""

    sealed: int = 0
    unreadable: int = 0


async def reseal(store: Store, keys: Sequence[str], say: Callable[[str], None]) -> Resealed:
    """Seal every text of every table with the first of the keys; ``say`` is told how far it has come.

    What an earlier version left unsealed is sealed too. What another process changes meanwhile is left to it.

    Raises:
        StoreUnavailable: the database cannot be read or written; what is done is done, begin again.
    """
    sealer, total = Sealer(keys), Resealed()
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Sealed)]
        if not columns:
            continue
        identities = await store.transaction(partial(_identities, table=table))
        for start in range(0, len(identities), _AT_ONCE):
            some = identities[start : start + _AT_ONCE]
            done = await store.transaction(_batch(sealer, table, columns, some))
            total.sealed += done.sealed
            total.unreadable += done.unreadable
            say(f"{table.name}: {start + len(some)} of {len(identities)}")
    return total


def _identities(connection: Connection, table: sa.Table) -> list[Any]:
    return list(connection.execute(sa.select(*table.primary_key.columns)).all())


def _batch(
    sealer: Sealer, table: sa.Table, columns: Sequence[sa.Column], identities: Sequence[Any]
) -> Callable[[Connection], Resealed]:
    """The work on some rows, for one transaction."""

    def work(connection: Connection) -> Resealed:
        done = Resealed()
        for identity in identities:
            mine = [column == value for column, value in zip(table.primary_key.columns, identity)]
            # As the text it is in the database, not as the one it stands for.
            raw = [sa.type_coerce(column, sa.Text).label(column.name) for column in columns]
            row = connection.execute(sa.select(*raw).where(*mine).with_for_update()).first()
            if row is None:
                continue
            changed: dict[str, sa.sql.ColumnElement[str]] = {}
            for name, text in row._mapping.items():
                if text is None or sealer.is_current(text):
                    continue
                try:
                    changed[name] = sa.literal(_sealed(sealer, text), sa.Text)
                except Unreadable:
                    done.unreadable += 1
            if changed:
                connection.execute(table.update().where(*mine).values(changed))
            done.sealed += len(changed)
        return done

    return work


def _sealed(sealer: Sealer, text: str) -> str:
    return sealer.reseal(text) if sealer.is_sealed(text) else sealer.seal(text)
