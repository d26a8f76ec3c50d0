"""Which words people use, as far as the training messages tell: what is no everyday word may be a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from bot.languages import LANGUAGES
from bot.understanding.normalising import spelling

#: A word in fewer messages may be somebody's name or a slip.
_FEWEST = 2
_EXAMPLE = re.compile(r"^ +- (.+)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_LONGEST_ABBREVIATION = 5
#: Shorter words are met by chance.
_SHORTEST_STEM = 4
_SHORTEST_TYPO = 7
_SHORTEST_PART = 4
#: So many letters at the end of a word may be its form.
_LONGEST_ENDING = 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Vocabulary:
    """For each language, words in their ``spelling`` with the number of messages that have them in lower case."""

    def __init__(self, counts: Mapping[str, Mapping[str, int]], messages: Mapping[str, int]) -> None:
        """``messages``: how many messages each language's words were counted in."""
        self._counts = counts
        self._messages = messages
        self._stems = {
            language: {word[: max(_SHORTEST_STEM, len(word) - 3)] for word in words if len(word) > _SHORTEST_STEM}
            for language, words in counts.items()
        }

    @classmethod
    def load(cls, directory: Path) -> Vocabulary:
        """Count the words of the training messages in ``<directory>/<language>/*.yml``; takes a second."""
        counts, messages = {}, {}
        for language in LANGUAGES:
            typed: Counter[str] = Counter()
            messages[language] = 0
            for path in sorted((directory / language).glob("*.yml")):
                for example in _EXAMPLE.findall(path.read_text(encoding="utf-8")):
                    messages[language] += 1
                    # A capital letter may be a name's; abbreviations (AOW) have nothing else.
                    is_shouted = example == example.upper()
                    typed.update(
                        {
                            word
                            for word in _WORD.findall(example)
                            if word == word.lower()
                            or (word == word.upper() and len(word) <= _LONGEST_ABBREVIATION and not is_shouted)
                        }
                    )
            spelled: Counter[str] = Counter()
            for word, count in typed.items():
                spelled[spelling(word, language)] += count
            counts[language] = {word: count for word, count in spelled.items() if count >= _FEWEST}
        return cls(counts, messages)

    def count(self, word: str, language: str) -> int:
        """How many training messages of a language have a word."""
        return self._counts[language].get(spelling(word, language), 0)

    def share(self, word: str, language: str) -> float:
        """The share of a language's messages that have a word, more than 0 for a word that none has."""
        return max(self.count(word, language), 1) / (self._messages[language] + 1)

    def resembles(self, word: str, language: str) -> bool:
        """Whether a word is a form, a compound or a slip of a known one."""
        text = spelling(word, language)
        known, stems = self._counts[language], self._stems[language]
        shortest = max(_SHORTEST_STEM, len(text) - _LONGEST_ENDING)
        if any(text[:end] in stems for end in range(shortest, len(text) + 1)):
            return True
        parts = range(_SHORTEST_PART, len(text) - _SHORTEST_PART + 1)
        if any(text[:at] in known and (text[at:] in known or text[at:].removeprefix("s") in known) for at in parts):
            return True
        return len(text) >= _SHORTEST_TYPO and any(slip in known for slip in _slips(text))


def _slips(word: str) -> set[str]:
    """Every word at one slip of the fingers: a letter left out, put in, changed or swapped with the next."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in halves if right),
        *(left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1),
        *(left + letter + right[1:] for left, right in halves if right for letter in _LETTERS),
        *(left + letter + right for left, right in halves for letter in _LETTERS),
    }
