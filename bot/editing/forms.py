"""What editors type into the fields of a form: amounts, days, hours, links, phone numbers."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from bot.editing.errors import Fault, FieldFaults

_Value = TypeVar("_Value")

#: Most characters in a line, such as a name or what a fact is about.
LINE = 300
#: No amount, percentage or number of ours comes near.
_HIGHEST = 10_000_000
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:(\.)\d{3}(?:\.\d{3})*(?:,\d+)?|(,)\d{3}(?:,\d{3})*(?:\.\d+)?)", re.ASCII)
#: 1.234 is a thousand and more to the Dutch, and a little over one to the English; with 1,234 it is the other way.
_AMBIGUOUS = re.compile(r"\d{1,3}[.,]\d{3}", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_MONTH_DAY = re.compile(r"\d{1,2}-\d{1,2}")
#: Dutch numbers, without spaces and dashes: short ones; service numbers; nine digits after the 0; from abroad.
_PHONES = re.compile(
    r"112|113|144|116\d{3}|14\d{3,4}"
    r"|0(?:800|900|906|909)(?:\d{4}|\d{7})"
    r"|0(?!800|90[069])[1-9]\d{8}"
    r"|\+31[1-9]\d{8}|\+(?!31)[1-9]\d{6,13}"
)
_PHONE_MARKS = re.compile(r"[ .()-]")


class Wrong(Exception):
    """What somebody typed is not what the field is for; ``phrase`` says so."""

    def __init__(self, phrase: str, /, **values: str) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.values = values


@dataclass
class Reading:
    """Reads the fields of a form, and gathers what is wrong with them and what has to be asked."""

    faults: list[Fault] = field(default_factory=list)
    questions: list[Fault] = field(default_factory=list)

    def read(self, name: str, how: Callable[[str], _Value], typed: str) -> _Value | None:
        """A field's value; None, and a fault, if it is wrong."""
        try:
            return how(typed.strip())
        except Wrong as wrong:
            self.faults.append(Fault(name, wrong.phrase, wrong.values))
            return None

    def fault(self, name: str, phrase: str, /, **values: str | dt.date) -> None:
        """Something is wrong with a field."""
        self.faults.append(Fault(name, phrase, values))

    def ask(self, name: str, phrase: str, /, **values: str | dt.date) -> None:
        """Something is strange about a field."""
        self.questions.append(Fault(name, phrase, values))

    def refuse_faults(self) -> None:
        """Go no further with a form that is wrong.

        Raises:
            FieldFaults: something is wrong.
        """
        if self.faults:
            raise FieldFaults(self.faults)

    def close(self, sure: Collection[str] = ()) -> None:
        """End the reading. ``sure``: keys of the questions that somebody has answered with yes.

        Raises:
            FieldFaults: something is wrong, or a question is open.
        """
        self.refuse_faults()
        if any(question.key not in sure for question in self.questions):
            raise FieldFaults([], self.questions)


def line(typed: str) -> str:
    """A text on one line that is not empty."""
    text = " ".join(typed.split())
    if not text:
        raise Wrong("field.empty")
    if len(text) > LINE:
        raise Wrong("field.too_long", most=str(LINE))
    if any(mark in text for mark in "<>{}"):
        raise Wrong("field.markup")
    return text


def one_of(choices: Collection[str]) -> Callable[[str], str]:
    """One of some words."""

    def read(typed: str) -> str:
        if typed not in choices:
            raise Wrong("field.no_choice")
        return typed

    return read


def optional(how: Callable[[str], _Value]) -> Callable[[str], _Value | None]:
    """The same, or None for an empty field."""
    return lambda typed: how(typed) if typed else None


def number(typed: str) -> float:
    """A number as the Dutch or the English write it: ``14,99``, ``14.99``, ``€ 1.234,50``, ``8 %``."""
    bare = typed.removeprefix("€").removesuffix("%").replace("\u00a0", " ").strip()
    if not bare:
        raise Wrong("field.empty")
    if _AMBIGUOUS.fullmatch(bare):
        raise Wrong("field.ambiguous_number", plain=re.sub("[.,]", "", bare))
    grouped = _GROUPED.fullmatch(bare)
    if not grouped and not _NUMBER.fullmatch(bare):
        raise Wrong("field.no_number")
    if grouped:
        bare = bare.replace(grouped[1] or grouped[2], "")
    value = float(bare.replace(",", "."))
    if value > _HIGHEST:
        raise Wrong("field.no_number")
    return int(value) if value.is_integer() else value


def euro(typed: str) -> float:
    """An amount in euro."""
    value = number(typed)
    if round(value, 2) != value:
        raise Wrong("field.cents")
    return value


def day(typed: str) -> dt.date:
    """A day as browsers send it (``2027-01-01``)."""
    try:
        value = dt.datetime.strptime(typed, "%Y-%m-%d").date()
    except ValueError:
        raise Wrong("field.empty" if not typed else "field.no_date") from None
    if not 1990 <= value.year <= 2100:
        raise Wrong("field.no_date")
    return value


def day_of_year(typed: str) -> str:
    """A day without a year, the month first (``05-01``)."""
    try:
        if not _MONTH_DAY.fullmatch(typed):
            raise ValueError(typed)
        return dt.datetime.strptime(f"2000-{typed}", "%Y-%m-%d").strftime("%m-%d")
    except ValueError:
        raise Wrong("field.no_day_of_year") from None


def clock(typed: str) -> str:
    """An hour of the day (``09:00``)."""
    if not _TIME.fullmatch(typed):
        raise Wrong("field.empty" if not typed else "field.no_time")
    return typed


def link(typed: str) -> str:
    """The address of a page that is sent encrypted."""
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise Wrong("field.no_link") from None
    is_plain = parts.scheme == "https" and "@" not in parts.netloc and port is None
    is_plain = is_plain and _HOST.fullmatch(parts.hostname or "") is not None
    if not is_plain or len(typed) > LINE or re.search(r"[\s<>\"'{}\\]", typed):
        raise Wrong("field.no_link")
    return typed


def host_of(url: str) -> str:
    """The site of a link, without its ``www.``."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def mail(typed: str) -> str:
    """An e-mail address."""
    if not _MAIL.fullmatch(typed) or len(typed) > LINE:
        raise Wrong("field.no_mail")
    return typed


def phone(typed: str) -> str:
    """A phone number that can be called, written as somebody wrote it."""
    if not _PHONES.fullmatch(_PHONE_MARKS.sub("", typed)) or "  " in typed:
        raise Wrong("field.no_phone")
    return typed


def id_from(name: str, taken: Collection[str], otherwise: str) -> str:
    """An id made of a name, such as ``stichting_hulp``: one that is not ``taken``.

    Args:
        name: what people call it.
        taken: ids that there are.
        otherwise: what it is, for a name without Latin letters, and before a name that begins with a digit.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = "_".join(re.findall("[a-z0-9]+", plain))[:40].strip("_") or otherwise
    stem = stem if stem[0].isalpha() else f"{otherwise}_{stem}"
    return next(one for one in (stem, *(f"{stem}_{n}" for n in range(2, 1000))) if one not in taken)


def days(typed: str) -> Sequence[dt.date]:
    """Single days, separated by spaces, commas or lines, each once and in order."""
    return sorted({day(part) for part in re.split(r"[\s,;]+", typed) if part})
