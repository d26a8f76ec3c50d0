"""Reads the training files once, and fast, and knows the sections' retrieval intents while reading the rules.

Rasa asks its importer for the training data several times in one training, and each time parses and validates
every file anew: with 45 files and 40,000 messages that costs more than the learning itself. So files that hold only
messages are read here (`rasa data validate`, one of the tests, still reads them Rasa's way). And Rasa reads the
rules against the bare ``domain.yml``, where intents that only come with the data (a section's) are still unknown.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_MESSAGE_KEYS = frozenset({"version", "nlu"})
_BLOCK_KEYS = frozenset({"intent", "metadata", "examples"})


class _FixedMessage(Message):
    """A training message; nobody changes it, so it is its own copy and has one fingerprint.

    Rasa copies and hashes all training messages some ten times on their way into the pipeline.
    """

    def fingerprint(self) -> str:
        if self._fingerprint is None:
            self._fingerprint = super().fingerprint()
        return self._fingerprint

    def __deepcopy__(self, memo: dict[int, Any]) -> _FixedMessage:
        return self

    _fingerprint: str | None = None


@lru_cache(maxsize=2)
def _training_data(paths: tuple[str, ...], language: str) -> TrainingData:
    messages: list[Message] = []
    others: list[str] = []
    for path in paths:
        document = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if _holds_only_messages(document):
            messages += [message for block in document["nlu"] for message in _messages(block)]
        else:
            others.append(path)
    rest = utils.training_data_from_paths(others, language)
    return TrainingData(
        messages + rest.training_examples,
        rest.entity_synonyms,
        rest.regex_features,
        rest.lookup_tables,
        rest.responses,
    )


def _holds_only_messages(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and set(document) == _MESSAGE_KEYS
        and all(set(block) <= _BLOCK_KEYS and isinstance(block["examples"], str) for block in document["nlu"])
    )


def _messages(block: dict[str, Any]) -> list[Message]:
    lines = (line.strip() for line in block["examples"].splitlines())
    return [
        _FixedMessage.build(line.removeprefix("- ").strip(), block["intent"], intent_metadata=block.get("metadata"))
        for line in lines
        if line
    ]


class OnceImporter(RasaFileImporter):
    """Rasa's own file importer with its training data kept for the life of the process."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return _training_data(tuple(sorted(self._nlu_files)), language or "en")

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        sections = sorted(self.get_nlu_data().retrieval_intents)
        domain = self.get_domain().merge(Domain.from_dict({"intents": sections}))
        return utils.story_graph_from_paths(self._story_files, domain, exclusion_percentage)
