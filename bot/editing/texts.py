"""Changing what the chat says besides answers (``data/interface.yml``): the English text and its translations."""

from __future__ import annotations

from pathlib import Path

from bot.answers.catalogue import INTERFACE
from bot.answers.content import Content
from bot.editing.draft import Draft, must_be
from bot.editing.entry_texts import (
    LONGEST,
    TextForm,
    Translated,
    faults_of,
    read_texts,
    tidied,
    translated,
    write_texts,
)
from bot.editing.errors import EditError
from bot.editing.forms import Reading
from bot.editing.stories import most_letters
from bot.editing.yaml_text import edited, literal, quoted
from bot.languages import SOURCE_LANGUAGE


def read_text(folder: Path, content: Content, text_id: str) -> Translated:
    """A text of the draft.

    Raises:
        EditError: there is no such text.
    """
    if text_id not in content.interface:
        raise EditError("not_found", "account.not_found", status=404)
    return translated(folder, INTERFACE, text_id, content.interface[text_id])


async def save_text(draft: Draft, account: str, text_id: str, form: TextForm, seen: str) -> Content:
    """Change a text. Another English outdates the translations that are neither changed nor said to fit still.

    Args:
        draft: where.
        account: who does it.
        text_id: which.
        form: what it is to be.
        seen: ``Translated.seen`` of what was shown.

    Raises:
        EditError: it is refused; nothing has changed.
    """

    def change(folder: Path, content: Content) -> None:
        text = read_text(folder, content, text_id)
        must_be(seen, text.seen)
        english, typed = _read(folder, content, text, form)
        if english != text.english:
            with edited(folder / "data/interface.yml") as document:
                document["texts"][text_id] = literal(english) if "\n" in english else quoted(english)
        write_texts(folder, text, english, typed, form)

    return await draft.change(account, f"text {text_id}", "changed", change)


def _read(folder: Path, content: Content, text: Translated, form: TextForm) -> tuple[str, dict[str, str]]:
    """The English and the translations by language, checked."""
    reading = Reading()
    most = most_letters(folder, content, text.context)
    english = tidied(form.texts.get(SOURCE_LANGUAGE, ""))
    if len(english) > LONGEST:
        reading.fault(SOURCE_LANGUAGE, "field.too_long", most=str(LONGEST))
    elif not english:
        reading.fault(SOURCE_LANGUAGE, "field.empty")
    elif english != text.english:
        # What is filled in is settled by the program: another English has the placeholders of the present one.
        for phrase, values in faults_of(content, INTERFACE, text.context, text.english, english, SOURCE_LANGUAGE, most):
            reading.fault(SOURCE_LANGUAGE, phrase, **values)
            break
    typed = read_texts(reading, content, text, form, english, most)
    reading.close()
    return english, typed
