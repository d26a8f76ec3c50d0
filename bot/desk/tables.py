"""The tables of the desk, beside the gateway's. How long their rows are kept stands in ``retention.py``."""

from __future__ import annotations

import sqlalchemy as sa

from bot.gateway.tables import Sealed, metadata

#: ``one_time_until``: set while the password is one that we made; it then only opens the page on which the owner
#: chooses another, and not after this moment. ``totp_step``: the time step of the last code used; each works once.
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("one_time_until", sa.DateTime(timezone=True)),
    sa.Column("totp_secret", Sealed),
    sa.Column("totp_step", sa.BigInteger),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    # what people who are helped read; without one, the first part of the account's name
    sa.Column("shown_name", sa.String(30)),
)

#: ``digest``: a hash of the token in the cookie. ``enrolling``: opens nothing but the page of the first log-in.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("enrolling", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
)

#: How far a counsellor has read a chat: the key of the last message seen, and when the audit log was told.
looks = sa.Table(
    "looks",
    metadata,
    sa.Column("account", sa.ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("handover", sa.ForeignKey("handovers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("received", sa.Integer, nullable=False),
    sa.Column("audited_at", sa.DateTime(timezone=True), nullable=False),
)

#: Who saw or did what. ``object`` is the id of a thing, ``detail`` a fixed word: nothing that anybody wrote.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("object", sa.String(80), nullable=False),
    sa.Column("detail", sa.String(40), nullable=False),
)
