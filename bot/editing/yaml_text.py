"""Changing YAML files so that comments, quotes and order stay as people wrote them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

#: A list below its key: how far its dashes are indented tells how the file is written.
_LIST = re.compile(r"^( *)[^\s#-][^\n]*:\n( *)- ", re.MULTILINE)


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """The document of a file, to be changed in place; it is written back when the block ends without an error."""
    text = path.read_text(encoding="utf-8")
    yaml = _writer(text)
    document = yaml.load(text)
    yield document
    written = io.StringIO()
    yaml.dump(document, written)
    path.write_text(written.getvalue(), encoding="utf-8")


def literal(text: str) -> LiteralScalarString:
    """A text that is written as a block with its own lines (``|-``)."""
    return LiteralScalarString("\n".join(line.rstrip() for line in text.strip().splitlines()))


def quoted(text: str) -> SingleQuotedScalarString:
    """A text in quotes: bare, Rasa and we would read ``yes`` or ``11:00`` as something else."""
    return SingleQuotedScalarString(text)


def on_one_line(values: Mapping[str, Any]) -> CommentedMap:
    """A mapping that is written as ``{a: 1, b: 2}``."""
    mapping = CommentedMap(values)
    mapping.fa.set_flow_style()
    return mapping


def _writer(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    found = _LIST.search(text)
    offset = len(found[2]) - len(found[1]) if found else 0
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml
