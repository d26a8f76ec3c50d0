"""The API for amounts and rules: look before saving, save, add."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers import formatting
from bot.answers.content import Content
from bot.answers.facts import Fact
from bot.answers.rendering import render_answer
from bot.desk.audit import Audit
from bot.desk.bodies import text_field
from bot.desk.editor.facts_pages import state_of, typed
from bot.desk.editor.forms import Sent, present, sent
from bot.desk.pages import SIGNED_IN, Pages
from bot.editing.draft import Draft
from bot.editing.facts import (
    FactForm,
    PeriodForm,
    add_fact,
    fact_revision,
    known,
    read_fact,
    save_fact,
    uses,
    with_fact,
)
from bot.editing.forms import Reading, day
from bot.languages import LANGUAGES
from bot.settings import Settings

_ROW = re.compile(r"periods\.(\d{1,3})\.valid_from")
_DAYS = ("valid_from", "valid_until", "review_by")


class FactApi:
    """Handlers below ``/desk/api/facts``."""

    def __init__(self, pages: Pages, audit_log: Audit, draft: Draft, settings: Settings) -> None:
        self._pages = pages
        self._audit = audit_log
        self._draft = draft
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/facts", self.add),
            web.get("/api/facts/{id}", self.read),
            web.post("/api/facts/{id}", self.save),
            web.post("/api/facts/{id}/preview", self.preview),
        ]

    async def read(self, request: Request) -> Response:
        """A fact as it is in the draft now."""
        fact = known(await self._draft.content(), request.match_info["id"])
        fields: dict[str, str | bool] = {"about": fact.about, "show": fact.show, "source": fact.source.id}
        for number, period in enumerate(fact.periods):
            fields[f"periods.{number}.value"] = typed(period.value, fact.kind)
            fields |= {f"periods.{number}.{name}": typed(getattr(period, name)) for name in _DAYS}
        return await present(request, self._draft, [f"fact {fact.id}"], fact_revision(fact), fields)

    async def save(self, request: Request) -> Response:
        """Change a fact."""
        fact_id, account = request.match_info["id"], request[SIGNED_IN].account
        known(await self._draft.content(), fact_id)
        form, _ = await sent(request)
        await save_fact(self._draft, account, fact_id, _form(form), form.seen, form.sure, self._today())
        await self._audit.note(account, "fact.saved", fact_id)
        return web.json_response({"page": f"/desk/facts/{fact_id}?saved"})

    async def add(self, request: Request) -> Response:
        """Add a fact."""
        form, _ = await sent(request)
        fact_id, account = form.text("id"), request[SIGNED_IN].account
        await add_fact(self._draft, account, fact_id, form.text("kind"), _form(form), form.sure, self._today())
        await self._audit.note(account, "fact.added", fact_id)
        return web.json_response({"page": f"/desk/facts/{fact_id}?saved"}, status=201)

    async def preview(self, request: Request) -> Response:
        """How a form would read on a day (``day``) in each language, and the answers that use it."""
        content = await self._draft.content()
        fact = known(content, request.match_info["id"])
        form, body = await sent(request)
        reading = Reading()
        on = reading.read("day", day, text_field(body, "day")) or self._today()
        reading.refuse_faults()
        new, _ = read_fact(content, fact, _form(form), request[SIGNED_IN].account, self._today())
        return web.json_response(self._look(request, with_fact(content, new), new, on))

    def _look(self, request: Request, content: Content, fact: Fact, on: dt.date) -> dict[str, Any]:
        topics = [topic for found in uses(content, fact.id) for topic in found]
        return {
            "state": self._pages.phrase(request, f"fact.state_{state_of(fact, on)}"),
            "values": {language: _value(content, fact, language, on) for language in LANGUAGES},
            "answers": [
                {language: render_answer(content, topic, language, on).text for language in LANGUAGES}
                for topic in topics
            ],
        }

    def _today(self) -> dt.date:
        return self._settings.dutch_now().date()


def _value(content: Content, fact: Fact, language: str, on: dt.date) -> str:
    """What stands in an answer in the place of a fact."""
    if fact.kind == "rule":
        return "–"
    if fact.state(on) in ("expired", "hidden"):
        return content.phrase(language, "answer.amount_changed")
    return formatting.fact_value(fact.kind, fact.period(on).value, language)


def _form(form: Sent) -> FactForm:
    numbers = sorted({int(found[1]) for name in form.fields if (found := _ROW.fullmatch(name))})
    periods = tuple(
        PeriodForm(
            form.text(f"periods.{number}.value"), *(form.text(f"periods.{number}.{name}").strip() for name in _DAYS)
        )
        for number in numbers
    )
    return FactForm(
        form.text("about"), form.text("show"), form.text("source"), form.text("source_name"),
        form.text("source_url"), periods, form.ticked("checked"),
    )  # fmt: skip
