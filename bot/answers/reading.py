"""How hard a text is to read, by a formula that is known for its language.

Polish: the index of Walery Pisarek (1969), in years of school. English: Flesch reading ease (1948). Dutch: its
adaptation by W. H. Douma (1960). For Romanian and Bulgarian none is established; LIX (C.-H. Björnsson, 1968) counts
words in a sentence and letters in a word and fits any language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyphen

from bot.answers.content import PLACEHOLDER

_HYPHENATION = {"en": "en_GB", "nl": "nl_NL", "pl": "pl_PL"}
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n")
#: Dutch terms in brackets are there to be recognised, not read.
_BRACKETS = re.compile(r"\([^)]*\)")
_LONG_WORD = 6  # letters, for LIX
_HARD_WORD = 4  # syllables, for Pisarek


@dataclass(frozen=True)
class Formula:
    """A formula with the worst value that an answer may have; ``easier_is_higher`` says which way it points."""

    name: str
    limit: float
    easier_is_higher: bool

    def is_too_hard(self, value: float) -> bool:
        return value < self.limit if self.easier_is_higher else value > self.limit


#: 60 is "plain" for Flesch and Douma; ten years of school are about B1; LIX 40 to 50 is a newspaper.
FORMULAS: dict[str, Formula] = {
    "pl": Formula("Pisarek", 10, easier_is_higher=False),
    "ro": Formula("LIX", 50, easier_is_higher=False),
    "bg": Formula("LIX", 50, easier_is_higher=False),
    "en": Formula("Flesch", 60, easier_is_higher=True),
    "nl": Formula("Flesch-Douma", 60, easier_is_higher=True),
}


def reading_level(text: str, language: str) -> float:
    """The value of the language's formula for a text of an answer (with its placeholders)."""
    sentences, words = _parts(text)
    if not words:
        return 0.0
    length = len(words) / len(sentences)
    return _VALUES[language](words, length)


def _parts(text: str) -> tuple[list[str], list[str]]:
    bare = PLACEHOLDER.sub("ten", _BRACKETS.sub("", text)).replace("• ", "")
    sentences = [part for part in _SENTENCE_END.split(bare) if _WORD.search(part)]
    return sentences, _WORD.findall(bare)


@lru_cache(maxsize=len(_HYPHENATION))
def _hyphenator(language: str) -> pyphen.Pyphen:
    return pyphen.Pyphen(lang=_HYPHENATION[language])


def _syllables(words: Sequence[str], language: str) -> list[int]:
    return [len(_hyphenator(language).positions(word)) + 1 for word in words]


def _flesch(words: Sequence[str], length: float) -> float:
    return 206.835 - 1.015 * length - 84.6 * sum(_syllables(words, "en")) / len(words)


def _douma(words: Sequence[str], length: float) -> float:
    return 206.84 - 0.93 * length - 77 * sum(_syllables(words, "nl")) / len(words)


def _pisarek(words: Sequence[str], length: float) -> float:
    hard = 100 * sum(count >= _HARD_WORD for count in _syllables(words, "pl")) / len(words)
    return math.sqrt(length**2 + hard**2) / 2


def _lix(words: Sequence[str], length: float) -> float:
    return length + 100 * sum(len(word) > _LONG_WORD for word in words) / len(words)


_VALUES: dict[str, Callable[[Sequence[str], float], float]] = {
    "en": _flesch,
    "nl": _douma,
    "pl": _pisarek,
    "ro": _lix,
    "bg": _lix,
}
