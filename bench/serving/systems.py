"""Starts and stops what is measured: Wegwijzer as ``make run`` starts it, and the stock project."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving.processes import Memory, born, children, command, cpu_seconds, family, memory
from bot.settings import SETTINGS
from bot.training import quiet_environment

_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 180
_STOP_SECONDS = 30
#: Our processes by the module they run; others are named by their module.
_NAMES = {"bot.app": "gateway", "actions.server": "action server"}
#: Settings that let a load of many people through, and keep the outside out.
_SETTINGS = {
    **{setting.name: "1000000" for setting in SETTINGS if setting.name.endswith("_PER_MINUTE")},
    "HOST": "127.0.0.1",
    "TRUSTED_PROXIES": "1",
    "TELEGRAM_BOT_TOKEN": "",
}


class SystemFailed(Exception):
    """A system did not start, or a part of it ended; one line says which."""


@dataclass(frozen=True)
class Running:
    """A running system: its address, and its processes now, by part."""

    url: str
    parts: Callable[[], dict[str, list[int]]]

    def cpu(self) -> dict[str, float]:
        """Processor seconds each part has used so far."""
        return {name: cpu_seconds(pids) for name, pids in self.parts().items()}

    def memory(self) -> dict[str, Memory]:
        """Memory of each part now."""
        return {name: memory(pids) for name, pids in self.parts().items()}


@contextmanager
def wegwijzer(folder: Path) -> Iterator[Running]:
    """Our whole system on a store of its own in ``folder``."""
    (port,) = _free_ports(1)
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": f"sqlite:///{folder.absolute()}/store.db", "CONTENT_DIR": f"{folder.absolute()}/content"}
    settings = {**_SETTINGS, "PORT": str(port), **own}
    with _process(["bot", "run"], _ROOT, folder / "wegwijzer.log", settings) as supervisor:
        _wait_for(f"{url}/readyz", supervisor, folder / "wegwijzer.log")

        def parts() -> dict[str, list[int]]:
            own = {_name(pid): family(pid) for pid in children(supervisor.pid)}
            return {**own, "supervisor": [supervisor.pid]}

        yield Running(url, parts)


@contextmanager
def stock(project: Path, folder: Path) -> Iterator[Running]:
    """The stock project as ``rasa run`` and ``python -m rasa_sdk`` serve it; only addresses are not the defaults."""
    port, action_port = _free_ports(2)
    url, action_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{action_port}"
    environment = {"ACTION_URL": f"{action_url}/webhook"}
    run = ["rasa", "run", "--interface", "127.0.0.1", "--port", str(port)]
    run_actions = ["rasa_sdk", "--actions", "bench.serving.stock.actions", "--port", str(action_port)]
    with (
        _process(run, project, folder / "stock-rasa.log", environment) as rasa,
        _process(run_actions, _ROOT, folder / "stock-actions.log") as actions,
    ):
        _wait_for(f"{action_url}/health", actions, folder / "stock-actions.log")
        _wait_for(f"{url}/webhooks/rest/", rasa, folder / "stock-rasa.log")
        yield Running(url, lambda: {"rasa": family(rasa.pid), "action server": family(actions.pid)})


def _name(pid: int) -> str:
    words = command(pid)
    module = words[words.index("-m") + 1]
    return _NAMES.get(module, module)


def _free_ports(count: int) -> list[int]:
    """Loopback ports nobody uses now."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextmanager
def _process(
    module: list[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process of its own, in a session of its own, that ends with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            [sys.executable, "-m", *module],
            cwd=folder,
            env={**quiet_environment(), **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make an end of whatever it leaves behind."""
    members = {}
    for pid in family(process.pid):
        with contextlib.suppress(OSError):
            members[pid] = born(pid)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    for pid, moment in members.items():
        with contextlib.suppress(OSError):
            if born(pid) == moment:
                os.kill(pid, signal.SIGKILL)
    process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 (loopback)
            if response.status == 200:
                return
        if process.poll() is not None or time.monotonic() > end:
            raise SystemFailed(f"{log.stem} did not start:\n" + log.read_text(errors="replace")[-2000:].strip())
        time.sleep(0.2)
