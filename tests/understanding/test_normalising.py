from __future__ import annotations

import pytest

from bot.understanding.normalising import fold, skeleton, spelling, words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wyplata", "wypłata"),
        ("zaplatata", "заплатата"),
        ("sef", "șef"),
        ("pla6tane", "плащане"),
        ("4ovek", "човек"),
        ("rabotq", "работя"),
        ("wzeha", "взеха"),
    ],
)
def test_spellings_of_one_word_meet(typed: str, meant: str) -> None:
    assert skeleton(typed) == skeleton(meant) or skeleton(meant).startswith(skeleton(typed)[:4])


def test_numbers_stay_numbers() -> None:
    assert skeleton("4 dni, 16 uur, 6 people") == "4 dni 16 uur 6 people"


def test_punctuation_and_shouting_disappear() -> None:
    assert words("HELP!!! pleaaaase, it's me") == "help please its me"


def test_folding_keeps_punctuation() -> None:
    assert fold("Заплата?") == "zaplata?"


@pytest.mark.parametrize(
    ("first", "second"),
    [("може", "moje"), ("може", "mozhe"), ("заплатата", "zaplatata"), ("цена", "cena"), ("цена", "tsena"),
     ("къща", "kyshta"), ("къща", "kashta"), ("бия", "biq"), ("бия", "biya")],
)  # fmt: skip
def test_the_ways_to_type_a_bulgarian_sound_meet(first: str, second: str) -> None:
    assert spelling(first, "bg") == spelling(second, "bg")


def test_other_languages_keep_their_letters() -> None:
    assert spelling("życie", "pl") == "zycie"
    assert spelling("january", "en") == skeleton("january")
