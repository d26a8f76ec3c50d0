"""Changing contacts (``data/services.yml``): who they are, numbers, links, hours and holidays, who checked them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from bot.answers.catalogue import ANSWERS
from bot.answers.checking import Checked
from bot.answers.checks import check_text
from bot.answers.content import Content
from bot.answers.rendering import GENERAL_SERVICES
from bot.answers.services import Service, ServiceShow
from bot.editing.catalogues import add_entry, changing, translate
from bot.editing.draft import Draft, must_be, revision
from bot.editing.entry_texts import TextForm, Translated, read_texts, tidied, translated, untranslated, write_texts
from bot.editing.errors import EditError
from bot.editing.forms import Reading, Wrong, clock, day, days, id_from, line, link, mail, one_of, optional, phone
from bot.editing.preview import Unsaved
from bot.editing.yaml_text import edited, on_one_line, quoted
from bot.hours import WEEKDAYS, Hours
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

_PATH = "data/services.yml"
#: The order in which fields stand in the file.
_ORDER = (
    "name", "does", "phone", "phone_alternative", "phone_abroad", "email", "url", "url_en", "via", "languages",
    "for_language", "hours", "closed_on_holidays", "closed_days", "region", "elsewhere", "free", "anonymous", "show",
    "review_by", "source", "checked",
)  # fmt: skip
_PHONES = ("phone", "phone_alternative", "phone_abroad")
_Span = tuple[dt.time, dt.time]
#: Names below ``/desk/services`` that are no contact's.
_PAGES = ("new", "preview")
#: What the catalogues tell translators of the line on what they do.
_REMARK = "what the organisation does"
#: What is known about the hours of a contact.
HOURS = ("unknown", "always", "week")


@dataclass(frozen=True)
class ServiceForm:
    """A contact as it was typed.

    Attributes:
        texts: the translations of ``does``.
        number_source: the page on which a changed number stands.
        spans: for each weekday (Monday first) the typed (opens, closes).
        checked: whoever saves it has checked it today.
    """

    name: str
    does: str
    texts: TextForm
    phone: str
    phone_alternative: str
    phone_abroad: str
    number_source: str
    email: str
    url: str
    url_en: str
    languages: tuple[str, ...]
    hours: str
    spans: tuple[tuple[tuple[str, str], ...], ...]
    closed_on_holidays: bool
    closed_days: str
    region: str
    elsewhere: str
    free: bool
    anonymous: bool
    show: str
    source: str
    review_by: str
    checked: bool


def service_revision(service: Service, text: Translated) -> str:
    """What a page sends back, so that nobody's change is overwritten."""
    values = (getattr(service, field.name) for field in fields(Service) if field.name != "hours")
    return revision(*values, _raw(service), text.seen)


def text_of(folder: Path, service: Service) -> Translated:
    """What they do, with its translations; ``folder`` holds ``locales``.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    return translated(folder, ANSWERS, f"service {service.id}", service.does)


def new_text(service: Service) -> Translated:
    """What a new contact does, of which there are no translations yet."""
    return untranslated(ANSWERS, f"service {service.id}", service.does)


def new_service(content: Content, name: str) -> Service:
    """A contact of which nothing is known yet but its name; its id is one that nobody has."""
    taken = {*content.services.services, *_PAGES}
    return Service(id_from(name, taken, "contact"), "", "", "yes", dt.date.min, "")


def topics_of(content: Content, service_id: str) -> list[str]:
    """Ids of the topics that name a contact."""
    return [topic_id for topic_id, answer in content.answers.items() if service_id in answer.services]


def is_spare(content: Content, service_id: str) -> bool:
    """Whether nothing points to a contact: no topic, no other contact, and not the lists for every question."""
    others = (one for one in content.services.services.values() if one.id != service_id)
    return (
        service_id not in GENERAL_SERVICES
        and not topics_of(content, service_id)
        and not any(service_id in (one.elsewhere, one.via) for one in others)
    )


def known(content: Content, service_id: str) -> Service:
    """The contact of an id.

    Raises:
        EditError: there is none.
    """
    if service_id not in content.services.services:
        raise EditError("not_found", "account.not_found", status=404)
    return content.service(service_id)


def read_service(
    content: Content, service: Service, form: ServiceForm, account: str, today: dt.date
) -> tuple[Service, Reading]:
    """The contact that a form says, in place of one that is there; and what is to be asked about it.

    Raises:
        FieldFaults: something in the form is wrong.
    """
    reading = Reading()
    values: dict[str, Any] = {
        "name": reading.read("name", line, form.name),
        "does": reading.read("does", _does(content, service), form.does),
        **{name: reading.read(name, optional(phone), getattr(form, name)) for name in _PHONES},
        "email": reading.read("email", optional(mail), form.email),
        "url": reading.read("url", optional(link), form.url),
        "url_en": reading.read("url_en", optional(link), form.url_en),
        "languages": _languages(reading, service, form.languages),
        "always": reading.read("hours", one_of(HOURS), form.hours) == "always",
        "hours": _hours(reading, form, today),
        "region": reading.read("region", optional(one_of(content.places.regions)), form.region),
        "elsewhere": reading.read("elsewhere", optional(one_of(content.services.services)), form.elsewhere),
        "free": form.free,
        "anonymous": form.anonymous,
        "show": reading.read("show", one_of(get_args(ServiceShow)), form.show),
        "source": reading.read("source", link, form.source),
        "review_by": reading.read("review_by", day, form.review_by),
        "checked": Checked(today, account) if form.checked else service.checked,
    }
    reading.refuse_faults()
    new = replace(service, **values)
    _check_numbers(reading, service, new, form)
    _check_together(reading, new, form, today)
    reading.refuse_faults()
    source = form.number_source.strip()
    return (replace(new, source=source) if source else new), reading


def with_service(content: Content, service: Service, form: TextForm) -> Content:
    """The same content with a contact in its place, and with the typed translations of what they do, to look at.

    Of a translation that another English outdates people get nothing: it has to be changed or said to fit still.
    """
    before = content.services.services.get(service.id)
    context = f"service {service.id}"

    def holds(language: str, text: str) -> bool:
        if before is None or before.does == service.does or language in form.still_fits:
            return True
        return text != content.catalogues.lookup(ANSWERS, context, before.does, language)

    typed = {language: one_line(text) for language, text in form.texts.items() if text.strip()}
    unsaved = {(language, context): text for language, text in typed.items() if holds(language, text)}
    return replace(
        content,
        services=replace(content.services, services={**content.services.services, service.id: service}),
        catalogues=Unsaved(content.catalogues, unsaved),
    )


async def save_service(
    draft: Draft, account: str, service_id: str, form: ServiceForm, seen: str, sure: Collection[str], today: dt.date
) -> Content:
    """Change a contact. Another English text outdates the translations that are neither changed nor said to fit still.

    Args:
        draft: where.
        account: who does it.
        service_id: which.
        form: what it is to be.
        seen: the revision that the page showed.
        sure: the questions that have been answered with yes.
        today: the day in Amsterdam.

    Raises:
        EditError: it is refused; nothing has changed.
    """

    def change(folder: Path, content: Content) -> None:
        service, text = _as_seen(folder, content, service_id, seen)
        new, reading = read_service(content, service, form, account, today)
        typed = read_texts(reading, content, text, form.texts, new.does, tidy=one_line)
        reading.close(sure)
        with edited(folder / _PATH) as document:
            _write(document["services"][service_id], service, new)
        write_texts(folder, text, new.does, typed, form.texts)

    return await draft.change(account, f"service {service_id}", "changed", change)


async def add_service(
    draft: Draft, account: str, form: ServiceForm, sure: Collection[str], today: dt.date
) -> tuple[str, Content]:
    """Add a contact that was checked today; topics can name it then. The arguments are those of ``save_service``.

    Returns:
        The id it has got, and the content with it.

    Raises:
        EditError: it is refused; nothing has changed.
    """
    service_id = new_service(await draft.content(), form.name).id

    def change(folder: Path, content: Content) -> None:
        none = new_service(content, form.name)
        # Somebody may have added one of the same name this moment.
        must_be(service_id, none.id)
        new, reading = read_service(content, none, form, account, today)
        text = new_text(new)
        typed = read_texts(reading, content, text, form.texts, new.does, tidy=one_line)
        if not form.checked:
            reading.fault("checked", "form.check_first")
        reading.close(sure)
        with edited(folder / _PATH) as document:
            document["services"][new.id] = {name: _written(value) for name, value in _values(new).items()}
        for language, translation in typed.items():
            with changing(folder, ANSWERS, language) as catalogue:
                add_entry(catalogue, text.context, new.does, _PATH, _REMARK)
                if translation:
                    translate(catalogue, text.context, translation, language in form.texts.reviewed)

    return service_id, await draft.change(account, f"service {service_id}", "new", change)


async def remove_service(draft: Draft, account: str, service_id: str, seen: str) -> Content:
    """Take a contact that nothing points to out of the draft, with its translations.

    Args:
        draft: where.
        account: who does it.
        service_id: which.
        seen: the revision that the page showed.

    Raises:
        EditError: it is refused; nothing has changed.
    """

    def change(folder: Path, content: Content) -> None:
        service, text = _as_seen(folder, content, service_id, seen)
        if not is_spare(content, service_id):
            raise EditError("in_use", "service.in_use", 409)
        with edited(folder / _PATH) as document:
            del document["services"][service_id]
        for language in text.translations:
            with changing(folder, ANSWERS, language) as catalogue:
                catalogue.delete(service.does, text.context)

    return await draft.change(account, f"service {service_id}", "removed", change)


def _as_seen(folder: Path, content: Content, service_id: str, seen: str) -> tuple[Service, Translated]:
    """A contact and its texts, if they are as the page showed them.

    Raises:
        EditError: there is no such contact, or somebody has changed it meanwhile.
    """
    service = known(content, service_id)
    text = text_of(folder, service)
    must_be(seen, service_revision(service, text))
    return service, text


def one_line(typed: str) -> str:
    """A translation of what they do, as it is kept."""
    return " ".join(tidied(typed).split())


def spans_of(service: Service) -> Sequence[Sequence[_Span]]:
    """The hours of each weekday, Monday first."""
    return service.hours.week if service.hours else [()] * len(WEEKDAYS)


def _does(content: Content, service: Service) -> Callable[[str], str]:
    """The English line on what they do; no number and no address is typed into it."""

    def read(typed: str) -> str:
        text = line(typed)
        for fault in check_text(content, f"service {service.id}", text, SOURCE_LANGUAGE):
            raise Wrong(f"check.{fault.code}", **fault.values)
        return text

    return read


def _languages(reading: Reading, service: Service, given: Sequence[str]) -> tuple[str, ...]:
    """In the order in which they stood, new ones last."""
    if not set(given) <= {*LANGUAGES, *service.languages}:
        reading.fault("languages", "field.no_choice")
    kept = [code for code in service.languages if code in given]
    return (*kept, *(code for code in given if code not in kept))


def _hours(reading: Reading, form: ServiceForm, today: dt.date) -> Hours | None:
    if form.hours != "week":
        return None
    week = []
    for number, spans in enumerate(form.spans):
        found: list[_Span] = []
        for place, (opens, closes) in enumerate(spans):
            if not opens and not closes:
                continue
            name = f"hours.{WEEKDAYS[number]}.{place}"
            first = reading.read(f"{name}.opens", clock, opens)
            last = reading.read(f"{name}.closes", clock, closes)
            if first is None or last is None:
                continue
            if last <= first:
                reading.fault(f"{name}.closes", "service.closes_before_opening")
            elif found and dt.time.fromisoformat(first) <= found[-1][1]:
                reading.fault(f"{name}.opens", "service.spans_overlap")
            else:
                found.append((dt.time.fromisoformat(first), dt.time.fromisoformat(last)))
        week.append(tuple(found))
    if not reading.faults and not any(week):
        reading.fault("hours", "service.never_open")
    closed = reading.read("closed_days", days, form.closed_days) or ()
    # What is past says nothing any more.
    coming = frozenset(one for one in closed if one >= today)
    return Hours(tuple(week), not form.closed_on_holidays, coming) if len(week) == len(WEEKDAYS) else None


def _check_numbers(reading: Reading, old: Service, new: Service, form: ServiceForm) -> None:
    """No number comes from memory: who changes one says on which page it stands."""
    changed = [name for name in _PHONES if getattr(new, name) != getattr(old, name) and getattr(new, name)]
    # The source of a new contact is that of its numbers.
    if form.number_source.strip() or (changed and old.source):
        reading.read("number_source", _number_source, form.number_source)
    if new.phone_alternative and not new.phone:
        reading.fault("phone", "service.no_first_number")
    if not any(getattr(new, name) for name in _PHONES) and old.phone:
        reading.ask("phone", "service.ask_no_number", former=old.phone)


def _number_source(typed: str) -> str:
    if not typed:
        raise Wrong("service.no_number_source")
    return link(typed)


def _check_together(reading: Reading, new: Service, form: ServiceForm, today: dt.date) -> None:
    if new.url is None and new.via is None:
        reading.fault("url", "service.no_website")
    if new.region and not new.elsewhere:
        reading.fault("elsewhere", "service.nobody_elsewhere")
    if new.elsewhere == new.id:
        reading.fault("elsewhere", "field.no_choice")
    if form.checked and new.review_by <= today:
        reading.fault("review_by", "service.review_passed")


def _raw(service: Service) -> Any:
    """The hours as the file has them."""
    if service.always:
        return "always"
    if service.hours is None:
        return None
    return _week(service.hours)


def _week(hours: Hours) -> Mapping[str, Any]:
    """Days in a row with the same hours stand together: ``mon-fri: '09:00-17:00'``."""
    found: dict[str, Any] = {}
    number = 0
    while number < len(WEEKDAYS):
        last = number
        while last + 1 < len(WEEKDAYS) and hours.week[last + 1] == hours.week[number]:
            last += 1
        spans = [quoted(f"{opens:%H:%M}-{closes:%H:%M}") for opens, closes in hours.week[number]]
        if spans:
            name = WEEKDAYS[number] if last == number else f"{WEEKDAYS[number]}-{WEEKDAYS[last]}"
            found[name] = spans[0] if len(spans) == 1 else spans
        number = last + 1
    return found


def _values(service: Service) -> dict[str, Any]:
    """What the file says about a contact; nothing about what is not known or not so."""
    hours = service.hours
    values: dict[str, Any] = {name: getattr(service, name, None) for name in _ORDER}
    values |= {
        "hours": _raw(service),
        "closed_on_holidays": hours is not None and not hours.on_holidays,
        "closed_days": sorted(hours.closed) if hours else [],
    }
    return {name: value for name, value in values.items() if value}


def _write(row: Any, old: Service, new: Service) -> None:
    """Change what differs; the rest of the file stays letter by letter."""
    before, after = _values(old), _values(new)
    for name in _ORDER:
        if before.get(name) == after.get(name):
            continue
        if name not in after:
            del row[name]
        elif name in row:
            row[name] = _written(after[name])
        else:
            later = _ORDER[_ORDER.index(name) + 1 :]
            place = next((place for place, present in enumerate(row) if present in later), len(row))
            row.insert(place, name, _written(after[name]))


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Checked):
        return on_one_line({"day": value.on, "by": quoted(value.by)})
    if isinstance(value, Mapping):
        return on_one_line(value)
    return list(value) if isinstance(value, tuple) else value
