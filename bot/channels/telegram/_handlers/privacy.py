"""``/privacy``: what is kept, and for how long."""

from __future__ import annotations

from telegram import Update

from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import as_written, is_command
from bot.gateway.retention import SEEN_QUESTION_DAYS


def matches(update: Update) -> bool:
    return is_command(update, "privacy")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is not None:
        days = str(context.settings.retention_days)
        reply = await context.phrase(visit, "telegram.privacy", days=days, longest=str(SEEN_QUESTION_DAYS))
        await context.say_unless_held(visit, reply, instead=as_written(update))
