"""Reading our components' files out of a trained Rasa model, so that nothing else needs a model of its own."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.understanding.language import LanguageModel

if TYPE_CHECKING:
    from bot.understanding.topic_model import TopicModel


def newest_model(directory: Path) -> Path | None:
    """The model trained last, or None."""
    return max(directory.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def load_language_model(archive: Path) -> LanguageModel:
    """The language model inside a Rasa model archive. Raises KeyError if there is none in it."""
    return LanguageModel.load(_member(archive, "language.npz"))


def load_topic_model(archive: Path) -> TopicModel:
    """The topic model inside a Rasa model archive. Raises KeyError if there is none in it."""
    # Imported here: the gateway reads only the language model, and stays small.
    from bot.understanding.topic_model import TopicModel

    return TopicModel.load(_member(archive, "topics.npz"))


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive, "r:gz") as model:
        for member in model:
            if member.isfile() and Path(member.name).name == name:
                file = model.extractfile(member)
                assert file is not None
                return file.read()
    raise KeyError(name)
