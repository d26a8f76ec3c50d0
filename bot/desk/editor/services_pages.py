"""The pages of contacts: the list, what has to be checked first on top; one of them; a new one."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import get_args

from aiohttp import web
from aiohttp.web import Request, Response
from babel.dates import get_day_names

from bot.answers import formatting
from bot.answers.checks import WARNING
from bot.answers.content import Content
from bot.answers.services import Service, ServiceShow
from bot.desk.editor.forms import Controls, form_parts, links, options_of
from bot.desk.editor.text_fields import translation_fields
from bot.desk.pages import LANGUAGE, Pages
from bot.editing.draft import Draft
from bot.editing.entry_texts import Translated
from bot.editing.services import (
    HOURS,
    is_spare,
    known,
    new_service,
    new_text,
    service_revision,
    spans_of,
    text_of,
    topics_of,
)
from bot.hours import WEEKDAYS, is_holiday
from bot.languages import BABEL_LOCALES, LANGUAGES, OWN_NAMES
from bot.settings import Settings

STATES = ("due", "soon", "fine")
#: Parts of a day in which somebody can be there, with a break between them.
SPANS = 2
#: A new contact is looked at again after half a year, unless somebody says otherwise.
_CHECK_AGAIN = dt.timedelta(days=182)
#: So many public holidays are named.
_HOLIDAYS = 4


class ServicePages:
    """Handlers of ``/desk/services`` and below."""

    def __init__(self, pages: Pages, draft: Draft, settings: Settings) -> None:
        self._pages = pages
        self._draft = draft
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/services", self.all),
            web.get("/services/new", self.new),
            web.get("/services/{id}", self.one),
        ]

    async def all(self, request: Request) -> Response:
        """Every contact, by the day until which it has to be checked; ``?q=`` and ``?state=`` narrow the list."""
        content = await self._draft.content()
        words, wanted = request.query.get("q", "").casefold().split(), request.query.get("state", "")
        today = self._now().date()
        found = [
            service
            for service in sorted(content.services.services.values(), key=lambda one: (one.review_by, one.name))
            if wanted in ("", state_of(service, today)) and _is_about(service, words)
        ]
        states = [("", self._pages.phrase(request, "form.any"))]
        states += [(state, self._pages.phrase(request, f"service.state_{state}")) for state in STATES]
        count = self._pages.phrase(request, "form.found", count=str(len(found)))
        texts = {
            "q": request.query.get("q", ""),
            "found": count if found else self._pages.phrase(request, "form.none"),
        }
        rows = "".join(self._row(request, content, service, today) for service in found)
        markup = {"rows": rows, "states": options_of(states, wanted)}
        return self._pages.page(request, "services.html", "service.title", texts, markup)

    async def one(self, request: Request) -> Response:
        """One contact, and a look at what people read."""
        content = await self._draft.content()
        service = known(content, request.match_info["id"])
        topics = [
            (f"/desk/topics/{one}", content.title(one, request[LANGUAGE])) for one in topics_of(content, service.id)
        ]
        text = await asyncio.to_thread(text_of, self._draft.folder, service)
        texts = {
            "name": service.name,
            "api": f"services/{service.id}",
            "seen": service_revision(service, text),
            "checked": self._checked(request, content, service),
            "saved": self._pages.phrase(request, "form.saved") if "saved" in request.query else "",
        }
        used_by = f"<p>{links(topics) or Controls(self._pages, request).phrase('form.used_nowhere')}</p>"
        if is_spare(content, service.id):
            used_by += self._pages.filled(request, "service_remove.html", {})
        return self._page(request, content, service, text, texts, used_by)

    async def new(self, request: Request) -> Response:
        """A form for a new contact, with the same look."""
        content = await self._draft.content()
        today = self._now().date()
        none = replace(new_service(content, ""), review_by=today + _CHECK_AGAIN)
        texts = {
            "name": self._pages.phrase(request, "service.new"),
            "api": "services",
            "seen": "",
            "checked": self._pages.phrase(request, "service.new_hint"),
            "saved": "",
        }
        used_by = f"<p>{Controls(self._pages, request).phrase('form.used_nowhere')}</p>"
        return self._page(request, content, none, new_text(none), texts, used_by)

    def _page(
        self,
        request: Request,
        content: Content,
        service: Service,
        text: Translated,
        texts: Mapping[str, str],
        used_by: str,
    ) -> Response:
        now = self._now()
        moments = {
            "now": f"{now:%Y-%m-%dT%H:%M}",
            "sunday": f"{_next_sunday(now):%Y-%m-%dT22:00}",
            "christmas": f"{now.year}-12-25T10:00",
        }
        markup = {
            "who": self._who(request, service, text),
            "numbers": self._numbers(request, service),
            "hours": self._hours(request, service, now.date()),
            "where": self._where(request, content, service),
            "trust": self._trust(request, service),
            "topics": used_by,
            "parts": form_parts(self._pages, request),
        }
        return self._pages.page(
            request, "service.html", "service.title", {**texts, **moments}, markup, script="editor-services.js"
        )

    def _who(self, request: Request, service: Service, text: Translated) -> str:
        controls = Controls(self._pages, request)
        needs_work = any(entry.state in ("missing", "outdated") for entry in text.translations.values())
        return (
            controls.line("name", "service.name", service.name)
            + controls.line("does", "service.does", service.does, "service.does_hint", language="en")
            + f'<details id="translations"{" open" if needs_work else ""}>'
            + f"<summary>{controls.phrase('service.translations')}</summary>"
            + f"{translation_fields(self._pages, request, text)}</details>"
        )

    def _numbers(self, request: Request, service: Service) -> str:
        controls = Controls(self._pages, request)
        return (
            controls.line("phone", "service.phone", service.phone or "", kind="tel")
            + controls.line(
                "phone_alternative", "service.phone_alternative", service.phone_alternative or "", kind="tel"
            )
            + controls.line("phone_abroad", "service.phone_abroad", service.phone_abroad or "", kind="tel")
            + self._number_source(controls, service)
            + controls.line("email", "service.email", service.email or "", kind="email")
            + controls.line("url", "service.url", service.url or "", kind="url")
            + controls.line("url_en", "service.url_en", service.url_en or "", kind="url")
        )

    def _number_source(self, controls: Controls, service: Service) -> str:
        """Asked for when a number changes; the numbers of a new contact stand on the page of its source."""
        if not service.source:
            return ""
        return controls.line("number_source", "service.number_source", "", "service.number_source_hint", kind="url")

    def _hours(self, request: Request, service: Service, today: dt.date) -> str:
        controls = Controls(self._pages, request)
        kinds = [(kind, self._pages.phrase(request, f"service.hours_{kind}")) for kind in HOURS]
        chosen = "always" if service.always else "week" if service.hours else "unknown"
        names = get_day_names("wide", locale=BABEL_LOCALES[request[LANGUAGE]])
        days = "".join(
            self._pages.filled(request, "service_day.html", _day(number, str(names[number]), spans))
            for number, spans in enumerate(spans_of(service))
        )
        hours = service.hours
        closed = " ".join(day.isoformat() for day in sorted(hours.closed)) if hours else ""
        holidays = ", ".join(formatting.date(day, request[LANGUAGE]) for day in next_holidays(today))
        texts = {"holidays": self._pages.phrase(request, "service.holidays_next", days=holidays)}
        on_holidays = self._pages.phrase(request, "service.closed_on_holidays")
        markup = {
            "days": days,
            "on_holidays": controls.tick(
                "closed_on_holidays", on_holidays, hours is not None and not hours.on_holidays
            ),
            "closed_days": controls.line("closed_days", "service.closed_days", closed, "service.closed_days_hint"),
        }
        week = self._pages.filled(request, "service_week.html", texts, markup)
        return controls.choice("hours", "service.hours", kinds, chosen) + week

    def _where(self, request: Request, content: Content, service: Service) -> str:
        controls = Controls(self._pages, request)
        codes = list(dict.fromkeys([*LANGUAGES, *service.languages]))
        ticks = "".join(
            controls.tick(f"languages.{code}", OWN_NAMES.get(code, code), code in service.languages) for code in codes
        )
        regions = [("", self._pages.phrase(request, "service.everywhere"))]
        regions += [(region, _places(content, region)) for region in content.places.regions]
        others = [("", self._pages.phrase(request, "service.nobody"))]
        others += [(one.id, one.name) for one in content.services.services.values() if one.id != service.id]
        through = content.service(service.via).name if service.via else ""
        via = f"<p>{controls.phrase('service.via')}: {escape(through)}</p>" if through else ""
        spoken = controls.phrase("service.languages")
        return (
            f'<fieldset><legend>{spoken}</legend><div class="ticks">{ticks}</div></fieldset>'
            + controls.choice("region", "service.region", regions, service.region or "")
            + controls.choice("elsewhere", "service.elsewhere", others, service.elsewhere or "")
            + via
        )

    def _trust(self, request: Request, service: Service) -> str:
        controls = Controls(self._pages, request)
        shows = [(show, self._pages.phrase(request, f"service.show_{show}")) for show in get_args(ServiceShow)]
        return (
            controls.tick("free", self._pages.phrase(request, "service.free"), service.free)
            + controls.tick("anonymous", self._pages.phrase(request, "service.anonymous"), service.anonymous)
            + controls.choice("show", "service.show", shows, service.show)
            + controls.line("source", "service.source", service.source, kind="url")
            + controls.line("review_by", "service.review_by", service.review_by.isoformat(), kind="date")
            + controls.tick("checked", self._pages.phrase(request, "form.checked"), False)
        )

    def _row(self, request: Request, content: Content, service: Service, today: dt.date) -> str:
        state = state_of(service, today)
        hours = "always" if service.always else "week" if service.hours else "unknown"
        texts = {
            "id": service.id,
            "name": service.name,
            "phone": service.phone or "",
            "hours": self._pages.phrase(request, f"service.hours_{hours}"),
            "review_by": formatting.date(service.review_by, request[LANGUAGE]),
            "kind": state,
            "state": self._pages.phrase(request, f"service.state_{state}"),
            "checked": formatting.date(
                service.checked.on if service.checked else content.services.checked, request[LANGUAGE]
            ),
            "by": service.checked.by if service.checked else "",
            "topics": str(len(topics_of(content, service.id))),
        }
        return self._pages.filled(request, "service_row.html", texts)

    def _checked(self, request: Request, content: Content, service: Service) -> str:
        if service.checked is None:
            day = formatting.date(content.services.checked, request[LANGUAGE])
            return self._pages.phrase(request, "form.checked_all", date=day)
        day = formatting.date(service.checked.on, request[LANGUAGE])
        return self._pages.phrase(request, "form.checked_by", date=day, name=service.checked.by)

    def _now(self) -> dt.datetime:
        return self._settings.dutch_now()


def state_of(service: Service, today: dt.date) -> str:
    """Whether a contact has to be checked, one of ``STATES``."""
    if service.review_by < today:
        return "due"
    return "soon" if service.review_by <= today + WARNING else "fine"


def next_holidays(today: dt.date) -> list[dt.date]:
    """The coming public holidays."""
    days = (today + dt.timedelta(days=ahead) for ahead in range(366))
    return [day for day in days if is_holiday(day)][:_HOLIDAYS]


def _day(number: int, name: str, spans: Sequence[tuple[dt.time, dt.time]]) -> dict[str, str]:
    texts = {"name": name, "day": WEEKDAYS[number]}
    for place in range(SPANS):
        opens, closes = spans[place] if place < len(spans) else (None, None)
        texts[f"opens{place}"] = f"{opens:%H:%M}" if opens else ""
        texts[f"closes{place}"] = f"{closes:%H:%M}" if closes else ""
    return texts


def _places(content: Content, region: str) -> str:
    return ", ".join(sorted(content.places.regions[region]))


def _next_sunday(now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(days=6 - now.weekday())


def _is_about(service: Service, words: Sequence[str]) -> bool:
    parts = (service.id, service.name, service.does, service.phone, service.email, service.url)
    text = " ".join(part for part in parts if part).casefold()
    return all(word in text for word in words)
