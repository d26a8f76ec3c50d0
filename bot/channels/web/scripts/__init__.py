"""The chat page's script: modules here, one file on the way to the phone.

With 400 ms to the server, fifteen modules arrive a second later than one file, and a third larger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import (?:{[\w, ]+} from )?"\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async |class |const |function |let )", re.MULTILINE)
_COMMENT_LINES = re.compile(r"^ *(//|/\*\*| \*).*\n|^\n", re.MULTILINE)


def module(name: str) -> bytes:
    """A module by itself, as it is, for other pages that show what the chat shows."""
    return (_FOLDER / f"{name}.js").read_bytes()


def joined(entry: str, made: Mapping[str, str]) -> str:
    """A module and all that it imports as one module: each after those it needs, in one scope, without comments.

    ``made`` are modules that are no files (name -> source). The names at the top of the modules must differ.

    Raises:
        ValueError: a module imports or exports in a way that is not understood here, or in a circle.
    """
    found: dict[str, str] = {}
    open_modules: list[str] = []

    def visit(name: str) -> None:
        if name in found:
            return
        if name in open_modules:
            raise ValueError(f"modules in a circle: {' -> '.join([*open_modules, name])}")
        open_modules.append(name)
        source = made[name] if name in made else (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for imported in _IMPORT.findall(source):
            visit(imported)
        source = _EXPORT.sub("", _IMPORT.sub("", source))
        if re.search(r"^(import|export)\b", source, re.MULTILINE):
            raise ValueError(f"{name}.js: an import or export that cannot be joined")
        found[name] = _COMMENT_LINES.sub("", source)
        open_modules.pop()

    visit(entry)
    return "".join(found.values())
