from __future__ import annotations

from bot.gateway.limits import RateLimit
from bot.gateway.tokens import TICKET_SECONDS, Tokens


def test_a_token_opens_its_own_conversation_only() -> None:
    tokens = Tokens("key")
    first, second = tokens.issue("pl"), tokens.issue("pl")
    mine, other = tokens.caller(first), tokens.caller(second)
    assert mine is not None
    assert other is not None
    assert mine.conversation != other.conversation
    assert mine.hint == "pl"
    assert first.split(".")[0] not in mine.conversation


def test_a_changed_or_foreign_token_opens_nothing() -> None:
    token = Tokens("key").issue("pl")
    assert Tokens("other key").caller(token) is None
    assert Tokens("key").caller(token.replace(".pl.", ".ro.")) is None
    assert Tokens("key").caller("") is None
    assert Tokens("key").caller("a.b.c") is None


def test_another_language_leaves_the_conversation_the_same() -> None:
    tokens = Tokens("key")
    token = tokens.issue("pl")
    caller, chosen = tokens.caller(token), tokens.caller(tokens.reissue(token, "pl", "bg"))
    assert caller is not None
    assert chosen is not None
    assert chosen.conversation == caller.conversation
    assert (chosen.hint, chosen.choice) == (None, "bg")


def test_a_ticket_ends_after_a_minute() -> None:
    tokens = Tokens("key")
    caller = tokens.caller(tokens.issue(None))
    assert caller is not None
    ticket = tokens.ticket(caller, now=1000.0)
    found = tokens.ticket_caller(ticket, now=1000.0 + TICKET_SECONDS)
    assert found is not None
    assert found.conversation == caller.conversation
    assert tokens.ticket_caller(ticket, now=1001.0 + TICKET_SECONDS) is None
    assert tokens.ticket_caller("nonsense!", now=1000.0) is None


def test_the_limit_is_per_conversation() -> None:
    limit = RateLimit(2)
    assert [limit.retry_after("a") is None for _ in range(3)] == [True, True, False]
    assert limit.retry_after("b") is None
