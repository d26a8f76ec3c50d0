"""Word patterns such as ``boss|agency ... took|keep* ... passport*``, found in normalised text.

``a|b`` is either word, ``abc*`` a word that begins so, ``...`` up to four words in between. Many thousands of
patterns may be in use: each is looked up by the rarest of its places, and only patterns of which a text has all words
are matched in order, by a regular expression each. (spaCy's matcher found the same and took 60 MB of memory in every
process.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from sys import intern
from typing import Any

import yaml

from bot.understanding.normalising import skeleton, words

#: "..." in a pattern: so many words may stand in between.
_GAP = 4


class PatternError(ValueError):
    """A pattern is not understood; the message names where it stands."""


@dataclass(frozen=True)
class Word:
    """One place in a pattern: the words, and the beginnings of words, that fit there."""

    exact: tuple[str, ...]
    starts: tuple[str, ...]

    @cached_property
    def keys(self) -> frozenset[str]:
        """What a text must have one of to fit here: words, and beginnings with a ``*``."""
        return frozenset([*self.exact, *(intern(f"{start}*") for start in self.starts)])

    def regex(self) -> str:
        alternatives = [re.escape(word) for word in self.exact]
        alternatives += [re.escape(word) + r"\S*" for word in self.starts]
        return f" (?:{'|'.join(alternatives)})(?!\\S)"


@dataclass(frozen=True, eq=False)
class Pattern:
    """Words and gaps (None) in their order, with the label they stand for."""

    label: str
    parts: tuple[Word | None, ...]
    cancels: bool = False
    source: str = ""

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        gap = rf"(?: \S+){{0,{_GAP}}}"
        return re.compile("".join(part.regex() if part else gap for part in self.parts))

    def fits(self, text: str) -> bool:
        """Whether the pattern occurs in a text that has all its words, each with a space before it."""
        return len(self.parts) == 1 or self._regex.search(text) is not None


class PatternIndex:
    """Finds which of many patterns occur in a text."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = list(patterns)
        frequency = Counter(key for pattern in self.patterns for part in pattern.parts if part for key in part.keys)
        self._longest_start = max((len(key) - 1 for key in frequency if key.endswith("*")), default=0)
        #: By a word or beginning: the patterns that have it at their rarest place.
        self._at: dict[str, list[int]] = {}
        #: What each pattern needs at its other places.
        self._others: list[tuple[frozenset[str], ...]] = []
        for number, pattern in enumerate(self.patterns):
            places = [part.keys for part in pattern.parts if part]
            rarest = min(places, key=lambda keys: sum(frequency[key] for key in keys))
            self._others.append(tuple(keys for keys in places if keys is not rarest))
            for key in rarest:
                self._at.setdefault(key, []).append(number)

    def find(self, text: str) -> Iterator[Pattern]:
        """The patterns that occur in a text, in its plain and its Latin-Bulgarian reading; in their own order."""
        found: set[int] = set()
        for form in dict.fromkeys((words(text), skeleton(text))):
            found.update(self._in_tokens(form.split()))
        return (self.patterns[number] for number in sorted(found))

    def _in_tokens(self, tokens: Sequence[str]) -> Iterator[int]:
        keys = set(tokens)
        for token in list(keys):
            keys.update(f"{token[:end]}*" for end in range(1, min(len(token), self._longest_start) + 1))
        text = "".join(f" {token}" for token in tokens)
        for key in keys & self._at.keys():
            for number in self._at[key]:
                if not any(map(keys.isdisjoint, self._others[number])) and self.patterns[number].fits(text):
                    yield number


def read_pattern_files(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every ``<language>.yml`` of a folder as (path, mapping).

    Raises:
        PatternError: a file is not a YAML mapping.
    """
    for path in sorted(directory.glob("*.yml")):
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            raise PatternError(f"{path}: {getattr(error, 'problem', 'not YAML')}") from error
        if not isinstance(document, dict):
            raise PatternError(f"{path}: not a mapping")
        yield path, document


def parse(pattern: str, where: str) -> tuple[Word | None, ...]:
    """The places of a pattern.

    Raises:
        PatternError: it begins or ends with a gap, or has an empty word.
    """
    try:
        parts = tuple(None if part == "..." else _word(part) for part in pattern.split())
    except ValueError as error:
        raise PatternError(f"{where}: '{pattern}' has {error}") from None
    if not parts or parts[0] is None or parts[-1] is None:
        raise PatternError(f"{where}: '{pattern}' must begin and end with a word")
    return parts


@cache
def _word(token: str) -> Word:
    # Each place and each word is kept once: most stand in many patterns.
    exact: set[str] = set()
    starts: set[str] = set()
    for choice in token.split("|"):
        folded = words(choice.rstrip("*")).replace(" ", "")
        if not folded:
            raise ValueError("an empty word")
        (starts if choice.endswith("*") else exact).update((intern(folded), intern(skeleton(folded))))
    return Word(tuple(sorted(exact)), tuple(sorted(starts)))
