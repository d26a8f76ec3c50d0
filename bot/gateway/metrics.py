"""What operators can count: numbers for Prometheus, about nobody.

A label is one of a few words written here. Nothing that a person wrote, is called or can be reached by is a label, nor
is a topic or a language: with few people that is a description of one.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Literal, get_args

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

METRICS_PATH = "/metrics"

#: ``answered`` by Rasa, ``degraded``: with a fixed answer because a part was down, ``system``: with a fixed text that
#: answers no question, such as what a command gets.
Outcome = Literal["answered", "degraded", "system"]
#: What can fail; ``gateway`` is a fault of our own.
Part = Literal["rasa", "actions", "store", "telegram", "desk", "gateway", "mail", "translation"]
#: ``retried``: an attempt failed, another comes; ``refused``: the channel never takes this reply; ``unreachable``: the
#: person blocked us or is gone.
Delivery = Literal["delivered", "retried", "refused", "unreachable"]

_CHANNELS = ("web", "telegram")
_OTHER = "other"
_ANSWER_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_WAITING_SECONDS = (
    _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 24 * _HOUR,
    72 * _HOUR,
)  # fmt: skip
#: What proxies add; a request with one of these does not come from this machine, whatever its address says.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


class Metrics:
    """Counts what happens in this process."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._received = Counter(
            "wegwijzer_messages_received", "Messages taken in, each once", ("channel",), registry=registry
        )
        self._answered = Counter(
            "wegwijzer_messages_answered", "Messages answered, not by a person", ("channel", "outcome"),
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "wegwijzer_answer_seconds", "From taking up a message until its answer is stored", buckets=_ANSWER_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._failures = Counter("wegwijzer_failures", "Failures by part", ("part",), registry=registry)
        self._deliveries = Counter(
            "wegwijzer_deliveries", "Replies handed to a channel", ("channel", "outcome"), registry=registry
        )
        self._waiting = Gauge("wegwijzer_chats_waiting", "Chats that wait for a person now", registry=registry)
        self._held = Gauge("wegwijzer_chats_held", "Chats that a person holds now", registry=registry)
        self._first_answer = Histogram(
            "wegwijzer_first_human_answer_seconds", "From waiting to a person's first answer",
            buckets=_WAITING_SECONDS, registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "wegwijzer_requests_refused", "Web requests refused as too many (429)", registry=registry
        )
        self._name_all()

    def _name_all(self) -> None:
        """Let every series begin at zero: one that appears with its first event hides that event from ``rate()``."""
        for part in get_args(Part):
            self._failures.labels(part)
        for channel in _CHANNELS:
            self._received.labels(channel)
            for outcome in get_args(Outcome):
                self._answered.labels(channel, outcome)
        for outcome in get_args(Delivery):
            self._deliveries.labels("telegram", outcome)

    def received(self, channel: str) -> None:
        """A message was stored that was not there before."""
        self._received.labels(_known(channel)).inc()

    def answered(self, channel: str, outcome: Outcome, seconds: float | None = None) -> None:
        """A message has its answer in the store, ``seconds`` after it was taken up; None if that took no time."""
        self._answered.labels(_known(channel), outcome).inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    def failed(self, part: Part) -> None:
        """A part did not do what it was asked."""
        self._failures.labels(part).inc()

    def delivered(self, channel: str, outcome: Delivery) -> None:
        """What became of an attempt to deliver a reply."""
        self._deliveries.labels(_known(channel), outcome).inc()

    def waiting(self, count: int) -> None:
        """So many chats wait for a person now."""
        self._waiting.set(count)

    def held(self, count: int) -> None:
        """So many chats are held by a person now."""
        self._held.set(count)

    def first_answer(self, seconds: float) -> None:
        """A person answered for the first time, ``seconds`` after the chat began to wait."""
        self._first_answer.observe(seconds)

    def refused(self) -> None:
        """A web request got 429."""
        self._refused.inc()

    def exposed(self, accept: str) -> tuple[bytes, str]:
        """All figures, and their content type, in the form that an ``Accept`` header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def route(self, token: str, refresh: Callable[[], Awaitable[None]]) -> web.RouteDef:
        """``GET /metrics`` for whoever has the token; without one, for this machine only.

        ``refresh`` brings what is counted in the store up to date.
        """

        async def serve(request: web.Request) -> web.Response:
            _check_allowed(request, token)
            await refresh()
            body, content_type = self.exposed(request.headers.get("Accept", ""))
            return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

        return web.get(METRICS_PATH, serve)


def _known(channel: str) -> str:
    """The channel, if it is one: nothing else may become a label."""
    return channel if channel in _CHANNELS else _OTHER


def _check_allowed(request: web.Request, token: str) -> None:
    if not token:
        if not _is_local(request):
            raise web.HTTPNotFound
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # Headers may hold bytes that are no text.
    same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})


def _is_local(request: web.Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
