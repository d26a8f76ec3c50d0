"""Machine translation for counsellors, by a LibreTranslate server; optional, and only ever a help.

What is translated is written nowhere: no log, no cache, nothing is kept between two calls.
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from bot.gateway.metrics import Metrics
from bot.languages import LANGUAGES
from bot.settings import Settings

_logger = logging.getLogger(__name__)

#: Seconds after which a counsellor does without.
PATIENCE_SECONDS = 8.0


class _Unusable(Exception):
    """The server's answer is no translation."""


class Translator:
    """Asks the server of ``TRANSLATE_URL``; without one it is off."""

    def __init__(self, settings: Settings, metrics: Metrics, patience: float = PATIENCE_SECONDS) -> None:
        """``patience``: seconds a translation may take."""
        self.enabled = bool(settings.translate_url)
        self._url = settings.translate_url.rstrip("/") + "/translate"
        self._key = settings.translate_key
        self._metrics = metrics
        self._timeout = aiohttp.ClientTimeout(total=patience)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Must be called inside the event loop before anything else."""
        if self.enabled:
            self._session = aiohttp.ClientSession(timeout=self._timeout)

    async def stop(self) -> None:
        """End; from now on nothing is translated."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """A text in another of our languages, by their codes; None if there is no translation (now).

        What is in the wanted language already comes back as it is.
        """
        if self._session is None or not text.strip() or source not in LANGUAGES or target not in LANGUAGES:
            return None
        if source == target:
            return text
        body = {"q": text, "source": source, "target": target, "format": "text"}
        if self._key:
            body["api_key"] = self._key
        try:
            return await _ask(self._session, self._url, body)
        except _Unusable as error:
            reason = str(error)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            reason = type(error).__name__
        self._metrics.failed("translation")
        _logger.warning("Translation: %s", reason)
        return None


async def _ask(session: aiohttp.ClientSession, url: str, body: dict[str, str]) -> str:
    # A redirect could lead what people wrote to another server.
    async with session.post(url, json=body, allow_redirects=False) as response:
        if response.status != 200:
            raise _Unusable(f"status {response.status}")
        answer = await response.json()
    translated = answer.get("translatedText") if isinstance(answer, dict) else None
    if not isinstance(translated, str) or not translated.strip():
        raise _Unusable("no translation in the answer")
    return translated
