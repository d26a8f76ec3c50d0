"""Reads the training files once, and knows the sections' retrieval intents while reading the rules.

Rasa asks its importer for the training data several times in one training, and each time parses and validates
every file anew: with 45 files that costs more than the learning itself. And it reads the rules against the bare
``domain.yml``, where intents that only come with the data (a section's) are still unknown and warned about.
"""

from __future__ import annotations

from functools import lru_cache

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers import utils
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData


@lru_cache(maxsize=2)
def _training_data(paths: tuple[str, ...], language: str) -> TrainingData:
    return utils.training_data_from_paths(list(paths), language)


class OnceImporter(RasaFileImporter):
    """Rasa's own file importer with its training data kept for the life of the process."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return _training_data(tuple(sorted(self._nlu_files)), language or "en")

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        sections = sorted(self.get_nlu_data().retrieval_intents)
        domain = self.get_domain().merge(Domain.from_dict({"intents": sections}))
        return utils.story_graph_from_paths(self._story_files, domain, exclusion_percentage)
