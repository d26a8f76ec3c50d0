"""``/forget``: erase the chat, with us at once, on Telegram as far as it lets us."""

from __future__ import annotations

from telegram import Update

from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import is_command


def matches(update: Update) -> bool:
    return is_command(update, "forget")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is None:
        return
    language = await context.language(visit)
    if await context.outbox.erase(context.incoming(visit), language):
        context.hub.notify(visit.conversation)
        context.forgetting.wake()
        await context.answering.forget(visit.conversation)
