"""The ways through a chat as editors see them: the rules of ``data/stories``, and the steps in ``data/paths.yml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bot.answers._yaml import entry, read_mapping
from bot.answers.content import Content
from bot.answers.errors import ContentError

_BUTTONS = "buttons"


@dataclass(frozen=True)
class RuleStep:
    """A step of a rule: what somebody means (``intent``) or what the assistant does (``action``)."""

    kind: str
    name: str


@dataclass(frozen=True)
class Rule:
    """A rule or story of Rasa's."""

    name: str
    steps: tuple[RuleStep, ...]


@dataclass(frozen=True)
class Step:
    """A step in words by language of the desk, and the ids of the texts and buttons that are said in it."""

    say: Mapping[str, str]
    texts: tuple[str, ...]
    buttons: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A way through the chat, or a group of texts (one step without words)."""

    id: str
    title: Mapping[str, str]
    rules: tuple[Rule, ...]
    steps: tuple[Step, ...]

    def text_ids(self) -> Iterator[str]:
        """Every text that is said on it."""
        for step in self.steps:
            yield from step.texts
            yield from step.buttons


@dataclass(frozen=True)
class Paths:
    """All of them in order, the rules that begin none, and the most letters of texts that have a limit."""

    paths: tuple[Way, ...]
    other_rules: tuple[Rule, ...]
    letters: Mapping[str, int]

    def with_text(self, text_id: str) -> Way | None:
        """The path or group that a text belongs to."""
        return next((path for path in self.paths if text_id in path.text_ids()), None)


def load_rules(folder: Path) -> list[Rule]:
    """The rules and stories in ``data/stories``, in the files' order.

    Raises:
        ContentError: a file is broken.
    """
    found = []
    for path in sorted((folder / "data/stories").glob("*.yml")):
        document = read_mapping(path)
        for kind in ("rule", "story"):
            for row in document.get("rules" if kind == "rule" else "stories") or ():
                steps = tuple(_rule_step(step) for step in entry(path, row, "steps", str(row)))
                found.append(Rule(str(entry(path, row, kind, str(row))), steps))
    return found


def load_paths(folder: Path, content: Content) -> Paths:
    """The paths of a draft.

    Raises:
        ContentError: the file is broken, names a text that is not there, or names one twice.
    """
    path = folder / "data/paths.yml"
    document = read_mapping(path)
    rows = {**entry(path, document, "paths", "file"), **entry(path, document, "groups", "file")}
    named = [name for row in rows.values() for step in _steps(row) for name in _names(step) if not _is_pattern(name)]
    for name in named:
        if name not in content.interface or named.count(name) > 1:
            raise ContentError(path, f"'{name}' is no text, or is named twice")
    left = [text_id for text_id in content.interface if text_id not in named]
    # Longer patterns are more particular: they choose first.
    patterns = {name for row in rows.values() for step in _steps(row) for name in _names(step) if _is_pattern(name)}
    chosen = {text_id: _pattern_of(text_id, patterns) for text_id in left}
    rules = load_rules(folder)
    begun = {intent for row in rows.values() for intent in row.get("begins") or ()}
    paths = tuple(
        Way(
            path_id,
            entry(path, row, "title", path_id),
            tuple(rule for rule in rules if rule.steps[0].name in (row.get("begins") or ())),
            tuple(
                Step(
                    step.get("say") or {}, tuple(_resolved(step.get("texts"), chosen)), tuple(step.get(_BUTTONS) or ())
                )
                for step in _steps(row)
            ),
        )
        for path_id, row in rows.items()
    )
    letters = _letters(document.get("letters") or {}, paths, content)
    return Paths(paths, tuple(rule for rule in rules if rule.steps[0].name not in begun), letters)


def most_letters(folder: Path, content: Content, text_id: str) -> int | None:
    """The most letters that a text may have in any language, None if there is no limit."""
    return load_paths(folder, content).letters.get(text_id)


def _rule_step(row: Any) -> RuleStep:
    """Rasa's other steps (slots, forms, checkpoints) are shown as they are written."""
    kind, name = next(iter(row.items()))
    return RuleStep(str(kind), str(name))


def _steps(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A group is one step without words."""
    return list(row["steps"]) if "steps" in row else [row]


def _names(step: Mapping[str, Any]) -> list[str]:
    return [*(step.get("texts") or ()), *(step.get(_BUTTONS) or ())]


def _is_pattern(name: str) -> bool:
    return "*" in name


def _pattern_of(text_id: str, patterns: Iterable[str]) -> str | None:
    fitting = [pattern for pattern in patterns if fnmatchcase(text_id, pattern)]
    return max(fitting, key=len, default=None)


def _resolved(names: Iterable[str] | None, chosen: Mapping[str, str | None]) -> Iterator[str]:
    for name in names or ():
        if _is_pattern(name):
            yield from (text_id for text_id, pattern in chosen.items() if pattern == name)
        else:
            yield name


def _letters(limits: Mapping[str, int], paths: Iterable[Way], content: Content) -> dict[str, int]:
    buttons = {name for path in paths for step in path.steps for name in step.buttons}
    found = dict.fromkeys(buttons, limits[_BUTTONS]) if _BUTTONS in limits else {}
    for text_id in content.interface:
        pattern = _pattern_of(text_id, limits)
        if pattern is not None:
            found[text_id] = limits[pattern]
    return found
