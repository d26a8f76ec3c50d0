"""Lists of names and of the words around them (``data/redaction/<language>.yml``), and what an everyday word is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.languages import LANGUAGES
from bot.understanding.normalising import fold, spelling
from bot.understanding.vocabulary import Vocabulary

WORD = re.compile(r"[^\W_]+")

#: Languages whose words people use in messages of every language.
_SHARED = ("nl", "en")
#: A word in this share of messages is no name, even where a name is expected.
_FREQUENT = 0.002
_FEWEST_OF_A_WORD = 5
#: Shorter ones of what may stay must be the whole word.
_SHORTEST_START = 5


@dataclass(frozen=True)
class Token:
    """A word of a message: where it stands, folded (``key``), and whether it begins with a capital letter."""

    text: str
    start: int
    end: int
    key: str
    capital: bool


class Phrases:
    """Phrases of one or more words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = {key for phrase in phrases if (key := tuple(fold(part) for part in WORD.findall(phrase)))}
        self._longest = max(map(len, self._phrases), default=0)

    def at(self, tokens: Sequence[Token], start: int) -> int:
        """How many tokens from ``start`` on are a phrase; 0 if none is."""
        for length in range(min(self._longest, len(tokens) - start), 0, -1):
            if tuple(token.key for token in tokens[start : start + length]) in self._phrases:
                return length
        return 0


class NameLists:
    """The lists of all languages together, and what they say of a word."""

    def __init__(
        self,
        lists: Mapping[str, Mapping[str, Any]],
        vocabulary: Vocabulary,
        public: Iterable[str] = (),
        places: Iterable[str] = (),
    ) -> None:
        """Put the lists of each language together.

        Args:
            lists: those of each language.
            vocabulary: what an everyday word is.
            public: names that may stay, such as those of organisations that help.
            places: names of places besides those in the lists.
        """
        places = list(places)
        self._vocabulary = vocabulary
        self._public = {fold(part) for name in public for part in WORD.findall(name)}
        every = {
            name: [entry for language in lists.values() for entry in language.get(name) or ()]
            for name in (
                "introductions", "perhaps", "titles", "employers", "near", "companies", "employer_names", "streets",
                "streets_short", "street_words", "street_ends", "street_ends_numbered", "house", "birth", "months",
                "digits", "at", "dot", "numbers", "accounts", "particles", "roles",
            )
        }  # fmt: skip
        self.phrases = {name: Phrases(entries) for name, entries in every.items()}
        self.street_ends = tuple(every["street_ends"])
        self.street_ends_numbered = tuple(every["street_ends_numbered"])
        kept = {fold(start) for own in lists.values() for start in own["kept"].split()}
        self._kept = frozenset(kept)
        self._kept_starts = tuple(start for start in kept if len(start) >= _SHORTEST_START)
        self._names = {
            form
            for own in lists.values()
            for name in f"{own['names']} {own['surnames']}".split()
            for form in _forms(name, own["endings"])
        }
        self._bulgarian = {spelling(name, "bg") for name in self._names}
        self._surname_ends = {
            language: tuple(fold(end) for end in own.get("surname_endings") or ()) for language, own in lists.items()
        }
        polish = lists["pl"]
        abroad = [place for own in lists.values() for place in own["places"].split()]
        # Polish declines Dutch towns as well as its own.
        declined = [*places, *polish["places"].split()]
        forms = (form for place in declined for form in _forms(place, polish["endings"]))
        self.places = Phrases([*places, *abroad, *forms])

    @classmethod
    def load(
        cls, directory: Path, vocabulary: Vocabulary, public: Iterable[str] = (), places: Iterable[str] = ()
    ) -> NameLists:
        """Read every ``<language>.yml`` of a folder.

        Raises:
            OSError: a file cannot be read.
            yaml.YAMLError: a file is not YAML.
        """
        lists = {
            language: yaml.load((directory / f"{language}.yml").read_text("utf-8"), Loader=yaml.CSafeLoader)
            for language in LANGUAGES
        }
        return cls(lists, vocabulary, public, places)

    def is_everyday(self, token: Token, language: str) -> bool:
        """Whether people use a word in just this form, and not as a name."""
        if self.is_public(token) or token.text.isdigit():
            return True
        return any(self._vocabulary.count(token.text, one) for one in dict.fromkeys((language, *_SHARED)))

    def is_public(self, token: Token) -> bool:
        """Whether it names an organisation that helps, a country, a day: nobody."""
        return token.key in self._public or self.is_kept(token)

    def is_kept(self, token: Token) -> bool:
        """Whether it is a country, a people, a feast, a day or a month."""
        is_start = token.key.startswith(self._kept_starts) and token.key not in self._names
        return token.key in self._kept or is_start

    def is_own(self, token: Token, language: str) -> bool:
        """Whether it is an everyday word of this very language."""
        return self.is_public(token) or self._vocabulary.count(token.text, language) > 0

    def is_frequent(self, token: Token, language: str, share: float = _FREQUENT) -> bool:
        """Whether a word is one of those that hold sentences together: in this share of messages."""
        return self._vocabulary.share(token.text, language) >= share

    def is_common(self, token: Token, language: str) -> bool:
        """Whether a word is met too often to be only a name."""
        return self._vocabulary.count(token.text, language) >= _FEWEST_OF_A_WORD

    def resembles(self, token: Token, language: str) -> bool:
        """Whether a word is a form or a slip of an everyday one."""
        return any(self._vocabulary.resembles(token.text, one) for one in dict.fromkeys((language, "nl")))

    def is_name(self, token: Token, language: str) -> bool:
        """Whether it is in a list of names, be it an everyday word as well."""
        if token.key in self._names:
            return True
        return language == "bg" and spelling(token.text, "bg") in self._bulgarian

    def ends_like_surname(self, token: Token, language: str) -> bool:
        return len(token.key) > 4 and token.key.endswith(self._surname_ends[language] or ("\0",))


def _forms(name: str, endings: Mapping[str, Sequence[str]]) -> set[str]:
    """A name and the forms it takes, folded; ``endings`` as in the lists, the longest that fits counts with ``''``."""
    base = fold(name)
    found = {base}
    fitting = [end for end in endings if name.lower().endswith(end)]
    for end in fitting:
        if end or not base.endswith(("a", "e", "o", "i", "u", "y")):
            found.update(fold(name.lower()[: len(name) - len(end)] + other) for other in endings[end])
    return found
