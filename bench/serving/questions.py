"""What is asked: a fixed sample of ordinary development messages, as chats of one language."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answers.topics import Topic
from bot.evaluation import Example
from bot.languages import LANGUAGES

#: Messages in a chat, and chats in each language: 200 questions.
TURNS = 10
CHATS_EACH = 4
_PERSON = "talk_to_human"


@dataclass(frozen=True)
class Script:
    """What one person writes, in order."""

    language: str
    texts: tuple[str, ...]


def ordinary(examples: Sequence[Example], topics: Mapping[str, Topic]) -> list[Example]:
    """The messages that ask for topics the bot answers, in the ordinary way.

    Not critical ones (they go another, shorter way through our system), not those about the chat itself, and not
    those that ask for a person, after which the bot may be silent.
    """

    def answered(topic_id: str) -> bool:
        topic = topics.get(topic_id)
        return topic is not None and topic.urgency != "critical" and topic.section != "dialogue" and topic_id != _PERSON

    return [example for example in examples if all(map(answered, example.topics))]


def scripts(examples: Sequence[Example]) -> list[Script]:
    """Always the same chats, one of each language by turns."""
    chance = random.Random(0)  # noqa: S311 (a sample, not a secret)
    chosen = {
        language: chance.sample([row.text for row in examples if row.language == language], TURNS * CHATS_EACH)
        for language in LANGUAGES
    }
    return [
        Script(language, tuple(chosen[language][start : start + TURNS]))
        for start in range(0, TURNS * CHATS_EACH, TURNS)
        for language in LANGUAGES
    ]
