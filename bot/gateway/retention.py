"""How long anything about a person is kept: the one table, and the job that keeps it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

from bot.gateway.store import Store
from bot.settings import Settings

_logger = logging.getLogger(__name__)

#: Days for which it is known that there was a handover; nothing of what it was about is.
HANDOVER_DAYS = 90
#: Days for which figures are kept, from the end of their year.
FIGURES_DAYS = 5 * 365
#: Days for which questions that were not understood are kept, without names and numbers: unseen, and seen by staff.
QUESTION_DAYS, SEEN_QUESTION_DAYS = 30, 90
#: Seconds between two rounds.
ROUND_SECONDS = 3600


def retention(settings: Settings) -> dict[str, dt.timedelta]:
    """What is kept in the store, and for how long after its last use."""
    return {
        # conversation, messages, replies, buttons; counted from the last message
        "conversations": dt.timedelta(days=settings.retention_days),
        # fingerprints of erased conversations' tokens, so that a late retry cannot bring one back; chats that Telegram
        # has yet to delete on its side
        "erased": dt.timedelta(days=settings.retention_days),
        # that there was a handover, when, who had it and how it ended; counted from its end, for the figures
        "handovers": dt.timedelta(days=HANDOVER_DAYS),
        # counts of conversations for each month and municipality, about nobody; counted from the end of their year
        "figures": dt.timedelta(days=FIGURES_DAYS),
        # questions that were not understood or whose answer did not help, redacted: such as nobody may see yet, and
        # such as staff may; the latter go earlier when they are dealt with
        "questions": dt.timedelta(days=QUESTION_DAYS),
        "questions_shown": dt.timedelta(days=SEEN_QUESTION_DAYS),
        # numbers of updates, so that one that comes again is answered once; Telegram keeps them for a day
        "seen": dt.timedelta(days=2),
    }


async def keep_retention(store: Store, settings: Settings) -> None:
    """Erase what is over its time, now and every hour, until cancelled."""
    while True:
        try:
            erased = await store.erase_older_than(retention(settings), dt.datetime.now(dt.timezone.utc))
            if erased:
                _logger.info("Retention: erased %d conversations", erased)
        except Exception as error:  # the next round tries again; a purge must never end the gateway
            _logger.error("Retention round failed: %s", type(error).__name__)
        await asyncio.sleep(ROUND_SECONDS)
