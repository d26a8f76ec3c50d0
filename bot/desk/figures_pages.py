"""The figures for policy officers: a page to read and a file to work with, about nobody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content
from bot.answers.places import IN_REGION, SOMEWHERE_ELSE, UNKNOWN
from bot.desk import figures_csv
from bot.desk.audit import Audit
from bot.desk.clock import Clock
from bot.desk.errors import DeskError
from bot.desk.figures import View, last_finished_month, months_between, released
from bot.desk.figures_sheet import Sheet
from bot.desk.figures_words import EVERYWHERE, RESULTS, Words
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.gateway import figures
from bot.gateway.figures import Kind
from bot.gateway.store import Store

#: So many months are shown at first.
_MONTHS = 12


@dataclass(frozen=True)
class Choice:
    """What can be chosen, and what somebody has."""

    months: Sequence[str]
    municipalities: Sequence[str]
    municipality: str
    view: View

    @property
    def query(self) -> str:
        first, last = self.view.months[0], self.view.months[-1]
        return urlencode({"from": first, "to": last, "municipality": self.municipality})

    @property
    def name(self) -> str:
        """It in letters that any log and any disk takes."""
        place = re.sub(r"[^A-Za-z0-9]+", "-", self.municipality)
        return f"{place}-{self.view.months[0]}-{self.view.months[-1]}"


class FigurePages:
    """Handlers of ``/desk/figures`` and ``/desk/figures.csv``."""

    def __init__(self, store: Store, audit: Audit, pages: Pages, content: Content, clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._pages = pages
        self._content = content
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/figures", self.page), web.get("/figures.csv", self.download)]

    async def page(self, request: Request) -> Response:
        """Tables and charts of the chosen months and municipality."""
        choice = await self._choice(request)
        words, view = Words(self._content, request[LANGUAGE]), choice.view
        sheet = Sheet(self._pages, request, words, view)
        names = {month: words.month(month) for month in choice.months}
        signals = ", ".join(map(words.topic, figures.signal_topics(self._content)))
        texts = {
            "what": f"{words.municipality(choice.municipality)}, {words.months(view.months[0], view.months[-1])}",
            "until": words.phrase("figures.until", month=names[choice.months[-1]]),
            "query": choice.query,
            "signals_hint": words.phrase("figures.signals_hint", topics=signals),
            "conversations": words.number(view.number("language"), view),
            "signals": words.number(view.number("signal"), view),
            "handovers": words.number(view.number("handover"), view),
        }
        municipalities = {name: words.municipality(name) for name in choice.municipalities}
        results = [(words.phrase(name), view.number(kind)) for kind, name in RESULTS.items()]
        markup = {
            "first_months": _options(names, view.months[0]),
            "last_months": _options(names, view.months[-1]),
            "municipalities": _options(municipalities, choice.municipality),
            "by_month": sheet.by_month("language", "figures.by_month"),
            "signals_by_month": sheet.by_month("signal", "figures.signals_by_month"),
            "signals_by_municipality": sheet.signals_by_municipality(),
            "topics": sheet.lines("figures.topics", _lines(view, "topic", words.topic)),
            "languages": sheet.lines("figures.languages", _lines(view, "language", words.language)),
            "results": sheet.lines("figures.results", results),
        }
        return self._pages.page(request, "figures.html", "figures.title", texts, markup)

    async def download(self, request: Request) -> Response:
        """The same numbers as a file; that it was downloaded is noted."""
        choice = await self._choice(request)
        words = Words(self._content, request[LANGUAGE])
        body = figures_csv.written(words, choice.view)
        await self._audit.note(request[SIGNED_IN].account, "figures.downloaded", choice.name)
        name = f"wegwijzer-{words.phrase('figures.title').lower()}-{choice.name.lower()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)

    async def _choice(self, request: Request) -> Choice:
        """What the address asks for; without one the last year of all municipalities.

        Raises:
            DeskError: it asks for what cannot be chosen.
        """
        until = last_finished_month(self._clock())
        cells = await asyncio.to_thread(released, await figures.read(self._store, until), until)
        first_year = min((cell[0][:4] for cell in cells), default=until[:4])
        months = months_between(f"{first_year}-01", until)
        known = [*self._content.places.municipalities, IN_REGION, SOMEWHERE_ELSE, UNKNOWN]
        # One that has been merged into another is still in the figures.
        known += sorted({cell[1] for cell in cells} - set(known))
        first = request.query.get("from", months[-_MONTHS:][0])
        last = request.query.get("to", until)
        municipality = request.query.get("municipality", EVERYWHERE)
        if first not in months or last not in months or first > last or municipality not in (EVERYWHERE, *known):
            raise DeskError(400, "malformed", "figures.wrong_choice")
        view = View.of(cells, months_between(first, last), known if municipality == EVERYWHERE else [municipality])
        return Choice(months, [EVERYWHERE, *known], municipality, view)


def _options(names: Mapping[str, str], chosen: str) -> str:
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(name)}</option>'
        for value, name in names.items()
    )


def _lines(view: View, kind: Kind, name: Callable[[str], str]) -> list[tuple[str, int]]:
    return [(name(detail), view.number(kind, detail)) for detail in view.details(kind)]
