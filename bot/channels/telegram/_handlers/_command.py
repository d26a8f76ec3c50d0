"""Commands such as ``/start``."""

from __future__ import annotations

from typing import Any

from telegram import MessageEntity, Update


def is_command(update: Update, name: str) -> bool:
    """Whether a new message begins with this command."""
    message = update.message
    if message is None or message.text is None or message.forward_origin is not None:
        return False
    first = next(iter(message.entities), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND or first.offset != 0:
        return False
    return message.text[1 : first.length].partition("@")[0].lower() == name


def as_written(update: Update) -> dict[str, Any]:
    """The command as a message, for a person who reads along."""
    return {"text": update.message.text} if update.message is not None else {}
