"""What months, municipalities, topics and numbers of the figures are called, in the language of whoever looks."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date

from bot.answers import formatting
from bot.answers.content import Content
from bot.answers.places import IN_REGION, SOMEWHERE_ELSE, UNKNOWN
from bot.desk.figures import OTHERS, Shown, View
from bot.desk.rows import language_name
from bot.gateway.figures import Kind
from bot.languages import BABEL_LOCALES

#: The choice of all municipalities together.
EVERYWHERE = "all"
_NAMES = {
    EVERYWHERE: "figures.everywhere",
    IN_REGION: "figures.in_region",
    SOMEWHERE_ELSE: "figures.elsewhere",
    UNKNOWN: "figures.unknown",
}
#: What became of conversations, and its name.
RESULTS: dict[Kind, str] = {
    "answered": "figures.answered",
    "not_understood": "figures.not_understood",
    "out_of_scope": "figures.out_of_scope",
    "degraded": "figures.degraded",
    "handover": "figures.handovers",
}


class Words:
    """Words in one of the staff's languages."""

    def __init__(self, content: Content, language: str) -> None:
        self._content = content
        self._language = language

    def phrase(self, phrase_id: str, /, **values: str) -> str:
        return self._content.desk_phrase(self._language, phrase_id, **values)

    def month(self, month: str) -> str:
        """A month with its year, such as Nov 2026 for ``2026-11``."""
        return self._date(month, "LLL y")

    def municipality(self, name: str) -> str:
        return self.phrase(_NAMES[name]) if name in _NAMES else name

    def topic(self, topic: str) -> str:
        # One that has been taken out of the content is still in the figures.
        return self._content.title(topic, self._language) if topic in self._content.answers else topic

    def language(self, code: str) -> str:
        return self.phrase("figures.other_languages") if code == OTHERS else language_name(code, self._language)

    def number(self, number: int, view: View) -> str:
        """A number of a view, or that it is too small."""
        if number:
            return formatting.number(number, self._language)
        return self.phrase("figures.few_each" if view.is_sum else "figures.few")

    def months(self, first: str, last: str) -> str:
        """The months from the first to the last."""
        if first == last:
            return self.month(last)
        return f"{self._date(first, 'LLL') if first[:4] == last[:4] else self.month(first)} – {self.month(last)}"

    def cell(self, shown: Shown | None, month: str) -> str:
        """The number of one municipality in a month, with the months it covers if they are several."""
        if shown is None:
            return self.phrase("figures.few")
        number = formatting.number(shown.number, self._language)
        return number if shown.since == month else f"{number} ({self.months(shown.since, month)})"

    def _date(self, month: str, pattern: str) -> str:
        return str(format_date(dt.date.fromisoformat(f"{month}-01"), pattern, locale=BABEL_LOCALES[self._language]))
