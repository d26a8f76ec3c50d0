"""Measuring two versions of the content against each other: what is understood better, and what worse.

The golden set are messages with known topics: the development messages that come with the program, and what editors
have added to the content (``data/golden/*.messages.jsonl``). Saved conversations (``data/golden/*.chats.jsonl``) are
held through the real dialogue of each version. Both are those of the later version.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answers.topics import OUT_OF_SCOPE, load_topics
from bot.training import model_path

if TYPE_CHECKING:
    from bot.evaluation import Evaluator, Example, Record

# What understands takes seconds to import: often there is nothing to measure.

#: What comes with the program.
_DEVELOPMENT = "tests/development/*.messages.jsonl"
#: What editors have added, below the content's folder.
_MESSAGES, _CHATS = "data/golden/*.messages.jsonl", "data/golden/*.chats.jsonl"
#: Files by which a message is understood, besides the model.
_UNDERSTANDING = ("data/safety/*.yml", "data/aspects/*.yml", "data/places.yml", "data/topics.yml")
#: Measurements that are kept.
_KEPT = 12
#: Processes that measure, and messages that each takes at a time.
_PROCESSES = 2
_PART = 250

Say = Callable[[str], None]
Json = dict[str, Any]


@dataclass(frozen=True)
class _Version:
    folder: Path
    model: Path

    @property
    def digest(self) -> str:
        """Changes with anything by which messages are understood."""
        digest = hashlib.sha256(self.model.name.encode())
        for pattern in _UNDERSTANDING:
            for path in sorted(self.folder.glob(pattern)):
                digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()[:16]


def measure_before(before: Path, after: Path, cache: Path, say: Say, root: Path = Path()) -> None:
    """Measure the first of two versions ahead, while the model of the other is still being trained; see ``compare``."""
    version, measuring = _Version(before, model_path(before, root)), _Measuring(cache, say, root)
    examples, chats = _golden(after, root)
    measuring.messages(version, examples)
    measuring.chats(version, chats)


def compare(before: Path, after: Path, cache: Path, say: Say, root: Path = Path()) -> Json:
    """Measure both, or what can differ between them.

    Args:
        before: the folder with ``data`` of the version that is live.
        after: the folder of the version to compare it with. Both models must be trained.
        cache: a folder that keeps measurements for the next time.
        say: gets a line for each step.
        root: the folder of the program.

    Returns:
        ``messages``: ``counts`` by language (``all`` for all), each as [messages of the kind, right before, right
        after], and the messages that are understood ``better`` and ``worse``; None if nothing can differ.
        ``chats``: each saved conversation with what was made of each turn.
        ``danger_fell``: languages in which fewer messages that speak of danger are recognised.
        ``unmeasured``: topics that no message of the golden set is about.

    Raises:
        EvaluationError: a file of the golden set cannot be read.
    """
    versions = [_Version(folder, model_path(folder, root)) for folder in (before, after)]
    new = set(load_topics(after / "data/topics.yml")) - set(load_topics(before / "data/topics.yml"))
    is_same = versions[0].digest == versions[1].digest
    if is_same and not any(after.glob(_CHATS)):
        return {"messages": None, "chats": [], "danger_fell": [], "unmeasured": sorted(new)}
    examples, chats = _golden(after, root)
    measuring = _Measuring(cache, say, root)
    critical = {topic.id for topic in load_topics(after / "data/topics.yml").values() if topic.urgency == "critical"}
    messages = None
    if not is_same:
        records = [measuring.messages(version, examples) for version in versions]
        messages = _messages(examples, records[0], records[1], critical)
    held = [measuring.chats(version, chats) for version in versions]
    measuring.forget_old()
    return {
        "messages": messages,
        "chats": list(_chats(chats, held[0], held[1], critical)),
        "danger_fell": _fallen(messages),
        "unmeasured": sorted(new - {example.topics[0] for example in examples}),
    }


def _golden(after: Path, root: Path) -> tuple[list[Example], list[list[Example]]]:
    """Messages with known topics, and saved conversations."""
    from bot.evaluation import read_chats, read_messages

    files = [*sorted(root.glob(_DEVELOPMENT)), *sorted(after.glob(_MESSAGES))]
    examples = [example for path in files for example in read_messages(path)]
    return examples, [chat for path in sorted(after.glob(_CHATS)) for chat in read_chats(path)]


class _Measuring:
    """Measures, and keeps what was measured."""

    def __init__(self, cache: Path, say: Say, root: Path) -> None:
        self._cache = cache
        self._say = say
        self._root = root
        cache.mkdir(parents=True, exist_ok=True)

    def messages(self, version: _Version, examples: Sequence[Example]) -> list[Record]:
        """What a version makes of each message."""

        def measure() -> list[Record]:
            texts = [example.text for example in examples]
            records: list[Record] = []
            # "spawn": a fork of a process with threads may hang.
            with ProcessPoolExecutor(
                min(_PROCESSES, os.cpu_count() or 1), get_context("spawn"), _load, (version, self._root, texts)
            ) as pool:
                # Numbers only: a pool whose processes have ended hangs on what does not fit into a pipe.
                for part in pool.map(_understand, range(0, len(examples), _PART)):
                    records += part
                    self._say(f"Measured {len(records)} of {len(examples)} messages")
            return records

        (records,) = self._kept(version, [examples], lambda: [measure()])
        return records

    def chats(self, version: _Version, chats: Sequence[Sequence[Example]]) -> list[list[Record]]:
        """What a version makes of each turn of each chat."""

        def measure() -> list[list[Record]]:
            from bot.evaluation import Evaluator, evaluate_chats

            self._say(f"Holding {len(chats)} saved conversations")
            return evaluate_chats(Evaluator(version.model, self._root, version.folder), version.model, chats)

        return self._kept(version, chats, measure) if chats else []

    def forget_old(self) -> None:
        """Remove measurements that were not used lately."""
        kept = sorted(self._cache.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT]:
            path.unlink()

    def _kept(
        self, version: _Version, asked: Sequence[Sequence[Example]], measure: Callable[[], list[list[Record]]]
    ) -> list[list[Record]]:
        texts = json.dumps([[example.text for example in one] for one in asked])
        path = self._cache / f"{version.digest}-{hashlib.sha256(texts.encode()).hexdigest()[:16]}.json"
        if path.is_file():
            path.touch()
            rows = json.loads(path.read_text(encoding="utf-8"))
            return [[_record(row) for row in one] for one in rows]
        records = measure()
        part = path.with_suffix(".part")
        part.write_text(json.dumps([[asdict(record) for record in one] for one in records]), encoding="utf-8")
        part.replace(path)
        return records


#: In a process of the pool: what understands there, and all texts.
_work: list[tuple[Evaluator, list[str]]] = []


def _load(version: _Version, root: Path, texts: list[str]) -> None:
    from bot.evaluation import Evaluator

    _work.append((Evaluator(version.model, root, version.folder), texts))


def _understand(start: int) -> list[Record]:
    ((evaluator, texts),) = _work
    return [evaluator.understand(text) for text in texts[start : start + _PART]]


def _messages(
    examples: Sequence[Example], before: Sequence[Record], after: Sequence[Record], critical: set[str]
) -> Json:
    rows = list(zip(examples, before, after))
    groups = {"all": rows}
    for language in dict.fromkeys(example.language for example in examples):
        groups[language] = [row for row in rows if row[0].language == language]
    better: list[Json] = []
    worse: list[Json] = []
    for example, was, now in rows:
        grades = [_grade(example, record, critical) for record in (was, now)]
        if grades[0] != grades[1]:
            (better if grades[1] > grades[0] else worse).append(_row(example, was, now, critical))
    return {
        "counts": {name: _counts(group, critical) for name, group in groups.items()},
        "better": better,
        # Danger that is no longer seen comes first.
        "worse": sorted(worse, key=lambda row: not row["danger_lost"]),
    }


def _counts(rows: Sequence[tuple[Example, Record, Record]], critical: set[str]) -> Json:
    """Numbers of messages: how many there are of a kind, and how many are right, before and after."""

    def pair(kind: Callable[[Example], bool], is_right: Callable[[Example, Record], bool]) -> list[int]:
        of_kind = [row for row in rows if kind(row[0])]
        return [
            len(of_kind),
            sum(is_right(example, was) for example, was, _ in of_kind),
            sum(is_right(example, now) for example, _, now in of_kind),
        ]

    def is_inside(example: Example) -> bool:
        return example.topics[0] != OUT_OF_SCOPE

    return {
        "first": pair(is_inside, lambda example, record: record.topics[0][0] in example.topics),
        "three": pair(is_inside, lambda example, record: any(topic in example.topics for topic, _ in record.topics)),
        "outside": pair(lambda example: not is_inside(example), lambda _, record: record.decision != "answer"),
        "danger": pair(lambda example: bool(critical & set(example.topics)), lambda _, record: record.safety),
        "quiet": pair(lambda example: not critical & set(example.topics), lambda _, record: not record.safety),
    }


def _grade(example: Example, record: Record, critical: set[str]) -> tuple[bool, int]:
    """How good an answer is: danger seen where there is some, then right, offered, nothing, wrong (3 to 0)."""
    seen = record.safety or not critical & set(example.topics)
    if is_right(example, record, set()):
        return seen, 3
    if record.decision == "answer":
        return seen, 0
    return seen, 2 if any(topic in example.topics for topic, _ in record.topics) else 1


def is_right(example: Example, record: Record, critical: set[str]) -> bool:
    """Whether a message gets an answer that fits; danger that is seen and answered first fits, too."""
    if critical & set(example.topics) and record.safety:
        return True
    if example.topics[0] == OUT_OF_SCOPE and record.decision != "answer":
        return True
    return record.decision == "answer" and record.topics[0][0] in example.topics


def _row(example: Example, was: Record, now: Record, critical: set[str]) -> Json:
    return {
        "text": example.text,
        "language": example.language,
        "topics": list(example.topics),
        "before": _made(was),
        "after": _made(now),
        "danger_lost": bool(critical & set(example.topics)) and was.safety and not now.safety,
    }


def _made(record: Record) -> Json:
    """What was made of a message: the topic that is answered or offered first, how sure, and what is done."""
    topic, share = record.topics[0]
    return {"topic": topic, "share": share, "decision": record.decision, "safety": record.safety}


def _chats(
    chats: Sequence[Sequence[Example]],
    before: Sequence[Sequence[Record]],
    after: Sequence[Sequence[Record]],
    critical: set[str],
) -> Iterator[Json]:
    for chat, was, now in zip(chats, before, after):
        turns = [
            {
                **_row(example, one, other, critical),
                "right": [is_right(example, one, critical), is_right(example, other, critical)],
            }
            for example, one, other in zip(chat, was, now)
        ]
        yield {
            "language": chat[0].language,
            "right": [all(turn["right"][place] for turn in turns) for place in (0, 1)],
            "turns": turns,
        }


def _record(row: Json) -> Record:
    from bot.evaluation import Record

    return Record(**{**row, "topics": [tuple(topic) for topic in row["topics"]]})


def _fallen(messages: Json | None) -> list[str]:
    if messages is None:
        return []
    danger = {name: counts["danger"] for name, counts in messages["counts"].items() if name != "all"}
    return [name for name, (_, before, after) in danger.items() if after < before]
