"""Looking patterns up by their rarest place finds exactly those that occur."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.patterns import Pattern, PatternIndex, Word, parse

_WORDS = st.sampled_from(["bos", "bosko", "pas", "paspor", "ne", "da", "vze", "mi"])
_PLACES = st.lists(st.tuples(_WORDS, st.booleans()), min_size=1, max_size=3).map(
    lambda choices: "|".join(word + "*" * starts for word, starts in choices)
)


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    places = draw(st.lists(_PLACES, min_size=1, max_size=4))
    return " ".join(place + (" ..." if draw(st.booleans()) else "") for place in places[:-1]) + " " + places[-1]


def _occurs(parts: Sequence[Word | None], tokens: Sequence[str]) -> bool:
    """Whether the parts fit at the beginning of the tokens; tried one by one."""
    if not parts:
        return True
    if parts[0] is None:
        return any(_occurs(parts[1:], tokens[gap:]) for gap in range(5))
    here = bool(tokens) and (tokens[0] in parts[0].exact or tokens[0].startswith(parts[0].starts))
    return here and _occurs(parts[1:], tokens[1:])


@given(st.lists(_patterns(), min_size=1, max_size=8), st.lists(_WORDS, max_size=10))
def test_it_finds_what_occurs_and_nothing_else(texts: list[str], tokens: list[str]) -> None:
    patterns = [Pattern("danger", parse(text, "here"), source=text) for text in texts]
    occurring = [
        pattern
        for pattern in patterns
        if any(_occurs(pattern.parts, tokens[start:]) for start in range(len(tokens) + 1))
    ]
    assert list(PatternIndex(patterns).find(" ".join(tokens))) == occurring
