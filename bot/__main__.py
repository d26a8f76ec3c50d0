"""The command line: ``python -m bot``."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from bot.answers.checks import check_content, coming_reviews
from bot.answers.content import Content, load_content
from bot.answers.errors import ContentError
from bot.answers.tables import content_tables
from bot.desk.commands import account_commands
from bot.editing.git import GitFailed
from bot.editing.versions import Versions
from bot.gateway.resealing import Resealed
from bot.gateway.resealing import reseal as reseal_store
from bot.gateway.store import Store, StoreUnavailable
from bot.settings import SettingError, read_settings
from bot.supervisor import StartFailed, Supervisor, port_is_free
from bot.training import TrainingFailed, ensure_model
from bot.translations import compile_catalogues, update
from bot.understanding.aspects import AspectFinder
from bot.understanding.chats import ChatError, load_chats
from bot.understanding.patterns import PatternError
from bot.understanding.safety import SafetyNet

# Commands that read with the model import what they need themselves: `run` stays up, and small.

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_IN_BACKGROUND = click.option("--in-background", is_flag=True, hidden=True)
#: What runs in the background leaves the processor to answers, and still gets a tenth of it when there are many.
_NICE = 10
#: Exit code of ``reseal``: done, but for texts that none of the keys opens.
_SOME_UNREADABLE = 3


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
        versions = Versions(Path(settings.content_dir))
        versions.open()
        folder = versions.folder(versions.live().id)
        _read_data(folder)
        model = ensure_model(content=folder)
        asyncio.run(Supervisor(settings, folder, model).run())
    except GitFailed as error:
        raise click.ClickException(f"the content in {settings.content_dir} cannot be opened: {error}") from None
    except (SettingError, TrainingFailed, StartFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--force", is_flag=True, help="Train although nothing changed.")
@click.option(
    "--content",
    "folder",
    type=_FOLDER,
    default=Path(),
    help="The folder with data/ and locales/ to train on; default: here.",
)
@_IN_BACKGROUND
def train(force: bool, folder: Path, in_background: bool) -> None:
    """Train the model for the present data."""
    if in_background:
        _go_to_background()
    _read_data(folder)
    try:
        click.echo(f"The model is up to date: {ensure_model(force=force, content=folder)}")
    except TrainingFailed as error:
        raise click.ClickException(str(error)) from None


@cli.command()
def content() -> None:
    """Check answers, facts, organisations and translations; exit code 1 if something is wrong."""
    everything, today = _read_data(), dt.date.today()
    for line in content_tables(everything, Path("locales")):
        click.echo(line)
    for warning in coming_reviews(everything, today):
        click.echo(f"soon: {warning.line(everything)}")
    faults = list(check_content(everything, today))
    for fault in faults:
        click.echo(fault.line(everything))
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
    from bot.evaluation import EvaluationError
    from bot.evaluation import run as run_evaluation

    try:
        run_evaluation(ensure_model(), messages, chats, report, click.echo)
    except (EvaluationError, TrainingFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--before", type=_FOLDER, required=True, help="The version that is live.")
@click.option("--after", type=_FOLDER, required=True, help="The version to compare with it.")
@click.option("--cache", type=click.Path(path_type=Path), required=True, help="Keeps measurements for the next time.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write what was found here, as JSON; else measure the first only."
)
@_IN_BACKGROUND
def compare(before: Path, after: Path, cache: Path, report: Path | None, in_background: bool) -> None:
    """Measure two versions of the content against each other; their models must be trained."""
    from bot.comparison import compare as compare_versions
    from bot.comparison import measure_before

    if in_background:
        _go_to_background()
    try:
        if report is None:
            measure_before(before, after, cache, click.echo)
        else:
            found = compare_versions(before, after, cache, click.echo)
            report.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    # An EvaluationError, which takes seconds to import.
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.argument("text")
@click.option("--before", help="The topic the chat is on (a topic id).")
def explain(text: str, before: str | None) -> None:
    """Show why a message is understood as it is."""
    from bot.explanation import UnknownTopic
    from bot.explanation import explain as explain_message

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
    from bot.confusions import confusion_report
    from bot.evaluation import EvaluationError

    try:
        files = [messages] if messages else sorted(Path("tests/development").glob("*.messages.jsonl"))
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(confusion_report(ensure_model(), files), encoding="utf-8")
    except (EvaluationError, TrainingFailed) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"written to {report}")


def _go_to_background() -> None:
    """Leave the processor to others, and end when whoever started this is gone: standard input then ends."""
    os.nice(_NICE)

    def end_with_parent() -> None:
        # Not through sys.stdin, whose lock would be held when this ends by itself.
        while os.read(0, 1024):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _read_data(folder: Path = Path()) -> Content:
    """Compile catalogues and read every data file; a broken one ends the command with one line."""
    try:
        compile_catalogues(folder)
        SafetyNet.load(folder / "data/safety")
        AspectFinder.load(folder / "data/aspects")
        load_chats(folder / "data/chats")
        return load_content(folder)
    except (ContentError, PatternError, ChatError) as error:
        raise click.ClickException(str(error)) from None


def _open_store() -> Store:
    # Only this needs the gateway's module, which takes a second to load.
    from bot.app import encryption_keys

    settings = read_settings()
    return Store(settings.database_url, encryption_keys(settings))


@cli.command()
def reseal() -> None:
    """Encrypt everything in the store with the first of ENCRYPTION_KEYS; exit code 3 if some of it cannot be read."""
    from bot.app import encryption_keys

    try:
        settings = read_settings()
        done = asyncio.run(_reseal(settings.database_url, encryption_keys(settings)))
    except SettingError as error:
        raise click.ClickException(str(error)) from None
    except StoreUnavailable:
        raise click.ClickException("the store cannot be read or written; see DATABASE_URL, and begin again") from None
    click.echo(f"{done.sealed} texts are now encrypted with the first key.")
    if done.unreadable:
        click.echo(
            f"{done.unreadable} texts cannot be read with any of the keys; they were left as they are.", err=True
        )
        raise SystemExit(_SOME_UNREADABLE)


async def _reseal(url: str, keys: Sequence[str]) -> Resealed:
    store = Store(url, keys)
    try:
        await store.open()
        return await reseal_store(store, keys, click.echo)
    finally:
        await store.close()


cli.add_command(account_commands(_open_store))


if __name__ == "__main__":
    cli(prog_name="wegwijzer")
