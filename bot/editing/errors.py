"""What cannot be done to the content, in words for editors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class EditError(Exception):
    """An edit that is refused; nothing has changed.

    Attributes:
        code: a fixed word for programs, such as ``changed_meanwhile``.
        phrase: the id of its text in ``data/desk.yml``.
        values: what fills the text's placeholders.
        status: the HTTP status that fits.
    """

    def __init__(self, code: str, phrase: str, /, status: int = 422, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.phrase = phrase
        self.status = status
        self.values = values


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of a form, or what is asked about it.

    Attributes:
        field: the field's name.
        phrase: the id of its text in ``data/desk.yml``.
        values: what fills the text's placeholders; days are written in the language of the page.
    """

    field: str
    phrase: str
    values: Mapping[str, str | dt.date]

    @property
    def key(self) -> str:
        """What says that a question has been answered; another value makes another question."""
        return ":".join([self.field, self.phrase, *(str(value) for value in self.values.values())])


class FieldFaults(EditError):
    """A form that cannot be taken as it is; nothing has changed.

    Attributes:
        faults: what is wrong.
        questions: what is strange, and taken once somebody says that it is right. Only asked when nothing is wrong.
    """

    def __init__(self, faults: Sequence[Fault], questions: Sequence[Fault] = ()) -> None:
        super().__init__("faults" if faults else "unsure", "edit.faults" if faults else "edit.unsure")
        self.faults = faults
        self.questions = questions
