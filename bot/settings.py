"""Every setting of Wegwijzer, in one table. They come from the environment or from ``.env``."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.hours import DUTCH_TIME, Hours


class SettingError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the environment, its default, how it is read and what it means.

    What a ``secret`` one holds is in no error text.
    """

    name: str
    default: str
    read: Callable[[str], Any]
    help: str
    secret: bool = False


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in: with TLS from the first byte (``tls``), else with STARTTLS, never without either."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)


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


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.replace(",", " ").split() if name)


def _hours(text: str) -> Hours:
    pairs = [part.split() for part in text.split(",")]
    return Hours.from_days({days: span for days, span in pairs}, on_holidays=False)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _telegram_mode(text: str) -> str:
    if text not in ("polling", "webhook"):
        raise ValueError(text)
    return text


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError(text)
    return text


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


#: An origin as browsers write it. Without https anybody on the way could frame and script the chat.
_ORIGIN = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:(?!443$)\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?")


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(dict.fromkeys(text.split()))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(origin)
    return origins


def _page(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\"'<>\\]", text):
        raise ValueError(text)
    return text


_MAIL_PORTS = {"smtp": 587, "smtps": 465}


def _mail_server(text: str) -> MailServer | None:
    if not text:
        return None
    parts = urlsplit(text)
    beyond = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or beyond or re.search(r"\s", text):
        raise ValueError(text)
    if (parts.username is None) != (parts.password is None):
        raise ValueError(text)
    port = _MAIL_PORTS[parts.scheme] if parts.port is None else _port(str(parts.port))
    user, password = (part if part is None else unquote(part) for part in (parts.username, parts.password))
    return MailServer(parts.hostname, port, parts.scheme == "smtps", user, password)


#: An address as mail servers take it, without a name.
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _mail_address(text: str) -> str:
    if text and not _MAIL_ADDRESS.fullmatch(text):
        raise ValueError(text)
    return text


def _mail_addresses(text: str) -> tuple[str, ...]:
    return tuple(_mail_address(address.strip()) for address in text.split(",") if address.strip())


def _group(text: str) -> int | None:
    if not text:
        return None
    number = int(text)
    # Ids of people are positive.
    if number >= 0:
        raise ValueError(text)
    return number


#: The attribute of ``Settings`` is the name in lower case.
SETTINGS: tuple[Setting, ...] = (
    Setting("HOST", "127.0.0.1", str, "Address the gateway listens on; 0.0.0.0 behind a reverse proxy in a container"),
    Setting("PORT", "8080", _port, "Port of the gateway, the only public process"),
    Setting("DATABASE_URL", "sqlite:///var/wegwijzer.db", str, "Store for conversations: SQLite or PostgreSQL"),
    Setting("SECRET_KEY", "", str, "Key that signs conversation tokens; empty: made once and kept in var/secret-key"),
    Setting("ENCRYPTION_KEYS", "", _names, "Keys that encrypt messages in the store, newest first; empty: SECRET_KEY"),
    Setting("DESK_HOURS", "mon-fri 09:00-17:00", _hours, "When the human partner answers; never on holidays"),
    Setting("REMIND_MINUTES", "30", _positive, "Minutes without an answer after which a waiting person is asked again"),
    Setting("CONTENT_DIR", "var/content", str, "Folder of the content that staff edit: versions in git, and the draft"),
    Setting("REGION", "west_veluwe_vallei", str, "Region of the human partner (Moviera), an id in data/places.yml"),
    Setting("RASA_URL", "", str, "Address of the Rasa server; set by the supervisor"),
    Setting("RASA_TOKEN", "", str, "Token between gateway and Rasa; made by the supervisor at each start"),
    Setting("RASA_TIMEOUT_SECONDS", "20", _positive, "How long the gateway waits for Rasa before answering without it"),
    Setting("SUPERVISOR_URL", "", str, "Address of the supervisor's own server; set by the supervisor"),
    Setting("SUPERVISOR_TOKEN", "", str, "Token between gateway and supervisor; made by the supervisor at each start"),
    Setting("CONTENT", "", str, "Folder of the content that is answered from; set by the supervisor; empty: here"),
    Setting("MODEL", "", str, "Model that goes with CONTENT; set by the supervisor"),
    Setting("ACTION_URL", "", str, "Address of the action server; set by the supervisor"),
    Setting("ACTION_TOKEN", "", str, "Token between Rasa and the action server; made by the supervisor at each start"),
    Setting("MESSAGES_PER_MINUTE", "30", _positive, "Most messages a minute in one conversation; more get 429"),
    Setting("ADDRESS_MESSAGES_PER_MINUTE", "300", _positive, "Most web messages a minute from one network address"),
    Setting("CONVERSATIONS_PER_MINUTE", "60", _positive, "Most new web conversations a minute from one address"),
    Setting("TRUSTED_PROXIES", "0", _count, "Own reverse proxies in front, whose X-Forwarded-For can be believed"),
    Setting("RETENTION_DAYS", "7", _positive, "Days without a message after which a conversation is erased"),
    Setting("EMBED_ORIGINS", "", _origins, "Sites that may embed the widget (https://a.nl https://b.nl); empty: none"),
    Setting("LEAVE_URL", "https://www.buienradar.nl/", _page, "The neutral page that 'Leave quickly' goes to"),
    Setting("TELEGRAM_BOT_TOKEN", "", str, "Token of the Telegram bot, from BotFather; empty: no Telegram"),
    Setting("TELEGRAM_MODE", "polling", _telegram_mode, "How updates come: polling, or webhook (needs PUBLIC_URL)"),
    Setting("TELEGRAM_API_URL", "https://api.telegram.org", _url, "Bot API server: Telegram's, or one of your own"),
    Setting("PUBLIC_URL", "", _url, "Address under which the gateway is reached from outside (https://...)"),
    Setting("DESK_URL", "", _url, "Address of the desk in notices to staff; empty: PUBLIC_URL/desk/queue"),
    Setting(
        "SMTP_URL", "", _mail_server,
        "Mail server for notices to staff: smtp://user:password@host:587 (STARTTLS) or smtps://; empty: no mail",
        secret=True,
    ),
    Setting("MAIL_FROM", "", _mail_address, "Address that notices come from"),
    Setting("MAIL_TO", "", _mail_addresses, "Addresses that notices go to (a@example.nl,b@example.nl)"),
    Setting("TELEGRAM_STAFF_CHAT", "", _group, "Id of the staff's Telegram group, for notices (-100123); empty: none"),
    Setting("TRANSLATE_URL", "", _url, "LibreTranslate server for the desk, one of your own; empty: no translation"),
    Setting("TRANSLATE_KEY", "", str, "API key for TRANSLATE_URL, if it wants one"),
    Setting("METRICS_TOKEN", "", str, "Token that opens /metrics; empty: it is open to this machine only"),
    Setting("TODAY", "", _day, "For previews and tests: the day to answer for (2027-01-01); empty: today"),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The values of ``SETTINGS``; meanings stand there."""

    host: str
    port: int
    database_url: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    desk_hours: Hours
    remind_minutes: int
    content_dir: str
    region: str
    rasa_url: str
    rasa_token: str
    rasa_timeout_seconds: int
    supervisor_url: str
    supervisor_token: str
    content: str
    model: str
    action_url: str
    action_token: str
    messages_per_minute: int
    address_messages_per_minute: int
    conversations_per_minute: int
    trusted_proxies: int
    retention_days: int
    embed_origins: tuple[str, ...]
    leave_url: str
    telegram_bot_token: str
    telegram_mode: str
    telegram_api_url: str
    public_url: str
    desk_url: str
    smtp_url: MailServer | None
    mail_from: str
    mail_to: tuple[str, ...]
    telegram_staff_chat: int | None
    translate_url: str
    translate_key: str
    metrics_token: str
    today: dt.date | None

    @property
    def content_folder(self) -> Path:
        """The folder whose ``data`` and ``locales`` are answered from."""
        return Path(self.content)

    def now(self, day: dt.date | None = None) -> dt.datetime:
        """The present moment (UTC), moved to ``TODAY`` where that is set, or to another day."""
        moment, day = dt.datetime.now(dt.timezone.utc), day or self.today
        return dt.datetime.combine(day, moment.timetz()) if day else moment

    def dutch_now(self) -> dt.datetime:
        """The same moment on Dutch clocks: rules hold, and amounts change, by the day there."""
        return self.now().astimezone(DUTCH_TIME)


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
            given_value = "..." if setting.secret else repr(text)
            raise SettingError(f"{setting.name}={given_value} cannot be used: {setting.help}") from None
    if values["telegram_bot_token"] and values["telegram_mode"] == "webhook" and not values["public_url"]:
        raise SettingError("TELEGRAM_MODE=webhook needs PUBLIC_URL, the address Telegram posts to")
    _check_notices(values)
    if not values["desk_url"] and values["public_url"]:
        values["desk_url"] = values["public_url"].rstrip("/") + "/desk/queue"
    assert set(values) == {field.name for field in fields(Settings)}
    return Settings(**values)


def _check_notices(values: Mapping[str, Any]) -> None:
    """Refuse settings with which staff would wait for notices that never come."""
    if values["smtp_url"] and not (values["mail_from"] and values["mail_to"]):
        raise SettingError("SMTP_URL needs MAIL_FROM and MAIL_TO, the addresses of notices")
    if values["mail_to"] and not values["smtp_url"]:
        raise SettingError("MAIL_TO needs SMTP_URL, the mail server")
    if values["telegram_staff_chat"] and not values["telegram_bot_token"]:
        raise SettingError("TELEGRAM_STAFF_CHAT needs TELEGRAM_BOT_TOKEN, the bot that writes there")
    if (values["smtp_url"] or values["telegram_staff_chat"]) and not (values["desk_url"] or values["public_url"]):
        raise SettingError("notices to staff need DESK_URL or PUBLIC_URL, the address they link to")


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (row.partition("=") for row in rows if row and not row.startswith("#") and "=" in row)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
