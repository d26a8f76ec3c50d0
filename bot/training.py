"""Training the Rasa model: only when something it depends on changed, and with visible progress."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

MODELS = Path("models")
#: Folders in it in which models are made: one is whole when it comes out, also if training is killed.
_WORKSHOP = "training-"
#: Seconds after which such a folder was left by a training that was killed.
_LEFT_SECONDS = 3600
#: So many models are kept, those used last: with one for an earlier version of the content it is back at once.
_KEPT_MODELS = 4
#: What goes into a model of the content. Answer texts do not: they are read when Rasa starts.
_CONTENT = ("data/nlu/**/*.yml", "data/chats/*.yml", "data/stories/*.yml")
#: What goes into it of the program.
_PROGRAM = (
    "config.yml",
    "domain.yml",
    "bot/dialogue/components.py",
    "bot/dialogue/importer.py",
    "bot/understanding/chats.py",
    "bot/understanding/follow_up.py",
    "bot/understanding/language.py",
    "bot/understanding/learning.py",
    "bot/understanding/lemmas.py",
    "bot/understanding/linear.py",
    "bot/understanding/normalising.py",
    "bot/understanding/tokenizing.py",
    "bot/understanding/topic_model.py",
)
#: Packages whose version goes into a model, by their entry in the lock file.
_PACKAGES = ("rasa", "scikit-learn", "scipy", "numpy", "simplemma", "spacy")
#: What is learnt from of topics and answers: their names, urgency and related topics.
_LEARNT = re.compile(r"^  \w+: *{urgency: \w+|^  utter_\S+:$|^ +related: .*$", re.MULTILINE)
_STEP = re.compile(r"(Starting to train|Finished training|Restored) component '(\w+)'")
_TICK_SECONDS = 5


class TrainingFailed(Exception):
    """Rasa could not train; the message holds the end of what it printed."""


def fingerprint(content: Path = Path(), root: Path = Path()) -> str:
    """Twelve hex digits that change when a new model is needed.

    Args:
        content: the folder with the ``data`` to train on.
        root: the folder of the program.
    """
    digest = hashlib.sha256()
    for folder, patterns in ((content, _CONTENT), (root, _PROGRAM)):
        for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    parts = (content / "data/topics.yml", *sorted(content.glob("data/answers/*.yml")))
    for path in parts:
        digest.update("".join(_LEARNT.findall(path.read_text(encoding="utf-8"))).encode())
    lock = (root / "uv.lock").read_text(encoding="utf-8")
    for package in _PACKAGES:
        digest.update("".join(re.findall(rf'^name = "{package}"\nversion = .*$', lock, re.MULTILINE)).encode())
    return digest.hexdigest()[:12]


def model_path(content: Path = Path(), root: Path = Path()) -> Path:
    """Where the model for a content is, or will be."""
    return root / MODELS / f"{fingerprint(content, root)}.tar.gz"


def ensure_model(say: Callable[[str], None] = click.echo, force: bool = False, content: Path = Path()) -> Path:
    """The model for a content, trained now if need be; models not used lately are removed.

    Raises:
        TrainingFailed: Rasa could not train.
    """
    path = model_path(content)
    if path.is_file() and not force:
        path.touch()
        return path
    MODELS.mkdir(exist_ok=True)
    say("Training the model (once; about two minutes) ...")
    started = time.monotonic()
    _train(path.name.removesuffix(".tar.gz"), content, say)
    for old in sorted(MODELS.glob("*.tar.gz"), key=lambda model: model.stat().st_mtime)[:-_KEPT_MODELS]:
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
        # One text is too little work to share: threads would only wait for each other, busily.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _train(name: str, content: Path, say: Callable[[str], None]) -> None:
    for left in MODELS.glob(f"{_WORKSHOP}*"):
        if left.stat().st_mtime < time.time() - _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_WORKSHOP, dir=MODELS) as workshop:
        _train_in(Path(workshop), name, content, say)


def _train_in(workshop: Path, name: str, content: Path, say: Callable[[str], None]) -> None:
    # Validation is a test of its own (`make test`); here it would read all data once more.
    command = [
        sys.executable, "-m", "rasa", "train", "--force", "--skip-validation", "--fixed-model-name", name,
        "--out", str(workshop), "--domain", "domain.yml",
        "--data", *(str(content / "data" / part) for part in ("nlu", "stories", "answers")),
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 (our own command)
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        env={**quiet_environment(), "CONTENT": str(content)},
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
    (workshop / f"{name}.tar.gz").replace(MODELS / f"{name}.tar.gz")
