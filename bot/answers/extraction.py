"""Babel extractors for the YAML files, named in ``babel.cfg``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import yaml

#: What Babel wants of an extractor: line number, function, message(s), comments.
Extracted = tuple[int, str, tuple[str, str], list[str]]


def extract_answers(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """Text, title and simpler text of every answer in a ``data/answers/*.yml`` file."""
    root = yaml.compose(fileobj)
    for key, variations in _pairs(_value(root, "responses")):
        intent = key.value.removeprefix("utter_")
        variation = variations.value[0]
        meta = _value(variation, "metadata")
        yield _message(intent, _value(variation, "text"), "keep the {placeholders}")
        yield _message(f"{intent} title", _value(meta, "title"), "a button, at most 28 characters")
        yield _message(f"{intent} simpler", _value(meta, "simpler"), "words of everyday life")


def extract_services(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """What each organisation does, from ``data/services.yml``."""
    for key, service in _pairs(_value(yaml.compose(fileobj), "services")):
        yield _message(f"service {key.value}", _value(service, "does"), "what the organisation does")


def extract_interface(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The texts of ``data/interface.yml`` and ``data/desk.yml``."""
    for key, text in _pairs(_value(yaml.compose(fileobj), "texts")):
        yield _message(key.value, text, "")


def extract_canned(fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The replies that counsellors pick, from ``data/canned.yml``."""
    for group in _value(yaml.compose(fileobj), "replies").value:
        for key, text in _pairs(_value(group, "replies")):
            yield _message(key.value, text, "a counsellor says this; at most 45 words")


def _message(context: str, node: Any, comment: str) -> Extracted:
    return node.start_mark.line + 1, "pgettext", (context, node.value.strip()), [comment] if comment else []


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return list(node.value)


def _value(node: Any, key: str) -> Any:
    return next(value for name, value in _pairs(node) if name.value == key)
