"""Chatting with the draft, and saving a chat as a test."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.editor.sandbox import Said, Sandbox
from bot.desk.editor.trial_words import TrialWords
from bot.desk.errors import DeskError
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.desk.rows import language_name
from bot.editing.draft import Draft
from bot.editing.saved_chats import LONGEST_TEXT, MOST_TURNS, SavedTurn, adding, removing, saved_chats
from bot.editing.trying import Trials
from bot.gateway.store import Reply
from bot.languages import LANGUAGES, OWN_NAMES, known_language


class SandboxPages:
    """Handlers of ``/desk/sandbox`` and what its script asks for."""

    def __init__(
        self, pages: Pages, audit_log: Audit, draft: Draft, trials: Trials, sandbox: Sandbox
    ) -> None:  # fmt: skip
        self._pages = pages
        self._audit = audit_log
        self._draft = draft
        self._trials = trials
        self._sandbox = sandbox
        self._topics = TrialWords(pages)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox", self.page),
            web.post("/api/sandbox", self.begin),
            web.post("/api/sandbox/{id}/say", self.say),
            web.post("/api/sandbox/{id}/end", self.end),
            web.post("/api/tests", self.save),
            web.post("/api/tests/{id}/delete", self.delete),
        ]

    async def page(self, request: Request) -> Response:
        """A chat that is not begun yet, and the saved ones."""
        draft, content = await self._draft.state()
        trial = self._trials.last
        is_done = trial is not None and trial.state == "done"
        state = "sandbox.none" if not is_done else ""
        if trial is not None and is_done and trial.draft != draft:
            state = "sandbox.older"
        languages = "".join(f'<option value="{code}">{escape(OWN_NAMES[code])}</option>' for code in LANGUAGES)
        texts = {
            "offline": self._pages.phrase(request, "account.offline"),
            "longest": str(LONGEST_TEXT),
        }
        notice = ""
        if state:
            notice = self._pages.filled(request, "sandbox_notice.html", {"state": self._pages.phrase(request, state)})
        markup = {
            "notice": notice,
            "languages": languages,
            "topics": self._topic_options(request, content),
            "tests": self._tests(request, content),
            "hidden": "" if is_done else " hidden",
        }
        return self._pages.page(request, "sandbox.html", "sandbox.title", texts, markup, script="editor-sandbox.js")

    async def begin(self, request: Request) -> Response:
        """A new chat; it is answered when the servers are up."""
        body = await json_fields(request)
        language, day = text_field(body, "language"), text_field(body, "day")
        if language and known_language(language) is None:
            raise DeskError(400, "malformed", "account.malformed")
        try:
            date = dt.date.fromisoformat(day) if day else None
        except ValueError:
            raise DeskError(400, "malformed", "account.malformed") from None
        chat = await self._sandbox.begin(request[SIGNED_IN].account, language or None, date)
        return web.json_response({"id": chat}, status=201)

    async def say(self, request: Request) -> Response:
        """What the draft says to a message, or to a button."""
        body = await json_fields(request)
        button = text_field(body, "button") if "button" in body else None
        text = "" if button else text_field(body, "text").strip()
        if not button and not 0 < len(text) <= LONGEST_TEXT:
            raise DeskError(413, "too_long", "account.too_long")
        said = await self._sandbox.say(request[SIGNED_IN].account, request.match_info["id"], text, button)
        content = await self._draft.content()
        return web.json_response(
            {
                "replies": [_reply(reply, ids) for reply, ids in said.replies],
                "note": self._pages.phrase(request, "sandbox.would_wait") if said.would_wait else "",
                **self._understood(request, said, content),
            }
        )

    async def end(self, request: Request) -> Response:
        """The chat is over."""
        await self._sandbox.end(request[SIGNED_IN].account, request.match_info["id"])
        return Response(status=204)

    async def save(self, request: Request) -> Response:
        """Save a chat as a test."""
        body = await json_fields(request)
        account, language, turns = request[SIGNED_IN].account, text_field(body, "language"), body.get("turns")
        if not isinstance(turns, list) or len(turns) > MOST_TURNS or not all(isinstance(turn, dict) for turn in turns):
            raise DeskError(400, "malformed", "account.malformed")
        saved = [
            SavedTurn(text_field(turn, "text"), text_field(turn, "topic"), turn.get("follows") is True)
            for turn in turns
        ]  # fmt: skip
        await self._draft.change(account, f"chats {language}", "saved", adding(language, saved))
        await self._audit.note(account, "test.saved", language)
        return Response(status=204)

    async def delete(self, request: Request) -> Response:
        """Delete a saved chat."""
        account, chat = request[SIGNED_IN].account, request.match_info["id"]
        language = next((one.language for one in saved_chats(self._draft.folder) if one.id == chat), "")
        await self._draft.change(account, f"chats {language}", "deleted", removing(chat))
        await self._audit.note(account, "test.deleted", language)
        return Response(status=204)

    def _understood(self, request: Request, said: Said, content: Content) -> dict[str, Any]:
        """What was understood, in words, and the topic that it would be saved with."""
        understood = said.understood
        if understood is None:
            topic = next((reply.topic for reply, _ in said.replies if reply.topic), None)
            return {"understood": "", "topic": topic, "follows": False}
        guesses = [
            self._pages.phrase(
                request, "sandbox.guess", name=self._topics.topic(request, name, content), share=str(round(100 * share))
            )
            for name, share in understood["ranking"]
        ]
        parts = [" · ".join(guesses)]
        if known_language(understood.get("language")):
            name = language_name(understood["language"], request[LANGUAGE])
            parts.append(self._pages.phrase(request, "sandbox.in_language", language=name))
        if understood.get("follows"):
            parts.append(self._pages.phrase(request, "sandbox.follows"))
        if any(reply.urgent for reply, _ in said.replies):
            parts.append(self._pages.phrase(request, "sandbox.danger"))
        topic = next((reply.topic for reply, _ in said.replies if reply.topic), None)
        first = understood["ranking"][0][0] if understood["ranking"] else OUT_OF_SCOPE
        return {"understood": ". ".join(parts), "topic": topic or first, "follows": bool(understood.get("follows"))}

    def _topic_options(self, request: Request, content: Content) -> str:
        names = {topic: self._topics.topic(request, topic, content) for topic in (*content.topics, OUT_OF_SCOPE)}
        return "".join(
            f'<option value="{topic}">{escape(name)}</option>'
            for topic, name in sorted(names.items(), key=lambda one: one[1].casefold())
        )

    def _tests(self, request: Request, content: Content) -> str:
        found = saved_chats(self._draft.folder)
        if not found:
            return f"<p>{escape(self._pages.phrase(request, 'sandbox.no_tests'))}</p>"
        rows = []
        for chat in found:
            turns = "".join(
                f'<li><q lang="{chat.language}">{escape(turn.text)}</q> → '
                f"{escape(self._topics.topic(request, turn.topic, content))}</li>"
                for turn in chat.turns
            )
            name = language_name(chat.language, request[LANGUAGE])
            texts = {"id": chat.id, "name": name}
            rows.append(self._pages.filled(request, "sandbox_test.html", texts, {"turns": turns}))
        return f'<ul class="tests">{"".join(rows)}</ul>'


def _reply(reply: Reply, ids: list[str]) -> dict[str, Any]:
    return {
        "text": reply.text,
        "language": reply.language,
        "urgent": reply.urgent,
        "buttons": [{"id": name, "title": title} for name, (title, _) in zip(ids, reply.buttons)],
    }
