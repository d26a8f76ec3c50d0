"""The course of a chat, its texts and translators' files at the desk."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import aiohttp
import pytest

from bot.answers.content import Content
from tests.desk.site import Answer, Browser
from tests.editing.running import EditingDesk

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PL = "translations/pl/interface"
_PO = b'msgid ""\nmsgstr ""\n"MIME-Version: 1.0\\n"\n"Language: pl\\n"\n\nmsgctxt "a"\nmsgid "a"\nmsgstr "b"\n'


def _json(answer: Answer) -> Any:
    return json.loads(answer.text)


async def _send(browser: Browser, path: str, file: bytes | str, **form: Any) -> Answer:
    """Bring a file back, as the page does."""
    body = aiohttp.FormData()
    body.add_field("file", io.BytesIO(file.encode() if isinstance(file, str) else file), filename="pl.po")
    body.add_field("form", json.dumps(form))
    return await browser.send("POST", f"/desk/api/{path}", headers={"X-CSRF-Token": browser.csrf}, data=body)


async def _seen(browser: Browser) -> str:
    """What names the draft now."""
    file = (await browser.get(f"/desk/api/{_PL}")).text
    return str(_json(await _send(browser, f"{_PL}/look", file))["seen"])


async def test_the_course_of_a_chat_names_every_text(desk: EditingDesk, content: Content) -> None:
    async with desk.at() as browser:
        page = (await browser.get("/desk/stories")).text
        dutch = (await browser.get("/desk/stories", Accept_Language="nl")).text
        found = (await browser.get("/desk/stories?q=in+line")).text
    assert all(f'href="/desk/texts/{text_id}"' in page for text_id in content.interface)
    assert "Somebody asks something about: work and pay, authorities and arrangements, housing," in page
    assert "Iemand vraagt iets over: werk en loon, instanties en regelingen, wonen," in dutch
    assert "/desk/texts/handover.waiting" in found
    assert "/desk/texts/telegram.about" not in found


async def test_a_text_is_changed_where_it_is_said(desk: EditingDesk) -> None:
    path = "texts/handover.kept_waiting"
    async with desk.at() as browser:
        page = (await browser.get(f"/desk/{path}")).text
        assert "while the chat waits" in page
        now = _json(await browser.get(f"/desk/api/{path}"))
        fields = {**now["fields"], "nl": "Goed. Je houdt je plaats.", "reviewed.nl": True}
        saved = await browser.post(path, {"seen": now["seen"], "fields": fields})
        assert saved.status == 200
        again = (await browser.get(_json(saved)["page"])).text
        late = await browser.post(path, {"seen": now["seen"], "fields": {**fields, "nl": "Prima."}})
        assert (late.status, _json(late)["error"]["code"]) == (409, "changed_meanwhile")
        assert _json(await browser.get(f"/desk/api/{path}"))["by"] == "eva"
    assert "Goed. Je houdt je plaats." in again
    assert "Saved in the draft" in again


async def test_markup_is_shown_as_text_and_refused(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        now = _json(await browser.get("/desk/api/texts/web.send"))
        fields = {**now["fields"], "pl": "<img src=x onerror=alert(1)>"}
        answer = await browser.post("texts/web.send", {"seen": now["seen"], "fields": fields})
        assert answer.status == 422
        assert _json(answer)["error"]["fields"][0]["field"] == "pl"
        assert (await browser.get("/desk/texts/no.such")).status == 404


async def test_a_catalogue_goes_out_is_translated_and_comes_back_beside_a_colleagues_change(desk: EditingDesk) -> None:
    async with desk.at() as browser, desk.at("jan") as colleague:
        given = await browser.get(f"/desk/api/{_PL}")
        assert given.headers["Content-Disposition"] == 'attachment; filename="wegwijzer-interface-pl.po"'
        file = given.text.replace('msgstr "Wyślij"', 'msgstr "Nadaj"').replace('msgstr "Rozmowa"', 'msgstr "Czat"')
        assert file.count("Nadaj") == file.count('"Czat"') == 1
        now = _json(await colleague.get("/desk/api/texts/web.log_label"))
        fields = {**now["fields"], "pl": "Przebieg rozmowy"}
        assert (await colleague.post("texts/web.log_label", {"seen": now["seen"], "fields": fields})).status == 200

        found = _json(await _send(browser, f"{_PL}/look", file))
        assert {one["context"]: one["kind"] for one in found["differences"]} == {
            "web.send": "changed",
            "web.log_label": "conflict",
        }
        conflict = next(one for one in found["differences"] if one["kind"] == "conflict")
        assert (conflict["ours"], conflict["theirs"], conflict["by"]) == (
            "Przebieg rozmowy", "Czat", "changed here by jan",
        )  # fmt: skip
        taken = await _send(browser, _PL, file, seen=found["seen"], chosen=[], reviewed=True)
        assert (taken.status, _json(taken)) == (200, {"count": 1})
        assert _json(await browser.get("/desk/api/texts/web.log_label"))["fields"]["pl"] == "Przebieg rozmowy"
        assert _json(await browser.get("/desk/api/texts/web.send"))["fields"]["pl"] == "Nadaj"
        stale = await _send(browser, _PL, file, seen=found["seen"], chosen=["web.log_label"], reviewed=False)
        assert stale.status == 409


async def test_all_files_of_a_language_go_out_together(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        page = (await browser.get("/desk/translations")).text
        async with browser.session.get(f"{desk.url}/desk/api/translations/bg") as answer:
            archive = await answer.read()
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert len(files.namelist()) == 3
    assert 'href="/desk/api/translations/nl/desk"' in page
    assert 'href="/desk/api/translations/pl/desk"' not in page


@pytest.mark.parametrize("path", ["translations/en/answers", "translations/xx", "translations/pl/desk"])
async def test_there_is_no_file_of_what_is_not_translated(desk: EditingDesk, path: str) -> None:
    async with desk.at() as browser:
        assert (await browser.get(f"/desk/api/{path}")).status == 404


@pytest.mark.parametrize(
    ("file", "status", "words"),
    [
        (b"x" * 5_000_000, 413, "too large"),
        (b"x" * 2_050_000, 413, "too large"),
        (b"\xde\x12\x04\x95\x00", 422, "compiled"),
        ("Źródło".encode("cp1250"), 422, "UTF-8"),
        (b'msgid "a\nmsgstr ""\n', 422, "Line 1"),
        (b"", 422, "no translations"),
        (_PO.replace(b"pl", b"ro"), 422, "another language (ro instead of pl)"),
        (_PO.replace(b"Language", b"X-Language"), 422, "does not say its language"),
        (_PO, 422, "other texts"),
    ],
    ids=["5 MB", "just too large", "compiled", "Windows-1250", "broken", "empty", "Romanian", "no language", "other"],
)
async def test_a_file_that_cannot_be_read_is_refused_in_words(
    desk: EditingDesk, file: bytes, status: int, words: str
) -> None:
    async with desk.at() as browser:
        for path in (_PL, f"{_PL}/look"):
            answer = await _send(browser, path, file, seen=await _seen(browser), chosen=[])
            assert answer.status == status
            assert words in _json(answer)["error"]["message"]


async def test_what_is_no_form_with_a_file_is_refused(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        assert (await browser.post(f"{_PL}/look", {"file": "x"})).status == 415
        body = aiohttp.FormData({"file": "x", "form": "{}"}, default_to_multipart=True)
        answer = await browser.send("POST", f"/desk/api/{_PL}", headers={"X-CSRF-Token": browser.csrf}, data=body)
        assert answer.status == 400
        assert (await _send(browser, _PL, b"", seen=5)).status == 400
