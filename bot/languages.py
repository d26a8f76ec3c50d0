"""The five languages: codes, own names and the locale Babel formats with."""

from __future__ import annotations

SOURCE_LANGUAGE = "en"

#: ISO 639-1 code -> the language's name in the language itself, in the order in which they are offered.
OWN_NAMES: dict[str, str] = {
    "pl": "Polski",
    "ro": "Română",
    "bg": "Български",
    "en": "English",
    "nl": "Nederlands",
}

LANGUAGES: tuple[str, ...] = tuple(OWN_NAMES)

#: British English writes dates day first and times with 24 hours, as people in Europe do.
BABEL_LOCALES: dict[str, str] = {"pl": "pl", "ro": "ro", "bg": "bg", "en": "en_GB", "nl": "nl"}


def known_language(code: object) -> str | None:
    """The supported language a tag such as ``pl`` or ``pl-PL`` means, or None."""
    if not isinstance(code, str):
        return None
    base = code.replace("_", "-").split("-")[0].lower()
    return base if base in OWN_NAMES else None
