"""Staff hear that somebody waits, and whoever reads along learns nothing of the chat."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram import TelegramChannel
from bot.desk.notices import Notices, Pace, SendToStaff
from bot.gateway.metrics import Metrics
from bot.settings import SettingError, Settings, read_settings
from tests.bot_api import BotApi
from tests.desk.mail import MailServer, make_certificate
from tests.system.telegram import gateway, until

DESK = "https://wegwijzer.test/desk/queue"
TO = ("ala@moviera.test", "bob@moviera.test")
#: Times of an hour in parts of a second.
QUICK = Pace(mail=0.3, staff=0.1, first_wait=0.02, longest_wait=0.05, give_up=5.0)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("mail"))


@pytest.fixture(autouse=True)
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine trust the test's own mail server, and the client check that it does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
async def mail(certificate: Path) -> AsyncIterator[MailServer]:
    async with serving(MailServer(certificate)) as server:
        yield server


@asynccontextmanager
async def serving(server: MailServer) -> AsyncIterator[MailServer]:
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def by_mail(url: str, **more: str) -> Settings:
    given = {"SMTP_URL": url, "MAIL_FROM": "desk@moviera.test", "MAIL_TO": ", ".join(TO)}
    return read({"PUBLIC_URL": "https://wegwijzer.test/", **given, **more})


def by_telegram() -> Settings:
    return read({"DESK_URL": DESK, "TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_STAFF_CHAT": "-100"})


def read(given: dict[str, str]) -> Settings:
    """Settings from here alone."""
    return read_settings(given, Path("no.env"))


@asynccontextmanager
async def telling(settings: Settings, staff: SendToStaff | None = None, pace: Pace = QUICK) -> AsyncIterator[Notices]:
    notices = Notices(settings, staff, Metrics(), pace)
    await notices.start()
    try:
        yield notices
    finally:
        await notices.stop()


@pytest.mark.parametrize("from_the_start", [False, True], ids=["starttls", "tls"])
async def test_a_waiting_chat_is_told_by_mail(certificate: Path, from_the_start: bool) -> None:
    server = MailServer(certificate, from_the_start=from_the_start)
    async with serving(server), telling(by_mail(server.url)) as notices:
        await notices.waiting(3, urgent=False)
        await until(lambda: server.mails)
    (mail,) = server.mails
    assert server.recipients == [list(TO)]
    assert (mail["From"], mail["To"]) == ("desk@moviera.test", ", ".join(TO))
    assert mail["Subject"] == "Wegwijzer: Chat wacht / chat waiting (3)"
    assert mail.get_content().replace("\r\n", "\n") == (
        "Er wacht een nieuwe chat op een medewerker. In totaal wachten er 3.\n"
        "A new chat is waiting for a counsellor. Waiting in all: 3.\n"
        f"\n{DESK}\n"
    )


async def test_a_mail_names_neither_this_machine_nor_the_chat(mail: MailServer) -> None:
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=True)
        await until(lambda: mail.mails)
    names = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
    technical = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Peer", "X-MailFrom", "X-RcptTo"}
    assert set(mail.mails[0].keys()) <= names | technical
    assert mail.mails[0]["Message-ID"].endswith("@moviera.test>")


async def test_an_urgent_chat_is_told_as_urgent(mail: MailServer) -> None:
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=True)
        await until(lambda: mail.mails)
    assert mail.mails[0]["Subject"] == "Wegwijzer: DRINGEND / URGENT: chat wacht / chat waiting (1)"
    assert "DRINGEND: er wacht een chat" in mail.mails[0].get_content()
    assert "URGENT: a chat is waiting" in mail.mails[0].get_content()


async def test_the_desk_may_be_elsewhere(mail: MailServer) -> None:
    async with telling(by_mail(mail.url, DESK_URL="https://desk.test/")) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: mail.mails)
    assert mail.mails[0].get_content().rstrip().endswith("\nhttps://desk.test/")


async def test_what_comes_soon_after_a_mail_is_in_the_next_one(mail: MailServer) -> None:
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: mail.mails)
        first = time.monotonic()
        for count, urgent in ((2, True), (3, False), (4, False)):
            await notices.waiting(count, urgent)
        await until(lambda: len(mail.mails) == 2)
        assert time.monotonic() - first >= QUICK.mail - 0.05
        await asyncio.sleep(2 * QUICK.mail)
    assert [one["Subject"] for one in mail.mails] == [
        "Wegwijzer: Chat wacht / chat waiting (1)",
        "Wegwijzer: DRINGEND / URGENT: chat wacht / chat waiting (4)",
    ]


def test_by_default_there_is_one_mail_a_minute_and_an_hour_of_attempts() -> None:
    assert (Pace().mail, Pace().give_up) == (60, 3600)


async def test_a_mail_server_that_refuses_is_asked_again(mail: MailServer) -> None:
    mail.refuse(2)
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: mail.mails)
        await asyncio.sleep(0.2)
    assert (mail.attempts, len(mail.mails)) == (3, 1)


async def test_what_began_while_the_mail_server_was_away_is_in_one_mail(mail: MailServer) -> None:
    await mail.stop()
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=False)
        await asyncio.sleep(0.1)
        await notices.waiting(2, urgent=False)
        await mail.start()
        await until(lambda: mail.mails)
        await asyncio.sleep(0.1)
    (only,) = mail.mails
    assert "Er wachten nieuwe chats op een medewerker. In totaal wachten er 2." in only.get_content()


async def test_what_is_too_old_is_given_up_and_the_next_chat_begins_anew(
    mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail.refuse(1000)
    pace = Pace(mail=0.05, first_wait=0.02, longest_wait=0.05, give_up=1.0)
    async with telling(by_mail(mail.url), pace=pace) as notices:
        await notices.waiting(1, urgent=True)
        await until(lambda: "given up" in caplog.text)
        attempts = mail.attempts
        await asyncio.sleep(0.2)
        assert mail.attempts == attempts > 1
        mail.refuse(0)
        await notices.waiting(2, urgent=False)
        await until(lambda: mail.mails)
    assert mail.mails[0]["Subject"] == "Wegwijzer: Chat wacht / chat waiting (2)"


async def test_one_unknown_address_keeps_nothing_from_the_others(
    mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail.refuse_recipient(TO[0])
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: mail.mails)
        await asyncio.sleep(0.1)
    assert mail.recipients == [[TO[1]]]
    assert "1 of 2 recipients refused" in caplog.text
    assert "moviera.test" not in caplog.text


async def test_without_tls_nothing_is_sent_and_no_password_given(caplog: pytest.LogCaptureFixture) -> None:
    server = MailServer(None)
    async with serving(server), telling(by_mail(server.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: "Notice by mail" in caplog.text)
    assert (server.attempts, server.logins) == (0, 0)


@pytest.mark.parametrize("from_the_start", [False, True], ids=["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_no_password(
    certificate: Path, from_the_start: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server = MailServer(certificate, from_the_start=from_the_start)
    async with serving(server), telling(by_mail(server.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: "Notice by mail" in caplog.text)
    assert (server.attempts, server.logins) == (0, 0)


async def test_a_failure_is_logged_by_its_kind_only(mail: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mail.refuse(1)
    async with telling(by_mail(mail.url)) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: mail.mails)
    said = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("mail."))
    assert "Notice by mail: SMTPDataError" in said
    for secret in ("s3cret", "moviera.test", "127.0.0.1"):
        assert secret not in said


async def test_nobody_waits_for_a_notice_whatever_becomes_of_it() -> None:
    async def hang(text: str) -> None:
        await asyncio.sleep(3600)

    started = time.monotonic()
    async with telling(by_telegram(), hang) as notices:
        for count in range(1, 100):
            await notices.waiting(count, urgent=False)
        await asyncio.sleep(0)
    assert time.monotonic() - started < 0.2


async def test_the_group_hears_at_once_and_again_after_a_failure() -> None:
    heard: list[str] = []
    failures = [RuntimeError("-100 is no chat"), OSError()]

    async def group(text: str) -> None:
        if failures:
            raise failures.pop()
        heard.append(text)

    async with telling(by_telegram(), group) as notices:
        await notices.waiting(2, urgent=False)
        await until(lambda: heard)
    assert heard == [
        "Er wacht een nieuwe chat op een medewerker. In totaal wachten er 2.\n"
        f"A new chat is waiting for a counsellor. Waiting in all: 2.\n\n{DESK}"
    ]


async def test_mail_that_fails_keeps_nothing_from_the_group(mail: MailServer) -> None:
    heard: list[str] = []

    async def group(text: str) -> None:
        heard.append(text)

    mail.refuse(1000)
    both = by_mail(mail.url, TELEGRAM_BOT_TOKEN="1:a", TELEGRAM_STAFF_CHAT="-100")
    async with telling(both, group) as notices:
        await notices.waiting(1, urgent=False)
        await until(lambda: heard and mail.attempts)


async def test_without_settings_nothing_happens() -> None:
    async def group(text: str) -> None:
        raise AssertionError(text)

    async with telling(read({}), group) as notices:
        await notices.waiting(1, urgent=True)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "given",
    [
        {"SMTP_URL": "http://u:s3cret@mail.test"},
        {"SMTP_URL": "smtp://u:s3cret@"},
        {"SMTP_URL": "smtp://s3cret@mail.test"},
        {"SMTP_URL": "smtp://u:s3cret@mail.test:70000"},
        {"SMTP_URL": "smtp://u:s3cret@mail.test/path"},
        {"SMTP_URL": "smtp://u:s3#cret@mail.test"},
        {"SMTP_URL": "smtp://u:s3cret@mail.test", "MAIL_FROM": "a@b.nl"},
        {"SMTP_URL": "smtp://u:s3cret@mail.test", "MAIL_FROM": "a@b.nl", "MAIL_TO": "a@b.nl"},
        {"MAIL_FROM": "a b@c.nl"},
        {"MAIL_TO": "a@b.nl, c"},
        {"MAIL_TO": "a@b.nl"},
        {"TELEGRAM_STAFF_CHAT": "12"},
        {"TELEGRAM_STAFF_CHAT": "@staff"},
        {"TELEGRAM_STAFF_CHAT": "-12", "PUBLIC_URL": "https://a.nl"},
    ],
)
def test_settings_with_which_no_notice_would_come_are_refused_without_the_password(given: dict[str, str]) -> None:
    with pytest.raises(SettingError) as error:
        read(given)
    assert "s3" not in str(error.value)


def test_a_mail_server_is_read_from_its_address() -> None:
    addresses = {"MAIL_FROM": "a@b.nl", "MAIL_TO": "c@d.nl", "PUBLIC_URL": "https://a.nl"}
    server = read({"SMTP_URL": "smtps://a%40b.nl:p%2F%3A@mail.test", **addresses}).smtp_url
    assert server is not None
    assert (server.host, server.port, server.tls, server.user, server.password) == (
        "mail.test", 465, True, "a@b.nl", "p/:",
    )  # fmt: skip
    assert "p/:" not in repr(server)
    plain = read({"SMTP_URL": "smtp://mail.test", **addresses}).smtp_url
    assert plain is not None
    assert (plain.port, plain.tls, plain.user) == (587, False, None)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi()
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> list[TelegramChannel]:
    """The Telegram channels of the gateways that the test makes."""
    made: list[TelegramChannel] = []

    class Remembered(TelegramChannel):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr("bot.channels.telegram.TelegramChannel", Remembered)
    return made


async def test_the_staff_group_hears_when_telegram_is_back_and_is_not_listened_to(
    api: BotApi, channels: list[TelegramChannel], tmp_path: Path
) -> None:
    person, group, other = api.user(7), api.group(-300), api.group(-301)
    staff = {"TELEGRAM_STAFF_CHAT": "-300", "DESK_URL": DESK}
    async with gateway(api, tmp_path / "store.db", None, **staff):
        group.add_bot(person)
        for text in ("kaucja za pokój", "/start", "/forget", "zabrał mi paszport"):
            group.write(person, text)
        other.add_bot(person)
        await until(lambda: other.bot_left and not api.pending)
        api.fail("sendMessage", 502, times=2, chat=-300)
        async with telling(by_telegram(), channels[0].tell_staff) as notices:
            await notices.waiting(2, urgent=True)
            await until(lambda: group.received)
    assert not group.bot_left
    assert [message["text"] for message in group.received] == [
        "DRINGEND: er wacht een chat op een medewerker. In totaal wachten er 2.\n"
        f"URGENT: a chat is waiting for a counsellor. Waiting in all: 2.\n\n{DESK}"
    ]
    with sqlite3.connect(tmp_path / "store.db") as store:
        assert store.execute("select count(*) from conversations").fetchone() == (0,)
