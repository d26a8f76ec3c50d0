"""Training messages: what people may write when they mean a topic, in ``data/nlu/<language>/<section>.yml``.

The files are changed line by line: a message is a line, and everything else stays as it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE, Topic
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.languages import LANGUAGES
from bot.understanding.normalising import words

#: So many really different messages a topic needs in every language before it can be understood.
ORDINARY, SAFETY, DIALOGUE, OUTSIDE = 45, 70, 25, 300
#: Most characters in a message, and most messages added at once.
LONGEST = 500
MOST = 300
#: Messages that measure understanding, where the program's source is; nobody may train on them.
GOLDEN = Path("tests/development")

#: Two messages that share more of their stems than this say the same.
_ALIKE = 0.8
#: So many letters of a word are its stem: endings differ, and they differ with the language.
_STEM = 5
_INTENT = re.compile(r"- intent: (\S+)\s*$")
_MESSAGE = re.compile(r"    +- (.*?)\s*$")
#: What Rasa reads as the mark of an entity: ``[Ede](place)``, ``[Ede]{"entity": ...}``.
_ENTITY = re.compile(r"\[[^\]]*\]\s*[({\[]")


def wanted(intent: str) -> int:
    """How many different messages an intent (``section/topic`` or ``out_of_scope``) needs in each language."""
    if intent == OUT_OF_SCOPE:
        return OUTSIDE
    return {"safety": SAFETY, "dialogue": DIALOGUE}.get(intent.partition("/")[0], ORDINARY)


def messages_of(folder: Path, language: str) -> dict[str, list[str]]:
    """The training messages of a language by intent, in the files' order."""
    found: dict[str, list[str]] = {}
    for path in sorted((folder / "data/nlu" / language).glob("*.yml")):
        for intent, texts in _read(path, path.stat().st_mtime_ns).items():
            found.setdefault(intent, []).extend(texts)
    return found


def shortages(folder: Path, intents: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """(intent, language, how many it has) of those that have too few different messages."""
    names = list(intents)
    for language in LANGUAGES:
        present = messages_of(folder, language)
        for intent in names:
            count = different(tuple(present.get(intent, ())), wanted(intent))
            if count < wanted(intent):
                yield intent, language, count


@lru_cache(maxsize=2048)
def different(messages: tuple[str, ...], most: int) -> int:
    """How many messages there are when those that share over 80 % of their stems count once; counted up to ``most``."""
    kept: list[frozenset[str]] = []
    by_stem: dict[str, set[int]] = {}
    for stems in map(_stems, messages):
        if len(kept) == most:
            break
        shared = Counter(index for stem in stems for index in by_stem.get(stem, ()))
        if any(count / max(len(stems), len(kept[index])) > _ALIKE for index, count in shared.items()):
            continue
        for stem in stems:
            by_stem.setdefault(stem, set()).add(len(kept))
        kept.append(stems)
    return len(kept)


@dataclass(frozen=True)
class Refused:
    """A message that was not added. ``phrase`` of ``data/desk.yml`` with ``values`` says why."""

    text: str
    phrase: str
    values: dict[str, str]

    def error(self) -> EditError:
        """The same as an error."""
        return EditError("message", self.phrase, 422, **self.values)


class Messages:
    """Lists and changes the training messages in the draft.

    ``topic_id`` is a topic's id, or ``out_of_scope``.
    """

    def __init__(self, draft: Draft, golden: Path = GOLDEN) -> None:
        self._draft = draft
        self._golden = golden

    async def of(self, topic_id: str) -> dict[str, list[str]]:
        """A topic's messages by language.

        Raises:
            EditError: there is no such topic.
        """

        def read(folder: Path, content: Content) -> dict[str, list[str]]:
            intent = _intent(content, topic_id)
            return {language: messages_of(folder, language).get(intent, []) for language in LANGUAGES}

        return await self._draft.look(read)

    async def check_messages(self, topic_id: str, language: str, texts: Sequence[str]) -> list[Refused]:
        """Which of these could not be added, and why; nothing changes.

        Raises:
            EditError: there is no such topic or language, or there are too many.
        """

        def read(folder: Path, content: Content) -> list[Refused]:
            return self._sorted(folder, content, _intent(content, topic_id), language, texts)[1]

        return await self._draft.look(read)

    async def add_messages(self, topic_id: str, language: str, texts: Sequence[str], account: str) -> int:
        """Have a topic learnt from these, too. All of them are added or none.

        Args:
            topic_id: a topic, or ``out_of_scope``.
            language: what they are written in.
            texts: the messages, without anything that tells who wrote them.
            account: who adds them.

        Returns:
            How many the topic has in this language now.

        Raises:
            EditError: one of them cannot be added; the error names the first.
        """

        def change(folder: Path, content: Content) -> None:
            intent = _intent(content, topic_id)
            fine, refused = self._sorted(folder, content, intent, language, texts)
            if refused:
                raise refused[0].error()
            if not fine:
                raise EditError("message", "edit.message_empty", text="")
            _append(_path(folder, language, intent), language, intent, fine)

        await self._draft.change(account, f"messages {topic_id} {language}", "added", change)
        return len((await self.of(topic_id))[language])

    async def change_message(self, topic_id: str, language: str, before: str, after: str, account: str) -> None:
        """Put another message in the place of one.

        Raises:
            EditError: the first is not there any more, or the other cannot be added.
        """

        def change(folder: Path, content: Content) -> None:
            intent = _intent(content, topic_id)
            path = _path(folder, language, intent)
            lines = _lines(path)
            index = _find(lines, intent, before)
            del lines[index]
            _write(path, lines)
            fine, refused = self._sorted(folder, content, intent, language, [after])
            if refused:
                raise refused[0].error()
            lines.insert(index, f"    - {fine[0]}" if fine else "")
            if not fine:
                raise EditError("message", "edit.message_empty", text="")
            _write(path, lines)

        await self._draft.change(account, f"messages {topic_id} {language}", "changed", change)

    async def remove_messages(self, topic_id: str, language: str, texts: Sequence[str], account: str) -> None:
        """Have a topic no longer learnt from these.

        Raises:
            EditError: one of them is not there any more.
        """

        def change(folder: Path, content: Content) -> None:
            intent = _intent(content, topic_id)
            path = _path(folder, language, intent)
            lines = _lines(path)
            for text in texts:
                del lines[_find(lines, intent, text)]
            if not any(_messages_in(lines, intent)):
                _drop_block(lines, intent)
            _write(path, lines)

        await self._draft.change(account, f"messages {topic_id} {language}", "removed", change)

    def _sorted(
        self, folder: Path, content: Content, intent: str, language: str, texts: Sequence[str]
    ) -> tuple[list[str], list[Refused]]:
        """Those that can be added, tidied, and those that cannot."""
        if language not in LANGUAGES:
            raise EditError("unknown_language", "edit.unknown_language", 404)
        if len(texts) > MOST:
            raise EditError("too_many", "edit.too_many_messages", most=str(MOST))
        owners = _owners(folder, language)
        golden = _golden(self._golden)
        fine: list[str] = []
        refused: list[Refused] = []
        for given in texts:
            text = " ".join(given.split())
            if not text:
                continue
            reason = _reason(text)
            same = words(text)
            if reason is None and same in golden:
                reason = "edit.message_golden", {}
            owner = owners.get(same)
            if reason is None and owner is not None:
                reason = (
                    ("edit.message_twice", {})
                    if owner == intent
                    else ("edit.message_elsewhere", {"topic": _title(content, owner)})
                )
            if reason is None:
                owners[same] = intent
                fine.append(text)
            else:
                phrase, values = reason
                refused.append(Refused(text, phrase, {"text": _short(text), **values}))
        return fine, refused


def forget_intent(folder: Path, language: str, intent: str) -> None:
    """Take every message of an intent out."""
    path = _path(folder, language, intent)
    lines = _lines(path)
    if any(_messages_in(lines, intent)):
        _drop_block(lines, intent)
        _write(path, lines)


def _reason(text: str) -> tuple[str, dict[str, str]] | None:
    """Why a text cannot be a training message, whatever the topic: a phrase and its values."""
    if len(text) > LONGEST:
        return "edit.message_long", {"most": str(LONGEST)}
    if text.startswith("/"):
        return "edit.message_command", {}
    if text.startswith("- "):
        return "edit.message_dash", {}
    if _ENTITY.search(text):
        return "edit.message_entity", {}
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") or letter == "\ufeff" for letter in text):
        return "edit.message_letters", {}
    if not any(letter.isalnum() for letter in words(text)):
        return "edit.message_empty", {}
    return None


def _intent(content: Content, topic_id: str) -> str:
    if topic_id == OUT_OF_SCOPE:
        return OUT_OF_SCOPE
    topic: Topic | None = content.topics.get(topic_id)
    if topic is None:
        raise EditError("unknown_topic", "edit.unknown_topic", 404)
    return topic.intent


def _title(content: Content, intent: str) -> str:
    topic = content.by_intent.get(intent)
    return content.answers[topic.id].title if topic else intent


def _path(folder: Path, language: str, intent: str) -> Path:
    if language not in LANGUAGES:
        raise EditError("unknown_language", "edit.unknown_language", 404)
    return folder / "data/nlu" / language / f"{intent.partition('/')[0]}.yml"


def _owners(folder: Path, language: str) -> dict[str, str]:
    """Each message as the program sees it -> whose it is."""
    return {
        same: intent
        for path in sorted((folder / "data/nlu" / language).glob("*.yml"))
        for same, intent in _seen(path, path.stat().st_mtime_ns).items()
    }


@lru_cache(maxsize=64)
def _seen(path: Path, changed: int) -> dict[str, str]:
    return {words(text): intent for intent, texts in _read(path, changed).items() for text in texts}


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> dict[str, list[str]]:
    """The messages of a file by intent. ``changed``: when it last was, so that each state is read once."""
    found: dict[str, list[str]] = {}
    intent = ""
    for line in _lines(path):
        if block := _INTENT.match(line):
            intent = block[1]
            found[intent] = []
        elif intent and (message := _MESSAGE.match(line)):
            found[intent].append(message[1])
    return found


@lru_cache(maxsize=2)
def _golden(folder: Path) -> frozenset[str]:
    found = set()
    for path in sorted(folder.glob("*.messages.jsonl")):
        found |= {words(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines() if line}
    return frozenset(found)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return ['version: "3.1"', "nlu:"]
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _write(path: Path, lines: Collection[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _messages_in(lines: Sequence[str], intent: str) -> Iterator[int]:
    """The lines that are messages of an intent."""
    inside = False
    for index, line in enumerate(lines):
        if block := _INTENT.match(line):
            inside = block[1] == intent
        elif inside and _MESSAGE.match(line):
            yield index


def _find(lines: Sequence[str], intent: str, text: str) -> int:
    for index in _messages_in(lines, intent):
        found = _MESSAGE.match(lines[index])
        if found and found[1] == text:
            return index
    raise EditError("changed_meanwhile", "edit.message_gone", 409, text=_short(text))


def _append(path: Path, language: str, intent: str, texts: Sequence[str]) -> None:
    lines = _lines(path)
    last = max(_messages_in(lines, intent), default=None)
    new = [f"    - {text}" for text in texts]
    if last is None:
        lines += [f"- intent: {intent}", f"  metadata: {{language: {language}}}", "  examples: |", *new]
    else:
        lines[last + 1 : last + 1] = new
    _write(path, lines)


def _drop_block(lines: list[str], intent: str) -> None:
    """An intent without messages is no training data; Rasa would warn of it."""
    start = next(index for index, line in enumerate(lines) if (found := _INTENT.match(line)) and found[1] == intent)
    end = next((index for index in range(start + 1, len(lines)) if not lines[index].startswith(" ")), len(lines))
    del lines[start:end]


def _stems(message: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words(message).split())


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
