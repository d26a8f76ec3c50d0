"""Written words: a message for the bot, or for the person who holds the chat."""

from __future__ import annotations

from telegram import Update

from bot.channels.telegram._context import Context, Visit
from bot.gateway.store import Reply


def matches(update: Update) -> bool:
    return update.message is not None and update.message.text is not None


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    message = update.message
    if visit is None or message is None or message.text is None:
        return
    if context.limit.retry_after(visit.conversation) is not None:
        await _too_fast(message.text, visit, context)
    elif await context.take(visit, text=message.text):
        await context.show_typing(visit)


async def _too_fast(text: str, visit: Visit, context: Context) -> None:
    """Answer danger whatever the pace; of the rest, say once a minute that it is too fast. A person reads it all."""
    language = await context.language(visit)
    replies: tuple[Reply, ...] = ()
    safety = context.answering.safety_reply(text, language)
    if safety is not None:
        replies = (safety,)
    elif context.reminders.retry_after(visit.conversation) is None:
        replies = (await context.phrase(visit, "down.too_fast"),)
    await context.say_unless_held(visit, *replies, instead={"text": text})
