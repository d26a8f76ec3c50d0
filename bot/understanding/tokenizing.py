"""Words and clauses of a message, by spaCy's tokenizer of its language."""

from __future__ import annotations

from functools import lru_cache

import spacy
from spacy.language import Language

from bot.languages import LANGUAGES, SOURCE_LANGUAGE

#: Words that join two clauses.
_JOINTS: dict[str, frozenset[str]] = {
    "en": frozenset({"and", "also", "but", "plus"}),
    "pl": frozenset({"i", "oraz", "a", "ale", "też"}),
    "ro": frozenset({"și", "si", "şi", "dar", "iar", "plus"}),
    "bg": frozenset({"и", "а", "но", "i", "no", "plius"}),
    "nl": frozenset({"en", "ook", "maar", "plus"}),
}
_STOPS = frozenset(".,;:!?…")
_CLAUSE_WORDS = 3


@lru_cache(maxsize=len(LANGUAGES))
def tokenizer(language: str) -> Language:
    """A blank spaCy pipeline: tokenizer rules only, nothing to download."""
    return spacy.blank(language if language in LANGUAGES else SOURCE_LANGUAGE)


def tokens(text: str, language: str) -> list[tuple[str, int]]:
    """(token, offset in characters) of a text, without white space."""
    return [(token.text, token.idx) for token in tokenizer(language).make_doc(text) if not token.is_space]


def clauses(text: str, language: str) -> list[str]:
    """The parts of a text between full stops, commas and words for "and", each of at least three words."""
    joints = _JOINTS.get(language, _JOINTS[SOURCE_LANGUAGE])
    parts: list[list[str]] = [[]]
    for word, _ in tokens(text, language):
        if word.lower() in joints or word in _STOPS:
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts if len(part) >= _CLAUSE_WORDS]
