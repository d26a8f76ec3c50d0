"""The safety net: danger in a message, found by fixed patterns in all five languages.

It needs no trained model, no Rasa and no network. It can only add help to an answer.

There are some 1,500 patterns. A message is first looked up word by word; only patterns whose words it all has are
then matched in order by spaCy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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


class PatternError(ValueError):
    """A danger pattern is not understood; the message names file, topic and pattern."""


@dataclass(frozen=True)
class _Word:
    """One place in a pattern: the words, and the beginnings of words, that fit there."""

    exact: tuple[str, ...]
    starts: tuple[str, ...]

    def rule(self) -> dict[str, Any]:
        alternatives = [re.escape(word) + "$" for word in self.exact] + [re.escape(word) for word in self.starts]
        return {"TEXT": {"REGEX": f"^(?:{'|'.join(alternatives)})"}}


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Words and gaps (None) that show a topic's danger, or (``cancels``) that it is a figure of speech."""

    topic: str
    cancels: bool
    parts: tuple[_Word | None, ...]
    vocab: Vocab = field(repr=False)

    @cached_property
    def matcher(self) -> Matcher:
        matcher = Matcher(self.vocab)
        gap: dict[str, Any] = {"OP": f"{{0,{_GAP}}}"}
        matcher.add(self.topic, [[part.rule() if part else gap for part in self.parts]])
        return matcher


class SafetyNet:
    """All danger patterns, with an index from words to the patterns that need them."""

    def __init__(self, patterns: list[_Pattern], vocab: Vocab) -> None:
        self._patterns = patterns
        self._vocab = vocab
        self._exact: dict[str, list[tuple[int, int]]] = {}
        self._starts: dict[str, list[tuple[int, int]]] = {}
        self._needs: list[int] = []
        for number, pattern in enumerate(patterns):
            needed = [part for part in pattern.parts if part]
            self._needs.append(len(needed))
            for place, part in enumerate(needed):
                for word in part.exact:
                    self._exact.setdefault(word, []).append((number, place))
                for word in part.starts:
                    self._starts.setdefault(word, []).append((number, place))

    @classmethod
    def load(cls, directory: Path) -> SafetyNet:
        """Compile every ``<language>.yml`` in a folder.

        Raises:
            PatternError: a file is not YAML, or a pattern is not understood.
        """
        vocab = spacy.blank("xx").vocab
        patterns: list[_Pattern] = []
        for path in sorted(directory.glob("*.yml")):
            try:
                topics = yaml.safe_load(path.read_text(encoding="utf-8"))
            except yaml.YAMLError as error:
                raise PatternError(f"{path}: {getattr(error, 'problem', 'not YAML')}") from error
            for topic, groups in topics.items():
                for key, cancels in (("danger", False), ("not", True)):
                    for text in groups.get(key) or ():
                        patterns.append(_Pattern(topic, cancels, _parse(str(text), f"{path}: {topic}"), vocab))
        return cls(patterns, vocab)

    def find(self, text: str) -> list[str]:
        """The critical topics whose danger a text shows, the clearest (most patterns) first."""
        hits: dict[str, int] = {}
        cancelled: set[str] = set()
        for form in dict.fromkeys((words(text), skeleton(text))):
            for pattern in self._matches(form.split()):
                if pattern.cancels:
                    cancelled.add(pattern.topic)
                else:
                    hits[pattern.topic] = hits.get(pattern.topic, 0) + 1
        return sorted((topic for topic in hits if topic not in cancelled), key=lambda topic: -hits[topic])

    def _matches(self, tokens: list[str]) -> Iterator[_Pattern]:
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
                doc = doc or Doc(self._vocab, words=tokens)
                if self._patterns[number].matcher(doc):
                    yield self._patterns[number]


def _parse(pattern: str, where: str) -> tuple[_Word | None, ...]:
    """A pattern such as ``boss|agency ... took|keep* ... passport*``."""
    parts = tuple(None if part == "..." else _word(part, pattern, where) for part in pattern.split())
    if not parts or parts[0] is None or parts[-1] is None:
        raise PatternError(f"{where}: '{pattern}' must begin and end with a word")
    return parts


def _word(token: str, pattern: str, where: str) -> _Word:
    exact: set[str] = set()
    starts: set[str] = set()
    for choice in token.split("|"):
        folded = words(choice.rstrip("*")).replace(" ", "")
        if not folded:
            raise PatternError(f"{where}: '{pattern}' has an empty word")
        (starts if choice.endswith("*") else exact).update((folded, skeleton(folded)))
    return _Word(tuple(sorted(exact)), tuple(sorted(starts)))
