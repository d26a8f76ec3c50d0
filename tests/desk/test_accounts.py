"""Admins make accounts, disable and reset them; the audit log says who did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.answers.content import Content
from bot.desk.accounts import Accounts
from bot.desk.audit import PAGE
from bot.gateway.store import Store
from tests.databases import contents, database
from tests.desk.site import PASSWORD, Browser, Site, enter


async def test_an_admin_makes_an_account_that_can_be_used(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    answer = await browser.post("accounts", {"name": "eva", "role": "officer"})
    assert answer.status == 201
    given = json.loads(answer.text)["password"]
    async with site.browser() as eva:
        assert (await eva.log_in("eva", given)).status == 303
        assert (await eva.get("/desk")).headers["Location"] == "/desk/enrol"
    listed = json.loads((await browser.get("/desk/api/accounts")).text)["accounts"]
    assert [(one["name"], one["role"], one["enabled"], one["new"], one["expired"]) for one in listed] == [
        ("admin", "admin", True, False, False),
        ("eva", "officer", True, True, False),
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "admin", "role": "editor"}, 409, "name_taken"),
        ({"name": "Eva", "role": "editor"}, 422, "name"),
        ({"name": "e", "role": "editor"}, 422, "name"),
        ({"name": "eva\n", "role": "editor"}, 422, "name"),
        ({"name": "<b>eva", "role": "editor"}, 422, "name"),
        ({"name": "x" * 33, "role": "editor"}, 422, "name"),
        ({"name": "eva", "role": "king"}, 422, "role"),
        ({"name": "eva"}, 400, "malformed"),
        ({"name": 5, "role": "editor"}, 400, "malformed"),
        (["eva"], 400, "malformed"),
    ],
)
async def test_what_cannot_be_made_is_refused(
    site: Site, browser: Browser, body: object, status: int, code: str
) -> None:
    await enter(site.store, browser, "admin", "admin")
    answer = await browser.post("accounts", body)
    assert answer.status == status
    error = json.loads(answer.text)["error"]
    assert error["code"] == code
    assert error["message"]
    assert [account.name for account in await site.desk.accounts.all()] == ["admin"]


async def test_bodies_that_are_not_json_are_refused(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
    for body, kind, status in (("{", "", 400), ("[" * 50_000, "", 400), ("\x80", "", 400), ("{}", "text/plain", 415)):
        given = {**headers, **({"Content-Type": kind} if kind else {})}
        data = body.encode("latin-1")
        assert (await browser.send("POST", "/desk/api/accounts", headers=given, data=data)).status == status
    assert (await browser.send("POST", "/desk/api/accounts", headers=headers, data=b"x" * 70_000)).status == 413


async def test_an_admin_disables_enables_and_resets(site: Site, browser: Browser) -> None:
    anna = await site.person("anna", "counsellor")
    await enter(site.store, browser, "admin", "admin")
    async with site.browser() as her:
        assert (await browser.post("accounts/anna/disable")).status == 204
        assert (await her.log_in("anna", PASSWORD, site.code(anna))).status == 401
        assert (await browser.post("accounts/anna/enable")).status == 204
        site.clock.turn(seconds=30)
        await site.log_in(her, anna)
        answer = await browser.post("accounts/anna/reset")
        assert answer.status == 200
        assert (await her.get("/desk/api/me")).status == 401
        assert (await her.log_in("anna", json.loads(answer.text)["password"])).status == 303
    for act in ("disable", "enable", "reset"):
        for name in ("nobody", "%00", "Anna", "x" * 500):
            assert (await browser.post(f"accounts/{name}/{act}")).status == 404


async def test_an_admin_cannot_lock_himself_out(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    for act in ("disable", "reset"):
        answer = await browser.post(f"accounts/admin/{act}")
        assert answer.status == 409
        assert "own_account" in answer.text
    assert (await browser.get("/desk/api/me")).status == 200


async def test_the_audit_log_says_who_did_what(site: Site, browser: Browser, content: Content) -> None:
    anna = await site.person("anna", "counsellor")
    await enter(site.store, browser, "admin", "admin")
    await browser.post("accounts", {"name": "eva", "role": "officer"})
    for act in ("disable", "enable", "reset"):
        await browser.post(f"accounts/anna/{act}")
    await browser.log_in("nobody", PASSWORD)
    await browser.post("logout")
    async with site.browser() as other:
        await other.log_in("nobody", PASSWORD, site.code(anna))
        await other.log_in("eva", PASSWORD)
    assert await site.audit() == [
        ("(command line)", "account.created", "anna", "counsellor"),
        ("anna", "login.first", "", ""),
        ("anna", "account.enrolled", "anna", ""),
        ("admin", "account.created", "eva", "officer"),
        ("admin", "account.disabled", "anna", ""),
        ("admin", "account.enabled", "anna", ""),
        ("admin", "account.reset", "anna", ""),
        ("admin", "logout", "", ""),
        ("(unknown)", "login.failed", "", ""),
        ("eva", "login.failed", "", ""),
    ]
    # People read it in their own language.
    assert {f"audit.{action}" for _, action, _, _ in await site.audit()} <= set(content.desk)


async def test_admins_read_the_audit_log_page_by_page(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    for number in range(PAGE + 10):
        await site.desk.audit.note("anna", "chat.opened", f"chat:{number}")
    first = json.loads((await browser.get("/desk/api/audit")).text)
    assert [entry["object"] for entry in first["entries"]] == [f"chat:{PAGE + 9 - n}" for n in range(PAGE)]
    second = json.loads((await browser.get(f"/desk/api/audit?before={first['before']}")).text)
    assert [entry["object"] for entry in second["entries"]] == [f"chat:{9 - n}" for n in range(10)]
    assert second["before"] is None
    # Reading it is an act, too.
    assert [entry[:2] for entry in await site.audit()][-2:] == [("admin", "audit.read")] * 2
    for before in ("x", "-1", "9" * 16, "²"):
        assert (await browser.get(f"/desk/api/audit?before={before}")).status == 400
    page = await browser.get("/desk/audit")
    assert "chat:59" in page.text
    assert "/desk/audit?before=" in page.text
    assert "read this log" in page.text


@pytest.mark.parametrize(
    ("action", "thing", "detail"),
    [
        ("chat.opened", "mijn baas slaat me", ""),
        ("chat.opened", "+31612345678", ""),
        ("chat.opened", "192.0.2.1/24", ""),
        ("chat.opened", "x" * 81, ""),
        ("chat.opened", "", "Mijn baas"),
        ("chat.opened", "", "0612345678"),
        ("Chat opened", "", ""),
        ("", "", ""),
    ],
)
async def test_the_audit_log_takes_nothing_that_anybody_wrote(site: Site, action: str, thing: str, detail: str) -> None:
    with pytest.raises(ValueError, match="audit log"):
        await site.desk.audit.note("anna", action, thing, detail)


async def test_secrets_are_neither_in_the_store_nor_in_the_audit_log_nor_in_other_logs(
    site: Site, browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    anna = await site.person("anna", "counsellor")
    await site.log_in(browser, anna)
    new = "vijf koeien op het dak"
    await browser.post("password", {"present": PASSWORD, "new": new})
    site.secrets += [new, browser.cookie("desk_session"), browser.csrf]
    async with site.browser() as other:
        # A password typed where the name belongs.
        await other.log_in(new, "x")
    site.secrets.append(await site.desk.accounts.reset("anna", "(command line)"))
    await site.store.close()
    stored = contents(database(tmp_path))
    assert b"account.enrolled" in stored
    assert len(site.secrets) >= 9
    for secret in site.secrets:
        # Six digits may be there by chance.
        if len(secret) > 6:
            assert secret.encode() not in stored
        assert secret not in caplog.text
    assert b"$argon2id$" in stored
    assert "127.0.0.1" not in caplog.text


async def test_people_read_the_name_that_was_chosen(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna.de-vries", "counsellor")
    assert await site.desk.accounts.shown_name("anna.de-vries") == "Anna"
    assert 'value="Anna"' in (await browser.get("/desk/account")).text
    answer = await browser.post("shown-name", {"shown_name": "  Anna \n Maria "})
    assert json.loads(answer.text) == {"shown_name": "Anna Maria"}
    assert 'value="Anna Maria"' in (await browser.get("/desk/account")).text
    assert (await site.audit())[-1] == ("anna.de-vries", "account.shown_name", "anna.de-vries", "")
    # Her session goes on; and the name is hers alone.
    async with site.browser() as admin:
        await enter(site.store, admin, "admin", "admin")
        assert (await admin.post("shown-name", {"shown_name": "Boss"})).status == 403
        assert "shown-name" not in (await admin.get("/desk/account")).text
        changed = await admin.post("accounts/anna.de-vries/shown-name", {"shown_name": ""})
        assert json.loads(changed.text) == {"shown_name": "Anna"}
        assert (await admin.post("accounts/nobody/shown-name", {"shown_name": "X"})).status == 404
        accounts = json.loads((await admin.get("/desk/api/accounts")).text)["accounts"]
        assert {one["name"]: one["shown_name"] for one in accounts}["anna.de-vries"] == "Anna"
    assert (await browser.get("/desk/api/me")).status == 200


@pytest.mark.parametrize("name", ["x" * 31, "Anna2", "Anna!", "<b>", "A‮nna", 5, None])
async def test_a_name_for_people_is_letters_and_spaces(site: Site, browser: Browser, name: object) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    assert (await browser.post("shown-name", {"shown_name": name})).status in (400, 422)
    assert await site.desk.accounts.shown_name("anna") == "Anna"


async def test_an_account_of_an_earlier_version_is_still_there(site: Site, browser: Browser, tmp_path: Path) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    await site.store.transaction(lambda c: c.exec_driver_sql("ALTER TABLE accounts DROP COLUMN shown_name"))
    store = Store(database(tmp_path), ["a key"])
    await store.open()
    accounts = Accounts(store, site.desk.passwords, site.clock)
    assert await accounts.shown_name("anna") == "Anna"
    await accounts.show_as("anna", "Annie", "(command line)")
    assert [one.shown_name for one in await accounts.all()] == ["Annie"]
    await store.close()
