"""Charts as SVG inside a page: bars with their numbers beside them, so that they need no colours and no script.

Lengths are shares of the width, so that letters keep their size on a phone. Colours come from ``figures.css``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

#: Pixels: from one bar to the next, what a bar is high, and where bars begin.
_STEP, _HIGH, _LEFT = 30, 18, 84
#: The part of the width in which bars and their numbers are, and the part of that which the longest bar takes.
_WIDTH, _LONGEST = 70, 82


@dataclass(frozen=True)
class Bar:
    """``text`` stands beside it. Without a number there is no bar, only the text."""

    label: str
    number: int
    text: str


def chart(name: str, title: str, description: str, bars: Sequence[Bar]) -> str:
    """A chart that says to those who do not see it what it shows; ``name`` is unique on the page."""
    most = max((bar.number for bar in bars), default=0)
    rows = "".join(_row(bar, most, index * _STEP) for index, bar in enumerate(bars))
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-text" height="{len(bars) * _STEP}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
        f"{rows}</svg>"
    )


def bar_beside(number: int, most: int) -> str:
    """A bar for the cell of a table beside the one that says the number."""
    return f'<svg class="bar" aria-hidden="true"><rect width="{_share(number, most, 100)}%" height="100%"/></svg>'


def _row(bar: Bar, most: int, top: int) -> str:
    share = _share(bar.number, most, _LONGEST)
    rect = f'<rect y="{(_STEP - _HIGH) // 2}" width="{share}%" height="{_HIGH}"/>' if bar.number else ""
    middle = _STEP // 2
    return (
        f'<text x="0" y="{top + middle}">{escape(bar.label)}</text>'
        f'<svg x="{_LEFT}" y="{top}" width="{_WIDTH}%" height="{_STEP}" overflow="visible">{rect}'
        f'<text x="{share}%" dx="6" y="{middle}">{escape(bar.text)}</text></svg>'
    )


def _share(number: int, most: int, of: int) -> float:
    return round(of * number / most, 1) if most else 0
