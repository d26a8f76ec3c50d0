"""Which part of an answer a follow-up asks for: an amount, a time, who helps, what to do after a refusal ..."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast, get_args

from bot.understanding.patterns import Pattern, PatternError, PatternIndex, parse, read_pattern_files

Aspect = Literal["amount", "time", "who", "refused", "proof", "law", "example"]
#: The order in which aspects win when a message shows several.
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)


class AspectFinder:
    """Finds the aspect by fixed patterns in all five languages."""

    def __init__(self, patterns: list[Pattern]) -> None:
        self._index = PatternIndex(patterns)

    @classmethod
    def load(cls, directory: Path) -> AspectFinder:
        """Compile every ``<language>.yml`` in a folder.

        Raises:
            PatternError: a file is not a mapping of aspects to patterns, or a pattern is not understood.
        """
        patterns: list[Pattern] = []
        for path, groups in read_pattern_files(directory):
            if set(groups) != set(ASPECTS):
                raise PatternError(f"{path}: the aspects must be {', '.join(ASPECTS)}")
            for aspect, texts in groups.items():
                patterns += [Pattern(aspect, parse(str(text), f"{path}: {aspect}")) for text in texts]
        return cls(patterns)

    def find(self, text: str) -> Aspect | None:
        """The aspect with most patterns in a text, or None."""
        hits: dict[str, int] = {}
        for pattern in self._index.find(text):
            hits[pattern.label] = hits.get(pattern.label, 0) + 1
        if not hits:
            return None
        return cast(Aspect, max(hits, key=lambda aspect: (hits[aspect], -ASPECTS.index(cast(Aspect, aspect)))))
