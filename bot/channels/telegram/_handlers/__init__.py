"""One handler a file: which updates it takes (``matches``), and what it does with them (``handle``).

A handler only stores: what people sent, or what is to be said. All sending is the delivery's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram import Update

from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers import (
    button,
    edited,
    forget,
    group,
    human,
    language,
    membership,
    menu,
    privacy,
    start,
    stop,
    text,
    unsupported,
)

#: The first that matches takes the update.
HANDLERS: tuple[tuple[Callable[[Update], bool], Callable[[Update, Context], Awaitable[None]]], ...] = (
    *((one.matches, one.handle) for one in (group, membership, button, edited)),
    *((one.matches, one.handle) for one in (start, language, menu, human, privacy, forget, stop)),
    (unsupported.matches, unsupported.handle),
    (text.matches, text.handle),
)
