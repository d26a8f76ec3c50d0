"""Who a person on Telegram is for the rest of the system: a keyed hash, and an address only we can read."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

CHANNEL = "telegram"


class Identity:
    """Hashes and seals with keys derived from the gateway's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive("address")))

    def conversation(self, user: int) -> str:
        """The conversation of a person; without the key nobody can tell whose it is."""
        digest = hmac.new(self._derive("person"), str(user).encode(), hashlib.sha256).digest()
        return f"{CHANNEL}:{base64.urlsafe_b64encode(digest[:24]).decode()}"

    def seal(self, chat: int) -> str:
        """A chat id as it may be stored."""
        return self._fernet.encrypt(str(chat).encode()).decode()

    def unseal(self, address: str) -> int | None:
        """The chat id, or None if it was sealed with another key."""
        try:
            return int(self._fernet.decrypt(address.encode()))
        except InvalidToken:
            return None

    def webhook_secret(self) -> str:
        """What Telegram must send along with each update (Bot API: letters, digits, ``_`` and ``-``)."""
        return base64.urlsafe_b64encode(self._derive("webhook")).decode().rstrip("=")

    def _derive(self, purpose: str) -> bytes:
        return hmac.new(self._secret, f"{CHANNEL} {purpose}".encode(), hashlib.sha256).digest()
