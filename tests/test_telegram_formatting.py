"""Our texts as Telegram takes them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.answers.content import Content
from bot.channels.telegram._formatting import keyboard, parts, to_html
from bot.gateway.store import IssuedButton
from tests.bot_api import utf16_length

_LIMIT = 4096
_PARAGRAPHS = st.lists(st.text(min_size=1, max_size=900), min_size=1, max_size=14).map("\n\n".join)


@given(_PARAGRAPHS)
def test_parts_fit_and_lose_nothing(text: str) -> None:
    made = parts(text)
    assert all(utf16_length(part) <= _LIMIT - 100 for part in made)
    assert "".join("".join(made).split()) == "".join(text.split())


def test_a_long_text_is_cut_between_paragraphs() -> None:
    paragraph = "слово " * 200
    made = parts("\n\n".join([paragraph.strip()] * 8))
    assert len(made) == 3
    assert all(part.endswith("слово") and len(part) % 1199 < 10 for part in made)


def test_markup_is_escaped_and_links_stay() -> None:
    assert to_html("<b>1 & 2</b>") == "&lt;b&gt;1 &amp; 2&lt;/b&gt;"
    assert to_html("https://www.112.nl/?a=1&b=2") == "https://www.112.nl/?a=1&amp;b=2"


def test_numbers_call_or_copy() -> None:
    assert to_html("☎ 020-760 08 09 (9-17)") == "☎ +31207600809 (9-17)"
    assert to_html("0800-488 72 43, 112.") == "<code>0800-488 72 43</code>, <code>112</code>."
    assert to_html("€ 1.112,50 in 2026-2027") == "€ 1.112,50 in 2026-2027"


def test_every_number_of_an_organisation_can_be_tapped(content: Content) -> None:
    for service in content.services.services.values():
        for phone in (service.phone, service.phone_alternative):
            if phone and phone[0] == "0":
                assert re.fullmatch(r"☎ (\+31\d{9}|<code>[\d -]+</code>)", to_html(f"☎ {phone}")), phone


def test_no_buttons_no_keyboard() -> None:
    assert keyboard([]) is None
    markup = keyboard([IssuedButton("x" * 16, "Тази дума е доста дълга за един бутон, но се чете")])
    assert markup is not None
    assert markup.inline_keyboard[0][0].callback_data == "b:" + "x" * 16
