"""Changing entries of the draft's gettext catalogues: a translation, or the English that translations hang on.

Whoever changes an English text in ``data/`` calls ``change_source`` in every language, in the same change of the draft.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message

from bot.answers.catalogue import DOMAINS
from bot.answers.states import State, entry_state
from bot.languages import SOURCE_LANGUAGE
from bot.translations import read_catalogue, write_catalogue

_FUZZY = "fuzzy"
_STATE = "state:"


@dataclass(frozen=True)
class Entry:
    """One translation. ``former``: the English that an outdated one translates, None if it is not known."""

    context: str
    english: str
    text: str
    state: State
    former: str | None


def catalogue_path(folder: Path, domain: str, language: str) -> Path:
    """Where a catalogue is below the folder that holds ``locales``."""
    return folder / "locales" / language / "LC_MESSAGES" / f"{domain}.po"


def translated_into(domain: str) -> list[str]:
    """The languages that a catalogue is translated into."""
    return [language for language in DOMAINS[domain] if language != SOURCE_LANGUAGE]


def entries(catalogue: Catalog) -> dict[str, Entry]:
    """What a catalogue holds, by context: in each of ours an English text has one, and one only."""
    return {
        str(message.context): Entry(
            str(message.context),
            str(message.id),
            str(message.string or ""),
            entry_state(message),
            str(message.previous_id[0]) if message.previous_id else None,
        )
        for message in catalogue
        if message.id and message.context
    }


@contextmanager
def changing(folder: Path, domain: str, language: str) -> Iterator[Catalog]:
    """A catalogue of the draft, to be changed in place; it is written back when the block ends without an error.

    Raises:
        ContentError: it cannot be read.
    """
    path = catalogue_path(folder, domain, language)
    catalogue = read_catalogue(path)
    yield catalogue
    write_catalogue(path, catalogue)


def add_entry(catalogue: Catalog, context: str, english: str, path: str, remark: str) -> None:
    """Put in an entry that is not translated yet, as Babel would extract it.

    Args:
        catalogue: changed in place.
        context: which text it is.
        english: the text.
        path: the file that it stands in, such as ``data/services.yml``.
        remark: what translators are told about it.
    """
    catalogue.add(english, context=context, auto_comments=[remark], locations=[(path, None)])  # type: ignore[list-item]


def translate(catalogue: Catalog, context: str, text: str, reviewed: bool) -> None:
    """Give an entry its translation; it is up to date now. ``reviewed``: a native speaker has checked it.

    Raises:
        KeyError: there is no such entry.
    """
    message = _find(catalogue, context)
    message.string = text
    message.flags.discard(_FUZZY)
    message.previous_id = []
    mark(catalogue, context, reviewed)


def mark(catalogue: Catalog, context: str, reviewed: bool) -> None:
    """Say whether a native speaker has checked an entry.

    Raises:
        KeyError: there is no such entry.
    """
    message = _find(catalogue, context)
    remarks = [comment for comment in message.user_comments if not comment.startswith(_STATE)]
    message.user_comments = [f"{_STATE} {'reviewed' if reviewed else 'unreviewed'}", *remarks]


def outdate(catalogue: Catalog, context: str, former: str | None = None) -> None:
    """Mark a translation as one of another English text, ``former``; people get English until it is made anew.

    Raises:
        KeyError: there is no such entry.
    """
    message = _find(catalogue, context)
    message.flags.add(_FUZZY)
    message.previous_id = [former] if former else []


def change_source(catalogue: Catalog, context: str, english: str, still_fits: bool = False) -> None:
    """Give an entry another English text; its translation is outdated then, unless it ``still_fits``.

    A translation that was made for just this text, before it was changed, is up to date again.

    Raises:
        KeyError: there is no such entry.
    """
    old = _find(catalogue, context)
    if old.id == english:
        return
    made_for = str(old.previous_id[0] if old.previous_id else old.id)
    flags = set(old.flags) - {_FUZZY}
    is_outdated = bool(old.string) and made_for != english and (old.fuzzy or not still_fits)
    new = Message(
        english, old.string, old.locations, flags | ({_FUZZY} if is_outdated else set()), old.auto_comments,
        old.user_comments, [made_for] if is_outdated else (), context=context,
    )  # fmt: skip
    _put(catalogue, old, new)


def _find(catalogue: Catalog, context: str) -> Message:
    for message in catalogue:
        if message.id and message.context == context:
            return message
    raise KeyError(context)


def _put(catalogue: Catalog, old: Message, new: Message) -> None:
    """Put an entry in the place of another: the order of a file is that of the texts in ``data``."""
    messages = [new if message is old else message for message in catalogue if message.id]
    for message in [message for message in catalogue if message.id]:
        catalogue.delete(message.id, message.context)
    for message in messages:
        catalogue[message.id] = message
