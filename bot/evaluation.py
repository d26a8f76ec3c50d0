"""Measuring understanding on messages (or whole chats) with known topics: a table, and one record a message."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import structlog
import yaml

from bot.answers.topics import OUT_OF_SCOPE, Topic, load_topics
from bot.languages import known_language
from bot.training import quiet_environment
from bot.understanding.archive import load_language_model, load_topic_model
from bot.understanding.language import LanguageModel, conversation_language
from bot.understanding.lexicon import load_lexicon
from bot.understanding.safety import SafetyNet
from bot.understanding.topic_model import Decision, Ranking, Thresholds, TopicModel, Understood, decide

#: Topics in a record: as many as "did you mean" offers.
_SHOWN = 3


class EvaluationError(ValueError):
    """The file of messages cannot be used; one line says where and why."""


@dataclass(frozen=True)
class Example:
    """A message with the topics that are right for it; the first is the best."""

    text: str
    language: str
    topics: tuple[str, ...]
    style: str = "all"
    needs_chat: bool = False


@dataclass(frozen=True)
class Record:
    """What we made of a message. ``language`` is identified from the text alone, ``ms`` is wall-clock time."""

    text: str
    language: str
    topics: list[tuple[str, float]]
    decision: Decision
    safety: bool
    ms: float
    chat: int | None = field(default=None)
    turn: int | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


class Evaluator:
    """The understanding as trained, used as the conversation uses it."""

    def __init__(self, model: Path, root: Path = Path(), content: Path | None = None) -> None:
        """``root``: the program's folder; ``content``: what holds the ``data``, if that is elsewhere."""
        self.content = (content or root).absolute()
        self._topics: dict[str, Topic] = load_topics(self.content / "data/topics.yml")
        self.net = SafetyNet.load(self.content / "data/safety")
        self.language_model: LanguageModel = load_language_model(model)
        self._topic_model: TopicModel = load_topic_model(model)
        self._thresholds = thresholds(root / "config.yml")

    def understand(self, text: str) -> Record:
        """One message by itself."""
        started = time.perf_counter()
        language = self.language_model.identify(text)
        understood = self._topic_model.rank(text, language)
        danger = bool(self.net.find(text) or self._topic_model.danger_intent(understood, self._thresholds))
        elapsed = (time.perf_counter() - started) * 1000
        return self.record(text, language, understood.ranking, danger, elapsed)

    def record(
        self, text: str, language: str, ranking: Ranking, danger: bool, ms: float, goes_on: bool = False
    ) -> Record:
        """``goes_on``: the dialogue has found that it goes on with the topic before, which is answered always."""
        decision = "answer" if goes_on else decide(Understood(ranking), self._thresholds, OUT_OF_SCOPE)
        best = [(intent.split("/")[-1], round(share, 4)) for intent, share in ranking[:_SHOWN]]
        first = self._topics.get(best[0][0])
        critical = decision == "answer" and first is not None and first.urgency == "critical"
        return Record(text, language, best, decision, danger or critical, round(ms, 2))

    def is_critical(self, topic_id: str) -> bool:
        return topic_id in self._topics and self._topics[topic_id].urgency == "critical"


def thresholds(config: Path) -> Thresholds:
    """The decision thresholds in ``config.yml``."""
    pipeline = yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]
    own = next(part for part in pipeline if part["name"].endswith("TopicClassifier"))
    return Thresholds.from_config(own)


def read_messages(path: Path) -> list[Example]:
    """Lines ``{"text", "language", "topic", "also"?, "style"?}``.

    Raises:
        EvaluationError: a line is not that.
    """
    return [_example(path, number, row) for number, row in _rows(path)]


def read_chats(path: Path) -> list[list[Example]]:
    """Lines ``{"language", "turns": [{"text", "topic", "also"?, "context"?}]}``.

    Raises:
        EvaluationError: a line is not that.
    """
    chats = []
    for number, row in _rows(path):
        if not isinstance(row.get("turns"), list):
            raise EvaluationError(f"{path}:{number}: 'turns' must be a list")
        chats.append([_example(path, number, {"language": row.get("language"), **turn}) for turn in row["turns"]])
    return chats


def _rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise EvaluationError(f"{path}:{number}: not JSON") from None
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}:{number}: not an object")
        yield number, row


def _example(path: Path, number: int, row: dict[str, Any]) -> Example:
    text, topic, also = row.get("text"), row.get("topic"), row.get("also") or []
    language = known_language(row.get("language"))
    if not isinstance(text, str) or not isinstance(topic, str) or language is None:
        raise EvaluationError(f"{path}:{number}: 'text', 'topic' and a known 'language' are needed")
    others = [also] if isinstance(also, str) else list(also)
    return Example(text, language, (topic, *others), str(row.get("style", "all")), bool(row.get("context")))


def evaluate_chats(evaluator: Evaluator, model: Path, chats: Sequence[Sequence[Example]]) -> list[list[Record]]:
    """Feed each chat in order through Rasa itself, with rules, slots and tracker, as the gateway does."""
    os.environ.update({**quiet_environment(), "CONTENT": str(evaluator.content)})
    # Rasa logs each message; only the table shall be printed. The list of helpers is not part of what is measured:
    # no action server runs, and Rasa would say so each time.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Some libraries turn warnings on again; as log records they are silent with the rest.
            logging.captureWarnings(True)
            return asyncio.run(_run_chats(evaluator, model, chats))
    finally:
        logging.captureWarnings(False)
        logging.disable(logging.NOTSET)


async def _run_chats(evaluator: Evaluator, model: Path, chats: Sequence[Sequence[Example]]) -> list[list[Record]]:
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.core.utils import AvailableEndpoints

    from bot.dialogue.channel import plain_text

    agent = await load_agent(str(model), endpoints=AvailableEndpoints(nlg=None))
    lexicon = load_lexicon()
    results = []
    for chat_number, chat in enumerate(chats):
        records: list[Record] = []
        language: str | None = None
        before: str | None = None
        for turn_number, example in enumerate(chat):
            started = time.perf_counter()
            language = conversation_language(evaluator.language_model, lexicon, example.text, current=language)
            sender = f"evaluation:{chat_number}"
            metadata = {"language": language, "before": before}
            await agent.handle_message(
                UserMessage(plain_text(example.text), CollectingOutputChannel(), sender, metadata=metadata)
            )
            found = evaluator.net.find(example.text)
            elapsed = (time.perf_counter() - started) * 1000
            tracker = await agent.tracker_store.retrieve(sender)
            assert tracker is not None
            assert tracker.latest_message is not None
            parsed = tracker.latest_message.parse_data
            dangers = found or ([parsed["danger"]] if parsed.get("danger") else [])
            ranking = [(row["name"], row["confidence"]) for row in parsed["intent_ranking"]]
            identified = evaluator.language_model.identify(example.text)
            goes_on = bool(parsed.get("follow_up"))
            record = evaluator.record(example.text, identified, ranking, bool(dangers), elapsed, goes_on)
            # What the chat is on now, as the gateway tells it: a danger that was answered first, else the last topic.
            answered = record.topics[0][0] if record.decision == "answer" else None
            before = dangers[0] if dangers and answered not in dangers else tracker.get_slot("topic")
            records.append(Record(**{**asdict(record), "chat": chat_number, "turn": turn_number}))
        results.append(records)
    return results


_COLUMNS = ("messages", "top-1", "top-3", "language", "safety", "false alarm", "out of scope", "wrong", "p95 ms")


def table(evaluator: Evaluator, examples: Sequence[Example], records: Sequence[Record]) -> str:
    """A table by language, then by style (or by whether a turn needs its chat)."""
    pairs = list(zip(examples, records))
    groups: dict[str, list[tuple[Example, Record]]] = {"all": pairs}
    for key in (lambda e: e.language, lambda e: e.style, lambda e: "follow-ups" if e.needs_chat else "alone"):
        names = sorted({key(example) for example, _ in pairs})
        if len(names) > 1:
            groups.update({name: [pair for pair in pairs if key(pair[0]) == name] for name in names})
    width = max(len(name) for name in groups) + 2
    lines = ["".ljust(width) + "".join(column.rjust(14) for column in _COLUMNS)]
    for name, group in groups.items():
        lines.append(name.ljust(width) + "".join(cell.rjust(14) for cell in _row(evaluator, group)))
    return "\n".join(lines)


def _row(evaluator: Evaluator, pairs: Sequence[tuple[Example, Record]]) -> list[str]:
    def share(part: Iterable[bool]) -> str:
        values = list(part)
        return f"{sum(values) / len(values):.3f}" if values else "-"

    inside = [(example, record) for example, record in pairs if example.topics[0] != OUT_OF_SCOPE]
    outside = [record for example, record in pairs if example.topics[0] == OUT_OF_SCOPE]
    critical = [record for example, record in pairs if any(map(evaluator.is_critical, example.topics))]
    ordinary = [record for example, record in pairs if not any(map(evaluator.is_critical, example.topics))]
    times = sorted(record.ms for _, record in pairs)
    return [
        str(len(pairs)),
        share(record.topics[0][0] in example.topics for example, record in inside),
        share(any(topic in example.topics for topic, _ in record.topics) for example, record in inside),
        share(record.language == example.language for example, record in pairs),
        share(record.safety for record in critical),
        share(record.safety for record in ordinary),
        share(record.decision != "answer" for record in outside),
        share(record.decision == "answer" and record.topics[0][0] not in example.topics for example, record in pairs),
        f"{times[int(len(times) * 0.95)] if times else 0:.1f}",
    ]


def run(
    model: Path, messages: Path | None, chats: Path | None, report: Path | None, say: Callable[[str], None]
) -> None:
    """Evaluate a file and write the report.

    Raises:
        EvaluationError: the file cannot be used.
    """
    held = [] if chats is None else read_chats(chats)
    examples = [example for chat in held for example in chat] if messages is None else read_messages(messages)
    if not examples:
        raise EvaluationError("there are no messages in the file")
    evaluator = Evaluator(model)
    if messages is None:
        records = [record for chat in evaluate_chats(evaluator, model, held) for record in chat]
    else:
        records = [evaluator.understand(example.text) for example in examples]
    say(table(evaluator, examples, records))
    if report is not None:
        report.write_text(
            json.dumps([record.as_json() for record in records], ensure_ascii=False, indent=1), encoding="utf-8"
        )
        say(f"{len(records)} records written to {report}")
