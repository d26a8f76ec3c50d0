"""Conversations that editors have saved as tests: each trial holds them again.

They are in ``data/golden/<language>.chats.jsonl``, in the form of ``make evaluate CHATS=``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.editing.draft import Change, revision
from bot.editing.errors import EditError
from bot.languages import LANGUAGES

MOST_TURNS = 20
LONGEST_TEXT = 1000


@dataclass(frozen=True)
class SavedTurn:
    """A message, the topic that is right for it, and whether it can only be understood from what came before."""

    text: str
    topic: str
    follows: bool


@dataclass(frozen=True)
class SavedChat:
    """A saved conversation; its id changes with what is in it."""

    id: str
    language: str
    turns: tuple[SavedTurn, ...]


def saved_chats(folder: Path) -> list[SavedChat]:
    """All of them, by language, the newest first."""
    return [chat for language in LANGUAGES for chat in reversed(_read(_path(folder, language), language))]


def adding(language: str, turns: Sequence[SavedTurn]) -> Change:
    """The change of the draft that saves a conversation."""

    def change(folder: Path, content: Content) -> None:
        if language not in LANGUAGES or not 0 < len(turns) <= MOST_TURNS:
            raise EditError("malformed", "account.malformed", status=400)
        for turn in turns:
            if turn.topic != OUT_OF_SCOPE and turn.topic not in content.topics:
                raise EditError("unknown_topic", "edit.unknown_topic", 404)
            if not 0 < len(turn.text.strip()) <= LONGEST_TEXT:
                raise EditError("too_long", "account.too_long", status=413)
        path = _path(folder, language)
        path.parent.mkdir(exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        line = _line(language, turns)
        if line in lines:
            raise EditError("saved_already", "sandbox.saved_already", status=409)
        _write(path, [*lines, line])

    return change


def removing(chat: str) -> Change:
    """The change of the draft that deletes a saved conversation."""

    def change(folder: Path, content: Content) -> None:
        for language in LANGUAGES:
            path = _path(folder, language)
            lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
            kept = [line for line in lines if revision(line) != chat]
            if len(kept) < len(lines):
                _write(path, kept)
                return
        raise EditError("not_found", "account.not_found", status=404)

    return change


def _path(folder: Path, language: str) -> Path:
    return folder / f"data/golden/{language}.chats.jsonl"


def _read(path: Path, language: str) -> list[SavedChat]:
    chats = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        turns = json.loads(line)["turns"]
        read = tuple(SavedTurn(turn["text"], turn["topic"], bool(turn.get("context"))) for turn in turns)
        chats.append(SavedChat(revision(line), language, read))
    return chats


def _line(language: str, turns: Sequence[SavedTurn]) -> str:
    rows = [{"text": turn.text.strip(), "topic": turn.topic, "context": turn.follows} for turn in turns]
    return json.dumps({"language": language, "turns": rows}, ensure_ascii=False)


def _write(path: Path, lines: Sequence[str]) -> None:
    if lines:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        path.unlink()
