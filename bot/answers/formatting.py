"""Amounts, dates and hours as each language writes them; Babel does the formatting."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import format_currency, format_decimal, format_percent

from bot.answers.facts import Kind
from bot.languages import BABEL_LOCALES

#: Romanians and Bulgarians read the currency's name more easily than its code or sign.
_CURRENCY_BY_NAME = frozenset({"ro", "bg"})


def money(amount: float, language: str) -> str:
    """An amount in euro; whole amounts lose their ",00"."""
    form = "name" if language in _CURRENCY_BY_NAME else "standard"
    if float(amount).is_integer():
        locale = Locale.parse(BABEL_LOCALES[language])
        if form == "name":
            text = format_currency(
                amount, "EUR", locale=locale, format_type="name", format="#,##0", currency_digits=False
            )
        else:
            pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
            text = format_currency(amount, "EUR", pattern, locale=locale, currency_digits=False)
    else:
        text = format_currency(amount, "EUR", locale=BABEL_LOCALES[language], format_type=form)  # type: ignore[arg-type]
    return unbroken(text)


def percent(share: float, language: str) -> str:
    """A percentage given in percent (25 -> ``25%``)."""
    locale = Locale.parse(BABEL_LOCALES[language])
    pattern = locale.percent_formats[None].pattern.replace("0%", "0.#%").replace("0\xa0%", "0.#\xa0%")
    return unbroken(format_percent(share / 100, pattern, locale=locale))


def number(value: float, language: str) -> str:
    """A plain number with the language's separators."""
    return unbroken(format_decimal(value, locale=BABEL_LOCALES[language]))


def date(day: dt.date, language: str) -> str:
    """A whole date (``1 July 2026``)."""
    return unbroken(format_date(day, "long", locale=BABEL_LOCALES[language]))


def day_of_year(month_day: str, language: str) -> str:
    """A day without a year (``05-01`` -> ``1 May``)."""
    day = dt.date.fromisoformat(f"2000-{month_day}")
    return unbroken(format_skeleton("MMMMd", dt.datetime(day.year, day.month, day.day), locale=BABEL_LOCALES[language]))


def time(value: dt.time, language: str) -> str:
    """An hour of the day (``09:00``)."""
    return format_time(value, "short", locale=BABEL_LOCALES[language])


def weekday(day: dt.date, language: str) -> str:
    """A date's weekday (``Monday``)."""
    return str(get_day_names("wide", locale=BABEL_LOCALES[language])[day.weekday()])


def unbroken(text: str) -> str:
    """Narrow and ordinary no-break spaces made one kind, which every phone's font has."""
    return text.replace("\u202f", "\xa0")


#: A whole number before what Romanian counts, with or without ``de`` between them.
_ROMANIAN_COUNT = re.compile(
    r"(?<![\d.,:–-])(\d{1,3}(?:\.\d{3})+|\d+)([ \xa0])(?:de )?"
    r"(zile|ore|minute|secunde|săptămâni|luni|ani|persoane|caractere|cifre|ghișee)\b"
)


def agreed(text: str, language: str) -> str:
    """A text whose numbers are filled in, with what the language puts between a number and what it counts.

    Romanian says ``19 zile`` and ``119 zile``, but ``20 de zile`` and ``100 de zile``.
    """
    if language != "ro":
        return text

    def count(found: re.Match[str]) -> str:
        number, space, noun = found.groups()
        last = int(number.replace(".", "")) % 100
        return f"{number}{space}{'' if 1 <= last <= 19 or number == '0' else 'de '}{noun}"

    return _ROMANIAN_COUNT.sub(count, text)


_FORMATTERS: dict[Kind, Callable[[Any, str], str]] = {
    "money": money,
    "percent": percent,
    "number": number,
    "date": date,
    "day": day_of_year,
    "time": lambda value, language: time(dt.time.fromisoformat(value), language),
}


def fact_value(kind: Kind, value: Any, language: str) -> str:
    """The value of a fact as text. Rules have no value to print."""
    return _FORMATTERS[kind](value, language)
