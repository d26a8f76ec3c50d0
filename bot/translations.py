"""Keeping the gettext catalogues: Babel's extract and update, and compiling what changed."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.answers.catalogue import DOMAINS
from bot.answers.errors import ContentError
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

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
        for language in LANGUAGES:
            if language != SOURCE_LANGUAGE:
                _pybabel(
                    "update", "-D", domain, "-i", str(template), "-d", str(root / "locales"), "-l", language,
                    "--previous", "--ignore-obsolete", "--width=100",
                )  # fmt: skip


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
        try:
            with path.open("rb") as source:
                catalogue = read_po(source, abort_invalid=True)
        except (PoFileError, UnicodeDecodeError, ValueError) as error:
            raise ContentError(path, str(error).splitlines()[0]) from error
        with target.open("wb") as file:
            write_mo(file, catalogue, use_fuzzy=False)
        compiled += 1
    return compiled


def _pybabel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "-q", *arguments])  # type: ignore[no-untyped-call]
