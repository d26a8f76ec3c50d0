"""The pages of topics: the list, one of them, a new one, and the training messages of one."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, get_args

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.checks import RELATED, SERVICES
from bot.answers.content import Content
from bot.answers.states import State
from bot.answers.topics import OUT_OF_SCOPE, Urgency
from bot.desk.editor.forms import options_of
from bot.desk.editor.topic_words import insertable
from bot.desk.editor.topics_api import TopicApi
from bot.desk.pages import LANGUAGE, Pages
from bot.desk.rows import language_name
from bot.editing.draft import Draft
from bot.editing.messages import LONGEST, MOST, Messages, wanted
from bot.editing.needs import has_too_few, message_counts, topic_states
from bot.editing.readiness import changed_topics
from bot.editing.topic_texts import PARTS
from bot.editing.topics import answer_of
from bot.languages import LANGUAGES, OWN_NAMES, SOURCE_LANGUAGE
from bot.settings import Settings

#: A new topic is reviewed after half a year if nobody chooses another day.
_REVIEW = dt.timedelta(days=182)
#: What the scripts of these pages say.
_SCRIPT_TEXTS = (
    "title", "text", "simpler", "save", "saved", "insert", "state_source", "state_missing", "state_outdated",
    "state_unreviewed", "state_reviewed", "review", "unreview", "by", "theirs", "no_facts", "found_facts",
    "not_published", "no_history", "up", "down", "remove", "grave", "advice", "messages_of", "few_messages",
    "fact_expired", "fact_hidden", "fact_announced", "fact_review_due", "preview_of", "unknown_choice",
)  # fmt: skip
_MESSAGE_TEXTS = (
    "added", "change", "changed", "count", "enough", "none_found", "none_written", "remove", "remove_ask", "removed",
    "too_few",
)  # fmt: skip


class TopicPages:
    """Handlers of ``/desk/topics`` and below."""

    def __init__(self, pages: Pages, draft: Draft, api: TopicApi, live: Content, settings: Settings) -> None:
        """``live``: what people are answered from."""
        self._pages = pages
        self._draft = draft
        self._api = api
        self._live = live
        self._settings = settings
        self._messages = Messages(draft)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/topics", self.all),
            web.get("/topics/new", self.new),
            web.get("/topics/{id}", self.one),
            web.get("/topics/{id}/messages", self.messages),
        ]

    async def all(self, request: Request) -> Response:
        """Every topic by section; the script narrows the list while somebody types."""
        content, states, counts = await self._draft.look(
            lambda folder, content: (content, topic_states(content, folder), message_counts(content, folder))
        )
        changed = set(await asyncio.to_thread(changed_topics, content, self._live))
        today = self._settings.dutch_now().date()
        sections: dict[str, list[str]] = {}
        for topic_id, topic in content.topics.items():
            row = self._row(request, content, topic_id, states[topic_id], counts[topic_id], topic_id in changed, today)
            sections.setdefault(topic.section, []).append(row)
        markup = {
            "sections": "".join(self._section(request, name, rows) for name, rows in sections.items()),
            "urgencies": options_of(
                [(one, self._phrase(request, f"topic.urgency_{one}")) for one in get_args(Urgency)], ""
            ),
        }
        texts = {
            "outside": self._phrase(request, "topic.out_of_scope", count=str(sum(counts[OUT_OF_SCOPE].values()))),
            "work": "yes" if request.query.get("show") == "work" else "",
        }
        return self._pages.page(request, "topics.html", "topic.all", texts, markup, script="editor-topics.js")

    async def one(self, request: Request) -> Response:
        """A topic: its texts in five languages, previews, and what belongs to it. The script builds the columns."""
        content = await self._draft.content()
        topic_id = request.match_info["id"]
        answer = answer_of(content, topic_id)
        sheet = await self._api.sheet(request)
        topic = answer.topic
        texts = {
            "id": topic_id,
            "section": self._phrase(request, f"topic.section_{topic.section}"),
            "topic_title": content.title(topic_id, request[LANGUAGE]),
        }
        markup = {
            "data": await asyncio.to_thread(self._data, request, content, sheet),
            "details": self._details(request, content),
            "facts": self._pages.filled(request, "topic_facts.html", {}),
            "columns": self._pages.filled(request, "topic_column.html", {}),
            "withdraw": self._pages.filled(request, "topic_withdraw.html", {}) if sheet["is_new"] else "",
            "signed_out": self._pages.filled(request, "signed_out.html", {}),
        }
        return self._pages.page(request, "topic.html", "topic.one", texts, markup, script="editor-topic.js")

    async def new(self, request: Request) -> Response:
        """The form of a new topic."""
        content = await self._draft.content()
        today = self._settings.dutch_now().date()
        sections = dict.fromkeys(topic.section for topic in content.topics.values())
        review_by = (today + _REVIEW).isoformat()
        empty = {
            "details": {
                "urgency": "info", "means": "", "facts": [], "services": [], "related": [], "source": "",
                "review_by": review_by,
            },
            "texts": {SOURCE_LANGUAGE: {part: {"text": "", "state": "source"} for part in PARTS}},
        }  # fmt: skip
        markup = {
            "data": await asyncio.to_thread(self._data, request, content, empty),
            "details": self._details(request, content),
            "facts": self._pages.filled(request, "topic_facts.html", {}),
            "columns": self._pages.filled(request, "topic_column.html", {}),
            "sections": options_of([(one, self._phrase(request, f"topic.section_{one}")) for one in sections], "work"),
            "signed_out": self._pages.filled(request, "signed_out.html", {}),
        }
        return self._pages.page(request, "topic_new.html", "topic.new", {}, markup, script="editor-topic-new.js")

    async def messages(self, request: Request) -> Response:
        """The training messages of a topic, or those about something else."""
        content, topic_id = await self._draft.content(), request.match_info["id"]
        found = await self._messages.of(topic_id)
        is_topic = topic_id in content.answers
        name = content.title(topic_id, request[LANGUAGE]) if is_topic else self._phrase(request, "message.out_of_scope")
        intent = content.topics[topic_id].intent if is_topic else OUT_OF_SCOPE
        texts = {
            "topic": name,
            "back": f"/desk/topics/{topic_id}" if is_topic else "/desk/topics",
            "means": content.topics[topic_id].means if is_topic else self._phrase(request, "message.outside_means"),
            "longest": str(LONGEST),
            "about": self._phrase(request, "message.about", wanted=str(wanted(intent))),
        }
        data = {
            "id": topic_id,
            "messages": found,
            "wanted": wanted(intent),
            "most": MOST,
            "language": request[LANGUAGE],
            "texts": {name: self._phrase(request, f"message.{name}") for name in _MESSAGE_TEXTS},
        }
        options = [(code, language_name(code, request[LANGUAGE])) for code in LANGUAGES]
        chosen = request.query.get("language", "")
        markup = {
            "data": _json(data),
            "languages": options_of(options, chosen),
            "signed_out": self._pages.filled(request, "signed_out.html", {}),
        }
        return self._pages.page(
            request, "topic_messages.html", "message.title", texts, markup, script="editor-messages.js"
        )

    def _row(
        self, request: Request, content: Content, topic_id: str, states: Mapping[str, State],
        counts: Mapping[str, int], changed: bool, today: dt.date,
    ) -> str:  # fmt: skip
        answer = content.answers[topic_id]
        few = has_too_few(answer.topic.intent, counts)
        due = answer.review_by < today
        needs_work = few or due or any(state in ("missing", "outdated") for state in states.values())
        marks = [
            ("new", topic_id not in self._live.topics),
            ("changed", changed and topic_id in self._live.topics),
            ("few", few),
            ("due", due),
        ]
        texts = {
            "id": topic_id,
            "title": content.title(topic_id, request[LANGUAGE]),
            "english": answer.title,
            "means": answer.topic.means,
            "urgency": answer.topic.urgency,
            "urgency_words": self._phrase(request, f"topic.urgency_{answer.topic.urgency}"),
            "words": f"{topic_id} {answer.title} {content.title(topic_id, 'nl')} {answer.topic.means}".casefold(),
            "work": "yes" if needs_work else "",
            "fewest": f"{min(counts.values())}–{max(counts.values())}",
        }
        markup = {
            "states": "".join(self._state(request, language, state) for language, state in states.items()),
            "marks": "".join(
                f'<span class="mark is-{name}">{escape(self._phrase(request, f"topic.mark_{name}"))}</span>'
                for name, is_so in marks
                if is_so
            ),
        }
        return self._pages.filled(request, "topic_row.html", texts, markup)

    def _state(self, request: Request, language: str, state: State) -> str:
        words = escape(self._phrase(request, f"topic.state_{state}"))
        name = escape(language_name(language, request[LANGUAGE]))
        return (
            f'<span class="state is-{state}" title="{name}: {words}"><span aria-hidden="true">{language}</span>'
            f'<span class="hidden">{name}: {words}</span></span>'
        )

    def _section(self, request: Request, name: str, rows: Iterable[str]) -> str:
        texts = {"name": name, "words": self._phrase(request, f"topic.section_{name}")}
        return self._pages.filled(request, "topic_section.html", texts, {"rows": "".join(rows)})

    def _details(self, request: Request, content: Content) -> str:
        urgencies = [(one, self._phrase(request, f"topic.urgency_{one}")) for one in get_args(Urgency)]
        sources = [("", self._phrase(request, "topic.source_none"))]
        sources += [(source.id, source.name) for source in content.facts.sources.values()]
        texts = {
            "helpers_hint": self._phrase(request, "topic.helpers_hint", most=str(SERVICES)),
            "related_hint": self._phrase(request, "topic.related_hint", least=str(RELATED[0]), most=str(RELATED[1])),
        }
        markup = {"urgencies": options_of(urgencies, ""), "sources": options_of(sources, "")}
        return self._pages.filled(request, "topic_details.html", texts, markup)

    def _data(self, request: Request, content: Content, sheet: Mapping[str, Any]) -> str:
        """What the script works with."""
        language, today = request[LANGUAGE], self._settings.dutch_now().date()
        return _json(
            {
                "sheet": sheet,
                "language": language,
                "languages": {
                    code: {"own": OWN_NAMES[code], "name": language_name(code, language)}
                    for code in (SOURCE_LANGUAGE, *(one for one in LANGUAGES if one != SOURCE_LANGUAGE))
                },
                "texts": {name: self._phrase(request, f"topic.{name}") for name in _SCRIPT_TEXTS},
                "facts": insertable(content, today),
                "rules": [
                    {"id": fact.id, "title": f"{fact.about} ({fact.id})"} for fact in content.facts.facts.values()
                ],
                "services": [
                    {"id": service.id, "title": service.name} for service in content.services.services.values()
                ],
                "topics": [
                    {"id": topic_id, "title": f"{content.title(topic_id, language)} ({topic_id})"}
                    for topic_id in content.topics
                ],
            }
        )

    def _phrase(self, request: Request, phrase_id: str, /, **values: str) -> str:
        return self._pages.phrase(request, phrase_id, **values)


def _json(data: Mapping[str, Any]) -> str:
    """Data for a script inside a page."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
