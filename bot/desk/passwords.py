"""Passwords: how they are kept (Argon2id), what is too weak, and those that we make."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_Result = TypeVar("_Result")

#: Letters in a password.
SHORTEST = 12
LONGEST = 200

#: No letters or digits that look alike; it is read out on the phone.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_WORDS = (
    "password", "passwort", "wachtwoord", "pass", "welkom", "welcome", "geheim", "secret", "hallo", "hello", "login",
    "admin", "administrator", "beheer", "beheerder", "counsellor", "editor", "officer", "desk", "moviera", "wegwijzer",
    "nijkerk", "barneveld", "nederland", "holland", "amsterdam", "ajax", "feyenoord", "iloveyou", "ikhouvanjou",
    "letmein", "sunshine", "princess", "football", "voetbal", "monkey", "dragon", "qwerty", "qwertz", "azerty",
    "qwertyuiop", "asdfghjkl", "asdfgh", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "abcdefghijkl", "abcdef", "abc",
    "lente", "zomer", "herfst", "winter", "spring", "summer", "autumn", "voorjaar", "najaar", "januari", "februari",
    "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december", "test", "van",
    "het", "is", "de", "my", "mijn", "the",
)  # fmt: skip
_ONLY_SILLY = re.compile(f"(?:{'|'.join(_WORDS)})+")
_LOOKS_LIKE = str.maketrans("013457@$!", "oieastasi")
#: Fewer different characters than this are a pattern.
_DIFFERENT = 5


class Passwords:
    """Hashes and verifies, one at a time in a thread of its own: each takes 64 MB and a twentieth of a second."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")
        # What is compared for accounts that do not exist, so that they take as long as those that do.
        self._nobody = self._thread.submit(self._hasher.hash, secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password; ``kept`` is None where there is no account, which takes as long."""

        def compare() -> bool:
            try:
                self._hasher.verify(self._nobody.result() if kept is None else kept, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

        return await self._run(compare)

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def password_fault(password: str, name: str) -> str | None:
    """Why an account may not have this password, as the id of a phrase; None if it may."""
    password = _normal(password)
    if len(password) < SHORTEST:
        return "account.password_short"
    if len(password) > LONGEST:
        return "account.password_long"
    if password.casefold() == name or _letters(password.casefold()) == _letters(name):
        return "account.password_name"
    if _is_silly(password.casefold()):
        return "account.password_silly"
    return None


def one_time_password() -> str:
    """A password for the first log-in, of 99 random bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def _is_silly(password: str) -> bool:
    if len(set(password)) < _DIFFERENT:
        return True
    letters = _letters(password)
    # "W4chtw00rd2026!" is a silly word, too.
    word = _letters(password.rstrip("0123456789!?.,*#-_ ").translate(_LOOKS_LIKE))
    return not letters or bool(_ONLY_SILLY.fullmatch(letters) or _ONLY_SILLY.fullmatch(word))


def _letters(password: str) -> str:
    return "".join(letter for letter in password if letter.isalpha())


def _normal(password: str) -> str:
    """The same password from every keyboard."""
    return unicodedata.normalize("NFKC", password)
