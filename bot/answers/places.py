"""Dutch places and the regions they belong to (``data/places.yml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answers._yaml import entry, read_mapping
from bot.answers.errors import ContentError


@dataclass(frozen=True)
class Places:
    """``regions``: region id -> its places; ``spellings``: every way to write a place -> the place.

    ``municipalities``: the name of each municipality of the regions -> its places. Somebody who only says that they
    live in a region has its id for a place.
    """

    regions: dict[str, frozenset[str]]
    spellings: dict[str, str]
    municipalities: dict[str, frozenset[str]]

    def within(self, place: str, region: str) -> bool:
        return self.regions.get(place, frozenset({place})) <= self.regions[region]

    def municipality(self, place: str | None) -> str:
        """The municipality of a place, or ``IN_REGION``, ``SOMEWHERE_ELSE`` or ``UNKNOWN``."""
        if place is None:
            return UNKNOWN
        if place in self.regions:
            return IN_REGION
        names = (name for name, places in self.municipalities.items() if place in places)
        return next(names, SOMEWHERE_ELSE)


#: The place slot's value when a person only says that they live outside the human partner's region.
SOMEWHERE_ELSE = "elsewhere"
#: In place of a municipality: somewhere in a region, or nobody knows where.
IN_REGION = "region"
UNKNOWN = "unknown"


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
    return Places(regions, spellings, _municipalities(path, data, regions))


def _municipalities(path: Path, data: Any, regions: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    found = {name: frozenset(places) for name, places in entry(path, data, "municipalities", "file").items()}
    named = [place for places in found.values() for place in sorted(places)]
    for place in sorted(frozenset().union(*regions.values(), named)):
        if named.count(place) != 1:
            raise ContentError(path, f"'{place}' must be in one municipality")
    return found
