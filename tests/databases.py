"""Databases for tests: SQLite in a folder, or schemas of the database that TEST_DATABASE_URL names (PostgreSQL)."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import sqlalchemy as sa

#: Empty for SQLite.
SERVER = os.environ.get("TEST_DATABASE_URL", "")
#: The database on the server that these tests make and drop; in it a schema stands for a database.
_OWN = f"wegwijzer_test_{secrets.token_hex(4)}"

_schemas: set[str] = set()


def database(folder: Path, name: str = "store") -> str:
    """The address of a database that belongs to a folder; the same one each time it is asked for."""
    if not SERVER:
        return f"sqlite:///{folder}/{name}.db"
    own = sa.engine.make_url(SERVER).set(database=_OWN)
    if not _schemas:
        _execute(SERVER, f"CREATE DATABASE {_OWN}")
    schema = "test_" + hashlib.sha256(f"{folder}/{name}".encode()).hexdigest()[:16]
    if schema not in _schemas:
        _execute(own, f"CREATE SCHEMA {schema}")
        _schemas.add(schema)
    url = own.update_query_dict({"options": f"-csearch_path={schema}"})
    return str(url.render_as_string(hide_password=False))


def contents(url: str) -> bytes:
    """Everything that lies in a database, as it lies there."""
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database)
        return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    engine = sa.create_engine(parsed)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        queries = [sa.text(f'SELECT t::text FROM "{table}" t') for table in tables]
        rows = [row for query in queries for row in connection.execute(query).scalars()]
    engine.dispose()
    return "\n".join(rows).encode()


def drop_all() -> None:
    """Remove what was made on the server."""
    if _schemas:
        _execute(SERVER, f"DROP DATABASE {_OWN} WITH (FORCE)")
        _schemas.clear()


def _execute(url: object, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
