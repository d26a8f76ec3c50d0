"""Logging in: name, password and a code from the phone; the first time a password of ours, which is then replaced."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from bot.desk import audit, second_factor, tables
from bot.desk.clock import Clock, as_utc
from bot.desk.errors import DeskError
from bot.desk.passwords import LONGEST, Passwords, password_fault
from bot.desk.sessions import Session, end_all, start
from bot.gateway.sealing import Unreadable
from bot.gateway.store import Store

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Credentials:
    """What an account is opened with; ``one_time_until`` is set while the password is one of ours."""

    password_hash: str
    one_time_until: dt.datetime | None
    totp_secret: str | None
    enabled: bool


class Authentication:
    """Begins sessions. Whatever is wrong, the answer and the time it takes are the same."""

    def __init__(self, store: Store, passwords: Passwords, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock

    async def log_in(self, name: str, password: str, code: str) -> str | None:
        """The token of a new session, or None. The code is not looked at while the password is a one-time one."""
        known = await self._credentials(name)
        right = await self._passwords.verify(known.password_hash if known else None, password[: LONGEST + 1])
        now = self._clock()

        def admit(connection: Connection) -> str | None:
            token = _admit(connection, name, known, code, now) if known and right and known.enabled else None
            if token is None:
                # What was typed as a name may be a password.
                audit.write(connection, now, name if known else audit.UNKNOWN, "login.failed")
            return token

        token = await self._store.transaction(admit)
        if token is not None and known is not None and self._passwords.is_outdated(known.password_hash):
            await self._rehash(name, known.password_hash, password)
        return token

    async def enrolment_secret(self, session: Session) -> str:
        """The second factor that the owner is about to take over.

        Raises:
            DeskError: the session is over.
        """
        known = await self._credentials(session.account)
        if known is None or known.totp_secret is None or known.one_time_until is None:
            raise _over()
        return known.totp_secret

    async def enrol(self, session: Session, password: str, code: str) -> str:
        """Finish the first log-in with a password of one's own and the first code; the token of a full session.

        Raises:
            DeskError: the password is too weak, the code is wrong, or the session is over.
        """
        known = await self._credentials(session.account)
        if known is None or known.totp_secret is None or known.one_time_until is None:
            raise _over()
        fault = password_fault(password, session.account)
        if fault:
            raise DeskError(422, "weak_password", fault)
        if await self._passwords.verify(known.password_hash, password):
            raise DeskError(422, "weak_password", "account.password_same")
        step = second_factor.matching_step(known.totp_secret, code, self._clock())
        if step is None:
            raise DeskError(422, "wrong_code", "account.wrong_code")
        kept, now = await self._passwords.hash(password), self._clock()

        def finish(connection: Connection) -> str:
            values = {"password_hash": kept, "one_time_until": None, "totp_step": step}
            if not _update(connection, session.account, known.password_hash, values):
                raise _over()
            end_all(connection, session.account)
            audit.write(connection, now, session.account, "account.enrolled", session.account)
            return start(connection, session.account, enrolling=False, now=now)

        return await self._store.transaction(finish)

    async def _credentials(self, name: str) -> _Credentials | None:
        def read(connection: Connection) -> _Credentials | None:
            row = connection.execute(tables.accounts.select().where(tables.accounts.c.name == name)).first()
            if row is None:
                return None
            until = row.one_time_until
            return _Credentials(row.password_hash, until and as_utc(until), row.totp_secret, row.enabled)

        try:
            return await self._store.transaction(read)
        except Unreadable:
            _logger.error("A second factor was sealed with a key that is not in ENCRYPTION_KEYS; reset the account")
            return None

    async def _rehash(self, name: str, outdated: str, password: str) -> None:
        kept = await self._passwords.hash(password)
        await self._store.transaction(
            lambda connection: _update(connection, name, outdated, {"password_hash": kept}),
        )


def _admit(connection: Connection, name: str, known: _Credentials, code: str, now: dt.datetime) -> str | None:
    """Begin a session for somebody who knows the password, if the rest is right as well."""
    if known.one_time_until is not None:
        if known.one_time_until <= now:
            return None
        # A new second factor each time: whoever handed over the password and looked has seen another one.
        if not _update(connection, name, known.password_hash, {"totp_secret": second_factor.new_secret()}):
            return None
        end_all(connection, name)
        audit.write(connection, now, name, "login.first")
        return start(connection, name, enrolling=True, now=now)
    step = second_factor.matching_step(known.totp_secret or "", code, now)
    if step is None:
        return None
    unused = tables.accounts.c.totp_step.is_(None) | (tables.accounts.c.totp_step < step)
    if not _update(connection, name, known.password_hash, {"totp_step": step}, unused):
        return None
    audit.write(connection, now, name, "login")
    return start(connection, name, enrolling=False, now=now)


def _update(connection: Connection, name: str, kept: str, values: dict[str, Any], *conditions: Any) -> bool:
    """Change an account that is still enabled and still has this password; False if it is not so."""
    accounts = tables.accounts
    mine = (accounts.c.name == name) & (accounts.c.password_hash == kept) & accounts.c.enabled.is_(True)
    changed = accounts.update().where(mine, *conditions).values(values)
    return bool(connection.execute(changed).rowcount == 1)


def _over() -> DeskError:
    return DeskError(401, "signed_out", "account.signed_out")
