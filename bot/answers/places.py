"""Dutch places and the regions they belong to (``data/places.yml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.answers._yaml import entry, read_mapping


@dataclass(frozen=True)
class Places:
    """``regions``: region id -> its places; ``names``: every known place."""

    regions: dict[str, frozenset[str]]
    names: tuple[str, ...]

    def within(self, place: str, region: str) -> bool:
        return place in self.regions[region]


#: The place slot's value when a person only says that they live outside the human partner's region.
SOMEWHERE_ELSE = "elsewhere"


def load_places(path: Path) -> Places:
    """Read ``data/places.yml``.

    Raises:
        ContentError: the file is broken.
    """
    data = read_mapping(path)
    regions = {key: frozenset(names) for key, names in entry(path, data, "regions", "file").items()}
    names = dict.fromkeys(
        name for group in (*regions.values(), entry(path, data, "elsewhere", "file")) for name in sorted(group)
    )
    return Places(regions, tuple(names))
