"""Commands say clearly, in one line, what is wrong."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import pkgutil
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

import bot
from bot.gateway.sealing import Sealer
from bot.gateway.store import Incoming, Store
from bot.gateway.tables import Sealed, metadata
from bot.training import quiet_environment
from tests.conftest import ROOT


def _run(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**quiet_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_a_busy_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = _run("bot", "run", PORT=str(port))
    assert result.returncode != 0
    assert result.stderr.splitlines() == [
        f"Error: port {port} is in use; stop the other program or set PORT to another one"
    ]


@pytest.mark.parametrize("value", ["http", "0", "70000"])
def test_a_wrong_setting_is_named(value: str) -> None:
    result = _run("bot", "run", PORT=value)
    assert result.returncode != 0
    assert len(result.stderr.splitlines()) == 1
    assert "PORT" in result.stderr


def test_a_broken_data_file_is_named(tmp_path: Path) -> None:
    for name in ("data", "locales", "bot"):
        shutil.copytree(ROOT / name, tmp_path / name)
    facts = tmp_path / "data/facts.yml"
    facts.write_text(facts.read_text().replace("value: 14.99", "value: '14,99'", 1))
    result = _run("bot", "run", folder=tmp_path, PORT="8099")
    assert result.returncode != 0
    assert len(result.stderr.splitlines()) == 1
    assert "facts.yml" in result.stderr
    assert "minimum_wage_21" in result.stderr


@pytest.mark.parametrize("command", [[], ["run"], ["train"], ["evaluate"], ["content"], ["translations"], ["reseal"]])
def test_every_command_has_help(command: list[str]) -> None:
    result = _run("bot", *command, "--help")
    assert result.returncode == 0
    assert "Usage: wegwijzer" in result.stdout


def test_evaluate_writes_a_table_and_a_record_for_each_message(tmp_path: Path, model: Path) -> None:
    messages, report = tmp_path / "messages.jsonl", tmp_path / "report.json"
    rows = [
        {"text": "shefyt mi vze pasporta", "language": "bg", "topic": "documents_taken", "also": []},
        {"text": "minimum wage per hour", "language": "en", "topic": "minimum_wage"},
        {"text": "what is the weather tomorrow", "language": "en", "topic": "out_of_scope"},
    ]
    messages.write_text("\n".join(json.dumps(row) for row in rows))
    result = _run("bot", "evaluate", "--messages", str(messages), "--report", str(report))
    assert result.returncode == 0, result.stderr
    assert "top-1" in result.stdout
    records = json.loads(report.read_text())
    assert [set(record) for record in records] == [{"text", "language", "topics", "decision", "safety", "ms"}] * 3
    assert records[0]["language"] == "bg"
    assert records[0]["safety"] is True
    assert records[1]["topics"][0][0] == "minimum_wage"
    assert all(len(record["topics"]) == 3 for record in records)


def test_evaluate_names_the_broken_line(tmp_path: Path, model: Path) -> None:
    messages = tmp_path / "messages.jsonl"
    messages.write_text('{"text": "x", "language": "en", "topic": "payslip"}\n{"text": 5}\n')
    result = _run("bot", "evaluate", "--messages", str(messages))
    assert result.returncode != 0
    assert "messages.jsonl:2" in result.stderr


@pytest.mark.system
@pytest.mark.beside
def test_chats_are_evaluated_through_the_real_dialogue(tmp_path: Path, model: Path) -> None:
    chats, report = tmp_path / "chats.jsonl", tmp_path / "report.json"
    turns = [
        {"text": "ile wynosi minimalna stawka", "topic": "minimum_wage", "also": [], "context": False},
        {"text": "a kaucja za pokój?", "topic": "deposit", "also": [], "context": False},
    ]
    chats.write_text(json.dumps({"language": "pl", "turns": turns}))
    result = _run("bot", "evaluate", "--chats", str(chats), "--report", str(report))
    assert result.returncode == 0, result.stderr
    records = json.loads(report.read_text())
    assert [(record["chat"], record["turn"]) for record in records] == [(0, 0), (0, 1)]
    assert records[0]["topics"][0][0] == "minimum_wage"


@pytest.mark.system
@pytest.mark.beside
def test_rasa_finds_nothing_wrong_with_the_data() -> None:
    result = _run("rasa", "data", "validate", "--fail-on-warnings")
    output = result.stdout + result.stderr
    assert result.returncode == 0, output[-3000:]
    # Rasa prints its own libraries' DeprecationWarnings whatever is validated.
    assert "UserWarning" not in output, output[-3000:]
    assert "WARNING" not in output, output[-3000:]


def test_explain_says_what_was_seen(model: Path) -> None:
    result = _run("bot", "explain", "szef zabrał mi paszport")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("language      pl")
    assert any(line.startswith("safety net    documents_taken") for line in lines)
    assert any("safety/documents_taken" in line for line in lines if line.startswith("topic"))
    assert any("paszport" in line for line in lines if line.startswith("  +"))


def test_explain_names_an_unknown_topic(model: Path) -> None:
    result = _run("bot", "explain", "and then?", "--before", "nonsense")
    assert result.returncode != 0
    assert result.stderr.splitlines() == ["Error: there is no topic 'nonsense'; the topics are in data/topics.yml"]


def test_confusions_are_written_for_editors(model: Path, tmp_path: Path) -> None:
    report = tmp_path / "confusions.md"
    result = _run("bot", "confusions", "--messages", "tests/development/pl.messages.jsonl", "--report", str(report))
    assert result.returncode == 0, result.stderr
    assert "taken for" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["bench.understanding", "bench.learning_curve"])
def test_benches_say_what_they_do(module: str) -> None:
    result = _run(module, "--help")
    assert result.returncode == 0
    assert "Usage" in result.stdout


def _tables() -> list[sa.Table]:
    """Every table of the program, whichever part keeps it."""
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if found.name.endswith(".tables") and found.name != "bot.answers.tables":
            importlib.import_module(found.name)
    tables: list[sa.Table] = metadata.sorted_tables
    return tables


def _value(column: sa.Column) -> object:
    """Something to put into a column; the same in each, so that rows may refer to each other."""
    now = dt.datetime.now(dt.timezone.utc)
    values = {int: 1, float: 1.0, bool: False, str: "x", dt.datetime: now, dt.date: now.date()}
    return "x" if isinstance(column.type, Sealed) else values[column.type.python_type]


async def test_reseal_leaves_out_no_column_that_is_sealed(tmp_path: Path) -> None:
    url, tables = f"sqlite:///{tmp_path}/store.db", _tables()
    sealed = [column for table in tables for column in table.columns if isinstance(column.type, Sealed)]
    assert {str(column) for column in sealed} > {"accounts.totp_secret", "received.text", "sent.text", "notes.text"}
    store = Store(url, ["old"])
    await store.open()

    def fill(connection: Connection) -> None:
        for table in tables:
            connection.execute(table.insert().values({column.name: _value(column) for column in table.columns}))

    def read(connection: Connection) -> list[str]:
        return [
            connection.execute(sa.select(sa.type_coerce(column, sa.Text)).select_from(column.table)).scalar_one()
            for column in sealed
        ]

    await store.transaction(fill)
    result = _run("bot", "reseal", DATABASE_URL=url, ENCRYPTION_KEYS="new old")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith(f"{len(sealed)} texts are now encrypted with the first key.\n")
    assert [Sealer(["new"]).unseal(text) for text in await store.transaction(read)] == ["x"] * len(sealed)
    await store.close()


async def test_reseal_shows_how_far_it_is_and_ends_with_a_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = Store(url, ["old"])
    await store.open()
    await store.receive(Incoming("web:1", "web", "1", "hello"))
    await store.close()
    result = _run("bot", "reseal", DATABASE_URL=url, ENCRYPTION_KEYS="new old")
    assert (result.returncode, result.stderr) == (0, "")
    assert "received: 1 of 1" in result.stdout
    assert result.stdout.endswith("1 texts are now encrypted with the first key.\n")
    lost = _run("bot", "reseal", DATABASE_URL=url, ENCRYPTION_KEYS="newest old")
    assert lost.returncode == 3
    assert lost.stderr == "1 texts cannot be read with any of the keys; they were left as they are.\n"
    down = _run("bot", "reseal", DATABASE_URL=f"sqlite:///{tmp_path}", ENCRYPTION_KEYS="new old")
    assert down.returncode == 1
    assert len(down.stderr.splitlines()) == 1
