"""Romanian counts as Romanians do, whatever the numbers become."""

from __future__ import annotations

import pytest

from bot.answers.content import Content
from bot.answers.formatting import agreed
from bot.channels.web.texts import page_texts
from bot.settings import read_settings


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "0 zile"), ("2", "2 zile"), ("19", "19 zile"), ("20", "20 de zile"), ("21", "21 de zile"),
        ("100", "100 de zile"), ("101", "101 zile"), ("119", "119 zile"), ("120", "120 de zile"),
        ("1.000", "1.000 de zile"), ("1.014", "1.014 zile"),
    ],
)  # fmt: skip
def test_from_twenty_on_there_is_a_de(number: str, said: str) -> None:
    for written in (f"{number} zile", f"{number} de zile"):
        assert agreed(f"După {written} lucrătoare.", "ro") == f"După {said} lucrătoare."
        assert agreed(written, "nl") == written


@pytest.mark.parametrize("text", ["9:00–20:00 luni", "4,5 ore", "20 de la Moviera", "30 brut", "25 euro"])
def test_what_is_not_counted_stays(text: str) -> None:
    assert agreed(text, "ro") == text


@pytest.mark.parametrize(("days", "said"), [("7", "după 7 zile"), ("30", "după 30 de zile"), ("110", "după 110 zile")])
def test_the_pages_say_how_long_a_chat_is_kept(content: Content, days: str, said: str) -> None:
    settings = read_settings({"RETENTION_DAYS": days})
    assert said in page_texts(content, settings, "ro")["privacy"]
    assert said in content.phrase("ro", "telegram.privacy", days=days, longest="90")
    assert "4.096 de caractere" in content.phrase("ro", "down.too_long", limit="4.096")
