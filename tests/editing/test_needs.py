"""What needs an editor: dated things in time, the gravest first, and translations by their state."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

from aiohttp.test_utils import make_mocked_request

from bot.answers.content import Content
from bot.desk.editor.home_pages import HomePages
from bot.desk.editor.topic_words import TopicWords, changes
from bot.desk.pages import LANGUAGE, Pages
from bot.editing.draft import Draft
from bot.editing.needs import coverage, has_too_few, message_counts, needs, topic_states
from bot.editing.topics import Topics
from bot.editing.versions import Versions
from bot.settings import read_settings
from tests.conftest import ROOT, TODAY


def _kinds(content: Content, today: dt.date) -> dict[str, str]:
    return {need.item: need.kind for need in needs(content, today)}


def test_an_amount_is_named_a_month_before_it_ends_and_after(content: Content) -> None:
    ends = content.fact("minimum_wage_21").period(TODAY).valid_until
    assert ends == dt.date(2026, 12, 31)
    assert "fact minimum_wage_21" not in _kinds(content, ends - dt.timedelta(days=31))
    assert _kinds(content, ends - dt.timedelta(days=30))["fact minimum_wage_21"] == "amount_ends"
    assert _kinds(content, ends)["fact minimum_wage_21"] == "amount_ends"
    assert _kinds(content, ends + dt.timedelta(days=1))["fact minimum_wage_21"] == "amount_expired"
    need = next(one for one in needs(content, ends) if one.item == "fact minimum_wage_21")
    assert need.day == ends
    assert "minimum_wage" in need.topics


def test_an_amount_whose_successor_is_there_needs_nobody(content: Content) -> None:
    fact = content.fact("minimum_wage_21")
    last = fact.period(TODAY)
    following = replace(last, valid_from=dt.date(2027, 1, 1), valid_until=dt.date(2027, 6, 30))
    followed = replace(fact, periods=(*fact.periods, following))
    facts = replace(content.facts, facts={**content.facts.facts, fact.id: followed})
    assert "fact minimum_wage_21" not in _kinds(replace(content, facts=facts), dt.date(2026, 12, 10))
    assert _kinds(replace(content, facts=facts), dt.date(2027, 6, 20))["fact minimum_wage_21"] == "amount_ends"


def test_contacts_and_answers_are_named_by_their_review_dates_and_the_gravest_comes_first(content: Content) -> None:
    found = needs(content, dt.date(2027, 1, 20))
    kinds = [need.kind for need in found]
    assert kinds[0] == "amount_expired"
    assert kinds.index("review_passed") < kinds.index("contact_coming") < kinds.index("review_coming")
    assert {need.kind for need in needs(content, dt.date(2027, 2, 2))} >= {"contact_passed", "review_passed"}
    service = next(need for need in found if need.item == "service fairwork")
    assert "unpaid_wages" in service.topics


async def test_the_state_of_a_topic_is_that_of_the_part_that_needs_most_work(draft: Draft, content: Content) -> None:
    before = coverage(draft.folder)
    assert set(before) == {"pl", "ro", "bg", "nl"}
    topics = Topics(draft)
    sheet = await topics.sheet("payslip")
    await topics.save_english("payslip", {**sheet.english, "title": "Your payslip"}, sheet.seen["en"], "ewa")
    now = await draft.content()
    states = topic_states(now, draft.folder)
    assert states["payslip"] == dict.fromkeys(("pl", "ro", "bg", "nl"), "outdated")
    assert states["deposit"]["pl"] == "unreviewed"
    after = coverage(draft.folder)
    assert (after["pl"]["outdated"], after["pl"].total()) == (1, before["pl"].total())
    counts = message_counts(now, draft.folder)
    assert min(counts["payslip"].values()) > 80
    assert not has_too_few("work/payslip", counts["payslip"])
    assert has_too_few("work/payslip", {**counts["payslip"], "ro": 44})


def test_what_changed_between_two_texts_is_shown_word_by_word() -> None:
    assert changes("It shows your pay.", "On it is your pay.") == [
        ("gone", "It shows"), ("new", "On it is"), ("same", " your pay."),
    ]  # fmt: skip
    assert changes("Pay {old_amount} now.", "Pay {new_amount} now.")[1:3] == [
        ("gone", "{old_amount}"), ("new", "{new_amount}"),
    ]  # fmt: skip
    long = "The same words again and again. " * 10
    (kind, text), *rest = changes(long + "Old end.", long + "New end.")
    assert kind == "same"
    assert text.startswith(" … ")
    assert len(text) < 70
    assert rest == [("gone", "Old"), ("new", "New"), ("same", " end.")]


async def test_topics_that_did_not_help_are_counted_from_the_questions_that_staff_may_see(
    draft: Draft, versions: Versions, content: Content
) -> None:
    def asked(kind: str, *topics: str) -> SimpleNamespace:
        return SimpleNamespace(kind=kind, topics=topics)

    async def groups() -> tuple[list[SimpleNamespace], list[object]]:
        helped_badly = [asked("not_helped", "payslip", "deposit"), asked("not_helped", "payslip")]
        others = [asked("not_understood", "deposit"), asked("not_helped"), asked("not_helped", "no_such_topic")]
        return [SimpleNamespace(questions=helped_badly), SimpleNamespace(questions=others)], []

    pages = Pages(content)
    words = TopicWords(pages, lambda text: [text])
    settings = read_settings({"SECRET_KEY": "a key"}, ROOT / "no.env")
    home = HomePages(pages, draft, versions, words, SimpleNamespace(groups=groups), settings)  # type: ignore[arg-type]
    request = make_mocked_request("GET", "/desk/api/home/questions")
    request[LANGUAGE] = "en"
    answer = await home.questions(request)
    assert answer.text == '{"groups": 2, "topics": [{"id": "payslip", "title": "Payslip", "count": 2}]}'
