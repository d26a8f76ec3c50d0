"""The statements that every message takes, built once: to build one costs more than to run it.

``chat`` is the conversation's id in each of them.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.gateway.tables import addresses, buttons, conversations, erased, received, sent

#: So many last replies are looked through for the topic a conversation is on.
_RECENT = 12

_CHAT = sa.bindparam("chat")
_OF_CHAT = conversations.c.id == _CHAT
_waiting = sa.and_(received.c.conversation == _CHAT, received.c.answered.is_(False))
_other = received.alias()
_first_text = sa.select(_other.c.text).where(_other.c.conversation == _CHAT).order_by(_other.c.id).limit(1)
_count = sa.select(sa.func.count()).where(_other.c.conversation == _CHAT, _other.c.answered.is_(False))
_has_address = sa.exists().where(addresses.c.conversation == _CHAT)

#: Whether the conversation was erased, and whether it has the message ``message_id`` already.
ARRIVAL = sa.select(
    sa.exists().where(erased.c.conversation == _CHAT).label("erased"),
    sa.exists()
    .where(received.c.conversation == _CHAT, received.c.message_id == sa.bindparam("message_id"))
    .label("known"),
)
#: Count the time for which the conversation is kept from ``now`` on.
TOUCH = conversations.update().where(_OF_CHAT).values(last_at=sa.bindparam("now"))
#: Values as given; ``after`` is the last reply.
RECEIVE = received.insert().values(after=sa.select(conversations.c.last_number).where(_OF_CHAT).scalar_subquery())

#: The oldest message that waits (``key`` is its id), its conversation, the first thing said in it, and how many wait.
TURN = (
    sa.select(
        received.c.id.label("key"),
        received.c.text,
        received.c.button,
        *conversations.c,
        _first_text.scalar_subquery().label("first_text"),
        _count.scalar_subquery().label("waiting"),
    )
    .join(conversations, conversations.c.id == received.c.conversation)
    .where(_waiting)
    .order_by(received.c.id)
    .limit(1)
)
#: The topics of the last replies, newest first.
TOPICS = (
    sa.select(sent.c.topic)
    .where(sent.c.conversation == _CHAT, sent.c.topic.is_not(None))
    .order_by(sent.c.number.desc())
    .limit(_RECENT)
)

#: The conversation as it stands, without what is encrypted. PostgreSQL lets nobody change it before we are done;
#: SQLite has one writer.
HELD = sa.select(*(column for column in conversations.c if column.name != "form")).where(_OF_CHAT).with_for_update()
#: Mark the message with id ``key`` answered.
CLAIM = received.update().where(received.c.id == sa.bindparam("key"), _waiting).values(answered=True)
#: Make room for ``more`` replies ...
COUNT = (
    conversations.update()
    .where(_OF_CHAT)
    .values(last_number=conversations.c.last_number + sa.bindparam("more", type_=sa.Integer))
)
#: ... and see which the last one is, and whether the conversation's channel delivers by itself.
COUNTED = sa.select(conversations.c.last_number, _has_address.label("has_address")).where(_OF_CHAT)
SEND = sent.insert()
OFFER = buttons.insert()

HOLDER = sa.select(conversations.c.holder).where(_OF_CHAT)
#: The replies after ``number``.
SENT = sent.select().where(sent.c.conversation == _CHAT, sent.c.number > sa.bindparam("number")).order_by(sent.c.number)
#: The buttons of the replies from ``first`` to ``last``, as a channel shows them.
BUTTONS = (
    sa.select(buttons.c.number, buttons.c.id, buttons.c.title)
    .where(buttons.c.conversation == _CHAT, buttons.c.number.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(buttons.c.number, buttons.c.position)
)
