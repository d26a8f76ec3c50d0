"""Nothing changes unless a page of the desk itself asked for it."""

from __future__ import annotations

import pytest

from tests.desk.site import Browser, Site, enter

_BODY = {"name": "eva", "role": "editor"}


async def _names(site: Site) -> list[str]:
    return [account.name for account in await site.desk.accounts.all()]


async def test_the_token_must_come_along(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    async with site.browser() as other:
        await enter(site.store, other, "admin2", "admin")
    for token in ("", "x", "é", browser.csrf[:-1], other.csrf):
        answer = await browser.post("accounts", _BODY, X_CSRF_Token=token)
        assert answer.status == 403
        assert '"code": "csrf"' in answer.text
    assert await _names(site) == ["admin", "admin2"]
    assert (await browser.post("accounts", _BODY)).status == 201


async def test_a_form_brings_the_token_in_a_field(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "anna", "counsellor")
    assert (await browser.send("POST", "/desk/api/logout", data={"csrf": "x"})).status == 403
    assert (await browser.send("POST", "/desk/api/logout", data={"nothing": "x"})).status == 403
    assert (await browser.get("/desk/api/me")).status == 200
    assert (await browser.send("POST", "/desk/api/logout", data={"csrf": browser.csrf})).status == 303


@pytest.mark.parametrize("site", [{"PUBLIC_URL": "https://desk.example.nl/"}], indirect=True)
@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://desk.example.nl"}, False),
        ({"Origin": "https://desk.example.nl"}, True),
        ({"Origin": "http://{host}"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://desk.example.nl.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
async def test_another_sites_page_is_refused(
    site: Site, browser: Browser, headers: dict[str, str], is_own: bool
) -> None:
    await enter(site.store, browser, "admin", "admin")
    own = {"Sec-Fetch-Site": "", **{name: value.format(host=site.url[7:]) for name, value in headers.items()}}
    answer = await browser.post("accounts", _BODY, **own)
    assert answer.status == (201 if is_own else 403)
    assert ('"code": "origin"' in answer.text) is not is_own


async def test_the_log_in_form_has_a_token_of_its_own(site: Site, browser: Browser) -> None:
    given = await site.desk.accounts.create("anna", "counsellor", "(command line)")
    page = await browser.get("/desk/login")
    form = {"csrf": page.csrf, "name": "anna", "password": given}
    async with site.browser() as other:
        # Another browser's token, and none of one's own.
        assert (await other.send("POST", "/desk/login", data=form)).status == 403
        await other.get("/desk/login")
        assert (await other.send("POST", "/desk/login", data=form)).status == 403
        other.take_cookie("desk_form", "")
        assert (await other.send("POST", "/desk/login", data=form)).status == 403
    answer = await browser.send("POST", "/desk/login", headers={"Sec-Fetch-Site": "cross-site"}, data=form)
    assert answer.status == 403
    assert (await browser.send("POST", "/desk/login", data={**form, "csrf": ""})).status == 403
    assert (await browser.send("POST", "/desk/login", data=form)).status == 303


async def test_two_tabs_of_the_log_in_page_both_work(site: Site, browser: Browser) -> None:
    first = await browser.get("/desk/login")
    assert (await browser.get("/desk/login")).csrf == first.csrf


async def test_reading_changes_nothing_and_needs_no_token(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "admin", "admin")
    answer = await browser.get("/desk/api/accounts", Sec_Fetch_Site="cross-site")
    assert answer.status == 200
    # Other sites' scripts cannot read it.
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
