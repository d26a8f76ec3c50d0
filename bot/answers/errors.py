"""What goes wrong with content."""

from __future__ import annotations

from pathlib import Path


class ContentError(Exception):
    """A data file cannot be used. The message is one line that names the file and what is wrong."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem
