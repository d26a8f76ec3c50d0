"""Writes the stock project's files and trains its model, once for each state of the training data."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from bench.sampling import Row, sample, training_rows, write_nlu
from bench.serving.stock.actions import flat
from bot.training import TrainingFailed, quiet_environment

#: The stock pipeline, the same file as in the comparison of understanding.
_PIPELINE = Path(__file__).parents[2] / "pipelines/logistic.yml"
#: Training messages a topic and language. Rasa's logistic regression takes minutes for a few more.
EACH = 2
_ACTION = "action_answer"


def ensure_project(folder: Path, say: Callable[[str], None]) -> Path:
    """The folder of a trained stock project below ``folder``; older ones stay.

    Raises:
        TrainingFailed: Rasa could not train.
    """
    rows = sample(training_rows(), EACH)
    files = _files(sorted({flat(row.intent) for row in rows}))
    project = folder / f"stock-{_fingerprint(rows, files)}"
    if (project / "models/stock.tar.gz").is_file():
        return project
    write_nlu(rows, project / "data/nlu", flat=True)
    for name, document in files.items():
        (project / name).write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    say(f"Training the stock project on {len(rows)} messages (once; about a minute) ...")
    started = time.monotonic()
    _train(project)
    say(f"  trained in {time.monotonic() - started:.0f} s")
    return project


def _files(intents: list[str]) -> dict[str, Any]:
    """The project's files but its training messages: one rule an intent, all with one action."""
    rules = [{"rule": f"answer {intent}", "steps": [{"intent": intent}, {"action": _ACTION}]} for intent in intents]
    pipeline = yaml.safe_load(_PIPELINE.read_text(encoding="utf-8"))
    return {
        "config.yml": {**pipeline, "assistant_id": "stock", "policies": [{"name": "RulePolicy"}]},
        "domain.yml": {"version": "3.1", "intents": intents, "actions": [_ACTION]},
        "data/rules.yml": {"version": "3.1", "rules": rules},
        "credentials.yml": {"rest": None},
        "endpoints.yml": {"action_endpoint": {"url": "${ACTION_URL}"}},
    }


def _fingerprint(rows: list[Row], files: dict[str, Any]) -> str:
    """Twelve hex digits that change when a new model is needed."""
    everything = repr((version("rasa"), rows, sorted(files.items())))
    return hashlib.sha256(everything.encode()).hexdigest()[:12]


def _train(project: Path) -> None:
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "stock"]
    done = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=project, env=quiet_environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise TrainingFailed(f"the stock project could not be trained:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
