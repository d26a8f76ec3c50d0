"""What a follow-up asks for is seen in every language."""

from __future__ import annotations

import pytest

from bot.understanding.aspects import AspectFinder
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def finder() -> AspectFinder:
    return AspectFinder.load(ROOT / "data/aspects")


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("a ile to miesięcznie?", "amount"),
        ("how much is that a month", "amount"),
        ("si cat e pe luna?", "amount"),
        ("а колко е на месец", "amount"),
        ("hoeveel is dat per maand", "amount"),
        ("do kiedy mam czas", "time"),
        ("how long does it take", "time"),
        ("cat dureaza", "time"),
        ("колко време отнема", "time"),
        ("tot wanneer kan dat", "time"),
        ("they said no", "refused"),
        ("powiedzieli że nie", "refused"),
        ("au zis ca nu", "refused"),
        ("казаха не", "refused"),
        ("ze zeiden nee", "refused"),
        ("where do I go for that", "who"),
        ("gdzie mam zadzwonić", "who"),
        ("pe cine sun", "who"),
        ("на кого да се обадя", "who"),
        ("wie moet ik bellen", "who"),
    ],
)
def test_what_is_asked_for_is_seen(finder: AspectFinder, text: str, aspect: str) -> None:
    assert finder.find(text) == aspect


def test_nothing_in_particular_is_nothing(finder: AspectFinder) -> None:
    assert finder.find("tomatoes") is None
