"""Dutch places and the regions they belong to (``data/places.yml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.answers._yaml import entry, read_mapping
from bot.answers.errors import ContentError


@dataclass(frozen=True)
class Places:
    """``regions``: region id -> its places; ``spellings``: every way to write a place -> the place."""

    regions: dict[str, frozenset[str]]
    spellings: dict[str, str]

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
    groups = (*regions.values(), entry(path, data, "elsewhere", "file"))
    spellings = {name: name for group in groups for name in sorted(group)}
    for name, others in entry(path, data, "aliases", "file").items():
        if name not in spellings:
            raise ContentError(path, f"'{name}' has aliases but is no place")
        spellings.update(dict.fromkeys(others, name))
    return Places(regions, spellings)
