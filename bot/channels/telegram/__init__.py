"""The Telegram channel: brings what people write to the store, and delivers what the store holds for them.

Nothing outside this package knows a Telegram id: conversations go by a keyed hash, addresses are sealed.
"""

from bot.channels.telegram._channel import TelegramChannel
from bot.channels.telegram._formatting import shown

__all__ = ["TelegramChannel", "shown"]
