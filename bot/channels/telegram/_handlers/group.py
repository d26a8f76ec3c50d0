"""Anything outside a private chat: leave, but for the staff's own group, where only notices are written."""

from __future__ import annotations

from telegram import Chat, ChatMember, Update

from bot.channels.telegram._context import Context
from bot.languages import SOURCE_LANGUAGE, known_language


def matches(update: Update) -> bool:
    chat = update.effective_chat
    return chat is not None and chat.type != Chat.PRIVATE


async def handle(update: Update, context: Context) -> None:
    chat, user = update.effective_chat, update.effective_user
    assert chat is not None
    if chat.id == context.settings.telegram_staff_chat:
        return
    member = update.my_chat_member
    if member is not None and member.new_chat_member.status in (ChatMember.LEFT, ChatMember.BANNED):
        return
    language = known_language(user.language_code if user else None) or SOURCE_LANGUAGE
    context.groups.leave(chat.id, language, speaks=chat.type != Chat.CHANNEL)
