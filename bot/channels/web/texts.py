"""The words of the chat page, the widget and the offline page, in every language."""

from __future__ import annotations

from bot.answers.content import Content
from bot.channels.web.helplines import as_text
from bot.gateway.retention import SEEN_QUESTION_DAYS
from bot.languages import LANGUAGES
from bot.settings import Settings

#: Only for pages made on the server.
_NOT_FOR_SCRIPTS = frozenset({"no_script", "offline_title", "offline_back", "blocked"})


def page_texts(content: Content, settings: Settings, language: str) -> dict[str, str]:
    """Everything the chat page says by itself: the phrases ``web.*`` without that prefix."""
    texts = {
        phrase_id.removeprefix("web."): content.phrase(language, phrase_id)
        for phrase_id in content.interface
        if phrase_id.startswith("web.")
    }
    days = {"days": str(settings.retention_days), "longest": str(SEEN_QUESTION_DAYS)}
    texts["privacy"] = content.phrase(language, "web.privacy", **days)
    texts["too_fast"] = content.phrase(language, "down.too_fast")
    texts["machine_translated"] = content.phrase(language, "handover.machine_translated")
    return texts


def script_texts(content: Content, settings: Settings) -> dict[str, dict[str, str]]:
    """What the chat page's script needs, by language, with the phone numbers it shows while it cannot send."""
    found = {}
    for language in LANGUAGES:
        texts = page_texts(content, settings, language)
        found[language] = {key: text for key, text in texts.items() if key not in _NOT_FOR_SCRIPTS}
        found[language]["numbers"] = as_text(content, language)
    return found
