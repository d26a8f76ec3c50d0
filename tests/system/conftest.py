"""The real thing, started once: supervisor, Rasa, action server, gateway."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.training import quiet_environment
from tests.conftest import ROOT, TODAY

_START_SECONDS = 150


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class System:
    """A running Wegwijzer."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    def part(self, word: str) -> int:
        """The process id of a part, by a word of its command line."""
        for pid in _children(self.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if word in command:
                return pid
        raise AssertionError(f"no part '{word}' is running")


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def wait_for(url: str, seconds: float = _START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as response:
            if response.status == 200:
                return
        if time.monotonic() > end:
            raise AssertionError(f"{url} is not ready after {seconds} s")
        time.sleep(0.2)


@contextlib.contextmanager
def running(command: list[str], url: str, output: Path, **environment: str) -> Iterator[System]:
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**quiet_environment(), "TODAY": TODAY.isoformat(), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield System(url, process, output)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@pytest.fixture(scope="session")
def system(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything, on a store of its own."""
    folder = tmp_path_factory.mktemp("system")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/store.db",
        "MESSAGES_PER_MINUTE": "600",
        "CONVERSATIONS_PER_MINUTE": "600",
    }
    with running(["bot", "run"], url, folder / "output.txt", **environment) as system:
        wait_for(f"{url}/readyz")
        yield system


@pytest.fixture
def lonely_gateway(model: Path, tmp_path: Path) -> Iterator[System]:
    """The gateway alone: no Rasa, no action server."""
    port = free_port()
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/store.db",
        "RASA_URL": f"http://127.0.0.1:{free_port()}",
        "RASA_TOKEN": "unused",
        "MESSAGES_PER_MINUTE": "5",
    }
    url = f"http://127.0.0.1:{port}"
    with running(["bot.app"], url, tmp_path / "output.txt", **environment) as system:
        wait_for(f"{url}/healthz", 30)
        yield system


@pytest.fixture(scope="session")
def chromium() -> str:
    path = os.environ.get("CHROMIUM")
    if not path:
        pytest.fail("no browser: run the tests with `make test`")
    return path
