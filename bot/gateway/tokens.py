"""Conversation tokens and event tickets: issued by us, unguessable, and nothing stored for them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from bot.languages import known_language

#: Seconds for which a ticket opens the event stream.
TICKET_SECONDS = 60
#: Conversations of the web begin like this; secrets hold no colon.
_WEB = "web:"


@dataclass(frozen=True)
class Caller:
    """Who a token belongs to: a conversation, and the language its page was opened in or asked for."""

    conversation: str
    hint: str | None = None
    choice: str | None = None


class Tokens:
    """Signs and checks tokens. A token is ``<secret>.<language>.<signature>``; an explicit choice is ``=pl``.

    The token of somebody who came back with a code names the conversation itself instead of a secret.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def issue(self, hint: str | None, choice: str | None = None) -> str:
        """A new conversation's token."""
        return self._token(secrets.token_urlsafe(24), hint, choice)

    def issue_for(self, conversation: str, hint: str | None) -> str:
        """Another token of a conversation that is there already."""
        assert conversation.startswith(_WEB)
        return self._token(conversation, hint, None)

    def reissue(self, token: str, hint: str | None, choice: str | None) -> str:
        """The same conversation's token with another language."""
        return self._token(token.split(".")[0], hint, choice)

    def caller(self, token: str) -> Caller | None:
        """Whose token this is, or None if we did not issue it."""
        # Headers may hold bytes that are no text.
        body, _, signature = token.rpartition(".") if token.isascii() else ("", "", "")
        if not body or not hmac.compare_digest(signature.encode(), self._sign("conversation", body).encode()):
            return None
        secret, _, language = body.partition(".")
        # The store and Rasa see only a fingerprint: a copy of the database opens no chat.
        fingerprint = hashlib.sha256(secret.encode()).digest()
        conversation = secret if secret.startswith(_WEB) else f"{_WEB}{_text(fingerprint[:24])}"
        code = known_language(language.removeprefix("="))
        chosen = language.startswith("=")
        return Caller(conversation, None if chosen else code, code if chosen else None)

    def _token(self, secret: str, hint: str | None, choice: str | None) -> str:
        body = f"{secret}.{'=' + choice if choice else hint or '-'}"
        return f"{body}.{self._sign('conversation', body)}"

    def ticket(self, caller: Caller, now: float) -> str:
        """A query parameter that opens the event stream for a minute, for clients that cannot set headers."""
        body = f"{caller.conversation}|{int(now) + TICKET_SECONDS}"
        return _text(f"{body}|{self._sign('ticket', body)}".encode())

    def ticket_caller(self, ticket: str, now: float) -> Caller | None:
        """Whose ticket this is, or None if it is not ours or over its time."""
        try:
            text = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        body, _, signature = text.rpartition("|")
        if not body or not hmac.compare_digest(signature.encode(), self._sign("ticket", body).encode()):
            return None
        conversation, ends = body.split("|")
        return Caller(conversation) if now <= int(ends) else None

    def _sign(self, purpose: str, body: str) -> str:
        return _text(hmac.new(self._key, f"{purpose}:{body}".encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
