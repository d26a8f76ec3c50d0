"""Which topics are taken for which others: a report that editors read before they write training messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.evaluation import Evaluator, Example, Record, read_messages

_PAIRS = 40
_MESSAGES_SHOWN = 3


def confusion_report(model: Path, files: Sequence[Path]) -> str:
    """A Markdown page: the topics understood worst, and the pairs confused most, with messages.

    Raises:
        EvaluationError: a file cannot be used.
    """
    evaluator = Evaluator(model)
    examples = [example for path in files for example in read_messages(path)]
    pairs = [(example, evaluator.understand(example.text)) for example in examples]
    return "\n".join([*_introduction(pairs), *_weak_topics(pairs), *_confused(pairs)]) + "\n"


def _is_wrong(example: Example, record: Record) -> bool:
    return record.topics[0][0] not in example.topics


def _introduction(pairs: Sequence[tuple[Example, Record]]) -> list[str]:
    wrong = sum(_is_wrong(*pair) for pair in pairs)
    return [
        "# What is taken for what",
        "",
        f"{len(pairs)} messages that were not trained on; {wrong} of them were understood as another topic first.",
        "A pair that stands high needs training messages on both sides of the border, or a clearer border.",
        "",
    ]


def _weak_topics(pairs: Sequence[tuple[Example, Record]]) -> list[str]:
    total, wrong = Counter[str](), Counter[str]()
    for example, record in pairs:
        total[example.topics[0]] += 1
        wrong[example.topics[0]] += _is_wrong(example, record)
    rows = sorted(total, key=lambda topic: -wrong[topic] / total[topic])
    lines = ["## Topics understood worst", "", "| topic | messages | understood |", "|---|---|---|"]
    lines += [
        f"| {topic} | {total[topic]} | {1 - wrong[topic] / total[topic]:.0%} |" for topic in rows[:20] if wrong[topic]
    ]
    return [*lines, ""]


def _confused(pairs: Sequence[tuple[Example, Record]]) -> list[str]:
    messages: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example, record in pairs:
        if _is_wrong(example, record):
            messages[example.topics[0], record.topics[0][0]].append(f"({example.language}) {example.text}")
    lines = ["## Pairs confused most", ""]
    for (right, taken), texts in sorted(messages.items(), key=lambda row: -len(row[1]))[:_PAIRS]:
        lines += [f"### {right} taken for {taken}: {len(texts)}", ""]
        lines += [f"- {text}" for text in texts[:_MESSAGES_SHOWN]] + [""]
    return lines
