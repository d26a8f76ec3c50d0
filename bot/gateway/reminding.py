"""Asks people who wait for a person whether they want to go on: the job that keeps ``REMIND_MINUTES``."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

from bot.gateway.handover import Handovers
from bot.settings import Settings

_logger = logging.getLogger(__name__)

#: Seconds between two rounds.
ROUND_SECONDS = 20


async def keep_reminding(handovers: Handovers, settings: Settings) -> None:
    """Ask whoever has waited too long, until cancelled. While nobody is there, once is enough."""
    period = dt.timedelta(minutes=settings.remind_minutes)
    while True:
        try:
            await handovers.remind(period, again=settings.desk_hours.is_open(settings.now()))
        except Exception as error:  # the next round tries again; a reminder must never end the gateway
            _logger.error("Reminding failed: %s", type(error).__name__)
        await asyncio.sleep(ROUND_SECONDS)
