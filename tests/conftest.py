"""What many tests need: the project's content and trained model."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answers.content import Content, load_content
from bot.training import model_path
from bot.translations import compile_catalogues
from tests.databases import drop_all

ROOT = Path(__file__).parent.parent

#: A day on which today's facts hold, so that the tests say the same next year.
TODAY = dt.date(2026, 11, 25)


@pytest.fixture(scope="session", autouse=True)
def _in_project_folder() -> None:
    os.chdir(ROOT)


@pytest.fixture(scope="session", autouse=True)
def _no_database_is_left() -> Iterator[None]:
    yield
    drop_all()


@pytest.fixture(scope="session")
def content() -> Content:
    compile_catalogues(ROOT)
    return load_content(ROOT)


@pytest.fixture(scope="session")
def model() -> Path:
    path = model_path(ROOT)
    if not path.is_file():
        pytest.fail("the model is not trained: run `make train`")
    return path
