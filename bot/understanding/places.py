"""Dutch places named in a message."""

from __future__ import annotations

from collections.abc import Iterable

import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

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
    """Finds known places by their names, whatever their case and marks."""

    def __init__(self, names: Iterable[str]) -> None:
        self._vocab = spacy.blank("nl").vocab
        self._matcher = PhraseMatcher(self._vocab)
        for name in names:
            self._matcher.add(name, [Doc(self._vocab, words=words(name).split())])

    def find(self, text: str) -> str | None:
        """The place a text names, the longest name if several overlap, or None."""
        tokens = words(text).split()
        if not tokens:
            return None
        matches = self._matcher(Doc(self._vocab, words=tokens))
        if not matches:
            return None
        key, _, _ = max(matches, key=lambda match: match[2] - match[1])
        return str(self._vocab.strings[key])

    def is_bare(self, text: str) -> bool:
        """Whether a text says a place and nothing else ("Ede", "I live in Ede")."""
        place = self.find(text)
        if place is None:
            return False
        named = set(words(place).split())
        return all(token in named or token in _LIVING for token in words(text).split())
