"""The content in git: nothing anybody wrote is lost, and what answers is always one whole version."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.answers.content import Content, load_content
from bot.editing.draft import Draft, must_be, revision
from bot.editing.errors import EditError
from bot.editing.git import GitFailed
from bot.editing.versions import Version, Versions
from tests.conftest import ROOT

#: Texts far apart in one file, so that changes of them can be merged.
_MENU, _FREE, _OFFER = "button.menu", "help.free", "also.offer"


def _write(file: Path, phrase: str, text: str | None) -> None:
    """Change a line of ``data/interface.yml``, or take it out."""
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith(f"  {phrase}:"))
    lines[place : place + 1] = [] if text is None else [f"  {phrase}: '{text}'"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _rename_service(folder: Path, name: str) -> None:
    """Give an organisation another id, wherever it is named."""
    services = folder / "data/services.yml"
    services.write_text(services.read_text().replace("\n  svb:\n", f"\n  {name}:\n"))
    for path in folder.glob("data/answers/*.yml"):
        path.write_text(re.sub(r"(services: \[.*)\bsvb\b", rf"\1{name}", path.read_text()))


async def _edit(draft: Draft, phrase: str, text: str, account: str = "ewa") -> None:
    def change(folder: Path, content: Content) -> None:
        _write(folder / "data/interface.yml", phrase, text)

    await draft.change(account, f"text {phrase}", "text", change)


def _publish(versions: Versions, account: str = "ewa", reason: str = "a reason") -> Version:
    versions.make_live(versions.prepare(account, reason))
    return versions.live()


def _undo(versions: Versions, to: Version, account: str = "jan") -> Version:
    versions.make_live(versions.prepare_undo(to.id, account, "back"))
    return versions.live()


def _live(versions: Versions, phrase: str) -> str:
    return load_content(versions.folder(versions.live().id)).interface[phrase]


async def _drafted(draft: Draft, phrase: str) -> str:
    return (await draft.content()).interface[phrase]


def _upgrade(versions: Versions, shipped: Path, phrases: Iterable[tuple[str, str | None]]) -> Versions:
    """What a new release of the program brings, at the next start."""
    for phrase, text in phrases:
        _write(shipped / "data/interface.yml", phrase, text)
    versions.open()
    return versions


def test_a_first_start_makes_what_came_with_the_program_live(versions: Versions, shipped: Path) -> None:
    assert [version.kind for version in versions.history()] == ["shipped"]
    folder = versions.folder(versions.live().id)
    for path in shipped.glob("data/**/*.yml"):
        assert (folder / path.relative_to(shipped)).read_bytes() == path.read_bytes()
    assert load_content(folder).phrase("pl", _MENU) == load_content(shipped).phrase("pl", _MENU)
    assert versions.edits() == []
    assert versions.changed_files() == []


def test_a_second_start_changes_nothing(versions: Versions) -> None:
    before = versions.history(), versions.draft_id()
    versions.open()
    assert (versions.history(), versions.draft_id()) == before


async def test_an_edit_is_kept_in_its_authors_name_and_does_not_answer_anybody(
    versions: Versions, draft: Draft
) -> None:
    await _edit(draft, _MENU, "Everything")
    assert await _drafted(draft, _MENU) == "Everything"
    assert _live(versions, _MENU) == "All topics"
    (edit,) = versions.edits()
    assert (edit.author, edit.what) == ("ewa", f"text {_MENU}: text")
    assert versions.changed_files() == ["data/interface.yml"]


async def test_compiled_catalogues_are_no_part_of_what_is_kept(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything")
    version = _publish(versions)
    files = _git(versions, "ls-tree", "-r", "--name-only", version.id).splitlines()
    assert "data/interface.yml" in files
    assert not [name for name in files if name.endswith(".mo")]


async def test_publishing_makes_the_draft_live_with_author_and_reason(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything", "ewa")
    await _edit(draft, _FREE, "no money", "jan")
    versions.make_live(versions.prepare("jan", "New  words\nfor the menu", "Danger was tried by hand"))
    version = versions.live()
    assert (version.author, version.kind) == ("jan", "published")
    assert (version.reason, version.despite) == ("New words for the menu", "Danger was tried by hand")
    assert _live(versions, _MENU) == "Everything"
    assert versions.edits() == []
    assert [(one.author, one.what.split(":")[0]) for one in versions.edits_between(f"{version.id}^", version.id)] == [
        ("jan", f"text {_FREE}"),
        ("ewa", f"text {_MENU}"),
    ]
    blamed = _git(versions, "blame", "-p", version.id, "--", "data/interface.yml")
    assert {"author ewa", "author jan", "author Wegwijzer"} <= set(blamed.splitlines())


async def test_what_is_edited_after_a_version_was_prepared_stays_in_the_draft(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything")
    prepared = versions.prepare("ewa", "menu")
    await _edit(draft, _FREE, "no money", "jan")
    versions.make_live(prepared)
    assert _live(versions, _FREE) == "free of charge"
    assert await _drafted(draft, _FREE) == "no money"
    assert await _drafted(draft, _MENU) == "Everything"
    assert [edit.what for edit in versions.edits()] == [f"text {_FREE}: text"]


def test_nothing_to_publish_makes_no_version(versions: Versions) -> None:
    with pytest.raises(EditError) as refused:
        versions.prepare("ewa", "nothing")
    assert refused.value.code == "nothing_changed"


async def test_of_two_who_publish_at_once_one_is_told(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything")
    first, second = versions.prepare("ewa", "mine"), versions.prepare("jan", "mine")
    versions.make_live(first)
    with pytest.raises(EditError) as refused:
        versions.make_live(second)
    assert refused.value.code == "changed_meanwhile"
    assert versions.live().id == first


async def test_undoing_returns_to_a_version_and_can_be_undone(versions: Versions, draft: Draft) -> None:
    first = versions.live()
    await _edit(draft, _MENU, "Everything")
    second = _publish(versions)
    await _edit(draft, _FREE, "no money")
    third = _publish(versions)
    undone = _undo(versions, second)
    assert (undone.kind, undone.author) == ("undone", "jan")
    assert (_live(versions, _MENU), _live(versions, _FREE)) == ("Everything", "free of charge")
    _undo(versions, first)
    assert (_live(versions, _MENU), _live(versions, _FREE)) == ("All topics", "free of charge")
    _undo(versions, third)
    assert (_live(versions, _MENU), _live(versions, _FREE)) == ("Everything", "no money")
    assert len(versions.history()) == 6
    assert await _drafted(draft, _MENU) == "Everything"
    assert versions.edits() == []


async def test_undoing_leaves_what_others_have_in_the_draft(versions: Versions, draft: Draft) -> None:
    first = versions.live()
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    await _edit(draft, _FREE, "no money", "jan")
    _undo(versions, first)
    assert await _drafted(draft, _FREE) == "no money"
    assert await _drafted(draft, _MENU) == "All topics"
    assert [edit.what for edit in versions.edits()] == [f"text {_FREE}: text"]


async def test_where_draft_and_undo_change_the_same_the_draft_keeps_its_words(versions: Versions, draft: Draft) -> None:
    first = versions.live()
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    await _edit(draft, _MENU, "Everything there is", "jan")
    _undo(versions, first)
    assert _live(versions, _MENU) == "All topics"
    assert await _drafted(draft, _MENU) == "Everything there is"


def test_there_is_no_way_to_a_version_that_never_was(versions: Versions) -> None:
    for wrong in ("0" * 40, versions.live().id[:12], "draft", "--all"):
        with pytest.raises(EditError) as refused:
            versions.prepare_undo(wrong, "jan", "back")
        assert refused.value.code == "unknown_version"
    with pytest.raises(EditError) as refused:
        versions.prepare_undo(versions.live().id, "jan", "back")
    assert refused.value.code == "nothing_changed"


async def test_discarding_makes_the_draft_the_live_version_again(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything")
    await draft.alone(versions.discard)
    assert await _drafted(draft, _MENU) == "All topics"
    assert versions.edits() == []
    await _edit(draft, _FREE, "no money")
    assert len(versions.edits()) == 1


async def test_a_new_release_comes_into_the_live_version_and_into_the_draft(
    versions: Versions, draft: Draft, shipped: Path
) -> None:
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    await _edit(draft, _FREE, "no money")
    _upgrade(versions, shipped, [(_OFFER, "From the release {topics}")])
    assert versions.live().kind == "shipped"
    assert _live(versions, _OFFER) == "From the release {topics}"
    assert _live(versions, _MENU) == "Everything"
    assert _live(versions, _FREE) == "free of charge"
    draft = Draft(versions)
    assert await _drafted(draft, _OFFER) == "From the release {topics}"
    assert await _drafted(draft, _FREE) == "no money"
    assert [edit.what for edit in versions.edits()] == [f"text {_FREE}: text"]


async def test_where_a_release_changes_the_same_line_the_editors_words_stay(
    versions: Versions, draft: Draft, shipped: Path
) -> None:
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    await _edit(draft, _FREE, "no money")
    _upgrade(versions, shipped, [(_MENU, "Menu"), (_FREE, "gratis")])
    assert _live(versions, _MENU) == "Everything"
    assert _live(versions, _FREE) == "gratis"
    assert await _drafted(Draft(versions), _FREE) == "no money"


async def test_undoing_keeps_what_came_with_the_program_since(versions: Versions, draft: Draft, shipped: Path) -> None:
    first = versions.live()
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    _upgrade(versions, shipped, [(_OFFER, "From the release {topics}")])
    _undo(versions, first)
    assert _live(versions, _MENU) == "All topics"
    assert _live(versions, _OFFER) == "From the release {topics}"


async def test_an_undo_that_cannot_be_read_with_a_later_release_is_refused(
    versions: Versions, draft: Draft, shipped: Path
) -> None:
    def rename(folder: Path, content: Content) -> None:
        _rename_service(folder, "new_svb")

    first = versions.live()
    await draft.change("ewa", "service svb", "name", rename)
    second = _publish(versions)

    def use_it(folder: Path, content: Content) -> None:
        path = folder / "data/answers/services.yml"
        text = path.read_text()
        path.write_text(text.replace("services: [", "services: [new_svb, ", 1))

    # A release that builds on what was published.
    versions._git.run("update-ref", "refs/heads/shipped", second.id)
    for part in ("data", "locales"):
        shutil.rmtree(shipped / part)
        shutil.copytree(versions.draft_folder / part, shipped / part)
    use_it(shipped, await draft.content())
    versions.open()
    before = versions.live(), versions.draft_id()
    with pytest.raises(EditError) as refused:
        versions.prepare_undo(first.id, "jan", "back")
    assert refused.value.phrase == "edit.cannot_undo_unreadable"
    assert "new_svb" in refused.value.values["reason"]
    assert (versions.live(), versions.draft_id()) == before


async def test_a_release_that_cannot_be_read_with_the_edits_is_not_taken_in_by_half(
    versions: Versions, draft: Draft, shipped: Path
) -> None:
    def use_it(folder: Path, content: Content) -> None:
        path = folder / "data/answers/work.yml"
        path.write_text(path.read_text().replace("services: [", "services: [svb, ", 1))

    await draft.change("ewa", "topic minimum_wage", "services", use_it)
    _publish(versions)
    before = versions.live(), versions.draft_id()
    _rename_service(shipped, "the_svb")
    for _ in range(2):
        with pytest.raises(GitFailed, match="'svb'"):
            versions.open()
        assert (versions.live(), versions.draft_id()) == before


async def test_a_draft_that_cannot_be_read_with_a_release_is_put_aside(
    versions: Versions, draft: Draft, shipped: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def use_it(folder: Path, content: Content) -> None:
        path = folder / "data/answers/work.yml"
        path.write_text(path.read_text().replace("services: [", "services: [svb, ", 1))

    await draft.change("ewa", "topic minimum_wage", "services", use_it)
    _rename_service(shipped, "the_svb")
    versions.open()
    assert "the_svb" in (await Draft(versions).content()).services.services
    kept = _git(versions, "branch", "--list", "draft-*").strip()
    assert kept in caplog.text
    assert _git(versions, "log", "-1", "--format=%an", kept) == "ewa\n"


async def test_what_a_killed_process_left_half_done_is_undone(versions: Versions, draft: Draft) -> None:
    await _edit(draft, _MENU, "Everything")
    _write(versions.draft_folder / "data/interface.yml", _FREE, "half")
    (versions.draft_folder / "data/half.yml").write_text("half")
    lock = next((versions._directory / "repository.git/worktrees").glob("*")) / "index.lock"
    lock.touch()
    (versions._directory / "versions" / "0123456789ab.part").mkdir(parents=True)
    draft = Draft(versions)
    assert await _drafted(draft, _MENU) == "Everything"
    assert await _drafted(draft, _FREE) == "free of charge"
    assert not (versions.draft_folder / "data/half.yml").exists()
    await _edit(draft, _FREE, "no money")


async def test_a_version_is_live_although_the_process_was_killed_before_the_draft_knew(
    versions: Versions, draft: Draft
) -> None:
    await _edit(draft, _MENU, "Everything")
    prepared = versions.prepare("ewa", "menu")
    await _edit(draft, _FREE, "no money")
    versions._git.run("update-ref", "refs/heads/main", prepared)
    versions.open()
    assert versions.live().id == prepared
    assert await _drafted(Draft(versions), _FREE) == "no money"
    assert [edit.what for edit in versions.edits()] == [f"text {_FREE}: text"]


async def test_the_repository_alone_is_enough_for_a_backup(versions: Versions, draft: Draft, tmp_path: Path) -> None:
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    await _edit(draft, _FREE, "no money")
    shutil.copytree(versions._directory / "repository.git", tmp_path / "restored/repository.git")
    restored = Versions(tmp_path / "restored", versions._from)
    restored.open()
    assert _live(restored, _MENU) == "Everything"
    assert await _drafted(Draft(restored), _FREE) == "no money"
    shutil.move(str(versions._directory), str(tmp_path / "moved"))
    moved = Versions(tmp_path / "moved", versions._from)
    moved.open()
    assert await _drafted(Draft(moved), _FREE) == "no money"


async def test_a_change_that_breaks_the_content_changes_nothing(versions: Versions, draft: Draft) -> None:
    before = versions.draft_id()

    def broken(folder: Path, content: Content) -> None:
        (folder / "data/topics.yml").write_text("topics: [")

    with pytest.raises(EditError) as refused:
        await draft.change("ewa", "topic x", "text", broken)
    assert refused.value.code == "unreadable"
    assert versions.draft_id() == before
    assert "minimum_wage" in (await draft.content()).topics


async def test_edits_of_many_at_once_are_all_kept(versions: Versions, draft: Draft) -> None:
    phrases = [_MENU, _FREE, _OFFER, "button.human", "help.always"]
    await asyncio.gather(*(_edit(draft, phrase, f"{{topics}} {n}", f"e{n}") for n, phrase in enumerate(phrases)))
    content = await draft.content()
    assert [content.interface[phrase] for phrase in phrases] == [f"{{topics}} {n}" for n in range(5)]
    assert {edit.author for edit in versions.edits()} == {f"e{n}" for n in range(5)}


async def test_who_has_seen_something_else_is_refused(draft: Draft) -> None:
    seen = revision((await draft.content()).interface[_MENU])
    await _edit(draft, _MENU, "Everything")
    with pytest.raises(EditError) as refused:
        must_be(seen, revision((await draft.content()).interface[_MENU]))
    assert refused.value.code == "changed_meanwhile"


async def test_files_of_old_versions_go_and_those_of_the_last_ones_stay(versions: Versions, draft: Draft) -> None:
    kept = []
    for number in range(6):
        await _edit(draft, _MENU, f"Menu {number}")
        kept.append(versions.folder(_publish(versions).id))
    assert [folder.is_dir() for folder in kept] == [False, False, True, True, True, True]
    first = versions.history()[-2]
    assert load_content(versions.folder(first.id)).interface[_MENU] == "Menu 0"


async def test_the_editors_changes_can_be_pulled_into_the_source(
    versions: Versions, draft: Draft, shipped: Path
) -> None:
    """The recipe of docs/operations.md."""
    _run(shipped, "git", "init", "--quiet", "--initial-branch=trunk")
    (shipped / ".gitignore").write_text("*.mo\n")
    (shipped / "program.py").write_text("pass\n")
    _run(shipped, "git", "add", "--all")
    _run(shipped, *_AS, "commit", "--quiet", "-m", "source")
    await _edit(draft, _MENU, "Everything")
    _publish(versions)
    # The source has gone on meanwhile, in the same file.
    _write(shipped / "data/interface.yml", _OFFER, "From the source {topics}")
    _run(shipped, *_AS, "commit", "--quiet", "--all", "-m", "more source")
    recipe = re.search(r"```sh\n(git fetch.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    assert recipe
    lines = recipe[1].replace("var/content", str(versions._directory)).replace("git commit", " ".join(_AS) + " commit")
    _run(shipped, "sh", "-e", "-c", lines)
    assert load_content(shipped).interface[_MENU] == "Everything"
    assert load_content(shipped).interface[_OFFER] == "From the source {topics}"
    assert _run(shipped, "git", "show", "--format=", "--name-only") == "data/interface.yml\n"
    versions.open()
    assert (_live(versions, _MENU), _live(versions, _OFFER)) == ("Everything", "From the source {topics}")
    assert versions.edits() == []


_AS = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org")


def _git(versions: Versions, *arguments: str) -> str:
    return _run(versions._directory / "repository.git", "git", *arguments)


def _run(folder: Path, *command: str) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
