"""The rows of ``data/topics.yml``, changed line by line: they are set out as a table, which YAML libraries undo."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.answers.topics import Topic

#: What needs no quotes inside ``{...}``.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ();/.'-]*[A-Za-z0-9).']")


def change(folder: Path, topic: Topic) -> None:
    """Write a topic's urgency and meaning."""
    lines = _read(folder)
    index = _row(lines, topic)
    before = lines[index].partition("{")[0]
    lines[index] = before + _values(topic)
    _write(folder, lines)


def add(folder: Path, topic: Topic) -> None:
    """Add a topic as the last of its section, set out as the others."""
    lines = _read(folder)
    start, end = _section(lines, topic.section)
    column = lines[start + 1].index("{")
    lines.insert(end, f"  {topic.id}: ".ljust(column) + _values(topic))
    _write(folder, lines)


def remove(folder: Path, topic: Topic) -> None:
    """Take a topic out."""
    lines = _read(folder)
    del lines[_row(lines, topic)]
    _write(folder, lines)


def _values(topic: Topic) -> str:
    means = topic.means if _PLAIN.fullmatch(topic.means) else json.dumps(topic.means, ensure_ascii=False)
    return f"{{urgency: {topic.urgency}, means: {means}}}"


def _section(lines: list[str], section: str) -> tuple[int, int]:
    """Where a section begins, and where its rows end."""
    start = lines.index(f"{section}:")
    end = start + 1
    while end < len(lines) and lines[end].startswith("  "):
        end += 1
    return start, end


def _row(lines: list[str], topic: Topic) -> int:
    start, end = _section(lines, topic.section)
    return next(index for index in range(start, end) if lines[index].startswith(f"  {topic.id}:"))


def _read(folder: Path) -> list[str]:
    return (folder / "data/topics.yml").read_text(encoding="utf-8").rstrip("\n").split("\n")


def _write(folder: Path, lines: list[str]) -> None:
    (folder / "data/topics.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
