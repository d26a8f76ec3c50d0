"""Network addresses, as far as limits need them: in memory, as a fingerprint that means nothing after a restart."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

from aiohttp import web

_KEY = secrets.token_bytes(16)
#: A household gets a whole IPv6 network of this size.
_HOME_NETWORK = 64


def address_key(request: web.Request, proxies: int) -> str:
    """Who is asking, by network address.

    ``proxies`` is the number of our own reverse proxies: so many last entries of ``X-Forwarded-For`` can be believed.
    """
    entries = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",") if entry.strip()]
    believed = entries[-proxies] if proxies and len(entries) >= proxies else request.remote or ""
    return hashlib.blake2b(_network(believed).encode(), key=_KEY, digest_size=12).hexdigest()


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        return str(ipaddress.ip_network((found, _HOME_NETWORK), strict=False))
    return str(found)
