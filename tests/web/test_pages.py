"""How the pages and files of the web channel are sent: small, kept only where that is right, framed by nobody else."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.answers.content import Content
from bot.answers.rendering import GENERAL_SERVICES
from bot.channels.web.scripts import joined
from bot.channels.web.site import Site
from bot.languages import LANGUAGES
from bot.settings import SettingError, read_settings
from tests.conftest import ROOT

Client = TestClient[Any, Any]
PAGES = ("/", "/widget", "/offline")


async def _serve(content: Content, **environment: str) -> Client:
    app = web.Application()
    app.add_routes(Site(content, read_settings(environment, Path("/nowhere"))).routes())
    client = TestClient(TestServer(app), auto_decompress=False)
    await client.start_server()
    return client


@pytest.fixture
async def client(content: Content) -> AsyncIterator[Client]:
    client = await _serve(content)
    yield client
    await client.close()


async def _ask(client: Client, path: str, **headers: str) -> ClientResponse:
    return await client.get(path, headers={"Accept-Encoding": "gzip", **headers})


async def _text(response: ClientResponse) -> str:
    body = await response.read()
    return (gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body).decode()


def _script(page: str) -> str:
    found = re.search(r'<script type="module" src="([^"]+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_not_kept_and_run_nothing_but_our_own_files(client: Client, path: str) -> None:
    response = await _ask(client, path)
    page = await _text(response)
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script>", page)
    assert not re.search(r'(?:src|href)="https?://(?!www\.)', page.replace("https://www.buienradar.nl/", "/"))
    assert "{{" not in page


async def test_only_the_named_sites_may_frame_the_widget_and_nobody_the_page(content: Content) -> None:
    client = await _serve(content, EMBED_ORIGINS="https://www.nijkerk.eu https://moviera.example:8443")
    widget = await _ask(client, "/widget")
    assert "frame-ancestors https://www.nijkerk.eu https://moviera.example:8443" in str(widget.headers)
    assert 'data-hosts="https://www.nijkerk.eu https://moviera.example:8443"' in await _text(widget)
    for path in ("/", "/offline"):
        page = await _ask(client, path)
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "nijkerk" not in (await _text(page)).split("<noscript>")[0]
    await client.close()


@pytest.mark.parametrize(
    "origins",
    ["*", "https://*.example.nl", "http://example.nl", "https://example.nl/", "https://example.nl:443", "example.nl",
     "https://a.nl;script-src", "https://a.nl, https://b.nl", "'self'", "https://EXAMPLE.nl"],
)  # fmt: skip
def test_an_origin_that_no_browser_would_name_is_refused_at_the_start(origins: str) -> None:
    with pytest.raises(SettingError, match="EMBED_ORIGINS"):
        read_settings({"EMBED_ORIGINS": origins}, Path("/nowhere"))


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "/", "www.buienradar.nl", "https://", 'https://x/"><b>']
)
def test_a_neutral_page_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(SettingError, match="LEAVE_URL"):
        read_settings({"LEAVE_URL": address}, Path("/nowhere"))


async def test_files_are_compressed_and_kept_for_good_under_an_address_that_names_them(client: Client) -> None:
    address = _script(await _text(await _ask(client, "/")))
    response = await _ask(client, address)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Accept-Encoding"
    again = await _ask(client, address, **{"If-None-Match": response.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert await plain.read() == gzip.decompress(await response.read())
    # A page from before an update still gets a script, which is then not kept.
    old = await _ask(client, re.sub(r"/static/\w+/", "/static/before/", address))
    assert (old.status, old.headers["Cache-Control"]) == (200, "no-cache")
    for path in ("/static/x/page.py", "/static/x/..%2fpage.py", "/static/x/%2e%2e/page.py", "/static/chat.js"):
        assert (await _ask(client, path)).status == 404


async def test_the_address_of_the_files_changes_with_the_texts_in_them(client: Client, content: Content) -> None:
    other = await _serve(content, RETENTION_DAYS="3")
    addresses = [_script(await _text(await _ask(one, "/"))) for one in (client, other)]
    assert addresses[0] != addresses[1]
    await other.close()


async def test_the_service_worker_changes_with_the_offline_page(client: Client, content: Content) -> None:
    worker = await _ask(client, "/service-worker.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "/offline" in await _text(worker)
    other = await _serve(content, RETENTION_DAYS="3")
    assert (await _ask(other, "/service-worker.js")).headers["ETag"] != worker.headers["ETag"]
    await other.close()


async def test_the_loader_may_be_read_by_other_sites_and_is_soon_renewed(client: Client) -> None:
    loader = await _ask(client, "/widget.js")
    assert loader.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert loader.headers["Cache-Control"] == "public, max-age=600"
    assert len(await loader.read()) < 5000
    assert (await _ask(client, "/")).headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_speaks_the_language_in_its_address_or_else_the_browsers(
    client: Client, language: str
) -> None:
    for path in PAGES:
        assert f'<html lang="{language}">' in await _text(await _ask(client, f"{path}?language={language}"))
        page = await _text(await _ask(client, path, **{"Accept-Language": f"de, {language}-XX;q=0.8"}))
        assert f'<html lang="{language}">' in page
    manifest = await _text(await _ask(client, f"/manifest.webmanifest?language={language}"))
    assert f'"lang": "{language}"' in manifest


async def test_the_offline_page_holds_every_general_number_in_every_language(client: Client, content: Content) -> None:
    page = await _text(await _ask(client, "/offline"))
    sections = dict(re.findall(r'<section id="(\w+)".*?(<ul.*?</ul>)', page, re.DOTALL))
    assert set(sections) == set(LANGUAGES)
    for section in sections.values():
        for service in (content.service(service_id) for service_id in GENERAL_SERVICES):
            assert f"<b>{service.name}</b>" in section
            if service.phone:
                assert f'href="tel:{re.sub("[^0-9]", "", service.phone)}"' in section
    # A number that nobody has confirmed lately comes after the website and says so.
    moviera = sections["en"].split("<b>Moviera</b>")[1].split("</li>")[0]
    assert moviera.index("moviera.nl") < moviera.index("tel:") < moviera.index("check this number")


def test_the_modules_of_the_page_become_one_script_without_clashes() -> None:
    script = joined("chat", {"texts": "export const texts = {};\n"})
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert "//" not in re.sub(r"https?://|:\\/\\/", "", script)
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    sources = {path.stem: path.read_text() for path in (ROOT / "bot/channels/web/scripts").glob("*.js")}
    imported = {name for source in sources.values() for name in re.findall(r'"\./(\w+)\.js"', source)}
    assert set(sources) - imported == {"chat"}


def test_modules_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle: a -> b -> a"):
        joined("a", {"a": 'import { b } from "./b.js";\n', "b": 'import { a } from "./a.js";\n'})
