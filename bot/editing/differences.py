"""What two versions of the content differ in, item by item, in what people read rather than in lines of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from bot.answers.catalogue import ANSWERS, CANNED, DESK, DOMAINS, INTERFACE
from bot.answers.content import Content
from bot.languages import LANGUAGES

#: Where the parts of a file's items are looked at one by one; every other file is compared as it is.
_READ = (
    "data/answers/", "data/facts.yml", "data/services.yml", "data/topics.yml", "data/interface.yml", "data/desk.yml",
    "data/canned.yml", "data/nlu/", "data/golden/", "locales/",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of an item that differs.

    Attributes:
        name: what it is: ``text``, ``title``, ``simpler``, ``messages`` or a field such as ``review_by``.
        language: whose text it is; "" where it is in no language.
        before: its text in the first version; None if it has none there.
        after: its text in the second one.
        is_prose: whether it is a text that people read; else it is a value or a list of lines.
    """

    name: str
    language: str
    before: str | None
    after: str | None
    is_prose: bool = False


@dataclass(frozen=True)
class Difference:
    """An item (named as in ``Draft.change``) and what differs in it; ``is_new``, ``is_gone``: it is only in one."""

    item: str
    parts: tuple[Part, ...]
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Side:
    """A version: its files, and what was read from them."""

    folder: Path
    content: Content


def differences(before: Side, after: Side, files: list[str]) -> list[Difference]:
    """What differs, topics first. It reads files: call it in a thread.

    Args:
        before: one version.
        after: the other one.
        files: paths that differ, below their folders (``Versions.changed_files``).
    """
    found = [
        *_items("topic", before, after, _answers, lambda side: side.content.answers),
        *_items("fact", before, after, _fact, lambda side: side.content.facts.facts),
        *_items("service", before, after, _service, lambda side: side.content.services.services),
        *_items("text", before, after, _phrase(INTERFACE), lambda side: side.content.interface),
        *_items("text", before, after, _phrase(DESK), lambda side: side.content.desk),
        *_items("reply", before, after, _reply, lambda side: {one.id: one for one in side.content.canned.replies}),
        *_messages(before, after, [path for path in files if path.startswith("data/nlu/")]),
        *_golden(before, after, [path for path in files if path.startswith("data/golden/")]),
    ]
    for path in files:
        if not path.startswith(_READ):
            old, new = _text(before.folder / path), _text(after.folder / path)
            kind = "story" if path.startswith("data/stories/") else "file"
            name = path.removeprefix("data/stories/").removesuffix(".yml") if kind == "story" else path
            found.append(_difference(f"{kind} {name}", [Part("lines", "", old, new)]))
    return found


_Fields = dict[tuple[str, str], tuple[str, bool]]


def _items(
    kind: str,
    before: Side,
    after: Side,
    read: Callable[[Side, str], _Fields],
    of: Callable[[Side], Mapping[str, Any]],
) -> Iterator[Difference]:
    """Compare all items of a kind by what ``read`` makes of them: (part, language) -> (text, is it prose)."""
    olds, news = of(before), of(after)
    for name in dict.fromkeys([*news, *olds]):
        old = read(before, name) if name in olds else {}
        new = read(after, name) if name in news else {}
        parts = [
            Part(
                *key,
                old[key][0] if key in old else None,
                new[key][0] if key in new else None,
                (new.get(key) or old[key])[1],
            )
            for key in dict.fromkeys([*new, *old])
            if new.get(key) != old.get(key)
        ]
        if parts:
            yield Difference(f"{kind} {name}", tuple(parts), not old, not new)


def _answers(side: Side, name: str) -> _Fields:
    answer, content = side.content.answers[name], side.content
    found: _Fields = {}
    for context, english in answer.messages():
        part = context.rpartition(" ")[2] if " " in context else "text"
        found.update(_translated(content, ANSWERS, context, english, part))
    for part in ("facts", "services", "related"):
        found[part, ""] = ", ".join(getattr(answer, part)), False
    found["source", ""] = answer.source or "", False
    found["review_by", ""] = answer.review_by.isoformat(), False
    found["urgency", ""] = answer.topic.urgency, False
    found["section", ""] = answer.topic.section, False
    return found


def _fact(side: Side, name: str) -> _Fields:
    return _plain(side.content.facts.facts[name])


def _service(side: Side, name: str) -> _Fields:
    service = side.content.services.services[name]
    found = {key: value for key, value in _plain(service).items() if key != ("does", "")}
    return {**_translated(side.content, ANSWERS, f"service {name}", service.does, "does"), **found}


def _phrase(domain: str) -> Callable[[Side, str], _Fields]:
    def read(side: Side, name: str) -> _Fields:
        texts = side.content.interface if domain == INTERFACE else side.content.desk
        return _translated(side.content, domain, name, texts[name], "text")

    return read


def _reply(side: Side, name: str) -> _Fields:
    english = next(one.english for one in side.content.canned.replies if one.id == name)
    return _translated(side.content, CANNED, name, english, "text")


def _translated(content: Content, domain: str, context: str, english: str, part: str) -> _Fields:
    """A text in each of its languages; a translation of another English text is none."""
    texts = {code: content.catalogues.lookup(domain, context, english, code) for code in DOMAINS[domain]}
    return {(part, code): (text, True) for code, text in texts.items() if text is not None}


def _plain(item: Any) -> _Fields:
    """The fields of a record, as people can read them."""
    return {(field.name, ""): (_readable(getattr(item, field.name)), False) for field in fields(item)}


def _readable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(_readable(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        shown = ((field.name, _readable(getattr(value, field.name))) for field in fields(value))
        return ", ".join(f"{name}: {text}" for name, text in shown if text)
    return str(value)


def _messages(before: Side, after: Side, files: list[str]) -> Iterator[Difference]:
    """Training messages by topic and language."""
    changed: dict[str, list[Part]] = {}
    for path in files:
        language = path.split("/")[2]
        language = language if language in LANGUAGES else ""
        old, new = _examples(before.folder / path), _examples(after.folder / path)
        for intent in dict.fromkeys([*new, *old]):
            if old.get(intent) != new.get(intent):
                part = Part("messages", language, _lines(old.get(intent)), _lines(new.get(intent)))
                changed.setdefault(intent.rpartition("/")[2], []).append(part)
    for name, parts in changed.items():
        yield _difference(f"messages {name}", parts)


def _examples(path: Path) -> dict[str, list[str]]:
    if not path.is_file():
        return {}
    blocks = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]
    found: dict[str, list[str]] = {}
    for block in blocks:
        lines = (line.strip().removeprefix("- ") for line in str(block.get("examples", "")).splitlines())
        found.setdefault(block.get("intent", ""), []).extend(line for line in lines if line)
    return found


def _lines(lines: list[str] | None) -> str | None:
    return None if lines is None else "\n".join(lines)


def _golden(before: Side, after: Side, files: list[str]) -> Iterator[Difference]:
    """Saved conversations and messages with known topics, one a line."""
    for path in files:
        language, kind, _ = path.rpartition("/")[2].split(".")
        texts = [_text(side.folder / path, _spoken) for side in (before, after)]
        name = "chats" if kind == "chats" else "golden"
        yield _difference(f"{name} {language}", [Part("lines", language, texts[0], texts[1])])


def _spoken(line: str) -> str:
    """What is said in a saved conversation, in a line."""
    row = json.loads(line)
    return " / ".join(f"{turn['text']} [{turn['topic']}]" for turn in row.get("turns") or [row])


def _text(path: Path, read: Callable[[str], str] = str) -> str | None:
    if not path.is_file():
        return None
    return "\n".join(read(line) for line in path.read_text(encoding="utf-8").splitlines())


def _difference(item: str, parts: list[Part]) -> Difference:
    return Difference(
        item,
        tuple(parts),
        is_new=all(part.before is None for part in parts),
        is_gone=all(part.after is None for part in parts),
    )
