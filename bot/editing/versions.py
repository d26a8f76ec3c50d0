"""The content in git: what is live, what is drafted, and everything that was live before.

``CONTENT_DIR`` holds

- ``repository.git`` with the branches ``shipped`` (what came with the program), ``main`` (what is live) and ``draft``
  (one commit an edit). Each version is one commit on the first-parent line of ``main``; one that was published is a
  merge of the draft's edits, so that it is known who wrote each line;
- ``draft/``, the working folder of the draft;
- ``versions/<tree>/``, the files of versions as programs read them; nobody changes these.

When a new release brings other content, it is merged into the live version and into the draft; where both have changed
the same lines, the editors' words stay.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bot.answers.content import load_content
from bot.answers.errors import ContentError
from bot.editing.errors import EditError
from bot.editing.git import Git, GitFailed
from bot.translations import compile_catalogues

_logger = logging.getLogger(__name__)

#: What a version came from: the program itself, an editor, or an editor who returned to an earlier one.
Kind = Literal["shipped", "published", "undone"]

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}

#: The files of the content, below a project's folder.
_PATTERNS = ("data/**/*.yml", "data/**/*.jsonl", "locales/**/*.po", "locales/*.cfg")
_SHIPPED, _MAIN, _DRAFT = "shipped", "main", "draft"
_SHIPPED_MESSAGE = "Content that came with the program\n\nKind: shipped"
_DRAFT_MESSAGE = "Brought up to the live version"
#: So many versions' files are kept ready; older ones are only in git.
_READY = 4
_ALL = 100_000
_FIELDS = (
    "%H%x00%P%x00%an%x00%aI%x00%(trailers:key=Kind,valueonly,separator=)%x00"
    "%(trailers:key=Despite,valueonly,separator=%x20)%x00%s%x1e"
)


@dataclass(frozen=True)
class Version:
    """A commit of the content.

    ``reason`` and ``despite`` are in the author's words: why it was made, and why in spite of what the trial showed.
    ``before`` is the version before it; None for the first.
    """

    id: str
    author: str
    at: dt.datetime
    kind: Kind
    reason: str
    despite: str
    before: str | None


@dataclass(frozen=True)
class Edit:
    """A commit of the draft; ``what`` says which item and what was done, as in ``topic minimum_wage: text``."""

    id: str
    author: str
    at: dt.datetime
    what: str


class Versions:
    """The repository of one installation. Methods block: call them in a thread, one at a time (``Draft.alone``)."""

    def __init__(self, directory: Path, shipped: Path = Path()) -> None:
        self._directory = directory.resolve()
        self._from = shipped.resolve()
        self._git = Git(self._directory / "repository.git")
        #: The draft's files; they change under whoever holds them.
        self.draft_folder = self._directory / "draft"
        self._draft = Git(self.draft_folder)
        self._exporting = threading.Lock()

    def open(self) -> None:
        """Make the repository, or take in what a new release of the program brings.

        What a process that was killed left half done is undone: nobody else may use the folder meanwhile.

        Raises:
            GitFailed: git is missing or cannot write there, or the release's content cannot be read with the editors'.
        """
        if not self._git.succeeds("rev-parse", "--verify", "--quiet", f"refs/heads/{_DRAFT}"):
            self._create()
        for lock in (*self._git.folder.glob("*.lock"), *self._git.folder.glob("refs/**/*.lock")):
            lock.unlink(missing_ok=True)
        for lock in self._git.folder.glob("worktrees/*/*.lock"):
            lock.unlink(missing_ok=True)
        # Never into the repository: compiled catalogues.
        (self._git.folder / "info").mkdir(exist_ok=True)
        (self._git.folder / "info/exclude").write_text("*.mo\n", encoding="utf-8")
        if not self._draft.folder.is_dir() or not self._draft.succeeds("rev-parse", "--verify", "--quiet", _DRAFT):
            self._remove_worktree(self.draft_folder)
            self._git.run("worktree", "add", "--force", str(self.draft_folder), _DRAFT)
        self.restore()
        self._take_in_shipped()
        self._git.run("-c", "gc.auto=2000", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")

    # What is live

    def live(self) -> Version:
        """The version that people are answered from."""
        return self._version(_MAIN)

    def folder(self, version: str) -> Path:
        """The files of a version (or of the draft as it is now), catalogues compiled, exported now if need be."""
        target = self._directory / "versions" / self._tree(version)[:12]
        with self._exporting:
            if not target.is_dir():
                part = target.with_name(target.name + ".part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                self._git.export(version, part)
                self._compile(part)
                part.rename(target)
        return target

    def history(self, most: int = 50) -> list[Version]:
        """Versions, the newest first."""
        return self._versions(_MAIN, most)

    def version(self, version: str) -> Version:
        """One of them.

        Raises:
            EditError: there is no such version.
        """
        found = next((one for one in self._versions(_MAIN, _ALL) if one.id == version), None)
        if found is None:
            raise EditError("unknown_version", "edit.unknown_version", status=404)
        return found

    # The draft

    def draft_id(self) -> str:
        """What the draft is now: 40 hex digits that name its files, not how they came about."""
        return self._tree(_DRAFT)

    def text_at(self, version: str, path: str) -> str | None:
        """A file as it was in a version or a draft (``draft_id``), None if there is none here.

        Args:
            version: 40 hex digits.
            path: below the folder that holds ``data`` and ``locales``.
        """
        try:
            return self._git.run("show", f"{version}:{path}")
        except GitFailed:
            return None

    def edits(self) -> list[Edit]:
        """What has been done since the last version, the newest first."""
        return self.edits_between(_MAIN, _DRAFT)

    def edits_between(self, before: str, after: str) -> list[Edit]:
        """The edits that one version (or the draft) has and the other has not, the newest first."""
        rows = self._rows("--no-merges", f"{before}..{after}")
        # A version has a kind; what was undone and shipped is no edit.
        return [Edit(row[0], row[2], dt.datetime.fromisoformat(row[3]), row[6]) for row in rows if not row[4].strip()]

    def edits_of(self, items: Sequence[str], most: int = 30) -> list[Edit]:
        """The last edits of items (``topic payslip``), published or not, the newest first."""
        names = "|".join(map(re.escape, items))
        rows = self._rows("--no-merges", f"--max-count={most}", "-E", f"--grep=^({names})[ :]", _DRAFT)
        return [Edit(row[0], row[2], dt.datetime.fromisoformat(row[3]), row[6]) for row in rows if not row[4].strip()]

    def changed_files(self, before: str = _MAIN, after: str = _DRAFT) -> list[str]:
        """Paths below the folder in which the draft differs from the live version, or one version from another."""
        return self._git.run("diff", "--name-only", "--no-renames", before, after).splitlines()

    def commit(self, author: str, what: str) -> bool:
        """Keep what has been changed in the draft's folder; False if nothing was."""
        self._draft.run("add", "--all", "data", "locales")
        if self._draft.succeeds("diff", "--cached", "--quiet"):
            return False
        self._draft.run("commit", "--quiet", "-m", what, author=author)
        return True

    def restore(self) -> None:
        """Throw away what has been changed in the draft's folder and not kept."""
        self._draft.run("reset", "--hard", "--quiet", _DRAFT)
        self._draft.run("clean", "-fdq", "--exclude=*.mo", "data", "locales")

    def discard(self) -> None:
        """Make the draft the live version again; the edits are lost."""
        self._draft.run("reset", "--hard", "--quiet", _MAIN)
        self._draft.run("clean", "-fdq", "--exclude=*.mo", "data", "locales")

    # From one version to the next

    def prepare(self, author: str, reason: str, despite: str = "") -> str:
        """A version made of the draft, not live yet: its commit.

        Raises:
            EditError: there is nothing to publish.
        """
        if self._tree(_DRAFT) == self._tree(_MAIN):
            raise EditError("nothing_changed", "edit.nothing_changed", status=409)
        return self._new_version(self._tree(_DRAFT), author, "published", reason, despite, self._commit(_DRAFT))

    def prepare_undo(self, to: str, author: str, reason: str) -> str:
        """A version that is as ``to`` was, but with what came with the program since; not live yet: its commit.

        Raises:
            EditError: there is no such version, it is the present one, or it does not fit what came with the program
                since, or what is drafted.
        """
        target = self.version(to)
        after = list(itertools.takewhile(lambda one: one != target, self._versions(_MAIN, _ALL)))
        try:
            with self._working_folder(_MAIN) as git:
                for version in after:
                    if version.kind != "shipped":
                        self._revert(git, version)
                tree = git.run("rev-parse", "HEAD^{tree}").strip()
                self._check(git.folder)
            if tree == self._tree(_MAIN):
                raise EditError("nothing_changed", "edit.same_version", status=409)
            prepared = self._new_version(tree, author, "undone", reason)
            self._draft_with(prepared)
        except GitFailed as error:
            raise EditError("cannot_undo", "edit.cannot_undo", status=409) from error
        except ContentError as error:
            raise EditError("cannot_undo", "edit.cannot_undo_unreadable", status=409, reason=error.problem) from error
        return prepared

    def make_live(self, version: str) -> None:
        """Make a prepared version the live one, and bring the draft up to it.

        Raises:
            EditError: another version went live since it was prepared.
        """
        before = self._git.run("rev-parse", f"{version}^1").strip()
        try:
            self._git.run("update-ref", f"refs/heads/{_MAIN}", version, before)
        except GitFailed as error:
            raise EditError("changed_meanwhile", "edit.published_meanwhile", status=409) from error
        self._bring_up_draft()
        self._forget_old_folders()

    # Within

    def _create(self) -> None:
        self._git.folder.mkdir(parents=True, exist_ok=True)
        self._git.run("init", "--quiet", "--bare", "--initial-branch", _MAIN)
        first = self._commit_shipped(None)
        for branch in (_SHIPPED, _MAIN, _DRAFT):
            self._git.run("update-ref", f"refs/heads/{branch}", first)

    def _commit_shipped(self, parent: str | None) -> str:
        """A commit of the files that came with the program; ``parent`` itself if they are as they were."""
        paths = [path.relative_to(self._from).as_posix() for pattern in _PATTERNS for path in self._from.glob(pattern)]
        hashes = self._git.run(
            "hash-object", "-w", "--stdin-paths", "--no-filters",
            given="".join(f"{self._from / path}\n" for path in paths),
        ).split()  # fmt: skip
        rows = [f"100644 blob {digest}\t{path}" for digest, path in zip(hashes, paths)]
        tree = self._tree_of(rows)
        if parent is not None and tree == self._tree(parent):
            return parent
        parents = ["-p", parent] if parent else []
        return self._git.run("commit-tree", tree, *parents, "-m", _SHIPPED_MESSAGE).strip()

    def _tree_of(self, rows: list[str]) -> str:
        """A tree of files (``mode blob hash<tab>path``), folder by folder."""
        here: list[str] = []
        below: dict[str, list[str]] = {}
        for row in rows:
            meta, path = row.split("\t")
            first, _, rest = path.partition("/")
            if rest:
                below.setdefault(first, []).append(f"{meta}\t{rest}")
            else:
                here.append(row)
        here += [f"040000 tree {self._tree_of(inside)}\t{name}" for name, inside in below.items()]
        return self._git.run("mktree", given="\n".join(here) + "\n").strip()

    def _take_in_shipped(self) -> None:
        """Merge what a release brings into what is live and what is drafted; into both, or into none."""
        before = self._commit(_SHIPPED)
        commit = self._commit_shipped(before)
        if commit != before:
            try:
                with self._working_folder(_MAIN) as git:
                    _bring_up(git, commit, _SHIPPED_MESSAGE)
                    self._check(git.folder)
                    merged = git.run("rev-parse", "HEAD").strip()
            except ContentError as error:
                raise GitFailed(f"what came with the program does not go with what was edited: {error}") from error
            moved = (f"update refs/heads/{_MAIN} {merged}\n", f"update refs/heads/{_SHIPPED} {commit}\n")
            self._git.run("update-ref", "--stdin", given="".join(moved))
        # Also after a process was killed before it came to this.
        self._bring_up_draft()

    def _bring_up_draft(self) -> None:
        """Merge what is live into the draft; a draft that cannot be read with it is put aside."""
        if self._git.succeeds("merge-base", "--is-ancestor", _MAIN, _DRAFT):
            return
        try:
            is_behind = self._git.succeeds("merge-base", "--is-ancestor", _DRAFT, _MAIN)
            to = self._commit(_MAIN) if is_behind else self._draft_with(_MAIN)
        except (ContentError, GitFailed) as error:
            aside = f"draft-{self._commit(_DRAFT)[:12]}"
            self._git.run("branch", "--force", aside, _DRAFT)
            to = self._commit(_MAIN)
            _logger.error("The draft does not go with the live version and is kept as branch %s: %s", aside, error)
        self._draft.run("reset", "--hard", "--quiet", to)

    def _draft_with(self, version: str) -> str:
        """The draft's commit with a version merged into it; the draft itself stays as it is.

        Raises:
            ContentError: the content could not be read.
        """
        with self._working_folder(_DRAFT) as git:
            _bring_up(git, self._commit(version), _DRAFT_MESSAGE)
            self._check(git.folder)
            return git.run("rev-parse", "HEAD").strip()

    def _revert(self, git: Git, version: Version) -> None:
        """Take back a version in a working folder; where something came on top of it, that goes, too."""
        is_merge = git.succeeds("rev-parse", "--verify", "--quiet", f"{version.id}^2")
        git.run("revert", "--no-edit", "-X", "theirs", *(["-m", "1"] if is_merge else []), version.id)

    def _new_version(
        self, tree: str, author: str, kind: Kind, reason: str, despite: str = "", draft: str | None = None
    ) -> str:
        message = f"{' '.join(reason.split())}\n\nKind: {kind}"
        if despite:
            message += f"\nDespite: {' '.join(despite.split())}"
        parents = ["-p", _MAIN, *(["-p", draft] if draft else [])]
        return self._git.run("commit-tree", tree, *parents, "-m", message, author=author).strip()

    def _version(self, commit: str) -> Version:
        return self._versions(commit, 1)[0]

    def _versions(self, commit: str, most: int) -> list[Version]:
        return [
            Version(
                digest, author, dt.datetime.fromisoformat(at), _KINDS[kind.strip()], reason, despite.strip(),
                parents.split()[0] if parents else None,
            )
            for digest, parents, author, at, kind, despite, reason in self._rows(
                "--first-parent", f"--max-count={most}", commit
            )
        ]  # fmt: skip

    def _rows(self, *arguments: str) -> list[list[str]]:
        rows = self._git.run("log", f"--format={_FIELDS}", *arguments)
        return [row.strip("\n").split("\0") for row in rows.split("\x1e") if row.strip()]

    def _commit(self, name: str) -> str:
        return self._git.run("rev-parse", "--verify", f"{name}^{{commit}}").strip()

    def _tree(self, name: str) -> str:
        return self._git.run("rev-parse", "--verify", f"{name}^{{tree}}").strip()

    @contextmanager
    def _working_folder(self, commit: str) -> Iterator[Git]:
        """A working folder of its own, at a commit, until the end of the block."""
        work = self._directory / "work"
        self._remove_worktree(work)
        self._git.run("worktree", "add", "--force", "--detach", str(work), commit)
        try:
            yield Git(work)
        finally:
            self._remove_worktree(work)

    def _remove_worktree(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._git.run("worktree", "prune")

    def _check(self, folder: Path) -> None:
        """Read all content of a working folder.

        Raises:
            ContentError: it cannot be read.
        """
        self._compile(folder)
        load_content(folder)

    def _compile(self, folder: Path) -> None:
        """Compile a folder's catalogues; most are as in the draft, where they are compiled already."""
        for path in folder.glob("locales/*/LC_MESSAGES/*.po"):
            drafted = self.draft_folder / path.relative_to(folder)
            compiled = drafted.with_suffix(".mo")
            is_fresh = compiled.is_file() and compiled.stat().st_mtime >= drafted.stat().st_mtime
            if is_fresh and drafted.read_bytes() == path.read_bytes():
                shutil.copyfile(compiled, path.with_suffix(".mo"))
        compile_catalogues(folder)

    def _forget_old_folders(self) -> None:
        ready = {self._tree(version)[:12] for version in (_DRAFT, *(one.id for one in self.history(_READY)))}
        for folder in (self._directory / "versions").glob("*"):
            if folder.is_dir() and folder.name not in ready:
                shutil.rmtree(folder, ignore_errors=True)


def _bring_up(git: Git, to: str, message: str) -> None:
    """Merge into a working folder; where both have changed the same lines, what is there stays."""
    if git.succeeds("merge-base", "--is-ancestor", "HEAD", to):
        git.run("merge", "--ff-only", "--quiet", to)
        return
    if git.succeeds("merge", "--quiet", "--no-ff", "-X", "ours", "-m", message, to):
        return
    # One side has removed a file that the other has changed.
    for path in git.run("diff", "--name-only", "--diff-filter=U").splitlines():
        if git.succeeds("cat-file", "-e", f"HEAD:{path}"):
            git.run("checkout", "HEAD", "--", path)
        else:
            git.run("rm", "--quiet", "--force", "--", path)
    git.run("commit", "--quiet", "-m", message)
