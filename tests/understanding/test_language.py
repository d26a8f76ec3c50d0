from __future__ import annotations

from pathlib import Path

import pytest

from bot.understanding.archive import load_language_model
from bot.understanding.language import LanguageModel, conversation_language
from bot.understanding.lexicon import load_lexicon


@pytest.fixture(scope="module")
def language_model(model: Path) -> LanguageModel:
    return load_language_model(model)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("czy szef moze zabrac mi urlop", "pl"),
        ("nu am primit banii luna asta", "ro"),
        ("kak da poluchq zaplatata si", "bg"),
        ("shefyt mi vze pasporta", "bg"),
        ("не ми платиха извънредния труд", "bg"),
        ("my room is full of mould", "en"),
        ("mijn baas betaalt mij niet", "nl"),
    ],
)
def test_a_message_alone_is_enough(language_model: LanguageModel, text: str, language: str) -> None:
    assert language_model.identify(text) == language


def _continue(model: LanguageModel, text: str, **known: str) -> str:
    return conversation_language(model, load_lexicon(), text, **known)


@pytest.mark.parametrize("text", ["Vakantiegeld?", "loonstrook", "BSN?", "ok", "14,50", "👍"])
def test_dutch_jargon_and_short_words_keep_the_language(language_model: LanguageModel, text: str) -> None:
    assert _continue(language_model, text, current="pl") == "pl"


def test_another_language_is_followed_when_it_is_clear(language_model: LanguageModel) -> None:
    assert _continue(language_model, "Puteți să-mi spuneți cât e salariul minim?", current="pl") == "ro"


@pytest.mark.parametrize(
    ("text", "language"),
    [("здравейте", "bg"), ("nie rozumiem", "pl"), ("nu înțeleg", "ro"), ("ik begrijp het niet", "nl")],
)
def test_few_clear_words_are_enough_to_change(language_model: LanguageModel, text: str, language: str) -> None:
    assert _continue(language_model, text, current="en") == language


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "blorf zint", "hjkl"])
def test_nonsense_does_not_change_the_language(language_model: LanguageModel, text: str) -> None:
    assert _continue(language_model, text, current="en") == "en"


def test_the_channels_hint_helps_until_the_person_writes(language_model: LanguageModel) -> None:
    assert _continue(language_model, "Vakantiegeld?", hint="bg") == "bg"
    assert _continue(language_model, "Nie dostałem wypłaty za październik", hint="en") == "pl"


def test_an_explicit_choice_always_wins(language_model: LanguageModel) -> None:
    assert _continue(language_model, "I have not been paid for three months", current="en", choice="nl") == "nl"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("po polsku proszę", "pl"),
        ("Română, vă rog", "ro"),
        ("na balgarski molq", "bg"),
        ("in English please", "en"),
        ("Nederlands graag", "nl"),
        ("по български", "bg"),
    ],
)
def test_a_bare_request_for_a_language_is_understood(text: str, language: str) -> None:
    lexicon = load_lexicon()
    assert lexicon.is_bare_request(text)
    assert lexicon.wanted_language(text) == language


@pytest.mark.parametrize("text", ["I want to learn Dutch", "the contract is in Dutch and I cannot read it"])
def test_a_sentence_with_a_language_in_it_is_no_bare_request(text: str) -> None:
    assert not load_lexicon().is_bare_request(text)
