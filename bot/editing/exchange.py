"""Catalogues go out to translators' own tools as plain gettext files, and come back merged entry by entry.

A file carries which draft it was made from (``X-Wegwijzer-Base``). When it comes back, each entry is compared with that
draft and with the present one: what only the translator has changed is taken, what a colleague has changed meanwhile is
shown beside it to choose from, and what does not fit is left as it is.
"""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from babel.core import UnknownLocaleError
from babel.messages.pofile import PoFileError

from bot.answers.catalogue import DOMAINS, INTERFACE
from bot.answers.content import Content
from bot.editing.catalogues import (
    Entry,
    catalogue_path,
    changing,
    entries,
    mark,
    outdate,
    translate,
)
from bot.editing.draft import Draft, must_be
from bot.editing.entry_texts import LONGEST, faults_of, tidied
from bot.editing.errors import EditError
from bot.editing.stories import load_paths
from bot.languages import LANGUAGES, SOURCE_LANGUAGE
from bot.translations import parse_catalogue, read_catalogue

#: Most bytes in a file that comes in; the largest of ours has a quarter of a million.
LARGEST = 2_000_000
_BASE = "X-Wegwijzer-Base"
_BASE_LINE = re.compile(rf"{_BASE}: ([0-9a-f]{{40}})\\n")
_LANGUAGE_LINE = re.compile(r'(?:\\n|")Language: *([A-Za-z]+)(?:[_@-][\w@-]*)?\\n')
#: A line of a catalogue that is no comment: Babel takes what lacks a quotation mark, and cuts a letter off.
_LINE = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s*)?"(?:[^"\\]|\\.)*"')
_CHARSET = re.compile(rb"charset=([\w-]+)")
#: The first bytes of a compiled catalogue, in either order.
_COMPILED = (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde")
_BOM = b"\xef\xbb\xbf"
#: Files of which fewer entries than this share are ours are of something else.
_OURS = 0.5

#: What becomes of an entry that differs. new: there was no translation, or an outdated one; changed; confirmed: the
#: same words, marked as up to date or as checked; conflict: a colleague has changed it, too; english: the English has
#: changed since the file was made.
Kind = Literal["new", "changed", "confirmed", "conflict", "english"]
#: Kinds that are only taken when somebody chooses so.
CHOICES: tuple[Kind, ...] = ("conflict", "english")


@dataclass(frozen=True)
class Difference:
    """An entry that the file has otherwise: ``ours`` is in the draft, ``theirs`` in the file."""

    kind: Kind
    ours: Entry
    theirs: Entry
    reviewed: bool


@dataclass(frozen=True)
class Problem:
    """An entry that cannot be taken as it is, and why (a phrase and its values)."""

    context: str
    text: str
    phrase: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What a file would change. ``unknown``: contexts that our catalogue does not have; they are left out."""

    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]
    same: int
    knows_base: bool


def domains_of(language: str) -> list[str]:
    """The catalogues there are in a language."""
    return [domain for domain, languages in DOMAINS.items() if language in languages]


def check_exchange(language: str, domain: str | None = None) -> None:
    """Refuse what there is no catalogue of.

    Raises:
        EditError: there is no such language or catalogue.
    """
    if language not in LANGUAGES or language == SOURCE_LANGUAGE or (domain and domain not in domains_of(language)):
        raise EditError("not_found", "account.not_found", status=404)


def file_name(domain: str, language: str) -> str:
    """What a catalogue is called outside."""
    return f"wegwijzer-{domain}-{language}.po"


async def export(draft: Draft, domain: str, language: str) -> str:
    """A catalogue of the draft, as a file for translators."""
    draft_id, _ = await draft.state()
    return _with_base(catalogue_path(draft.folder, domain, language).read_text(encoding="utf-8"), draft_id)


async def export_all(draft: Draft, language: str) -> bytes:
    """All catalogues of a language in a ZIP file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for domain in domains_of(language):
            files.writestr(file_name(domain, language), await export(draft, domain, language))
    return archive.getvalue()


async def look(draft: Draft, domain: str, language: str, file: bytes) -> tuple[str, Summary]:
    """What a file would change, and what names the draft that it was compared with.

    Raises:
        EditError: it is no catalogue, or that of another language or subject.
    """
    draft_id, content = await draft.state()
    text = _text_of(file)
    base = await draft.former(base_id, _path(domain, language)) if (base_id := _base_of(text)) else None
    summary = await asyncio.to_thread(_compare, draft.folder, content, domain, language, text, base)
    return draft_id, summary


async def take_over(
    draft: Draft,
    account: str,
    domain: str,
    language: str,
    file: bytes,
    seen: str,
    chosen: Collection[str],
    reviewed: bool,
) -> int:
    """Take what a file brings into the draft; the number of entries that have changed.

    Args:
        draft: where.
        account: who does it.
        domain: the catalogue.
        language: its language.
        file: the file, the same that was looked at.
        seen: the draft that it was compared with.
        chosen: contexts of conflicts and changed English that are to be as in the file.
        reviewed: a native speaker has checked everything in the file.

    Raises:
        EditError: it is refused, or the draft has changed since; nothing has changed.
    """
    text = _text_of(file)
    await asyncio.to_thread(_parsed, text, language)
    base = await draft.former(base_id, _path(domain, language)) if (base_id := _base_of(text)) else None
    taken: list[Difference] = []

    def change(folder: Path, content: Content) -> None:
        summary = _compare(folder, content, domain, language, text, base)
        taken.extend(one for one in summary.differences if one.kind not in CHOICES or one.ours.context in chosen)
        with changing(folder, domain, language) as catalogue:
            for one in taken:
                context = one.ours.context
                if one.kind == "confirmed" and one.ours.state != "outdated":
                    mark(catalogue, context, one.reviewed or reviewed)
                    continue
                translate(catalogue, context, one.theirs.text, one.reviewed or reviewed)
                if one.kind == "english":
                    outdate(catalogue, context, one.theirs.english)
                elif one.theirs.state == "outdated":
                    outdate(catalogue, context, one.theirs.former or one.ours.former)

    def must_be_seen(folder: Path, content: Content) -> None:
        must_be(seen, draft.present_id())
        change(folder, content)

    await draft.change(account, f"catalogue {language} {domain}", "imported", must_be_seen)
    return len(taken)


def _path(domain: str, language: str) -> str:
    return catalogue_path(Path(), domain, language).as_posix()


def _with_base(text: str, draft_id: str) -> str:
    """The header says which draft the file is from; other programs keep lines that they do not know."""
    return text.replace('\nmsgstr ""\n', f'\nmsgstr ""\n"{_BASE}: {draft_id}\\n"\n', 1)


def _base_of(text: str) -> str | None:
    found = _BASE_LINE.search(_header(text))
    return found[1] if found else None


def _header(text: str) -> str:
    """What a file says about itself, on one line: other programs break it where they like."""
    return re.sub(r'"\s*\n\s*"', "", text.partition("\n\n")[0])


def _text_of(file: bytes) -> str:
    """The text of a file that may be a catalogue.

    Raises:
        EditError: it is too large, compiled, or not in UTF-8.
    """
    if len(file) > LARGEST:
        raise EditError("too_big", "exchange.too_big", 413, most=str(LARGEST // 1_000_000))
    if file.startswith(_COMPILED):
        raise EditError("compiled", "exchange.compiled")
    if b"\0" in file:
        raise EditError("no_text", "exchange.no_text")
    charset = _CHARSET.search(file)
    if charset and charset[1].lower().replace(b"-", b"") not in (b"utf8", b"usascii"):
        raise EditError("charset", "exchange.charset", charset=charset[1].decode())
    try:
        return file.removeprefix(_BOM).decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = file.count(b"\n", 0, error.start) + 1
        raise EditError("encoding", "exchange.encoding", line=str(line)) from None


def _parsed(text: str, language: str) -> dict[str, Entry]:
    """The entries of a file in the language that it has to be in.

    Raises:
        EditError: it is no catalogue, or in another language.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#") and not _LINE.fullmatch(line.strip()):
            raise EditError("syntax", "exchange.syntax", line=str(number))
    try:
        found = entries(parse_catalogue(text.encode()))
    except PoFileError as error:
        raise EditError("syntax", "exchange.syntax", line=str(error.lineno + 1)) from None
    except (ValueError, LookupError, TypeError, IndexError, AttributeError, UnknownLocaleError):
        raise EditError("syntax", "exchange.no_catalogue") from None
    named = _LANGUAGE_LINE.search(_header(text))
    if not found:
        raise EditError("no_catalogue", "exchange.no_catalogue")
    if named is None:
        raise EditError("no_language", "exchange.no_language", wanted=language)
    if named[1].lower() != language:
        raise EditError("other_language", "exchange.other_language", found=named[1], wanted=language)
    return found


def _compare(folder: Path, content: Content, domain: str, language: str, text: str, base: str | None) -> Summary:
    theirs = _parsed(text, language)
    ours = entries(read_catalogue(catalogue_path(folder, domain, language)))
    known = [context for context in theirs if context in ours]
    if len(known) < _OURS * len(theirs):
        raise EditError("other_catalogue", "exchange.other_catalogue", domain=domain)
    before = entries(parse_catalogue(base.encode())) if base is not None else None
    limits = load_paths(folder, content).letters if domain == INTERFACE else {}
    differences: list[Difference] = []
    problems: list[Problem] = []
    for context in known:
        found = _difference(ours[context], theirs[context], before)
        if found is None:
            continue
        problem = next(_problems(content, domain, language, found, limits.get(context)), None)
        if problem is None:
            differences.append(found)
        else:
            problems.append(problem)
    unknown = tuple(context for context in theirs if context not in ours)
    same = len(known) - len(differences) - len(problems)
    return Summary(tuple(differences), tuple(problems), unknown, same, before is not None)


def _difference(ours: Entry, theirs: Entry, before: Mapping[str, Entry] | None) -> Difference | None:
    """How an entry of a file differs, None if there is nothing in it that is new to us."""
    text = tidied(theirs.text)
    theirs = Entry(theirs.context, theirs.english, text, theirs.state, theirs.former)
    base = before.get(theirs.context) if before else None
    if not text or (base and _value(base) == _value(theirs)) or _value(ours) == _value(theirs):
        return None
    if base is None and text == ours.text and (theirs.state == "outdated" or ours.state != "outdated"):
        # Without its origin, older marks in a file say nothing against those here.
        return None
    if theirs.english != ours.english:
        if text == ours.text:
            return None
        return Difference("english", ours, theirs, False)
    # Whoever changes a text and leaves its mark as it was has not said that the new one is checked.
    reviewed = theirs.state == "reviewed" and (text == ours.text or base is None or base.state != "reviewed")
    is_open = ours.state in ("missing", "outdated")
    if text == ours.text:
        return Difference("confirmed", ours, theirs, reviewed)
    is_ours_as_before = base is not None and _value(base) == _value(ours)
    if is_ours_as_before or (base is None and is_open):
        return Difference("new" if is_open else "changed", ours, theirs, reviewed)
    return Difference("conflict", ours, theirs, reviewed)


def _value(entry: Entry) -> tuple[str, str]:
    return entry.text, entry.state


def _problems(content: Content, domain: str, language: str, found: Difference, most: int | None) -> Iterator[Problem]:
    context, text = found.ours.context, found.theirs.text
    if found.theirs.state == "outdated" and found.ours.state not in ("missing", "outdated"):
        # Taking it would give people English in the place of a translation that holds.
        yield Problem(context, text, "exchange.needs_work")
    if len(text) > LONGEST:
        yield Problem(context, text[:200], "field.too_long", {"most": str(LONGEST)})
    english = found.theirs.english if found.kind == "english" else found.ours.english
    for phrase, values in faults_of(content, domain, context, english, text, language, most):
        yield Problem(context, text, phrase, values)
