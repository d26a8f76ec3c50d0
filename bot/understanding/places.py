"""Dutch places named in a message."""

from __future__ import annotations

from collections.abc import Mapping

from bot.understanding.normalising import words

#: Words of "I live in ..." in five languages; a message of these and a place says where somebody lives.
_LIVING = frozenset(
    words(
        "i live in near we work am im from the city town of mieszkam w pod kolo jestem z miasto mieszkamy stad "
        "locuiesc in la langa sunt din orasul stau locuim ik woon bij in kom uit stad wij wonen ik ben werk "
        "живея в до съм от град живеем аз zhiveya jiveq jiveia v do sam sum ot grad az jivea"
    ).split()
)


class PlaceFinder:
    """Finds known places however they are written; ``spellings`` maps each spelling to its place."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._places = {tuple(words(spelling).split()): place for spelling, place in spellings.items()}
        self._longest_name = max(map(len, self._places), default=0)

    def find(self, text: str) -> str | None:
        """The place a text names, the longest name if several overlap, or None."""
        found = self._longest(words(text).split())
        return found[0] if found else None

    def is_bare(self, text: str) -> bool:
        """Whether a text says a place and nothing else ("Ede", "I live in Ede")."""
        tokens = words(text).split()
        found = self._longest(tokens)
        if found is None:
            return False
        _, start, end = found
        return all(token in _LIVING for token in tokens[:start] + tokens[end:])

    def _longest(self, tokens: list[str]) -> tuple[str, int, int] | None:
        """(place, start, end) of the longest name among tokens, the first of several."""
        for length in range(min(self._longest_name, len(tokens)), 0, -1):
            for start in range(len(tokens) - length + 1):
                place = self._places.get(tuple(tokens[start : start + length]))
                if place is not None:
                    return place, start, start + length
        return None
