"""What changed between two versions, in the words of whoever looks: items by their names, texts word by word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape

from aiohttp.web import Request
from babel.dates import format_datetime

from bot.answers.content import Content
from bot.desk.editor.topic_words import changes
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.rows import language_name
from bot.editing.differences import Difference, Part
from bot.editing.publishing import Going
from bot.editing.versions import Edit
from bot.hours import DUTCH_TIME
from bot.languages import BABEL_LOCALES, LANGUAGES

#: Parts that have a name of their own, ``item.part_...``; others are called as the field is.
_PARTS = frozenset(
    {
        "text", "title", "simpler", "does", "messages", "lines", "facts", "services", "related", "source", "review_by",
        "urgency", "section",
    }
)  # fmt: skip
_PATHS = {"topic": "/desk/topics/{}", "fact": "/desk/facts/{}", "service": "/desk/services/{}"}
#: So long it is news that a version went live.
_NEWS = dt.timedelta(hours=1)
#: Lines of a list that are shown; more are counted.
_LINES = 200


class ItemWords:
    """Names and differences of items, and what is new about versions."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def moment(self, request: Request, at: dt.datetime) -> str:
        """A moment in Amsterdam."""
        return format_datetime(at, "d MMM y HH:mm", tzinfo=DUTCH_TIME, locale=BABEL_LOCALES[request[LANGUAGE]])

    def name(self, request: Request, item: str, *contents: Content) -> str:
        """What an item is called, in the first of the contents that has it."""
        kind, _, name = item.partition(" ")
        for content in contents:
            if kind == "topic" and name in content.answers:
                return content.title(name, request[LANGUAGE])
            if kind == "fact" and name in content.facts.facts:
                return content.fact(name).about
            if kind == "service" and name in content.services.services:
                return content.service(name).name
            if kind == "messages" and name in content.answers:
                title = content.title(name, request[LANGUAGE])
                return self._pages.phrase(request, "item.messages", name=title)
        if kind in ("chats", "golden") and name in LANGUAGES:
            name = language_name(name, request[LANGUAGE])
        if kind in ("messages", "text", "reply", "story", "chats", "golden"):
            return self._pages.phrase(request, f"item.{kind}", name=name)
        return name

    def news(self, request: Request, going: Going | None, now: dt.datetime) -> str:
        """What became of the version that was on its way last, if that was not long ago."""
        if going is None or going.state == "running" or now - going.at > _NEWS:
            return ""
        if going.state == "failed":
            why = self._pages.phrase(request, going.problem)
            text = self._pages.phrase(request, "publish.failed", name=going.account, why=why)
            return f'<p class="fault" role="alert">{escape(text)}</p>'
        words = "publish.is_back" if going.is_return else "publish.is_live"
        text = escape(self._pages.phrase(request, words, name=going.account))
        return f'<p class="outcome" role="status">{text}</p>'

    def markup(self, request: Request, found: Sequence[Difference], edits: Sequence[Edit], *contents: Content) -> str:
        """All differences, each to be opened, with who changed it last (as far as ``edits`` say)."""
        if not found:
            return f"<p>{escape(self._pages.phrase(request, 'item.no_difference'))}</p>"
        return "".join(self._difference(request, one, edits, contents) for one in found)

    def _difference(
        self, request: Request, difference: Difference, edits: Sequence[Edit], contents: Sequence[Content]
    ) -> str:
        kind, _, name = difference.item.partition(" ")
        label = escape(self.name(request, difference.item, *contents))
        mark = "item.new" if difference.is_new else "item.gone" if difference.is_gone else None
        badge = f' <span class="badge">{escape(self._pages.phrase(request, mark))}</span>' if mark else ""
        by = next((edit for edit in edits if _is_of(edit, difference.item)), None)
        who = f' <span class="hint">{escape(self.who(request, by))}</span>' if by else ""
        parts = "".join(self._part(request, part) for part in difference.parts)
        link = ""
        if kind in _PATHS and not difference.is_gone:
            words = escape(self._pages.phrase(request, "item.open"))
            link = f'<p><a href="{escape(_PATHS[kind].format(name))}">{words}</a></p>'
        return f'<details class="change"><summary>{label}{badge}{who}</summary>{parts}{link}</details>'

    def who(self, request: Request, edit: Edit) -> str:
        """Who made an edit, and when."""
        return self._pages.phrase(request, "item.by", name=edit.author, time=self.moment(request, edit.at))

    def _part(self, request: Request, part: Part) -> str:
        name = part.name.replace("_", " ")
        if part.name in _PARTS:
            name = self._pages.phrase(request, f"item.part_{part.name}")
        if part.language:
            name = f"{name}, {language_name(part.language, request[LANGUAGE])}"
        lang = f' lang="{part.language}"' if part.language else ""
        body = self._prose(request, part) if part.is_prose else self._lines(request, part)
        return f'<h3>{escape(name)}</h3><div class="diff"{lang}>{body}</div>'

    def _prose(self, request: Request, part: Part) -> str:
        marks = {"same": ("", ""), "gone": self._mark(request, "del"), "new": self._mark(request, "ins")}
        pieces = changes(part.before or "", part.after or "")
        return "".join(f"{marks[kind][0]}{escape(text)}{marks[kind][1]}" for kind, text in pieces)

    def _lines(self, request: Request, part: Part) -> str:
        before, after = (part.before or "").splitlines(), (part.after or "").splitlines()
        rows = [("del", line) for line in before if line not in set(after)]
        rows += [("ins", line) for line in after if line not in set(before)]
        if not rows:
            return f"<p>{escape(self._pages.phrase(request, 'item.other_order'))}</p>"
        shown = [
            f"<p>{self._mark(request, tag)[0]}{escape(line)}{self._mark(request, tag)[1]}</p>"
            for tag, line in rows[:_LINES]
        ]
        if len(rows) > _LINES:
            shown.append(f"<p>{escape(self._pages.phrase(request, 'item.more', count=str(len(rows) - _LINES)))}</p>")
        return "".join(shown)

    def _mark(self, request: Request, tag: str) -> tuple[str, str]:
        """An element for words that went or came; who does not see it hears it."""
        words = self._pages.phrase(request, "item.removed" if tag == "del" else "item.added")
        return f'<{tag}><span class="hidden">[{escape(words)}] </span>', f"</{tag}>"


def _is_of(edit: Edit, item: str) -> bool:
    """Whether an edit is of an item, or of a part of it (``messages payslip pl``)."""
    edited = edit.what.partition(": ")[0]
    return edited == item or edited.startswith(f"{item} ")
