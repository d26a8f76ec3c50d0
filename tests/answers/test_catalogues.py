from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.answers.catalogue import DOMAINS
from bot.answers.checks import check_content, coming_reviews
from bot.answers.content import PLACEHOLDER, Content
from bot.answers.reading import FORMULAS, reading_level
from bot.answers.states import count_states
from bot.languages import LANGUAGES
from bot.translations import extract
from tests.conftest import ROOT, TODAY

CATALOGUES = [(domain, language) for domain, languages in DOMAINS.items() for language in languages if language != "en"]


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Catalog]:
    """The messages as Babel extracts them from the data now."""
    return {path.stem: _read(path) for path in extract(tmp_path_factory.mktemp("pot"), ROOT)}


def _po(domain: str, language: str) -> Catalog:
    return _read(ROOT / "locales" / language / "LC_MESSAGES" / f"{domain}.po")


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_no_message_is_missing_or_fuzzy(domain: str, language: str, templates: dict[str, Catalog]) -> None:
    catalogue = _po(domain, language)
    for message in _messages(templates[domain]):
        found = catalogue.get(message.id, message.context)
        assert found is not None, f"missing: {message.context}"
        assert found.string, f"empty: {message.context}"
        assert not found.fuzzy, f"fuzzy: {message.context}"


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_no_message_is_left_over(domain: str, language: str, templates: dict[str, Catalog]) -> None:
    known = {(message.context, message.id) for message in _messages(templates[domain])}
    catalogue = _po(domain, language)
    assert {(message.context, message.id) for message in _messages(catalogue)} == known
    assert not catalogue.obsolete


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_placeholders_are_the_same_as_in_english(domain: str, language: str) -> None:
    for message in _messages(_po(domain, language)):
        assert set(PLACEHOLDER.findall(str(message.id))) == set(PLACEHOLDER.findall(str(message.string))), (
            message.context
        )


def test_the_content_has_no_faults(content: Content) -> None:
    assert [fault.line(content) for fault in check_content(content, TODAY)] == []


def test_the_check_finds_a_typed_amount_and_a_typed_address(content: Content) -> None:
    answer = replace(content.answers["deposit"], text="Pay at most 900 euro, see www.example.org.")
    changed = replace(content, answers={**content.answers, "deposit": answer})
    faults = [fault.line(content) for fault in check_content(changed, TODAY)]
    assert any("a number is typed" in fault for fault in faults)
    assert any("an address is typed" in fault for fault in faults)


def test_the_check_finds_a_long_answer_and_a_hard_one(content: Content) -> None:
    long = " ".join(["Notwithstanding organisational responsibilities, internationally administrated"] * 30)
    answer = replace(content.answers["deposit"], text=long)
    changed = replace(content, answers={**content.answers, "deposit": answer})
    faults = [fault.line(content) for fault in check_content(changed, TODAY)]
    assert any("words, at most" in fault for fault in faults)
    assert any("hard to read" in fault for fault in faults)


def test_a_review_date_warns_before_it_fails(content: Content) -> None:
    soon = content.answers["deposit"].review_by - dt.timedelta(days=10)
    assert "housing/deposit: to be reviewed by" in " ".join(one.line(content) for one in coming_reviews(content, soon))
    late = content.answers["deposit"].review_by + dt.timedelta(days=1)
    assert "housing/deposit: had to be reviewed" in " ".join(one.line(content) for one in check_content(content, late))


def test_every_entry_has_a_state(content: Content) -> None:
    counts = count_states(ROOT / "locales")
    assert set(counts) == set(LANGUAGES)
    entries = {language: sum(count.values()) for language, count in counts.items()}
    assert entries["pl"] == entries["ro"] == entries["bg"]
    # The pages of the desk are in the staff's languages only.
    assert entries["nl"] == entries["en"] > entries["pl"]
    assert counts["en"]["source"] > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_words_read_more_easily_than_official_ones(language: str) -> None:
    plain = {"pl": "Szef ma ci płacić.", "ro": "Șeful vă dă banii.", "bg": "Шефът ви дава пари.", "en": "You get paid.",
             "nl": "Je krijgt geld."}  # fmt: skip
    official = {
        "pl": "Zobowiązania wynikające z postanowień rozporządzenia wykonawczego podlegają odpowiedzialności.",
        "ro": "Obligațiile reglementate corespunzător presupun responsabilitatea administrației competente.",
        "bg": "Задълженията, произтичащи от нормативната уредба, подлежат на административна отговорност.",
        "en": "Contractual obligations necessitate organisational accountability notwithstanding circumstances.",
        "nl": "Verantwoordelijkheden overeenkomstig de uitvoeringsbepalingen zijn organisatorisch gewaarborgd.",
    }
    formula = FORMULAS[language]
    assert not formula.is_too_hard(reading_level(plain[language], language))
    assert formula.is_too_hard(reading_level(official[language], language))
