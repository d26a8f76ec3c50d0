"""Reading YAML files with one-line errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.answers.errors import ContentError


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        ContentError: the file is missing, is no YAML or holds no mapping.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise ContentError(path, error.strerror or "cannot be read") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ContentError(path, f"{where}{getattr(error, 'problem', None) or 'is not YAML'}") from error
    if not isinstance(data, dict):
        raise ContentError(path, "must hold a mapping")
    return data


def entry(path: Path, mapping: dict[str, Any], key: str, where: str) -> Any:
    """The value of a required key; ``where`` names the record for the error."""
    if key not in mapping:
        raise ContentError(path, f"{where}: '{key}' is missing")
    return mapping[key]
