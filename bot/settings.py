"""Every setting of Wegwijzer, in one table. They come from the environment or from ``.env``."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the environment, its default, how it is read and what it means."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: str


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError(text)
    return number


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


#: The attribute of ``Settings`` is the name in lower case.
SETTINGS: tuple[Setting, ...] = (
    Setting("HOST", "127.0.0.1", str, "Address the gateway listens on; 0.0.0.0 behind a reverse proxy in a container"),
    Setting("PORT", "8080", _port, "Port of the gateway, the only public process"),
    Setting("DATABASE_URL", "sqlite:///var/wegwijzer.db", str, "Store for conversations: SQLite or PostgreSQL"),
    Setting("SECRET_KEY", "", str, "Key that signs conversation tokens; empty: made once and kept in var/secret-key"),
    Setting("REGION", "west_veluwe_vallei", str, "Region of the human partner (Moviera), an id in data/places.yml"),
    Setting("RASA_URL", "", str, "Address of the Rasa server; set by the supervisor"),
    Setting("RASA_TOKEN", "", str, "Token between gateway and Rasa; made by the supervisor at each start"),
    Setting("RASA_TIMEOUT_SECONDS", "20", _positive, "How long the gateway waits for Rasa before answering without it"),
    Setting("ACTION_URL", "", str, "Address of the action server; set by the supervisor"),
    Setting("ACTION_TOKEN", "", str, "Token between Rasa and the action server; made by the supervisor at each start"),
    Setting("MESSAGES_PER_MINUTE", "30", _positive, "Most messages a minute in one conversation; more get 429"),
    Setting("CONVERSATIONS_PER_MINUTE", "60", _positive, "Most new conversations a minute in all; more get 429"),
    Setting("RETENTION_DAYS", "7", _positive, "Days without a message after which a conversation is erased"),
    Setting("TODAY", "", _day, "For previews and tests: the day to answer for (2027-01-01); empty: today"),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The values of ``SETTINGS``; meanings stand there."""

    host: str
    port: int
    database_url: str
    secret_key: str
    region: str
    rasa_url: str
    rasa_token: str
    rasa_timeout_seconds: int
    action_url: str
    action_token: str
    messages_per_minute: int
    conversations_per_minute: int
    retention_days: int
    today: dt.date | None

    def now(self) -> dt.datetime:
        """The present moment (UTC), moved to ``TODAY`` where that is set."""
        moment = dt.datetime.now(dt.timezone.utc)
        if self.today is not None:
            moment = dt.datetime.combine(self.today, moment.timetz())
        return moment


def read_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Settings from the environment, else from an ``.env`` file, else the defaults.

    Raises:
        SettingError: a value is not usable.
    """
    given = {**_read_env_file(env_file), **(os.environ if environment is None else environment)}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = given.get(setting.name, setting.default)
        try:
            values[setting.name.lower()] = setting.read(text)
        except ValueError:
            raise SettingError(f"{setting.name}={text!r} cannot be used: {setting.help}") from None
    values["secret_key"] = values["secret_key"] or secrets.token_urlsafe(32)
    assert set(values) == {field.name for field in fields(Settings)}
    return Settings(**values)


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (row.partition("=") for row in rows if row and not row.startswith("#") and "=" in row)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
