"""Keeping the gettext catalogues: Babel's extract and update, reading and writing them, compiling what changed."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, escape, normalize, read_po, unescape, write_po

from bot.answers.catalogue import DOMAINS
from bot.answers.errors import ContentError
from bot.languages import SOURCE_LANGUAGE

#: Columns of a line in the files.
WIDTH = 100
#: Babel reads the former English of an outdated entry (``#| msgid "..."``) as a comment that begins with this.
_FORMER = "|"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_HEADER = ("--project=Wegwijzer", "--version=0.1", "--msgid-bugs-address=", "--copyright-holder=")


def extract(directory: Path, root: Path = Path()) -> list[Path]:
    """Write a template (``<domain>.pot``) for each domain from the English texts in ``data/``."""
    templates = []
    sys.path.insert(0, str(root.resolve()))
    for domain in DOMAINS:
        template = directory / f"{domain}.pot"
        _pybabel(
            "extract", "-F", str(root / "locales" / f"{domain}.cfg"), "--add-location=file", "--sort-by-file",
            *_HEADER, "-o", str(template), str(root / "data"),
        )  # fmt: skip
        templates.append(template)
    return templates


def update(root: Path = Path()) -> None:
    """Bring every catalogue up to date: new messages empty, changed ones marked fuzzy with their former English."""
    for template in extract(root / "locales", root):
        domain = template.stem
        for language in DOMAINS[domain]:
            if language != SOURCE_LANGUAGE:
                _pybabel(
                    "update", "-D", domain, "-i", str(template), "-d", str(root / "locales"), "-l", language,
                    "--previous", "--ignore-obsolete", f"--width={WIDTH}",
                )  # fmt: skip
                path = root / "locales" / language / "LC_MESSAGES" / f"{domain}.po"
                write_catalogue(path, read_catalogue(path))


def read_catalogue(path: Path) -> Catalog:
    """A catalogue; ``previous_id`` of outdated entries is the English that they translate.

    Raises:
        ContentError: it cannot be read.
    """
    try:
        return parse_catalogue(path.read_bytes())
    except (OSError, PoFileError, ValueError) as error:
        raise ContentError(path, str(error).splitlines()[0]) from error


def parse_catalogue(file: bytes) -> Catalog:
    """The catalogue in a file's bytes; see ``read_catalogue``.

    Raises:
        PoFileError: it is no catalogue.
        ValueError: it is not in the encoding that it names.
    """
    catalogue = read_po(io.BytesIO(file), abort_invalid=True)
    for message in catalogue:
        _read_former(message)
    return catalogue


def write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue the way Babel's update does, so that only what has changed differs."""
    written = io.BytesIO()
    write_po(written, catalogue, width=WIDTH)
    text = written.getvalue().decode()
    for message in catalogue:
        if message.previous_id and message.fuzzy:
            # Babel would wrap it as if it were a remark, which no other program can read.
            former = normalize(f"{message.previous_id[0]}", width=WIDTH - len("#| ")).replace("\n", "\n#| ")
            line = f"msgctxt {escape(message.context or '')}\n"
            text = text.replace(f"\n{line}", f"\n#| msgid {former}\n{line}", 1)
    path.write_text(text, encoding="utf-8")


def _read_former(message: Message) -> None:
    """Only what is outdated has a former English; left over from earlier, it would tell nobody anything."""
    former = " ".join(c.lstrip("| ") for c in message.user_comments if c.startswith(_FORMER)).rpartition("msgid ")[2]
    message.user_comments = [comment for comment in message.user_comments if not comment.startswith(_FORMER)]
    if former and message.fuzzy:
        message.previous_id = ["".join(unescape(part) for part in _QUOTED.findall(former))]


def compile_catalogues(root: Path = Path()) -> int:
    """Compile what is out of date, fuzzy messages left out; the number of catalogues compiled.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    compiled = 0
    for path in sorted((root / "locales").glob("*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        catalogue = read_catalogue(path)
        with target.open("wb") as file:
            write_mo(file, catalogue, use_fuzzy=False)
        compiled += 1
    return compiled


def _pybabel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "-q", *arguments])  # type: ignore[no-untyped-call]
