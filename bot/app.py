"""The gateway process: puts store, understanding, answers and channels together and serves them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import click
from aiohttp import web

from bot.answers.content import load_content
from bot.channels.web.api import BODY_LIMIT, WebApi
from bot.channels.web.errors import error_middleware
from bot.channels.web.page import ChatPage
from bot.gateway.dispatcher import Dispatcher, Understanding
from bot.gateway.hub import Hub
from bot.gateway.limits import RateLimit
from bot.gateway.rasa_client import RasaClient
from bot.gateway.retention import keep_retention
from bot.gateway.store import Store
from bot.gateway.tokens import Tokens
from bot.settings import Settings, read_settings
from bot.understanding.archive import load_language_model, newest_model
from bot.understanding.lexicon import load_lexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet


def secret_key(settings: Settings, directory: Path = Path("var")) -> str:
    """The key that signs tokens: as set, else one made once and kept, so that chats survive a restart."""
    if settings.secret_key:
        return settings.secret_key
    path = directory / "secret-key"
    if not path.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def build_app(settings: Settings, root: Path = Path()) -> web.Application:
    """The gateway's application.

    Raises:
        ContentError: a data file is broken.
    """
    content = load_content(root)
    model = newest_model(root / "models")
    understanding = Understanding(
        load_language_model(model) if model else None,
        load_lexicon(),
        SafetyNet.load(root / "data/safety"),
        PlaceFinder(content.places.spellings),
    )
    store, hub = Store(settings.database_url), Hub()
    rasa = RasaClient(settings.rasa_url, settings.rasa_token, settings.rasa_timeout_seconds)
    dispatcher = Dispatcher(store, hub, rasa, content, understanding, settings)
    stopping = asyncio.Event()
    api = WebApi(
        store, hub, dispatcher, rasa, content, Tokens(secret_key(settings)), settings,
        RateLimit(settings.messages_per_minute), RateLimit(settings.conversations_per_minute), stopping,
    )  # fmt: skip

    async def run(app: web.Application) -> AsyncIterator[None]:
        await store.open()
        await rasa.open()
        await dispatcher.start()
        retention = asyncio.create_task(keep_retention(store, settings))
        yield
        retention.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await retention
        await dispatcher.stop()
        await rasa.close()
        await store.close()

    async def end_streams(app: web.Application) -> None:
        stopping.set()
        hub.notify_all()

    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[error_middleware(api.safety_text)])
    app.add_routes([*api.routes(), *ChatPage(content, settings).routes()])
    app.cleanup_ctx.append(run)
    app.on_shutdown.append(end_streams)
    return app


@click.command()
def main() -> None:
    """Run the gateway; settings come from the environment (see docs/settings.md)."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    settings = read_settings()
    # No access log: it would hold IP addresses.
    web.run_app(
        build_app(settings), host=settings.host, port=settings.port, access_log=None, print=None, shutdown_timeout=5
    )


if __name__ == "__main__":
    main()
