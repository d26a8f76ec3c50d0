"""Trying the draft and publishing it: what it changes, what a trial found, and what stands in the way."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from html import escape

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers import formatting
from bot.answers.content import Content
from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.editor.item_words import ItemWords
from bot.desk.editor.trial_words import TrialWords
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.desk.rows import language_name
from bot.editing.differences import Side, differences
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.publishing import LONGEST_REASON, Going, Publishing, needs_reason
from bot.editing.readiness import Problem
from bot.editing.trying import Progress, Trial, Trials
from bot.editing.versions import Versions


class PublishPages:
    """Handlers of ``/desk/publish`` and what its script asks for."""

    def __init__(
        self,
        pages: Pages,
        audit_log: Audit,
        versions: Versions,
        draft: Draft,
        trials: Trials,
        publishing: Publishing,
        live: Content,
        words: ItemWords,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._pages = pages
        self._audit = audit_log
        self._versions = versions
        self._draft = draft
        self._trials = trials
        self._publishing = publishing
        self._live = live
        self._words = words
        self._clock = clock
        self._found = TrialWords(pages)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/publish", self.page),
            web.get("/api/publish", self.state),
            web.post("/api/publish", self.publish),
            web.post("/api/trial", self.try_draft),
            web.post("/api/trial/cancel", self.cancel),
            web.post("/api/draft/discard", self.discard),
        ]

    async def page(self, request: Request) -> Response:
        """Everything about the draft as it is now."""
        draft, content = await self._draft.state()
        seen = await self._draft.alone(
            lambda: (
                self._versions.draft_id(), self._versions.live().id, self._versions.edits(),
                self._versions.changed_files(), self._versions.folder(self._versions.live().id),
            )
        )  # fmt: skip
        drafted, live, edits, files, live_folder = seen
        before, after = Side(live_folder, self._live), Side(self._draft.folder, content)
        found = await asyncio.to_thread(differences, before, after, files)
        problems = await self._publishing.problems() if files else []
        trial = self._trials.last
        is_tried = self._publishing.is_tried(drafted, live)
        texts = {
            "draft": draft,
            "look": self._look(),
            "most": str(LONGEST_REASON),
            "changes_title": self._pages.phrase(request, "publish.changes", count=str(len(found))),
            "offline": self._pages.phrase(request, "account.offline"),
        }
        names = ", ".join(self._words.name(request, one.item, content, self._live) for one in found)
        markup = {
            "news": self._words.news(request, self._publishing.last, self._clock()),
            "changes": self._words.markup(request, found, edits, content, self._live),
            "problems": self._problems(request, problems, content) if files else "",
            "trial": self._trial(request, trial, drafted, live, bool(files)),
            "results": self._found.markup(request, trial, content) if trial and trial.result and is_tried else "",
            "publish": self._form(request, problems, trial, is_tried) if files else "",
            "discard": self._pages.filled(request, "publish_discard.html", {"names": names}) if files else "",
        }
        return self._pages.page(request, "publish.html", "publish.title", texts, markup, script="editor-publish.js")

    async def state(self, request: Request) -> Response:
        """What runs, for a page that looks again and again; ``look`` changes when the page should be loaded again."""
        trial, going = self._trials.last, self._publishing.last
        line, share = "", None
        if going is not None and going.state == "running":
            line, share = self._line(request, f"publish.stage_{going.stage}", self._publishing.progress())
        elif trial is not None and trial.state == "running":
            line, share = self._line(request, f"try.step_{trial.step}", self._trials.progress())
        return web.json_response({"look": self._look(), "draft": self._draft.known, "line": line, "share": share})

    async def try_draft(self, request: Request) -> Response:
        """Begin a trial."""
        account = request[SIGNED_IN].account
        await self._trials.start(account)
        assert self._trials.last is not None
        await self._audit.note(account, "draft.tried", self._trials.last.draft[:12])
        return web.json_response({}, status=202)

    async def cancel(self, request: Request) -> Response:
        """Stop the trial that runs."""
        await self._trials.cancel()
        return Response(status=204)

    async def publish(self, request: Request) -> Response:
        """Have the draft go live."""
        body = await json_fields(request)
        account = request[SIGNED_IN].account
        seen, reason, despite = (text_field(body, name) for name in ("draft", "reason", "despite"))
        version = await self._publishing.publish(account, seen, reason, despite)
        await self._audit.note(account, "version.published", version[:12])
        return web.json_response({"version": version}, status=202)

    async def discard(self, request: Request) -> Response:
        """Throw away everything that is drafted."""
        body = await json_fields(request)
        account, seen = request[SIGNED_IN].account, text_field(body, "draft")

        def discard() -> None:
            if self._versions.draft_id() != seen:
                raise EditError("changed_meanwhile", "publish.draft_changed", status=409)
            self._versions.discard()

        await self._audit.note(account, "draft.discarded", seen[:12])
        await self._draft.alone(discard)
        return Response(status=204)

    def _look(self) -> str:
        """Changes with what the page shows of trial and publishing, but for how far they are."""
        trial, going = self._trials.last, self._publishing.last
        shown = [trial and (trial.at.isoformat(), trial.state), going and (going.version, going.state)]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:12]

    def _line(self, request: Request, phrase: str, progress: Progress) -> tuple[str, float]:
        step = self._pages.phrase(request, phrase)
        taken, expected = str(round(progress.taken)), str(round(max(progress.expected, 1)))
        line = self._pages.phrase(request, "try.progress", step=step, taken=taken, expected=expected)
        return line, min(progress.taken / max(progress.expected, 1), 0.99)

    def _problems(self, request: Request, found: Sequence[Problem], content: Content) -> str:
        if not found:
            return f"<p>{escape(self._pages.phrase(request, 'publish.no_problems'))}</p>"
        rows = "".join(self._problem(request, problem, content) for problem in found)
        return f'<ul class="problems">{rows}</ul>'

    def _problem(self, request: Request, problem: Problem, content: Content) -> str:
        values = dict(problem.values)
        if values.get("date"):
            values["date"] = formatting.date(dt.date.fromisoformat(values["date"]), request[LANGUAGE])
        name = self._words.name(request, problem.item, content)
        if problem.language:
            name = f"{name} ({language_name(problem.language, request[LANGUAGE])})"
        kind, _, item = problem.item.partition(" ")
        paths = {"topic": f"/desk/topics/{item}", "messages": f"/desk/topics/{item}/messages"}
        paths["service"] = f"/desk/services/{item}"
        shown = f'<a href="{escape(paths[kind])}">{escape(name)}</a>' if kind in paths else escape(name)
        mark = escape(self._pages.phrase(request, f"publish.{problem.kind}"))
        what = escape(self._pages.phrase(request, problem.phrase, **values))
        return f'<li class="{problem.kind}"><span class="badge">{mark}</span> {shown}: {what}</li>'

    def _trial(self, request: Request, trial: Trial | None, drafted: str, live: str, is_changed: bool) -> str:
        """What is known of the last trial, and the buttons that fit."""
        state = "none" if trial is None else trial.state
        parts = []
        if trial is not None:
            values = {"name": trial.account, "time": self._words.moment(request, trial.at)}
            words = [self._pages.phrase(request, f"try.{state}", **values)]
            if state == "failed":
                words.append(self._pages.phrase(request, f"try.failed_{trial.problem}"))
            is_old = (trial.draft, trial.against) != (drafted, live)
            if is_old and is_changed:
                words.append(self._pages.phrase(request, "try.outdated"))
            if is_changed or state == "running":
                parts.append(f"<p>{escape(' '.join(words))}</p>")
        going = self._publishing.last
        is_going = going is not None and going.state == "running"
        texts = {"line": "", "share": "0"}
        if state == "running" or is_going:
            parts.append(self._pages.filled(request, "publish_progress.html", texts))
        if state == "running":
            parts.append(self._button(request, "cancel", "try.cancel", ""))
        elif is_changed and not is_going:
            is_main = not self._publishing.is_tried(drafted, live)
            parts.append(self._button(request, "try", "try.start" if is_main else "try.again", " main" * is_main))
        if state == "done":
            link = escape(self._pages.phrase(request, "try.sandbox"))
            parts.append(f'<a class="pill" href="/desk/sandbox">{link}</a>')
        return "".join(parts)

    def _button(self, request: Request, act: str, phrase: str, kind: str) -> str:
        words = escape(self._pages.phrase(request, phrase))
        return f'<button type="button" class="pill{kind}" data-act="{act}">{words}</button>'

    def _form(self, request: Request, found: Sequence[Problem], trial: Trial | None, is_tried: bool) -> str:
        """The form that publishes, or why it cannot be sent."""
        going: Going | None = self._publishing.last
        why = ""
        if going is not None and going.state == "running":
            why = self._pages.phrase(request, "publish.runs_already", name=going.account)
        elif any(problem.kind == "stops" for problem in found):
            why = self._pages.phrase(request, "publish.stopped")
        elif not is_tried:
            why = self._pages.phrase(request, "publish.try_first")
        despite = ""
        if is_tried and trial is not None and needs_reason(trial, list(found)):
            despite = self._pages.filled(request, "publish_despite.html", {"most": str(LONGEST_REASON)})
        texts = {"why": why, "most": str(LONGEST_REASON)}
        return self._pages.filled(
            request,
            "publish_form.html",
            texts,
            {"despite": despite, "disabled": ' aria-disabled="true" data-stopped' if why else ""},
        )
