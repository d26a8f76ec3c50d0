"""Editors enter amounts: the next one in advance, at the right midnight, and nothing that cannot be."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.answers.checking import Checked
from bot.answers.content import Content, load_content
from bot.answers.facts import Fact
from bot.answers.rendering import render_answer
from bot.editing.draft import Draft
from bot.editing.errors import EditError, FieldFaults
from bot.editing.facts import FactForm, PeriodForm, add_fact, fact_revision, read_fact, save_fact, uses, with_fact
from bot.hours import DUTCH_TIME
from bot.languages import LANGUAGES
from tests.conftest import TODAY

_WAGE = "minimum_wage_21"
_NEXT = PeriodForm("15,20", "2027-01-01", "2027-06-30", "2027-06-15")


def _form(fact: Fact, *more: PeriodForm, **changed: Any) -> FactForm:
    """A fact as its page shows it, and what an editor adds or changes."""
    periods = tuple(
        PeriodForm(
            *("" if value is None else str(value) for value in (p.value, p.valid_from, p.valid_until, p.review_by))
        )
        for p in fact.periods
    )
    return replace(FactForm(fact.about, fact.show, fact.source.id, "", "", (*periods, *more), False), **changed)


async def _save(draft: Draft, form: FactForm, sure: tuple[str, ...] = (), fact_id: str = _WAGE) -> Content:
    seen = fact_revision((await draft.content()).fact(fact_id))
    return await save_fact(draft, "eva", fact_id, form, seen, sure, TODAY)


def _refused(content: Content, form: FactForm, sure: tuple[str, ...] = (), fact_id: str = _WAGE) -> FieldFaults:
    with pytest.raises(FieldFaults) as refusal:
        read_fact(content, content.fact(fact_id), form, "eva", TODAY)[1].close(sure)
    return refusal.value


def _faults(refusal: FieldFaults) -> list[tuple[str, str]]:
    return [(fault.field, fault.phrase) for fault in refusal.faults]


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [("2027-01-01", 14.99, 15.2), ("2027-07-01", 15.2, 15.61)],
    ids=["winter", "summer"],
)
async def test_the_next_amount_takes_over_at_midnight_in_amsterdam(
    draft: Draft, day: str, before: float, after: float
) -> None:
    summer = PeriodForm("15.61", "2027-07-01", "2027-12-31", "")
    content = await _save(draft, _form((await draft.content()).fact(_WAGE), _NEXT, summer))
    midnight = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), DUTCH_TIME)
    for moment, value in ((midnight - dt.timedelta(minutes=1), before), (midnight, after)):
        # A server's clock is in UTC: an hour or two before.
        told = moment.astimezone(dt.timezone.utc).astimezone(DUTCH_TIME).date()
        assert content.fact(_WAGE).period(told).value == value
        assert f"€{value:.2f}" in render_answer(content, "minimum_wage", "en", told).text


async def test_only_what_was_changed_differs_in_the_file(draft: Draft, shipped: Path) -> None:
    await _save(draft, _form((await draft.content()).fact(_WAGE), _NEXT))
    before = (shipped / "data/facts.yml").read_text().splitlines()
    after = (draft.folder / "data/facts.yml").read_text().splitlines()
    added = "      - {value: 15.2, valid_from: 2027-01-01, valid_until: 2027-06-30, review_by: 2027-06-15}"
    assert [line for line in after if line not in before] == [added]
    assert [line for line in after if line != added] == before


def test_every_fact_reads_back_from_its_form_as_it_is(content: Content) -> None:
    for fact in content.facts.facts.values():
        read, reading = read_fact(content, fact, _form(fact), "eva", TODAY)
        assert read == fact
        # An amount that has been so for years is not asked about; a gap is there or it is not.
        assert not [question for question in reading.questions if question.phrase != "fact.ask_gap"]


@pytest.mark.parametrize(
    ("typed", "field", "phrase"),
    [
        (("abc", "2027-01-01", "", ""), "value", "field.no_number"),
        (("", "2027-01-01", "", ""), "value", "field.empty"),
        (("1.520", "2027-01-01", "", ""), "value", "field.ambiguous_number"),
        (("15,205", "2027-01-01", "", ""), "value", "field.ambiguous_number"),
        (("15,2051", "2027-01-01", "", ""), "value", "field.cents"),
        (("-15", "2027-01-01", "", ""), "value", "field.no_number"),
        (("15,20", "1 januari", "", ""), "valid_from", "field.no_date"),
        (("15,20", "2027-02-30", "", ""), "valid_from", "field.no_date"),
        (("15,20", "2027-01-01", "2026-12-31", ""), "valid_until", "fact.ends_before_start"),
        (("15,20", "2026-12-31", "", ""), "valid_from", "fact.overlap"),
        (("15,20", "2026-07-01", "", ""), "valid_from", "fact.same_start"),
        (("15,20", "", "", ""), "valid_until", "fact.no_end"),
        (("15,20", "2027-01-01", "", "soon"), "review_by", "field.no_date"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    content: Content, typed: tuple[str, str, str, str], field: str, phrase: str
) -> None:
    fact = content.fact(_WAGE)
    refusal = _refused(content, _form(fact, PeriodForm(*typed)))
    assert _faults(refusal) == [(f"periods.{len(fact.periods)}.{field}", phrase)]


def test_the_period_before_needs_an_end(content: Content) -> None:
    form = _form(content.fact("holiday_days_fulltime"), PeriodForm("25", "2027-01-01", "", ""))
    refusal = _refused(content, form, (), "holiday_days_fulltime")
    assert _faults(refusal) == [("periods.0.valid_until", "fact.no_end")]
    assert refusal.faults[0].values["end"] == dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("typed", "phrase"),
    [
        (("149,90", "2027-01-01", "2027-06-30", ""), "fact.ask_far"),
        (("1,52", "2027-01-01", "2027-06-30", ""), "fact.ask_far"),
        (("15,20", "2027-02-01", "2027-06-30", ""), "fact.ask_gap"),
    ],
)
def test_what_is_strange_is_asked_and_taken_when_it_is_right(
    content: Content, typed: tuple[str, str, str, str], phrase: str
) -> None:
    form = _form(content.fact(_WAGE), PeriodForm(*typed))
    refusal = _refused(content, form)
    assert [question.phrase for question in refusal.questions] == [phrase]
    # Yes to another amount is no yes to this one.
    assert (_refused(content, form, ("periods.6.value:fact.ask_far:15:14.99",))).questions
    sure = {question.key for question in refusal.questions}
    fact, reading = read_fact(content, content.fact(_WAGE), form, "eva", TODAY)
    reading.close(sure)
    assert len(fact.periods) == 7


async def test_a_refused_form_changes_nothing(draft: Draft) -> None:
    before, content = await draft.state()
    for typed in (("abc", "2027-01-01", "", ""), ("149,90", "2027-01-01", "", "")):
        with pytest.raises(FieldFaults):
            await _save(draft, _form(content.fact(_WAGE), PeriodForm(*typed)))
    assert (await draft.state())[0] == before


async def test_a_check_is_noted_with_day_and_account_and_printed_under_answers(draft: Draft) -> None:
    content = await draft.content()
    first, second = content.answers["holiday_allowance"].fact_ids()
    content = await _save(draft, _form(content.fact(first), checked=True), (), first)
    assert load_content(draft.folder).fact(first).checked == Checked(TODAY, "eva")
    # The other has not been looked at: the oldest day is the one to tell.
    assert "Checked on 23 November 2026" in render_answer(content, "holiday_allowance", "en", TODAY).text
    content = await _save(draft, _form(content.fact(second), checked=True), (), second)
    assert "Checked on 25 November 2026" in render_answer(content, "holiday_allowance", "en", TODAY).text
    assert "Checked on 23 November 2026" in render_answer(content, "payslip", "en", TODAY).text


async def test_who_saves_what_somebody_else_has_changed_is_told(draft: Draft) -> None:
    fact = (await draft.content()).fact(_WAGE)
    seen = fact_revision(fact)
    await save_fact(draft, "eva", _WAGE, _form(fact, _NEXT), seen, (), TODAY)
    with pytest.raises(EditError) as refusal:
        await save_fact(draft, "jan", _WAGE, _form(fact, about="Another amount"), seen, (), TODAY)
    assert refusal.value.code == "changed_meanwhile"
    assert (await draft.content()).fact(_WAGE).periods[-1].value == 15.2
    edit = await draft.last_edit(f"fact {_WAGE}")
    assert edit is not None
    assert edit.author == "eva"


async def test_a_new_source_needs_a_name_and_an_encrypted_link(draft: Draft) -> None:
    content = await draft.content()
    form = _form(content.fact(_WAGE), source="+", source_name="", source_url="http://www.rijksoverheid.nl/x")
    assert _faults(_refused(content, form)) == [
        ("source_name", "field.empty"), ("source_url", "field.no_link"),
    ]  # fmt: skip
    form = replace(form, source_name="Rijksoverheid: bedragen 2027", source_url="https://www.rijksoverheid.nl/2027")
    content = await _save(draft, form)
    assert content.fact(_WAGE).source.id == "rijksoverheid_bedragen_2027"
    assert "https://www.rijksoverheid.nl/2027" in render_answer(content, "minimum_wage", "en", TODAY).text


def test_a_site_that_no_source_is_on_is_asked_about(content: Content) -> None:
    fact = content.fact(_WAGE)
    form = _form(fact, source="+", source_name="Blog", source_url="https://blog.example.com/wages")
    assert [one.phrase for one in _refused(content, form).questions] == ["fact.ask_official"]


async def test_a_new_fact_can_be_used_by_answers(draft: Draft) -> None:
    form = FactForm("Highest rent", "yes", "bw7", "", "", (PeriodForm("800", "2026-01-01", "", "2027-01-01"),), True)
    for fact_id, kind, field in ((_WAGE, "money", "id"), ("Rent!", "money", "id"), ("rent_most", "cheese", "kind")):
        with pytest.raises(FieldFaults) as refusal:
            await add_fact(draft, "eva", fact_id, kind, form, (), TODAY)
        assert [fault.field for fault in refusal.value.faults] == [field]
    with pytest.raises(FieldFaults) as refusal:
        await add_fact(draft, "eva", "rent_most", "money", replace(form, checked=False), (), TODAY)
    assert _faults(refusal.value) == [("checked", "form.check_first")]
    content = await add_fact(draft, "eva", "rent_most", "money", form, (), TODAY)
    assert content.fact("rent_most").period(TODAY).value == 800
    assert content.fact("rent_most").show == "yes"
    assert content.fact("rent_most").checked == Checked(TODAY, "eva")


def test_topics_that_use_an_amount_are_found(content: Content) -> None:
    printing, resting = uses(content, _WAGE)
    assert "minimum_wage" in printing
    assert not set(printing) & set(resting)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amount_can_be_looked_at_before_it_is_saved(content: Content, language: str) -> None:
    fact = content.fact(_WAGE)
    other = replace(fact, periods=(replace(fact.periods[-1], value=87.5),))
    assert "87" in render_answer(with_fact(content, other), "minimum_wage", language, TODAY).text
    assert "87" not in render_answer(content, "minimum_wage", language, TODAY).text
