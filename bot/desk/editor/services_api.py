"""The API for contacts: look before saving, save, add, take out."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.catalogue import ANSWERS
from bot.answers.content import Content
from bot.answers.rendering import render_helper
from bot.answers.services import Service
from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.editor.forms import Sent, present, sent
from bot.desk.editor.services_pages import SPANS
from bot.desk.editor.text_fields import text_form
from bot.desk.pages import SIGNED_IN
from bot.editing.draft import Draft
from bot.editing.entry_texts import Translated
from bot.editing.errors import Fault, FieldFaults
from bot.editing.services import (
    ServiceForm,
    add_service,
    known,
    new_service,
    read_service,
    remove_service,
    save_service,
    service_revision,
    spans_of,
    text_of,
    with_service,
)
from bot.hours import DUTCH_TIME, WEEKDAYS
from bot.languages import LANGUAGES
from bot.settings import Settings

_TEXTS = (
    "name", "does", "phone", "phone_alternative", "phone_abroad", "email", "url", "url_en", "hours", "closed_days",
    "region", "elsewhere", "show", "source", "review_by",
)  # fmt: skip
_TICKS = ("closed_on_holidays", "free", "anonymous", "checked")
_LANGUAGE = "languages."


class ServiceApi:
    """Handlers below ``/desk/api/services``."""

    def __init__(self, audit_log: Audit, draft: Draft, settings: Settings) -> None:
        self._audit = audit_log
        self._draft = draft
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/services", self.add),
            web.post("/api/services/preview", self.preview_new),
            web.get("/api/services/{id}", self.read),
            web.post("/api/services/{id}", self.save),
            web.post("/api/services/{id}/preview", self.preview),
            web.post("/api/services/{id}/remove", self.remove),
        ]

    async def read(self, request: Request) -> Response:
        """A contact as it is in the draft now."""
        service = known(await self._draft.content(), request.match_info["id"])
        text = await asyncio.to_thread(text_of, self._draft.folder, service)
        items = [f"service {service.id}", *(f"catalogue {language} {ANSWERS}" for language in text.translations)]
        return await present(request, self._draft, items, service_revision(service, text), _fields(service, text))

    async def save(self, request: Request) -> Response:
        """Change a contact."""
        service_id, account = request.match_info["id"], request[SIGNED_IN].account
        known(await self._draft.content(), service_id)
        form, _ = await sent(request)
        await save_service(self._draft, account, service_id, _form(form), form.seen, form.sure, self._now().date())
        await self._audit.note(account, "service.saved", service_id)
        return web.json_response({"page": f"/desk/services/{service_id}?saved"})

    async def add(self, request: Request) -> Response:
        """Add a contact."""
        form, _ = await sent(request)
        account = request[SIGNED_IN].account
        service_id, _ = await add_service(self._draft, account, _form(form), form.sure, self._now().date())
        await self._audit.note(account, "service.added", service_id)
        return web.json_response({"page": f"/desk/services/{service_id}?saved"}, status=201)

    async def preview(self, request: Request) -> Response:
        """What people would read at a moment (``moment``, Dutch time, such as ``2026-12-25T10:00``)."""
        content = await self._draft.content()
        service = known(content, request.match_info["id"])
        form, body = await sent(request)
        return self._preview(request, content, service, _form(form), body)

    async def preview_new(self, request: Request) -> Response:
        """The same of a contact that is new."""
        content = await self._draft.content()
        form, body = await sent(request)
        typed = _form(form)
        return self._preview(request, content, new_service(content, typed.name), typed, body)

    async def remove(self, request: Request) -> Response:
        """Take out a contact that nothing points to."""
        service_id, account = request.match_info["id"], request[SIGNED_IN].account
        seen = text_field(await json_fields(request), "seen")
        await remove_service(self._draft, account, service_id, seen)
        await self._audit.note(account, "service.removed", service_id)
        return web.json_response({"page": "/desk/services"})

    def _preview(
        self, request: Request, content: Content, service: Service, form: ServiceForm, body: dict[str, Any]
    ) -> Response:
        moment = _moment(text_field(body, "moment"))
        new, _ = read_service(content, service, form, request[SIGNED_IN].account, self._now().date())
        return web.json_response({"texts": _look(with_service(content, new, form.texts), new, moment)})

    def _now(self) -> dt.datetime:
        return self._settings.dutch_now()


def _look(content: Content, service: Service, moment: dt.datetime) -> dict[str, str]:
    return {
        language: render_helper(content, service, language, moment, place_known=False)
        for language in LANGUAGES
        if service.for_language in (None, language)
    }


def _moment(typed: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(typed).replace(tzinfo=DUTCH_TIME)
    except ValueError:
        raise FieldFaults([Fault("moment", "field.no_date", {})]) from None


def _form(form: Sent) -> ServiceForm:
    spans = tuple(
        tuple(
            (form.text(f"hours.{day}.{place}.opens"), form.text(f"hours.{day}.{place}.closes"))
            for place in range(SPANS)
        )
        for day in WEEKDAYS
    )
    languages = tuple(
        name.removeprefix(_LANGUAGE) for name in form.fields if name.startswith(_LANGUAGE) and form.ticked(name)
    )
    texts: dict[str, Any] = {name: form.text(name) for name in _TEXTS}
    ticks: dict[str, Any] = {name: form.ticked(name) for name in _TICKS}
    return ServiceForm(
        **texts, **ticks, texts=text_form(form), number_source=form.text("number_source"), languages=languages,
        spans=spans,
    )  # fmt: skip


def _fields(service: Service, text: Translated) -> dict[str, str | bool]:
    """The fields of the form as they are."""
    hours = service.hours
    named = ("hours", "closed_days", "review_by")
    fields: dict[str, str | bool] = {name: getattr(service, name) or "" for name in _TEXTS if name not in named}
    fields |= {language: entry.text for language, entry in text.translations.items()}
    fields |= {f"reviewed.{language}": entry.state == "reviewed" for language, entry in text.translations.items()}
    fields |= {
        "hours": "always" if service.always else "week" if hours else "unknown",
        "closed_days": " ".join(day.isoformat() for day in sorted(hours.closed)) if hours else "",
        "review_by": service.review_by.isoformat(),
        "closed_on_holidays": hours is not None and not hours.on_holidays,
        "free": service.free,
        "anonymous": service.anonymous,
    }
    for day, spans in zip(WEEKDAYS, spans_of(service)):
        for place, (opens, closes) in enumerate(spans):
            fields |= {
                f"hours.{day}.{place}.opens": f"{opens:%H:%M}",
                f"hours.{day}.{place}.closes": f"{closes:%H:%M}",
            }
    return fields | {f"{_LANGUAGE}{code}": True for code in service.languages}
