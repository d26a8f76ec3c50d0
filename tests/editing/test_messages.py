"""Training messages: added where they belong, never twice, and never what understanding is measured with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.git import Git
from bot.editing.messages import LONGEST, Messages, messages_of, shortages, wanted
from bot.editing.versions import Versions
from tests.conftest import ROOT

TOPIC, INTENT = "payslip", "work/payslip"


@pytest.fixture
def messages(draft: Draft) -> Messages:
    return Messages(draft, ROOT / "tests/development")


async def test_messages_are_added_as_lines_at_the_end_of_their_topic(draft: Draft, messages: Messages) -> None:
    before = (await messages.of(TOPIC))["pl"]
    new = ["gdzie jest mój pasek za marzec?", "  szef:  'papieru' # nie\tdaje  ", '"kartka" z wypłatą: brak!']
    count = await messages.add_messages(TOPIC, "pl", new, "ewa")
    tidy = ["gdzie jest mój pasek za marzec?", "szef: 'papieru' # nie daje", '"kartka" z wypłatą: brak!']
    assert (await messages.of(TOPIC))["pl"] == [*before, *tidy]
    assert count == len(before) + 3
    shown = Git(draft.folder).run("show", "-U0", "--format=%an: %s", "HEAD").splitlines()
    assert shown[0] == "ewa: messages payslip pl: added"
    assert [line for line in shown if line.startswith("+    ")] == [f"+    - {text}" for text in tidy]
    assert not [line for line in shown if line.startswith("-    ")]


async def test_rasas_importer_reads_what_was_added(draft: Draft, messages: Messages) -> None:
    from bot.dialogue.importer import _training_data

    await messages.add_messages(TOPIC, "bg", ["къде ми е фиша: за март #1"], "ewa")
    path = draft.folder / "data/nlu/bg/work.yml"
    found = [one for one in _training_data((str(path),), "en").training_examples if one.get("text").endswith("#1")]
    assert [(one.get("text"), one.get("metadata")) for one in found] == [
        ("къде ми е фиша: за март #1", {"intent": {"language": "bg"}})
    ]


USELESS = [
    ("?! …", "edit.message_empty"),
    ("x" * (LONGEST + 1), "edit.message_long"),
    ("/restart", "edit.message_command"),
    ("- nie mam paska", "edit.message_dash"),
    ("mieszkam w [Ede](place)", "edit.message_entity"),
    ('mieszkam w [Ede]{"entity": "place"}', "edit.message_entity"),
    ("nie mam\u0000paska", "edit.message_letters"),
    ("Minimalna stawka godzinowa!", "edit.message_elsewhere"),
]


async def test_what_cannot_teach_anything_is_refused_with_everything_beside_it(
    versions: Versions, messages: Messages
) -> None:
    for text, phrase in USELESS:
        with pytest.raises(EditError) as error:
            await messages.add_messages(TOPIC, "pl", ["to jest zupełnie nowe zdanie o pasku", text], "ewa")
        assert error.value.phrase == phrase, text
    with pytest.raises(EditError):
        await messages.add_messages(TOPIC, "pl", ["", "  "], "ewa")
    assert versions.changed_files() == []


async def test_it_is_said_which_topic_has_a_message_already(messages: Messages) -> None:
    with pytest.raises(EditError) as error:
        await messages.add_messages(TOPIC, "pl", ["minimalna stawka godzinowa"], "ewa")
    assert error.value.values == {"topic": "Minimum wage", "text": "minimalna stawka godzinowa"}
    own = (await messages.of(TOPIC))["pl"][0]
    (refused,) = await messages.check_messages(TOPIC, "pl", [own.upper()])
    assert refused.phrase == "edit.message_twice"
    (refused,) = await messages.check_messages("out_of_scope", "pl", ["minimalna stawka godzinowa"])
    assert refused.phrase == "edit.message_elsewhere"
    # Each language is learnt by itself.
    assert await messages.check_messages(TOPIC, "nl", ["minimalna stawka godzinowa"]) == []
    (refused,) = await messages.check_messages(TOPIC, "pl", ["nowe zdanie o pasku", "Nowe zdanie o pasku."])
    assert refused.phrase == "edit.message_twice"


async def test_nobody_trains_on_what_understanding_is_measured_with(versions: Versions, messages: Messages) -> None:
    line = (ROOT / "tests/development/ro.messages.jsonl").read_text(encoding="utf-8").splitlines()[0]
    for language in ("ro", "en"):
        with pytest.raises(EditError) as error:
            await messages.add_messages(TOPIC, language, [json.loads(line)["text"].upper() + "!"], "ewa")
        assert error.value.phrase == "edit.message_golden"
    assert versions.changed_files() == []


async def test_an_installation_without_the_tests_can_add_messages(draft: Draft, tmp_path: Path) -> None:
    assert await Messages(draft, tmp_path / "none").add_messages(TOPIC, "en", ["my march wage paper is lost"], "ewa")


async def test_a_message_can_be_changed_and_removed(draft: Draft, messages: Messages) -> None:
    before = (await messages.of(TOPIC))["en"]
    await messages.change_message(TOPIC, "en", before[3], "the paper with my pay never came", "ewa")
    # The same words in capitals are no double of what they replace.
    await messages.change_message(TOPIC, "en", before[4], before[4].upper(), "ewa")
    await messages.remove_messages(TOPIC, "en", before[:2], "jan")
    after = (await messages.of(TOPIC))["en"]
    assert after == [before[2], "the paper with my pay never came", before[4].upper(), *before[5:]]
    for gone in (before[3], before[0]):
        with pytest.raises(EditError) as error:
            await messages.change_message(TOPIC, "en", gone, "something new about my pay", "jan")
        assert (error.value.status, error.value.phrase) == (409, "edit.message_gone")
    with pytest.raises(EditError):
        await messages.change_message(TOPIC, "en", before[5], before[6], "jan")
    assert (await messages.of(TOPIC))["en"] == after


async def test_messages_about_something_else_can_be_added(messages: Messages) -> None:
    before = (await messages.of("out_of_scope"))["ro"]
    await messages.add_messages("out_of_scope", "ro", ["cine a câștigat meciul de fotbal din Cluj aseară"], "ewa")
    assert len((await messages.of("out_of_scope"))["ro"]) == len(before) + 1


async def test_the_last_message_takes_its_topic_out_of_the_file(draft: Draft, messages: Messages) -> None:
    everything = (await messages.of(TOPIC))["en"]
    await messages.remove_messages(TOPIC, "en", everything, "ewa")
    assert INTENT not in (draft.folder / "data/nlu/en/work.yml").read_text()
    assert list(shortages(draft.folder, [INTENT])) == [(INTENT, "en", 0)]
    await messages.add_messages(TOPIC, "en", everything[:20], "ewa")
    assert messages_of(draft.folder, "en")[INTENT] == everything[:20]
    ((intent, language, count),) = shortages(draft.folder, [INTENT])
    assert (intent, language) == (INTENT, "en")
    assert 10 <= count <= 20
    assert wanted(INTENT) == 45


async def test_a_topic_or_language_that_is_not_there_is_refused(messages: Messages) -> None:
    for topic_id, language in (("no_such_topic", "pl"), (TOPIC, "de"), (TOPIC, "../pl")):
        with pytest.raises(EditError) as error:
            await messages.add_messages(topic_id, language, ["something new about pay papers"], "ewa")
        assert error.value.status == 404
