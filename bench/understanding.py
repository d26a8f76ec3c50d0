"""Our understanding beside Rasa's own pipelines and lingua: the same messages, one run, one table.

Each pipeline is trained by Rasa in a process of its own, on the same sample of training messages, and tried on the
development messages; ours is tried once more on everything it is really trained on.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import yaml

from bench.sampling import Row, development_messages, first_and_among_three, sample, training_rows, write_nlu
from bot.answers.topics import OUT_OF_SCOPE
from bot.evaluation import Example
from bot.training import quiet_environment

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Result:
    """What one pipeline reached: shares, seconds, milliseconds a message, megabytes."""

    name: str
    messages: int
    top_1: float | None
    top_3: float | None
    language: float | None
    training_s: float
    p50_ms: float
    p95_ms: float
    memory_mb: float


@click.group(invoke_without_command=True)
@click.option("--each", default=8, show_default=True, help="Training messages a topic and language in the sample.")
@click.option("--epochs", default=30, show_default=True, help="Epochs of DIET (stock: 100).")
@click.option("--tried", default=1000, show_default=True, help="Development messages that each pipeline is tried on.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the results here, as JSON.")
@click.pass_context
def cli(context: click.Context, each: int, epochs: int, tried: int, report: Path | None) -> None:
    """Compare our pipeline, Rasa's DIET and logistic pipelines, and lingua."""
    if context.invoked_subcommand:
        return
    rows = training_rows()
    few = sample(rows, each)
    click.echo(
        f"{len(few)} training messages ({each} a topic and language) for every pipeline; DIET with {epochs} epochs "
        f"instead of 100; tried on {tried} development messages. One core for answering, all for training."
    )
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("ours", few), ("logistic", few), ("diet", few), ("ours, all messages", rows)):
            click.echo(f"{name}: training on {len(data)} messages ...")
            results.append(_in_own_process(name, data, epochs, tried, Path(folder)))
            click.echo(_line(results[-1]))
        click.echo("lingua: language only ...")
        results.append(_in_own_process("lingua", [], epochs, tried, Path(folder)))
    click.echo("\n" + table(results))
    if report:
        report.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    head = "| pipeline | training messages | topic first | among three | language | training | p50 | p95 | memory |"
    return "\n".join([head, "|" + "---|" * 9, *map(_line, results)])


def _line(result: Result) -> str:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    return (
        f"| {result.name} | {result.messages or '-'} | {share(result.top_1)} | {share(result.top_3)} "
        f"| {share(result.language)} | {result.training_s:.0f} s | {result.p50_ms:.1f} ms | {result.p95_ms:.1f} ms "
        f"| {result.memory_mb:.0f} MB |"
    )


def _in_own_process(name: str, rows: list[Row], epochs: int, tried: int, folder: Path) -> Result:
    """Train and try one pipeline; its memory is that of its own process."""
    place = folder / name.replace(",", "").replace(" ", "-")
    ours = name.startswith("ours")
    model, training_s = place / "model.tar.gz", 0.0
    if rows:
        write_nlu(rows, place / "nlu", flat=not ours)
        config = Path("config.yml") if ours else _config(name, epochs, place)
        started = time.monotonic()
        command = [
            sys.executable, "-m", "rasa", "train", "nlu", "--config", str(config), "--nlu", str(place / "nlu"),
            "--out", str(place), "--fixed-model-name", "model",
        ]  # fmt: skip
        _run(command)
        training_s = time.monotonic() - started
    place.mkdir(parents=True, exist_ok=True)
    result = place / "result.json"
    _run([sys.executable, "-m", "bench.understanding", "trial", name, str(model), str(result), str(tried)])
    found = json.loads(result.read_text(encoding="utf-8"))
    return Result(name=name, messages=len(rows), training_s=training_s, **found)


def _run(command: list[str]) -> None:
    """Run a command in silence; what it printed is shown only if it fails."""
    done = subprocess.run(command, env=quiet_environment(), capture_output=True, text=True)  # noqa: S603 (our own)
    if done.returncode:
        raise click.ClickException(f"{' '.join(command[2:5])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _config(name: str, epochs: int, place: Path) -> Path:
    config = yaml.safe_load((_HERE / "pipelines" / f"{name}.yml").read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if "epochs" in component:
            component["epochs"] = epochs
    path = place / "config.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


@cli.command(hidden=True)
@click.argument("name")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("result", type=click.Path(path_type=Path))
@click.argument("tried", type=int)
def trial(name: str, model: Path, result: Path, tried: int) -> None:
    """Try one trained pipeline (called by the comparison itself)."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    examples = development_messages()
    chosen = examples[:: max(1, len(examples) // tried)][:tried]
    found = _try_lingua(chosen) if name == "lingua" else asyncio.run(_try_rasa(model, chosen))
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result.write_text(json.dumps(found), encoding="utf-8")


async def _try_rasa(model: Path, examples: list[Example]) -> dict[str, float | None]:
    from rasa.core.agent import load_agent

    agent = await load_agent(str(model))
    inside: list[Example] = []
    rankings, language, times = [], [], []
    for example in examples:
        started = time.perf_counter()
        parsed = await agent.parse_message(example.text)
        times.append((time.perf_counter() - started) * 1000)
        if "language" in parsed:
            language.append(parsed["language"] == example.language)
        if example.topics[0] != OUT_OF_SCOPE:
            inside.append(example)
            rankings.append([_topic(row["name"]) for row in parsed["intent_ranking"][:3]])
    first, three = first_and_among_three(inside, rankings)
    return {
        "top_1": first,
        "top_3": three,
        "language": sum(language) / len(language) if language else None,
        **_times(times),
    }


def _topic(intent: str) -> str:
    """The topic of an intent, flat or not."""
    if "/" in intent:
        return intent.split("/")[1]
    return intent if intent == OUT_OF_SCOPE else intent.partition("_")[2]


def _try_lingua(examples: list[Example]) -> dict[str, float | None]:
    from lingua import Language, LanguageDetectorBuilder

    codes = {
        "bg": Language.BULGARIAN, "en": Language.ENGLISH, "nl": Language.DUTCH,
        "pl": Language.POLISH, "ro": Language.ROMANIAN,
    }  # fmt: skip
    detector = LanguageDetectorBuilder.from_languages(*codes.values()).with_preloaded_language_models().build()
    right, times = [], []
    for example in examples:
        started = time.perf_counter()
        found = detector.detect_language_of(example.text)
        times.append((time.perf_counter() - started) * 1000)
        right.append(found == codes[example.language])
    return {"top_1": None, "top_3": None, "language": sum(right) / len(right), **_times(times)}


def _times(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": ordered[len(ordered) // 2], "p95_ms": ordered[int(len(ordered) * 0.95)]}


if __name__ == "__main__":
    cli(prog_name="bench-understanding")
