"""Work in the background ends with whoever began it, also when that is killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.editing.background import CommandFailed, run
from bot.training import MODELS, model_path
from tests.conftest import ROOT


@pytest.fixture
def untrained(shipped: Path) -> Iterator[Path]:
    """Content for which there is no model."""
    nlu = shipped / "data/nlu/en/work.yml"
    text = nlu.read_text(encoding="utf-8")
    nlu.write_text(text.replace("  examples: |\n", f"  examples: |\n    - nobody asks this {os.getpid()}\n", 1))
    assert not model_path(shipped).is_file()
    before = set(MODELS.iterdir())
    yield shipped
    for left in set(MODELS.glob("training-*")) - before:
        shutil.rmtree(left, ignore_errors=True)


@pytest.mark.system
async def test_a_training_that_is_cancelled_leaves_nothing(untrained: Path) -> None:
    before = set(MODELS.glob("*.tar.gz"))
    begun = asyncio.Event()
    task = asyncio.create_task(run(["train", "--content", str(untrained)], lambda line: begun.set()))
    await asyncio.wait_for(begun.wait(), 120)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _training(untrained) == []
    assert not model_path(untrained).is_file()
    assert set(MODELS.glob("*.tar.gz")) >= before


@pytest.mark.system
def test_a_training_ends_when_whoever_began_it_is_killed(untrained: Path) -> None:
    code = "import asyncio, sys\nfrom bot.editing.background import run\nasyncio.run(run(sys.argv[1:], print))\n"
    parent = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "train", "--content", str(untrained)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 30
    while _training(untrained) and time.monotonic() < end:
        time.sleep(0.1)
    assert _training(untrained) == []


async def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    with pytest.raises(CommandFailed, match="data/chats"):
        await run(["train", "--content", str(tmp_path)], lambda line: None)


def _training(content: Path) -> list[int]:
    """Processes that train on a content."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(content).encode() in command.read_bytes() and int(command.parent.name) != os.getpid():
                found.append(int(command.parent.name))
        except OSError:
            continue
    return found
