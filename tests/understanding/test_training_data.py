"""What training and development messages promise: enough of them, really different, and kept apart."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from itertools import islice

import pytest

from bench.sampling import training_rows
from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.editing.messages import different, wanted
from bot.evaluation import read_chats, read_messages
from bot.languages import LANGUAGES
from bot.understanding.chats import load_chats
from tests.conftest import ROOT

DEVELOPMENT, CHATS = 6, 40


@lru_cache(maxsize=1)
def _training() -> dict[str, dict[str, list[str]]]:
    examples: dict[str, dict[str, list[str]]] = {language: {} for language in LANGUAGES}
    for row in training_rows(ROOT):
        examples[row.language].setdefault(row.intent, []).append(row.text)
    return examples


def test_alike_messages_count_once() -> None:
    assert different(("my boss does not pay me", "My boss doesn't pay me!", "my boss do not pay me"), 9) == 2
    assert different(("not paid", "where is my payslip"), 9) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_enough_different_messages(language: str, content: Content) -> None:
    intents = {*(topic.intent for topic in content.topics.values()), OUT_OF_SCOPE}
    assert set(_training()[language]) == intents
    few = {intent: different(tuple(messages), wanted(intent)) for intent, messages in _training()[language].items()}
    assert {intent: count for intent, count in few.items() if count < wanted(intent)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_teaches_two_topics(language: str) -> None:
    owners: dict[str, set[str]] = {}
    for intent, messages in _training()[language].items():
        for message in messages:
            owners.setdefault(message.casefold(), set()).add(intent)
    assert {message: intents for message, intents in owners.items() if len(intents) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_messages_are_enough_and_not_trained_on(language: str, content: Content) -> None:
    trained = {message.casefold() for messages in _training()[language].values() for message in messages}
    held_out = read_messages(ROOT / f"tests/development/{language}.messages.jsonl")
    assert [example.text for example in held_out if example.text.casefold() in trained] == []
    counted = Counter(example.topics[0] for example in held_out)
    assert {topic: counted[topic] for topic in content.topics if counted[topic] < DEVELOPMENT} == {}
    assert counted[OUT_OF_SCOPE] >= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_chats_are_enough_and_half_of_them_follow_ups(language: str) -> None:
    chats = read_chats(ROOT / f"tests/development/{language}.chats.jsonl")
    assert len(chats) >= CHATS
    assert {len(chat) for chat in chats} <= {3, 4, 5}
    turns = [turn for chat in chats for turn in chat]
    assert 0.4 <= sum(turn.needs_chat for turn in turns) / len(turns) <= 0.6


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_chats_are_not_trained_on(language: str) -> None:
    learned = {
        tuple(turn.text.casefold() for turn in islice(chat, 2))
        for chat in load_chats(ROOT / "data/chats")
        if chat[0].language == language
    }
    tried = read_chats(ROOT / f"tests/development/{language}.chats.jsonl")
    assert not learned & {tuple(turn.text.casefold() for turn in islice(chat, 2)) for chat in tried}


def test_training_chats_use_known_topics(content: Content) -> None:
    known = {*content.topics, OUT_OF_SCOPE}
    assert {turn.topic for chat in load_chats(ROOT / "data/chats") for turn in chat} <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_development_files_say_their_language(language: str) -> None:
    path = ROOT / f"tests/development/{language}.messages.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {row["language"] for row in rows} == {language}
    assert {row["style"] for row in rows} == {"short", "plain", "story", "sloppy", "indirect", "mixed"}
