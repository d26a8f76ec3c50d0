"""The person blocks or unblocks the bot."""

from __future__ import annotations

from telegram import ChatMember, Update

from bot.channels.telegram._context import Context


def matches(update: Update) -> bool:
    return update.my_chat_member is not None


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    blocked = update.my_chat_member and update.my_chat_member.new_chat_member.status == ChatMember.BANNED
    if visit is not None and blocked:
        await context.outbox.drop(visit.conversation)
