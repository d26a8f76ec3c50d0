"""A follow-up gets the part of the answer it asks for."""

from __future__ import annotations

import pytest

from bot.answers.content import Content
from bot.answers.parts import render_part
from bot.answers.rendering import render_answer
from bot.languages import LANGUAGES
from tests.conftest import TODAY


def _part(content: Content, topic: str, aspect: str | None, question: str = "", language: str = "en") -> str:
    return render_part(content, topic, language, aspect, question, TODAY).text


def test_how_much_gets_the_amounts(content: Content) -> None:
    text = _part(content, "rent_deduction", "amount", "how much can they take")
    assert "25%" in text
    assert "Check the house" not in text


def test_a_number_in_the_question_finds_its_line(content: Content) -> None:
    text = _part(content, "minimum_wage", "amount", "and at 19?")
    assert "€8.99" in text
    assert "€14.99" not in text


def test_how_long_gets_the_times(content: Content) -> None:
    assert "4 weeks" in _part(content, "housing_after_job_loss", "time", "how long").replace("\xa0", " ")


def test_a_refusal_gets_the_next_steps(content: Content) -> None:
    text = _part(content, "unpaid_wages", "refused", "they said no")
    assert text.count("• ") >= 2


def test_doubt_gets_the_rule_and_its_source(content: Content) -> None:
    text = _part(content, "deposit", "law", "my landlord says otherwise")
    assert "https://" in text
    assert "• " not in text


def test_a_question_nothing_answers_is_told_so(content: Content) -> None:
    text = _part(content, "deposit", None, "zzz")
    assert "I do not know enough" in text


def test_the_sentence_most_like_the_question_is_found(content: Content) -> None:
    text = _part(content, "rent_deduction", None, "what if a foreign company posted me here")
    assert "foreign company" in text
    assert "SNCU" not in text


def test_an_advice_comes_with_the_question_it_answers(content: Content) -> None:
    text = _part(content, "rent_deduction", None, "what if a foreign company posted me here")
    assert "Posted here by a foreign company? Then it is not allowed." in text
    assert "Call 112." not in _part(content, "debt_to_employer", None, "he says I still owe 2000").splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("aspect", ["amount", "time", "who", "refused", "proof", "law", "example", None])
def test_no_part_is_the_same_bubble_again(content: Content, language: str, aspect: str | None) -> None:
    for topic in content.answers:
        whole = render_answer(content, topic, language, TODAY)
        part = render_part(content, topic, language, aspect, "", TODAY)
        assert part.text != whole.text
        assert len(part.text) < len(whole.text) + 160
        assert "{" not in part.text
        assert part.language == language
        assert 2 <= len(part.buttons) <= 4
