"""What a trial found, in the words of whoever looks: first what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from aiohttp.web import Request

from bot.answers.content import Content
from bot.answers.topics import OUT_OF_SCOPE
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.rows import language_name
from bot.editing.trying import Trial

_COUNTS = ("first", "three", "outside", "danger", "quiet")
#: Messages that are shown of those that are understood better, or worse.
_SHOWN = 300


class TrialWords:
    """Makes the markup of results."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def markup(self, request: Request, trial: Trial, content: Content) -> str:
        """What a finished trial found."""
        result = trial.result or {}
        messages = result.get("messages")
        parts = [
            *(self._fallen(request, language) for language in result.get("danger_fell", ())),
            self._chats(request, result.get("chats", ()), content),
            *(self._unmeasured(request, topic, content) for topic in result.get("unmeasured", ())),
        ]
        if messages is None:
            parts.append(self._say(request, "try.same_understanding"))
        else:
            parts += [
                self._table(request, messages["counts"]),
                self._filter(request, messages),
                self._rows(request, "worse", messages["worse"], content),
                self._rows(request, "better", messages["better"], content),
            ]
        return "".join(parts)

    def topic(self, request: Request, topic: str, *contents: Content) -> str:
        """What a topic is called."""
        if topic == OUT_OF_SCOPE:
            return self._pages.phrase(request, "try.out_of_scope")
        for content in contents:
            if topic in content.answers:
                return content.title(topic, request[LANGUAGE])
        return topic

    def _say(self, request: Request, phrase: str, /, **values: str) -> str:
        return f"<p>{escape(self._pages.phrase(request, phrase, **values))}</p>"

    def _fallen(self, request: Request, language: str) -> str:
        name = language_name(language, request[LANGUAGE])
        return f'<p class="fault">{escape(self._pages.phrase(request, "try.danger_fell", language=name))}</p>'

    def _unmeasured(self, request: Request, topic: str, content: Content) -> str:
        return self._say(request, "try.unmeasured", name=self.topic(request, topic, content))

    def _chats(self, request: Request, chats: Sequence[dict[str, Any]], content: Content) -> str:
        if not chats:
            return self._say(request, "try.no_chats")
        failing = [chat for chat in chats if not chat["right"][1]]
        if not failing:
            return self._say(request, "try.chats_pass", count=str(len(chats)))
        words = self._pages.phrase(request, "try.chats_fail", count=str(len(failing)), all=str(len(chats)))
        return f'<p class="fault">{escape(words)}</p>' + "".join(self._chat(request, chat, content) for chat in failing)

    def _chat(self, request: Request, chat: dict[str, Any], content: Content) -> str:
        known = "try.failed_before" if not chat["right"][0] else "try.failed_newly"
        rows = "".join(self._row(request, turn, content, ok=turn["right"][1]) for turn in chat["turns"])
        head = self._pages.phrase(request, known, language=language_name(chat["language"], request[LANGUAGE]))
        return f"<details open><summary>{escape(head)}</summary>{self._list(rows)}</details>"

    def _table(self, request: Request, counts: dict[str, dict[str, list[int]]]) -> str:
        heads = "".join(
            f'<th scope="col">{escape(self._pages.phrase(request, f"try.count_{name}"))}</th>' for name in _COUNTS
        )
        rows = []
        for language, row in counts.items():
            name = self._pages.phrase(request, "try.all_languages")
            if language != "all":
                name = language_name(language, request[LANGUAGE])
            cells = "".join(self._cell(request, key, row[key]) for key in _COUNTS)
            rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
        caption = escape(self._pages.phrase(request, "try.table"))
        head = escape(self._pages.phrase(request, "try.language"))
        return (
            f'<div class="scrolls" tabindex="0" role="region" aria-label="{caption}"><table>'
            f'<caption>{caption}</caption><thead><tr><th scope="col">{head}</th>{heads}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def _cell(self, request: Request, key: str, numbers: list[int]) -> str:
        count, before, after = numbers
        label = escape(self._pages.phrase(request, f"try.count_{key}"))
        sign = "=" if after == before else "▲" if after > before else "▼"
        strong = f"<strong>{after}</strong>" if after < before else str(after)
        return f'<td data-label="{label}">{before} → {strong} <span class="hint">/ {count} {sign}</span></td>'

    def _filter(self, request: Request, messages: dict[str, Any]) -> str:
        found = {row["language"] for row in [*messages["better"], *messages["worse"]]}
        if len(found) < 2:
            return ""
        options = "".join(
            f'<option value="{code}">{escape(language_name(code, request[LANGUAGE]))}</option>'
            for code in sorted(found)
        )
        every = escape(self._pages.phrase(request, "try.all_languages"))
        label = escape(self._pages.phrase(request, "try.show_language"))
        return (
            f'<p class="filter"><label for="only">{label}</label> '
            f'<select id="only"><option value="">{every}</option>{options}</select></p>'
        )

    def _rows(self, request: Request, kind: str, rows: Sequence[dict[str, Any]], content: Content) -> str:
        head = escape(self._pages.phrase(request, f"try.{kind}", count=str(len(rows))))
        if not rows:
            return f"<h3>{head}</h3>"
        shown = "".join(self._row(request, row, content, ok=kind == "better") for row in rows[:_SHOWN])
        more = self._say(request, "item.more", count=str(len(rows) - _SHOWN)) if len(rows) > _SHOWN else ""
        return f"<h3>{head}</h3>{self._list(shown)}{more}"

    def _list(self, rows: str) -> str:
        return f'<ul class="judged">{rows}</ul>'

    def _row(self, request: Request, row: dict[str, Any], content: Content, ok: bool) -> str:
        right = " / ".join(self.topic(request, topic, content) for topic in row["topics"])
        before, after = (self._made(request, row[when], content) for when in ("before", "after"))
        lost = ""
        if row.get("danger_lost"):
            lost = f'<strong class="lost">{escape(self._pages.phrase(request, "try.danger_lost"))}</strong>'
        words = self._pages.phrase(request, "try.row", right=right, before=before, after=after)
        sign = "✓" if ok else "✗"
        language = row["language"]
        return (
            f'<li data-language="{language}"><span aria-hidden="true">{sign}</span> '
            f'<q lang="{language}">{escape(row["text"])}</q> {lost}<span class="hint">{escape(words)}</span></li>'
        )

    def _made(self, request: Request, made: dict[str, Any], content: Content) -> str:
        """What was made of a message, in a few words."""
        name = self.topic(request, made["topic"], content)
        share = str(round(100 * made["share"]))
        return self._pages.phrase(request, f"try.made_{made['decision']}", name=name, share=share)
