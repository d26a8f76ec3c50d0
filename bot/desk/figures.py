"""What of the figures may be shown: numbers of at least 5, and nothing from which a smaller one follows.

A number under 5 is kept back and added to the next month of the same year, until it is at least 5 with what was kept
back before it; then it is shown, with the months it covers. The languages of a municipality, which together are its
conversations, are kept back in the same way, but those too small for a number of their own are counted together as
soon as they are at least 5.

Everything a page, a filter, a sum or a file tells is made of these shown numbers and of nothing else. Whoever compares
two of them learns no more than the shown numbers say, and those fit other small numbers as well: of a series 3, 4 the
7 is shown, which could also be 0, 7. A year is for itself, so that what is erased at its end changes no later number.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.gateway.figures import Counts, Kind, month_of
from bot.languages import LANGUAGES

#: The smallest number of conversations that is shown.
FEWEST = 5
#: In place of a language: those that have no number of their own.
OTHERS = "other"
#: (month, municipality, kind, detail), as in the store.
Cell = tuple[str, str, str, str]
#: Answers that are being stored at midnight may still belong to the month before.
_GRACE = dt.timedelta(hours=1)
_MONTHS = tuple(f"{month:02}" for month in range(1, 13))


@dataclass(frozen=True)
class Shown:
    """A number of conversations that may be shown. It covers the months from ``since`` on."""

    number: int
    since: str


def last_finished_month(now: dt.datetime) -> str:
    """The last month to which nothing is added any more. One that still grows would tell of single conversations."""
    year, month = map(int, month_of(now - _GRACE).split("-"))
    return f"{year:04}-{month - 1:02}" if month > 1 else f"{year - 1:04}-12"


def months_between(first: str, last: str) -> list[str]:
    """The months from the first to the last, both of them."""
    years = range(int(first[:4]), int(last[:4]) + 1)
    months = (f"{year:04}-{month}" for year in years for month in _MONTHS)
    return [month for month in months if first <= month <= last]


def released(counts: Counts, until: str) -> dict[Cell, Shown]:
    """The numbers that may be shown, of the months up to ``until``."""
    series: dict[tuple[str, str, str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for (month, municipality, kind, detail), number in counts.items():
        # The languages belong together, everything else stands for itself.
        family = "" if kind == "language" else detail
        series[month[:4], municipality, kind, family][month, detail] = number
    found: dict[Cell, Shown] = {}
    for (year, municipality, kind, family), numbers in series.items():
        months = months_between(f"{year}-01", min(until, f"{year}-12"))
        parts = LANGUAGES if kind == "language" else (family,)
        for month, part, shown in release(months, parts, numbers):
            found[month, municipality, kind, part] = shown
    return found


def release(
    months: Sequence[str], parts: Sequence[str], numbers: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, str, Shown]]:
    """(month, part, number) to show of parts that may be added up; ``OTHERS`` is what several have together.

    Of all that is possible by what is shown, a number under 5 always has at least two values.
    """
    kept, since = dict.fromkeys(parts, 0), dict.fromkeys(parts, "")
    for month in months:
        for part in parts:
            kept[part] += numbers.get((month, part), 0)
            since[part] = since[part] or month
        small = [part for part in parts if kept[part] < FEWEST]
        together = sum(kept[part] for part in small)
        for part in parts:
            if kept[part] >= FEWEST:
                yield month, part, Shown(kept[part], since[part])
                kept[part], since[part] = 0, ""
        if together >= FEWEST:
            # The highest sum they can have would tell each of them: one conversation is kept back.
            back = int(together == (FEWEST - 1) * len(small))
            yield month, OTHERS, Shown(together - back, min(since[part] for part in small))
            for part in small:
                kept[part], since[part] = 0, ""
            kept[small[0]] = back


@dataclass(frozen=True)
class View:
    """What somebody looks at: some months of some municipalities."""

    months: tuple[str, ...]
    municipalities: tuple[str, ...]
    cells: Mapping[Cell, Shown]

    @classmethod
    def of(cls, cells: Mapping[Cell, Shown], months: Sequence[str], municipalities: Sequence[str]) -> View:
        inside = {
            cell: shown for cell, shown in cells.items() if cell[0] in set(months) and cell[1] in set(municipalities)
        }
        return cls(tuple(months), tuple(municipalities), inside)

    @property
    def is_sum(self) -> bool:
        """Whether several small numbers, each kept back on its own, may be behind a number that is missing."""
        return len(self.municipalities) > 1 or self.months[0][:4] != self.months[-1][:4]

    def number(self, kind: Kind, detail: str | None = None, month: str = "", municipality: str = "") -> int:
        """The sum of what is shown of a kind: of all details, months and municipalities, or of one. 0: nothing is."""
        return self._sums[month, municipality, kind, detail]

    def details(self, kind: Kind, municipality: str = "") -> list[str]:
        """The details of a kind that have a number, in all municipalities or in one, the highest first.

        What several have together comes last.
        """
        found = {
            cell[3]: self.number(kind, cell[3], municipality=municipality) for cell in self.cells if cell[2] == kind
        }
        return sorted(filter(found.__getitem__, found), key=lambda detail: (detail == OTHERS, -found[detail], detail))

    @cached_property
    def _sums(self) -> Counter[tuple[str, str, str, str | None]]:
        sums: Counter[tuple[str, str, str, str | None]] = Counter()
        for (month, municipality, kind, detail), shown in self.cells.items():
            for one_month in ("", month):
                for one_municipality in ("", municipality):
                    for one_detail in (None, detail):
                        sums[one_month, one_municipality, kind, one_detail] += shown.number
        return sums
