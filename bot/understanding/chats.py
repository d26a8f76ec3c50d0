"""Chats to learn from: messages in their order, each with its topic and whether it makes sense alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.languages import LANGUAGES


class ChatError(ValueError):
    """A file of chats is not understood; the message says where and why."""


@dataclass(frozen=True)
class Turn:
    """A person's message in a chat. ``follows``: its topic cannot be told without what came before."""

    text: str
    language: str
    topic: str
    follows: bool


Chat = Sequence[Turn]


def load_chats(directory: Path) -> list[Chat]:
    """Every ``<language>.yml`` of a folder: a list of chats, each a list of ``{topic, text, follows?}``.

    Raises:
        ChatError: a file is not that.
    """
    chats: list[Chat] = []
    for language in LANGUAGES:
        path = directory / f"{language}.yml"
        try:
            rows = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            chats += [[_turn(turn, language) for turn in chat] for chat in rows]
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ChatError(f"{path}: {error}") from None
    return chats


def _turn(row: dict[str, object], language: str) -> Turn:
    return Turn(str(row["text"]), language, str(row["topic"]), bool(row.get("follows", False)))
