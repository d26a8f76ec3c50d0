"""Accounts of staff: made, disabled, and given new passwords."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.desk import audit, tables
from bot.desk.clock import Clock, as_utc
from bot.desk.errors import DeskError
from bot.desk.passwords import Passwords, one_time_password, password_fault
from bot.desk.roles import ROLES, Role
from bot.desk.sessions import end_all, start
from bot.gateway.store import Store

#: A password that we made must be used within this time.
ONE_TIME = dt.timedelta(hours=72)
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
#: Most characters in the name that people are shown.
LONGEST_SHOWN = 30


@dataclass(frozen=True)
class Account:
    """Somebody of the staff. ``is_new``: the first log-in is not finished; ``has_expired``: and came too late."""

    name: str
    role: Role
    enabled: bool
    is_new: bool
    has_expired: bool
    created_at: dt.datetime
    #: What people who are helped are told it is called.
    shown_name: str


class Accounts:
    """Everything done to accounts; each act is in the audit log.

    ``by`` is the account that does it, or ``audit.COMMAND_LINE``.
    """

    def __init__(self, store: Store, passwords: Passwords, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock

    async def create(self, name: str, role: str, by: str, shown_name: str = "") -> str:
        """Make an account; its one-time password, which is kept nowhere.

        Raises:
            DeskError: the name, the role or the name to show cannot be used, or the name is taken.
        """
        if not _NAME.fullmatch(name):
            raise DeskError(422, "name", "account.name_rule")
        if role not in ROLES:
            raise DeskError(422, "role", "account.role_rule", roles=", ".join(ROLES))
        shown = _shown(shown_name)
        password = one_time_password()
        kept, now = await self._passwords.hash(password), self._clock()

        def insert(connection: Connection) -> None:
            connection.execute(
                tables.accounts.insert().values(
                    name=name,
                    role=role,
                    password_hash=kept,
                    one_time_until=now + ONE_TIME,
                    enabled=True,
                    created_at=now,
                    shown_name=shown,
                )
            )
            audit.write(connection, now, by, "account.created", name, role)

        try:
            await self._store.transaction(insert)
        except IntegrityError:
            raise DeskError(409, "name_taken", "account.name_taken") from None
        return password

    async def all(self) -> list[Account]:
        """Every account, by name."""
        now = self._clock()

        def read(connection: Connection) -> list[Account]:
            columns = tables.accounts.c
            # Not the second factor: it may be sealed with a key that is gone.
            readable = [column for column in columns if column.name != "totp_secret"]
            query = sa.select(*readable).order_by(columns.name)
            return [
                Account(
                    row.name,
                    cast(Role, row.role),
                    row.enabled,
                    row.one_time_until is not None,
                    row.one_time_until is not None and as_utc(row.one_time_until) <= now,
                    as_utc(row.created_at),
                    row.shown_name or default_shown_name(row.name),
                )
                for row in connection.execute(query)
            ]

        return await self._store.transaction(read)

    async def disable(self, name: str, by: str) -> None:
        """Keep an account from logging in, and end its sessions now.

        Raises:
            DeskError: there is no such account, or it is one's own.
        """
        _refuse_own(name, by)
        await self._change(name, {"enabled": False}, by, "account.disabled")

    async def enable(self, name: str, by: str) -> None:
        """Let a disabled account log in again.

        Raises:
            DeskError: there is no such account.
        """
        await self._change(name, {"enabled": True}, by, "account.enabled", keeps_sessions=True)

    async def reset(self, name: str, by: str) -> str:
        """Take away an account's password and second factor; its one-time password for a new first log-in.

        Raises:
            DeskError: there is no such account, or it is one's own.
        """
        _refuse_own(name, by)
        password = one_time_password()
        values = {
            "password_hash": await self._passwords.hash(password),
            "one_time_until": self._clock() + ONE_TIME,
            "totp_secret": None,
            "totp_step": None,
        }
        await self._change(name, values, by, "account.reset")
        return password

    async def show_as(self, name: str, shown_name: str, by: str) -> None:
        """Say what people who are helped are told an account is called; "" for the first part of its own name.

        Raises:
            DeskError: there is no such account, or people cannot be shown such a name.
        """
        await self._change(name, {"shown_name": _shown(shown_name)}, by, "account.shown_name", keeps_sessions=True)

    async def shown_name(self, name: str) -> str:
        """What people who are helped are told an account is called."""
        query = sa.select(tables.accounts.c.shown_name).where(tables.accounts.c.name == name)
        shown = await self._store.transaction(lambda connection: connection.execute(query).scalar())
        return shown or default_shown_name(name)

    async def change_password(self, name: str, present: str, new: str) -> str:
        """Choose another password; all sessions end, the token of a new one comes back.

        Raises:
            DeskError: the present password is wrong, or the new one too weak.
        """
        kept = await self._store.transaction(lambda connection: _password_hash(connection, name))
        if not await self._passwords.verify(kept, present):
            raise DeskError(422, "wrong_password", "account.wrong_password")
        fault = "account.password_same" if new == present else password_fault(new, name)
        if fault:
            raise DeskError(422, "weak_password", fault)
        changed, now = await self._passwords.hash(new), self._clock()

        def update(connection: Connection) -> str:
            # Not if it was disabled or reset in between.
            mine = (tables.accounts.c.name == name) & (tables.accounts.c.password_hash == kept)
            enabled = mine & tables.accounts.c.enabled.is_(True)
            if connection.execute(tables.accounts.update().where(enabled).values(password_hash=changed)).rowcount != 1:
                raise DeskError(401, "signed_out", "account.signed_out")
            end_all(connection, name)
            audit.write(connection, now, name, "password.changed")
            return start(connection, name, enrolling=False, now=now)

        return await self._store.transaction(update)

    async def _change(
        self, name: str, values: dict[str, object], by: str, action: str, keeps_sessions: bool = False
    ) -> None:  # fmt: skip
        if not _NAME.fullmatch(name):
            raise DeskError(404, "no_account", "account.no_account")
        now = self._clock()

        def update(connection: Connection) -> None:
            changed = tables.accounts.update().where(tables.accounts.c.name == name).values(values)
            if connection.execute(changed).rowcount != 1:
                raise DeskError(404, "no_account", "account.no_account")
            if not keeps_sessions:
                end_all(connection, name)
            audit.write(connection, now, by, action, name)

        await self._store.transaction(update)


def default_shown_name(account: str) -> str:
    """The account's first part, so that no surname is given away (``anna.de-vries`` is Anna)."""
    return re.split(r"[._-]", account)[0].capitalize()


def _shown(name: str) -> str | None:
    """A name to show as it is kept; None for "".

    Raises:
        DeskError: it is too long, or holds something else than letters and spaces.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if len(tidy) > LONGEST_SHOWN or (tidy and not tidy.replace(" ", "").isalpha()):
        raise DeskError(422, "shown_name", "account.shown_name_rule")
    return tidy or None


def _refuse_own(name: str, by: str) -> None:
    """An admin who locks himself out may be the last one."""
    if name == by:
        raise DeskError(409, "own_account", "account.own_account")


def _password_hash(connection: Connection, name: str) -> str | None:
    query = sa.select(tables.accounts.c.password_hash).where(tables.accounts.c.name == name)
    found: str | None = connection.execute(query).scalar()
    return found
