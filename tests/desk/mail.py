"""A real mail server (aiosmtpd) with TLS and passwords, for tests with a real client and a real network."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import warnings
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "desk@moviera.test", "s3cret/#word"


def make_certificate(folder: Path) -> Path:
    """A key and a certificate for this machine, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    plain = serialization.NoEncryption()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, form, plain) + certificate.public_bytes(encoding))
    return path


class MailServer:
    """Takes mail from whoever has the password.

    Args:
        certificate: key and certificate; None: it has no TLS at all.
        from_the_start: TLS from the first byte (``smtps``), else with STARTTLS.
    """

    def __init__(self, certificate: Path | None, *, from_the_start: bool = False) -> None:
        #: What was taken, in order.
        self.mails: list[EmailMessage] = []
        #: Who each of them was for.
        self.recipients: list[list[str]] = []
        #: How often a password was given.
        self.logins = 0
        #: Mails handed in, refused ones too.
        self.attempts = 0
        self._from_the_start = from_the_start
        self._context = None
        if certificate is not None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificate)
        self._refusals = 0
        self._refused_recipients: set[str] = set()
        self._listener: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The ``SMTP_URL`` that reaches it."""
        scheme = "smtps" if self._from_the_start else "smtp"
        return f"{scheme}://{USER.replace('@', '%40')}:s3cret%2F%23word@127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self._protocol, "127.0.0.1", self._port, ssl=self._context if self._from_the_start else None
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None

    def refuse(self, times: int) -> None:
        """Take none of the next mails."""
        self._refusals = times

    def refuse_recipient(self, address: str) -> None:
        """Know nobody of this address."""
        self._refused_recipients.add(address)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refused_recipients:
            return f"550 {address} is unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.attempts += 1
        if self._refusals:
            self._refusals -= 1
            return f"451 {USER} has to wait"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    def _protocol(self) -> SMTP:
        starts_later = not self._from_the_start and self._context is not None
        with warnings.catch_warnings():
            # With TLS from the first byte aiosmtpd does not see that there is any, and warns of it.
            warnings.simplefilter("ignore")
            return SMTP(
                self,
                hostname="mail.test",
                tls_context=self._context if starts_later else None,
                require_starttls=starts_later,
                auth_required=True,
                auth_require_tls=starts_later,
                authenticator=self._authenticate,
                loop=asyncio.get_running_loop(),
            )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        self.logins += 1
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=data == known, handled=data == known)
