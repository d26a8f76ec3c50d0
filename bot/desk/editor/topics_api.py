"""The API for topics: reading one, trying texts that are not saved, saving, reviewing, adding, withdrawing."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Answer, Content
from bot.answers.topics import Topic, Urgency
from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.editor.topic_words import TopicWords, changes
from bot.desk.errors import DeskError
from bot.desk.pages import SIGNED_IN
from bot.editing.draft import Draft
from bot.editing.messages import Messages, wanted
from bot.editing.new_topics import NewTopics
from bot.editing.preview import preview
from bot.editing.topic_texts import LONGEST, PARTS, faults_of
from bot.editing.topics import Details, Sheet, Topics, answer_of
from bot.editing.translations import Translations
from bot.editing.versions import Edit, Versions
from bot.languages import LANGUAGES, SOURCE_LANGUAGE
from bot.settings import Settings

Json = dict[str, Any]

#: Most choices in one list of a topic's details.
_MOST = 40
#: The names of the details that are lists.
_LISTS = ("facts", "services", "related")


class TopicApi:
    """Handlers below ``/desk/api/topics``."""

    def __init__(
        self, draft: Draft, versions: Versions, audit_log: Audit, words: TopicWords, live: Content, settings: Settings
    ) -> None:
        """``live``: what people are answered from."""
        self._draft = draft
        self._versions = versions
        self._audit = audit_log
        self._words = words
        self._live = live
        self._settings = settings
        self._topics = Topics(draft)
        self._translations = Translations(draft)
        self._new = NewTopics(draft)
        self._messages = Messages(draft)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/new-topic", self.create),
            web.post("/api/new-topic/preview", self.preview_new),
            web.get("/api/topics/{id}", self.read),
            web.post("/api/topics/{id}/preview", self.preview),
            web.post("/api/topics/{id}/texts", self.save_texts),
            web.post("/api/topics/{id}/review", self.review),
            web.post("/api/topics/{id}/details", self.save_details),
            web.post("/api/topics/{id}/withdraw", self.withdraw),
        ]

    async def read(self, request: Request) -> Response:
        """A topic as it is drafted, with who changed what of it."""
        return web.json_response(await self.sheet(request))

    async def preview(self, request: Request) -> Response:
        """What is wrong with texts of one language as they are typed, and how they would read."""
        body = await json_fields(request)
        content = await self._draft.content()
        answer = answer_of(content, request.match_info["id"])
        language, texts = _language(body), _texts(body)
        english = {part: str(getattr(answer, part)) for part in PARTS}
        return web.json_response(await self._tried(request, content, answer, language, texts, english, body))

    async def preview_new(self, request: Request) -> Response:
        """The same for a topic that is not there yet."""
        body = await json_fields(request)
        content = await self._draft.content()
        urgency: Urgency = "critical" if body.get("urgency") == "critical" else "info"
        topic = Topic("new", text_field(body, "section"), urgency, "")
        texts = _texts(body)
        known = content.services.services
        services = tuple(one for one in _list(body, "services") if one in known)
        related = tuple(one for one in _list(body, "related") if one in content.topics)
        answer = Answer(topic, "", "", "", (), services, related, None, dt.date.max)
        return web.json_response(await self._tried(request, content, answer, SOURCE_LANGUAGE, texts, texts, body))

    async def save_texts(self, request: Request) -> Response:
        """Save the texts of one language."""
        body = await json_fields(request)
        topic_id, account = request.match_info["id"], request[SIGNED_IN].account
        language, texts, seen = _language(body), _texts(body), text_field(body, "seen")
        if language == SOURCE_LANGUAGE:
            await self._topics.save_english(topic_id, texts, seen, account, body.get("only_corrected") is True)
        else:
            await self._translations.save(topic_id, language, texts, seen, account, _list(body, "still_right"))
        await self._audit.note(account, "topic.saved", topic_id, language)
        return web.json_response(await self.sheet(request))

    async def review(self, request: Request) -> Response:
        """Say whether a native speaker has checked a translation."""
        body = await json_fields(request)
        topic_id, account = request.match_info["id"], request[SIGNED_IN].account
        language, seen, reviewed = _language(body), text_field(body, "seen"), body.get("reviewed") is True
        await self._translations.review(topic_id, language, reviewed, seen, account)
        await self._audit.note(account, "topic.reviewed" if reviewed else "topic.unreviewed", topic_id, language)
        return web.json_response(await self.sheet(request))

    async def save_details(self, request: Request) -> Response:
        """Save what belongs to a topic besides its texts."""
        body = await json_fields(request)
        topic_id, account = request.match_info["id"], request[SIGNED_IN].account
        details, seen = _details(body), text_field(body, "seen")
        await self._topics.save_details(topic_id, details, seen, account, self._today())
        await self._audit.note(account, "topic.saved", topic_id, "details")
        return web.json_response(await self.sheet(request))

    async def create(self, request: Request) -> Response:
        """Add a topic to the draft."""
        body = await json_fields(request)
        account, topic_id, section = request[SIGNED_IN].account, text_field(body, "id"), text_field(body, "section")
        await self._new.create(topic_id, section, _texts(body), _details(body), account, self._today())
        await self._audit.note(account, "topic.created", topic_id)
        return web.json_response({"page": f"/desk/topics/{topic_id}"}, status=201)

    async def withdraw(self, request: Request) -> Response:
        """Take a new topic out of the draft."""
        topic_id, account = request.match_info["id"], request[SIGNED_IN].account
        await self._new.withdraw(topic_id, self._live, account)
        await self._audit.note(account, "topic.withdrawn", topic_id)
        return Response(status=204)

    async def sheet(self, request: Request) -> Json:
        """All that the page of a topic shows."""
        topic_id = request.match_info["id"]
        sheet = await self._topics.sheet(topic_id)
        edits, unpublished = await self._draft.alone(_history(self._versions, topic_id))
        messages = await self._messages.of(topic_id)
        return {
            "id": topic_id,
            "is_new": topic_id not in self._live.topics,
            "seen": sheet.seen,
            "texts": {SOURCE_LANGUAGE: self._english(sheet)}
            | {language: self._translated(sheet, language) for language in sheet.translations},
            "details": _details_json(sheet.details),
            "messages": {language: len(texts) for language, texts in messages.items()},
            "wanted": wanted(sheet.topic.intent),
            "history": [self._words.edit(request, one, one.id not in unpublished) for one in edits],
        }

    def _english(self, sheet: Sheet) -> Json:
        return {part: {"text": text, "state": "source"} for part, text in sheet.english.items()}

    def _translated(self, sheet: Sheet, language: str) -> Json:
        return {
            part: {
                "text": entry.text,
                "state": entry.state,
                "changes": changes(entry.former, entry.english) if entry.state == "outdated" and entry.former else [],
            }
            for part, entry in sheet.translation(language).items()
        }

    async def _tried(
        self, request: Request, content: Content, answer: Answer, language: str, texts: dict[str, str],
        english: dict[str, str], body: Json,
    ) -> Json:  # fmt: skip
        simpler, region, today = body.get("simpler") is True, self._settings.region, self._today()

        def tried() -> Json:
            """Reading levels and amounts load dictionaries the first time; the chat must not wait for them."""
            parts = {}
            for part, text in texts.items():
                faults = faults_of(content, answer.topic, part, text, language, english[part]) if text else []
                parts[part] = {
                    "measure": self._words.measure(request, part, text, language),
                    "faults": self._words.faults(request, faults),
                    "amounts": self._words.amounts(request, content, text, language, today),
                }
            shown = preview(content, answer, language, texts, region, self._settings.now(), simpler)
            return {"parts": parts, "messages": self._words.bubbles(shown)}

        return await asyncio.to_thread(tried)

    def _today(self) -> dt.date:
        return self._settings.dutch_now().date()


def _history(versions: Versions, topic_id: str) -> Callable[[], tuple[list[Edit], set[str]]]:
    def read() -> tuple[list[Edit], set[str]]:
        return versions.edits_of([f"topic {topic_id}", f"messages {topic_id}"]), {one.id for one in versions.edits()}

    return read


def _language(body: Json) -> str:
    language = text_field(body, "language")
    if language not in LANGUAGES:
        raise DeskError(400, "malformed", "account.malformed")
    return language


def _texts(body: Json) -> dict[str, str]:
    given = body.get("texts")
    if not isinstance(given, dict):
        raise DeskError(400, "malformed", "account.malformed")
    texts = {part: text_field(given, part) for part in PARTS}
    if any(len(text) > LONGEST for text in texts.values()):
        raise DeskError(413, "too_long", "edit.too_long", most=str(LONGEST))
    return texts


def _list(body: Json, name: str) -> tuple[str, ...]:
    given = body.get(name, [])
    if not isinstance(given, list) or len(given) > _MOST or not all(isinstance(one, str) for one in given):
        raise DeskError(400, "malformed", "account.malformed")
    return tuple(given)


def _details(body: Json) -> Details:
    given = body.get("details")
    if not isinstance(given, dict):
        raise DeskError(400, "malformed", "account.malformed")
    try:
        review_by = dt.date.fromisoformat(text_field(given, "review_by"))
    except ValueError:
        raise DeskError(422, "no_date", "edit.no_date") from None
    urgency, means, source = (text_field(given, name) for name in ("urgency", "means", "source"))
    facts, services, related = (_list(given, name) for name in _LISTS)
    return Details(urgency, means, facts, services, related, source, review_by)


def _details_json(details: Details) -> Json:
    return {
        **{name: list(getattr(details, name)) for name in _LISTS},
        "urgency": details.urgency,
        "means": details.means,
        "source": details.source,
        "review_by": details.review_by.isoformat(),
    }
