"""What the desk refuses, in a way that both its API and its pages can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DeskError(Exception):
    """An answer other than success: HTTP status, a stable code, and the phrase (``data/desk.yml``) that explains it."""

    def __init__(self, status: int, code: str, phrase: str, /, retry_after: int | None = None, **values: str) -> None:
        """``values`` fill the phrase's placeholders; ``retry_after`` is in seconds."""
        super().__init__(code)
        self.status = status
        self.code = code
        self.phrase = phrase
        self.retry_after = retry_after
        self.values = values
        #: What the API says besides code and message.
        self.details: Mapping[str, Any] = {}
