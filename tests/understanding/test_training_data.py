from __future__ import annotations

import pytest
import yaml

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.evaluation import read_messages
from bot.languages import LANGUAGES
from tests.conftest import ROOT

LEAST = 12


def _training(language: str) -> dict[str, list[str]]:
    examples: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data/nlu" / language).glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            assert block["metadata"] == {"language": language}, path
            lines = [line.removeprefix("- ").strip() for line in block["examples"].splitlines() if line.strip()]
            examples.setdefault(block["intent"], []).extend(lines)
    return examples


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_enough_examples(language: str, content: Content) -> None:
    examples = _training(language)
    wanted = {topic.intent for topic in content.topics.values()} | {OUT_OF_SCOPE}
    assert set(examples) == wanted
    for intent, messages in examples.items():
        assert len({message.casefold() for message in messages}) >= LEAST, intent


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_teaches_two_topics(language: str) -> None:
    owners: dict[str, set[str]] = {}
    for intent, messages in _training(language).items():
        for message in messages:
            owners.setdefault(message.casefold(), set()).add(intent)
    assert {message: intents for message, intents in owners.items() if len(intents) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_messages_are_not_trained_on(language: str, content: Content) -> None:
    trained = {message.casefold() for messages in _training(language).values() for message in messages}
    held_out = read_messages(ROOT / "tests/development" / f"{language}.jsonl")
    assert [example.text for example in held_out if example.text.casefold() in trained] == []
    questions = {topic.id for topic in content.topics.values() if topic.section != "dialogue"}
    assert {example.topics[0] for example in held_out} >= {*questions, OUT_OF_SCOPE}
