"""One spelling for the many ways in which people type the same word."""

from __future__ import annotations

import re
import unicodedata
from itertools import filterfalse

#: Bulgarian letters the official way (Transliteration Act, 2009), so that Cyrillic and Latin meet.
_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya",
        "ѝ": "i", "ы": "y", "э": "e", "ё": "yo",
    }
)  # fmt: skip

#: Letters that Unicode does not take apart into a base letter and a mark.
_LATIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})

#: Digits that stand for letters inside a word typed in Latin Bulgarian: "pla6tane", "4ovek".
_DIGIT_LETTER = re.compile(r"(?<=[a-z])[46](?=[a-z])|(?<![a-z0-9])[46](?=[a-z])|(?<=[a-z])[46](?![a-z0-9])")
_NOT_WORD = re.compile(r"[^\w\s]+")
_REPEATED = re.compile(r"(\w)\1{2,}")


def fold(text: str) -> str:
    """Lower case, no diacritics, Cyrillic in Latin letters; punctuation stays."""
    text = text.lower()
    if text.isascii():
        return text
    text = text.replace("ѝ", "и").translate(_CYRILLIC).translate(_LATIN)
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", text))).translate(_CYRILLIC)


def words(text: str) -> str:
    """Folded text as plain words with single spaces: no punctuation, no apostrophes, no letter thrice in a row."""
    text = fold(text).replace("'", "").replace("\u2019", "").replace("\u02bc", "")
    if not text.isalpha():
        text = " ".join(_NOT_WORD.sub(" ", text).split())
    return _REPEATED.sub(r"\1", text)


def skeleton(text: str) -> str:
    """Words with the habits of Latin-script Bulgarian made one: 4/ch, 6/sh, q/ya, w/v, x/h, j/zh.

    It is applied to every language alike, so it need not know which one a message is in.
    """
    text = _DIGIT_LETTER.sub(lambda match: "ch" if match.group() == "4" else "sh", words(text))
    return text.replace("q", "ya").replace("w", "v").replace("x", "h").replace("ja", "ya").replace("ju", "yu")


#: Groups of letters that one Bulgarian sound is typed with, made one: ж is zh or j, ц is ts or c, я is ya, ia or a.
_BULGARIAN_SOUNDS = (("zh", "j"), ("ts", "c"), ("ia", "a"), ("ya", "a"), ("iu", "u"), ("yu", "u"))
#: ъ between consonants is typed y as often as a.
_BULGARIAN_VOWEL = re.compile(r"(?<=[bcdfghjklmnprstvz])y(?=[bcdfghjklmnprstvz])")


def spelling(word: str, language: str) -> str:
    """A word's skeleton; a Bulgarian word's loses what differs between the ways to type one sound."""
    text = skeleton(word)
    if language != "bg":
        return text
    for typed, sound in _BULGARIAN_SOUNDS:
        text = text.replace(typed, sound)
    return _BULGARIAN_VOWEL.sub("a", text).replace("y", "i")
