"""The charts and tables of the page of figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aiohttp.web import Request

from bot.desk.figures import View
from bot.desk.figures_charts import Bar, bar_beside, chart
from bot.desk.figures_words import Words
from bot.desk.pages import Pages
from bot.gateway.figures import Kind


class Sheet:
    """Makes the markup for what somebody looks at."""

    def __init__(self, pages: Pages, request: Request, words: Words, view: View) -> None:
        self._pages = pages
        self._request = request
        self._words = words
        self._view = view

    def by_month(self, kind: Kind, title: str) -> str:
        """A chart of the months, and the same as a table."""
        view, words, name = self._view, self._words, self._words.phrase(title)
        numbers = {month: view.number(kind, month=month) for month in view.months}
        best = max(view.months, key=numbers.__getitem__)
        if not numbers[best]:
            return self._nothing()
        texts = {month: self._of_month(kind, month) for month in view.months}
        description = words.phrase("figures.chart", number=texts[best], month=words.month(best))
        bars = [Bar(words.month(month), numbers[month], text) for month, text in texts.items()]
        rows = "".join(f"<tr>{_head(words.month(month))}{_cell(text)}</tr>" for month, text in texts.items())
        markup = {"chart": chart(kind, name, description, bars), "rows": rows}
        return self._filled("figures_months.html", {"title": name}, markup)

    def signals_by_municipality(self) -> str:
        """A table of the municipalities that have signals, with the months of each number; empty if none has any."""
        view, words = self._view, self._words
        rows = ""
        for name in view.municipalities if len(view.municipalities) > 1 else ():
            cells = [view.cells.get((month, name, "signal", "")) for month in view.months]
            shown = [(cell, month) for cell, month in zip(cells, view.months) if cell]
            if shown:
                parts = "\n".join(f"{words.months(cell.since, month)}: {cell.number}" for cell, month in shown)
                number = words.number(view.number("signal", municipality=name), view)
                rows += f"<tr>{_head(words.municipality(name))}{_cell(number)}{_cell(parts)}</tr>"
        return self._filled("figures_signals.html", {}, {"rows": rows}) if rows else ""

    def lines(self, title: str, lines: Sequence[tuple[str, int]]) -> str:
        """A table of names and numbers, with a bar for each."""
        most = max((number for _, number in lines), default=0)
        if not most:
            return self._nothing()
        rows = "".join(
            f"<tr>{_head(name)}{_cell(self._words.number(number, self._view))}"
            f"<td>{bar_beside(number, most) if number else ''}</td></tr>"
            for name, number in lines
        )
        return self._filled("figures_lines.html", {"title": self._words.phrase(title)}, {"rows": rows})

    def _of_month(self, kind: Kind, month: str) -> str:
        view = self._view
        if kind == "signal" and len(view.municipalities) == 1:
            return self._words.cell(view.cells.get((month, view.municipalities[0], kind, "")), month)
        return self._words.number(view.number(kind, month=month), view)

    def _nothing(self) -> str:
        return f'<p class="hint">{escape(self._words.phrase("figures.none"))}</p>'

    def _filled(self, template: str, texts: dict[str, str], markup: dict[str, str]) -> str:
        return self._pages.filled(self._request, template, texts, markup)


def _head(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"
