"""Codes of six digits from a person's phone (TOTP, RFC 6238)."""

from __future__ import annotations

import datetime as dt
import hmac
import re

import pyotp
import segno

#: Seconds for which a code holds.
STEP_SECONDS = 30
#: A clock may be so many steps off.
_WINDOW = 1
_ISSUER = "Wegwijzer"
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """What a phone and we share (base32)."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """The time step whose code this is, None if it is not one of the present. Compare it with the last one used."""
    digits = "".join(code.split())
    if not _CODE.fullmatch(digits):
        return None
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for step in range(present - _WINDOW, present + _WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def address(secret: str, account: str) -> str:
    """What an authenticator app reads from the QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER))


def qr_code(secret: str, account: str, title: str) -> str:
    """The QR code as an SVG element, which a page may hold without any inline style."""
    return str(segno.make(address(secret, account), error="m", micro=False).svg_inline(
        scale=5, light="#fff", dark="#000", title=title
    ))  # fmt: skip


def grouped(secret: str) -> str:
    """The secret as a person types it over, four letters at a time."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
