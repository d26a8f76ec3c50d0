"""What editors do with questions that the program did not understand or whose answer did not help."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from aiohttp import web
from aiohttp.web import Request, Response
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.desk import audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.clock import Clock
from bot.desk.errors import DeskError
from bot.desk.pages import LANGUAGE, SIGNED_IN
from bot.desk.rows import language_name
from bot.gateway.unanswered import KINDS, LONGEST, Group, Question, Unanswered, as_message
from bot.languages import LANGUAGES

Json = dict[str, Any]

#: Most questions that are dealt with at once.
_MOST = 500


class Drafting(Protocol):
    """The draft of the content, as far as questions need it."""

    async def add_messages(self, topic_id: str, language: str, texts: Sequence[str], account: str) -> object:
        """Add training messages to a topic, or to ``out_of_scope``, in the draft; all of them or none.

        Raises:
            EditError: one is there already, is too long, or cannot be a training message.
        """


class QuestionApi:
    """Handlers below ``/desk/api/questions``."""

    def __init__(
        self, unanswered: Unanswered, drafting: Drafting, audit_log: audit.Audit, content: Content, clock: Clock
    ) -> None:
        self._unanswered = unanswered
        self._drafting = drafting
        self._audit = audit_log
        self._content = content
        self._clock = clock
        #: Two editors who deal with the same question: the second is told that it is gone.
        self._dealing = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/questions", self.list_groups),
            web.post("/api/questions/messages", self.make_messages),
            web.post("/api/questions/aside", self.set_aside),
        ]

    async def list_groups(self, request: Request) -> Response:
        """Groups of questions, the largest first (``language``, ``kind``: only such); that they were read is noted."""
        wanted, kind = request.query.get("language") or None, request.query.get("kind") or None
        if wanted not in (None, *LANGUAGES) or kind not in (None, *KINDS):
            raise DeskError(400, "malformed", "account.malformed")
        groups, waiting = await self._unanswered.groups()
        await self._audit.note(request[SIGNED_IN].account, "question.read")
        shown = [
            self._group(group, request[LANGUAGE])
            for group in groups
            if wanted in (None, group.language) and (kind is None or any(one.kind == kind for one in group.questions))
        ]
        left = [
            {"language": language_name(one.language, request[LANGUAGE]), "number": one.number}
            for one in waiting
            if wanted in (None, one.language)
        ]
        return web.json_response({"groups": shown, "waiting": left})

    async def make_messages(self, request: Request) -> Response:
        """Make ``texts`` training messages of a topic in the draft; the ``questions`` they come from are dealt with."""
        body = await json_fields(request)
        topic, language = text_field(body, "topic"), text_field(body, "language")
        ids, texts = _ids(body), _texts(body)
        if topic != OUT_OF_SCOPE and topic not in self._content.answers:
            raise DeskError(422, "no_topic", "question.no_topic")
        account = request[SIGNED_IN].account
        async with self._dealing:
            questions = await self._shown(ids)
            if any(one.language != language for one in questions):
                raise DeskError(400, "malformed", "account.malformed")
            await self._drafting.add_messages(topic, language, texts, account)
            await self._unanswered.remove(ids, self._noting(account, "question.made_messages", topic, language))
        return Response(status=204)

    async def set_aside(self, request: Request) -> Response:
        """Nothing is to be done about these questions."""
        ids = _ids(await json_fields(request))
        async with self._dealing:
            questions = await self._shown(ids)
            note = self._noting(request[SIGNED_IN].account, "question.set_aside", "", questions[0].language)
            await self._unanswered.remove(ids, note)
        return Response(status=204)

    async def _shown(self, ids: Sequence[str]) -> list[Question]:
        """These questions.

        Raises:
            DeskError: one of them is not shown to anybody (any more).
        """
        groups, _ = await self._unanswered.groups()
        shown = {one.id: one for group in groups for one in group.questions}
        if not all(one in shown for one in ids):
            raise DeskError(409, "gone", "question.gone")
        return [shown[one] for one in ids]

    def _noting(self, account: str, action: str, item: str, detail: str) -> Callable[[Connection], None]:
        return partial(audit.write, now=self._clock(), account=account, action=action, object_id=item, detail=detail)

    def _group(self, group: Group, viewer: str) -> Json:
        topics = [topic for topic in group.topics() if topic in self._content.answers]
        kinds = Counter(one.kind for one in group.questions)
        return {
            "language": group.language,
            "language_name": language_name(group.language, viewer),
            "askers": group.askers,
            "kinds": [kind for kind in KINDS if kinds[kind]],
            "topics": [self._content.title(topic, viewer) for topic in topics],
            "newest": group.newest.isoformat(),
            "questions": [{"id": one.id, "text": one.text, "message": as_message(one.text)} for one in group.questions],
        }


def _ids(body: Json) -> list[str]:
    ids = body.get("questions")
    if not isinstance(ids, list) or not 0 < len(ids) <= _MOST or not all(isinstance(one, str) for one in ids):
        raise DeskError(400, "malformed", "account.malformed")
    return list(dict.fromkeys(ids))


def _texts(body: Json) -> list[str]:
    """The training messages, each once.

    Raises:
        DeskError: there is none, or one is empty or too long.
    """
    given = body.get("texts")
    if not isinstance(given, list) or len(given) > _MOST:
        raise DeskError(400, "malformed", "account.malformed")
    texts = [as_message(text_field({"text": one}, "text")) for one in given]
    if not texts:
        raise DeskError(422, "none_chosen", "question.none_chosen")
    if not all(texts):
        raise DeskError(422, "empty", "question.empty")
    if any(len(text) > LONGEST for text in texts):
        raise DeskError(422, "too_long", "question.too_long", most=str(LONGEST))
    return list(dict.fromkeys(texts))
