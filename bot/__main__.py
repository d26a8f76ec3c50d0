"""The command line: ``python -m bot``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.answers.content import load_content
from bot.answers.errors import ContentError
from bot.catalogues import compile_catalogues
from bot.settings import SettingError, read_settings
from bot.supervisor import StartFailed, Supervisor, port_is_free
from bot.training import TrainingFailed, ensure_model
from bot.understanding.safety import PatternError, SafetyNet


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Wegwijzer: a rights assistant for labour migrants in the Netherlands."""


@cli.command()
def run() -> None:
    """Train the model if need be, start everything and print the address."""
    try:
        settings = read_settings()
        if not port_is_free(settings.host, settings.port):
            raise click.ClickException(f"port {settings.port} is in use; stop the other program or set PORT to another one")
        _check_data()
        model = ensure_model()
        asyncio.run(Supervisor(settings, model).run())
    except (SettingError, TrainingFailed, StartFailed) as error:
        raise click.ClickException(str(error)) from None


@cli.command()
@click.option("--force", is_flag=True, help="Train although nothing changed.")
def train(force: bool) -> None:
    """Train the model for the present data."""
    _check_data()
    try:
        click.echo(ensure_model(force=force))
    except TrainingFailed as error:
        raise click.ClickException(str(error)) from None


def _check_data() -> None:
    """Compile catalogues and read every data file; a broken one ends the command with one line."""
    try:
        compile_catalogues()
        load_content(Path())
        SafetyNet.load(Path("data/safety"))
    except (ContentError, PatternError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    cli(prog_name="wegwijzer")
