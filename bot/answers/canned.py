"""Replies written and translated beforehand, which counsellors pick for people whose language they do not speak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.answers._yaml import entry, read_mapping
from bot.answers.catalogue import CANNED, Catalogues
from bot.answers.errors import ContentError

#: What a reply may leave open: a counsellor's name, an hour, a day, a meeting place, a phone number.
PLACEHOLDERS = ("name", "time", "date", "place", "number")
_PLACEHOLDER = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")
_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class CannedReply:
    """One reply. ``placeholders``: what must be filled in before it is sent, in the order of the English text."""

    id: str
    group: str
    english: str
    placeholders: tuple[str, ...]


@dataclass(frozen=True)
class Canned:
    """All replies in the order in which a talk goes; those of one group follow each other."""

    replies: tuple[CannedReply, ...]
    catalogues: Catalogues

    def text(self, reply_id: str, language: str, **values: str) -> str:
        """What is sent, in a language.

        Raises:
            KeyError: there is no such reply.
            ValueError: a placeholder has no value; nobody should read a reply with a hole in it.
        """
        reply = self._by_id[reply_id]
        for placeholder in reply.placeholders:
            if not values.get(placeholder, "").strip():
                raise ValueError(f"reply '{reply_id}' needs a value for '{placeholder}'")
        template = self.template(reply_id, language)
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)

    def template(self, reply_id: str, language: str) -> str:
        """A reply in a language with its placeholders still open; in English where it is not translated.

        Raises:
            KeyError: there is no such reply.
        """
        return self.catalogues.translate(CANNED, reply_id, self._by_id[reply_id].english, language)

    @cached_property
    def _by_id(self) -> dict[str, CannedReply]:
        return {reply.id: reply for reply in self.replies}


def load_canned(root: Path, catalogues: Catalogues) -> Canned:
    """Read ``data/canned.yml`` below a project folder.

    Raises:
        ContentError: a group or reply is missing, double or malformed, or leaves something unknown open.
    """
    path = root / "data" / "canned.yml"
    groups = entry(path, read_mapping(path), "replies", "file")
    if not isinstance(groups, list):
        raise ContentError(path, "'replies' must be a list of groups")
    replies = tuple(reply for group in groups for reply in _group(path, group))
    _check_unique(path, "group", [group["id"] for group in groups])
    _check_unique(path, "reply", [reply.id for reply in replies])
    return Canned(replies, catalogues)


def _group(path: Path, group: Any) -> Iterator[CannedReply]:
    if not isinstance(group, dict):
        raise ContentError(path, f"{group!r} is no group with 'id' and 'replies'")
    group_id = _identifier(path, entry(path, group, "id", "group"))
    replies = entry(path, group, "replies", f"group '{group_id}'")
    if not isinstance(replies, dict) or not replies:
        raise ContentError(path, f"group '{group_id}': 'replies' must be a mapping of id to text")
    for key, text in replies.items():
        reply_id = _identifier(path, key)
        if not isinstance(text, str) or not text.strip():
            raise ContentError(path, f"reply '{reply_id}' has no text")
        yield CannedReply(reply_id, group_id, text.strip(), _placeholders(path, reply_id, text))


def _identifier(path: Path, raw: Any) -> str:
    """YAML reads a bare ``yes`` or ``12`` as something else than text."""
    if not isinstance(raw, str) or not _ID.fullmatch(raw):
        raise ContentError(path, f"{raw!r} is no id (small letters, digits and _)")
    return raw


def _placeholders(path: Path, reply_id: str, text: str) -> tuple[str, ...]:
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        known = " ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
        raise ContentError(path, f"reply '{reply_id}': only {known} may be in braces")
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def _check_unique(path: Path, what: str, ids: list[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise ContentError(path, f"{what} '{one}' is there twice")
        seen.add(one)
