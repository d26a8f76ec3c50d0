"""How long anything about a person is kept: the one table, and the job that keeps it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

from bot.gateway.store import Store
from bot.settings import Settings

_logger = logging.getLogger(__name__)

#: Seconds between two rounds.
ROUND_SECONDS = 3600


def retention(settings: Settings) -> dict[str, dt.timedelta]:
    """What is kept in the store, and for how long after its last use."""
    return {
        # conversation, messages, replies, buttons; counted from the last message
        "conversations": dt.timedelta(days=settings.retention_days),
        # fingerprints of erased conversations' tokens, so that a late retry cannot bring one back
        "erased": dt.timedelta(days=settings.retention_days),
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
