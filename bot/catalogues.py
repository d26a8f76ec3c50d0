"""Compiling the gettext catalogues (Babel), when one is newer than its compiled form."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.answers.errors import ContentError


def compile_catalogues(root: Path = Path()) -> int:
    """Compile what is out of date; the number of catalogues compiled.

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
