"""``/human``: talk to a person."""

from __future__ import annotations

from telegram import Update

from bot.answers.rendering import human_button
from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import as_written, is_command


def matches(update: Update) -> bool:
    return is_command(update, "human")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is None:
        return
    button = human_button(context.content, await context.language(visit))
    written = context.incoming(visit, **as_written(update))
    if await context.take(visit, text=button.title, payload=button.payload, instead=written):
        await context.show_typing(visit)
