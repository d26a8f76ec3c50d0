"""A text in every language as it is typed: the English, its translations, which still fit, which are checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.answers.checks import check_translation
from bot.answers.content import PLACEHOLDER, Content, placeholders
from bot.editing.catalogues import (
    Entry,
    catalogue_path,
    change_source,
    changing,
    entries,
    mark,
    translate,
    translated_into,
)
from bot.editing.draft import revision
from bot.editing.forms import Reading
from bot.editing.topic_texts import is_advice, is_printable
from bot.languages import SOURCE_LANGUAGE
from bot.translations import read_catalogue

#: Most characters in a text: that of one message.
LONGEST = 4000
#: What a browser would take for a part of a page. It is shown as text everywhere, but nobody means to say it.
_MARKUP = re.compile(r"<\s*[/!]?\s*[A-Za-z]")


@dataclass(frozen=True)
class TextForm:
    """A text as it was typed.

    Attributes:
        texts: by language, English among them.
        still_fits: languages whose translation says what the English now says, as it stands.
        reviewed: languages whose translation a native speaker has checked; whoever saves it says so.
    """

    texts: Mapping[str, str]
    still_fits: Collection[str]
    reviewed: Collection[str]


@dataclass(frozen=True)
class Translated:
    """A text as the draft has it: its catalogue, what that calls it, its English, its translations."""

    domain: str
    context: str
    english: str
    translations: Mapping[str, Entry]

    @property
    def seen(self) -> str:
        """What a page sends back, so that nobody's change is overwritten."""
        return revision(self.context, self.english, [(one.text, one.state) for one in self.translations.values()])


def translated(folder: Path, domain: str, context: str, english: str) -> Translated:
    """A text of the draft with its translations.

    Raises:
        ContentError: a catalogue cannot be read.
        KeyError: a catalogue has no such entry.
    """
    found = {
        language: entries(read_catalogue(catalogue_path(folder, domain, language)))[context]
        for language in translated_into(domain)
    }
    return Translated(domain, context, english, found)


def untranslated(domain: str, context: str, english: str) -> Translated:
    """A new text, which no catalogue has yet."""
    none = Entry(context, english, "", "missing", None)
    return Translated(domain, context, english, dict.fromkeys(translated_into(domain), none))


def faults_of(
    content: Content, domain: str, context: str, english: str, text: str, language: str, most: int | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """What keeps a text from being taken: (phrase, its values).

    Args:
        content: the draft.
        domain: the catalogue that it belongs to.
        context: which text it is.
        english: the English that a translation is one of; the present one for a new English text.
        text: the text.
        language: its language.
        most: the most letters it may have.
    """
    if _MARKUP.search(text):
        yield "text.markup", {}
    if not is_printable(text):
        yield "edit.letters", {}
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        yield "text.braces", {}
    wanted = placeholders(english)
    if set(placeholders(text)) != set(wanted):
        names = " ".join(f"{{{name}}}" for name in wanted)
        yield ("text.placeholders", {"names": names}) if names else ("text.no_placeholders", {})
    if most is not None and len(text) > most:
        yield "check.letters", {"count": str(len(text)), "most": str(most)}
    if language == SOURCE_LANGUAGE:
        return
    for fault in check_translation(content, domain, context, english, text, language):
        if not is_advice(fault) and fault.code not in ("placeholders", "braces"):
            yield f"check.{fault.code}", dict(fault.values)


def tidied(text: str) -> str:
    """A text as it is kept: no spaces at the ends of lines, one kind of line end."""
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def read_texts(
    reading: Reading,
    content: Content,
    text: Translated,
    form: TextForm,
    english: str,
    most: int | None = None,
    tidy: Callable[[str], str] = tidied,
) -> dict[str, str]:
    """The translations that a form says, by language; what is wrong with one is noted at its field.

    Args:
        reading: notes the faults; a language's field is named by its code.
        content: the draft.
        text: what is there.
        form: what was typed.
        english: the English that the translations are of, as it is to be.
        most: the most letters a translation may have.
        tidy: how a typed translation is kept.
    """
    found: dict[str, str] = {}
    for language, before in text.translations.items():
        found[language] = typed = tidy(form.texts.get(language, ""))
        if len(typed) > LONGEST:
            reading.fault(language, "field.too_long", most=str(LONGEST))
        elif not typed and before.text:
            reading.fault(language, "field.empty")
        elif typed and typed != before.text:
            for phrase, values in faults_of(content, text.domain, text.context, english, typed, language, most):
                reading.fault(language, phrase, **values)
                break
    return found


def write_texts(folder: Path, text: Translated, english: str, typed: Mapping[str, str], form: TextForm) -> None:
    """Put translations into the catalogues, and another English above those that stay as they are.

    Args:
        folder: what holds ``locales``.
        text: what is there.
        english: the English as it is to be.
        typed: the translations by language, as ``read_texts`` gave them.
        form: says which translations still fit, and which have been checked.

    Raises:
        ContentError: a catalogue cannot be read.
        KeyError: a catalogue has no such entry.
    """
    for language, before in text.translations.items():
        is_same = typed[language] == before.text
        confirmed = is_same and language in form.still_fits and bool(before.text)
        reviewed = language in form.reviewed
        with changing(folder, text.domain, language) as catalogue:
            change_source(catalogue, text.context, english, still_fits=confirmed)
            if not is_same or (confirmed and before.state == "outdated"):
                translate(catalogue, text.context, typed[language], reviewed)
            elif before.text and reviewed != (before.state == "reviewed") and before.state != "outdated":
                mark(catalogue, text.context, reviewed)
