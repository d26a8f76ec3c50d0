"""Reading one component's file out of a trained Rasa model, so that the gateway needs no model of its own."""

from __future__ import annotations

import tarfile
from pathlib import Path

from bot.understanding.language import LanguageModel


def newest_model(directory: Path) -> Path | None:
    """The model trained last, or None."""
    return max(directory.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def load_language_model(archive: Path) -> LanguageModel:
    """The language model inside a Rasa model archive.

    Raises:
        KeyError: there is none in it.
    """
    with tarfile.open(archive, "r:gz") as model:
        for member in model:
            if member.isfile() and member.name.endswith("/language.npz"):
                file = model.extractfile(member)
                assert file is not None
                return LanguageModel.load(file.read())
    raise KeyError("language.npz")
