"""Everything but written words: say what works instead. Nothing of it is stored, but a caption is a message."""

from __future__ import annotations

from telegram import Message, Update
from telegram.ext import filters

from bot.channels.telegram._context import Context
from bot.gateway.store import Reply

#: What comes -> the phrase that answers it.
_KINDS: tuple[tuple[filters.BaseFilter, str], ...] = (
    (filters.FORWARDED, "telegram.forwarded"),
    (filters.PHOTO | filters.VIDEO | filters.VIDEO_NOTE | filters.ANIMATION, "telegram.photo"),
    (filters.VOICE | filters.AUDIO, "telegram.voice"),
    (filters.Sticker.ALL | filters.Dice.ALL, "telegram.sticker"),
    (filters.LOCATION | filters.VENUE, "telegram.location"),
    (filters.CONTACT, "telegram.contact"),
    (filters.Document.ALL, "telegram.document"),
)


def matches(update: Update) -> bool:
    return update.message is not None and (update.message.text is None or update.message.forward_origin is not None)


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    message = update.message
    if visit is None or message is None or filters.StatusUpdate.ALL.check_update(update):
        return
    phrase = next((phrase for kind, phrase in _KINDS if kind.check_update(update)), "telegram.other")
    replies: tuple[Reply, ...] = ()
    # The pictures of an album come one by one; one word is enough for all.
    album = message.media_group_id
    if album is None or context.reminders.retry_after(f"{visit.conversation} {album}") is None:
        replies = (await context.phrase(visit, phrase),)
    caption = _caption(message)
    if not caption:
        await context.say(visit, *replies)
    elif await context.take(visit, text=caption, replies=replies):
        await context.show_typing(visit)


def _caption(message: Message) -> str | None:
    """What the person wrote beside a file; of a forwarded message they wrote nothing."""
    return None if message.forward_origin is not None else message.caption
