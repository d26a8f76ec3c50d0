"""All versions, what each of them changed, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from html import escape

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content, load_content
from bot.desk.audit import Audit
from bot.desk.bodies import json_fields, text_field
from bot.desk.editor.item_words import ItemWords
from bot.desk.pages import SIGNED_IN, Pages
from bot.editing.differences import Difference, Side, differences
from bot.editing.draft import Draft
from bot.editing.publishing import LONGEST_REASON, Publishing
from bot.editing.versions import Version, Versions
from bot.training import model_path

#: Versions on a page.
_PAGE = 50


class VersionPages:
    """Handlers of ``/desk/versions`` and what its script asks for."""

    def __init__(
        self,
        pages: Pages,
        audit_log: Audit,
        versions: Versions,
        draft: Draft,
        publishing: Publishing,
        words: ItemWords,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._pages = pages
        self._audit = audit_log
        self._versions = versions
        self._draft = draft
        self._publishing = publishing
        self._words = words
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/versions", self.index),
            web.get("/versions/{id}", self.one),
            web.post("/api/versions/{id}/check", self.check),
            web.post("/api/versions/{id}/return", self.go_back),
        ]

    async def index(self, request: Request) -> Response:
        """Every version, the newest first."""
        versions = await self._draft.alone(lambda: self._versions.history(_PAGE))
        going = self._publishing.last
        is_going = going is not None and going.state == "running"
        rows = "".join(self._row(request, version, versions[0]) for version in versions)
        texts = {
            "live": versions[0].id,
            "most": str(LONGEST_REASON),
            "offline": self._pages.phrase(request, "account.offline"),
        }
        markup = {
            "news": self._words.news(request, going, self._clock()),
            "rows": rows,
            "progress": self._pages.filled(request, "publish_progress.html", {"line": "", "share": "0"})
            if is_going
            else "",
        }
        return self._pages.page(request, "versions.html", "versions.title", texts, markup, script="editor-versions.js")

    async def one(self, request: Request) -> Response:
        """What a version changed."""

        def read() -> tuple[Version, list[Difference], list[Content], str]:
            version = self._versions.version(request.match_info["id"])
            if version.before is None:
                return version, [], [], ""
            found, contents = self._differences(version.before, version.id)
            edits = self._versions.edits_between(version.before, version.id)
            return version, found, contents, self._words.markup(request, found, edits, *contents)

        version, _, _, markup = await self._draft.alone(read)
        first = f"<p>{escape(self._pages.phrase(request, 'versions.first'))}</p>"
        about = self._about(request, version)
        return self._pages.page(
            request, "version.html", "versions.one", {}, {"about": about, "changes": markup or first}
        )

    async def check(self, request: Request) -> Response:
        """What would change for people if they were answered as by this version again, and what stays drafted."""

        def read() -> dict[str, object]:
            live = self._versions.live()
            prepared = self._versions.prepare_undo(request.match_info["id"], request[SIGNED_IN].account, "")
            found, contents = self._differences(live.id, prepared)
            drafted, _ = self._differences(live.id, self._versions.draft_id())
            items = {one.item for one in drafted}
            return {
                "changes": [self._words.name(request, one.item, *contents) for one in found],
                "drafted": [self._words.name(request, one.item, *contents) for one in found if one.item in items],
                "trains": not model_path(self._versions.folder(prepared)).is_file(),
            }

        return web.json_response(await self._draft.alone(read))

    async def go_back(self, request: Request) -> Response:
        """Answer people as by this version again."""
        body = await json_fields(request)
        account, to = request[SIGNED_IN].account, request.match_info["id"]
        version = await self._publishing.return_to(account, to, text_field(body, "live"), text_field(body, "reason"))
        await self._audit.note(account, "version.returned", to[:12])
        return web.json_response({"version": version}, status=202)

    def _differences(self, before: str, after: str) -> tuple[list[Difference], list[Content]]:
        """What differs, and both contents, the later one first."""
        folders = [self._versions.folder(version) for version in (before, after)]
        old, new = (Side(folder, load_content(folder)) for folder in folders)
        return differences(old, new, self._versions.changed_files(before, after)), [new.content, old.content]

    def _row(self, request: Request, version: Version, live: Version) -> str:
        is_live = version == live
        texts = {"id": version.id, "path": f"/desk/versions/{version.id}"}
        mark = f'<span class="badge">{escape(self._pages.phrase(request, "versions.live"))}</span>' if is_live else ""
        button = "" if is_live else self._pages.filled(request, "version_return.html", texts)
        return self._pages.filled(
            request, "version_row.html", texts,
            {"about": self._about(request, version), "mark": mark, "button": button},
        )  # fmt: skip

    def _about(self, request: Request, version: Version) -> str:
        """Reason, author and time."""
        reason = version.reason
        if version.kind == "shipped":
            reason = self._pages.phrase(request, "versions.shipped")
        words = [f"<strong>{escape(reason)}</strong>"]
        values = {"name": version.author, "time": self._words.moment(request, version.at)}
        if version.kind == "shipped":
            words.append(f'<span class="hint">{escape(values["time"])}</span>')
        else:
            by = self._pages.phrase(request, f"versions.{version.kind}", **values)
            words.append(f'<span class="hint">{escape(by)}</span>')
        if version.despite:
            despite = self._pages.phrase(request, "versions.despite", reason=version.despite)
            words.append(f'<span class="hint">{escape(despite)}</span>')
        return "<br>".join(words)
