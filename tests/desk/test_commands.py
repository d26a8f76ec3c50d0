"""Accounts on the command line, also while the gateway runs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot.__main__ import cli
from bot.desk.clock import utc_now
from bot.desk.commands import account_commands
from bot.desk.roles import ROLES
from bot.gateway.store import Store
from tests.databases import database
from tests.desk.site import Browser, Site


@pytest.fixture
def commands(content: object, tmp_path: Path) -> click.Group:
    return account_commands(lambda: Store(database(tmp_path), ["a key"]))


def _run(commands: click.Group, *arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, prog_name="account")


def _password(output: str) -> str:
    found = re.search(r"\b[a-z2-9]{5}(?:-[a-z2-9]{5}){3}\b", output)
    assert found, output
    return found.group()


def test_accounts_are_made_listed_disabled_enabled_and_reset(commands: click.Group) -> None:
    assert _run(commands, "list").output == ""
    made = _run(commands, "add", "anna", "--role", "counsellor")
    assert made.exit_code == 0
    assert len(re.findall(_password(made.output), made.output)) == 1
    assert "within 72 hours" in made.output
    assert _run(commands, "add", "eva", "--role", "officer").exit_code == 0
    assert _run(commands, "disable", "eva").output == "eva is disabled; its sessions have ended.\n"
    assert re.sub(" +", " ", _run(commands, "list").output).splitlines() == [
        "anna counsellor enabled, not used yet, shown as Anna",
        "eva officer disabled, not used yet",
    ]
    assert _run(commands, "enable", "eva").output == "eva is enabled.\n"
    assert _password(_run(commands, "reset", "anna").output) != _password(made.output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "anna", "--role", "editor"], "There is an account of this name already."),
        (["add", "Anna", "--role", "editor"], "2 to 32 small letters"),
        (["disable", "nobody"], "There is no account of this name."),
        (["enable", "nobody"], "There is no account of this name."),
        (["reset", "nobody"], "There is no account of this name."),
    ],
)
def test_what_is_wrong_is_said_in_one_line(commands: click.Group, arguments: list[str], message: str) -> None:
    _run(commands, "add", "anna", "--role", "counsellor")
    result = _run(commands, *arguments)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert result.output.startswith(f"Error: {message}")


def test_the_name_that_people_read_is_given_and_changed(commands: click.Group) -> None:
    def shown() -> str:
        return _run(commands, "list").output.rpartition("shown as ")[2].strip()

    assert _run(commands, "add", "anna", "--role", "counsellor", "--shown-name", "Anna Maria").exit_code == 0
    assert shown() == "Anna Maria"
    assert _run(commands, "show-as", "anna", "Żaneta").output == "anna is changed.\n"
    assert shown() == "Żaneta"
    refused = _run(commands, "show-as", "anna", "<b>")
    assert (refused.exit_code, refused.output[:24]) == (1, "Error: Letters and space")
    assert _run(commands, "show-as", "bram", "Bram").exit_code == 1


def test_a_role_must_be_one_of_the_four(commands: click.Group) -> None:
    result = _run(commands, "add", "anna", "--role", "king")
    assert result.exit_code == 2
    assert all(role in result.output for role in ROLES)


def test_a_store_that_cannot_be_opened_is_said_in_one_line(content: object, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    commands = account_commands(lambda: Store(f"sqlite:///{tmp_path}/folder", ["a key"]))
    result = _run(commands, "list")
    assert result.exit_code == 1
    assert result.output == "Error: the store cannot be read or written; see DATABASE_URL\n"


async def test_it_works_while_the_gateway_runs(site: Site, browser: Browser, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database(tmp_path), "SECRET_KEY": "a key"}

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, cli, ["account", *arguments], env=environment)
        assert result.exit_code == 0, result.output
        return result.output

    given = _password(await run("add", "anna", "--role", "counsellor"))
    site.clock.now = utc_now()
    assert (await browser.log_in("anna", given)).status == 303
    await run("disable", "anna")
    assert (await browser.get("/desk/enrol")).headers["Location"] == "/desk/login"
