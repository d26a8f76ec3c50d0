"""The state of every catalogue entry, kept the gettext way: the fuzzy flag and a comment ``state: ...``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from bot.answers.catalogue import DOMAINS
from bot.answers.errors import ContentError
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

#: ``source``: English itself. ``missing``: no text yet. ``outdated``: the English has changed since (fuzzy).
#: ``unreviewed`` and ``reviewed``: whether a native speaker has checked it.
State = Literal["source", "missing", "outdated", "unreviewed", "reviewed"]
STATES: tuple[State, ...] = get_args(State)

_MARK = "state:"


def entry_state(message: Message) -> State:
    """The state of one catalogue entry; without a comment nobody has checked it."""
    if not message.string:
        return "missing"
    if message.fuzzy:
        return "outdated"
    marks = [comment.strip() for comment in message.user_comments if comment.strip().startswith(_MARK)]
    return "reviewed" if any(mark.removeprefix(_MARK).strip() == "reviewed" for mark in marks) else "unreviewed"


def count_states(locales: Path) -> dict[str, Counter[State]]:
    """How many entries of each language are in each state, over all catalogues that are in it.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    counts: dict[str, Counter[State]] = {}
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        counts[language] = Counter(entry_state(message) for message in _entries(locales, language))
    # One of them has every catalogue.
    counts[SOURCE_LANGUAGE] = Counter({"source": max(sum(count.values()) for count in counts.values())})
    return counts


def _entries(locales: Path, language: str) -> Iterator[Message]:
    for domain, languages in DOMAINS.items():
        if language not in languages:
            continue
        path = locales / language / "LC_MESSAGES" / f"{domain}.po"
        try:
            with path.open("rb") as file:
                yield from (message for message in read_po(file, abort_invalid=True) if message.id)
        except (OSError, PoFileError, UnicodeDecodeError, ValueError) as error:
            raise ContentError(path, str(error).splitlines()[0]) from error
