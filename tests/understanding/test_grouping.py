"""Messages that ask the same find each other, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from bot.understanding.grouping import alike, joined
from bot.understanding.vocabulary import Vocabulary
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load(ROOT / "data/nlu")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("pl", "ukradli mi rower pod szklarnią", "rower skradziony spod szklarni, kto odda?"),
        ("ro", "mi-au furat bicicleta la sera", "bicicleta furata langa sere ce fac"),
        ("bg", "откраднаха ми колелото до оранжерията", "otkradnaha mi koleloto do oranjeriata"),
        ("en", "somebody stole my bicycle at the greenhouse", "bycicle stolen greenhouse"),
        ("nl", "mijn fiets is gestolen bij de kas", "fiets gestolen, kas"),
    ],
)
def test_forms_slips_and_scripts_do_not_matter(vocabulary: Vocabulary, language: str, one: str, other: str) -> None:
    assert alike([one, other], ["payslip", "payslip"], language, vocabulary).all()


def test_words_that_hold_sentences_together_make_nothing_alike(vocabulary: Vocabulary) -> None:
    texts = ["can you tell me what I have to do with my bicycle", "can you tell me what I have to do with my visa"]
    assert not alike(texts, ["payslip", "payslip"], "en", vocabulary)[0, 1]


def test_another_topic_asks_for_more_of_the_same_words(vocabulary: Vocabulary) -> None:
    texts = ["somebody stole my bicycle at the greenhouse", "bicycle broken on the road to the greenhouse"]
    assert alike(texts, ["payslip", "payslip"], "en", vocabulary)[0, 1]
    assert not alike(texts, ["payslip", "deposit"], "en", vocabulary)[0, 1]
    assert not alike(texts, ["", ""], "en", vocabulary)[0, 1]


def test_what_was_taken_out_makes_nothing_alike(vocabulary: Vocabulary) -> None:
    texts = ["[name] [place] bicycle", "[name] [place] visa"]
    assert not alike(texts, ["payslip", "payslip"], "en", vocabulary)[0, 1]


def test_groups_are_joined_by_what_is_between_them() -> None:
    is_alike = np.eye(5, dtype=bool)
    for one, other in ((0, 2), (2, 4), (1, 3)):
        is_alike[one, other] = is_alike[other, one] = True
    assert joined(is_alike, [0, 1, 2, 3, 4]) == [[0, 2, 4], [1, 3]]
    assert joined(is_alike, [4, 0, 1]) == [[4], [0], [1]]
