"""The editors' pages and API of topics, messages and the overview, in the real gateway, by HTTP."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pytest

from tests.desk.site import Answer, Browser
from tests.editing.running import EditingDesk
from tests.editing.test_topics import NEW

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTS = ("title", "text", "simpler")
DETAILS = {
    "urgency": "info", "means": "who pays a fine for the car of the job", "facts": ["deduct_fines"],
    "services": ["fairwork"], "related": ["wage_deductions", "payslip"], "source": "", "review_by": "2027-06-30",
}  # fmt: skip


def _json(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.text
    return json.loads(answer.text)


def _error(answer: Answer, status: int, code: str) -> Any:
    error = _json(answer, status)["error"]
    assert error["code"] == code
    return error


async def _sheet(browser: Browser, topic: str) -> Any:
    return _json(await browser.get(f"/desk/api/topics/{topic}"))


def _texts(sheet: Any, language: str, **changed: str) -> dict[str, Any]:
    texts = {part: sheet["texts"][language][part]["text"] for part in PARTS} | changed
    return {"language": language, "texts": texts, "seen": sheet["seen"][language]}


async def test_a_saved_text_is_in_the_draft_with_its_author_and_in_the_audit_log(desk: EditingDesk) -> None:
    async with desk.at("ewa") as browser:
        sheet = await _sheet(browser, "payslip")
        saved = _json(await browser.post("topics/payslip/texts", _texts(sheet, "en", title="Your payslip")))
        assert saved["texts"]["en"]["title"]["text"] == "Your payslip"
        polish = saved["texts"]["pl"]
        assert (polish["title"]["state"], polish["text"]["state"]) == ("outdated", "unreviewed")
        assert polish["title"]["changes"] == [["gone", "Payslip"], ["new", "Your payslip"]]
        assert [(one["who"], one["what"], one["published"]) for one in saved["history"]] == [
            ("ewa", "English texts", False)
        ]
        # The others look at the same draft.
        page = await browser.get("/desk/topics")
        row = re.search(r'<tr data-words="payslip .*?</tr>', page.text, re.DOTALL)
        assert row
        assert 'is-outdated" title="Polish: Outdated"' in row[0]
        assert ">Changed<" in row[0]
    async with desk.at("root", "admin") as admin:
        log = _json(await admin.get("/desk/api/audit"))["entries"]
        assert ("ewa", "topic.saved", "payslip", "en") in {
            (one["account"], one["action"], one["object"], one["detail"]) for one in log
        }
        assert "Your payslip" not in json.dumps(log)


async def test_of_two_editors_the_second_gets_what_the_first_has_written(desk: EditingDesk) -> None:
    async with desk.at("ewa") as first, desk.at("jan") as second:
        before = await _sheet(second, "deposit")
        _json(await first.post("topics/deposit/texts", _texts(await _sheet(first, "deposit"), "en", title="A deposit")))
        answer = await second.post("topics/deposit/texts", _texts(before, "en", title="My deposit"))
        assert "Nothing was overwritten" in _error(answer, 409, "changed_meanwhile")["message"]
        now = await _sheet(second, "deposit")
        assert now["texts"]["en"]["title"]["text"] == "A deposit"
        assert now["history"][0]["who"] == "ewa"
        # Having seen it, the second may decide.
        _json(await second.post("topics/deposit/texts", _texts(now, "en", title="My deposit")))


async def test_a_preview_is_what_people_would_get_in_both_channels_and_saves_nothing(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        sheet = await _sheet(browser, "minimum_wage")
        body = _texts(sheet, "pl", text="Co najmniej {minimum_wage_21}. <b>Zadzwoń</b> pod 112.\n\n• Raz.")
        tried = _json(await browser.post("topics/minimum_wage/preview", body))
        answer, helpers = tried["messages"]
        assert answer["text"].startswith("Co najmniej 14,99\xa0€. <b>Zadzwoń</b> pod 112.\n\n• Raz.\n\n")
        assert answer["telegram"][0].startswith(
            "Co najmniej 14,99\xa0€. &lt;b&gt;Zadzwoń&lt;/b&gt; pod <code>112</code>."
        )
        assert "www.rijksoverheid.nl" in answer["text"]
        assert len(answer["buttons"]) == 4
        assert "FairWork" in helpers["text"]
        faults = {one["text"]: one["grave"] for one in tried["parts"]["text"]["faults"]}
        assert faults["other amounts are inserted than in the English text"] is True
        assert tried["parts"]["text"]["amounts"] == ["{minimum_wage_21} = 14,99\xa0€"]
        simple = _json(await browser.post("topics/minimum_wage/preview", {**_texts(sheet, "en"), "simpler": True}))
        assert len(simple["messages"]) == 1
        assert "easy to read" in simple["parts"]["text"]["measure"]
        unknown = _texts(sheet, "en", text="You get {no_such_fact} and 5 euro.")
        tried = _json(await browser.post("topics/minimum_wage/preview", unknown))
        assert "⚠ no_such_fact" in tried["messages"][0]["text"]
        assert len([one for one in tried["parts"]["text"]["faults"] if one["grave"]]) == 2
        assert await _sheet(browser, "minimum_wage") == sheet


async def test_what_may_not_be_said_is_told_at_its_field_in_the_language_of_the_page(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        sheet = await _sheet(browser, "rent_deduction")
        wrong = _texts(sheet, "ro", title="x" * 29, text="Plătiți 500 de euro la www.example.org")
        for language, part in (("en", "a number is typed"), ("nl", "er staat een getal in de tekst")):
            answer = await browser.post("topics/rent_deduction/texts", wrong, **{"Accept-Language": language})
            fields = _error(answer, 422, "faults")["fields"]
            assert {field["field"] for field in fields} == {"title", "text"}
            assert any(part in field["text"] for field in fields)
        assert await _sheet(browser, "rent_deduction") == sheet


async def test_whatever_is_sent_is_refused_with_a_reason_and_changes_nothing(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        sheet = await _sheet(browser, "overtime_and_surcharges")
        path = "topics/overtime_and_surcharges"
        fine = _texts(sheet, "en", title="Overtime pay")
        huge = io.BytesIO(json.dumps({**fine, "texts": {**fine["texts"], "text": "x" * 5_000_000}}).encode())
        headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
        _error(await browser.send("POST", f"/desk/api/{path}/texts", headers, data=huge), 413, "too_long")
        long = {**fine, "texts": {**fine["texts"], "text": "x " * 2500}}
        assert "at most 4000" in _error(await browser.post(f"{path}/texts", long), 413, "too_long")["message"]
        parts: list[dict[str, Any]] = [{"texts": "x"}, {"texts": {"title": 1}}, {"language": "de"}]
        for body in ([], {}, *({**fine, **part} for part in parts)):
            _error(await browser.post(f"{path}/texts", body), 400, "malformed")
            _error(await browser.post(f"{path}/preview", body), 400, "malformed")
        _error(await browser.post(f"{path}/texts", {**fine, "seen": "x"}), 409, "changed_meanwhile")
        _error(await browser.post("topics/no_such_topic/texts", fine), 404, "unknown_topic")
        _error(await browser.get("/desk/api/topics/no_such_topic"), 404, "unknown_topic")
        assert (await browser.get("/desk/topics/no_such_topic")).status == 404
        assert (await browser.get("/desk/topics/no_such_topic/messages")).status == 404
        review = {"language": "en", "reviewed": True, "seen": sheet["seen"]["en"]}
        _error(await browser.post(f"{path}/review", review), 404, "unknown_language")
        for changed, status in (
            ({"review_by": "soon"}, 422), ({"review_by": "2020-01-01"}, 422), ({"facts": "x"}, 400),
            ({"related": ["payslip"]}, 422), ({"services": ["x"] * 50}, 400), ({"urgency": "critical"}, 422),
            ({"means": ""}, 422),
        ):  # fmt: skip
            body = {"details": {**sheet["details"], **changed}, "seen": sheet["seen"]["details"]}
            assert (await browser.post(f"{path}/details", body)).status == status, changed
        _error(await browser.post(f"{path}/withdraw", {}), 409, "published")
        assert await _sheet(browser, "overtime_and_surcharges") == sheet


async def test_a_translation_is_reviewed_by_whoever_says_so(desk: EditingDesk) -> None:
    async with desk.at("ola") as browser:
        sheet = await _sheet(browser, "greet")
        review = {"language": "pl", "reviewed": True, "seen": sheet["seen"]["pl"]}
        reviewed = _json(await browser.post("topics/greet/review", review))
        assert {reviewed["texts"]["pl"][part]["state"] for part in PARTS} == {"reviewed"}
        assert reviewed["history"][0]["what"] == "Polish reviewed"
        dutch = await browser.send("GET", "/desk/api/topics/greet", headers={"Accept-Language": "nl"})
        assert json.loads(dutch.text)["history"][0]["what"] == "Pools nagekeken"


async def test_a_script_in_a_text_is_shown_as_text(desk: EditingDesk) -> None:
    attack = '</script><script>alert("x")</script><img src=x onerror=alert`x`>'
    async with desk.at() as browser:
        sheet = await _sheet(browser, "change_language")
        saved = await browser.post("topics/change_language/texts", _texts(sheet, "en", text=f"Choose. {attack}"))
        assert _json(saved)["texts"]["en"]["text"]["text"] == f"Choose. {attack}"
        page = (await browser.get("/desk/topics/change_language")).text
        assert attack not in page
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
        assert data
        assert json.loads(data[1])["sheet"]["texts"]["en"]["text"]["text"] == f"Choose. {attack}"
        tried = _json(await browser.post("topics/change_language/preview", _texts(sheet, "en", text=attack)))
        assert "<" not in re.sub(r"</?code>", "", tried["messages"][0]["telegram"][0])
        details = {**sheet["details"], "means": attack}
        body = {"details": details, "seen": sheet["seen"]["details"]}
        _json(await browser.post("topics/change_language/details", body))
        listed = (await browser.get("/desk/topics")).text
        assert attack not in listed
        assert html.escape(attack) in listed


async def test_a_new_topic_is_made_in_one_go_and_says_what_it_lacks(desk: EditingDesk) -> None:
    async with desk.at("ewa") as browser:
        new = {"id": "parking_fines", "section": "work", "texts": NEW, "details": DETAILS}
        _error(await browser.post("new-topic", {**new, "id": "payslip"}), 409, "taken")
        _error(await browser.post("new-topic", {**new, "id": "Parking fines!"}), 422, "wrong_id")
        _error(await browser.post("new-topic", {**new, "id": "new"}), 422, "wrong_id")
        incomplete = {**new, "texts": {**NEW, "text": ""}}
        assert _error(await browser.post("new-topic", incomplete), 422, "faults")["fields"][0]["field"] == "text"
        tried = _json(
            await browser.post("new-topic/preview", {"language": "en", "texts": NEW, **DETAILS, "section": "work"})
        )
        assert tried["messages"][0]["text"].startswith("Your boss pays fines")
        assert "FairWork" in tried["messages"][1]["text"]
        assert _json(await browser.post("new-topic", new), 201) == {"page": "/desk/topics/parking_fines"}
        sheet = await _sheet(browser, "parking_fines")
        assert (sheet["is_new"], sheet["messages"]["ro"], sheet["wanted"]) == (True, 0, 45)
        page = await browser.get("/desk/topics/parking_fines")
        assert "Take it out of the draft" in page.text
        listed = (await browser.get("/desk/topics")).text
        row = re.search(r'<tr data-words="parking_fines .*?</tr>', listed, re.DOTALL)
        assert row
        assert ">New<" in row[0]
        assert "Too few messages" in row[0]
        assert (await browser.post("topics/parking_fines/withdraw", {})).status == 204
        assert (await browser.get("/desk/topics/parking_fines")).status == 404


async def test_messages_are_added_changed_and_removed_and_refused_with_a_reason(desk: EditingDesk) -> None:
    async with desk.at("ewa") as browser:
        path = "topics/payslip/messages"
        before = _json(await browser.get(f"/desk/api/{path}"))["messages"]["ro"]
        new = "unde este fluturașul meu pe martie, șefu?"
        refused = _json(await browser.post(f"{path}/check", {"language": "ro", "texts": [new, before[0], "/start"]}))
        assert [one["text"] for one in refused["refused"]] == [before[0], "/start"]
        assert "there already" in refused["refused"][0]["why"]
        both = {"language": "ro", "texts": [new, "/start"]}
        assert "commands" in _error(await browser.post(f"{path}/add", both), 422, "message")["message"]
        for body in ({"language": "ro", "texts": "x"}, {"language": "ro", "texts": ["x"] * 301}):
            assert (await browser.post(f"{path}/add", body)).status == 422
        _error(await browser.post(f"{path}/add", {"language": "de", "texts": ["x"]}), 400, "malformed")
        assert _json(await browser.get(f"/desk/api/{path}"))["messages"]["ro"] == before
        after = _json(await browser.post(f"{path}/add", {"language": "ro", "texts": [new]}))["messages"]["ro"]
        assert after == [*before, new]
        change = {"language": "ro", "before": new, "after": "n-am primit fluturașul pe martie"}
        after = _json(await browser.post(f"{path}/change", change))["messages"]["ro"]
        assert after[-1] == change["after"]
        _error(await browser.post(f"{path}/change", change), 409, "changed_meanwhile")
        gone = {"language": "ro", "texts": [change["after"]]}
        assert _json(await browser.post(f"{path}/remove", gone))["messages"]["ro"] == before
        sheet = await _sheet(browser, "payslip")
        assert [one["what"] for one in sheet["history"][:3]] == [
            "messages removed (Romanian)", "message changed (Romanian)", "messages added (Romanian)",
        ]  # fmt: skip
        page = await browser.get("/desk/topics/payslip/messages?language=ro")
        assert '<option value="ro" selected>Romanian</option>' in page.text
        assert (await browser.get("/desk/topics/out_of_scope/messages")).status == 200


async def test_the_overview_says_what_is_drafted_by_whom_and_what_is_outdated(desk: EditingDesk) -> None:
    async with desk.at("ewa") as browser:
        sheet = await _sheet(browser, "dismissal")
        _json(await browser.post("topics/dismissal/texts", _texts(sheet, "en", title="Being fired")))
        page = await browser.get("/desk/home")
        assert page.status == 200
        assert re.search(r"Outdated translations, Polish: \d", page.text)
        assert re.search(r"not published: \d+, by .*ewa \(\d+\)", page.text)
        assert page.text.count("<rect class=") >= 4
        counts = _json(await browser.get("/desk/api/home/questions"))
        assert counts == {"groups": 0, "topics": []}
        dutch = await browser.send("GET", "/desk/home", headers={"Accept-Language": "nl"})
        assert "Verouderde vertalingen, Pools" in dutch.text


async def test_the_widgets_own_script_makes_the_links_of_the_preview(desk: EditingDesk) -> None:
    async with desk.at() as browser:
        answer = await browser.get("/desk/static/widget-links.js")
        assert answer.status == 200
        assert "export function withLinks" in answer.text
