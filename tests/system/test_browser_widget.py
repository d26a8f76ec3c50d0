"""The widget inside other people's sites."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.system.browser import DESK, PHONE, ask_and_wait, is_known, mine, saved_chat
from tests.system.conftest import System, Visit
from tests.system.sites import Sites

pytestmark = pytest.mark.system

#: Lets the tests look into the loader's shadow root, which is closed to the site.
OPEN_ROOTS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: "open" }); };
"""


def launcher(page: Page) -> Any:
    return page.locator("wegwijzer-widget #launcher")


def chat_in(page: Page) -> Frame:
    """The chat inside the site, once it is there."""
    page.locator("wegwijzer-widget iframe").wait_for(state="attached")
    frame = next(frame for frame in page.frames if "/widget" in frame.url or frame.parent_frame)
    frame.wait_for_selector("#close:not([hidden])")
    return frame


def open_chat(page: Page) -> Frame:
    launcher(page).click()
    return chat_in(page)


def test_a_site_with_a_strict_policy_gets_a_launcher_and_a_working_chat(visit: Visit, sites: Sites) -> None:
    page = visit(sites.allowed, prepare=OPEN_ROOTS, **DESK)
    button = launcher(page)
    expect(button).to_be_visible()
    assert button.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(20, 83, 45)"
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44
    assert [frame.url for frame in page.frames] == [f"{sites.allowed}/"]
    chat = open_chat(page)
    ask_and_wait(chat, "hoe hoog mag de borg zijn")
    frame = page.locator("wegwijzer-widget iframe")
    assert frame.get_attribute("referrerpolicy") == "no-referrer"
    assert frame.get_attribute("allow") is None
    assert "Wegwijzer" in (frame.get_attribute("title") or "")
    # Closed and opened again, it is the same chat.
    launcher(page).click()
    launcher(page).click()
    expect(mine(chat)).to_have_count(1)


def test_the_site_cannot_look_into_the_launcher(visit: Visit, sites: Sites) -> None:
    page = visit(sites.allowed)
    page.wait_for_selector("wegwijzer-widget", state="attached")
    assert page.evaluate("document.querySelector('wegwijzer-widget').shadowRoot") is None
    assert page.evaluate("document.querySelectorAll('link, style').length") == 0


@pytest.mark.parametrize(
    ("path", "words"),
    [("/polish", "Zapytaj"), ("/early", "rechten"), ("/no-language", "drepturi")],
    ids=["said by the site", "of the page", "of the browser"],
)
def test_the_launcher_speaks_the_language_of_the_visitor(visit: Visit, sites: Sites, path: str, words: str) -> None:
    page = visit(sites.allowed + path, prepare=OPEN_ROOTS, locale="ro-RO")
    expect(launcher(page)).to_contain_text(words)


def test_included_twice_there_is_one(visit: Visit, sites: Sites) -> None:
    page = visit(f"{sites.allowed}/twice", prepare=OPEN_ROOTS)
    expect(launcher(page)).to_have_count(1)
    page.wait_for_load_state("networkidle")
    expect(launcher(page)).to_have_count(1)


def test_the_keyboard_opens_closes_and_comes_back(visit: Visit, sites: Sites) -> None:
    page = visit(f"{sites.allowed}/polish", prepare=OPEN_ROOTS, **DESK)
    button = launcher(page)
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    chat = chat_in(page)
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(chat.locator("#text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(chat.locator("#text")).to_be_focused()
    # Escape first closes what is open inside.
    chat.locator("#erase").press("Enter")
    page.keyboard.press("Escape")
    expect(chat.locator("#confirm")).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "true")
    chat.locator("#close").press("Enter")
    expect(button).to_be_focused()
    expect(page.locator("wegwijzer-widget iframe")).to_be_hidden()


@pytest.mark.parametrize("old", ["", "delete window.CSSStyleSheet; delete Document.prototype.adoptedStyleSheets;"])
def test_on_a_phone_the_chat_takes_the_whole_screen(visit: Visit, sites: Sites, old: str) -> None:
    page = visit(sites.allowed, prepare=OPEN_ROOTS + old, **PHONE)
    chat = open_chat(page)
    box = page.locator("wegwijzer-widget iframe").bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 640)
    expect(chat.locator("#leave")).to_be_in_viewport()
    chat.locator("#close").click()
    expect(launcher(page)).to_be_visible()
    expect(page.locator("wegwijzer-widget iframe")).to_be_hidden()


# ---- who may -----------------------------------------------------------------------------------------------------

_REFUSED = ("frame-ancestors", "postMessage", "Framing")


def test_a_site_that_may_not_show_the_chat_says_so_and_links_to_it(visit: Visit, sites: Sites, system: System) -> None:
    page = visit(sites.stranger, prepare=OPEN_ROOTS, expected=_REFUSED, **DESK)
    launcher(page).click()
    link = page.locator("wegwijzer-widget .link")
    expect(link).to_be_visible(timeout=10_000)
    expect(link).to_be_focused()
    assert link.get_attribute("href") == f"{system.url}/?language=nl"
    assert len(page.locator("wegwijzer-widget .blocked p").inner_text()) > 20
    page.locator("wegwijzer-widget .close").click()
    expect(launcher(page)).to_be_focused()


def test_nobody_frames_the_page_itself(visit: Visit, sites: Sites) -> None:
    page = visit(f"{sites.allowed}/frames-the-page", expected=_REFUSED)
    assert page.frames[1].locator("#form").count() == 0


def test_words_from_anybody_else_are_ignored(visit: Visit, sites: Sites, system: System) -> None:
    page = visit(f"{sites.allowed}/by-hand")
    widget = next(frame for frame in page.frames if frame.url.startswith(system.url))
    stranger = next(frame for frame in page.frames if frame.url.startswith(sites.stranger))
    ask_and_wait(widget, "kaucja za pokój")
    # Neither a frame beside it, nor the widget itself, may open or end anything.
    for word in ("hello", "open", "leave"):
        stranger.evaluate("word => parent.frames[0].postMessage({ wegwijzer: word }, '*')", word)
        widget.evaluate("word => postMessage({ wegwijzer: word }, '*')", word)
    page.wait_for_timeout(500)
    expect(widget.locator("#close")).to_be_hidden()
    expect(mine(widget)).to_have_count(1)
    # Words that are none are no harm, even from the right page.
    for odd in ("null", "7", "'leave'", "{}", "{ wegwijzer: {} }", "{ wegwijzer: 'constructor' }"):
        page.evaluate(f"frames[0].postMessage({odd}, '{system.url}')")
    page.wait_for_timeout(200)
    expect(mine(widget)).to_have_count(1)


def test_the_loader_listens_to_its_own_frame_only(visit: Visit, sites: Sites) -> None:
    page = visit(sites.allowed, prepare=OPEN_ROOTS)
    open_chat(page)
    for word in ("leave", "close"):
        page.evaluate("word => postMessage({ wegwijzer: word }, '*')", word)
    page.wait_for_timeout(500)
    assert page.url == f"{sites.allowed}/"
    expect(launcher(page)).to_have_attribute("aria-expanded", "true")


# ---- leaving -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["button", "keys inside", "keys outside"])
def test_leaving_takes_the_whole_site_away(visit: Visit, sites: Sites, system: System, way: str) -> None:
    page = visit(f"{sites.allowed}/before", prepare=OPEN_ROOTS, **DESK)
    page.goto(sites.allowed)
    chat = open_chat(page)
    ask_and_wait(chat, "kaucja za pokój")
    token = saved_chat(chat)["token"]
    if way == "button":
        chat.locator("#leave").click()
    else:
        (chat if way == "keys inside" else page).locator("h1").click()
        for _ in range(3):
            page.keyboard.press("Shift")
    page.wait_for_url(sites.neutral)
    page.go_back()
    page.wait_for_url(f"{sites.allowed}/before")
    page.goto(sites.allowed)
    later = open_chat(page)
    page.wait_for_timeout(200)
    assert mine(later).count() == 0
    assert not is_known(system, token)


def test_leaving_erases_a_chat_that_is_not_open_on_this_page(visit: Visit, sites: Sites, system: System) -> None:
    page = visit(sites.allowed, prepare=OPEN_ROOTS, **DESK)
    chat = open_chat(page)
    ask_and_wait(chat, "kaucja za pokój")
    token = saved_chat(chat)["token"]
    page.goto(f"{sites.allowed}/polish")
    launcher(page).wait_for()
    # The site is covered in the same moment as the third press.
    seen = page.evaluate(
        """() => {
          for (const _ of "123") dispatchEvent(new KeyboardEvent("keydown", { key: "Shift" }));
          const cover = document.elementFromPoint(600, 400);
          return [cover.getAttribute("role"), cover.innerText, cover.lang, document.title];
        }"""
    )
    assert seen == ["alert", "Opuszczasz tę stronę", "pl", "localhost"]
    page.wait_for_url(sites.neutral)
    page.wait_for_timeout(300)
    assert not is_known(system, token)


def test_the_widget_leaves_by_itself_when_the_site_does_not_react(visit: Visit, sites: Sites, system: System) -> None:
    page = visit(f"{sites.allowed}/by-hand")
    widget = next(frame for frame in page.frames if frame.url.startswith(system.url))
    page.evaluate(f"frames[0].postMessage({{ wegwijzer: 'hello' }}, '{system.url}')")
    widget.wait_for_selector("#close:not([hidden])")
    widget.locator("#leave").click()
    page.wait_for_url(sites.neutral)


def test_where_storage_is_forbidden_the_chat_lives_as_long_as_its_page(visit: Visit, sites: Sites) -> None:
    forbidden = """
    for (const name of ["sessionStorage", "localStorage", "indexedDB", "caches"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }
    const refuse = () => Promise.reject(new DOMException("no", "SecurityError"));
    if (window.LockManager) LockManager.prototype.request = refuse;
    window.BroadcastChannel = class { constructor() { throw new DOMException("no", "SecurityError"); } };
    """
    page = visit(sites.allowed, prepare=OPEN_ROOTS + forbidden)
    chat = open_chat(page)
    ask_and_wait(chat, "kaucja za pokój")
    chat.locator("#erase").click()
    chat.locator("#go").click()
    expect(mine(chat)).to_have_count(0)
    ask_and_wait(chat, "kaucja za pokój")
    chat.locator("#leave").click()
    page.wait_for_url(sites.neutral)
