"""The fields of a text in every language: its translations, how they stand, whether they still fit and are checked."""

from __future__ import annotations

from html import escape

from aiohttp.web import Request

from bot.desk.editor.forms import Controls, Sent
from bot.desk.pages import Pages
from bot.editing.catalogues import Entry
from bot.editing.entry_texts import TextForm, Translated
from bot.languages import LANGUAGES, OWN_NAMES


def translation_fields(pages: Pages, request: Request, text: Translated) -> str:
    """A field for each translation, as HTML; each is named by its language."""
    return "".join(_field(pages, request, language, entry) for language, entry in text.translations.items())


def text_form(form: Sent) -> TextForm:
    """What the fields of a text say."""
    ticked = {
        kind: {language for language in LANGUAGES if form.ticked(f"{kind}.{language}")} for kind in ("fits", "reviewed")
    }
    return TextForm({language: form.text(language) for language in LANGUAGES}, ticked["fits"], ticked["reviewed"])


def _field(pages: Pages, request: Request, language: str, entry: Entry) -> str:
    controls = Controls(pages, request)
    former = ""
    if entry.former:
        former = f'<p class="hint">{controls.phrase("text.former")} <span lang="en">{escape(entry.former)}</span></p>'
    fits = ""
    if entry.text:
        hidden = "" if entry.state == "outdated" else " hidden"
        fits = controls.tick(f"fits.{language}", pages.phrase(request, "text.still_fits"), False)
        fits = f"<div data-fits{hidden}>{fits}</div>"
    texts = {
        "language": language,
        "name": OWN_NAMES[language],
        "text": entry.text,
        "state": pages.phrase(request, f"text.state_{entry.state}"),
        "kind": entry.state,
    }
    reviewed = pages.phrase(request, "text.reviewed")
    ticks = fits + controls.tick(f"reviewed.{language}", reviewed, entry.state == "reviewed")
    return pages.filled(request, "text_language.html", texts, {"former": former, "ticks": ticks})
