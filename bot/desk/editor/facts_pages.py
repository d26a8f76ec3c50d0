"""The pages of amounts and rules: the list, one of them, a new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import get_args

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers import formatting
from bot.answers.checks import WARNING
from bot.answers.content import Content
from bot.answers.facts import Fact, Kind, Period, Show
from bot.desk.editor.forms import Controls, form_parts, links, options_of
from bot.desk.pages import LANGUAGE, Pages
from bot.editing.draft import Draft
from bot.editing.facts import NEW_SOURCE, fact_revision, known, uses
from bot.languages import LANGUAGES, OWN_NAMES
from bot.settings import Settings

#: How a fact stands, for editors; ``ends``: it holds for a month at most.
STATES = ("current", "ends", "review_due", "announced", "expired", "hidden")
#: The kinds of control that browsers have for them.
_CONTROLS: Mapping[str, str] = {"date": "date", "time": "time"}
_DAYS = ("valid_from", "valid_until", "review_by")
_EMPTY = Period(None, None, None, None)


class FactPages:
    """Handlers of ``/desk/facts`` and below."""

    def __init__(self, pages: Pages, draft: Draft, settings: Settings) -> None:
        self._pages = pages
        self._draft = draft
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/facts", self.all),
            web.get("/facts/new", self.new),
            web.get("/facts/{id}", self.one),
        ]

    async def all(self, request: Request) -> Response:
        """Every fact; ``?q=`` and ``?state=`` narrow the list."""
        content = await self._draft.content()
        words, wanted = request.query.get("q", "").casefold().split(), request.query.get("state", "")
        today = self._today()
        rows = [
            self._row(request, content, fact, today)
            for fact in content.facts.facts.values()
            if wanted in ("", state_of(fact, today)) and _is_about(content, fact, words)
        ]
        states = [("", self._pages.phrase(request, "form.any"))]
        states += [(state, self._pages.phrase(request, f"fact.state_{state}")) for state in STATES]
        texts = {"q": request.query.get("q", ""), "found": self._found(request, len(rows))}
        markup = {"rows": "".join(rows), "states": options_of(states, wanted)}
        return self._pages.page(request, "facts.html", "fact.title", texts, markup)

    async def one(self, request: Request) -> Response:
        """One fact: its periods, source and state, and a look at what it does."""
        content = await self._draft.content()
        fact = known(content, request.match_info["id"])
        controls = Controls(self._pages, request)
        printing, resting = uses(content, fact.id)
        topics = [
            f"<p>{controls.phrase(phrase)}: {self._topics(request, content, found)}</p>"
            for phrase, found in (("fact.prints", printing), ("fact.rests", resting))
            if found
        ] or [f"<p>{controls.phrase('form.used_nowhere')}</p>"]
        texts = {
            "id": fact.id,
            "seen": fact_revision(fact),
            "kind": self._pages.phrase(request, f"fact.kind_{fact.kind}"),
            "kind_id": fact.kind,
            "checked": self._checked(request, content, fact),
            "saved": self._pages.phrase(request, "form.saved") if "saved" in request.query else "",
            "day": self._today().isoformat(),
        }
        markup = {
            "fields": self._fields(request, content, fact),
            "topics": "".join(topics),
            "parts": form_parts(self._pages, request),
            "languages": options_of([(code, OWN_NAMES[code]) for code in LANGUAGES], request[LANGUAGE]),
            "open": _outside(fact.source.url, controls.phrase("fact.open_source")),
        }
        return self._pages.page(request, "fact.html", "fact.title", texts, markup, script="editor-facts.js")

    async def new(self, request: Request) -> Response:
        """A form for a new fact."""
        content = await self._draft.content()
        controls = Controls(self._pages, request)
        kinds = [(kind, self._pages.phrase(request, f"fact.kind_{kind}")) for kind in get_args(Kind)]
        first = next(iter(content.facts.sources.values()))
        none = Fact("", "money", "", first, "yes", (_EMPTY,))
        fields = controls.line("id", "fact.id", "", "fact.id_hint", more=' autocapitalize="none" spellcheck="false"')
        fields += controls.choice("kind", "fact.kind", kinds, "money") + self._fields(request, content, none)
        markup = {"fields": fields, "parts": form_parts(self._pages, request)}
        return self._pages.page(request, "fact_new.html", "fact.new", {}, markup, script="editor-facts.js")

    def _fields(self, request: Request, content: Content, fact: Fact) -> str:
        controls = Controls(self._pages, request)
        shows = [(show, self._pages.phrase(request, f"fact.show_{show}")) for show in get_args(Show)]
        sources = [
            (one.id, f"{one.name} ({one.url})" if one.url else one.name) for one in content.facts.sources.values()
        ]
        sources.append((NEW_SOURCE, self._pages.phrase(request, "fact.source_other")))
        periods = "".join(self._period(request, fact, number, period) for number, period in enumerate(fact.periods))
        texts = {"count": str(len(fact.periods))}
        template = self._period(request, fact, -1, _EMPTY)
        return (
            controls.line("about", "fact.about", fact.about, language="en")
            + self._pages.filled(request, "fact_periods.html", texts, {"rows": periods, "row": template})
            + controls.choice("source", "fact.source", sources, fact.source.id, "fact.source_hint")
            + '<div class="other" id="other-source" hidden>'
            + controls.line("source_name", "fact.source_name", "")
            + controls.line("source_url", "fact.source_url", "", kind="url")
            + "</div>"
            + controls.choice("show", "fact.show", shows, fact.show)
            + controls.tick("checked", self._pages.phrase(request, "form.checked"), False)
        )

    def _period(self, request: Request, fact: Fact, number: int, period: Period) -> str:
        """A row; that with number -1 is the pattern of new ones, in which the script puts the number."""
        index = "#" if number < 0 else str(number)
        values = (typed(period.value, fact.kind), *(typed(getattr(period, name)) for name in _DAYS))
        texts = {"index": index, "number": "#" if number < 0 else str(number + 1)}
        texts |= dict(zip(("value", *_DAYS), values))
        texts["kind"] = _CONTROLS.get(fact.kind, "text")
        template = "fact_period_rule.html" if fact.kind == "rule" else "fact_period.html"
        return self._pages.filled(request, template, texts)

    def _row(self, request: Request, content: Content, fact: Fact, today: dt.date) -> str:
        state, period = state_of(fact, today), fact.period(today)
        printing, resting = uses(content, fact.id)
        language = request[LANGUAGE]
        ends = period.valid_until
        texts = {
            "id": fact.id,
            "about": fact.about,
            "value": self._value(request, fact, period),
            "state": self._pages.phrase(request, f"fact.state_{state}"),
            "kind": state,
            "until": formatting.date(ends, language) if ends else self._pages.phrase(request, "fact.no_end_known"),
            "checked": formatting.date(content.facts.checked_on([fact.id]), language),
            "by": fact.checked.by if fact.checked else "",
            "topics": str(len(printing) + len(resting)),
        }
        return self._pages.filled(request, "fact_row.html", texts)

    def _value(self, request: Request, fact: Fact, period: Period) -> str:
        if fact.kind == "rule":
            return self._pages.phrase(request, "fact.in_words")
        return formatting.fact_value(fact.kind, period.value, request[LANGUAGE])

    def _topics(self, request: Request, content: Content, topic_ids: Sequence[str]) -> str:
        return links([(f"/desk/topics/{one}", content.title(one, request[LANGUAGE])) for one in topic_ids])

    def _checked(self, request: Request, content: Content, fact: Fact) -> str:
        if fact.checked is None:
            day = formatting.date(content.facts.checked, request[LANGUAGE])
            return self._pages.phrase(request, "form.checked_all", date=day)
        day = formatting.date(fact.checked.on, request[LANGUAGE])
        return self._pages.phrase(request, "form.checked_by", date=day, name=fact.checked.by)

    def _found(self, request: Request, count: int) -> str:
        return (
            self._pages.phrase(request, "form.found", count=str(count))
            if count
            else self._pages.phrase(request, "form.none")
        )

    def _today(self) -> dt.date:
        return self._settings.dutch_now().date()


def state_of(fact: Fact, today: dt.date) -> str:
    """How a fact stands on a day, one of ``STATES``."""
    state, ends = fact.state(today), fact.period(today).valid_until
    is_followed = fact.periods[-1].valid_until != ends
    if state == "current" and ends is not None and ends <= today + WARNING and not is_followed:
        return "ends"
    return state


def typed(value: object, kind: Kind = "number") -> str:
    """A value as an editor types it, with a decimal comma."""
    if isinstance(value, float):
        return (f"{value:.2f}" if kind == "money" else f"{value:.10g}").replace(".", ",")
    return "" if value is None else str(value)


def _outside(url: str | None, text: str) -> str:
    return f'<p><a href="{escape(url)}" rel="noreferrer">{text}</a></p>' if url else ""


def _is_about(content: Content, fact: Fact, words: Sequence[str]) -> bool:
    """Whether every word is in what there is to say about a fact."""
    topics = (
        content.title(topic, language)
        for found in uses(content, fact.id)
        for topic in found
        for language in ("en", "nl")
    )
    values = (typed(period.value, fact.kind) for period in fact.periods)
    text = " ".join([fact.id, fact.about, fact.source.name, *topics, *values]).casefold()
    return all(word in text for word in words)
