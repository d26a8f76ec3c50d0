"""A floor under what is measured on the development messages, so that nobody lowers it unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.topics import OUT_OF_SCOPE
from bot.evaluation import Evaluator, Example, Record, read_messages
from bot.languages import LANGUAGES
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def evaluator(model: Path) -> Evaluator:
    return Evaluator(model, ROOT)


def _measured(evaluator: Evaluator, language: str) -> list[tuple[Example, Record]]:
    examples = read_messages(ROOT / "tests/development" / f"{language}.jsonl")
    return [(example, evaluator.understand(example.text)) for example in examples]


def _share(values: list[bool]) -> float:
    return sum(values) / len(values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_understanding_stays_above_its_floor(evaluator: Evaluator, language: str) -> None:
    pairs = _measured(evaluator, language)
    inside = [(example, record) for example, record in pairs if example.topics[0] != OUT_OF_SCOPE]
    assert _share([record.topics[0][0] in example.topics for example, record in inside]) >= 0.83
    assert _share([any(topic in example.topics for topic, _ in record.topics) for example, record in inside]) >= 0.95
    assert _share([record.language == language for _, record in pairs]) >= 0.97


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_gets_the_safety_text(evaluator: Evaluator, language: str) -> None:
    pairs = _measured(evaluator, language)
    critical = [record.safety for example, record in pairs if evaluator.is_critical(example.topics[0])]
    ordinary = [record.safety for example, record in pairs if not evaluator.is_critical(example.topics[0])]
    assert _share(critical) >= 0.85
    assert _share(ordinary) <= 0.02
