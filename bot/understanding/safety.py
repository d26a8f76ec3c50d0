"""The safety net: danger in a message, found by fixed patterns in all five languages.

It needs no trained model, no Rasa and no network. It can only add help to an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import yaml
from spacy.matcher import Matcher
from spacy.tokens import Doc

from bot.understanding.normalising import skeleton, words

#: "..." in a pattern: so many words may stand in between.
_GAP = 4
_NOT = "not "


class PatternError(ValueError):
    """A danger pattern is not understood; the message names file, topic and pattern."""


@dataclass(frozen=True)
class SafetyNet:
    """Danger patterns compiled into one spaCy matcher."""

    _matcher: Matcher
    _order: tuple[str, ...]

    @classmethod
    def load(cls, directory: Path) -> SafetyNet:
        """Compile every ``<language>.yml`` in a folder.

        Raises:
            PatternError: a pattern is empty or not understood.
        """
        vocab = spacy.blank("xx").vocab
        matcher = Matcher(vocab)
        order: dict[str, None] = {}
        for path in sorted(directory.glob("*.yml")):
            for topic, groups in yaml.safe_load(path.read_text(encoding="utf-8")).items():
                order[topic] = None
                for key, prefix in (("danger", ""), ("not", _NOT)):
                    patterns = [_compile(pattern, f"{path}: {topic}") for pattern in groups.get(key) or ()]
                    if patterns:
                        matcher.add(prefix + topic, patterns)
        return cls(matcher, tuple(order))

    def find(self, text: str) -> list[str]:
        """The critical topics whose danger a text shows, the clearest (most matches) first."""
        hits: dict[str, int] = {}
        cancelled: set[str] = set()
        for form in dict.fromkeys((words(text), skeleton(text))):
            tokens = form.split()
            if not tokens:
                continue
            doc = Doc(self._matcher.vocab, words=tokens)
            for key, _, _ in self._matcher(doc):
                name = self._matcher.vocab.strings[key]
                if name.startswith(_NOT):
                    cancelled.add(name.removeprefix(_NOT))
                else:
                    hits[name] = hits.get(name, 0) + 1
        found = [topic for topic in self._order if topic in hits and topic not in cancelled]
        return sorted(found, key=lambda topic: -hits[topic])


def _compile(pattern: str, where: str) -> list[dict[str, Any]]:
    """A pattern such as ``boss|agency ... took|keep* ... passport*`` for spaCy's matcher."""
    rule: list[dict[str, Any]] = []
    for token in pattern.split():
        if token == "...":
            rule.append({"OP": f"{{0,{_GAP}}}"})
            continue
        exact: list[str] = []
        starts: list[str] = []
        for choice in token.split("|"):
            folded = words(choice.rstrip("*")).replace(" ", "")
            if not folded:
                raise PatternError(f"{where}: '{pattern}' has an empty word")
            forms = {folded, skeleton(folded)}
            (starts if choice.endswith("*") else exact).extend(sorted(forms))
        alternatives = [re.escape(word) + "$" for word in exact] + [re.escape(word) for word in starts]
        rule.append({"TEXT": {"REGEX": f"^(?:{'|'.join(alternatives)})"}})
    if not rule or rule[0].get("OP") or rule[-1].get("OP"):
        raise PatternError(f"{where}: '{pattern}' must begin and end with a word")
    return rule
