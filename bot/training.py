"""Training the Rasa model: only when something it depends on changed, and with visible progress."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

MODELS = Path("models")
#: Everything that goes into a model. Answer texts do not: they are read when Rasa starts.
_INPUTS = (
    "data/nlu/**/*.yml",
    "data/chats/*.yml",
    "data/stories/*.yml",
    "config.yml",
    "domain.yml",
    "uv.lock",
    "bot/dialogue/components.py",
    "bot/dialogue/importer.py",
    "bot/understanding/chats.py",
    "bot/understanding/follow_up.py",
    "bot/understanding/language.py",
    "bot/understanding/lemmas.py",
    "bot/understanding/linear.py",
    "bot/understanding/normalising.py",
    "bot/understanding/tokenizing.py",
    "bot/understanding/topic_model.py",
)
_STEP = re.compile(r"(Starting to train|Finished training|Restored) component '(\w+)'")
_TICK_SECONDS = 5


class TrainingFailed(Exception):
    """Rasa could not train; the message holds the end of what it printed."""


def fingerprint(root: Path = Path()) -> str:
    """Twelve hex digits that change when a new model is needed."""
    digest = hashlib.sha256()
    for pattern in _INPUTS:
        for path in sorted(root.glob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for path in sorted(root.glob("data/answers/*.yml")):
        digest.update(
            "".join(
                re.findall(r"^  utter_\S+:$|^ +related: .*$", path.read_text(encoding="utf-8"), re.MULTILINE)
            ).encode()
        )
    return digest.hexdigest()[:12]


def model_path(root: Path = Path()) -> Path:
    """Where the model for the present data is, or will be."""
    return root / MODELS / f"{fingerprint(root)}.tar.gz"


def ensure_model(say: Callable[[str], None] = click.echo, force: bool = False) -> Path:
    """The model for the present data, trained now if need be; older models are removed.

    Raises:
        TrainingFailed: Rasa could not train.
    """
    path = model_path()
    if path.is_file() and not force:
        return path
    MODELS.mkdir(exist_ok=True)
    say("Training the model (once; about two minutes) ...")
    started = time.monotonic()
    _train(path.name.removesuffix(".tar.gz"), say)
    for old in MODELS.glob("*.tar.gz"):
        if old != path:
            old.unlink()
    say(f"Model trained in {time.monotonic() - started:.0f} s: {path}")
    return path


def quiet_environment() -> dict[str, str]:
    """The environment for Rasa's processes: no telemetry, no warnings about its own dependencies."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MPLBACKEND": "Agg",
        "PYTHONUNBUFFERED": "1",
    }


def _train(name: str, say: Callable[[str], None]) -> None:
    # Validation is a test of its own (`make test`); here it would read all data once more.
    command = [
        sys.executable, "-m", "rasa", "train", "--force", "--skip-validation", "--fixed-model-name", name,
        "--out", str(MODELS), "--domain", "domain.yml", "--data", "data/nlu", "data/stories", "data/answers",
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 (our own command)
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        env=quiet_environment(),
    )  # fmt: skip
    started = time.monotonic()
    done = threading.Event()

    def tick() -> None:
        while not done.wait(_TICK_SECONDS):
            say(f"  ... {time.monotonic() - started:.0f} s")

    threading.Thread(target=tick, daemon=True).start()
    printed: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if step := _STEP.search(line):
                say(f"  {step.group(1)} {step.group(2)}")
        status = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    finally:
        done.set()
    if status != 0:
        raise TrainingFailed("training failed:\n" + "".join(printed[-15:]).strip())
