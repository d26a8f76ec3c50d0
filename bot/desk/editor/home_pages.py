"""Where an editor begins: what needs somebody, what is drafted, and how far the translations are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.content import Content
from bot.answers.states import State
from bot.desk.editor.topic_words import TopicWords
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.rows import language_name
from bot.editing.draft import Draft
from bot.editing.needs import Need, coverage, needs
from bot.editing.versions import Edit, Versions
from bot.gateway.unanswered import Unanswered
from bot.settings import Settings

#: The states of translations that the chart tells apart, best first.
_STATES: tuple[State, ...] = ("reviewed", "unreviewed", "outdated", "missing")
#: The chart, in its own units: how wide and high bars are, how far apart, and the room for a language's name.
_WIDTH, _HIGH, _APART, _TITLE = 320, 18, 46, 20
_STRIPES = (
    '<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="stripe" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
)
#: So many things of a kind are named at once; the others are behind a fold.
_ALIKE = 6
#: Most topics that are named as not helping.
_WORST = 5
_PATHS = {"fact": "/desk/facts/", "service": "/desk/services/", "topic": "/desk/topics/"}


class HomePages:
    """Handlers of ``/desk/home`` and what its script asks for."""

    def __init__(
        self, pages: Pages, draft: Draft, versions: Versions, words: TopicWords, unanswered: Unanswered | None,
        settings: Settings,
    ) -> None:  # fmt: skip
        self._pages = pages
        self._draft = draft
        self._versions = versions
        self._words = words
        self._unanswered = unanswered
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/home", self.home), web.get("/api/home/questions", self.questions)]

    async def home(self, request: Request) -> Response:
        """What needs somebody, the most urgent first."""
        today = self._settings.dutch_now().date()
        content, found, covered = await self._draft.look(
            lambda folder, content: (content, needs(content, today), coverage(folder))
        )
        edits = await self._draft.alone(self._versions.edits)
        markup = {
            "needs": self._needs(request, content, found, covered),
            "draft": self._drafted(request, edits),
            "chart": self._chart(request, covered),
            "rows": "".join(self._coverage_row(request, language, counts) for language, counts in covered.items()),
        }
        return self._pages.page(request, "home.html", "home.title", {}, markup, script="editor-home.js")

    async def questions(self, request: Request) -> Response:
        """How many groups of questions wait, and the topics that were said not to help most often."""
        if self._unanswered is None:
            return web.json_response({"groups": 0, "topics": []})
        content = await self._draft.content()
        groups, _ = await self._unanswered.groups()
        badly = Counter(
            question.topics[0]
            for group in groups
            for question in group.questions
            if question.kind == "not_helped" and question.topics and question.topics[0] in content.answers
        )
        topics = [
            {"id": topic_id, "title": content.title(topic_id, request[LANGUAGE]), "count": count}
            for topic_id, count in badly.most_common(_WORST)
        ]
        return web.json_response({"groups": len(groups), "topics": topics})

    def _needs(
        self, request: Request, content: Content, found: Sequence[Need], covered: Mapping[str, Counter[State]]
    ) -> str:
        rows = []
        for _, alike in groupby(found, key=lambda need: need.kind):
            lines = [self._need(request, content, need) for need in alike]
            rows += lines[:_ALIKE]
            if more := lines[_ALIKE:]:
                words = escape(self._pages.phrase(request, "home.more", count=str(len(more))))
                rows.append(
                    f'<li><details><summary>{words}</summary><ul class="needs">{"".join(more)}</ul></details></li>'
                )
        for state in ("missing", "outdated"):
            for language, counts in covered.items():
                if counts[state]:
                    words = self._pages.phrase(
                        request, f"home.{state}", count=str(counts[state]),
                        name=language_name(language, request[LANGUAGE]),
                    )  # fmt: skip
                    rows.append(_row("/desk/topics?show=work", words, "", urgent=True))
        if not rows:
            return f"<p>{escape(self._pages.phrase(request, 'home.nothing'))}</p>"
        return f'<ul class="needs">{"".join(rows)}</ul>'

    def _need(self, request: Request, content: Content, need: Need) -> str:
        kind, _, name = need.item.partition(" ")
        titles: dict[str, Any] = {
            "fact": lambda: content.fact(name).about,
            "service": lambda: content.service(name).name,
            "topic": lambda: content.title(name, request[LANGUAGE]),
        }
        day = self._words.day(request, need.day)
        words = self._pages.phrase(request, f"home.{need.kind}", name=titles[kind](), date=day)
        about = ""
        if need.topics:
            named = ", ".join(content.title(topic_id, request[LANGUAGE]) for topic_id in need.topics[:3])
            more = len(need.topics) - 3
            about = self._pages.phrase(request, "home.in_topics", topics=named + (f" +{more}" if more > 0 else ""))
        is_urgent = need.kind in ("amount_expired", "contact_passed", "review_passed")
        return _row(f"{_PATHS[kind]}{name}", words, about, is_urgent)

    def _drafted(self, request: Request, edits: Sequence[Edit]) -> str:
        if not edits:
            return f"<p>{escape(self._pages.phrase(request, 'home.draft_empty'))}</p>"
        by = Counter(edit.author for edit in edits)
        who = ", ".join(f"{name} ({count})" for name, count in by.most_common())
        newest = self._words.moment(request, edits[0].at)
        words = self._pages.phrase(request, "home.draft_holds", count=str(len(edits)), who=who, time=newest)
        return f"<p>{escape(words)}</p>"

    def _chart(self, request: Request, covered: Mapping[str, Counter[State]]) -> str:
        """A bar for each language, which tells the states apart by fill, stripes and dashes, not by colour."""
        bars = []
        for row, (language, counts) in enumerate(covered.items()):
            top, left, whole = row * _APART + _TITLE, 0.0, sum(counts.values()) or 1
            part = round(100 * (counts["reviewed"] + counts["unreviewed"]) / whole)
            share = escape(self._pages.phrase(request, "home.share", part=str(part)))
            name = escape(language_name(language, request[LANGUAGE]))
            bars.append(f'<text x="0" y="{top - 5}">{name}</text>')
            bars.append(f'<text class="share" x="{_WIDTH}" y="{top - 5}">{share}</text>')
            for state in _STATES:
                width = counts[state] / whole * _WIDTH
                if width:
                    bars.append(
                        f'<rect class="{state}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_HIGH}"/>'
                    )
                left += width
        label = escape(self._pages.phrase(request, "home.coverage"))
        return (
            f'<svg class="coverage" viewBox="-1 0 {_WIDTH + 2} {len(covered) * _APART}" role="img"'
            f' aria-label="{label}">{_STRIPES}{"".join(bars)}</svg>'
        )

    def _coverage_row(self, request: Request, language: str, counts: Counter[State]) -> str:
        name = escape(language_name(language, request[LANGUAGE]))
        cells = "".join(
            f'<td data-label="{escape(self._pages.phrase(request, f"topic.state_{state}"))}">{counts[state]}</td>'
            for state in _STATES
        )
        return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _row(path: str, words: str, about: str, urgent: bool) -> str:
    state = "is-due" if urgent else "is-soon"
    more = f'<span class="hint">{escape(about)}</span>' if about else ""
    return f'<li><a class="state {state}" href="{escape(path)}">{escape(words)}</a>{more}</li>'
