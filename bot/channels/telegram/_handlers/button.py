"""A button under one of our messages is pressed."""

from __future__ import annotations

import contextlib

from telegram import CallbackQuery, Update
from telegram.error import TelegramError

from bot.answers.rendering import menu
from bot.channels.telegram._context import Context, Visit
from bot.channels.telegram._formatting import ISSUED, LANGUAGE
from bot.gateway.store import Reply
from bot.languages import known_language


def matches(update: Update) -> bool:
    return update.callback_query is not None


async def handle(update: Update, context: Context) -> None:
    query, visit = update.callback_query, context.visit(update)
    assert query is not None
    if visit is None:
        return
    data = query.data or ""
    note: str | None = None
    if data.startswith(LANGUAGE) and (code := known_language(data.removeprefix(LANGUAGE))):
        await _choose(code, visit, context)
    else:
        try:
            if await context.take(visit, button_id=data.removeprefix(ISSUED)):
                await context.show_typing(visit)
        except KeyError:
            note = (await context.phrase(visit, "telegram.old_button")).text
    context.courtesies.do(_stop_spinning(query, note))


async def _choose(code: str, visit: Visit, context: Context) -> None:
    """Take up a language, and say hello in it."""
    content = context.content
    text = content.phrase(code, "language.now") + "\n\n" + content.phrase(code, "telegram.welcome")
    buttons = tuple((button.title, button.payload) for button in menu(content, code))
    reply = Reply(text, code, "system", buttons)
    await context.say_unless_held(visit, reply, instead={"chooses": code}, chooses=code)


async def _stop_spinning(query: CallbackQuery, note: str | None) -> None:
    # Only a courtesy: after a quarter of an hour Telegram does not take it any more.
    with contextlib.suppress(TelegramError):
        await query.answer(note, show_alert=note is not None)
