"""Who checked an amount or a contact against its source, and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answers.errors import ContentError


@dataclass(frozen=True)
class Checked:
    """The day, and the account of whoever did it."""

    on: dt.date
    by: str


def checked(path: Path, row: dict[str, Any], where: str) -> Checked | None:
    """What a record says in ``checked: {day: 2027-01-01, by: eva}``; None if it says nothing.

    Raises:
        ContentError: it is there and malformed; ``where`` names the record.
    """
    given = row.get("checked")
    if given is None:
        return None
    if not isinstance(given, dict) or type(given.get("day")) is not dt.date or not isinstance(given.get("by"), str):
        raise ContentError(path, f"{where}: checked must be such as {{day: 2027-01-01, by: eva}}")
    return Checked(given["day"], given["by"])
