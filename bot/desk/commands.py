"""``python -m bot account``: accounts of staff on the command line, also while the gateway runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from bot.answers.content import load_content
from bot.desk.accounts import ONE_TIME, Accounts
from bot.desk.audit import COMMAND_LINE
from bot.desk.clock import utc_now
from bot.desk.errors import DeskError
from bot.desk.passwords import Passwords
from bot.desk.roles import ROLES
from bot.gateway.store import Store, StoreUnavailable
from bot.languages import SOURCE_LANGUAGE
from bot.settings import SettingError

_Result = TypeVar("_Result")


def account_commands(open_store: Callable[[], Store]) -> click.Group:
    """The group of commands; ``open_store`` gives the store of the settings."""

    def run(work: Callable[[Accounts], Awaitable[_Result]]) -> _Result:
        try:
            return asyncio.run(_with_accounts(open_store(), work))
        except DeskError as error:
            text = load_content(Path()).desk_phrase(SOURCE_LANGUAGE, error.phrase, **error.values)
            raise click.ClickException(text) from None
        except SettingError as error:
            raise click.ClickException(str(error)) from None
        except StoreUnavailable:
            raise click.ClickException("the store cannot be read or written; see DATABASE_URL") from None

    @click.group("account")
    def group() -> None:
        """Accounts of the desk's staff."""

    @group.command()
    @click.argument("name")
    @click.option("--role", type=click.Choice(ROLES), required=True)
    @click.option("--shown-name", default="", help="What people who are helped read; else the first part of NAME.")
    def add(name: str, role: str, shown_name: str) -> None:
        """Make an account and print its one-time password."""
        _print_password(name, run(lambda accounts: accounts.create(name, role, COMMAND_LINE, shown_name)))

    @group.command("list")
    def list_accounts() -> None:
        """List the accounts."""
        for account in run(lambda accounts: accounts.all()):
            states = ["enabled" if account.enabled else "disabled"]
            if account.is_new:
                states.append("one-time password expired" if account.has_expired else "not used yet")
            shown = f", shown as {account.shown_name}" if account.role == "counsellor" else ""
            click.echo(f"{account.name:24}{account.role:12}{', '.join(states)}{shown}")

    @group.command("show-as")
    @click.argument("name")
    @click.argument("shown_name")
    def show_as(name: str, shown_name: str) -> None:
        """Say what people who are helped read ("" for the first part of NAME)."""
        run(lambda accounts: accounts.show_as(name, shown_name, COMMAND_LINE))
        click.echo(f"{name} is changed.")

    @group.command()
    @click.argument("name")
    def disable(name: str) -> None:
        """Keep an account from logging in, and end its sessions."""
        run(lambda accounts: accounts.disable(name, COMMAND_LINE))
        click.echo(f"{name} is disabled; its sessions have ended.")

    @group.command()
    @click.argument("name")
    def enable(name: str) -> None:
        """Let a disabled account log in again."""
        run(lambda accounts: accounts.enable(name, COMMAND_LINE))
        click.echo(f"{name} is enabled.")

    @group.command()
    @click.argument("name")
    def reset(name: str) -> None:
        """Take away password and second factor, and print a new one-time password."""
        _print_password(name, run(lambda accounts: accounts.reset(name, COMMAND_LINE)))

    return group


async def _with_accounts(store: Store, work: Callable[[Accounts], Awaitable[_Result]]) -> _Result:
    passwords = Passwords()
    try:
        await store.open()
        return await work(Accounts(store, passwords, utc_now))
    finally:
        passwords.close()
        await store.close()


def _print_password(name: str, password: str) -> None:
    hours = int(ONE_TIME.total_seconds() // 3600)
    click.echo(f"One-time password of {name}, for the first log-in within {hours} hours: {password}")
    click.echo("It is shown only now. Give it by phone or in person.")
