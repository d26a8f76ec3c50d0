"""The gateway process: puts store, understanding, answers and channels together and serves them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvloop
from aiohttp import web

from bot.answers.content import Content, load_content
from bot.channels.web.api import BODY_LIMIT, Limits, WebApi
from bot.channels.web.errors import error_middleware
from bot.channels.web.scripts import module
from bot.channels.web.site import Site
from bot.desk.app import Desk
from bot.desk.chat_desk import ChatDesk
from bot.desk.editor.desk import EditDesk, Looks
from bot.desk.notices import Notices
from bot.desk.questions_pages import QuestionDesk
from bot.editing.servers import Pair
from bot.gateway.answering import Answering, Understanding
from bot.gateway.dispatcher import Dispatcher
from bot.gateway.handover import Handovers
from bot.gateway.hub import Hub
from bot.gateway.intake import Intake
from bot.gateway.metrics import Metrics
from bot.gateway.rasa_client import RasaClient
from bot.gateway.reminding import keep_reminding
from bot.gateway.resume import Codes
from bot.gateway.retention import keep_retention
from bot.gateway.store import Store, StoreUnavailable
from bot.gateway.tokens import Tokens
from bot.gateway.turns import Turns
from bot.gateway.unanswered import Unanswered, tools_of
from bot.settings import Settings, read_settings
from bot.understanding.archive import load_language_model, newest_model
from bot.understanding.lexicon import load_lexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel


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


def encryption_keys(settings: Settings) -> Sequence[str]:
    """The keys that encrypt what is stored, the newest first."""
    return settings.encryption_keys or [secret_key(settings)]


def _understanding(folder: Path, content: Content, model: Path | None) -> Understanding:
    return Understanding(
        load_language_model(model) if model else None,
        load_lexicon(),
        _safety_net(folder),
        PlaceFinder(content.places.spellings),
    )


#: What was loaded last, by what is in its files: with a version that changes none of them it is not loaded anew.
_safety_nets: dict[str, SafetyNet] = {}


def _safety_net(folder: Path) -> SafetyNet:
    """A second of work, in which a thread would hold up everything else."""
    files = sorted((folder / "data/safety").glob("*.yml"))
    digest = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
    net = _safety_nets.get(digest) or SafetyNet.load(folder / "data/safety")
    _safety_nets.clear()
    _safety_nets[digest] = net
    return net


def _telegram_channel() -> type[TelegramChannel]:
    # Imported when needed: the library takes 20 MB, also of a gateway without Telegram.
    from bot.channels.telegram import TelegramChannel

    return TelegramChannel


def _telegram_shows(text: str) -> list[str]:
    from bot.channels.telegram import shown

    return shown(text)


def build_app(settings: Settings, root: Path = Path()) -> web.Application:
    """The gateway's application.

    Raises:
        ContentError: a data file is broken.
    """
    folder = root / settings.content_folder
    content = load_content(folder)
    model = Path(settings.model) if settings.model else newest_model(root / "models")
    understanding = _understanding(folder, content, model)
    store = Store(settings.database_url, encryption_keys(settings))
    hub = Hub()
    metrics = Metrics()
    rasa = RasaClient(settings.rasa_url, settings.rasa_token, settings.rasa_timeout_seconds)
    answering = Answering(rasa, content, understanding, settings, metrics)
    handovers = Handovers(store, hub, content)
    handovers.on_first_answer = metrics.first_answer
    intake = Intake(content, settings, secret_key(settings))
    unanswered = Unanswered(
        store, content, settings, secret_key(settings), lambda: tools_of(content, folder / "data/nlu", root),
        answering.shows_danger,
    )  # fmt: skip
    turns = Turns(store, answering, intake, handovers, content, settings, metrics, unanswered)
    dispatcher = Dispatcher(store, hub, turns, metrics)
    telegram = (
        _telegram_channel()(store, hub, dispatcher, answering, content, settings, secret_key(settings), metrics)
        if settings.telegram_bot_token
        else None
    )
    stopping = asyncio.Event()
    api = WebApi(
        store, hub, dispatcher, rasa, answering, content, Tokens(secret_key(settings)), settings,
        Limits.from_settings(settings), stopping, Codes(store, secret_key(settings)),
        {"telegram": lambda: telegram.connected} if telegram else {}, metrics,
    )  # fmt: skip

    site = Site(content, settings)
    desk = Desk(store, content, settings, secret_key(settings), metrics)
    chat_desk = ChatDesk(desk, handovers, hub, content, settings, metrics)

    def take_over(version: Path, model: Path, pair: Pair) -> Callable[[], None]:
        """Load a version of the content; what is returned makes everything answer from it."""
        other = load_content(version)
        understanding = _understanding(version, other, model)
        send_renewed = site.renewed(other)

        def switch() -> None:
            nonlocal folder
            folder = version
            content.become(other)
            answering.understand_with(understanding)
            rasa.lead_to(pair.rasa_url, pair.rasa_token)
            send_renewed()

        return switch

    looks = Looks(_telegram_shows, module("links"))
    edit_desk = EditDesk(desk, settings, take_over, content, looks, handovers, _understanding, unanswered)
    question_desk = QuestionDesk(desk, unanswered, edit_desk.messages, content)
    notices = Notices(settings, telegram.tell_staff if telegram else None, metrics)
    telling: set[asyncio.Task[None]] = set()

    def tell_staff(waiting: int, urgent: bool) -> None:
        task = asyncio.create_task(notices.waiting(waiting, urgent))
        telling.add(task)
        task.add_done_callback(telling.discard)

    handovers.on_waiting = tell_staff

    async def count_handovers() -> None:
        with contextlib.suppress(StoreUnavailable):
            held = [one.state for one in await handovers.all()]
            metrics.waiting(held.count("waiting"))
            metrics.held(held.count("person"))

    async def run(app: web.Application) -> AsyncIterator[None]:
        await store.open()
        await rasa.open()
        await chat_desk.start()
        await edit_desk.start()
        await notices.start()
        await handovers.tell_of_waiting()
        await dispatcher.start()
        if telegram is not None:
            await telegram.start()
        jobs = [
            asyncio.create_task(keep_retention(store, settings)),
            asyncio.create_task(keep_reminding(handovers, settings)),
        ]
        yield
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        if telegram is not None:
            await telegram.stop()
        await dispatcher.stop()
        await unanswered.close()
        await notices.stop()
        await edit_desk.stop()
        await chat_desk.stop()
        await rasa.close()
        await store.close()

    async def end_streams(app: web.Application) -> None:
        stopping.set()
        hub.notify_all()
        chat_desk.end_streams()

    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[error_middleware(api.safety_text, metrics)])
    app.add_routes([*api.routes(), *site.routes(), metrics.route(settings.metrics_token, count_handovers)])
    if telegram is not None:
        app.add_routes(telegram.routes())
    app.add_subapp("/desk", desk.application([*chat_desk.routes(), *edit_desk.routes(), *question_desk.routes()]))
    app.cleanup_ctx.append(run)
    app.on_shutdown.append(end_streams)
    return app


@click.command()
def main() -> None:
    """Run the gateway; settings come from the environment (see docs/settings.md)."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Its messages name the address of the client; what goes wrong is logged by our own middleware.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL + 1)
    settings = read_settings()
    # What editors ask for is worked on in threads; answers must not wait 5 ms for each of their own steps meanwhile.
    sys.setswitchinterval(0.0005)
    # No access log: it would hold IP addresses.
    web.run_app(
        build_app(settings), host=settings.host, port=settings.port, access_log=None, print=None, shutdown_timeout=5,
        loop=uvloop.new_event_loop(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
