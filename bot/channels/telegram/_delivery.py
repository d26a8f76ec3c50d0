"""Delivers what the outbox holds: in order in each chat, with patience, and nothing twice.

The Bot API cannot be asked to send something only once. So a part is marked before it is sent; if its fate is
unknown afterwards (a crash, a time-out, a 5xx), Telegram is asked whether it is there before it is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import httpx
from telegram import InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.answers.content import Content
from bot.channels.telegram._formatting import keyboard, language_keyboard, parts, to_html
from bot.channels.telegram._identity import CHANNEL, Identity
from bot.channels.telegram._typing import Typing
from bot.gateway.metrics import Metrics
from bot.gateway.outbox import Outbox, Pending
from bot.gateway.store import Sent, StoreUnavailable
from bot.languages import OWN_NAMES

_logger = logging.getLogger(__name__)

#: Parts on their way at the same moment; few, so that few fates can be unknown after a crash.
_AT_ONCE = 8
#: In private chats a bot's message ids go up one by one over all its chats; a lost one is looked for among so many.
_SPAN = 64
#: Seconds between two attempts: 1, 2, 4 ... at most this many.
_LONGEST_BACK_OFF = 60.0
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Delivery:
    """One task for each chat that has something to receive."""

    def __init__(
        self,
        bot: ExtBot[int],
        outbox: Outbox,
        identity: Identity,
        typing: Typing,
        content: Content,
        arrived: Callable[[str], None],
        metrics: Metrics,
    ) -> None:
        """``arrived`` is called with the conversation in which something has arrived that a person wrote."""
        self._bot = bot
        self._outbox = outbox
        self._content = content
        self._arrived = arrived
        self._identity = identity
        self._typing = typing
        self._metrics = metrics
        self._highest = 0
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: Conversations that got something while their task was busy.
        self._again: set[str] = set()

    async def start(self) -> None:
        """Take up what a stop or a crash left undelivered."""
        self.saw(await self._outbox.highest())
        for conversation in await self._outbox.conversations():
            self.wake(conversation)

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def saw(self, message: int) -> None:
        """Note a message id of a private chat."""
        self._highest = max(self._highest, message)

    def wake(self, conversation: str) -> None:
        """See to it that what waits for this conversation is delivered."""
        if conversation in self._tasks:
            self._again.add(conversation)
            return
        self._tasks[conversation] = asyncio.create_task(self._work(conversation))

    async def _work(self, conversation: str) -> None:
        back_off = 1.0
        try:
            while True:
                self._again.discard(conversation)
                try:
                    while await self._deliver_next(conversation):
                        back_off = 1.0
                except RetryAfter as error:
                    self._count_failure(error)
                    await asyncio.sleep(_seconds(error))
                    continue
                except (TelegramError, StoreUnavailable) as error:
                    self._count_failure(error)
                    _logger.warning("Delivery: %s; trying again in %.0f s", type(error).__name__, back_off)
                    await asyncio.sleep(back_off)
                    back_off = min(back_off * 2, _LONGEST_BACK_OFF)
                    continue
                if conversation not in self._again:
                    return
        except asyncio.CancelledError:
            raise
        except Exception as error:  # one chat's fault must not stop the others
            _logger.error("Delivery: %s", type(error).__name__)
        finally:
            self._tasks.pop(conversation, None)

    def _count_failure(self, error: Exception) -> None:
        if isinstance(error, StoreUnavailable):
            self._metrics.failed("store")
            return
        self._metrics.failed("telegram")
        self._metrics.delivered(CHANNEL, "retried")

    async def _deliver_next(self, conversation: str) -> bool:
        """Deliver one part; False if there is nothing left."""
        pending = await self._outbox.next(conversation)
        if pending is None:
            return False
        chat = self._identity.unseal(pending.address)
        if chat is None:
            # Sealed with another key: nobody can reach this chat any more.
            await self._outbox.drop(conversation)
            self._metrics.delivered(CHANNEL, "unreachable")
            return False
        async with self._gate:
            try:
                await self._deliver(pending, chat)
            except Forbidden:
                # Blocked by the person, or gone. A later message of theirs opens the chat again.
                await self._outbox.drop(conversation)
                self._metrics.delivered(CHANNEL, "unreachable")
            self._typing.end(chat)
        return True

    async def _deliver(self, pending: Pending, chat: int) -> None:
        pieces = parts(self._text(pending.reply))
        last = pending.part >= len(pieces) - 1
        piece = pieces[min(pending.part, len(pieces) - 1)]
        buttons = _buttons(pending) if last else None
        message = None
        if pending.after is not None:
            message = await self._find(chat, pending.after, buttons)
        if message is None:
            if not await self._outbox.begin(pending, self._highest):
                return
            message = await self._send(pending, chat, piece, buttons)
        if message is None:
            await self._outbox.skip(pending)
            self._metrics.delivered(CHANNEL, "refused")
            return
        self.saw(message)
        if not await self._outbox.done(pending, message, last):
            # Erased while it was on its way.
            await self._bot.delete_message(chat, message)
            return
        if last:
            self._metrics.delivered(CHANNEL, "delivered")
            if pending.reply.sender == "person":
                self._arrived(pending.conversation)

    def _text(self, reply: Sent) -> str:
        """A reply as it is read; what a machine has translated is marked, and the original stands below."""
        if not reply.machine:
            return reply.text
        mark = self._content.phrase(reply.language, "handover.machine_translated")
        return f"{reply.text}\n\n({mark})\n{reply.original}"

    async def _send(self, pending: Pending, chat: int, piece: str, buttons: InlineKeyboardMarkup | None) -> int | None:
        """Send one part; None if Telegram will never take it."""
        try:
            try:
                return await self._post(chat, to_html(piece), buttons, ParseMode.HTML)
            except BadRequest as error:
                _logger.error("Telegram refused a message (%s); sending its bare text", type(error).__name__)
                return await self._post(chat, piece, None, None)
        except BadRequest:
            return None
        except (RetryAfter, Forbidden):
            await self._outbox.withdraw(pending)
            raise
        except NetworkError as error:
            if isinstance(error.__cause__, _NEVER_LEFT):
                await self._outbox.withdraw(pending)
            raise

    async def _post(self, chat: int, text: str, buttons: InlineKeyboardMarkup | None, mode: str | None) -> int:
        preview = LinkPreviewOptions(is_disabled=True)
        message = await self._bot.send_message(
            chat, text, parse_mode=mode, reply_markup=buttons, link_preview_options=preview
        )
        return message.message_id

    async def _find(self, chat: int, after: int, buttons: InlineKeyboardMarkup | None) -> int | None:
        """The id of the part whose fate is unknown, or None if it did not arrive.

        Setting the buttons a message already has changes nothing, and only works in the chat where the message is.
        After ``after`` we have sent nothing else in this chat.
        """
        for message in range(after + 1, after + 1 + _SPAN):
            try:
                await self._bot.edit_message_reply_markup(chat, message, reply_markup=buttons)
            except BadRequest as error:
                if "not modified" in error.message.lower():
                    return message
                continue
            return message
        return None


def _buttons(pending: Pending) -> InlineKeyboardMarkup | None:
    """The reply's buttons; those of the five languages become the channel's own, which never grow old."""
    buttons = pending.reply.buttons
    if tuple(button.title for button in buttons) == tuple(OWN_NAMES.values()):
        return language_keyboard()
    return keyboard(buttons)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return float(wait) if isinstance(wait, int) else wait.total_seconds()
