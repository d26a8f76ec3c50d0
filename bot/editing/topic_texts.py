"""The three texts of an answer as editors type them, and what keeps them from being saved."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from bot.answers.catalogue import ANSWERS
from bot.answers.checks import Fault, check_text, check_translation
from bot.answers.content import Content
from bot.answers.topics import Topic
from bot.editing import errors
from bot.editing.errors import EditError, FieldFaults
from bot.languages import SOURCE_LANGUAGE

#: The texts, in the order in which they are shown.
PARTS = ("title", "text", "simpler")
#: Most characters in one, whatever its words.
LONGEST = 4000

Texts = Mapping[str, str]

_SUFFIX = {"title": " title", "text": "", "simpler": " simpler"}
#: Faults that are advice: everything else keeps a text from being saved.
_ADVICE = frozenset({"hard", "longer", "untranslated"})
#: The field that a fault of a whole answer belongs to.
_FIELDS = {"related": "related", "no_helper": "services", "critical_helper": "services", "helpers": "services"}


def context_of(topic: Topic, part: str) -> str:
    """What the catalogues call a text."""
    return topic.intent + _SUFFIX[part]


def answers_path(folder: Path, section: str) -> Path:
    """The file with the English answers of a section."""
    return folder / "data/answers" / f"{section}.yml"


def answer_key(topic: Topic) -> str:
    """What an answer is called there."""
    return f"utter_{topic.intent}"


def tidied(texts: Texts, may_be_empty: Collection[str] = ()) -> dict[str, str]:
    """The texts as they are kept: no spaces at the ends of lines, one kind of line end.

    Raises:
        FieldFaults: one is empty, or holds letters that nobody can see.
        EditError: one is far too long.
    """
    found, faults = {}, []
    for part in PARTS:
        lines = [line.rstrip() for line in unicodedata.normalize("NFC", texts.get(part, "")).strip().splitlines()]
        text = (" " if part == "title" else "\n").join(lines)
        if len(text) > LONGEST:
            raise EditError("too_long", "edit.too_long", 413, most=str(LONGEST))
        if not text and part not in may_be_empty:
            faults.append(errors.Fault(part, "edit.empty", {}))
        if not is_printable(text):
            faults.append(errors.Fault(part, "edit.letters", {}))
        found[part] = text
    if faults:
        raise FieldFaults(faults)
    return found


def is_printable(text: str) -> bool:
    """Whether every letter is one that people can see or write."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") and letter != "\n" for letter in text)


def refuse(faults: Iterable[Fault]) -> None:
    """Refuse texts that people may not be told; advice is let pass.

    Raises:
        FieldFaults: there is more than advice.
    """
    grave = [
        errors.Fault(field_of(fault), f"check.{fault.code}", fault.values)
        for fault in faults
        if fault.code not in _ADVICE
    ]
    if grave:
        raise FieldFaults(list({fault.key: fault for fault in grave}.values()))


def field_of(fault: Fault) -> str:
    """The field that a fault belongs to: a part, or a detail such as ``services``."""
    if fault.code in _FIELDS:
        return _FIELDS[fault.code]
    suffix = fault.context.partition(" ")[2]
    return suffix or "text"


def is_advice(fault: Fault) -> bool:
    """Whether a text may be saved in spite of it."""
    return fault.code in _ADVICE


def faults_of(content: Content, topic: Topic, part: str, text: str, language: str, english: str) -> list[Fault]:
    """What is wrong with a text as it is typed, advice included.

    Args:
        content: the draft.
        topic: the topic; it may be a new one.
        part: one of ``PARTS``.
        text: what is typed.
        language: its language.
        english: the English text that a translation is one of.
    """
    context = context_of(topic, part)
    if language != SOURCE_LANGUAGE:
        return list(check_translation(content, ANSWERS, context, english, text, language))
    found = list(check_text(content, context, text, language))
    if part == "text" and topic.urgency == "critical" and "112" not in text.split("\n\n")[0]:
        found.append(Fault("critical_text", topic.intent))
    return found
