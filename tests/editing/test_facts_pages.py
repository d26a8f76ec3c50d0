"""Amounts and contacts at the desk: pages, previews, and answers of the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.desk.site import Answer, Browser
from tests.editing.running import EditingDesk

pytestmark = pytest.mark.asyncio(loop_scope="module")

_WAGE = "facts/minimum_wage_20"
_NEXT = {"value": "12,16", "valid_from": "2027-01-01", "valid_until": "2027-06-30", "review_by": ""}


def _json(answer: Answer) -> Any:
    return json.loads(answer.text)


async def _form(browser: Browser, path: str) -> dict[str, Any]:
    """What the page of an item sends back when nothing is changed."""
    now = _json(await browser.get(f"/desk/api/{path}"))
    return {"seen": now["seen"], "sure": [], "fields": now["fields"]}


def _with_next(form: dict[str, Any], number: int, **changed: str) -> dict[str, Any]:
    period = {f"periods.{number}.{name}": value for name, value in {**_NEXT, **changed}.items()}
    return {**form, "fields": {**form["fields"], **period}}


async def test_the_list_finds_amounts_by_word_and_by_state(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        every = await browser.get("/desk/facts")
        found = await browser.get("/desk/facts?q=minimum+wage+21")
        hidden = await browser.get("/desk/facts?state=hidden")
        nothing = await browser.get("/desk/facts?q=%3Cscript%3E")
    assert every.text.count('href="/desk/facts/') > 140
    assert 'href="/desk/facts/minimum_wage_21"' in found.text
    assert "€14.99" in found.text
    assert "minimum_wage_21" not in hidden.text
    assert "<script>" not in nothing.text
    assert "&lt;script&gt;" in nothing.text


async def test_the_next_amount_is_entered_in_advance_and_looked_at_first(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        form = _with_next(await _form(browser, _WAGE), 2)
        look = _json(await browser.post(f"{_WAGE}/preview", {**form, "day": "2027-01-01"}))
        assert look["values"] == {
            "pl": "12,16\xa0€", "ro": "12,16 euro", "bg": "12,16 евро", "en": "€12.16", "nl": "€\xa012,16",
        }  # fmt: skip
        assert any("€12.16" in answer["en"] for answer in look["answers"])
        before = _json(await browser.post(f"{_WAGE}/preview", {**form, "day": "2026-12-31"}))
        assert before["values"]["en"] == "€11.99"
        assert "12.16" not in (await browser.get(f"/desk/{_WAGE}")).text
        saved = await browser.post(_WAGE, form)
        assert (saved.status, _json(saved)["page"]) == (200, f"/desk/{_WAGE}?saved")
        page = await browser.get(_json(saved)["page"])
    assert 'value="12,16"' in page.text
    assert "Saved in the draft" in page.text


async def test_what_is_wrong_stands_at_its_field_in_the_language_of_the_page(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        form = _with_next(await _form(browser, "facts/minimum_wage_19"), 2, value="abc")
        for language, words in (("en", "This is not a number"), ("nl", "Dit is geen getal")):
            answer = await browser.post("facts/minimum_wage_19", form, Accept_Language=language)
            assert answer.status == 422
            (field,) = _json(answer)["error"]["fields"]
            assert field["field"] == "periods.2.value"
            assert words in field["text"]
        far = _with_next(form, 2, value="89,90")
        (question,) = _json(await browser.post("facts/minimum_wage_19", far))["error"]["questions"]
        assert "8.99" in question["text"]
        saved = await browser.post("facts/minimum_wage_19", {**far, "sure": [question["key"]]})
        assert saved.status == 200


async def test_of_two_editors_the_second_sees_what_the_first_has_done(desk: EditingDesk) -> None:
    path = "facts/minimum_wage_18"
    async with desk.at("eva") as eva, desk.at("jan") as jan:
        hers, his = await _form(eva, path), await _form(jan, path)
        assert (await eva.post(path, _with_next(hers, 2, value="7,60"))).status == 200
        refused = await jan.post(path, _with_next(his, 2, value="7,61"))
        assert (refused.status, _json(refused)["error"]["code"]) == (409, "changed_meanwhile")
        now = _json(await jan.get(f"/desk/api/{path}"))
        assert (now["by"], now["fields"]["periods.2.value"]) == ("eva", "7,60")
        kept = await jan.post(path, {**_with_next(his, 2, value="7,61"), "seen": now["seen"]})
        assert kept.status == 200
        assert "7.61" in (desk.folder / "data/facts.yml").read_text()


@pytest.mark.parametrize("path", ["facts/no_such_fact", "services/nobody"])
async def test_what_is_not_there_is_not_found(desk: EditingDesk, path: str) -> None:
    async with desk.at() as browser:
        assert (await browser.get(f"/desk/{path}")).status == 404
        assert (await browser.get(f"/desk/api/{path}")).status == 404
        assert (await browser.post(path, {"fields": {}})).status == 404


@pytest.mark.parametrize("body", [{}, {"fields": []}, {"fields": {"about": 5}}, {"fields": {"a": "x"}, "sure": "all"}])
async def test_a_malformed_form_is_refused(desk: EditingDesk, body: Any) -> None:
    async with desk.at() as browser:
        for path in (_WAGE, "services/fairwork"):
            assert (await browser.post(path, body)).status in (400, 422)


async def test_a_huge_form_is_refused(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        for size in (7_000, 500_000):
            answer = await browser.post(_WAGE, {"fields": {"about": "x" * size}})
            assert (answer.status, _json(answer)["error"]["code"]) == (413, "too_long")


async def test_a_new_amount_has_a_page(desk: EditingDesk) -> None:
    period = {"value": "800", "valid_from": "2026-01-01", "valid_until": "", "review_by": "2027-01-01"}
    fields = {"id": "rent_most", "kind": "money", "about": "Highest rent", "source": "bw7", "show": "yes",
              "checked": True, **{f"periods.0.{name}": value for name, value in period.items()}}  # fmt: skip
    async with desk.at() as browser:
        assert (await browser.get("/desk/facts/new")).status == 200
        made = await browser.post("facts", {"fields": fields})
        assert made.status == 201
        page = await browser.get(_json(made)["page"])
    assert "Highest rent" in page.text
    assert "No topic uses this" in page.text


async def test_contacts_due_for_a_check_come_first(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        form = await _form(browser, "services/svb")
        form["fields"]["review_by"] = "2026-11-24"
        assert (await browser.post("services/svb", form)).status == 200
        page = (await browser.get("/desk/services")).text
        due = (await browser.get("/desk/services?state=due")).text
    rows = page.partition("<tbody>")[2]
    assert rows.index("/desk/services/svb") == rows.index("/desk/services/")
    assert "Check it now" in page
    assert due.partition("<tbody>")[2].count('href="/desk/services/') == 1


async def test_a_contact_is_looked_at_on_a_holiday_before_it_is_saved(desk: EditingDesk) -> None:
    office = {f"hours.{day}.0.{part}": time for day in ("mon", "tue", "wed", "thu", "fri")
              for part, time in (("opens", "09:00"), ("closes", "17:00"))}  # fmt: skip
    async with desk.at() as browser:
        form = await _form(browser, "services/fairwork")
        form["fields"] |= {"hours": "week", "closed_on_holidays": True, **office}
        body = {**form, "moment": "2026-12-25T10:00"}
        look = _json(await browser.post("services/fairwork/preview", body))["texts"]
        assert "opens on Monday at 09:00" in look["en"]
        assert "weer open op maandag vanaf 09:00 uur" in look["nl"]
        saved = await browser.post("services/fairwork", form)
        assert saved.status == 200
        page = (await browser.get("/desk/services/fairwork")).text
    assert 'name="hours.fri.0.closes" value="17:00"' in page
    assert "26 December 2026" in page


async def test_a_new_contact_is_looked_at_and_saved_with_its_translations(desk: EditingDesk) -> None:
    fields = {
        "name": "Stichting Voorbeeld", "does": "Help for people without a home", "pl": "Pomoc dla osób bez domu",
        "phone": "033-000 00 00", "url": "https://www.voorbeeld.example.nl", "hours": "unknown", "show": "yes",
        "source": "https://www.voorbeeld.example.nl/contact", "review_by": "2027-06-01", "languages.pl": True,
        "checked": True, "reviewed.pl": True,
    }  # fmt: skip
    async with desk.at() as browser:
        assert (await browser.get("/desk/services/new")).status == 200
        body = {"fields": fields, "moment": "2026-12-25T10:00"}
        look = _json(await browser.post("services/preview", body))["texts"]
        assert "Stichting Voorbeeld: Pomoc dla osób bez domu" in look["pl"]
        assert "Help for people without a home" in look["bg"]
        refused = await browser.post("services", {"fields": {**fields, "checked": False}})
        assert [one["field"] for one in _json(refused)["error"]["fields"]] == ["checked"]
        made = await browser.post("services", {"fields": fields})
        assert (made.status, _json(made)["page"]) == (201, "/desk/services/stichting_voorbeeld?saved")
        page = (await browser.get(_json(made)["page"])).text
    assert "Pomoc dla osób bez domu</textarea>" in page
    assert "No topic uses this" in page


async def test_who_did_what_is_in_the_audit_log(desk: EditingDesk) -> None:
    async with desk.at("eva") as browser:
        form = await _form(browser, "services/cak")
        form["fields"]["free"] = True
        await browser.post("services/cak", form)
    async with desk.at("chief", "admin") as admin:
        log = (await admin.get("/desk/audit")).text
    assert "changed a contact" in log
    assert "cak" in log
