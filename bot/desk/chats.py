"""The API for chats: the queue, one chat, and what counsellors do with it; live over Server-Sent Events.

All that happens to a chat goes through ``bot/gateway/handover.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web import Request, Response, StreamResponse

from bot.answers.catalogue import DESK_LANGUAGES
from bot.answers.content import Content
from bot.desk.accounts import Accounts
from bot.desk.audit import Audit
from bot.desk.bodies import client_id, json_fields, text_field
from bot.desk.clock import Clock
from bot.desk.errors import DeskError
from bot.desk.live import DeskHub
from bot.desk.looks import Looks, Mark
from bot.desk.pages import LANGUAGE, SIGNED_IN
from bot.desk.rows import Json, Rows, Viewer
from bot.desk.sessions import Sessions, Standing
from bot.desk.translating import Translator
from bot.desk.wording import Wording, written
from bot.gateway import event_stream
from bot.gateway.handover import OUTCOMES, Handover, Handovers, NotFound, State, StoredBefore, WrongStep
from bot.gateway.hub import Hub
from bot.gateway.sealing import Unreadable
from bot.gateway.store import StoreUnavailable

#: Seconds between two signs of life of an event stream; so long at most it outlives its session.
HEARTBEAT_SECONDS = 15.0
#: Seconds a page may take to take in an event.
PATIENCE_SECONDS = 15.0

_OPEN: tuple[State, ...] = ("waiting", "person")
_ENDED: tuple[State, ...] = ("closed", "returned", "left", "erased")
_FILTERS: dict[str, tuple[State, ...]] = {
    "mine": ("person",),
    "unassigned": ("waiting",),
    "all": _OPEN,
    "closed": _ENDED,
}
#: Ended chats shown, the last ones.
_MOST_ENDED = 100


@dataclass(frozen=True)
class ChatApi:
    """Handlers below ``/desk/api``, and what they work with."""

    handovers: Handovers
    hub: Hub
    live: DeskHub
    looks: Looks
    rows: Rows
    wording: Wording
    translator: Translator
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    content: Content
    clock: Clock
    stopping: asyncio.Event

    def routes(self) -> list[web.RouteDef]:
        chat = "/api/chats/{id}"
        return [
            web.get("/api/chats", self.queue),
            web.get("/api/events", self.stream_events),
            web.get("/api/canned", self.canned),
            web.get("/api/colleagues", self.colleagues),
            web.get(chat, self.chat),
            web.post(f"{chat}/claim", self.claim),
            web.post(f"{chat}/preview", self.preview),
            web.post(f"{chat}/reply", self.reply),
            web.post(f"{chat}/translate", self.translate),
            web.post(f"{chat}/note", self.note),
            web.post(f"{chat}/transfer", self.transfer),
            web.post(f"{chat}/requeue", self.requeue),
            web.post(f"{chat}/return", self.give_back),
            web.post(f"{chat}/close", self.close),
            web.post(f"{chat}/typing", self.typing),
        ]

    async def queue(self, request: Request) -> Response:
        """The chats of a filter: urgent ones first, then those who wait longest; ended ones the last first."""
        name = request.query.get("filter", "all")
        if name not in _FILTERS:
            raise DeskError(400, "malformed", "account.malformed")
        viewer = _viewer(request)
        with _readable():
            found = await self.handovers.all(_FILTERS[name])
        if name == "mine":
            found = [one for one in found if one.assignee == viewer.account]
        if name == "closed":
            found = sorted(found, key=lambda one: one.ended_at or one.asked_at, reverse=True)[:_MOST_ENDED]
        return web.json_response({"chats": await self._rows(found, viewer)})

    async def chat(self, request: Request) -> Response:
        """A chat with its talk and notes. Whoever reads it is in the audit log."""
        viewer, found = _viewer(request), await self._found(request)
        await self.looks.look(viewer.account, found.id)
        (row,) = await self._rows([found], viewer)
        try:
            with _readable():
                lines, notes = await self.handovers.talk(found.id), await self.handovers.notes(found.id)
        except NotFound:
            raise _no_chat() from None
        talk = self.rows.talk(found, lines, viewer)
        return web.json_response({"chat": row, "talk": talk, "notes": self.rows.notes(notes)})

    async def claim(self, request: Request) -> Response:
        """Take a waiting chat."""
        account, chat = _viewer(request).account, request.match_info["id"]
        work = self.handovers.claim(chat, account, await self.accounts.shown_name(account))
        return await self._act(request, work, "chat.claimed")

    async def preview(self, request: Request) -> Response:
        """What a reply would say; of a text without a translation, what a machine makes of it."""
        viewer, found = _viewer(request), await self._found(request)
        words = self.wording.of(await json_fields(request), found.language, viewer.language)
        if words.original is not None or words.language == found.language:
            return web.json_response({"text": words.text, "original": words.original, "missing": words.missing})
        text = await self._translated(viewer, found, words.text, words.language, found.language)
        # Who does not read that language can only see from this what has become of the text.
        back = await self.translator.translate(text, found.language, words.language)
        return web.json_response({"text": text, "original": words.text, "back": back, "missing": ()})

    async def reply(self, request: Request) -> Response:
        """Say something to the person. Sent again with the same ``id``, it is acknowledged and said once."""
        viewer, found = _viewer(request), await self._found(request)
        body = await json_fields(request)
        words = self.wording.of(body, found.language, viewer.language)
        if words.missing:
            raise DeskError(422, "missing", "desk.missing")
        work = self.handovers.reply(
            found.id, viewer.account, words.text, words.original, words.machine, words.language, client_id(body)
        )  # fmt: skip
        return await self._act(request, work, "chat.replied")

    async def translate(self, request: Request) -> Response:
        """What a machine makes of something the person wrote, in the language of the page."""
        viewer, found = _viewer(request), await self._found(request)
        text = written(await json_fields(request))
        translation = await self._translated(viewer, found, text, found.language, viewer.language)
        return web.json_response({"text": translation, "language": viewer.language})

    async def note(self, request: Request) -> Response:
        """Leave a note for colleagues; with the same ``id`` again, there is one."""
        body = await json_fields(request)
        work = self.handovers.note(request.match_info["id"], _viewer(request).account, written(body), client_id(body))
        return await self._act(request, work, "chat.noted")

    async def transfer(self, request: Request) -> Response:
        """Give a chat to a colleague."""
        account, to = _viewer(request).account, text_field(await json_fields(request), "to")
        if to not in await self._colleagues(account):
            raise DeskError(422, "no_colleague", "desk.no_colleague")
        chat = request.match_info["id"]
        work = self.handovers.transfer(chat, account, to, await self.accounts.shown_name(to))
        return await self._act(request, work, "chat.transferred", object_id=f"{chat}:{to}")

    async def requeue(self, request: Request) -> Response:
        """Put a chat back in line."""
        found = await self._found(request)
        work = self.handovers.requeue(found.id, _viewer(request).account)
        response = await self._act(request, work, "chat.requeued")
        await self.handovers.began(found.urgent)
        return response

    async def give_back(self, request: Request) -> Response:
        """Let the program answer again."""
        work = self.handovers.give_back(request.match_info["id"], _viewer(request).account)
        return await self._act(request, work, "chat.returned")

    async def close(self, request: Request) -> Response:
        """End a handover."""
        outcome = text_field(await json_fields(request), "outcome")
        if outcome not in OUTCOMES:
            raise DeskError(400, "malformed", "account.malformed")
        work = self.handovers.close(request.match_info["id"], _viewer(request).account, outcome)
        return await self._act(request, work, "chat.closed", outcome)

    async def typing(self, request: Request) -> Response:
        """The counsellor is writing; the person sees that."""
        found = await self._found(request)
        if found.state != "person" or found.assignee != _viewer(request).account:
            raise await self._refusal(request)
        self.hub.typing(found.conversation)
        return Response(status=204)

    async def canned(self, request: Request) -> Response:
        """Replies written and translated beforehand, by group, in the staff's languages."""
        groups: dict[str, list[Json]] = {}
        for reply in self.content.canned.replies:
            texts = {code: self.content.canned.template(reply.id, code) for code in DESK_LANGUAGES}
            shown = {"id": reply.id, "texts": texts, "placeholders": reply.placeholders}
            groups.setdefault(reply.group, []).append(shown)
        language = request[LANGUAGE]
        titled = [
            {"id": group, "title": self.content.desk_phrase(language, f"desk.canned_{group}"), "replies": replies}
            for group, replies in groups.items()
        ]
        return web.json_response({"groups": titled})

    async def colleagues(self, request: Request) -> Response:
        """Other counsellors, and whether they have the queue open."""
        names = await self._colleagues(_viewer(request).account)
        return web.json_response({"colleagues": [{"name": name, "here": self.live.is_here(name)} for name in names]})

    async def stream_events(self, request: Request) -> StreamResponse:
        """``chat`` events with the row of each chat that changes, without anything that was said in it.

        ``typing`` names a chat of one's own in which the person is writing, which is true for some seconds. The stream
        begins with ``hello``: read the queue now. While the session is ``idle``, which is said first, there is nothing
        but ``waits`` when a chat begins to wait. It ends with the session, after ``signed_out``.
        """
        viewer, session = _viewer(request), request[SIGNED_IN]
        response = await event_stream.begin(request)
        with event_stream.until_gone(), self.live.listen(viewer.account) as listener:
            said: Standing = "open" if not session.idle else "over"
            if said == "open":
                await event_stream.send(response, "hello", {}, PATIENCE_SECONDS)
            sent: dict[str, Json] = {}
            waiting: set[str] = set()
            changed: set[str] = set()
            while not self.stopping.is_set():
                try:
                    standing = await self.sessions.standing(session)
                    rows = await self._changed(changed, viewer, sent) if standing == "open" else []
                    begun = await self._begun(changed, waiting) if standing == "idle" else []
                except (StoreUnavailable, DeskError):
                    break
                listener.is_there = standing == "open"
                if standing != said and standing != "open":
                    kind = {"idle": "idle", "over": "signed_out"}[standing]
                    await event_stream.send(response, kind, {}, PATIENCE_SECONDS)
                said = standing
                if standing == "over":
                    break
                for row in rows:
                    await event_stream.send(response, "chat", row, PATIENCE_SECONDS)
                for urgent in begun:
                    await event_stream.send(response, "waits", {"urgent": urgent}, PATIENCE_SECONDS)
                for chat in listener.typing() if standing == "open" else ():
                    await event_stream.send(response, "typing", {"id": chat}, PATIENCE_SECONDS)
                await event_stream.keep_open(response, PATIENCE_SECONDS)
                changed = await listener.wait(HEARTBEAT_SECONDS)
        return response

    async def _begun(self, chats: set[str], waiting: set[str]) -> list[bool]:
        """Of these chats, those that have begun to wait: whether each is urgent. ``waiting`` is who is known to."""
        begun = []
        for chat in chats:
            with suppress(NotFound):
                found = await self.handovers.get(chat)
                if found.state != "waiting":
                    waiting.discard(chat)
                elif chat not in waiting:
                    waiting.add(chat)
                    begun.append(found.urgent)
        return begun

    async def _changed(self, chats: set[str], viewer: Viewer, sent: dict[str, Json]) -> list[Json]:
        """The rows of chats that are not as they were ``sent`` last."""
        found = []
        for chat in sorted(chats):
            with _readable(), suppress(NotFound):
                found.append(await self.handovers.get(chat))
        news = []
        for row in await self._rows(found, viewer):
            # The page counts the time itself.
            lasting = {**row, "waiting": None}
            if sent.get(row["id"]) != lasting:
                sent[row["id"]] = lasting
                news.append(row)
        return news

    async def _rows(self, found: Sequence[Handover], viewer: Viewer) -> list[Json]:
        marks = await self.looks.marks(viewer.account, [one.id for one in found])
        now = self.clock()
        return [self.rows.row(one, marks.get(one.id, Mark(0, "")), viewer, now) for one in found]

    async def _found(self, request: Request) -> Handover:
        try:
            with _readable():
                return await self.handovers.get(request.match_info["id"])
        except NotFound:
            raise _no_chat() from None

    async def _act(
        self, request: Request, work: Awaitable[object], action: str, detail: str = "", object_id: str = ""
    ) -> Response:
        """Do something to the chat of a request, and note it; or say why it cannot be done."""
        try:
            with _readable():
                await work
        except StoredBefore:
            return Response(status=204)
        except (WrongStep, NotFound):
            raise await self._refusal(request) from None
        await self.audit.note(_viewer(request).account, action, object_id or request.match_info["id"], detail)
        return Response(status=204)

    async def _refusal(self, request: Request) -> DeskError:
        """Why something cannot be done to a chat: by how it stands, and who has it."""
        found = await self._found(request)
        if found.state == "erased":
            return DeskError(410, "erased", "desk.was_erased")
        if found.state == "waiting":
            return DeskError(409, "waiting", "desk.not_claimed")
        if found.state != "person":
            return DeskError(409, found.state, f"desk.was_{found.state}")
        if found.assignee == _viewer(request).account:
            return DeskError(409, "yours", "desk.yours")
        return DeskError(409, "taken", "desk.taken", name=found.assignee or "")

    async def _translated(self, viewer: Viewer, found: Handover, text: str, source: str, target: str) -> str:
        if not self.translator.enabled:
            raise DeskError(409, "no_translation", "desk.no_translation")
        await self.audit.note(viewer.account, "chat.translated", found.id)
        translation = await self.translator.translate(text, source, target)
        if translation is None:
            raise DeskError(503, "translation", "desk.translation_failed")
        return translation

    async def _colleagues(self, account: str) -> list[str]:
        return [
            one.name
            for one in await self.accounts.all()
            if one.role == "counsellor" and one.enabled and not one.is_new and one.name != account
        ]


def _viewer(request: Request) -> Viewer:
    return Viewer(request[SIGNED_IN].account, request[LANGUAGE])


def _no_chat() -> DeskError:
    return DeskError(404, "no_chat", "desk.no_chat")


@contextmanager
def _readable() -> Iterator[None]:
    """Say it clearly when a chat was sealed with a key that is not there any more."""
    try:
        yield
    except Unreadable:
        raise DeskError(503, "unreadable", "desk.unreadable") from None
