"""Git, as far as the content needs it. It is the program itself: what it keeps, everybody's tools can read."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

_COMMITTER = "Wegwijzer"
#: Addresses that cannot be anybody's (RFC 2606).
_MAIL = "{name}@wegwijzer.invalid"


class GitFailed(Exception):
    """Git refused; the message is the last line it printed."""


@dataclass(frozen=True)
class Git:
    """Commands in one repository, or in one of its working folders."""

    folder: Path

    def run(self, *arguments: str, author: str = _COMMITTER, given: str | None = None) -> str:
        """What a command prints.

        Args:
            arguments: the command.
            author: the name of whoever makes a commit.
            given: its standard input.

        Raises:
            GitFailed: its exit status is not 0, or there is no git.
        """
        try:
            done = subprocess.run(  # noqa: S603 (our own arguments, no shell)
                [  # noqa: S607
                    "git", "-c", "safe.directory=*", "-c", "core.autocrlf=false", "-c", "gc.auto=0",
                    "-c", "core.quotepath=false", *arguments,
                ],
                cwd=self.folder, env=_environment(author), input=given, capture_output=True, text=True,
                encoding="utf-8",
            )  # fmt: skip
        except OSError as error:
            raise GitFailed(f"git cannot be started: {error}") from error
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise GitFailed(lines[-1] if lines else f"git {arguments[0]} failed")
        return done.stdout

    def succeeds(self, *arguments: str) -> bool:
        """Whether a command ends with status 0."""
        try:
            self.run(*arguments)
        except GitFailed:
            return False
        return True

    def export(self, commit: str, target: Path) -> None:
        """Write the files of a commit into an empty folder."""
        archive = subprocess.run(  # noqa: S603
            ["git", "-c", "safe.directory=*", "archive", "--format=tar", commit],  # noqa: S607
            cwd=self.folder, env=_environment(_COMMITTER), capture_output=True, check=True,
        ).stdout  # fmt: skip
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(target)  # noqa: S202 (from our own repository)


def _environment(author: str) -> dict[str, str]:
    """Nobody's own git settings: no signing, no hooks, no editor."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": _MAIL.format(name=author.lower()),
        "GIT_COMMITTER_NAME": _COMMITTER,
        "GIT_COMMITTER_EMAIL": _MAIL.format(name=_COMMITTER.lower()),
    }
