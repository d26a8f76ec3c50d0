"""Our plain texts as Telegram shows them: HTML, in parts, with buttons.

Limits: https://core.telegram.org/bots/api#sendmessage (4,096 UTF-16 units a message, 64 bytes a button's data).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import MessageLimit

from bot.gateway.store import IssuedButton
from bot.languages import OWN_NAMES

#: Data of a button: an id we issued, or a language; both far below 64 bytes.
ISSUED = "b:"
LANGUAGE = "l:"

#: Room for what numbers grow by when they are written with their country code.
_PART_UNITS = MessageLimit.MAX_TEXT_LENGTH - 196
_ENDS = ("\n\n", "\n", ". ", " ")
_LINK_OR_NUMBER = re.compile(
    r"(?P<url>https?://\S+)|(?<![\w/.,])(?P<number>\+\d[\d ]{6,}\d|0\d{1,3}-\d[\d ]{2,9}\d|11[23])(?![\w-]|[.,]\d)"
)
#: Numbers that only work inside the Netherlands.
_DOMESTIC = re.compile(r"0[89]00|11[23]")


def parts(text: str) -> list[str]:
    """A text in parts that fit into a message each, cut at paragraphs if possible, else at lines, sentences, words."""
    found = []
    rest = text.strip()
    while _units(rest) > _PART_UNITS:
        cut = _cut(rest)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*found, rest] if rest or not found else found


def to_html(text: str) -> str:
    """A text as Telegram HTML. Links work by themselves; numbers are made so that a tap calls or copies them."""
    made, end = [], 0
    for match in _LINK_OR_NUMBER.finditer(text):
        made.append(html.escape(text[end : match.start()]))
        number = match.group("number")
        made.append(_number(number) if number else html.escape(match.group()))
        end = match.end()
    return "".join([*made, html.escape(text[end:])])


def shown(text: str) -> list[str]:
    """The messages that a text becomes, as HTML."""
    return [to_html(part) for part in parts(text)]


def keyboard(buttons: Iterable[IssuedButton]) -> InlineKeyboardMarkup | None:
    """Buttons below each other, so that their words can be read on a small screen."""
    return _rows((button.title, ISSUED + button.id) for button in buttons)


def language_keyboard() -> InlineKeyboardMarkup | None:
    """The five languages. These buttons never grow old."""
    return _rows((name, LANGUAGE + code) for code, name in OWN_NAMES.items())


def _rows(buttons: Iterable[tuple[str, str]]) -> InlineKeyboardMarkup | None:
    rows: Sequence[Sequence[InlineKeyboardButton]] = [
        [InlineKeyboardButton(title, callback_data=data)] for title, data in buttons
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def _number(number: str) -> str:
    """Telegram turns international numbers into links by itself; of the others a tap copies them."""
    if _DOMESTIC.match(number):
        return f"<code>{number}</code>"
    digits = re.sub(r"\D", "", number)
    return f"+{digits}" if number.startswith("+") else f"+31{digits[1:]}"


def _units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str) -> int:
    """Where the first part ends."""
    longest = len(text.encode("utf-16-le")[: 2 * _PART_UNITS].decode("utf-16-le", "ignore"))
    for end in _ENDS:
        found = text.rfind(end, longest // 2, longest)
        if found > 0:
            return found + len(end)
    return longest
