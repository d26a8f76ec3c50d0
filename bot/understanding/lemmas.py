"""Dictionary forms of words, however they are typed: "wypłaty", "wyplate" and "wypłat" are all "wyplata".

The dictionaries are simplemma's. They know only correct spelling and take half a gigabyte in memory; so training
keeps from them just the forms of lemmas that occur in the training messages, in the normalised ``spelling``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.languages import LANGUAGES
from bot.understanding.normalising import spelling

#: Shorter forms are mostly names, abbreviations and homonyms.
_SHORTEST = 3
_PROCESSES = 2

Table = dict[str, dict[str, str]]


class Lemmas:
    """Looks up lemmas; a word it does not know is its own lemma."""

    def __init__(self, table: Table) -> None:
        """``table`` has, for each language, forms with their lemmas, both in their ``spelling``."""
        self._table = table

    @classmethod
    def build(cls, words: Mapping[str, Iterable[str]]) -> Lemmas:
        """The lemmas of the (lower-case) words that occur in each language, with all their forms."""
        wanted = [set(words.get(language, ())) for language in LANGUAGES]
        # In processes of their own: the Polish dictionary takes as long as all others together, and its memory
        # is given back.
        with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
            tables = dict(zip(LANGUAGES, pool.map(_forms, LANGUAGES, wanted)))
        return cls(tables)

    def lemma(self, word: str, language: str) -> str:
        """The lemma of a word; both in their ``spelling``."""
        return self._table.get(language, {}).get(word, word)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The table as plain arrays."""
        return {
            f"{language}_{side}": np.frombuffer("\0".join(column).encode(), dtype=np.uint8)
            for language, forms in self._table.items()
            for side, column in (("forms", forms.keys()), ("lemmas", forms.values()))
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Lemmas:
        table: Table = {}
        for language in LANGUAGES:
            forms, lemmas = (
                arrays[f"{language}_{side}"].tobytes().decode().split("\0") for side in ("forms", "lemmas")
            )
            table[language] = dict(zip(forms, lemmas))
        return cls(table)


def _forms(language: str, words: set[str]) -> dict[str, str]:
    # Imported here: only training needs it.
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    dictionary = DefaultDictionaryFactory().get_dictionary(language)
    wanted = {dictionary[word] for word in words if word in dictionary}
    table: dict[str, str] = {}
    for form, lemma in dictionary.items():
        if lemma in wanted and len(form) >= _SHORTEST:
            table.setdefault(spelling(form, language), spelling(lemma, language))
    # A lemma is its own: a homonym must not lead it elsewhere.
    table.update({own: own for lemma in wanted if (own := spelling(lemma, language)) in table})
    return {form: lemma for form, lemma in table.items() if form and lemma and " " not in form + lemma}
