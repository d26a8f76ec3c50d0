"""The safety net: danger in a message, found by fixed patterns in all five languages.

It needs no trained model, no Rasa and no network. Nothing that a model says can take its word back.
"""

from __future__ import annotations

from pathlib import Path

from bot.understanding.patterns import Pattern, PatternIndex, parse, read_pattern_files

_MOST_URGENT = "immediate_danger"


class SafetyNet:
    """All danger patterns; some cancel a topic, because they show a figure of speech."""

    def __init__(self, patterns: list[Pattern]) -> None:
        self._index = PatternIndex(patterns)

    @classmethod
    def load(cls, directory: Path) -> SafetyNet:
        """Compile every ``<language>.yml`` in a folder.

        Raises:
            PatternError: a file is not YAML, or a pattern is not understood.
        """
        patterns: list[Pattern] = []
        for path, topics in read_pattern_files(directory):
            for topic, groups in topics.items():
                for key, cancels in (("danger", False), ("not", True)):
                    for text in groups.get(key) or ():
                        patterns.append(Pattern(topic, parse(str(text), f"{path}: {topic}"), cancels, str(text)))
        return cls(patterns)

    def reasons(self, text: str) -> list[tuple[str, str, bool]]:
        """Every pattern that occurs in a text: (topic, pattern, whether it cancels the topic)."""
        return [(found.label, found.source, found.cancels) for found in self._index.find(text)]

    def topics(self) -> set[str]:
        """The topics it knows."""
        return {pattern.label for pattern in self._index.patterns}

    def find(self, text: str) -> list[str]:
        """The critical topics whose danger a text shows, the clearest (most patterns) first.

        Of topics that are equally clear, immediate danger comes first.
        """
        hits: dict[str, int] = {}
        cancelled: set[str] = set()
        for pattern in self._index.find(text):
            if pattern.cancels:
                cancelled.add(pattern.label)
            else:
                hits[pattern.label] = hits.get(pattern.label, 0) + 1
        found = (topic for topic in hits if topic not in cancelled)
        return sorted(found, key=lambda topic: (-hits[topic], topic != _MOST_URGENT))
