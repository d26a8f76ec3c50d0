"""Sessions: who is logged in, by a random token in a cookie of which only a hash is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.desk import tables
from bot.desk.clock import Clock, as_utc
from bot.desk.roles import Role
from bot.gateway.store import Store

#: A session ends so long after its last use, and so long after the log-in.
IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=10)
#: ``idle``: unused for too long to show or change anything; ``over``: not there any more.
Standing = Literal["open", "idle", "over"]
#: Its last use is written down this often at most.
_TOUCH = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in. ``csrf`` must come with whatever they change."""

    account: str
    role: Role
    enrolling: bool
    digest: str
    csrf: str
    #: Not used for so long that it only lets its page hear that somebody waits.
    idle: bool = False


def start(connection: Connection, account: str, enrolling: bool, now: dt.datetime) -> str:
    """Begin a session in a transaction; its token."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        tables.sessions.insert().values(
            digest=_digest(token), account=account, enrolling=enrolling, created_at=now, last_at=now
        )
    )
    return token


def end_all(connection: Connection, account: str) -> None:
    """End every session of an account."""
    connection.execute(tables.sessions.delete().where(tables.sessions.c.account == account))


def csrf_token(token: str) -> str:
    """The CSRF token that belongs to a session's token, from which nobody can tell that one."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


class Sessions:
    """Looks sessions up and ends them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def find(self, token: str, is_use: bool = True, idle_too: bool = False) -> Session | None:
        """The session of a token, if it still holds. ``is_use``: it then goes on for ``IDLE`` from now.

        ``idle_too``: also one that is too long unused, up to ``LONGEST``.
        """
        digest, now = _digest(token), self._clock()

        def read(connection: Connection) -> Session | None:
            row = _present(connection, digest, now)
            idle = row is not None and as_utc(row.last_at) <= now - IDLE
            if row is None or (idle and not idle_too):
                return None
            if is_use and not idle and as_utc(row.last_at) <= now - _TOUCH:
                connection.execute(
                    tables.sessions.update().where(tables.sessions.c.digest == digest).values(last_at=now)
                )
            return Session(row.account, row.role, row.enrolling, digest, csrf_token(token), idle)

        return await self._store.transaction(read)

    async def standing(self, session: Session) -> Standing:
        """How a session stands; what goes on by itself, such as a stream of events, has to ask."""
        now = self._clock()

        def read(connection: Connection) -> Standing:
            row = _present(connection, session.digest, now)
            if row is None:
                return "over"
            return "open" if as_utc(row.last_at) > now - IDLE else "idle"

        return await self._store.transaction(read)

    async def end(self, session: Session) -> None:
        """Log out."""
        await self._store.transaction(
            lambda connection: connection.execute(
                tables.sessions.delete().where(tables.sessions.c.digest == session.digest)
            )
        )


def _present(connection: Connection, digest: str, now: dt.datetime) -> sa.engine.Row | None:
    """A session that is not over, however long it has not been used."""
    sessions, accounts = tables.sessions, tables.accounts
    query = (
        sa.select(sessions.c.account, sessions.c.enrolling, sessions.c.last_at, accounts.c.role)
        .join(accounts, accounts.c.name == sessions.c.account)
        .where(
            sessions.c.digest == digest,
            accounts.c.enabled.is_(True),
            sessions.c.created_at > now - LONGEST,
        )
    )
    return connection.execute(query).first()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
