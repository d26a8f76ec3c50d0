"""Translators' files go out and come back: nothing is overwritten, and what is broken changes nothing."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from bot.answers.catalogue import ANSWERS, DESK, INTERFACE
from bot.answers.content import Content
from bot.editing.catalogues import (
    Entry,
    catalogue_path,
    change_source,
    changing,
    entries,
    translate,
    translated_into,
)
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.exchange import LARGEST, Summary, domains_of, export, export_all, look, take_over
from bot.translations import read_catalogue

_MENU, _ASK = "button.menu", "ask.rephrase"


def _entry(draft: Draft, context: str, domain: str = INTERFACE, language: str = "pl") -> Entry:
    return entries(read_catalogue(catalogue_path(draft.folder, domain, language)))[context]


def _translated(file: str, context: str, text: str) -> str:
    """A file in which a translator has given an entry another text, on one line as many tools write it."""
    pattern = rf'(msgctxt "{re.escape(context)}"\nmsgid (?:".*"\n)+msgstr )(?:".*"\n)+'
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    changed, count = re.subn(pattern, lambda found: f'{found[1]}"{escaped}"\n', file)
    assert count == 1
    return changed


async def _look(draft: Draft, file: str | bytes, domain: str = INTERFACE, language: str = "pl") -> Summary:
    return (await look(draft, domain, language, file.encode() if isinstance(file, str) else file))[1]


async def _take(draft: Draft, file: str, *chosen: str, reviewed: bool = False, domain: str = INTERFACE) -> int:
    seen, _ = await look(draft, domain, "pl", file.encode())
    return await take_over(draft, "eva", domain, "pl", file.encode(), seen, chosen, reviewed)


async def _translate(draft: Draft, context: str, text: str) -> None:
    """What a colleague does at the desk meanwhile."""

    def change(folder: Path, content: Content) -> None:
        with changing(folder, INTERFACE, "pl") as catalogue:
            translate(catalogue, context, text, reviewed=False)

    await draft.change("jan", f"text {context}", "changed", change)


async def _change_english(draft: Draft, context: str, english: str) -> None:
    def change(folder: Path, content: Content) -> None:
        file = folder / "data/interface.yml"
        file.write_text(re.sub(rf"(?m)^  {context}: .*$", f"  {context}: '{english}'", file.read_text()))
        for language in translated_into(INTERFACE):
            with changing(folder, INTERFACE, language) as catalogue:
                change_source(catalogue, context, english)

    await draft.change("jan", f"text {context}", "changed", change)


def _kinds(summary: Summary) -> dict[str, str]:
    return {one.ours.context: one.kind for one in summary.differences}


async def test_a_file_comes_back_as_it_went_out_and_changes_nothing(unchanged: Draft) -> None:
    before, _ = await unchanged.state()
    for language in ("nl", "pl", "ro", "bg"):
        for domain in domains_of(language):
            summary = await _look(unchanged, await export(unchanged, domain, language), domain, language)
            assert (summary.differences, summary.problems, summary.unknown) == ((), (), ())
            assert summary.knows_base
    file = await export(unchanged, ANSWERS, "pl")
    assert await _take(unchanged, file, domain=ANSWERS) == 0
    assert (await unchanged.state())[0] == before


async def test_a_language_goes_out_in_one_archive(unchanged: Draft) -> None:
    with zipfile.ZipFile(io.BytesIO(await export_all(unchanged, "nl"))) as archive:
        assert set(archive.namelist()) == {
            f"wegwijzer-{domain}-nl.po" for domain in ("answers", "interface", "canned", "desk")
        }
        assert "X-Wegwijzer-Base" in archive.read("wegwijzer-answers-nl.po").decode()
    assert domains_of("pl") == ["answers", "interface", "canned"]


@pytest.mark.skipif(shutil.which("msgmerge") is None, reason="gettext is not installed")
async def test_gettexts_own_tools_read_a_file_and_what_they_write_comes_back(draft: Draft, tmp_path: Path) -> None:
    await _change_english(draft, _MENU, "Every topic there is in this chat")
    file = _translated(await export(draft, INTERFACE, "pl"), _ASK, "Nie rozumiem. Napisz inaczej.")
    (tmp_path / "pl.po").write_text(file, encoding="utf-8")
    # As Poedit and Weblate do: other line widths, another order.
    for command in ("msgfmt --check -o /dev/null pl.po", "msgcat --sort-output --width=60 -o back.po pl.po"):
        process = await asyncio.create_subprocess_exec(*command.split(), cwd=tmp_path)
        assert await process.wait() == 0
    back = (tmp_path / "back.po").read_text(encoding="utf-8")
    assert back != file
    summary = await _look(draft, back)
    assert (_kinds(summary), summary.problems, summary.knows_base) == ({_ASK: "changed"}, (), True)


async def test_what_the_translator_changed_is_taken_over(draft: Draft) -> None:
    file = _translated(await export(draft, INTERFACE, "pl"), _MENU, 'Tematy „wszystkie” i "inne"')
    summary = await _look(draft, file)
    assert _kinds(summary) == {_MENU: "changed"}
    assert await _take(draft, file, reviewed=True) == 1
    assert (_entry(draft, _MENU).text, _entry(draft, _MENU).state) == ('Tematy „wszystkie” i "inne"', "reviewed")
    edit = await draft.last_edit("catalogue pl interface")
    assert edit is not None
    assert edit.author == "eva"
    before = Path("locales/pl/LC_MESSAGES/interface.po").read_text().splitlines()
    after = catalogue_path(draft.folder, INTERFACE, "pl").read_text().splitlines()
    assert len([line for line in after if line not in before]) == 2


async def test_what_a_colleague_changed_meanwhile_is_shown_and_never_overwritten(draft: Draft) -> None:
    file = await export(draft, INTERFACE, "pl")
    file = _translated(_translated(file, _MENU, "Wszystko"), _ASK, "Napisz to inaczej.")
    await _translate(draft, _MENU, "Spis tematów")
    await _translate(draft, "button.human", "Do człowieka")
    summary = await _look(draft, file)
    assert _kinds(summary) == {_MENU: "conflict", _ASK: "changed"}
    assert await _take(draft, file) == 1
    assert _entry(draft, _MENU).text == "Spis tematów"
    # What only the colleague has changed is not turned back by the older file.
    assert _entry(draft, "button.human").text == "Do człowieka"
    assert await _take(draft, file, _MENU) == 1
    assert _entry(draft, _MENU).text == "Wszystko"


async def test_a_file_that_does_not_know_its_origin_overwrites_no_translation(unchanged: Draft) -> None:
    file = _translated(await export(unchanged, INTERFACE, "pl"), _MENU, "Wszystko")
    file = re.sub(r'"X-Wegwijzer-Base: .*\n', "", file)
    summary = await _look(unchanged, file)
    assert (_kinds(summary), summary.knows_base) == ({_MENU: "conflict"}, False)
    unknown = file.replace('msgstr ""\n', f'msgstr ""\n"X-Wegwijzer-Base: {"0" * 40}\\n"\n', 1)
    assert not (await _look(unchanged, unknown)).knows_base


async def test_a_translation_of_former_english_is_reported_and_stays_outdated_when_it_is_wanted(draft: Draft) -> None:
    file = _translated(await export(draft, INTERFACE, "pl"), _MENU, "Wszystko")
    await _change_english(draft, _MENU, "Every topic")
    summary = await _look(draft, file)
    assert _kinds(summary) == {_MENU: "english"}
    assert await _take(draft, file) == 0
    assert await _take(draft, file, _MENU) == 1
    entry = _entry(draft, _MENU)
    assert (entry.text, entry.state, entry.former) == ("Wszystko", "outdated", "All topics")
    # Translated anew, from a file that knows the new English, it is up to date.
    file = _translated(await export(draft, INTERFACE, "pl"), _MENU, "Wszelkie tematy").replace(
        '#, fuzzy\n#| msgid "All topics"\n', ""
    )
    assert _kinds(await _look(draft, file)) == {_MENU: "new"}
    assert await _take(draft, file) == 1
    assert _entry(draft, _MENU).state == "unreviewed"


async def test_the_fuzzy_flag_is_honoured(unchanged: Draft) -> None:
    plain = await export(unchanged, INTERFACE, "pl")
    file = _translated(plain, _MENU, "Wszystko").replace(f'msgctxt "{_MENU}"', f'#, fuzzy\nmsgctxt "{_MENU}"')
    summary = await _look(unchanged, file)
    assert [(problem.context, problem.phrase) for problem in summary.problems] == [(_MENU, "exchange.needs_work")]
    assert await _take(unchanged, file) == 0


async def test_an_outdated_translation_that_still_fits_is_confirmed_by_taking_its_mark_away(draft: Draft) -> None:
    text = _entry(draft, _MENU).text
    await _change_english(draft, _MENU, "Every topic")
    file = (await export(draft, INTERFACE, "pl")).replace('#, fuzzy\n#| msgid "All topics"\n', "")
    assert _kinds(await _look(draft, file)) == {_MENU: "confirmed"}
    assert await _take(draft, file) == 1
    assert (_entry(draft, _MENU).text, _entry(draft, _MENU).state) == (text, "unreviewed")


@pytest.mark.parametrize(
    ("domain", "context", "text", "phrase"),
    [
        (INTERFACE, "answer.source", "Źródło", "text.placeholders"),
        (INTERFACE, "answer.source", "Źródło: {zrodlo}", "text.placeholders"),
        (INTERFACE, "answer.source", "Źródło: {source} {", "text.braces"),
        (INTERFACE, _MENU, "Tematy {name}", "text.no_placeholders"),
        (INTERFACE, _MENU, "<script>alert(1)</script>", "text.markup"),
        (INTERFACE, _MENU, "Wszystkie tematy w tym programie", "check.letters"),
        (INTERFACE, _MENU, "Tematy\u200f\x07", "edit.letters"),
        (ANSWERS, "work/minimum_wage title", "Ile co najmniej wynosi płaca minimalna", "check.letters"),
        (ANSWERS, "work/payslip", "Masz prawo do paska płac.", "check.steps"),
        (ANSWERS, "service fairwork", "Zadzwoń 020-7600809", "check.number"),
    ],
)
async def test_an_entry_with_a_fault_is_listed_and_left_as_it_is(
    unchanged: Draft, domain: str, context: str, text: str, phrase: str
) -> None:
    file = _translated(await export(unchanged, domain, "pl"), context, text)
    before, _ = await unchanged.state()
    summary = await _look(unchanged, file, domain)
    assert phrase in [problem.phrase for problem in summary.problems]
    assert summary.differences == ()
    assert await _take(unchanged, file, context, domain=domain) == 0
    assert (await unchanged.state())[0] == before


async def test_entries_that_we_do_not_have_are_listed_and_left_out(unchanged: Draft) -> None:
    file = await export(unchanged, INTERFACE, "pl") + '\nmsgctxt "button.old"\nmsgid "Old"\nmsgstr "Stary"\n'
    summary = await _look(unchanged, file)
    assert (summary.unknown, summary.differences) == (("button.old",), ())


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda file: file.replace(b'msgid "All topics"', b'msgid "All topics', 1), "exchange.syntax"),
        (lambda file: file.replace(b'msgid "All topics"', b'msgxx "All topics"', 1), "exchange.syntax"),
        (lambda file: file.replace(b'msgstr "Wszystkie tematy"', b"", 1), "exchange.syntax"),
        (lambda file: b"\xde\x12\x04\x95" + file, "exchange.compiled"),
        (lambda file: b"\x00\x01" * 50, "exchange.no_text"),
        (lambda file: b"x" * (LARGEST + 1), "exchange.too_big"),
        (lambda file: file.decode().encode("cp1250", "replace"), "exchange.encoding"),
        (lambda file: file.replace(b"charset=utf-8", b"charset=windows-1250"), "exchange.charset"),
        (lambda file: file.replace(b'"Language: pl\\n"\n', b'"Language: ro\\n"\n'), "exchange.other_language"),
        (lambda file: file.replace(b'"Language: pl\\n"\n', b""), "exchange.no_language"),
        (lambda file: b"", "exchange.no_catalogue"),
        (lambda file: b"Dear all,\nhere are the translations.\n", "exchange.syntax"),
    ],
    ids=["quote", "keyword", "no msgstr", "mo", "binary", "huge", "cp1250", "charset", "romanian", "no language",
         "empty", "letter"],
)  # fmt: skip
async def test_a_broken_file_is_refused_in_words_and_changes_nothing(
    unchanged: Draft, spoil: object, phrase: str
) -> None:
    before, _ = await unchanged.state()
    file = spoil((await export(unchanged, INTERFACE, "pl")).encode())  # type: ignore[operator]
    with pytest.raises(EditError) as refusal:
        await _look(unchanged, file)
    assert refusal.value.phrase == phrase
    with pytest.raises(EditError):
        await take_over(unchanged, "eva", INTERFACE, "pl", file, before, (), reviewed=False)
    assert (await unchanged.state())[0] == before


async def test_a_syntax_fault_is_told_with_its_line(unchanged: Draft) -> None:
    file = (await export(unchanged, INTERFACE, "pl")).encode()
    broken = file.replace(b'msgid "All topics"', b'msgid "All topics', 1)
    line = broken.split(b"\n").index(b'msgid "All topics') + 1
    with pytest.raises(EditError) as refusal:
        await _look(unchanged, broken)
    assert refusal.value.values["line"] == str(line)


async def test_windows_line_ends_and_a_byte_order_mark_are_no_fault(unchanged: Draft) -> None:
    file = _translated(await export(unchanged, INTERFACE, "pl"), _MENU, "Wszystko")
    summary = await _look(unchanged, b"\xef\xbb\xbf" + file.replace("\n", "\r\n").encode())
    assert (_kinds(summary), summary.knows_base) == ({_MENU: "changed"}, True)


async def test_the_file_of_other_texts_is_refused(unchanged: Draft) -> None:
    file = await export(unchanged, DESK, "nl")
    with pytest.raises(EditError) as refusal:
        await _look(unchanged, file, INTERFACE, "nl")
    assert refusal.value.phrase == "exchange.other_catalogue"


async def test_a_summary_of_another_draft_is_not_taken_over(draft: Draft) -> None:
    file = _translated(await export(draft, INTERFACE, "pl"), _MENU, "Wszystko").encode()
    seen, _ = await look(draft, INTERFACE, "pl", file)
    await _translate(draft, _ASK, "Napisz inaczej.")
    with pytest.raises(EditError) as refusal:
        await take_over(draft, "eva", INTERFACE, "pl", file, seen, (), reviewed=False)
    assert refusal.value.code == "changed_meanwhile"
    assert _entry(draft, _MENU).text == "Wszystkie tematy"
