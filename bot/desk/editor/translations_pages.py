"""Translators' files: giving catalogues out, looking at what comes back, and taking it over."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.desk.audit import Audit
from bot.desk.editor.forms import options_of
from bot.desk.errors import DeskError
from bot.desk.pages import SIGNED_IN, Pages
from bot.editing.catalogues import Entry, catalogue_path, entries
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.exchange import (
    CHOICES,
    LARGEST,
    Difference,
    Problem,
    check_exchange,
    domains_of,
    export,
    export_all,
    file_name,
    look,
    take_over,
)
from bot.languages import LANGUAGES, OWN_NAMES, SOURCE_LANGUAGE
from bot.translations import read_catalogue

#: What comes with a file: choices and the rest of the form.
_MORE = 100_000
_PO = "text/x-gettext-translation"


class TranslationPages:
    """Handlers of ``/desk/translations`` and of ``/desk/api/translations``."""

    def __init__(self, pages: Pages, audit_log: Audit, draft: Draft) -> None:
        self._pages = pages
        self._audit = audit_log
        self._draft = draft

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/translations", self.page),
            web.get("/api/translations/{language}", self.export_all),
            web.get("/api/translations/{language}/{catalogue}", self.export),
            web.post("/api/translations/{language}/{catalogue}", self.take_over),
            web.post("/api/translations/{language}/{catalogue}/look", self.look),
        ]

    async def page(self, request: Request) -> Response:
        """The catalogues of each language, and where a file is brought back."""
        await self._draft.content()
        languages = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
        states = await asyncio.to_thread(_states, self._draft.folder, languages)
        options = options_of([(language, OWN_NAMES[language]) for language in languages], languages[0])
        domains = [(domain, self._pages.phrase(request, f"exchange.catalogue_{domain}")) for domain in domains_of("nl")]
        markup = {
            "languages": "".join(self._language(request, language, states[language]) for language in languages),
            "options": options,
            "catalogues": options_of(domains, domains[0][0]),
        }
        texts = {"most": str(LARGEST), "too_big": self._too_big(request)}
        return self._pages.page(
            request, "translations.html", "exchange.title", texts, markup, script="editor-translations.js"
        )

    async def export(self, request: Request) -> Response:
        """A catalogue of the draft as a gettext file."""
        language, domain = _named(request)
        text = await export(self._draft, domain, language)
        await self._audit.note(request[SIGNED_IN].account, "catalogue.exported", f"{language}:{domain}")
        return _download(text.encode(), _PO, file_name(domain, language))

    async def export_all(self, request: Request) -> Response:
        """Every catalogue of a language in a ZIP file."""
        language = request.match_info["language"]
        check_exchange(language)
        archive = await export_all(self._draft, language)
        await self._audit.note(request[SIGNED_IN].account, "catalogue.exported", language)
        return _download(archive, "application/zip", f"wegwijzer-{language}.zip")

    async def look(self, request: Request) -> Response:
        """What a file would change."""
        language, domain = _named(request)
        file, _ = await _upload(request)
        seen, summary = await look(self._draft, domain, language, file)
        differences = [await self._difference(request, domain, language, one) for one in summary.differences]
        return web.json_response(
            {
                "seen": seen,
                "knowsBase": summary.knows_base,
                "differences": differences,
                "problems": [self._problem(request, one) for one in summary.problems],
                "unknown": summary.unknown,
                "same": summary.same,
            }
        )

    async def take_over(self, request: Request) -> Response:
        """Take what a file brings into the draft."""
        language, domain = _named(request)
        file, form = await _upload(request)
        chosen, account = form.get("chosen", []), request[SIGNED_IN].account
        seen, reviewed = form.get("seen"), form.get("reviewed") is True
        if not isinstance(chosen, list) or not isinstance(seen, str):
            raise DeskError(400, "malformed", "account.malformed")
        chosen = frozenset(str(one) for one in chosen)
        count = await take_over(self._draft, account, domain, language, file, seen, chosen, reviewed)
        await self._audit.note(account, "catalogue.imported", f"{language}:{domain}")
        return web.json_response({"count": count})

    def _language(self, request: Request, language: str, states: Mapping[str, Mapping[str, Entry]]) -> str:
        rows = []
        for domain, found in states.items():
            every = [entry.state for entry in found.values()]
            done = every.count("unreviewed") + every.count("reviewed")
            name = self._pages.phrase(request, f"exchange.catalogue_{domain}")
            count = self._pages.phrase(request, "exchange.count", done=str(done), all=str(len(every)))
            checked = self._pages.phrase(request, "exchange.reviewed_count", count=str(every.count("reviewed")))
            texts = {
                "name": name,
                "path": f"/desk/api/translations/{language}/{domain}",
                "count": count,
                "checked": checked,
                "state": "fine" if done == len(every) else "outdated",
                "label": self._pages.phrase(request, "exchange.export_of", catalogue=name, name=OWN_NAMES[language]),
            }
            rows.append(self._pages.filled(request, "translations_row.html", texts))
        texts = {
            "language": language,
            "name": OWN_NAMES[language],
            "all": self._pages.phrase(request, "exchange.export_all", name=OWN_NAMES[language]),
        }
        return self._pages.filled(request, "translations_language.html", texts, {"rows": "".join(rows)})

    async def _difference(self, request: Request, domain: str, language: str, one: Difference) -> dict[str, Any]:
        """One entry: the texts on both sides, and who changed it here."""
        by = ""
        if one.kind in CHOICES:
            edit = await self._draft.last_edit(*_items(domain, language, one.ours.context))
            by = self._pages.phrase(request, "exchange.changed_by", name=edit.author) if edit else ""
        return {
            "kind": one.kind,
            "context": one.ours.context,
            "english": one.ours.english,
            "theirEnglish": one.theirs.english,
            "ours": one.ours.text,
            "theirs": one.theirs.text,
            "by": by,
        }

    def _problem(self, request: Request, one: Problem) -> dict[str, str]:
        reason = self._pages.phrase(request, one.phrase, **one.values)
        return {"context": one.context, "text": one.text, "reason": reason}

    def _too_big(self, request: Request) -> str:
        return self._pages.phrase(request, "exchange.too_big", most=str(LARGEST // 1_000_000))


def _named(request: Request) -> tuple[str, str]:
    language, domain = request.match_info["language"], request.match_info["catalogue"]
    check_exchange(language, domain)
    return language, domain


def _states(folder: Path, languages: list[str]) -> dict[str, dict[str, dict[str, Entry]]]:
    return {
        language: {
            domain: entries(read_catalogue(catalogue_path(folder, domain, language))) for domain in domains_of(language)
        }
        for language in languages
    }


def _items(domain: str, language: str, context: str) -> list[str]:
    """What the edits that may have changed an entry are called."""
    first = context.split()[0]
    name = context.split()[-1] if first == "service" else first.rpartition("/")[2]
    kind = "service" if first == "service" else "topic" if "/" in first else "text"
    return [f"{kind} {name}", f"catalogue {language} {domain}"]


async def _upload(request: Request) -> tuple[bytes, dict[str, Any]]:
    """The file that comes with a form, and what else is in it (JSON in ``form``).

    Raises:
        EditError: it is too large.
        DeskError: it is malformed.
    """
    if request.content_type != "multipart/form-data":
        raise DeskError(415, "wrong_type", "account.wrong_type")
    too_big = EditError("too_big", "exchange.too_big", 413, most=str(LARGEST // 1_000_000))
    if (request.content_length or 0) > LARGEST + _MORE:
        raise too_big
    try:
        fields = await request.clone(client_max_size=LARGEST + _MORE).post()
    except web.HTTPRequestEntityTooLarge:
        raise too_big from None
    except ValueError:
        raise DeskError(400, "malformed", "account.malformed") from None
    file, form = fields.get("file"), fields.get("form", "{}")
    try:
        more = json.loads(form) if isinstance(form, str) else None
    except ValueError:
        more = None
    if not isinstance(file, web.FileField) or not isinstance(more, dict):
        raise DeskError(400, "malformed", "account.malformed")
    return await asyncio.to_thread(file.file.read), more


def _download(body: bytes, kind: str, name: str) -> Response:
    disposition = f'attachment; filename="{re.sub("[^a-z.-]", "", name)}"'
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": disposition})
