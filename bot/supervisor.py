"""Runs the three processes (Rasa, action server, gateway), waits until they work, restarts what crashes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import click

from bot.settings import Settings
from bot.training import quiet_environment

LOGS = Path("var/log")
#: Seconds until all parts must be ready, and for which a part may take to stop.
READY_SECONDS = 180
STOP_SECONDS = 10
#: A crashed part is started again after 1, 2, 4 ... seconds, at most this many.
LONGEST_BACK_OFF = 60
#: A part that ran this long begins again with a short back-off.
_STABLE_SECONDS = 60
_ALL_INTERFACES = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound to)


class StartFailed(Exception):
    """The parts did not come up; one line says which and why."""


@dataclass
class Part:
    """One process of ours: how it is started, and how it shows that it works."""

    name: str
    command: list[str]
    ready_url: str
    headers: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None


def port_is_free(host: str, port: int) -> bool:
    """Whether we may listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _free_ports(count: int) -> list[int]:
    """Loopback ports nobody uses now."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class Supervisor:
    """Starts, watches and stops the parts."""

    def __init__(self, settings: Settings, model: Path, say: Callable[[str], None] = click.echo) -> None:
        self._settings = settings
        self._say = say
        self._stopping = asyncio.Event()
        LOGS.mkdir(parents=True, exist_ok=True)
        rasa_port, action_port = _free_ports(2)
        rasa_token, action_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        rasa_url, action_url = f"http://127.0.0.1:{rasa_port}", f"http://127.0.0.1:{action_port}"
        self._environment = {
            **quiet_environment(),
            "RASA_URL": rasa_url,
            "RASA_TOKEN": rasa_token,
            "ACTION_URL": f"{action_url}/webhook",
            "ACTION_TOKEN": action_token,
        }
        host = "127.0.0.1" if settings.host in _ALL_INTERFACES else settings.host
        self.address = f"http://{host}:{settings.port}"
        self.parts = [
            Part(
                "action server",
                [sys.executable, "-m", "actions.server", "--port", str(action_port)],
                f"{action_url}/health",
                {"Authorization": f"Bearer {action_token}"},
            ),
            Part(
                "rasa",
                [
                    sys.executable, "-m", "rasa", "run", "--quiet", "--interface", "127.0.0.1",
                    "--port", str(rasa_port), "--model", str(model),
                    "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
                ],
                f"{rasa_url}/webhooks/gateway/ready",
                {"Authorization": f"Bearer {rasa_token}"},
            ),
            Part("gateway", [sys.executable, "-m", "bot.app"], f"{self.address}/healthz"),
        ]  # fmt: skip

    async def run(self) -> None:
        """Start all parts, announce the address, keep them running until told to stop.

        Raises:
            StartFailed: they did not all come up in time.
        """
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._stopping.set)
        watchers = [asyncio.create_task(self._watch(part)) for part in self.parts]
        try:
            await self._wait_until_ready()
            if not self._stopping.is_set():
                self._say(f"\nWegwijzer is ready: {self.address}\nStop it with Ctrl-C.")
            await self._stopping.wait()
            self._say("\nStopping ...")
        finally:
            self._stopping.set()
            await asyncio.gather(*(self._stop(part) for part in self.parts))
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    async def _watch(self, part: Part) -> None:
        """Start a part and start it again whenever it ends, ever later."""
        back_off = 1
        while not self._stopping.is_set():
            started = time.monotonic()
            with (LOGS / f"{part.name.replace(' ', '-')}.log").open("ab") as log:
                part.process = await asyncio.create_subprocess_exec(
                    *part.command, env=self._environment, stdout=log, stderr=log, start_new_session=True
                )
            status = await part.process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _STABLE_SECONDS:
                back_off = 1
            self._say(f"The {part.name} ended with status {status}; starting it again in {back_off} s.")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), back_off)
            back_off = min(back_off * 2, LONGEST_BACK_OFF)

    async def _wait_until_ready(self) -> None:
        self._say("Starting " + ", ".join(part.name for part in self.parts) + " ...")
        waiting, end = list(self.parts), time.monotonic() + READY_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while waiting and not self._stopping.is_set():
                for part in list(waiting):
                    if await _answers(session, part):
                        self._say(f"  {part.name}: ready")
                        waiting.remove(part)
                if waiting and time.monotonic() > end:
                    names = ", ".join(part.name for part in waiting)
                    raise StartFailed(f"not ready after {READY_SECONDS} s: {names}; see {LOGS}/")
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 0.3)

    async def _stop(self, part: Part) -> None:
        process = part.process
        if process is None or process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except asyncio.TimeoutError:
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()


async def _answers(session: aiohttp.ClientSession, part: Part) -> bool:
    try:
        async with session.get(part.ready_url, headers=part.headers) as response:
            return response.status == 200
    except (aiohttp.ClientError, asyncio.TimeoutError):
        return False


def _signal_group(pid: int, signum: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signum)
