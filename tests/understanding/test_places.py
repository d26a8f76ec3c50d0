from __future__ import annotations

import pytest

from bot.answers.content import Content
from bot.understanding.places import PlaceFinder


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("I live in Rotterdam", "Rotterdam"),
        ("mieszkam w Rotterdamie", "Rotterdam"),
        ("живея в Нийкерк", "Nijkerk"),
        ("locuiesc în Den Haag", "Den Haag"),
        ("EDE", "Ede"),
    ],
)
def test_a_place_alone_is_an_answer_to_where(content: Content, text: str, place: str) -> None:
    finder = PlaceFinder(content.places.spellings)
    assert finder.find(text) == place
    assert finder.is_bare(text)


def test_a_question_with_a_place_in_it_stays_a_question(content: Content) -> None:
    finder = PlaceFinder(content.places.spellings)
    assert finder.find("my landlord in Ede keeps the deposit") == "Ede"
    assert not finder.is_bare("my landlord in Ede keeps the deposit")


@pytest.mark.parametrize("text", ["this is the best", "it goes well", "dat is echt zo", "de bergen"])
def test_everyday_words_are_no_places(content: Content, text: str) -> None:
    assert PlaceFinder(content.places.spellings).find(text) is None
