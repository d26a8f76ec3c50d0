"""Commands of our own in the background: they work with what processor time is left, and end with this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable

from bot.training import quiet_environment

#: Lines of a failed command that say what went wrong.
_LAST = 15


class CommandFailed(Exception):
    """A command ended with another status than 0; the message holds the end of what it printed."""


async def run_all(*commands: list[str]) -> None:
    """Run commands at once, as ``run`` does; when one fails the others end.

    Raises:
        CommandFailed: one failed.
    """
    tasks = [asyncio.create_task(run(command)) for command in commands]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run(arguments: list[str], say: Callable[[str], None] = lambda line: None) -> None:
    """Run ``python -m bot``; cancelling ends it at once.

    Args:
        arguments: a command that knows ``--in-background`` (``bot/__main__.py``), and its options.
        say: gets each line that it prints.

    Raises:
        CommandFailed: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, "--in-background",
        # It ends when this pipe does: also when this process is killed.
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=quiet_environment(), start_new_session=True,
    )  # fmt: skip
    printed: list[str] = []
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            printed.append(line.decode("utf-8", "replace").rstrip())
            say(printed[-1])
        status = await process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if status != 0:
        raise CommandFailed("\n".join(printed[-_LAST:]))
