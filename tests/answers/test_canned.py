from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers.canned import Canned, CannedReply, load_canned
from bot.answers.catalogue import CANNED, Catalogues
from bot.answers.checks import CANNED_WORDS, check_content
from bot.answers.content import PLACEHOLDER, Content
from bot.answers.errors import ContentError
from bot.languages import LANGUAGES
from tests.conftest import ROOT, TODAY

VALUES = {
    "name": "Sanne",
    "time": "14:30",
    "date": "26 November 2026",
    "place": "Nijkerk, Kolkstraat",
    "number": "+31 6 12345678",
}


@pytest.fixture(scope="session")
def canned(content: Content) -> Canned:
    return content.canned


def _load(folder: Path, text: str) -> Canned:
    (folder / "data").mkdir()
    (folder / "data" / "canned.yml").write_text(text, encoding="utf-8")
    return load_canned(folder, Catalogues(ROOT / "locales"))


def _with_reply(content: Content, text: str, placeholders: tuple[str, ...] = ()) -> Content:
    added = CannedReply("added", "pace", text, placeholders)
    return replace(content, canned=replace(content.canned, replies=(*content.canned.replies, added)))


def test_there_are_at_least_forty_replies_in_the_order_of_a_talk(canned: Canned) -> None:
    assert len(canned.replies) >= 40
    groups = list(dict.fromkeys(reply.group for reply in canned.replies))
    assert [groups[0], groups[2], groups[-1]] == ["greeting", "safe_now", "closing"]
    assert canned.replies[0].id == "hello"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_is_there_with_the_same_placeholders_and_short(canned: Canned, language: str) -> None:
    for reply in canned.replies:
        text = canned.catalogues.lookup(CANNED, reply.id, reply.english, language)
        assert text, f"{reply.id} is not translated"
        assert set(PLACEHOLDER.findall(text)) == set(reply.placeholders), reply.id
        assert len(text.split()) <= CANNED_WORDS, reply.id
        if language != "en":
            assert text != reply.english, reply.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reply_is_sent_with_a_brace_in_it(canned: Canned, language: str) -> None:
    for reply in canned.replies:
        text = canned.text(reply.id, language, **VALUES)
        assert not set("{}") & set(text), reply.id
        assert all(VALUES[placeholder] in text for placeholder in reply.placeholders), reply.id


def test_what_a_counsellor_types_is_sent_as_it_is(canned: Canned) -> None:
    text = canned.text("we_meet", "nl", date="26 november 2026", time="14:30", place="Zaal {time}, 100%")
    assert "Zaal {time}, 100%" in text


@pytest.mark.parametrize("values", [{}, {"time": " "}])
def test_a_reply_with_a_hole_is_refused(canned: Canned, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="'call_today' needs a value for 'time'"):
        canned.text("call_today", "pl", **values)


def test_an_unknown_reply_is_refused(canned: Canned) -> None:
    with pytest.raises(KeyError):
        canned.text("no_such_reply", "pl")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_to_erase_names_the_button_and_the_command_that_exist(content: Content, language: str) -> None:
    assert content.phrase(language, "web.erase") in content.canned.text("erase_web", language)
    assert "/forget" in content.canned.text("erase_telegram", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_emergency_number_is_in_every_language(canned: Canned, language: str) -> None:
    for reply_id in ("call_112", "i_call_112", "stop_for_today", "goodbye", "thoughts_of_dying"):
        assert "112" in canned.text(reply_id, language, **VALUES)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("texts: {}", "file: 'replies' is missing"),
        ("replies: {hello: Hello}", "'replies' must be a list of groups"),
        ("replies: [hello]", "'hello' is no group with 'id' and 'replies'"),
        ("replies: [{replies: {hello: Hello}}]", "group: 'id' is missing"),
        ("replies: [{id: greeting}]", "group 'greeting': 'replies' is missing"),
        ("replies: [{id: greeting, replies: {}}]", "group 'greeting': 'replies' must be a mapping of id to text"),
        ("replies: [{id: greeting, replies: {yes: Hello}}]", "True is no id"),
        ("replies: [{id: greeting, replies: {Hello you: Hello}}]", "'Hello you' is no id"),
        ("replies: [{id: greeting, replies: {hello: }}]", "reply 'hello' has no text"),
        ("replies: [{id: greeting, replies: {hello: 'I am {nam}'}}]", "reply 'hello': only {name}"),
        ("replies: [{id: greeting, replies: {hello: 'I am {name'}}]", "reply 'hello': only {name}"),
        ("replies: [{id: a, replies: {hello: Hi}}, {id: a, replies: {bye: Bye}}]", "group 'a' is there twice"),
        ("replies: [{id: a, replies: {hello: Hi}}, {id: b, replies: {hello: Bye}}]", "reply 'hello' is there twice"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ContentError) as error:
        _load(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "data" / "canned.yml"))
    assert problem in error.value.problem
    assert "\n" not in error.value.problem


def test_placeholders_are_found_in_order_and_once(tmp_path: Path) -> None:
    canned = _load(tmp_path, "replies: [{id: a, replies: {b: 'At {time} on {date}, {time}'}}]")
    assert canned.replies == (CannedReply("b", "a", "At {time} on {date}, {time}", ("time", "date")),)


def test_the_check_finds_an_untranslated_a_long_and_an_untrue_reply(content: Content) -> None:
    changed = _with_reply(content, "You get 500 euro. " + "word " * CANNED_WORDS)
    faults = [fault.line(content) for fault in check_content(changed, TODAY)]
    assert any(fault.startswith("pl added: not translated") for fault in faults)
    assert any(fault.startswith("added: a number is typed") for fault in faults)
    assert any(fault.startswith("added: ") and "words, at most" in fault for fault in faults)
