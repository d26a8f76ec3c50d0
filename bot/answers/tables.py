"""The content in figures: the state of the translations and how hard the answers are to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.answers.catalogue import ANSWERS
from bot.answers.content import Content
from bot.answers.reading import FORMULAS, reading_level
from bot.answers.states import STATES, count_states
from bot.languages import LANGUAGES


def content_tables(content: Content, locales: Path) -> Iterator[str]:
    """Lines of two tables, a row for each language.

    Raises:
        ContentError: a catalogue cannot be read.
    """
    counts = count_states(locales)
    yield "language".ljust(10) + "".join(state.rjust(12) for state in STATES)
    for language in LANGUAGES:
        yield language.ljust(10) + "".join(str(counts[language][state]).rjust(12) for state in STATES)
    yield ""
    yield f"{'language':10}{'formula':>14}{'limit':>8}{'easiest':>9}{'median':>9}{'hardest':>9}  hardest answer"
    for language in LANGUAGES:
        yield _reading_row(content, language)
    yield ""


def _reading_row(content: Content, language: str) -> str:
    formula = FORMULAS[language]
    levels = sorted(
        (
            reading_level(content.catalogues.translate(ANSWERS, answer.topic.intent, answer.text, language), language),
            answer.topic.intent,
        )
        for answer in content.answers.values()
    )
    if formula.easier_is_higher:
        levels.reverse()
    easiest, median, hardest = levels[0][0], levels[len(levels) // 2][0], levels[-1]
    return (
        f"{language:10}{formula.name:>14}{formula.limit:>8g}{easiest:>9.1f}{median:>9.1f}{hardest[0]:>9.1f}"
        f"  {hardest[1]}"
    )
