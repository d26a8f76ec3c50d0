"""Forms of the editors: what a page sends, and the controls that it is typed into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from aiohttp import web
from aiohttp.web import Request
from babel.dates import format_datetime

from bot.desk.bodies import json_fields, text_field
from bot.desk.errors import DeskError
from bot.desk.pages import LANGUAGE, Pages
from bot.editing.draft import Draft
from bot.hours import DUTCH_TIME
from bot.languages import BABEL_LOCALES

#: Most characters in one field.
_LONGEST = 6000
#: Most fields, and most answered questions.
_MOST = 400


@dataclass(frozen=True)
class Sent:
    """A form. ``seen``: the revision that the page showed; ``sure``: the questions answered with yes."""

    seen: str
    sure: frozenset[str]
    fields: Mapping[str, str | bool]

    def text(self, name: str) -> str:
        """What was typed; "" where nothing was."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.fields.get(name) is True


async def sent(request: Request) -> tuple[Sent, dict[str, Any]]:
    """The form that a page sends, and the body it came in.

    Raises:
        DeskError: it is malformed or too large.
    """
    body = await json_fields(request)
    fields, sure = body.get("fields"), body.get("sure", [])
    if not isinstance(fields, dict) or not isinstance(sure, list) or max(len(fields), len(sure)) > _MOST:
        raise DeskError(400, "malformed", "account.malformed")
    for name, value in fields.items():
        if not isinstance(value, bool) and len(text_field(fields, name)) > _LONGEST:
            raise DeskError(413, "too_long", "account.too_long")
    seen = text_field(body, "seen") if "seen" in body else ""
    return Sent(seen, frozenset(one for one in sure if isinstance(one, str)), fields), body


async def present(
    request: Request, draft: Draft, items: Sequence[str], seen: str, fields: Mapping[str, str | bool]
) -> web.Response:
    """What is in the draft now, and who changed it, for a page whose form somebody else was faster with."""
    edit = await draft.last_edit(*items)
    at = (
        format_datetime(edit.at, "d MMM HH:mm", tzinfo=DUTCH_TIME, locale=BABEL_LOCALES[request[LANGUAGE]])
        if edit
        else ""
    )
    return web.json_response({"seen": seen, "fields": fields, "by": edit.author if edit else "", "at": at})


class Controls:
    """The controls of a form, as HTML, with labels in the language of the page."""

    def __init__(self, pages: Pages, request: Request) -> None:
        self._pages = pages
        self._request = request

    def phrase(self, phrase_id: str, /, **values: str) -> str:
        """A phrase, escaped."""
        return escape(self._pages.phrase(self._request, phrase_id, **values))

    def line(
        self, name: str, label: str, value: str, hint: str = "", kind: str = "text", language: str = "", more: str = ""
    ) -> str:
        """A field of one line. ``label`` and ``hint`` are phrases; ``language`` is that of the text in it."""
        spoken = f' lang="{language}"' if language else ""
        control = (
            f'<input type="{kind}" id="{escape(name)}" name="{escape(name)}" value="{escape(value)}"{spoken}'
            f"{self._described(name, hint)}{more}>"
        )
        return self._field(name, label, control, hint)

    def area(self, name: str, label: str, value: str, hint: str = "", language: str = "", rows: int = 3) -> str:
        """A field of some lines."""
        spoken = f' lang="{language}"' if language else ""
        control = (
            f'<textarea id="{escape(name)}" name="{escape(name)}" rows="{rows}"{spoken}{self._described(name, hint)}>\n'
            f"{escape(value)}</textarea>"
        )
        return self._field(name, label, control, hint)

    def choice(self, name: str, label: str, options: Iterable[tuple[str, str]], chosen: str, hint: str = "") -> str:
        """A list to choose from: (value, text)."""
        control = (
            f'<select id="{escape(name)}" name="{escape(name)}"{self._described(name, hint)}>'
            f"{options_of(options, chosen)}</select>"
        )
        return self._field(name, label, control, hint)

    def tick(self, name: str, text: str, ticked: bool) -> str:
        """A box to tick; ``text`` is what it says."""
        is_ticked = " checked" if ticked else ""
        return (
            f'<p class="field tick"><input type="checkbox" id="{escape(name)}" name="{escape(name)}"{is_ticked}>'
            f'<label for="{escape(name)}">{escape(text)}</label></p>'
        )

    def _field(self, name: str, label: str, control: str, hint: str) -> str:
        explained = f'<p class="hint" id="{escape(name)}-hint">{self.phrase(hint)}</p>' if hint else ""
        return f'<div class="field"><label for="{escape(name)}">{self.phrase(label)}</label>{control}{explained}</div>'

    @staticmethod
    def _described(name: str, hint: str) -> str:
        return f' aria-describedby="{escape(name)}-hint"' if hint else ""


def options_of(options: Iterable[tuple[str, str]], chosen: str) -> str:
    """The options of a list: (value, text)."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )


def links(paths: Sequence[tuple[str, str]]) -> str:
    """Links in a row: (path, text)."""
    return ", ".join(f'<a href="{escape(path)}">{escape(text)}</a>' for path, text in paths)


def form_parts(pages: Pages, request: Request) -> str:
    """What every form needs: the fault, the question, the conflict, and what to do when one is logged out."""
    signed_out = pages.filled(request, "signed_out.html", {})
    return pages.filled(request, "form_parts.html", {}, {"signed_out": signed_out})
