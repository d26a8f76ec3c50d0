"""Codes with which somebody comes back to a web chat from another phone: 16 digits that look like a phone number."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy.engine import Connection

from bot.gateway import tables
from bot.gateway.limits import RateLimit
from bot.gateway.store import Reply, Store, add_reply

_DIGITS = 16
#: Wrong codes, and seconds: from one address, and from everybody.
_ADDRESS_GUESSES = (5, 15 * 60.0)
_ALL_GUESSES = (100, 60 * 60.0)
_EVERYBODY = "everybody"


class TooManyGuesses(Exception):
    """Too many wrong codes; not even a right one is looked at now."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Codes:
    """Finds chats by their codes, and holds off whoever tries many."""

    def __init__(self, store: Store, secret_key: str) -> None:
        self._store = store
        self._secret_key = secret_key
        self._addresses = RateLimit(*_ADDRESS_GUESSES)
        self._all = RateLimit(*_ALL_GUESSES)

    async def conversation(self, code: str, address: str) -> str | None:
        """The conversation of a code, None if it fits none.

        Raises:
            TooManyGuesses: there were too many wrong ones, from this address or in all.
            StoreUnavailable: it cannot be looked up now.
        """
        # Counted before they are known to be wrong, so that many at the same moment are not more than allowed.
        for limit, key in ((self._addresses, address), (self._all, _EVERYBODY)):
            wait = limit.retry_after(key)
            if wait is not None:
                raise TooManyGuesses(wait)
        wrong = False
        try:
            found = await self._store.transaction(
                lambda connection: conversation_of(connection, code, self._secret_key)
            )
            wrong = found is None
            return found
        finally:
            if not wrong:
                self._addresses.forgive(address)
                self._all.forgive(_EVERYBODY)

    async def opened(self, conversation: str, notice: Reply) -> None:
        """Say in a chat that its code was used: whoever has it open elsewhere, and its counsellor, should know."""
        await self._store.transaction(lambda connection: add_reply(connection, conversation, notice))


def new_code(connection: Connection, conversation: str, secret_key: str) -> str:
    """A new code for a conversation; earlier ones stop working. Only its keyed hash is kept.

    It begins as Dutch numbers called from abroad do, which leaves 12 free digits and throttled guesses.
    """
    connection.execute(tables.resume_codes.delete().where(tables.resume_codes.c.conversation == conversation))
    code = "0031" + "".join(secrets.choice("0123456789") for _ in range(_DIGITS - 4))
    connection.execute(tables.resume_codes.insert().values(digest=_digest(code, secret_key), conversation=conversation))
    # With no-break spaces: it is copied by hand, and stays on one line.
    return "\xa0".join((code[:4], code[4:6], code[6:10], code[10:13], code[13:]))


def conversation_of(connection: Connection, code: str, secret_key: str) -> str | None:
    """The conversation a code belongs to, however its digits are spaced; None if there is none."""
    digits = "".join(character for character in code if character.isdecimal() and character.isascii())
    if code.lstrip().startswith("+") and len(digits) == _DIGITS - 2:
        # Phones write the zeros of a number called from abroad as a plus.
        digits = "00" + digits
    if len(digits) != _DIGITS:
        return None
    row = connection.execute(
        tables.resume_codes.select().where(tables.resume_codes.c.digest == _digest(digits, secret_key))
    ).first()
    return row.conversation if row else None


def _digest(code: str, secret_key: str) -> str:
    return hmac.new(secret_key.encode(), f"resume code {code}".encode(), hashlib.sha256).hexdigest()
