"""The figures as a file for a spreadsheet: one line for each number, with semicolons, as Dutch Excel reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import product

from bot.desk.figures import View
from bot.desk.figures_words import RESULTS, Words
from bot.gateway.figures import Kind

#: In place of a number.
TOO_FEW = "<5"
COLUMNS = ("month", "since", "municipality", "figure", "detail", "conversations")
#: Tells Excel that the file is UTF-8.
_MARK = "\ufeff"
#: A cell that begins so could be taken for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(words: Words, view: View) -> bytes:
    """The file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(words.phrase(f"figures.{column}") for column in COLUMNS)
    writer.writerows([*map(plain, row)] for row in _rows(words, view))
    return (_MARK + text.getvalue()).encode("utf-8")


def plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(words: Words, view: View) -> Iterator[list[str]]:
    """The lines of the file. A topic or language that has no number in any of the months is left out."""
    names: list[tuple[Kind, str, Callable[[str], str]]] = [
        ("signal", "figures.signals", str),
        *((kind, name, str) for kind, name in RESULTS.items()),
        ("language", "figures.language", words.language),
        ("topic", "figures.topic", words.topic),
    ]
    for municipality, month in product(view.municipalities, view.months):
        place = words.municipality(municipality)
        number = view.number("language", month=month, municipality=municipality)
        yield [month, "", place, words.phrase("figures.conversations"), "", str(number or TOO_FEW)]
        for kind, title, name in names:
            details = view.details(kind, municipality) if kind in ("language", "topic") else [""]
            for detail in details:
                shown = view.cells.get((month, municipality, kind, detail))
                since, text = (shown.since, str(shown.number)) if shown else ("", TOO_FEW)
                yield [month, since, place, words.phrase(title), name(detail), text]
