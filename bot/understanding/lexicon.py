"""Small word lists: how languages are named, and Dutch jargon (``data/lexicon/languages.yml``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from bot.understanding.normalising import skeleton

LEXICON_PATH = Path("data/lexicon/languages.yml")


@dataclass(frozen=True)
class LanguageLexicon:
    """All words are skeletons (see ``normalising.skeleton``); ``names`` maps a name to a language code."""

    names: dict[str, str]
    particles: frozenset[str]
    jargon: frozenset[str]

    def wanted_language(self, text: str) -> str | None:
        """The language a message names, the last one if it names several ("not Polish, Dutch")."""
        found = None
        parts = skeleton(text).split()
        for size in (1, 2):
            for start in range(len(parts) - size + 1):
                found = self.names.get(" ".join(parts[start : start + size]), found)
        return found

    def is_bare_request(self, text: str) -> bool:
        """Whether a message holds a language's name and nothing but words like "please" and "in"."""
        parts = skeleton(text).split()
        rest = [part for part in parts if part not in self.names and part not in self.particles]
        return bool(parts) and not rest and self.wanted_language(text) is not None

    def without_jargon(self, text: str) -> str:
        """The words of a message that say something about its language, as typed."""
        return " ".join(word for word in text.split() if skeleton(word) not in self.jargon)


@lru_cache(maxsize=4)
def load_lexicon(path: Path = LEXICON_PATH) -> LanguageLexicon:
    """Read the word lists. Raises OSError or yaml.YAMLError when the file cannot be read."""
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    names = {skeleton(name): code for code, group in data["names"].items() for name in group}
    return LanguageLexicon(
        names,
        frozenset(part for phrase in data["particles"] for part in skeleton(phrase).split()),
        frozenset(skeleton(word) for word in data["jargon"]),
    )
