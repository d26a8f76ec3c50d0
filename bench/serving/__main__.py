"""The command: ``make bench``, or ``python -m bench.serving``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import aiohttp
import click

from bench.sampling import development_messages
from bench.serving.clients import Phrases, RestClient, WebClient, new_session
from bench.serving.measurement import Plan, Result, Subject, measure
from bench.serving.questions import ordinary, scripts
from bench.serving.report import MOST_LATE, late_share, tables, targets
from bench.serving.stock.project import ensure_project
from bench.serving.systems import Running, SystemFailed, stock, wegwijzer
from bot.answers.content import load_content
from bot.languages import LANGUAGES
from bot.training import TrainingFailed, ensure_model
from bot.translations import compile_catalogues

_FOLDER = Path("var/bench")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=15.0, show_default=True, help="Seconds of each load, in each round.")
@click.option("--rounds", default=2, show_default=True, help="Rounds of all loads; the first system changes.")
@click.option(
    "--long-chats", type=click.IntRange(1, len(LANGUAGES)), default=len(LANGUAGES), show_default=True,
    help="Chats of 200 messages, each in another language.",
)  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path), help="Write the figures here, as JSON.")
def cli(seconds: float, rounds: int, long_chats: int, report: Path | None) -> None:
    """Measure how Wegwijzer and a stock Rasa project serve the same questions, side by side."""
    signal.signal(signal.SIGTERM, _stop)
    started = time.monotonic()
    click.echo(f"{os.cpu_count()} processors; load average before: {os.getloadavg()[0]:.2f} (best measured below 0.3)")
    try:
        ours, theirs = _run(Plan(seconds, rounds, long_chats))
    except (SystemFailed, TrainingFailed, aiohttp.ClientError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n" + tables(ours, theirs))
    click.echo(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    if report:
        figures = {"systems": [asdict(ours), asdict(theirs)], "targets": [asdict(one) for one in targets(ours, theirs)]}
        report.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if late_share(ours) > MOST_LATE:
        raise click.ClickException(
            f"more than {MOST_LATE:.0%} of our messages came late, so that it is not sure which answer they belong to; "
            "was the machine busy with something else?"
        )


def _run(plan: Plan) -> list[Result]:
    """Start both systems, measure them and stop them."""
    compile_catalogues()
    ensure_model()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    project = ensure_project(_FOLDER.absolute(), click.echo)
    # Not in /tmp, which may be memory: our store writes to a disk, as it does in service.
    with tempfile.TemporaryDirectory(dir=_FOLDER) as name:
        folder = Path(name)
        click.echo("Starting both systems ...")
        with wegwijzer(folder) as ours, stock(project, folder) as theirs:
            return asyncio.run(_measure(ours, theirs, plan))


async def _measure(ours: Running, theirs: Running, plan: Plan) -> list[Result]:
    content = load_content(Path())
    asked = scripts(ordinary(development_messages(), content.topics))
    async with new_session() as session:
        subjects = [
            Subject("Wegwijzer", ours, WebClient(session, ours.url, Phrases.of(content))),
            Subject("stock", theirs, RestClient(session, theirs.url)),
        ]
        return await measure(subjects, asked, plan, click.echo)


def _stop(number: int, frame: object) -> NoReturn:
    """End as after Ctrl-C, with everything stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    cli(prog_name="bench-serving")
