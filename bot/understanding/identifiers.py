"""Numbers, addresses on the internet and dates in a text that say who somebody is, by their form alone.

What looks like one goes, also where a checksum is wrong: somebody who mistypes their account number is known by the
rest of it. Checksums only tell where an IBAN ends and the next word begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: (start, end, what it is)
Span = tuple[int, int, str]

_TLDS = "com|nl|pl|ro|bg|eu|org|net|info|io|me|be|de|uk|fr|it|ua|biz|app|online|shop|link"
_LINK = re.compile(
    rf"https?://\S+|www\.\S+|(?<![\w@.-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,6}}\.(?:{_TLDS})(?!\w)(?:/\S*)?", re.I
)
_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:\s\d{1,6})?\s?(?:@|\(\s?at\s?\)|\[\s?at\s?\])\s?[\w-]{1,63}(?:\s?\.\s?[\w-]{1,63}){1,5}",
    re.I,
)
_HANDLE = re.compile(r"@\s?\w[\w.-]*|(?<![^\W_])[^\W_]{1,40}_\w+|(?<!\w)_\w+")

_DAY_FIRST = r"\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})"
_DATE = re.compile(rf"(?<![\d./-])(?:{_DAY_FIRST}|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}})(?![./-]?\d)")

#: Groups of an IBAN, as people space and dot them.
_IBAN = re.compile(r"(?<!\w)[a-z]{2}[\s.-]?\d{2}(?:[\s.-]{0,2}[a-z0-9]{1,4}){3,9}(?!\w)", re.I)
_FEWEST_IBAN_DIGITS = 8
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34

_POSTCODES = (
    # the Netherlands; with small letters after a space it is a number and a word ("2000 na"), which ``redaction`` tells
    re.compile(r"(?<!\w)[1-9]\d{3}\s?(?!S[ADS])[A-Z]{2}(?!\w)"),
    re.compile(r"(?<!\w)[1-9]\d{3}(?!eu|zl|zł|lv|lw)[a-z]{2}(?!\w)"),
    # Poland, the United Kingdom
    re.compile(r"(?<![\w-])\d{2}-\d{3}(?![\w-])"),
    re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?!\w)"),
)

_PLATE = re.compile(r"(?<![\w-])[^\W_]{1,3}-[^\W_]{1,4}-[^\W_]{1,4}(?![\w-])")
_CAPITAL_PLATE = re.compile(r"(?<!\w)[A-ZА-Я]{1,3}\s(?:\d{3,5}|\d{2,4}\s?[A-ZА-Я]{1,3}|\d[A-Z]\d{3})(?!\w)")

_CURRENCY = r"(?:€|eur|euro\w*|evro|евро|евра|zł\w*|zl|zlot\w*|pln|lei|leu|ron|lv|лв|leva|лева|tys\w*|mii|k)(?![^\W_])"
#: Hours, amounts and years, which a message needs to be understood.
_HARMLESS = re.compile(
    r"(?<!\d)\d{1,2}[.:]\d{2}\s*(?:-|–|/|do|tot|to|la|до)\s*\d{1,2}[.:]\d{2}(?!\d)"
    rf"|(?:€|euro?)\s?\d{{1,6}}(?:[.,\s]\d{{3}})?(?:[.,]\d{{1,2}})?(?![\d\w])"
    rf"|(?<![\d./-])\d{{1,3}}(?:[.,\s]?\d{{3}})?(?:[.,]\d{{1,2}})?(?:\s?[-–]\s?\d{{1,3}}[.,\s]?\d{{0,3}})?\s?{_CURRENCY}"
    r"|(?<![\d./-])(?:19|20)\d{2}\s?[-–/]\s?(?:20)?\d{2}(?![\d./-])",
    re.I,
)
#: Digits with what people put between them; also a letter O for a zero in front.
_DIGITS = re.compile(r"(?<![^\W_])(?:[oO](?=\d))?\+?\(?\+?\d(?:[\s().\-–/]{0,3}\d)*")
_RUN = re.compile(r"\d+")
#: So many digits in a row, or with marks between them, are somebody's number.
_LONG_RUN, _LONG_TOGETHER = 5, 6

#: Letters and digits in one word, such as a passport's number.
_MIXED = re.compile(r"(?<![^\W_])(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{4,}(?![^\W_])")
#: "40h", "18letnia", "2x15": how much of something.
_QUANTITY = re.compile(
    r"\d{1,4}[^\W\d_]{1,3}|\d{1,2}[^\W\d_]+|\d{1,2}x\d{1,2}|\d{1,5}(?:eur|evr|ewr|евр|zlot|złot|leva)[^\W\d_]*", re.I
)


def identifiers(text: str) -> Iterator[Span]:
    """What says who somebody is: ``mail``, ``link``, ``name`` (of an account), ``date``, ``address``, ``number``."""
    yield from _all(_MAIL, text, "mail")
    yield from _all(_LINK, text, "link")
    yield from _all(_HANDLE, text, "name")
    yield from _all(_DATE, text, "date")
    yield from _ibans(text)
    for postcode in _POSTCODES:
        yield from _all(postcode, text, "address")
    for plate in (_PLATE, _CAPITAL_PLATE):
        for found in plate.finditer(text):
            if _has_both(found.group()):
                yield (*found.span(), "number")
    yield from _numbers(text)
    for found in _MIXED.finditer(text):
        if not _is_quantity(found.group()) and not is_latin_bulgarian(found.group()):
            yield (*found.span(), "number")


def is_latin_bulgarian(word: str) -> bool:
    """Whether a word's digits can be letters: 4 and 6 as in "4ovek", "pla6tane"."""
    digits = [letter for letter in word if letter.isdigit()]
    return len(word) > 2 * len(digits) and set(digits) <= {"4", "6"}


def _is_quantity(word: str) -> bool:
    return _QUANTITY.fullmatch(word) is not None or sum(letter.isdigit() for letter in word) < 2


def _all(pattern: re.Pattern[str], text: str, what: str) -> Iterator[Span]:
    for found in pattern.finditer(text):
        yield (*found.span(), what)


def _has_both(word: str) -> bool:
    return any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)


def _ibans(text: str) -> Iterator[Span]:
    for found in _IBAN.finditer(text):
        groups = [found.start() + group.end() for group in re.finditer(r"[^\W_]+", found.group())]
        # One with a mistake ends with its last digit.
        last_digit = max(run.end() for run in _RUN.finditer(found.group())) + found.start()
        letters = [letter for letter in text[found.start() : last_digit] if letter.isalnum()]
        if len(letters) < _SHORTEST_IBAN or sum(map(str.isdigit, letters)) < _FEWEST_IBAN_DIGITS:
            continue
        ends = [end for end in groups if _is_iban(text[found.start() : end])]
        yield found.start(), ends[0] if ends else last_digit, "number"


def _is_iban(text: str) -> bool:
    """Whether the check digits (ISO 7064, modulo 97) are right."""
    letters = re.sub(r"[^a-z0-9]", "", text.lower())
    if not _SHORTEST_IBAN <= len(letters) <= _LONGEST_IBAN:
        return False
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % 97 == 1


def _numbers(text: str) -> Iterator[Span]:
    harmless = [found.span() for found in _HARMLESS.finditer(text)]
    for found in _DIGITS.finditer(text):
        runs = [len(run) for run in _RUN.findall(found.group())]
        if max(runs) < _LONG_RUN and sum(runs) < _LONG_TOGETHER:
            continue
        if not any(start <= found.start() and found.end() <= end for start, end in harmless):
            yield (*found.span(), "number")
