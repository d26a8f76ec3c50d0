"""A message is understood with what came before, and a new subject as new."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.topics import OUT_OF_SCOPE
from bot.evaluation import thresholds
from bot.understanding.archive import load_topic_model
from bot.understanding.topic_model import Thresholds, TopicModel, Understood, decide
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def topics(model: Path) -> TopicModel:
    return load_topic_model(model)


@pytest.mark.parametrize(
    ("before", "text", "language"),
    [
        ("work/minimum_wage", "a ile to miesięcznie?", "pl"),
        ("work/minimum_wage", "and if I am 19?", "en"),
        ("housing/deposit", "they said no", "en"),
        ("housing/deposit", "cat dureaza?", "ro"),
        ("work/unpaid_wages", "nu raspund la telefon", "ro"),
        ("work/dismissal", "а ако съм подписал вече?", "bg"),
        ("services/digid", "en hoe lang duurt dat?", "nl"),
    ],
)
def test_a_follow_up_stays_with_the_topic(topics: TopicModel, before: str, text: str, language: str) -> None:
    understood = topics.rank(text, language, before)
    assert understood.ranking[0][0] == before
    assert understood.follows > 0.5


@pytest.mark.parametrize(
    ("before", "text", "language", "topic"),
    [
        ("work/minimum_wage", "my landlord does not give back my deposit", "en", "housing/deposit"),
        ("housing/deposit", "szef zabrał mi paszport", "pl", "safety/documents_taken"),
        ("services/doctor", "cate zile de concediu am pe an", "ro", "work/holidays_and_leave"),
        ("work/payslip", "в стаята има мухъл и е студено", "bg", "housing/housing_quality"),
        ("housing/rent_price", "hoe vraag ik een bsn aan", "nl", "services/bsn"),
    ],
)
def test_a_new_subject_is_noticed(topics: TopicModel, before: str, text: str, language: str, topic: str) -> None:
    understood = topics.rank(text, language, before)
    assert understood.ranking[0][0] == topic
    assert understood.follows < 0.5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what should I do now", "en"),
        ("co mam teraz robic", "pl"),
        ("si acum ce fac", "ro"),
        ("kakvo da pravq sega", "bg"),
        ("wat kan ik doen", "nl"),
    ],
)
def test_whoever_asks_what_to_do_means_what_the_chat_is_about(topics: TopicModel, text: str, language: str) -> None:
    limits = thresholds(ROOT / "config.yml")
    for before in ("safety/documents_taken", "safety/threats_and_violence", "work/unpaid_wages", "housing/eviction"):
        understood = topics.rank(text, language, before)
        assert understood.ranking[0][0] == before
        assert decide(understood, limits, OUT_OF_SCOPE, before) == "answer"


def test_what_goes_on_is_answered_though_it_says_little() -> None:
    limits = Thresholds(answer=0.4, out_of_scope=0.35, danger=0.25, follow_up=0.5, other_subject=0.6)
    unsure = [("housing/eviction", 0.3), ("housing/deposit", 0.2)]
    assert decide(Understood(unsure, follows=0.9), limits, OUT_OF_SCOPE, "housing/eviction") == "answer"
    assert decide(Understood(unsure, follows=0.1), limits, OUT_OF_SCOPE, "housing/eviction") == "ask"
    assert decide(Understood(unsure, follows=0.9), limits, OUT_OF_SCOPE, "work/payslip") == "ask"


def test_thanks_are_thanks_after_any_topic(topics: TopicModel) -> None:
    assert topics.rank("thank you very much", "en", "housing/deposit").ranking[0][0] == "dialogue/thanks"


def test_two_subjects_in_one_message_are_both_seen(topics: TopicModel) -> None:
    found = topics.subjects("they took my passport and I did not get my wages for two months", "en", 0.6)
    assert set(found) == {"safety/documents_taken", "work/unpaid_wages"}
