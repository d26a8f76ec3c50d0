"""``/start``: who we are, and which language."""

from __future__ import annotations

from telegram import Update

from bot.answers.rendering import language_buttons
from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import as_written, is_command
from bot.gateway.store import Reply
from bot.languages import LANGUAGES


def matches(update: Update) -> bool:
    return is_command(update, "start")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is None:
        return
    language = await context.language(visit)
    # Somebody who cannot read the first lines finds their own language in the others.
    others = [language, *(code for code in LANGUAGES if code != language)]
    choose = "\n".join(context.content.phrase(code, "telegram.choose_language") for code in others)
    text = context.content.phrase(language, "telegram.welcome") + "\n\n" + choose
    buttons = tuple((button.title, button.payload) for button in language_buttons())
    await context.say_unless_held(visit, Reply(text, language, "system", buttons), instead=as_written(update))
