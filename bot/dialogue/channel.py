"""The gateway's channel into Rasa: loopback only, with a token, and no way for text to become a command."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Request, Sanic, response
from sanic.response import HTTPResponse

from bot.dialogue.graph import StraightGraphRunner
from bot.dialogue.tracker_store import ForgettingTrackerStore

CHANNEL = "gateway"
#: Metadata of a button: the intent it stands for and entity values.
_BUTTON_KEYS = frozenset({"intent", "topic", "place", "wanted_language"})


class _Collector(OutputChannel):
    """Collects the messages of one turn as the NLG and the actions made them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append({key: value for key, value in message.items() if value and key != "then"})
        if then := message.get("then"):
            self.messages.append(then)


class GatewayInput(InputChannel):
    """``POST /webhooks/gateway/messages``: one message in, the bot's messages out."""

    def __init__(self, token: str) -> None:
        self._token = token

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        token = (credentials or {}).get("token")
        if not token or token.startswith("${"):
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("gateway_channel", __name__)

        @blueprint.middleware("request")
        async def check_token(request: Request) -> HTTPResponse | None:
            given = request.headers.get("authorization", "")
            if hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return None
            return response.json({"error": "token"}, status=401)

        @blueprint.listener("after_server_start")
        async def run_straight(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            processor = app.ctx.agent.processor
            if processor is not None:
                processor.graph_runner = StraightGraphRunner.of(processor.graph_runner)

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            loaded = bool(agent and agent.is_ready())
            return response.json({"model": loaded}, status=200 if loaded else 503)

        @blueprint.post("/messages")
        async def receive(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if not agent or not agent.is_ready():
                return response.json({"error": "no model"}, status=503)
            body = request.json
            conversation, text = body.get("conversation"), body.get("text")
            if not isinstance(conversation, str) or not conversation or not isinstance(text, str):
                return response.json({"error": "malformed"}, status=400)
            collector = _Collector()
            await on_new_message(
                UserMessage(plain_text(text), collector, conversation, input_channel=CHANNEL, metadata=_metadata(body))
            )
            return response.json({"messages": collector.messages})

        @blueprint.get("/conversations/<conversation:str>")
        async def understood(request: Request, conversation: str) -> HTTPResponse:
            """What was made of the last message, for editors who try a draft."""
            tracker = await request.app.ctx.agent.tracker_store.retrieve(conversation)
            if tracker is None or tracker.latest_message is None:
                return response.json({"error": "unknown"}, status=404)
            parsed = tracker.latest_message.parse_data
            return response.json(
                {
                    "ranking": [[row["name"], row["confidence"]] for row in parsed.get("intent_ranking") or ()][:3],
                    "language": parsed.get("identified_language"),
                    "follows": bool(parsed.get("follow_up")),
                    "danger": parsed.get("danger"),
                }
            )

        @blueprint.delete("/conversations/<conversation:str>")
        async def erase(request: Request, conversation: str) -> HTTPResponse:
            store = _forgetting_store(request.app.ctx.agent.tracker_store)
            store.erase(conversation)
            return response.empty()

        return blueprint


def plain_text(text: str) -> str:
    """Text that Rasa cannot take for a command: a leading ``/`` would select an intent and fill slots."""
    return text.lstrip(" \t\r\n/\\") or "?"


def _metadata(body: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {key: body.get(key) for key in ("language", "place", "before")}
    if isinstance(body.get("day"), str):
        metadata["day"] = body["day"]
    button = body.get("button")
    if isinstance(button, dict) and isinstance(button.get("intent"), str):
        metadata["button"] = {key: value for key, value in button.items() if key in _BUTTON_KEYS}
    return metadata


def _forgetting_store(store: Any) -> ForgettingTrackerStore:
    """Our store inside the wrappers Rasa puts around it."""
    while not isinstance(store, ForgettingTrackerStore):
        store = store._tracker_store
    return store
