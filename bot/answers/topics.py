"""What people ask about: the 91 topics of ``data/topics.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bot.answers._yaml import entry, read_mapping
from bot.answers.errors import ContentError

Urgency = Literal["info", "sensitive", "critical"]

#: The intent of a message about none of the topics.
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Topic:
    """One thing people ask about; ``intent`` is its name in Rasa, ``section/id``."""

    id: str
    section: str
    urgency: Urgency
    means: str

    @property
    def intent(self) -> str:
        return f"{self.section}/{self.id}"


def load_topics(path: Path) -> dict[str, Topic]:
    """The topics by id, in the file's order.

    Raises:
        ContentError: the file is broken or a topic is named twice.
    """
    topics: dict[str, Topic] = {}
    for section, rows in read_mapping(path).items():
        if not isinstance(rows, dict):
            raise ContentError(path, f"section '{section}' must hold topics")
        for topic_id, row in rows.items():
            if topic_id in topics:
                raise ContentError(path, f"topic '{topic_id}' is there twice")
            unknown = sorted(set(row) - {"urgency", "means"})
            if unknown:
                raise ContentError(path, f"topic '{topic_id}': unknown field '{unknown[0]}' (a comma needs quotes)")
            urgency = entry(path, row, "urgency", topic_id)
            if urgency not in get_args(Urgency):
                raise ContentError(path, f"topic '{topic_id}': unknown urgency '{urgency}'")
            topics[topic_id] = Topic(topic_id, section, urgency, entry(path, row, "means", topic_id))
    return topics
