"""Two versions of the content are measured against each other, with the trained model and a small golden set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.answers.content import Content
from bot.comparison import compare, is_right
from bot.editing.saved_chats import SavedTurn, adding
from bot.evaluation import Example, Record
from bot.understanding.topic_model import Decision
from tests.conftest import ROOT

_GOLDEN = [
    {"text": "Szef zabrał mi paszport i nie chce oddać", "language": "pl", "topic": "documents_taken"},
    {"text": "ile wynosi płaca minimalna", "language": "pl", "topic": "minimum_wage"},
    {"text": "my boss took my passport and does not give it back", "language": "en", "topic": "documents_taken"},
    {"text": "who won the football yesterday", "language": "en", "topic": "out_of_scope"},
]


@pytest.fixture(scope="module")
def program(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with a golden set of its own, and its content."""
    folder = tmp_path_factory.mktemp("program")
    for name in ("bot", "config.yml", "domain.yml", "uv.lock", "models"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("before", "after"):
        shutil.copytree(ROOT / "data", folder / name / "data")
    golden = folder / "tests/development/all.messages.jsonl"
    golden.parent.mkdir(parents=True)
    golden.write_text("".join(json.dumps(row) + "\n" for row in _GOLDEN))
    return folder


def _compare(program: Path, said: list[str] | None = None) -> dict[str, Any]:
    lines: list[str] = [] if said is None else said
    return compare(program / "before", program / "after", program / "cache", lines.append, program)


def test_where_nothing_decides_otherwise_nothing_is_measured(program: Path) -> None:
    said: list[str] = []
    found = _compare(program, said)
    assert found == {"messages": None, "chats": [], "danger_fell": [], "unmeasured": []}
    assert said == []


def test_danger_that_is_no_longer_seen_comes_first(program: Path) -> None:
    patterns = program / "before/data/safety/pl.yml"
    whole = patterns.read_text(encoding="utf-8")
    patterns.write_text(whole.replace("  danger:\n", '  danger:\n    - "zielony ... parasol"\n', 1), encoding="utf-8")
    extra = program / "after/data/golden/pl.messages.jsonl"
    extra.parent.mkdir()
    rows = [
        {"text": "zielony mały parasol", "language": "pl", "topic": "documents_taken"},
        {"text": "co to jest kaucja", "language": "pl", "topic": "deposit"},
    ]
    extra.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said: list[str] = []
    found = _compare(program, said)
    assert found["danger_fell"] == ["pl"]
    counts = found["messages"]["counts"]
    assert counts["pl"]["danger"] == [2, 2, 1]
    assert counts["en"]["danger"] == [1, 1, 1]
    assert counts["en"]["outside"] == [1, 1, 1]
    assert counts["all"]["first"][0] == 5
    (worse,) = found["messages"]["worse"]
    assert worse["danger_lost"]
    assert worse["text"] == "zielony mały parasol"
    assert found["messages"]["better"] == []
    assert said
    # what was measured is measured once
    said.clear()
    assert _compare(program, said) == found
    assert said == []
    patterns.write_text(whole, encoding="utf-8")
    extra.unlink()


@pytest.mark.parametrize(
    ("topics", "decision", "best", "danger", "right"),
    [
        (("deposit",), "answer", "deposit", False, True),
        (("deposit", "rent"), "answer", "rent", False, True),
        (("deposit",), "answer", "rent", False, False),
        (("deposit",), "ask", "deposit", False, False),
        (("out_of_scope",), "out_of_scope", "rent", False, True),
        (("out_of_scope",), "answer", "rent", False, False),
        # Danger that is seen is answered first, whatever else was understood.
        (("documents_taken",), "ask", "rent", True, True),
        (("documents_taken",), "answer", "rent", False, False),
    ],
)
def test_a_turn_goes_as_it_should(
    topics: tuple[str, ...], decision: Decision, best: str, danger: bool, right: bool
) -> None:
    record = Record("", "en", [(best, 0.9)], decision, danger, 1.0)
    assert is_right(Example("", "en", topics), record, {"documents_taken"}) == right


@pytest.mark.system
@pytest.mark.beside
def test_saved_conversations_are_held_again(program: Path, content: Content) -> None:
    turns = [
        SavedTurn("ile wynosi płaca minimalna", "minimum_wage", False),
        SavedTurn("zielony mały parasol", "minimum_wage", False),
    ]
    adding("pl", turns[:1])(program / "after", content)
    adding("pl", turns)(program / "after", content)
    found = _compare(program)
    assert [chat["right"] for chat in found["chats"]] == [[True, True], [False, False]]
    assert [turn["right"] for turn in found["chats"][1]["turns"]] == [[True, True], [False, False]]
