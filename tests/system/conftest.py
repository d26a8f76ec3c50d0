"""The real thing, started once: supervisor, Rasa, action server, gateway."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.training import quiet_environment
from tests.conftest import ROOT, TODAY
from tests.system.sites import Sites, serving_sites

_START_SECONDS = 150

# Other tests compute beside these: what is right may take a while.
expect.set_options(timeout=20_000)


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

    def fail_writing(self) -> None:
        """From now on a gateway that runs alone can write to no file, as on a disk that fails."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


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
            env={
                **quiet_environment(),
                "TODAY": TODAY.isoformat(),
                "CONTENT_DIR": str(output.parent / "content"),
                **environment,
            },
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
def sites() -> Iterator[Sites]:
    """Other people's sites."""
    with serving_sites(free_port()) as sites:
        yield sites


@pytest.fixture(scope="session")
def system(model: Path, sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything, on a store of its own."""
    folder = tmp_path_factory.mktemp("system")
    port = free_port()
    url = sites.chat = f"http://127.0.0.1:{port}"
    environment = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/store.db",
        "MESSAGES_PER_MINUTE": "600",
        "ADDRESS_MESSAGES_PER_MINUTE": "6000",
        "CONVERSATIONS_PER_MINUTE": "600",
        "EMBED_ORIGINS": sites.allowed,
        "LEAVE_URL": sites.neutral,
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


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser; not for longer than a module, as asynchronous tests cannot run beside it."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    # In place of Playwright's own list, which switches off that frames have a storage apart for each site around them.
    arguments.append("--disable-features=Translate")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


#: What a browser says about a connection that a test has cut or a refusal it has provoked.
_EXPECTED = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION",
    "ERR_INCOMPLETE",
    "ERR_EMPTY",
    "status of 4",
    "status of 503",
)

#: Makes a context (a person with a browser of her own): ``visit(path, **options)`` gives a page that is open.
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, system: System) -> Iterator[Visit]:
    """Opens pages for people; nothing may go wrong in the console of any of them."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    allowed = list(_EXPECTED)

    def note(kind: str, text: str) -> None:
        if kind == "error" and not any(expected in text for expected in allowed):
            problems.append(text)

    def open_page(path: str = "/", *, prepare: str = "", expected: Sequence[str] = (), **options: object) -> Page:
        allowed.extend(expected)
        context = browser.new_context(**{"locale": "pl-PL", **options})  # type: ignore[arg-type]
        contexts.append(context)
        if prepare:
            context.add_init_script(prepare)
        context.on("console", lambda message: note(message.type, message.text))
        context.on("weberror", lambda error: problems.append(str(error.error)))
        page = context.new_page()
        page.goto(path if "://" in path else system.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
