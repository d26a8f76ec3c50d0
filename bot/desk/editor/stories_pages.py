"""The course of a chat in readable steps, and the page of each text that is said in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from aiohttp import web
from aiohttp.web import Request, Response

from bot.answers.catalogue import INTERFACE
from bot.answers.content import Content, placeholders
from bot.desk.audit import Audit
from bot.desk.editor.forms import Controls, form_parts, present, sent
from bot.desk.editor.text_fields import text_form, translation_fields
from bot.desk.pages import LANGUAGE, SIGNED_IN, Pages
from bot.editing.catalogues import Entry, catalogue_path, entries, translated_into
from bot.editing.draft import Draft
from bot.editing.entry_texts import Translated
from bot.editing.stories import Paths, Rule, RuleStep, Step, Way, load_paths
from bot.editing.texts import read_text, save_text
from bot.languages import OWN_NAMES, SOURCE_LANGUAGE
from bot.translations import read_catalogue

#: What the rules call what is not one of our sections.
_INTENTS = ("out_of_scope", "nlu_fallback", "inform_place")
_ACTIONS = ("utter_out_of_scope", "utter_ask_topic", "utter_place_noted", "action_who_helps")


class StoryPages:
    """Handlers of ``/desk/stories`` and ``/desk/texts/{id}``, and of the API for texts."""

    def __init__(self, pages: Pages, audit_log: Audit, draft: Draft) -> None:
        self._pages = pages
        self._audit = audit_log
        self._draft = draft

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/stories", self.stories),
            web.get("/texts/{id}", self.text),
            web.get("/api/texts/{id}", self.read),
            web.post("/api/texts/{id}", self.save),
        ]

    async def stories(self, request: Request) -> Response:
        """Every way through a chat, and the other texts in groups; ``?q=`` keeps those with some words."""
        content = await self._draft.content()
        paths = load_paths(self._draft.folder, content)
        translations = await asyncio.to_thread(_translations, self._draft.folder)
        words = request.query.get("q", "").casefold().split()
        found = [
            self._way(request, content, way, translations, words)
            for way in paths.paths
            if not words or any(_holds(content, translations, text_id, words) for text_id in way.text_ids())
        ]
        contents = "".join(
            f'<li><a href="#{way.id}">{escape(self._said(request, way.title))}</a></li>' for way in paths.paths
        )
        texts = {"q": request.query.get("q", ""), "none": "" if found else self._pages.phrase(request, "form.none")}
        others = self._rules(request, content, paths.other_rules)
        markup = {"ways": "".join(found) + others, "contents": contents}
        return self._pages.page(request, "stories.html", "story.title", texts, markup)

    async def text(self, request: Request) -> Response:
        """One text in every language."""
        content = await self._draft.content()
        text = await asyncio.to_thread(read_text, self._draft.folder, content, request.match_info["id"])
        paths = load_paths(self._draft.folder, content)
        controls = Controls(self._pages, request)
        way = paths.with_text(text.context)
        fields = controls.area(SOURCE_LANGUAGE, "text.english", text.english, "text.english_hint", SOURCE_LANGUAGE)
        fields += translation_fields(self._pages, request, text)
        texts = {
            "id": text.context,
            "seen": text.seen,
            "saved": self._pages.phrase(request, "form.saved") if "saved" in request.query else "",
            "anchor": way.id if way else "",
        }
        markup = {
            "shown": escape(self._where(request, paths, text.context)),
            "fields": fields,
            "limits": self._limits(controls, paths, text),
            "parts": form_parts(self._pages, request),
        }
        return self._pages.page(request, "text.html", "text.title", texts, markup, script="editor-texts.js")

    async def read(self, request: Request) -> Response:
        """A text as it is in the draft now."""
        text = await asyncio.to_thread(
            read_text, self._draft.folder, await self._draft.content(), request.match_info["id"]
        )
        fields: dict[str, str | bool] = {SOURCE_LANGUAGE: text.english}
        fields |= {language: entry.text for language, entry in text.translations.items()}
        items = [f"text {text.context}", *(f"catalogue {language} {INTERFACE}" for language in text.translations)]
        return await present(request, self._draft, items, text.seen, fields)

    async def save(self, request: Request) -> Response:
        """Change a text."""
        text_id, account = request.match_info["id"], request[SIGNED_IN].account
        await asyncio.to_thread(read_text, self._draft.folder, await self._draft.content(), text_id)
        form, _ = await sent(request)
        await save_text(self._draft, account, text_id, text_form(form), form.seen)
        await self._audit.note(account, "text.saved", text_id)
        return web.json_response({"page": f"/desk/texts/{text_id}?saved"})

    def _way(
        self,
        request: Request,
        content: Content,
        way: Way,
        translations: dict[str, dict[str, Entry]],
        words: Sequence[str],
    ) -> str:
        rules = self._rules(request, content, way.rules)
        steps = [self._step(request, content, step, translations, words) for step in way.steps]
        is_group = not any(step.say for step in way.steps)
        body = "".join(steps) if is_group else f'<ol class="steps">{"".join(f"<li>{step}</li>" for step in steps)}</ol>'
        texts = {"id": way.id, "title": self._said(request, way.title)}
        return self._pages.filled(request, "story_way.html", texts, {"rules": rules, "steps": body})

    def _step(
        self,
        request: Request,
        content: Content,
        step: Step,
        translations: dict[str, dict[str, Entry]],
        words: Sequence[str],
    ) -> str:
        said = f"<p>{escape(self._said(request, step.say))}</p>" if step.say else ""
        rows = [
            self._row(request, content, text_id, translations, text_id in step.buttons)
            for text_id in (*step.texts, *step.buttons)
            if not words or _holds(content, translations, text_id, words)
        ]
        return said + (f'<ul class="said">{"".join(rows)}</ul>' if rows else "")

    def _row(
        self,
        request: Request,
        content: Content,
        text_id: str,
        translations: dict[str, dict[str, Entry]],
        is_button: bool,
    ) -> str:
        """A text with how its translations stand: only what is not up to date is named."""
        shown = request[LANGUAGE]
        open_ = [
            f'<span class="state is-{entry.state}">{OWN_NAMES[language]}: '
            f"{escape(self._pages.phrase(request, f'text.state_{entry.state}'))}</span>"
            for language, found in translations.items()
            if (entry := found[text_id]).state in ("missing", "outdated")
        ]
        texts = {
            "id": text_id,
            "text": content.phrase(shown, text_id),
            "language": shown,
            "kind": "button" if is_button else "",
            "button": self._pages.phrase(request, "text.is_button") if is_button else "",
        }
        return self._pages.filled(request, "story_text.html", texts, {"open": " ".join(open_)})

    def _rules(self, request: Request, content: Content, rules: Iterable[Rule]) -> str:
        """Rules that go on in the same way stand together: there is one for each section."""
        alike: dict[tuple[str, ...], list[RuleStep]] = {}
        for rule in rules:
            first, *rest = rule.steps
            key = (first.kind, *(self._rule_step(request, content, [step]) for step in rest))
            alike.setdefault(key, []).append(first)
        title = escape(self._pages.phrase(request, "story.rule"))
        found = []
        for key, firsts in alike.items():
            words = [self._rule_step(request, content, firsts), *key[1:]]
            items = "".join(f"<li>{escape(step)}</li>" for step in words)
            found.append(f'<div class="rule"><p class="hint">{title}</p><ol>{items}</ol></div>')
        return "".join(found)

    def _rule_step(self, request: Request, content: Content, steps: Sequence[RuleStep]) -> str:
        """A step in words; of several, that any of them happens."""
        sections = {topic.section for topic in content.topics.values()}
        kind, name = steps[0].kind, ", ".join(step.name for step in steps)
        if kind == "intent":
            if all(step.name in sections for step in steps):
                named = (self._pages.phrase(request, f"story.section_{step.name}") for step in steps)
                return self._pages.phrase(request, "story.asks", section=", ".join(named))
            if name in _INTENTS:
                return self._pages.phrase(request, f"story.intent_{name}")
            return self._pages.phrase(request, "story.means", intent=name)
        if kind == "action":
            if name.removeprefix("utter_") in sections:
                return self._pages.phrase(request, "story.answers")
            if name in _ACTIONS:
                return self._pages.phrase(request, f"story.action_{name}")
        return self._pages.phrase(request, "story.does", action=name)

    def _limits(self, controls: Controls, paths: Paths, text: Translated) -> str:
        lines = []
        names = placeholders(text.english)
        if names:
            shown = " ".join(f"<code>{{{escape(name)}}}</code>" for name in names)
            lines.append(f"<p>{controls.phrase('text.filled_in')} {shown}</p>")
        if text.context in paths.letters:
            lines.append(f"<p>{controls.phrase('text.limit', most=str(paths.letters[text.context]))}</p>")
        return "".join(lines)

    def _where(self, request: Request, paths: Paths, text_id: str) -> str:
        """When a text is said."""
        way = paths.with_text(text_id)
        if way is None:
            return ""
        step = next(step for step in way.steps if text_id in (*step.texts, *step.buttons))
        parts = [self._said(request, way.title), self._said(request, step.say) if step.say else ""]
        if text_id in step.buttons:
            parts.append(self._pages.phrase(request, "text.is_button"))
        return " – ".join(part for part in parts if part)

    def _said(self, request: Request, words: Mapping[str, str]) -> str:
        return words.get(request[LANGUAGE]) or words[SOURCE_LANGUAGE]


def _translations(folder: Path) -> dict[str, dict[str, Entry]]:
    return {
        language: entries(read_catalogue(catalogue_path(folder, INTERFACE, language)))
        for language in translated_into(INTERFACE)
    }


def _holds(content: Content, translations: dict[str, dict[str, Entry]], text_id: str, words: Iterable[str]) -> bool:
    every = [text_id, content.interface[text_id], *(found[text_id].text for found in translations.values())]
    text = " ".join(every).casefold()
    return all(word in text for word in words)
