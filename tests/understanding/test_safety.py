from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.content import Content
from bot.understanding.patterns import PatternError
from bot.understanding.safety import SafetyNet
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(ROOT / "data/safety")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("shefyt mi vze pasporta", "documents_taken"),
        ("шефът ми взе паспорта", "documents_taken"),
        ("szef zabrał mi paszport", "documents_taken"),
        ("patronul mi-a luat pasaportul", "documents_taken"),
        ("my boss took my passport", "documents_taken"),
        ("mijn baas heeft mijn paspoort afgepakt", "documents_taken"),
        ("chcę się zabić", "crisis_distress"),
        ("vreau sa mor", "crisis_distress"),
        ("I want to kill myself", "crisis_distress"),
        ("ik wil niet meer leven", "crisis_distress"),
        ("не искам да живея", "crisis_distress"),
    ],
)
def test_danger_is_seen_in_every_language(net: SafetyNet, text: str, topic: str) -> None:
    assert topic in net.find(text)


@pytest.mark.parametrize(
    "text",
    [
        "my boss kills me with his jokes",
        "this work is killing my back",
        "fire me if you like, I do not care",
        "szef mnie zabija swoimi żartami",
        "ta robota mnie wykończy, plecy bolą",
        "umieram z nudów na tej zmianie",
        "șeful mă omoară cu glumele lui",
        "mor de oboseală după tură",
        "шефът ме убива с вицовете си",
        "умирам от смях с колегите",
        "mijn baas maakt me gek met zijn grappen",
        "ik sterf van de honger na mijn dienst",
        "when do I get my passport for my new baby",
        "ile wynosi minimalna stawka",
        "cât e salariul minim",
        "колко е минималната заплата",
        "hoeveel vakantiedagen heb ik",
        "Can the Huurcommissie lower my rent?",
    ],
)
def test_ordinary_messages_do_not_trigger_it(net: SafetyNet, text: str) -> None:
    assert net.find(text) == []


def test_its_topics_are_the_critical_ones(net: SafetyNet, content: Content) -> None:
    critical = {topic.id for topic in content.topics.values() if topic.urgency == "critical"}
    assert net.topics() == critical


def test_of_equally_clear_dangers_the_immediate_one_comes_first(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text(
        "threats_and_violence: {danger: [knife, beats]}\nimmediate_danger: {danger: [bleeding]}\n", encoding="utf-8"
    )
    net = SafetyNet.load(tmp_path)
    assert net.find("a knife and somebody bleeding") == ["immediate_danger", "threats_and_violence"]
    assert net.find("he beats me with a knife, bleeding") == ["threats_and_violence", "immediate_danger"]


def test_a_pattern_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text("documents_taken:\n  danger: ['... passport']\n")
    with pytest.raises(PatternError, match="must begin and end with a word"):
        SafetyNet.load(tmp_path)
