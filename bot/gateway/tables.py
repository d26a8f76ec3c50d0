"""The tables of the store. What each holds, and for how long, stands in ``retention.py``."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.gateway.sealing import Sealer


class Sealed(sa.types.TypeDecorator):  # type: ignore[misc]
    """A text that is encrypted in the database. Each engine's dialect carries the ``sealer`` (see ``store.py``)."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        sealer: Sealer = dialect.sealer
        return None if value is None else sealer.seal(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        sealer: Sealer = dialect.sealer
        return None if value is None else sealer.unseal(value)


metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("holder", sa.String(8), nullable=False, default="bot"),
    sa.Column("language", sa.String(2)),
    sa.Column("hint", sa.String(2)),
    sa.Column("choice", sa.String(2)),
    sa.Column("place", sa.String(64)),
    # how far the person's answers to the questions before a handover have come
    sa.Column("form", Sealed),
    # what it has been counted for this month (see figures.py); nothing that its other columns and replies do not say
    sa.Column("counted", sa.Text),
    # the number of the last reply that a page has been shown
    sa.Column("shown_number", sa.Integer),
    sa.Column("last_number", sa.Integer, nullable=False, default=0),
    sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, index=True),
)

received = sa.Table(
    "received",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("message_id", sa.String(64), nullable=False),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("button", Sealed),
    # it stands after the reply with this number
    sa.Column("after", sa.Integer),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("answered", sa.Boolean, nullable=False, default=False, index=True),
    sa.UniqueConstraint("conversation", "message_id"),
    # An id is never given twice, not even after its message was erased: answers and handovers refer to it.
    sqlite_autoincrement=True,
)

sent = sa.Table(
    "sent",
    metadata,
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sender", sa.String(8), nullable=False),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("topic", sa.String(64)),
    sa.Column("urgent", sa.Boolean, nullable=False, default=False),
    sa.Column("at", sa.DateTime(timezone=True)),
    # what the counsellor wrote or picked, where the person got a translation of it
    sa.Column("original", Sealed),
    sa.Column("machine", sa.Boolean),
    # for the person alone: counsellors do not see it
    sa.Column("private", sa.Boolean),
    # the channel could not deliver it and has given up
    sa.Column("lost", sa.Boolean),
    # what the desk's page calls it: sent again after a lost connection, it is stored once
    sa.Column("client_id", sa.String(64)),
)

buttons = sa.Table(
    "buttons",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", Sealed, nullable=False),
    sa.Column("payload", Sealed, nullable=False),
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

#: Where a channel that delivers by itself reaches a conversation; sealed by the channel, which alone can read it.
addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
)

#: Replies that such a channel has yet to deliver. ``part``: the next part of a long reply. ``after``: set while a part
#: is on its way, to the highest message id the channel had seen before.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("part", sa.Integer, nullable=False, default=0),
    sa.Column("after", sa.BigInteger),
    sa.ForeignKeyConstraint(["conversation", "number"], ["sent.conversation", "sent.number"], ondelete="CASCADE"),
)

#: The channel's own ids of what was delivered, so that it can be deleted there.
delivered = sa.Table(
    "delivered",
    metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
)

#: Updates a channel has brought already; a fingerprint of nobody.
seen = sa.Table(
    "seen",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("update_id", sa.String(64), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
)

#: Erased conversations whose messages the channel has yet to delete on its side.
forgets = sa.Table(
    "forgets",
    metadata,
    sa.Column("conversation", sa.String(80), primary_key=True),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

#: A chat handed to a person at Moviera. Its conversation's ``holder`` says who may answer; this row says the rest.
#: ``details``: what the person told for it (name, safe times, phone). What the counsellor may read begins
#: after ``from_received`` and ``from_number``, and ends with ``to_received`` and ``to_number`` once it is over.
#: When the chat is erased both are 0, and ``conversation`` becomes empty soon after.
handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("conversation", sa.String(80), nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("topic", sa.String(64)),
    sa.Column("place", sa.String(64)),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("details", Sealed),
    sa.Column("from_received", sa.Integer, nullable=False),
    sa.Column("from_number", sa.Integer, nullable=False),
    sa.Column("to_received", sa.Integer),
    sa.Column("to_number", sa.Integer),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reminded_at", sa.DateTime(timezone=True)),
    sa.Column("claimed_at", sa.DateTime(timezone=True)),
    sa.Column("first_answer_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("assignee", sa.String(64)),
    sa.Column("outcome", sa.String(32)),
)

#: Notes of counsellors among themselves.
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("handover", sa.ForeignKey("handovers.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("client_id", sa.String(64)),
)

#: Codes with which somebody comes back to a chat from another phone; only a keyed hash of each.
resume_codes = sa.Table(
    "resume_codes",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
)

#: In how many conversations something was so, for each month and municipality; about nobody (see figures.py).
figures = sa.Table(
    "figures",
    metadata,
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("municipality", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("detail", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)

#: Questions that were not understood or whose answer did not help (see unanswered.py). ``text`` is without names and
#: numbers; ``asker`` is a keyed fingerprint of the conversation; ``consent``: the person lets staff see it; ``shown``:
#: staff have seen it.
questions = sa.Table(
    "questions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("asker", sa.String(32), nullable=False, index=True),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("topics", sa.String(200), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("consent", sa.Boolean, nullable=False),
    sa.Column("shown", sa.Boolean, nullable=False),
)
