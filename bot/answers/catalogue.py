"""Translations from the gettext catalogues in ``locales/`` (read with Babel)."""

from __future__ import annotations

from pathlib import Path

from babel.support import NullTranslations, Translations

from bot.languages import LANGUAGES, SOURCE_LANGUAGE

ANSWERS = "answers"
INTERFACE = "interface"
CANNED = "canned"
DESK = "desk"
#: What staff at the desk speak.
DESK_LANGUAGES = (SOURCE_LANGUAGE, "nl")
#: Catalogue -> the languages it is in. What migrants read is in all of them, the pages of the desk in the staff's.
DOMAINS = {ANSWERS: LANGUAGES, INTERFACE: LANGUAGES, CANNED: LANGUAGES, DESK: DESK_LANGUAGES}


class Catalogues:
    """Compiled catalogues by domain and language. English is the source and needs none."""

    def __init__(self, directory: Path) -> None:
        self._translations: dict[tuple[str, str], NullTranslations] = {}
        for domain, languages in DOMAINS.items():
            for language in languages:
                if language == SOURCE_LANGUAGE:
                    self._translations[domain, language] = NullTranslations()
                else:
                    self._translations[domain, language] = Translations.load(directory, [language], domain)

    def lookup(self, domain: str, context: str, message: str, language: str) -> str | None:
        """The translation of a message in its context, or None. English is its own translation."""
        if language == SOURCE_LANGUAGE:
            return message
        # Babel's pgettext cannot tell "not translated" from "the same word"; the catalogue itself can.
        catalogue: dict[object, str] = getattr(self._translations.get((domain, language)), "_catalog", {})
        return catalogue.get(f"{context}\x04{message}")

    def translate(self, domain: str, context: str, message: str, language: str) -> str:
        """The translation of a message in its context; the English message where there is none."""
        return self.lookup(domain, context, message, language) or message
