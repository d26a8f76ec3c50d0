"""Takes out of a message what says who it is about, and leaves what it asks.

Better a word too many than a name too few: what is neither an everyday word nor in our own lists goes, too.
Names, the words around them and the forms of both are in ``data/redaction/<language>.yml``. Every message is held
against the lists of all five languages, since people mix them; only what an everyday word is depends on its language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from bot.understanding.identifiers import identifiers, is_latin_bulgarian
from bot.understanding.name_lists import WORD, NameLists, Token
from bot.understanding.normalising import fold

#: A word in this share of messages is no name, even after "boss".
_VERY_FREQUENT = 0.005
_FEWEST_DIGIT_WORDS = 6
#: After "number": so many digits are one, more also where words stand in between.
_FEWEST_DIGITS = 3
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MARK = re.compile(r"\[(?:name|word|number|address|place|mail|link|date)\]")
_BETWEEN_MARKS = re.compile(r"[\s,.;:/&\"'()–-]{0,3}")
_WITHIN_NAME = re.compile(r"[^,!?;]{1,2}")
_ENDS_SENTENCE = re.compile(r"[.!?…\n]\s*[\"'(„“]*$")
_HOUSE_NUMBER = re.compile(r"\d{1,4}[^\W\d_]{0,3}")
_HOUSE_PART = re.compile(r"\d{1,4}[^\W\d_]?|[^\W\d_]\d{0,2}")
_YEAR = re.compile(r"(?:19|20)\d{2}|\d{2}")
_SHORTEST_STREET = 5
_SMALL_POSTCODE = re.compile(r"[1-9]\d{3}")
_CURRENCIES = frozenset(["eu", "ev", "zl", "lv"])
_TLDS = frozenset(["com", "nl", "pl", "ro", "bg", "eu", "org", "net", "uk"])


class Redactor:
    """Redacts messages."""

    def __init__(self, lists: NameLists) -> None:
        self._lists = lists

    def redact(self, text: str, language: str) -> str:
        """A message with marks such as ``[name]`` in place of what says who it is about."""
        plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
        return _Reading(self._lists, plain, language).redacted()


class _Reading:
    """One message on its way through the rules."""

    def __init__(self, rules: NameLists, text: str, language: str) -> None:
        self._rules = rules
        self._text = text
        self._language = language
        self._tokens = [
            Token(found.group(), *found.span(), fold(found.group()), found.group()[0].isupper())
            for found in WORD.finditer(text)
        ]
        #: What each letter is replaced with.
        self._marks = [""] * len(text)
        self._capitals_tell = self._do_capitals_tell()

    def redacted(self) -> str:
        for start, end, what in identifiers(self._text):
            self._mark(start, end, what)
        for index in range(len(self._tokens)):
            self._placed(index)
            self._spelled_out(index)
            self._dated(index)
            self._numbered(index)
            self._addressed(index)
        for index in range(len(self._tokens)):
            self._employed(index)
            self._introduced(index)
            self._named(index)
        for index in range(len(self._tokens)):
            self._beside_names(index)
        for index in range(len(self._tokens)):
            self._unknown(index)
        return self._assembled()

    # what is what

    def _do_capitals_tell(self) -> bool:
        """Whether a capital letter says anything: not where all words have one, or the whole message."""
        lettered = [token for token in self._tokens if token.text[0].isalpha()]
        capital = sum(token.capital for token in lettered)
        return len(lettered) < 5 or capital <= 0.6 * len(lettered)

    def _begins_sentence(self, index: int) -> bool:
        return index == 0 or _ENDS_SENTENCE.search(self._gap(index)) is not None

    def _is_proper(self, index: int) -> bool:
        """Whether it has a capital letter that says so."""
        token = self._tokens[index]
        return self._capitals_tell and token.capital and len(token.text) > 1 and not self._begins_sentence(index)

    def _is_everyday(self, index: int) -> bool:
        return self._rules.is_everyday(self._tokens[index], self._language)

    def _may_be_name(self, index: int) -> bool:
        """Whether something could be a name where one is expected; a word of another language is none of this one's."""
        token = self._tokens[index]
        if not token.text[0].isalpha():
            return False
        if self._is_proper(index):
            return True
        is_odd = self._rules.is_name(token, self._language) or not self._rules.is_own(token, self._language)
        return is_odd and not self._rules.is_frequent(token, self._language)

    def _is_marked(self, index: int) -> bool:
        return bool(self._marks[self._tokens[index].start])

    def _gap(self, index: int) -> str:
        """What stands before a token, after the one before."""
        if not 0 < index < len(self._tokens):
            return ""
        return self._text[self._tokens[index - 1].end : self._tokens[index].start]

    def _is_phrase(self, name: str, index: int) -> int:
        return self._rules.phrases[name].at(self._tokens, index)

    # marking

    def _mark(self, start: int, end: int, what: str) -> None:
        for at in range(start, end):
            self._marks[at] = self._marks[at] or what

    def _mark_tokens(self, first: int, last: int, what: str) -> None:
        """Mark tokens up to and with ``last``, and what stands between them."""
        self._mark(self._tokens[first].start, self._tokens[last].end, what)

    # rules

    def _spelled_out(self, index: int) -> None:
        """Numbers and e-mail addresses in words."""
        end = index
        while not self._is_marked(index) and end < len(self._tokens) and self._is_digit(end):
            end += 1
        if end - index >= _FEWEST_DIGIT_WORDS:
            self._mark_tokens(index, end - 1, "number")
        if not self._is_phrase("dot", index) or index + 1 >= len(self._tokens) or index == 0:
            return
        if self._tokens[index + 1].key not in _TLDS:
            return
        first = index - 1
        for before in range(max(1, index - 5), index):
            if self._is_phrase("at", before):
                first = before - 1
                break
        self._mark_tokens(first, index + 1, "mail")

    def _is_digit(self, index: int) -> bool:
        return self._tokens[index].text.isdigit() or self._is_phrase("digits", index) > 0

    def _dated(self, index: int) -> None:
        """Dates with a month's name and a year, and whatever date is somebody's birthday."""
        tokens = self._tokens
        after_birth = any(self._is_phrase("birth", before) for before in range(max(0, index - 5), index))
        if self._is_phrase("months", index):
            first = index
            if index and tokens[index - 1].text.rstrip("-").isdigit() and len(tokens[index - 1].text) <= 2:
                first = index - 1
            following = [one for one in range(index + 1, min(index + 3, len(tokens))) if tokens[one].text.isdigit()]
            last = following[-1] if following else index
            # A month of a year is nobody's.
            has_all = last - first >= 2 and len(tokens[last].text) == 4
            if has_all or (after_birth and first != last):
                self._mark_tokens(first, last, "date")
        elif after_birth and _YEAR.fullmatch(tokens[index].text):
            self._mark_tokens(index, index, "date")

    def _numbered(self, index: int) -> None:
        """After "number", "passport", "plate": whatever has digits, with the letters beside them."""
        length = self._is_phrase("numbers", index)
        if not length:
            return
        at, skipped = index + length, 0
        while at < len(self._tokens) and skipped < 3 and not self._is_number_part(at):
            at, skipped = at + 1, skipped + 1
        end = at
        while end < len(self._tokens) and end < at + 4 and self._is_number_part(end):
            end += 1
        letters = "".join(token.text for token in self._tokens[at:end])
        digits = sum(map(str.isdigit, letters))
        is_directly_after = skipped == 0 and digits >= _FEWEST_DIGITS
        if digits > _FEWEST_DIGITS or is_directly_after or (digits > 1 and not letters.isdigit()):
            self._mark_tokens(at, end - 1, "number")

    def _is_number_part(self, index: int) -> bool:
        token = self._tokens[index]
        if any(letter.isdigit() for letter in token.text):
            return not is_latin_bulgarian(token.text) or token.text.isdigit()
        return len(token.text) <= 3 and not self._rules.is_common(token, self._language)

    def _addressed(self, index: int) -> None:
        """Streets and house numbers."""
        length = self._is_phrase("streets", index)
        if not length and self._is_phrase("streets_short", index) and self._gap(index + 1).startswith("."):
            length = 1
        if length:
            self._street_after(index, index + length)
        if self._is_phrase("street_words", index):
            self._street_before(index)
        number = self._house_number_at(index + 1)
        key = self._tokens[index].key
        is_street = key.endswith(self._rules.street_ends) and not self._is_everyday(index)
        is_numbered = key.endswith(self._rules.street_ends + self._rules.street_ends_numbered) and number is not None
        if len(key) > _SHORTEST_STREET and (is_street or is_numbered):
            self._mark_tokens(self._first_of_street(index), self._end_of_address(number or index), "address")
        self._small_postcode(index)

    def _small_postcode(self, index: int) -> None:
        """A Dutch postcode in small letters: a number and two letters that are no word."""
        if index + 1 >= len(self._tokens) or not _SMALL_POSTCODE.fullmatch(self._tokens[index].text):
            return
        letters = self._tokens[index + 1]
        is_word = self._is_everyday(index + 1) or letters.key in _CURRENCIES
        if len(letters.text) == 2 and letters.text.isalpha() and not is_word:
            self._mark_tokens(index, index + 1, "address")

    def _street_after(self, cue: int, start: int) -> None:
        """The name and number after "ul.", "strada" and the like."""
        for at in range(start, min(start + 5, len(self._tokens))):
            number = self._house_number_at(at)
            if number is not None:
                self._mark_tokens(cue, self._end_of_address(number), "address")
                return
            if self._rules.is_frequent(self._tokens[at], self._language) and not self._is_proper(at):
                break
        end = start
        while end < min(start + 3, len(self._tokens)) and (self._is_proper(end) or not self._is_everyday(end)):
            end += 1
        if end > start:
            self._mark_tokens(cue, end - 1, "address")

    def _street_before(self, index: int) -> None:
        """The name and number before "street" as a word of its own, or the name before and the number after it."""
        first = index
        while first and first > index - 4 and (self._is_proper(first - 1) or self._tokens[first - 1].text[0].isdigit()):
            first -= 1
            if self._tokens[first].text[0].isdigit():
                break
        number = self._house_number_at(index + 1)
        if first < index:
            self._mark_tokens(first, self._end_of_address(number or index), "address")

    def _first_of_street(self, index: int) -> int:
        first = index
        while first and (self._is_proper(first - 1) or self._is_phrase("particles", first - 1)) and first > index - 4:
            first -= 1
        while first < index and not self._is_proper(first):
            first += 1
        return first

    def _house_number_at(self, index: int) -> int | None:
        """Where the house number is if it stands here, perhaps after "nr"."""
        if index < len(self._tokens) and self._is_phrase("house", index) and not self._tokens[index].text.isdigit():
            index += 1
        if index < len(self._tokens) and _HOUSE_NUMBER.fullmatch(self._tokens[index].text):
            return index
        return None

    def _end_of_address(self, index: int) -> int:
        """The last token of an address whose house number, or street, is at ``index``: flat, floor, postcode."""
        end = index
        while end + 1 < len(self._tokens) and len(self._gap(end + 1)) <= 3:
            following = self._tokens[end + 1]
            if self._is_phrase("house", end + 1) and (
                following.key in ("bis", "hs", "boven")
                or (end + 2 < len(self._tokens) and _HOUSE_PART.fullmatch(self._tokens[end + 2].text))
            ):
                end += 1 if following.key in ("bis", "hs", "boven") else 2
            elif self._gap(end + 1).strip() in ("/", "-") and _HOUSE_PART.fullmatch(following.text):
                end += 1
            else:
                break
        return end

    def _placed(self, index: int) -> None:
        length = self._rules.places.at(self._tokens, index)
        if length and not self._rules.is_kept(self._tokens[index]):
            is_word = length == 1 and self._rules.is_common(self._tokens[index], self._language)
            if not is_word or self._is_proper(index):
                self._mark_tokens(index, index + length - 1, "place")

    def _employed(self, index: int) -> None:
        """Employers and agencies: known ones, those with a legal form, and what stands after "company"."""
        length = self._is_phrase("employer_names", index)
        if length > 1 or (length and self._counts_as_name(index)):
            self._mark_tokens(index, index + length - 1, "name")
        if (length := self._is_phrase("companies", index)) and index:
            first = index
            while first and first > index - 5 and len(self._gap(first)) <= 2 and self._belongs_to_company(first - 1):
                first -= 1
            if first < index:
                end = self._tokens[index + length - 1].end
                # The last full stop of "B.V."
                has_dots = length > 1 and self._text[end : end + 1] == "."
                self._mark(self._tokens[first].start, end + has_dots, "name")
        length = self._is_phrase("employers", index) or self._is_phrase("near", index)
        if length:
            is_near = not self._is_phrase("employers", index)
            self._following_names(index + length, only_unknown=is_near)

    def _belongs_to_company(self, index: int) -> bool:
        return self._tokens[index].capital or not self._is_everyday(index)

    def _following_names(self, start: int, only_unknown: bool) -> None:
        end = start
        while end < min(start + 4, len(self._tokens)):
            if len(self._gap(end)) > 3 or "." in self._gap(end) or "," in self._gap(end):
                break
            token = self._tokens[end]
            is_unknown = not self._is_everyday(end) and not self._rules.resembles(token, self._language)
            # Firms have Dutch and English names.
            is_unknown |= not only_unknown and not self._rules.is_own(token, self._language)
            if not (is_unknown or (self._is_proper(end) and not (only_unknown and self._is_everyday(end)))):
                break
            end += 1
        if end > start:
            self._mark_tokens(start, end - 1, "name")

    def _introduced(self, index: int) -> None:
        """What stands after "my name is", "Mr" and the like."""
        for cue in ("introductions", "titles", "perhaps", "roles", "accounts"):
            length = self._is_phrase(cue, index)
            at = index + length
            if not length or at >= len(self._tokens):
                continue
            token = self._tokens[at]
            if cue == "accounts":
                self._account_after(at)
            elif cue == "introductions":
                if token.text[0].isalpha() and not self._rules.is_frequent(token, self._language):
                    self._mark_tokens(at, at, "name")
                elif self._is_phrase("particles", at) and at + 1 < len(self._tokens) and self._may_be_name(at + 1):
                    self._mark_tokens(at, at + 1, "name")
            elif cue == "titles":
                at += 1 if self._is_phrase("particles", at) and at + 1 < len(self._tokens) else 0
                token = self._tokens[at]
                is_listed = self._rules.is_name(token, self._language)
                if is_listed or self._is_proper(at) or not self._rules.is_frequent(token, self._language):
                    self._mark_tokens(at, at, "name")
            elif cue == "roles":
                is_listed = self._rules.is_name(token, self._language)
                if is_listed and not self._rules.is_frequent(token, self._language, _VERY_FREQUENT):
                    self._mark_tokens(at, at, "name")
            elif not self._is_everyday(at) or (self._rules.is_name(token, self._language) and self._is_proper(at)):
                self._mark_tokens(at, at, "name")

    def _account_after(self, start: int) -> None:
        """The name of an account: in the next words whatever has a dot or digits in it, or is no everyday word."""
        for at in range(start, min(start + 4, len(self._tokens))):
            has_dot = at + 1 < len(self._tokens) and self._gap(at + 1) in (".", "-")
            if has_dot and at + 1 < len(self._tokens):
                self._mark_tokens(at, at + 1, "name")
            elif self._may_be_name(at) or (self._tokens[at].text.isdigit() and self._is_marked(at - 1)):
                self._mark_tokens(at, at, "name")

    def _named(self, index: int) -> None:
        """Names in the lists, and words with the capital letter of a name."""
        token = self._tokens[index]
        if self._is_marked(index) or self._rules.is_public(token):
            return
        if self._rules.is_name(token, self._language):
            is_name = self._counts_as_name(index)
        else:
            has_its_looks = self._is_proper(index) or self._rules.ends_like_surname(token, self._language)
            is_name = has_its_looks and token.text.isalpha() and not self._is_everyday(index)
        if is_name:
            self._mark_tokens(index, index, "name")

    def _counts_as_name(self, index: int) -> bool:
        """Whether one of the lists is a name here, and not the everyday word that it also is."""
        return not self._rules.is_common(self._tokens[index], self._language) or self._is_proper(index)

    def _beside_names(self, index: int) -> None:
        """What stands beside a name may be the rest of it."""
        if self._marks[self._tokens[index].start] != "name":
            return
        if self._ends_with_house_number(index + 1):
            self._mark_tokens(index + 1, index + 1, "address")
            return
        at = index + 1
        while at < min(index + 5, len(self._tokens)) and _WITHIN_NAME.fullmatch(self._gap(at)):
            if self._is_phrase("particles", at) and not self._is_marked(at):
                at += 1
                continue
            if not self._is_marked(at) and not self._may_be_name(at):
                break
            self._mark_tokens(index, at, "name")
            at += 1
        if index and not self._is_marked(index - 1) and len(self._gap(index)) <= 2:
            before = self._tokens[index - 1]
            is_initial = len(before.text) == 1 and before.capital and "." in self._gap(index)
            is_listed = self._rules.is_name(before, self._language)
            if is_initial or (is_listed and not self._rules.is_frequent(before, self._language)):
                self._mark_tokens(index - 1, index - 1, "name")

    def _ends_with_house_number(self, index: int) -> bool:
        """Whether after a name comes a number and then nothing more: a street that no list knows."""
        if index >= len(self._tokens) or len(self._gap(index)) > 1:
            return False
        ends = index + 1 == len(self._tokens) or self._gap(index + 1).strip() != ""
        return ends and _HOUSE_NUMBER.fullmatch(self._tokens[index].text) is not None

    def _unknown(self, index: int) -> None:
        """A word that nobody has used in a training message."""
        token = self._tokens[index]
        if self._is_marked(index) or len(token.text) < 3 or token.text.isdigit() or self._is_everyday(index):
            return
        if not self._rules.resembles(token, self._language) and not token.text[0].isdigit():
            self._mark_tokens(index, index, "word")

    def _assembled(self) -> str:
        return "".join(_joined(list(_pieces(self._text, self._marks))))


def _pieces(text: str, marks: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(text, its mark) of each stretch with one mark."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marks[at] != marks[start]:
            yield text[start:at], marks[start]
            start = at


def _joined(pieces: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Marks in place of what they stand for; several alike in a row are one."""
    last = ""
    for number, (text, mark) in enumerate(pieces):
        if mark:
            if mark != last:
                yield f"[{mark}]"
            last = mark
        else:
            following = pieces[number + 1][1] if number + 1 < len(pieces) else ""
            if last and following == last and _BETWEEN_MARKS.fullmatch(text):
                continue
            last = ""
            yield text


def without_marks(text: str) -> str:
    """A redacted message without its marks."""
    return re.sub(r"\s+", " ", _MARK.sub(" ", text)).strip()
