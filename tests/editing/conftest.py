"""What the tests of editing start from: content of their own, its repository, and an editor at the desk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.answers.content import Content
from bot.editing.draft import Draft
from bot.editing.versions import Versions
from tests.conftest import ROOT
from tests.editing.running import EditingDesk, editing_desk


@pytest.fixture(scope="session")
def _program(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("program")
    for part in ("data", "locales"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


@pytest.fixture(scope="session")
def _first_repository(_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    Versions(folder, _program).open()
    return folder


@pytest.fixture
def shipped(_program: Path, tmp_path: Path) -> Path:
    """A folder with ``data`` and ``locales`` as they come with the program."""
    return shutil.copytree(_program, tmp_path / "shipped")


@pytest.fixture
def versions(_first_repository: Path, shipped: Path, tmp_path: Path) -> Versions:
    """The repository, as it is after the first start."""
    return _versions(_first_repository, shipped, tmp_path / "content")


def _versions(repository: Path, shipped: Path, folder: Path) -> Versions:
    shutil.copytree(repository / "repository.git", folder / "repository.git")
    shutil.rmtree(folder / "repository.git" / "worktrees")
    versions = Versions(folder, shipped)
    versions.open()
    for compiled in shipped.glob("locales/**/*.mo"):
        shutil.copyfile(compiled, versions.draft_folder / compiled.relative_to(shipped))
    return versions


@pytest.fixture
def draft(versions: Versions) -> Draft:
    """The draft, in which nothing has been changed yet."""
    return Draft(versions)


@pytest.fixture(scope="module")
def unchanged(_first_repository: Path, _program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Draft]:
    """A draft for tests after which it is as before."""
    draft = Draft(_versions(_first_repository, _program, tmp_path_factory.mktemp("unchanged") / "content"))
    before, _ = asyncio.run(draft.state())
    yield draft
    assert draft.present_id() == before


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(_first_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EditingDesk]:
    """The gateway, its desk and a draft for the tests of one module; it takes seconds to build.

    Tests that use it are marked with ``pytest.mark.asyncio(loop_scope="module")``.
    """
    async with editing_desk(tmp_path_factory.mktemp("desk"), _first_repository) as running:
        yield running
