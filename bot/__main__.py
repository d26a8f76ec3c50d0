"""The command line: ``python -m bot``."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import click

from bot.answers.checks import check_content, coming_reviews
from bot.answers.content import Content, load_content
from bot.answers.errors import ContentError
from bot.answers.tables import content_tables
from bot.confusions import confusion_report
from bot.evaluation import EvaluationError
from bot.evaluation import run as run_evaluation
from bot.explanation import UnknownTopic
from bot.explanation import explain as explain_message
from bot.settings import SettingError, read_settings
from bot.supervisor import StartFailed, Supervisor, port_is_free
from bot.training import TrainingFailed, ensure_model
from bot.translations import compile_catalogues, update
from bot.understanding.aspects import AspectFinder
from bot.understanding.chats import ChatError, load_chats
from bot.understanding.patterns import PatternError
from bot.understanding.safety import SafetyNet


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Wegwijzer: a rights assistant for labour migrants in the Netherlands."""


@cli.command()
def run() -> None:
    """Train the model if need be, start everything and print the address."""
    try:
        settings = read_settings()
        if not port_is_free(settings.host, settings.port):
            raise click.ClickException(
                f"port {settings.port} is in use; stop the other program or set PORT to another one"
            )
        _read_data()
        model = ensure_model()
        asyncio.run(Supervisor(settings, model).run())
    except (SettingError, TrainingFailed, StartFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--force", is_flag=True, help="Train although nothing changed.")
def train(force: bool) -> None:
    """Train the model for the present data."""
    _read_data()
    try:
        click.echo(f"The model is up to date: {ensure_model(force=force)}")
    except TrainingFailed as error:
        raise click.ClickException(str(error)) from None


@cli.command()
def content() -> None:
    """Check answers, facts, organisations and translations; exit code 1 if something is wrong."""
    everything, today = _read_data(), dt.date.today()
    for line in content_tables(everything, Path("locales")):
        click.echo(line)
    for warning in coming_reviews(everything, today):
        click.echo(f"soon: {warning}")
    faults = list(check_content(everything, today))
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} faults in the content")
    click.echo("The content is complete: all topics, organisations and interface texts, in all languages.")


@cli.command()
def translations() -> None:
    """Bring the catalogues up to date with the English texts, and compile them."""
    update()
    click.echo(f"{compile_catalogues()} catalogues compiled; changed texts are marked fuzzy in the .po files.")


@cli.command()
@click.option("--messages", type=click.Path(path_type=Path), help='Lines {"text", "language", "topic", "also"}.')
@click.option("--chats", type=click.Path(path_type=Path), help='Lines {"language", "turns": [...]}.')
@click.option("--report", type=click.Path(path_type=Path), help="Write one record a message here, as JSON.")
def evaluate(messages: Path | None, chats: Path | None, report: Path | None) -> None:
    """Measure understanding on a file of messages or chats with known topics."""
    if (messages is None) == (chats is None):
        raise click.UsageError("give either --messages or --chats (make evaluate MESSAGES=file.jsonl)")
    try:
        run_evaluation(ensure_model(), messages, chats, report, click.echo)
    except (EvaluationError, TrainingFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.argument("text")
@click.option("--before", help="The topic the chat is on (a topic id).")
def explain(text: str, before: str | None) -> None:
    """Show why a message is understood as it is."""
    try:
        for line in explain_message(text, ensure_model(), before):
            click.echo(line)
    except (UnknownTopic, TrainingFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--messages", type=click.Path(path_type=Path), help="Default: the development messages.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/confusions.md"), show_default=True)
def confusions(messages: Path | None, report: Path) -> None:
    """Write which topics are taken for which others, for editors to read."""
    try:
        files = [messages] if messages else sorted(Path("tests/development").glob("*.messages.jsonl"))
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(confusion_report(ensure_model(), files), encoding="utf-8")
    except (EvaluationError, TrainingFailed) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"written to {report}")


def _read_data() -> Content:
    """Compile catalogues and read every data file; a broken one ends the command with one line."""
    try:
        compile_catalogues()
        SafetyNet.load(Path("data/safety"))
        AspectFinder.load(Path("data/aspects"))
        load_chats(Path("data/chats"))
        return load_content(Path())
    except (ContentError, PatternError, ChatError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    cli(prog_name="wegwijzer")
