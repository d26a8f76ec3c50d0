"""Translations from the gettext catalogues in ``locales/`` (read with Babel)."""

from __future__ import annotations

from pathlib import Path

from babel.support import NullTranslations, Translations

from bot.languages import LANGUAGES, SOURCE_LANGUAGE

ANSWERS = "answers"
INTERFACE = "interface"
DOMAINS = (ANSWERS, INTERFACE)


class Catalogues:
    """Compiled catalogues by domain and language. English is the source and needs none."""

    def __init__(self, directory: Path) -> None:
        self._translations: dict[tuple[str, str], NullTranslations] = {}
        for domain in DOMAINS:
            for language in LANGUAGES:
                if language == SOURCE_LANGUAGE:
                    self._translations[domain, language] = NullTranslations()
                else:
                    self._translations[domain, language] = Translations.load(directory, [language], domain)

    def translate(self, domain: str, context: str, message: str, language: str) -> str:
        """The translation of a message in its context; the English message where there is none."""
        return self._translations[domain, language].pgettext(context, message)

    def has(self, domain: str, context: str, message: str, language: str) -> bool:
        """Whether people get this message in their language."""
        if language == SOURCE_LANGUAGE:
            return True
        return self.translate(domain, context, message, language) != message
