"""The training messages as plain rows, and samples of them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.evaluation import Example, read_messages
from bot.languages import LANGUAGES


@dataclass(frozen=True)
class Row:
    """A training message."""

    text: str
    language: str
    intent: str


def training_rows(root: Path = Path()) -> list[Row]:
    """Every training message below ``data/nlu/<language>``."""
    rows = []
    for language in LANGUAGES:
        for path in sorted((root / "data/nlu" / language).glob("*.yml")):
            blocks = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]
            for block in blocks:
                lines = [line.strip().removeprefix("- ") for line in block["examples"].splitlines() if line.strip()]
                rows += [Row(line, language, block["intent"]) for line in lines]
    return rows


def development_messages(root: Path = Path()) -> list[Example]:
    """The development messages of all languages."""
    paths = [root / "tests/development" / f"{language}.messages.jsonl" for language in LANGUAGES]
    return [example for path in paths for example in read_messages(path)]


def first_and_among_three(examples: Sequence[Example], rankings: Sequence[Sequence[str]]) -> tuple[float, float]:
    """The shares of examples with a right topic first, and among three, of each ranking of topics."""
    first = sum(ranking[0] in example.topics for ranking, example in zip(rankings, examples))
    three = sum(any(topic in example.topics for topic in ranking[:3]) for ranking, example in zip(rankings, examples))
    return first / len(examples), three / len(examples)


def sample(rows: Sequence[Row], each: int) -> list[Row]:
    """At most ``each`` messages of every intent and language, always the same ones."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.language, row.intent].append(row)
    chance = random.Random(0)  # noqa: S311 (a sample, not a secret)
    return [row for group in groups.values() for row in chance.sample(group, min(each, len(group)))]


def write_nlu(rows: Sequence[Row], directory: Path, flat: bool) -> None:
    """Rows as Rasa training data. ``flat`` names an intent ``work_payslip``: stock classifiers know no retrieval."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        groups[row.language, row.intent].append(row.text)
    for language in LANGUAGES:
        blocks = [
            {
                "intent": intent.replace("/", "_") if flat else intent,
                "metadata": {"language": language},
                "examples": "".join(f"- {text}\n" for text in texts),
            }
            for (code, intent), texts in groups.items()
            if code == language
        ]
        directory.mkdir(parents=True, exist_ok=True)
        document = {"version": "3.1", "nlu": blocks}
        (directory / f"{language}.yml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
