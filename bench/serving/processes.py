"""What processes cost, as Linux counts it in ``/proc``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Megabytes (2^20 bytes). ``pss`` counts a page that n processes share as 1/n of one."""

    rss: float
    pss: float


def children(parent: int) -> list[int]:
    """The processes a process has started."""
    found = []
    for stat in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(_fields(stat)[1]) == parent:
                found.append(int(stat.parent.name))
    return sorted(found)


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    return [pid, *(descendant for child in children(pid) for descendant in family(child))]


def command(pid: int) -> list[str]:
    """The words of a process's command line."""
    return (_PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")


def born(pid: int) -> int:
    """When a process started, in ticks since the machine did: another process with the same id has another moment."""
    return int(_fields(_PROC / str(pid) / "stat")[19])


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor seconds used so far, in user and system mode together."""
    fields = [_fields(_PROC / str(pid) / "stat") for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in fields) / _TICKS


def memory(pids: Iterable[int]) -> Memory:
    """Memory in use now."""
    rss = pss = 0
    for pid in pids:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Rss":
                rss += int(value.split()[0])
            elif name == "Pss":
                pss += int(value.split()[0])
    return Memory(rss / 1024, pss / 1024)


def _fields(stat: Path) -> list[str]:
    """The fields after the name, which may hold spaces; the first is the third of ``man proc``."""
    return stat.read_text().rpartition(")")[2].split()
