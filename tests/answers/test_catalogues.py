from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.answers.catalogue import DOMAINS
from bot.answers.checks import check_content
from bot.answers.content import PLACEHOLDER, Content
from bot.languages import LANGUAGES
from bot.translations import extract
from tests.conftest import ROOT, TODAY

CATALOGUES = [(domain, language) for domain in DOMAINS for language in LANGUAGES if language != "en"]


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
    assert list(check_content(content, TODAY)) == []


def test_the_check_finds_a_typed_amount_and_a_typed_address(content: Content) -> None:
    from dataclasses import replace

    answer = replace(content.answers["deposit"], text="Pay at most 900 euro, see www.example.org.")
    faults = list(check_content(replace(content, answers={**content.answers, "deposit": answer}), TODAY))
    assert any("a number is typed" in fault for fault in faults)
    assert any("an address is typed" in fault for fault in faults)
