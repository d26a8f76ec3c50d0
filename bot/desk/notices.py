"""Staff hear that a chat has begun to wait: by mail, in a Telegram group, or both.

A notice says that, how many wait in all, and where the desk is. It passes through other people's servers, so it holds
nothing of the chat: no words, no language, no name, no number of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import localtime, make_msgid

import aiosmtplib

from bot.gateway.metrics import Metrics, Part
from bot.settings import MailServer, Settings

_logger = logging.getLogger(__name__)

#: Seconds in which a notice is taken or refused; after them it is sent again.
_PATIENCE = 60.0

SendToStaff = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Pace:
    """How often notices go, in seconds.

    ``mail`` and ``staff`` lie between two notices at least (Telegram takes 20 a minute in a group). After a failure the
    next attempt comes after ``first_wait``, then twice as much, at most ``longest_wait``; ``give_up`` after the last
    chat began to wait there is none any more.
    """

    mail: float = 60.0
    staff: float = 3.0
    first_wait: float = 5.0
    longest_wait: float = 300.0
    give_up: float = 3600.0


@dataclass(frozen=True)
class Notice:
    """What there is to say: how many chats began to wait since the last notice, and how many wait now."""

    begun: int
    waiting: int
    urgent: bool

    def and_then(self, later: Notice) -> Notice:
        """Both in one."""
        return Notice(self.begun + later.begun, later.waiting, self.urgent or later.urgent)

    def subject(self) -> str:
        """One line, Dutch and English."""
        if self.urgent:
            return f"DRINGEND / URGENT: chat wacht / chat waiting ({self.waiting})"
        return f"Chat wacht / chat waiting ({self.waiting})"

    def text(self, desk: str) -> str:
        """The whole notice, Dutch and English, with the link to the desk."""
        if self.urgent:
            first = ("DRINGEND: er wacht een chat op een medewerker.", "URGENT: a chat is waiting for a counsellor.")
        elif self.begun > 1:
            first = ("Er wachten nieuwe chats op een medewerker.", "New chats are waiting for a counsellor.")
        else:
            first = ("Er wacht een nieuwe chat op een medewerker.", "A new chat is waiting for a counsellor.")
        in_all = (f"In totaal wachten er {self.waiting}.", f"Waiting in all: {self.waiting}.")
        return "\n".join([*(f"{one} {all_}" for one, all_ in zip(first, in_all)), "", desk])


class Notices:
    """Sends notices the ways that the settings name. Nobody waits for them, and no failure of theirs reaches anybody.

    What is not sent yet is in memory only: after a restart, tell of the chats that are waiting then.
    """

    def __init__(
        self,
        settings: Settings,
        send_to_staff: SendToStaff | None,
        metrics: Metrics,
        pace: Pace = Pace(),
    ) -> None:
        """``send_to_staff`` writes a text into the staff's Telegram group and raises if it could not."""
        self._ways: list[_Way] = []
        desk = settings.desk_url
        if settings.smtp_url is not None:
            mail = _Mail(settings.smtp_url, settings.mail_from, settings.mail_to, desk)
            self._ways.append(_Way("mail", mail.send, pace.mail, pace, metrics))
        if send_to_staff is not None and settings.telegram_staff_chat is not None:
            self._ways.append(_Way("telegram", _to_group(send_to_staff, desk), pace.staff, pace, metrics))

    async def start(self) -> None:
        """Begin to send."""
        for way in self._ways:
            way.start()

    async def stop(self) -> None:
        """End; what is not sent by now is not sent."""
        for way in self._ways:
            await way.stop()

    async def waiting(self, waiting: int, urgent: bool) -> None:
        """A chat has begun to wait. Returns at once, before anything is sent.

        Args:
            waiting: how many chats wait in all, this one included.
            urgent: whether this one is.
        """
        for way in self._ways:
            way.add(Notice(1, waiting, urgent))


class _Way:
    """One way of sending, with a task of its own. What comes while it is busy is folded into the next notice."""

    def __init__(
        self, part: Part, send: Callable[[Notice], Awaitable[None]], pause: float, pace: Pace, metrics: Metrics
    ) -> None:
        self._part = part
        self._send = send
        self._pause = pause
        self._pace = pace
        self._metrics = metrics
        self._pending: Notice | None = None
        self._give_up_at = 0.0
        self._there_is_one = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        # Once may not do: before Python 3.12 a cancellation is lost when it meets the end of what wait_for() waits for.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=1)
        self._task = None

    def add(self, notice: Notice) -> None:
        self._pending = self._pending.and_then(notice) if self._pending else notice
        self._give_up_at = time.monotonic() + self._pace.give_up
        self._there_is_one.set()

    async def _run(self) -> None:
        while True:
            await self._there_is_one.wait()
            await self._deliver()
            await asyncio.sleep(self._pause)

    async def _deliver(self) -> None:
        """Send what there is until it is sent or too old; each attempt says how things stand by then."""
        wait = self._pace.first_wait
        while (notice := self._take()) is not None:
            try:
                return await asyncio.wait_for(self._send(notice), _PATIENCE)
            except Exception as error:  # whatever it is, chats go on; its text may hold addresses
                self._metrics.failed(self._part)
                self._put_back(notice)
                if time.monotonic() + wait > self._give_up_at:
                    _logger.error("Notice by %s: %s; given up", self._part, type(error).__name__)
                    self._take()
                    return
                _logger.warning("Notice by %s: %s; again in %.0f s", self._part, type(error).__name__, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._pace.longest_wait)

    def _take(self) -> Notice | None:
        notice, self._pending = self._pending, None
        self._there_is_one.clear()
        return notice

    def _put_back(self, notice: Notice) -> None:
        self._pending = notice.and_then(self._pending) if self._pending else notice
        self._there_is_one.set()


def _to_group(send_to_staff: SendToStaff, desk: str) -> Callable[[Notice], Awaitable[None]]:
    async def send(notice: Notice) -> None:
        await send_to_staff(notice.text(desk))

    return send


class _Mail:
    """Hands notices in at a mail server."""

    def __init__(self, server: MailServer, sender: str, recipients: tuple[str, ...], desk: str) -> None:
        self._server = server
        self._sender = sender
        self._recipients = recipients
        self._desk = desk

    async def send(self, notice: Notice) -> None:
        """Send one mail to all; raises if nobody gets it."""
        server = self._server
        refused, _ = await aiosmtplib.send(
            self._message(notice),
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=not server.tls,
            username=server.user,
            password=server.password,
            # By default the machine's own name, which is nobody's business.
            local_hostname=self._domain(),
        )
        if refused:
            _logger.error("Notice by mail: %d of %d recipients refused", len(refused), len(self._recipients))

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Subject"] = f"Wegwijzer: {notice.subject()}"
        message["Date"] = localtime()
        message["Message-ID"] = make_msgid(domain=self._domain())
        # Answering machines leave such mail alone.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text(self._desk))
        return message

    def _domain(self) -> str:
        return self._sender.rpartition("@")[2]
