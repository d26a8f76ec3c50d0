"""A message is changed after it was sent."""

from __future__ import annotations

from telegram import Update

from bot.channels.telegram._context import Context


def matches(update: Update) -> bool:
    return update.edited_message is not None


async def handle(update: Update, context: Context) -> None:
    visit, message = context.visit(update), update.edited_message
    # A live location "changes" every few seconds.
    if visit is not None and message is not None and message.location is None:
        changed = {"text": message.text or message.caption or ""}
        await context.say_unless_held(visit, await context.phrase(visit, "telegram.edited"), instead=changed)
