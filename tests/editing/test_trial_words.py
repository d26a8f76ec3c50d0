"""What a trial found is told, also when it is bad news: that is when somebody must read it."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.answers.content import Content
from bot.desk.clock import utc_now
from bot.desk.editor.trial_words import TrialWords
from bot.desk.pages import LANGUAGE, Pages
from bot.editing.trying import Trial

_COUNTS = {name: [10, 9, 8] for name in ("first", "three", "outside", "danger", "quiet")}


def _turn(before: str, after: str, lost: bool = False) -> dict[str, Any]:
    made = {"share": 0.6, "decision": "answer", "safety": False}
    return {
        "text": "somebody <took> my passport", "language": "ro", "topics": ["documents_taken"],
        "before": {**made, "topic": before}, "after": {**made, "topic": after},
        "danger_lost": lost, "right": [True, False],
    }  # fmt: skip


def _markup(content: Content, language: str, result: dict[str, Any]) -> str:
    request = make_mocked_request("GET", "/desk/publish")
    request[LANGUAGE] = language
    trial = Trial("a draft", "a version", "eva", utc_now(), "done", result=result)
    return TrialWords(Pages(content)).markup(request, trial, content)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "less often than before in Romanian"), ("nl", "Roemeens")], ids=["en", "nl"]
)
def test_that_danger_is_seen_less_often_is_told(content: Content, language: str, words: str) -> None:
    worse = _turn("documents_taken", "bsn", lost=True)
    messages = {"counts": {"all": _COUNTS, "ro": _COUNTS}, "worse": [worse], "better": []}
    markup = _markup(content, language, {"danger_fell": ["ro"], "messages": messages})
    assert words in markup
    assert "somebody &lt;took&gt; my passport" in markup
    assert "<strong>8</strong>" in markup


@pytest.mark.parametrize("before", [True, False], ids=["failed before", "went well before"])
def test_a_saved_conversation_that_fails_is_shown(content: Content, before: bool) -> None:
    chat = {"language": "ro", "right": [before, False], "turns": [_turn("documents_taken", "out_of_scope")]}
    markup = _markup(content, "en", {"chats": [chat], "unmeasured": ["deposit"]})
    assert f"Romanian: {'went well before' if before else 'failed before, too'}" in markup
    assert "Deposit" in markup
