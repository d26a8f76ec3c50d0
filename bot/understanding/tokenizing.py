"""Words of a message, by spaCy's tokenizer of its language."""

from __future__ import annotations

from functools import lru_cache

import spacy
from spacy.language import Language

from bot.languages import LANGUAGES, SOURCE_LANGUAGE


@lru_cache(maxsize=len(LANGUAGES))
def tokenizer(language: str) -> Language:
    """A blank spaCy pipeline: tokenizer rules only, nothing to download."""
    return spacy.blank(language if language in LANGUAGES else SOURCE_LANGUAGE)


def tokens(text: str, language: str) -> list[tuple[str, int]]:
    """(token, offset in characters) of a text, without white space."""
    return [(token.text, token.idx) for token in tokenizer(language).make_doc(text) if not token.is_space]
