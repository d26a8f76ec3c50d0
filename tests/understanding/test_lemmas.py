"""Forms of a word meet, however they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understanding.archive import load_topic_model
from bot.understanding.lemmas import Lemmas
from bot.understanding.topic_model import TopicModel


@pytest.fixture(scope="module")
def topics(model: Path) -> TopicModel:
    return load_topic_model(model)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("pl", ["wypłata", "wyplate", "wypłatę"]),
        ("ro", ["salariul", "salariului", "salariu"]),
        ("bg", ["паспорта", "паспорт", "pasporta"]),
        ("nl", ["contract", "contracten"]),
        ("en", ["passport", "passports"]),
    ],
)
def test_forms_of_a_word_have_one_lemma(topics: TopicModel, language: str, forms: list[str]) -> None:
    assert len({topics.lemmas_of(form, language) for form in forms}) == 1


def test_an_unknown_word_is_its_own_lemma() -> None:
    assert Lemmas({"pl": {}}).lemma("blorf", "pl") == "blorf"
