"""What people write is encrypted where it is kept."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: A Fernet token begins with its version and the high bytes of the time (until 2106).
_BEGINNING = "gAAAAA"


class Unreadable(Exception):
    """A stored text was sealed with a key that we do not have, or was damaged."""


class Sealer:
    """Seals texts with the first of several keys and reads those sealed with any of them.

    Keys are any secrets of enough length; put a new one in front to rotate (``python -m bot reseal`` does the rest).
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        fernets = [Fernet(_derived(key)) for key in keys]
        self._first, self._fernet = fernets[0], MultiFernet(fernets)

    def seal(self, text: str) -> str:
        """A text as it may be stored."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text.

        Raises:
            Unreadable: none of the keys fits.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable from None

    def is_current(self, sealed: str) -> bool:
        """Whether the first key opens it."""
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    @staticmethod
    def is_sealed(text: str) -> bool:
        """Whether a text looks like one that was sealed, with whatever key."""
        return text.startswith(_BEGINNING)

    def reseal(self, sealed: str) -> str:
        """The same text sealed with the first key.

        Raises:
            Unreadable: none of the keys fits.
        """
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable from None


def _derived(key: str) -> bytes:
    derived = HKDF(SHA256(), 32, None, b"wegwijzer messages").derive(key.encode())
    return base64.urlsafe_b64encode(derived)
