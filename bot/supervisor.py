"""Runs the three processes (Rasa, action server, gateway), waits until they work, restarts what crashes.

Rasa and the action server answer from one version of the content, as a pair. The gateway can have a second pair started
for another version, try it, and make it the one that answers: until then, and while it starts, the first goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import click
from aiohttp import web

from bot.settings import Settings
from bot.training import quiet_environment

LOGS = Path("var/log")
#: Seconds until all parts must be ready, and for which a part may take to stop.
READY_SECONDS = 180
STOP_SECONDS = 10
#: A crashed part is started again after 1, 2, 4 ... seconds, at most this many.
LONGEST_BACK_OFF = 60
#: A pair that no longer answers may finish what it was asked, for so many seconds.
_FINISH_SECONDS = 30
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
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    ending: bool = False


@dataclass
class Pair:
    """A Rasa server and its action server, which answer from the content in one folder."""

    id: str
    rasa_url: str
    rasa_token: str
    content: Path
    model: Path
    parts: list[Part]

    def environment(self) -> dict[str, str]:
        """What a gateway needs to know to be answered by this pair."""
        return {
            "RASA_URL": self.rasa_url,
            "RASA_TOKEN": self.rasa_token,
            "CONTENT": str(self.content),
            "MODEL": str(self.model),
        }


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


def _pair(content: Path, model: Path) -> Pair:
    rasa_port, action_port = _free_ports(2)
    rasa_token, action_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    rasa_url, action_url = f"http://127.0.0.1:{rasa_port}", f"http://127.0.0.1:{action_port}"
    environment = {
        **quiet_environment(),
        "CONTENT": str(content),
        "RASA_TOKEN": rasa_token,
        "ACTION_URL": f"{action_url}/webhook",
        "ACTION_TOKEN": action_token,
    }
    parts = [
        Part(
            "action server",
            [sys.executable, "-m", "actions.server", "--port", str(action_port)],
            f"{action_url}/health",
            {"Authorization": f"Bearer {action_token}"},
            environment,
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
            environment,
        ),
    ]  # fmt: skip
    return Pair(secrets.token_hex(4), rasa_url, rasa_token, content, model, parts)


class Supervisor:
    """Starts, watches and stops the parts."""

    def __init__(self, settings: Settings, content: Path, model: Path, say: Callable[[str], None] = click.echo) -> None:
        self._say = say
        self._stopping = asyncio.Event()
        LOGS.mkdir(parents=True, exist_ok=True)
        (port,) = _free_ports(1)
        self._port = port
        self._token = secrets.token_urlsafe(32)
        host = "127.0.0.1" if settings.host in _ALL_INTERFACES else settings.host
        self.address = f"http://{host}:{settings.port}"
        self._live = _pair(content, model)
        self._pairs = {self._live.id: self._live}
        self._gateway = Part("gateway", [sys.executable, "-m", "bot.app"], f"{self.address}/healthz")
        self._lead_gateway_to(self._live)
        self._watchers: set[asyncio.Task[None]] = set()

    @property
    def parts(self) -> list[Part]:
        """All parts that run, or are being started again."""
        return [*(part for pair in self._pairs.values() for part in pair.parts), self._gateway]

    async def run(self) -> None:
        """Start all parts, announce the address, keep them running until told to stop.

        Raises:
            StartFailed: they did not all come up in time.
        """
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._stopping.set)
        # A pair that the gateway no longer waits for is ended.
        runner = web.AppRunner(self._application(), access_log=None, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        parts = self.parts
        self._begin(parts)
        try:
            self._say("Starting " + ", ".join(part.name for part in parts) + " ...")
            if waiting := await self._not_ready(parts, self._say):
                names = ", ".join(part.name for part in waiting)
                raise StartFailed(f"not ready after {READY_SECONDS} s: {names}; see {LOGS}/")
            if not self._stopping.is_set():
                self._say(f"\nWegwijzer is ready: {self.address}\nStop it with Ctrl-C.")
            await self._stopping.wait()
            self._say("\nStopping ...")
        finally:
            self._stopping.set()
            await asyncio.gather(*(self._stop(part) for part in self.parts))
            await runner.cleanup()
            for watcher in self._watchers:
                watcher.cancel()
            await asyncio.gather(*self._watchers, return_exceptions=True)

    # What the gateway can ask for

    def _application(self) -> web.Application:
        @web.middleware
        async def check_token(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                raise web.HTTPUnauthorized
            return await handler(request)

        app = web.Application(middlewares=[check_token])
        app.add_routes(
            [
                web.post("/pairs", self._start_pair),
                web.delete("/pairs", self._end_others),
                web.post("/pairs/{id}/live", self._make_live),
                web.delete("/pairs/{id}", self._end_pair),
            ]
        )
        return app

    async def _start_pair(self, request: web.Request) -> web.Response:
        """Start a pair for a content and a model; answered when it is ready."""
        asked = await request.json()
        pair = _pair(Path(asked["content"]), Path(asked["model"]))
        self._pairs[pair.id] = pair
        self._begin(pair.parts)
        try:
            ready = not await self._not_ready(pair.parts)
        except asyncio.CancelledError:
            self._spawn(self._end(pair))
            raise
        if not ready:
            await self._end(pair)
            return web.json_response({"error": "not ready"}, status=504)
        return web.json_response({"id": pair.id, "rasa_url": pair.rasa_url, "rasa_token": pair.rasa_token})

    async def _make_live(self, request: web.Request) -> web.Response:
        """From now on a gateway that is started again is answered by this pair; the former one ends soon."""
        pair = self._pairs.get(request.match_info["id"])
        if pair is None:
            raise web.HTTPNotFound
        former, self._live = self._live, pair
        self._lead_gateway_to(pair)
        if former is not pair:
            self._spawn(self._end(former, _FINISH_SECONDS))
        return web.Response(status=204)

    async def _end_pair(self, request: web.Request) -> web.Response:
        pair = self._pairs.get(request.match_info["id"])
        if pair is None or pair is self._live:
            raise web.HTTPNotFound
        await self._end(pair)
        return web.Response(status=204)

    async def _end_others(self, request: web.Request) -> web.Response:
        """End every pair but the live one: a gateway that has just started knows of no other."""
        for pair in list(self._pairs.values()):
            if pair is not self._live and not any(part.ending for part in pair.parts):
                self._spawn(self._end(pair))
        return web.Response(status=204)

    def _lead_gateway_to(self, pair: Pair) -> None:
        self._gateway.environment = {
            **quiet_environment(),
            **pair.environment(),
            "SUPERVISOR_URL": f"http://127.0.0.1:{self._port}",
            "SUPERVISOR_TOKEN": self._token,
        }

    async def _end(self, pair: Pair, after_seconds: float = 0) -> None:
        await asyncio.sleep(after_seconds)
        for part in pair.parts:
            part.ending = True
        await asyncio.gather(*(self._stop(part) for part in pair.parts))
        self._pairs.pop(pair.id, None)

    # Running parts

    def _begin(self, parts: list[Part]) -> None:
        for part in parts:
            self._spawn(self._watch(part))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def _watch(self, part: Part) -> None:
        """Start a part and start it again whenever it ends, ever later."""
        back_off = 1
        while not self._is_over(part):
            started = time.monotonic()
            with (LOGS / f"{part.name.replace(' ', '-')}.log").open("ab") as log:
                part.process = await asyncio.create_subprocess_exec(
                    *part.command, env=part.environment, stdout=log, stderr=log, start_new_session=True
                )
            if self._is_over(part):
                await self._stop(part)
            status = await part.process.wait()
            if self._is_over(part):
                return
            if time.monotonic() - started > _STABLE_SECONDS:
                back_off = 1
            self._say(f"The {part.name} ended with status {status}; starting it again in {back_off} s.")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), back_off)
            back_off = min(back_off * 2, LONGEST_BACK_OFF)

    def _is_over(self, part: Part) -> bool:
        return part.ending or self._stopping.is_set()

    async def _not_ready(self, parts: list[Part], say: Callable[[str], None] | None = None) -> list[Part]:
        """Wait until parts are ready; those that are not in time (none when we are told to stop meanwhile)."""
        waiting, end = list(parts), time.monotonic() + READY_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while waiting and not self._stopping.is_set():
                for part in list(waiting):
                    if await _answers(session, part):
                        if say:
                            say(f"  {part.name}: ready")
                        waiting.remove(part)
                if waiting and time.monotonic() > end:
                    return waiting
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 0.3)
        return []

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
