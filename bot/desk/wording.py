"""What a counsellor says, as it goes to the person: as written, translated by a machine, or translated beforehand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bot.answers import formatting
from bot.answers.content import Content
from bot.desk.bodies import text_field
from bot.desk.errors import DeskError
from bot.languages import LANGUAGES

#: Most characters in a text, as everywhere in the chat, and in what is filled into a canned reply.
LONGEST = 4096
_LONGEST_VALUE = 80
#: Stands where something is still to be filled in.
_OPEN = "…"


@dataclass(frozen=True)
class Words:
    """What is sent. ``original``: what the counsellor wrote or picked, where ``text`` is a translation of it.

    ``missing``: what has to be filled in before it can be sent.
    """

    text: str
    language: str
    original: str | None = None
    machine: bool = False
    missing: tuple[str, ...] = ()


class Wording:
    """Reads what the page sends: ``{"canned", "values"}``, or ``{"text", "language", "translation"?}``."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def of(self, body: dict[str, Any], theirs: str, mine: str) -> Words:
        """The words of a reply. ``theirs``: the person's language, ``mine``: that of the counsellor's pages.

        Raises:
            DeskError: it is malformed, empty or too long, or there is no such canned reply.
        """
        if "canned" in body:
            return self._canned(body, theirs, mine)
        text, language = written(body), text_field(body, "language")
        if language not in LANGUAGES:
            raise DeskError(400, "malformed", "account.malformed")
        if body.get("translation") is None:
            return Words(text, language)
        return Words(written(body, "translation"), theirs, text, machine=True)

    def _canned(self, body: dict[str, Any], theirs: str, mine: str) -> Words:
        reply_id, given = text_field(body, "canned"), body.get("values") or {}
        reply = next((one for one in self._content.canned.replies if one.id == reply_id), None)
        if reply is None or not isinstance(given, dict):
            raise DeskError(422, "no_reply", "desk.no_reply")
        missing = tuple(name for name in reply.placeholders if not str(given.get(name) or "").strip())
        text, original = (self._filled(reply_id, reply.placeholders, given, language) for language in (theirs, mine))
        return Words(text, theirs, original if theirs != mine else None, missing=missing)

    def _filled(self, reply_id: str, placeholders: tuple[str, ...], given: dict[str, Any], language: str) -> str:
        values = {name: _value(name, str(given.get(name) or "").strip(), language) or _OPEN for name in placeholders}
        return self._content.canned.text(reply_id, language, **values)


def written(body: dict[str, Any], name: str = "text") -> str:
    """A text that somebody wrote.

    Raises:
        DeskError: it is missing, empty or too long.
    """
    text = text_field(body, name).strip()
    if not text:
        raise DeskError(422, "empty", "desk.empty")
    if len(text) > LONGEST:
        raise DeskError(413, "too_long", "account.too_long")
    return text


def _value(name: str, given: str, language: str) -> str:
    """What is filled in, in a language: days and hours come as ISO 8601."""
    if len(given) > _LONGEST_VALUE:
        raise DeskError(413, "too_long", "account.too_long")
    try:
        if given and name == "date":
            return formatting.date(dt.date.fromisoformat(given), language)
        if given and name == "time":
            return formatting.time(dt.time.fromisoformat(given), language)
    except ValueError:
        raise DeskError(422, "wrong_value", "desk.wrong_value") from None
    return given
