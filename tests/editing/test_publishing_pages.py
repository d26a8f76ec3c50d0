"""Trying, publishing and returning by the desk's pages and API. Servers are stood in for; everything else is real."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from bot.desk.audit import Audit
from bot.desk.clock import utc_now
from bot.editing.draft import Draft
from bot.editing.servers import Servers
from bot.editing.trying import Trial, Trials
from bot.editing.versions import Versions
from bot.gateway import tables
from bot.settings import read_settings
from tests.desk.site import Answer, Browser
from tests.editing.running import EditingDesk, editing_desk
from tests.gateway.stage import StandIn, answer_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

_TOKEN = "the supervisor's"
_TOPIC = "deposit"


@dataclass
class Supervisor:
    """Stands in for the supervisor: every pair is the same stand-in for Rasa."""

    rasa: StandIn
    started: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    #: Whether what is started comes up.
    works: bool = True
    url: str = ""

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/pairs", self._start),
                web.delete("/pairs", self._end),
                web.post("/pairs/{id}/live", self._make_live),
                web.delete("/pairs/{id}", self._end),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _start(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {_TOKEN}"
        asked = await request.json()
        assert Path(asked["model"]).is_file()
        if not self.works:
            return web.json_response({"error": "not ready"}, status=504)
        self.started.append(asked["content"])
        return web.json_response({"id": str(len(self.started)), "rasa_url": self.rasa.url, "rasa_token": "x"})

    async def _make_live(self, request: web.Request) -> web.Response:
        self.live.append(request.match_info["id"])
        return web.Response(status=204)

    async def _end(self, request: web.Request) -> web.Response:
        self.ended.append(request.match_info.get("id", "all"))
        return web.Response(status=204)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def supervisor() -> AsyncIterator[Supervisor]:
    rasa = StandIn()
    await rasa.start()
    supervisor = Supervisor(rasa)
    await supervisor.start()
    yield supervisor
    await supervisor.stop()
    await rasa.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    model: Path, supervisor: Supervisor, _first_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EditingDesk]:
    settings = {"SUPERVISOR_URL": supervisor.url, "SUPERVISOR_TOKEN": _TOKEN, "MODEL": str(model)}
    async with editing_desk(tmp_path_factory.mktemp("desk"), _first_repository, **settings) as running:
        yield running


async def _add(editor: Browser, sentence: str) -> None:
    """Change the English text of a topic."""
    sheet = json.loads((await editor.get(f"/desk/api/topics/{_TOPIC}")).text)
    texts = {part: sheet["texts"]["en"][part]["text"] for part in ("title", "text", "simpler")}
    texts["text"] += f"\n{sentence}"
    body = {"language": "en", "texts": texts, "seen": sheet["seen"]["en"]}
    answer = await editor.post(f"topics/{_TOPIC}/texts", body)
    assert answer.status == 200, answer.text


async def _state(editor: Browser) -> Any:
    return json.loads((await editor.get("/desk/api/publish")).text)


async def _idle(editor: Browser) -> None:
    """Wait until nothing runs."""
    for _ in range(600):
        if not (await _state(editor))["line"]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it does not end")


async def _try(editor: Browser) -> None:
    assert (await editor.post("trial", {})).status == 202
    await _idle(editor)


async def _publish(editor: Browser, reason: str = "a reason", despite: str = "a second one", **changed: str) -> Answer:
    draft = (await _state(editor))["draft"]
    return await editor.post("publish", {"draft": draft, "reason": reason, "despite": despite, **changed})


def _code(answer: Answer) -> str:
    return str(json.loads(answer.text)["error"]["code"])


async def test_from_the_draft_to_everybody_and_back(desk: EditingDesk, supervisor: Supervisor) -> None:
    # This gateway was not started with what is live in the repository, and has caught up.
    while supervisor.live != ["1"]:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    async with desk.at("ewa") as editor, desk.at("jan") as other:
        page = await editor.get("/desk/publish")
        assert "Nothing is different." in page.text
        assert (await editor.post("trial", {})).status == 409

        # what the draft changes
        await _add(editor, "Keep <this> in mind.")
        page = await editor.get("/desk/publish")
        assert "What the draft changes (1)" in page.text
        assert "<ins>" in page.text
        assert "Keep &lt;this&gt; in mind." in page.text
        assert "Needs a reason" in page.text
        assert "You can publish when exactly this draft has been tried." in page.text
        assert _code(await _publish(editor)) == "not_tried"

        # a trial, and only one at a time
        answers = await asyncio.gather(editor.post("trial", {}), other.post("trial", {}))
        assert sorted(answer.status for answer in answers) == [202, 409]
        assert (await _state(other))["line"]
        await _idle(editor)
        page = await editor.get("/desk/publish")
        assert "Messages are understood exactly as before" in page.text
        assert "There are no saved conversations." in page.text
        assert len(supervisor.started) == 2

        # what is not as it was tried is not published
        await _add(other, "And this.")
        assert _code(await _publish(editor)) == "not_tried"
        assert "The draft has changed since" in (await editor.get("/desk/publish")).text
        await _try(editor)
        assert supervisor.ended == ["all", "2"]

        # reasons are asked for
        for wrong, code in (
            ({"reason": "  "}, "no_reason"),
            ({"reason": "x" * 301}, "too_long"),
            ({"despite": ""}, "needs_reason"),
            ({"draft": "0" * 40}, "changed_meanwhile"),
        ):
            assert _code(await _publish(editor, **wrong)) == code

        # of two who publish at once one is told
        answers = await asyncio.gather(_publish(editor, "Mine"), _publish(other, "Mine, too"))
        assert sorted(answer.status for answer in answers) == [202, 409]
        await _idle(editor)
        published = json.loads(next(answer.text for answer in answers if answer.status == 202))["version"]
        # with the servers that were started for the trial
        assert supervisor.live == ["1", "3"]
        assert len(supervisor.started) == 3
        page = await editor.get("/desk/publish")
        assert "is live." in page.text
        assert "Nothing is different." in page.text

        # every version is listed, and one leads back
        page = await editor.get("/desk/versions")
        assert "Mine" in page.text
        assert "In spite of what the trial showed: a second one" in page.text
        assert page.text.count("data-version=") == 1
        page = await editor.get(f"/desk/versions/{published}")
        assert "Keep &lt;this&gt; in mind." in page.text
        first = _first_version(desk)
        await _add(other, "Others go on.")
        preview = json.loads((await editor.post(f"versions/{first}/check", {})).text)
        assert preview == {"changes": ["Deposit"], "drafted": ["Deposit"], "trains": False}
        stale = await editor.post(f"versions/{first}/return", {"live": first, "reason": "wrong"})
        assert _code(stale) == "changed_meanwhile"
        answer = await editor.post(f"versions/{first}/return", {"live": published, "reason": "It was wrong"})
        assert answer.status == 202, answer.text
        await _idle(editor)
        assert "returned to an earlier version by ewa" in (await editor.get("/desk/versions")).text
        # the draft keeps what others have in work
        assert "Others go on." in (await editor.get(f"/desk/api/topics/{_TOPIC}")).text

        # throwing the draft away
        page = await editor.get("/desk/publish")
        assert "This is lost: Deposit" in page.text
        assert _code(await editor.post("draft/discard", {"draft": "0" * 40})) == "changed_meanwhile"
        assert (await editor.post("draft/discard", {"draft": (await _state(editor))["draft"]})).status == 204
        assert "Nothing is different." in (await editor.get("/desk/publish")).text
    actions = [entry.action for entry in await Audit(desk.store, utc_now).page()]
    assert {"draft.tried", "version.published", "version.returned", "draft.discarded"} <= set(actions)


def _first_version(desk: EditingDesk) -> str:
    versions = Versions(desk.folder.parent)
    return next(one.id for one in reversed(versions.history()) if one.kind == "shipped")


async def test_servers_that_do_not_come_up_change_nothing(desk: EditingDesk, supervisor: Supervisor) -> None:
    async with desk.at("ewa") as editor:
        await _add(editor, "A change.")
        supervisor.works = False
        await _try(editor)
        supervisor.works = True
        page = await editor.get("/desk/publish")
        assert "did not start with this content" in page.text
        assert _code(await _publish(editor)) == "not_tried"
        await editor.post("draft/discard", {"draft": (await _state(editor))["draft"]})


async def test_a_trial_can_be_stopped(desk: EditingDesk) -> None:
    async with desk.at("ewa") as editor:
        await _add(editor, "Another change.")
        assert (await editor.post("trial", {})).status == 202
        assert (await editor.post("trial/cancel", {})).status == 204
        assert "was stopped" in (await editor.get("/desk/publish")).text
        assert (await _state(editor))["line"] == ""
        await editor.post("draft/discard", {"draft": (await _state(editor))["draft"]})


async def test_a_chat_with_the_draft_stores_and_counts_nothing(desk: EditingDesk, supervisor: Supervisor) -> None:
    async with desk.at("ewa") as editor, desk.at("jan") as other:
        await _add(editor, "One more change.")
        assert "try the draft first" in (await editor.get("/desk/sandbox")).text
        assert _code(await editor.post("sandbox", {"language": "", "day": ""})) == "no_trial"
        await _try(editor)
        before = await desk.store.transaction(_rows)
        for wrong in ({"language": "xx", "day": ""}, {"language": "pl", "day": "soon"}):
            assert (await editor.post("sandbox", wrong)).status == 400
        begun = await editor.post("sandbox", {"language": "", "day": "2027-01-01"})
        chat = json.loads(begun.text)["id"]
        said = json.loads((await editor.post(f"sandbox/{chat}/say", {"text": "what is a loonstrook"})).text)
        assert [reply["text"] for reply in said["replies"]] == [answer_to("what is a loonstrook")]
        danger = json.loads((await editor.post(f"sandbox/{chat}/say", {"text": "he took my passport"})).text)
        assert danger["replies"][0]["urgent"]
        assert "112" in danger["replies"][0]["text"]
        offer = next(reply for reply in danger["replies"] if len(reply["buttons"]) > 2)
        pressed = await editor.post(f"sandbox/{chat}/say", {"button": offer["buttons"][0]["id"]})
        assert pressed.status == 200, pressed.text
        # it is one's own
        assert (await other.post(f"sandbox/{chat}/say", {"text": "hello"})).status == 404
        assert (await editor.post(f"sandbox/{chat}/say", {"button": "no such"})).status == 404
        assert (await editor.post(f"sandbox/{chat}/say", {"text": "x" * 1001})).status == 413
        supervisor.rasa.also = {}
        assert (await editor.post(f"sandbox/{chat}/end", {})).status == 204
        assert (await editor.post(f"sandbox/{chat}/say", {"text": "hello"})).status == 404
        assert chat in supervisor.rasa.forgotten
        assert await desk.store.transaction(_rows) == before
        await editor.post("draft/discard", {"draft": (await _state(editor))["draft"]})


def _rows(connection: Connection) -> dict[str, int]:
    """How much is stored of people's chats."""
    return {
        name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for name, table in tables.metadata.tables.items()
        if name not in ("audit", "sessions", "accounts")
    }


async def test_a_conversation_is_saved_as_a_test_and_deleted(desk: EditingDesk) -> None:
    async with desk.at("ewa") as editor:
        turns = [
            {"text": "ile wynosi kaucja", "topic": "deposit", "follows": False},
            {"text": "a <b>zwrot</b>?", "topic": "deposit", "follows": True},
        ]
        for wrong, status in (
            ({"language": "pl", "turns": []}, 400),
            ({"language": "xx", "turns": turns}, 400),
            ({"language": "pl", "turns": [{**turns[0], "topic": "no_such"}]}, 404),
            ({"language": "pl", "turns": [{**turns[0], "text": " "}]}, 413),
            ({"language": "pl", "turns": turns * 11}, 400),
            ({"language": "pl", "turns": "all"}, 400),
        ):
            assert (await editor.post("tests", wrong)).status == status, wrong
        assert (await editor.post("tests", {"language": "pl", "turns": turns})).status == 204
        assert _code(await editor.post("tests", {"language": "pl", "turns": turns})) == "saved_already"
        saved = (desk.folder / "data/golden/pl.chats.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in saved] == [
            {
                "language": "pl",
                "turns": [
                    {"text": "ile wynosi kaucja", "topic": "deposit", "context": False},
                    {"text": "a <b>zwrot</b>?", "topic": "deposit", "context": True},
                ],
            }
        ]
        page = await editor.get("/desk/sandbox")
        assert "a &lt;b&gt;zwrot&lt;/b&gt;?" in page.text
        (test,) = (part.split('"')[0] for part in page.text.split('data-test="')[1:])
        assert (await editor.post("tests/000000000000/delete", {})).status == 404
        assert (await editor.post(f"tests/{test}/delete", {})).status == 204
        assert not (desk.folder / "data/golden/pl.chats.jsonl").exists()


async def test_there_is_no_page_of_a_version_that_never_was(desk: EditingDesk) -> None:
    async with desk.at("ewa") as editor:
        for wrong in ("0" * 40, "draft", "main", "--all"):
            assert (await editor.get(f"/desk/versions/{wrong}")).status == 404
            assert (await editor.post(f"versions/{wrong}/check", {})).status == 404


async def test_a_trial_that_the_gateways_end_interrupts_says_so(versions: Versions, draft: Draft) -> None:
    settings = read_settings({}, Path("no-such-file"))
    folder = versions.draft_folder.parent
    trials = Trials(folder, versions, draft, Servers(settings), utc_now)
    trial = Trial("1" * 40, "2" * 40, "ewa", dt.datetime(2026, 11, 25, tzinfo=dt.timezone.utc), step="training")
    trials._keep(trial)
    after = Trials(folder, versions, draft, Servers(settings), utc_now)
    assert after.last is not None
    assert (after.last.state, after.last.step, after.last.account) == ("interrupted", "training", "ewa")
    assert Trials(folder, versions, draft, Servers(settings), utc_now).last == after.last
