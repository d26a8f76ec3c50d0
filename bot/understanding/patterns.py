"""Word patterns such as ``boss|agency ... took|keep* ... passport*``, found in normalised text.

``a|b`` is either word, ``abc*`` a word that begins so, ``...`` up to four words in between. Many thousands of
patterns may be in use: a text is first looked up word by word, and only patterns whose words it all has are matched
in order by spaCy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import spacy
import yaml
from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.understanding.normalising import skeleton, words

#: "..." in a pattern: so many words may stand in between.
_GAP = 4

_VOCAB: Vocab = spacy.blank("xx").vocab


class PatternError(ValueError):
    """A pattern is not understood; the message names where it stands."""


@dataclass(frozen=True)
class Word:
    """One place in a pattern: the words, and the beginnings of words, that fit there."""

    exact: tuple[str, ...]
    starts: tuple[str, ...]

    def rule(self) -> dict[str, Any]:
        alternatives = [re.escape(word) + "$" for word in self.exact] + [re.escape(word) for word in self.starts]
        return {"TEXT": {"REGEX": f"^(?:{'|'.join(alternatives)})"}}


@dataclass(frozen=True, eq=False)
class Pattern:
    """Words and gaps (None) in their order, with the label they stand for."""

    label: str
    parts: tuple[Word | None, ...]
    cancels: bool = False
    source: str = ""

    @cached_property
    def matcher(self) -> Matcher:
        matcher = Matcher(_VOCAB)
        gap: dict[str, Any] = {"OP": f"{{0,{_GAP}}}"}
        matcher.add(self.label, [[part.rule() if part else gap for part in self.parts]])
        return matcher

    def fits(self, doc: Doc) -> bool:
        """Whether the pattern occurs in a text all of whose words it needs are there."""
        return len(self.parts) == 1 or bool(self.matcher(doc))


class PatternIndex:
    """Finds which of many patterns occur in a text."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = list(patterns)
        self._exact: dict[str, list[tuple[int, int]]] = {}
        self._starts: dict[str, list[tuple[int, int]]] = {}
        self._needs: list[int] = []
        for number, pattern in enumerate(self.patterns):
            needed = [part for part in pattern.parts if part]
            self._needs.append(len(needed))
            for place, part in enumerate(needed):
                for word in part.exact:
                    self._exact.setdefault(word, []).append((number, place))
                for word in part.starts:
                    self._starts.setdefault(word, []).append((number, place))

    def find(self, text: str) -> Iterator[Pattern]:
        """The patterns that occur in a text, in its plain and its Latin-Bulgarian reading."""
        seen: set[int] = set()
        for form in dict.fromkeys((words(text), skeleton(text))):
            for number in self._in_tokens(form.split()):
                if number not in seen:
                    seen.add(number)
                    yield self.patterns[number]

    def _in_tokens(self, tokens: Sequence[str]) -> Iterator[int]:
        present: dict[int, set[int]] = {}
        for token in set(tokens):
            found = list(self._exact.get(token, ()))
            for end in range(1, len(token) + 1):
                found.extend(self._starts.get(token[:end], ()))
            for number, place in found:
                present.setdefault(number, set()).add(place)
        doc: Doc | None = None
        for number, places in present.items():
            if len(places) == self._needs[number]:
                doc = doc or Doc(_VOCAB, words=list(tokens))
                if self.patterns[number].fits(doc):
                    yield number


def read_pattern_files(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every ``<language>.yml`` of a folder as (path, mapping).

    Raises:
        PatternError: a file is not a YAML mapping.
    """
    for path in sorted(directory.glob("*.yml")):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
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
    parts = tuple(None if part == "..." else _word(part, pattern, where) for part in pattern.split())
    if not parts or parts[0] is None or parts[-1] is None:
        raise PatternError(f"{where}: '{pattern}' must begin and end with a word")
    return parts


def _word(token: str, pattern: str, where: str) -> Word:
    exact: set[str] = set()
    starts: set[str] = set()
    for choice in token.split("|"):
        folded = words(choice.rstrip("*")).replace(" ", "")
        if not folded:
            raise PatternError(f"{where}: '{pattern}' has an empty word")
        (starts if choice.endswith("*") else exact).update((folded, skeleton(folded)))
    return Word(tuple(sorted(exact)), tuple(sorted(starts)))
