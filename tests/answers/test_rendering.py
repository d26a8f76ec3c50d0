from __future__ import annotations

import datetime as dt

import pytest

from bot.answers.content import Content
from bot.answers.places import SOMEWHERE_ELSE
from bot.answers.rendering import (
    render_answer,
    render_down,
    render_helpers,
    render_not_understood,
    tailor,
)
from bot.languages import LANGUAGES
from tests.conftest import TODAY

NOON = dt.datetime(2026, 11, 25, 11, 0, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("language", "amount"),
    [
        ("pl", "14,99\xa0€"),
        ("ro", "14,99 euro"),
        ("bg", "14,99 евро"),
        ("en", "€14.99"),
        ("nl", "€\xa014,99"),
    ],
)
def test_the_minimum_wage_is_written_as_the_language_writes_it(content: Content, language: str, amount: str) -> None:
    assert amount in render_answer(content, "minimum_wage", language, TODAY).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_expired_amount_is_never_shown_as_true(content: Content, language: str) -> None:
    text = render_answer(content, "minimum_wage", language, dt.date(2027, 1, 1)).text
    for amount in ("14,99", "14.99", "11,99", "11.99"):
        assert amount not in text
    assert content.phrase(language, "answer.amount_changed") in text
    assert "https://www.rijksoverheid.nl/themas/werk/minimumloon" in text


def test_an_amount_due_for_review_is_shown_with_a_warning(content: Content) -> None:
    text = render_answer(content, "minimum_wage", "en", dt.date(2026, 12, 20)).text
    assert "€14.99" in text
    assert "15 December 2026" in text


def test_a_fact_with_caution_says_that_it_needs_checking(content: Content) -> None:
    text = render_answer(content, "housing_after_job_loss", "en", TODAY).text
    assert content.phrase("en", "answer.caution") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_names_its_source_and_date(content: Content, language: str) -> None:
    for topic in content.topics.values():
        if topic.section == "dialogue":
            continue
        text = render_answer(content, topic.id, language, TODAY).text
        assert "https://" in text, topic.id
        assert "2026" in text, topic.id
        assert "{" not in text, topic.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_an_answer_in_every_language(content: Content, language: str) -> None:
    assert len(content.topics) == 91
    for topic_id, answer in content.answers.items():
        message = render_answer(content, topic_id, language, TODAY)
        assert message.language == language
        if language != "en":
            assert not message.text.startswith(answer.text[:40]), topic_id


def test_a_critical_answer_puts_112_and_a_person_first(content: Content) -> None:
    message = render_answer(content, "documents_taken", "en", TODAY)
    assert message.urgent
    assert "112" in message.text.split("\n\n")[0]
    assert message.buttons[0].payload == {"intent": "contacts/talk_to_human"}


def _ids(content: Content, topic: str, place: str | None, language: str = "en") -> list[str]:
    return [service.id for service in tailor(content, content.answers[topic].services, language, place, NOON)]


def test_somebody_from_the_region_is_pointed_to_moviera(content: Content) -> None:
    assert "moviera" in _ids(content, "documents_taken", "Ede")
    assert "comensha" not in _ids(content, "documents_taken", "Ede")


@pytest.mark.parametrize("place", ["Rotterdam", SOMEWHERE_ELSE])
def test_somebody_from_outside_the_region_is_pointed_to_comensha(content: Content, place: str) -> None:
    assert "comensha" in _ids(content, "documents_taken", place)
    assert "moviera" not in _ids(content, "documents_taken", place)


def test_with_no_known_place_both_are_named(content: Content) -> None:
    assert {"moviera", "comensha"} <= set(_ids(content, "documents_taken", None))


def test_an_embassy_is_only_for_its_own_people(content: Content) -> None:
    assert "embassy_bg" in _ids(content, "return_home", None, "bg")
    assert "embassy_bg" not in _ids(content, "return_home", None, "pl")


def test_who_is_closed_now_comes_later_and_says_when_it_opens(content: Content) -> None:
    night = dt.datetime(2026, 11, 25, 2, 0, tzinfo=dt.timezone.utc)
    services = tailor(content, ("kindertelefoon", "veilig_thuis"), "en", None, night)
    assert [service.id for service in services] == ["veilig_thuis", "kindertelefoon"]
    text = render_helpers(content, services, "en", night, True)
    assert "opens today at 11:00" in text


def test_an_unchecked_number_comes_after_the_website_with_a_warning(content: Content) -> None:
    text = render_helpers(content, [content.service("fairwork")], "en", NOON, True)
    assert text.index("https://www.fairwork.nu") < text.index("020-760 08 09")
    assert content.phrase("en", "help.check_number") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_understood_is_never_a_dead_end(content: Content, language: str) -> None:
    first = render_not_understood(content, ["payslip", "deposit"], language, False, None, NOON)
    assert [button.title for button in first.buttons][:2] == [
        content.title("payslip", language),
        content.title("deposit", language),
    ]
    second = render_not_understood(content, [], language, True, None, NOON)
    assert second.buttons[0].payload == {"intent": "contacts/talk_to_human"}
    assert "112" in second.text
    assert "0800-7000" in second.text


def test_nothing_is_offered_twice(content: Content) -> None:
    asked = render_not_understood(content, ["talk_to_human", "what_can_you_do", "deposit"], "ro", False, None, NOON)
    titles = [button.title for button in asked.buttons]
    assert len(titles) == len(set(titles)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_rasa_down_danger_still_gets_its_answer(content: Content, language: str) -> None:
    message = render_down(content, language, "documents_taken", None, NOON)
    assert message.urgent
    assert "112" in message.text
    assert "Moviera" in message.text
