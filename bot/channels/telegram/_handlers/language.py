"""``/language``: choose another one."""

from __future__ import annotations

from telegram import Update

from bot.answers.rendering import language_buttons
from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import as_written, is_command
from bot.gateway.store import Reply
from bot.languages import LANGUAGES


def matches(update: Update) -> bool:
    return is_command(update, "language")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is None:
        return
    text = "\n".join(context.content.phrase(code, "telegram.choose_language") for code in LANGUAGES)
    buttons = tuple((button.title, button.payload) for button in language_buttons())
    reply = Reply(text, await context.language(visit), "system", buttons)
    await context.say_unless_held(visit, reply, instead=as_written(update))
