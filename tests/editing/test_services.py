"""Editors change contacts: numbers with their source, hours with holidays, and what people then read."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answers.catalogue import ANSWERS
from bot.answers.checking import Checked
from bot.answers.content import Content, load_content
from bot.answers.rendering import render_helper, tailor
from bot.answers.services import Service
from bot.editing.catalogues import catalogue_path, entries
from bot.editing.draft import Draft
from bot.editing.entry_texts import TextForm, Translated
from bot.editing.errors import EditError, FieldFaults
from bot.editing.services import (
    ServiceForm,
    add_service,
    is_spare,
    new_service,
    read_service,
    remove_service,
    save_service,
    service_revision,
    spans_of,
    text_of,
    topics_of,
    with_service,
)
from bot.hours import DUTCH_TIME, Hours
from bot.translations import read_catalogue
from tests.conftest import TODAY

_OFFICE = ((("09:00", "17:00"),),) * 5 + ((),) * 2
_CHRISTMAS = dt.datetime(2026, 12, 25, 10, tzinfo=DUTCH_TIME)


def _form(service: Service, text: Translated | None = None, **changed: Any) -> ServiceForm:
    """A contact as its page shows it, and what an editor changes; without ``text`` it has no translations."""
    texts = {name: getattr(service, name) or "" for name in (
        "name", "does", "phone", "phone_alternative", "phone_abroad", "email", "url", "url_en", "region", "elsewhere",
        "source",
    )}  # fmt: skip
    hours = service.hours
    spans = tuple(tuple((f"{opens:%H:%M}", f"{closes:%H:%M}") for opens, closes in day) for day in spans_of(service))
    translations = text.translations if text else {}
    form = ServiceForm(
        **texts, texts=TextForm({language: entry.text for language, entry in translations.items()}, (), ()),
        number_source="", languages=service.languages, spans=spans,
        hours="always" if service.always else "week" if hours else "unknown",
        closed_on_holidays=hours is not None and not hours.on_holidays,
        closed_days=" ".join(day.isoformat() for day in sorted(hours.closed)) if hours else "",
        free=service.free, anonymous=service.anonymous, show=service.show,
        review_by=service.review_by.isoformat(), checked=False,
    )  # fmt: skip
    return replace(form, **changed)


async def _save(draft: Draft, service_id: str, **changed: Any) -> Content:
    service = (await draft.content()).service(service_id)
    text = text_of(draft.folder, service)
    seen = service_revision(service, text)
    return await save_service(draft, "eva", service_id, _form(service, text, **changed), seen, (), TODAY)


async def _texts(draft: Draft, changed: dict[str, str], fits: tuple[str, ...] = (), reviewed: Any = ()) -> TextForm:
    """The translations of FairWork's line as they are, and what an editor changes."""
    text = text_of(draft.folder, (await draft.content()).service("fairwork"))
    return TextForm({**{language: one.text for language, one in text.translations.items()}, **changed}, fits, reviewed)


def _faults(content: Content, service_id: str, **changed: Any) -> list[tuple[str, str]]:
    service = content.service(service_id)
    with pytest.raises(FieldFaults) as refusal:
        read_service(content, service, _form(service, **changed), "eva", TODAY)[1].close()
    return [(one.field, one.phrase) for one in (*refusal.value.faults, *refusal.value.questions)]


def test_every_contact_reads_back_from_its_form_as_it_is(content: Content) -> None:
    for service in content.services.services.values():
        read, reading = read_service(content, service, _form(service), "eva", TODAY)
        assert read == service
        assert reading.questions == []


@pytest.mark.parametrize(
    ("service_id", "changed", "found"),
    [
        ("fairwork", {"phone": "call us"}, [("phone", "field.no_phone")]),
        ("fairwork", {"phone": "020-760 08 0"}, [("phone", "field.no_phone")]),
        ("fairwork", {"phone": "020-760 08 10"}, [("number_source", "service.no_number_source")]),
        ("fairwork", {"phone_abroad": "+31 20 760 08 10", "number_source": "fairwork.nu"},
         [("number_source", "field.no_link")]),
        ("fairwork", {"phone": "", "phone_abroad": ""}, [("phone", "service.ask_no_number")]),
        ("fairwork", {"name": ""}, [("name", "field.empty")]),
        ("fairwork", {"name": "<script>alert(1)</script>"}, [("name", "field.markup")]),
        ("fairwork", {"does": "Call 020-1234567"}, [("does", "check.number")]),
        ("fairwork", {"email": "info at fairwork"}, [("email", "field.no_mail")]),
        ("fairwork", {"url": "http://www.fairwork.nu"}, [("url", "field.no_link")]),
        ("fairwork", {"url": ""}, [("url", "service.no_website")]),
        ("fairwork", {"source": "javascript:alert(1)"}, [("source", "field.no_link")]),
        ("fairwork", {"languages": ("xx",)}, [("languages", "field.no_choice")]),
        ("fairwork", {"region": "nijkerk"}, [("elsewhere", "service.nobody_elsewhere")]),
        ("fairwork", {"review_by": "1-2-2027"}, [("review_by", "field.no_date")]),
        ("fairwork", {"checked": True, "review_by": "2026-11-25"}, [("review_by", "service.review_passed")]),
        ("fairwork", {"hours": "week", "spans": ((),) * 7}, [("hours", "service.never_open")]),
        ("fairwork", {"hours": "week", "spans": ((("17:00", "09:00"),), *_OFFICE[1:])},
         [("hours.mon.0.closes", "service.closes_before_opening")]),
        ("fairwork", {"hours": "week", "spans": ((("09:00", "13:00"), ("12:30", "17:00")), *_OFFICE[1:])},
         [("hours.mon.1.opens", "service.spans_overlap")]),
        ("fairwork", {"hours": "week", "spans": ((("9 uur", "17:00"),), *_OFFICE[1:])},
         [("hours.mon.0.opens", "field.no_time")]),
        ("fairwork", {"hours": "week", "spans": _OFFICE, "closed_days": "24 december"},
         [("closed_days", "field.no_date")]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(
    content: Content, service_id: str, changed: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert _faults(content, service_id, **changed) == found


async def test_a_contact_gets_hours_holidays_and_single_closed_days(draft: Draft) -> None:
    content = await _save(
        draft, "fairwork", hours="week", spans=_OFFICE, closed_on_holidays=True,
        closed_days="2026-12-24, 2026-12-28 2026-12-24",
    )  # fmt: skip
    service = content.service("fairwork")
    assert service.hours == Hours.from_days(
        {"mon-fri": "09:00-17:00"}, False, (dt.date(2026, 12, 24), dt.date(2026, 12, 28))
    )
    assert service.is_open(_CHRISTMAS) is False
    assert service.is_open(_CHRISTMAS - dt.timedelta(days=2)) is True
    assert service.hours is not None
    assert service.hours.opens_next(_CHRISTMAS) == dt.datetime(2026, 12, 29, 9, tzinfo=DUTCH_TIME)
    # What Rasa and the action server load is the file, not this object.
    text = (draft.folder / "data/services.yml").read_text()
    assert "    hours: {mon-fri: '09:00-17:00'}\n    closed_on_holidays: true\n    closed_days:\n" in text
    content = await _save(draft, "fairwork", hours="unknown", closed_on_holidays=False, closed_days="")
    assert content.service("fairwork").hours is None
    assert (draft.folder / "data/services.yml").read_text() == Path("data/services.yml").read_text()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (dt.datetime(2026, 12, 25, 10), {
            "en": "closed now, opens on Tuesday at 09:00", "nl": "nu gesloten, weer open op dinsdag vanaf 09:00 uur",
            "pl": "teraz zamknięte, otwarte znów: wtorek, 09:00", "ro": "închis acum, deschide marți la 09:00",
            "bg": "сега е затворено, отваря отново: вторник, 9:00",
        }),
        (dt.datetime(2026, 12, 18, 18), {
            "en": "opens on 29 December 2026 at 09:00", "nl": "op 29 december 2026 vanaf 09:00",
            "pl": "29 grudnia 2026", "ro": "29 decembrie 2026", "bg": "29 декември 2026",
        }),
        (dt.datetime(2026, 12, 29, 8), {"en": "closed now, opens today at 09:00", "nl": "vandaag"}),
    ],
    ids=["on Christmas Day", "when it stays closed for more than a week", "in the morning"],
)  # fmt: skip
def test_when_a_contact_opens_again_is_told_in_every_language(
    content: Content, moment: dt.datetime, words: dict[str, str]
) -> None:
    closed = [dt.date(2026, 12, day) for day in (21, 22, 23, 24, 28)]
    hours = Hours.from_days({"mon-fri": "09:00-17:00"}, on_holidays=False, closed=closed)
    service = replace(content.service("fairwork"), hours=hours)
    changed = with_service(content, service, TextForm({}, (), ()))
    for language, expected in words.items():
        text = render_helper(changed, service, language, moment.replace(tzinfo=DUTCH_TIME), True)
        assert expected in text
        assert changed.phrase(language, "help.open_now") not in text
    later = moment.replace(tzinfo=DUTCH_TIME)
    assert [one.id for one in tailor(changed, ("fairwork", "police"), "en", None, later)] == ["police", "fairwork"]


async def test_a_changed_number_brings_its_source_and_a_check(draft: Draft) -> None:
    content = await _save(
        draft, "fairwork", phone="020-760 08 10", number_source="https://www.fairwork.nu/contact", checked=True
    )
    service = load_content(draft.folder).service("fairwork")
    assert (service.phone, service.source) == ("020-760 08 10", "https://www.fairwork.nu/contact")
    assert service.checked == Checked(TODAY, "eva")
    assert content.service("fairwork") == service


async def test_another_english_line_outdates_its_translations_unless_they_still_fit(draft: Draft) -> None:
    before = (await draft.content()).service("fairwork").does

    def entry(language: str) -> Any:
        return entries(read_catalogue(catalogue_path(draft.folder, ANSWERS, language)))["service fairwork"]

    await _save(draft, "fairwork", does="Free advice for migrants who are exploited")
    for language in ("nl", "pl", "ro", "bg"):
        assert (entry(language).state, entry(language).former) == ("outdated", before)
    content = await draft.content()
    # People get English until it is translated anew.
    assert "Free advice for migrants" in render_helper(content, content.service("fairwork"), "pl", _CHRISTMAS, True)
    await _save(draft, "fairwork", does=before)
    assert {entry(language).state for language in ("nl", "pl", "ro", "bg")} == {"unreviewed"}
    await _save(draft, "fairwork", does=f"{before} now", texts=await _texts(draft, {}, ("nl", "pl", "ro")))
    assert {entry(language).state for language in ("nl", "pl", "ro")} == {"unreviewed"}
    assert entry("bg").state == "outdated"


async def test_a_translation_is_changed_and_checked_beside_its_english(draft: Draft) -> None:
    other = "Bezpłatna pomoc dla migrantów, których ktoś wykorzystuje"
    content = await _save(draft, "fairwork", texts=await _texts(draft, {"pl": f" {other}\n"}, reviewed=("pl",)))
    assert other in render_helper(content, content.service("fairwork"), "pl", _CHRISTMAS, True)
    entry = text_of(draft.folder, content.service("fairwork")).translations["pl"]
    assert (entry.text, entry.state) == (other, "reviewed")
    assert text_of(draft.folder, content.service("fairwork")).translations["ro"].state == "unreviewed"


async def test_a_look_shows_no_translation_that_another_english_outdates(draft: Draft) -> None:
    content = await draft.content()
    other = replace(content.service("fairwork"), does="Free advice for migrants who are exploited")
    form = await _texts(draft, {"pl": "Bezpłatna porada"}, ("nl",))
    looked_at = with_service(content, other, form)
    read = {one: render_helper(looked_at, other, one, _CHRISTMAS, True).splitlines()[0] for one in ("pl", "nl", "ro")}
    assert read["pl"] == "FairWork: Bezpłatna porada"
    assert read["nl"] == f"FairWork: {form.texts['nl']}"
    assert read["ro"] == f"FairWork: {other.does}"


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [("", "field.empty"), ("Zadzwoń: 020-1234567", "check.number"), ("<b>Pomoc</b>", "text.markup")],
)
async def test_a_translation_that_cannot_be_is_said_at_its_field(draft: Draft, typed: str, phrase: str) -> None:
    before, _ = await draft.state()
    with pytest.raises(FieldFaults) as refusal:
        await _save(draft, "fairwork", texts=await _texts(draft, {"pl": typed}))
    assert [(fault.field, fault.phrase) for fault in refusal.value.faults] == [("pl", phrase)]
    assert (await draft.state())[0] == before


def _new(**changed: Any) -> ServiceForm:
    none = Service("", "", "", "yes", dt.date(2027, 6, 1), "")
    form = _form(
        none, name="Stichting Voorbeeld", does="Help for people without a home", phone="033-000 00 00",
        url="https://www.voorbeeld.example.nl", source="https://www.voorbeeld.example.nl/contact", checked=True,
        texts=TextForm({"nl": "Hulp voor mensen zonder huis", "pl": "Pomoc dla osób bez domu"}, (), ("nl",)),
    )  # fmt: skip
    return replace(form, **changed)


async def test_a_new_contact_can_be_named_by_topics(draft: Draft) -> None:
    service_id, content = await add_service(draft, "eva", _new(), (), TODAY)
    assert service_id == "stichting_voorbeeld"
    service = load_content(draft.folder).service(service_id)
    assert content.service(service_id) == service
    assert (service.phone, service.source) == ("033-000 00 00", "https://www.voorbeeld.example.nl/contact")
    assert service.checked == Checked(TODAY, "eva")
    translations = text_of(draft.folder, service).translations
    assert {language: one.state for language, one in translations.items()} == {
        "nl": "reviewed", "pl": "unreviewed", "ro": "missing", "bg": "missing",
    }  # fmt: skip
    assert "Pomoc dla osób bez domu" in render_helper(content, service, "pl", _CHRISTMAS, True)
    # The translators' files name it as all others.
    entry = (draft.folder / "locales/ro/LC_MESSAGES/answers.po").read_text()
    assert '#. what the organisation does\n#: data/services.yml\nmsgctxt "service stichting_voorbeeld"\n' in entry
    again, _ = await add_service(draft, "eva", _new(), (), TODAY)
    assert again == "stichting_voorbeeld_2"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"name": ""}, [("name", "field.empty")]),
        ({"source": ""}, [("source", "field.no_link")]),
        ({"url": ""}, [("url", "service.no_website")]),
        ({"checked": False}, [("checked", "form.check_first")]),
        ({"does": "Call 033-0000000"}, [("does", "check.number")]),
        ({"texts": TextForm({"pl": "Zadzwoń: 033-0000000"}, (), ())}, [("pl", "check.number")]),
    ],
)
async def test_a_new_contact_that_cannot_be_changes_nothing(draft: Draft, changed: Any, found: Any) -> None:
    before, _ = await draft.state()
    with pytest.raises(FieldFaults) as refusal:
        await add_service(draft, "eva", _new(**changed), (), TODAY)
    assert [(fault.field, fault.phrase) for fault in refusal.value.faults] == found
    assert (await draft.state())[0] == before


async def test_a_contact_that_nothing_points_to_is_taken_out_without_a_trace(draft: Draft) -> None:
    service_id, content = await add_service(draft, "eva", _new(), (), TODAY)
    service = content.service(service_id)
    await remove_service(draft, "eva", service_id, service_revision(service, text_of(draft.folder, service)))
    assert (draft.folder / "data/services.yml").read_text() == Path("data/services.yml").read_text()
    for language in ("nl", "pl", "ro", "bg"):
        path = Path("locales") / language / "LC_MESSAGES/answers.po"
        assert (draft.folder / path).read_text() == path.read_text()


@pytest.mark.parametrize("service_id", ["fairwork", "emergency_112", "comensha"])
async def test_a_contact_that_something_points_to_stays(draft: Draft, service_id: str) -> None:
    content = await draft.content()
    assert not is_spare(content, service_id)
    service = content.service(service_id)
    with pytest.raises(EditError) as refusal:
        await remove_service(draft, "eva", service_id, service_revision(service, text_of(draft.folder, service)))
    assert refusal.value.code == "in_use"
    assert service_id in (await draft.content()).services.services


@pytest.mark.parametrize(
    ("name", "service_id"),
    [("112!", "contact_112"), ("Новини", "contact"), ("New", "new_2"), ("FairWork", "fairwork_2"), ("Łódź ß", "odz")],
)
def test_a_new_contact_gets_an_id_that_nobody_has(content: Content, name: str, service_id: str) -> None:
    assert new_service(content, name).id == service_id


async def test_who_saves_what_somebody_else_has_changed_is_told(draft: Draft) -> None:
    service = (await draft.content()).service("fairwork")
    text = text_of(draft.folder, service)
    seen = service_revision(service, text)
    await _save(draft, "fairwork", free=False)
    with pytest.raises(EditError) as refusal:
        await save_service(draft, "jan", "fairwork", _form(service, text), seen, (), TODAY)
    assert refusal.value.code == "changed_meanwhile"
    assert (await draft.content()).service("fairwork").free is False
    # A translation counts, too.
    changed = (await draft.content()).service("fairwork")
    seen = service_revision(changed, text)
    await _save(draft, "fairwork", texts=await _texts(draft, {"pl": "Bezpłatna pomoc"}))
    with pytest.raises(EditError):
        await save_service(draft, "jan", "fairwork", _form(changed, text, free=True), seen, (), TODAY)


def test_topics_that_name_a_contact_are_found(content: Content) -> None:
    assert "documents_taken" in topics_of(content, "moviera")
