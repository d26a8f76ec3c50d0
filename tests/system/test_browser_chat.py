"""The chat page in a real browser: talking, and what happens when something is in the way."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.system.browser import (
    DESK,
    PATIENCE,
    PHONE,
    answers,
    ask,
    ask_and_wait,
    give_to,
    is_known,
    mine,
    received,
    said,
    saved_chat,
    say_elsewhere,
    stored,
    until,
)
from tests.system.conftest import System, Visit
from tests.system.sites import Sites

pytestmark = pytest.mark.system


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, visit: Visit) -> Page:
    return visit(**request.param)


@pytest.fixture
def phone(visit: Visit) -> Page:
    return visit(**PHONE)


# ---- talking -----------------------------------------------------------------------------------------------------


def test_the_page_opens_in_the_browsers_language_and_says_it_is_a_program(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "pl"
    expect(page.locator(".notice")).to_be_in_viewport()
    expect(page.locator(".notice")).to_contain_text("program")
    expect(page.get_by_role("log")).to_contain_text("7")  # days for which a chat is kept


def test_a_question_is_answered_with_links_and_buttons(page: Page) -> None:
    ask(page, "ile wynosi minimalna stawka godzinowa")
    answer = answers(page).filter(has_text="14,99")
    expect(answer).to_be_visible(timeout=PATIENCE)
    expect(answer.locator("a[href^='https://www.rijksoverheid.nl']").first).to_be_visible()
    expect(answers(page).locator("a[href='tel:0207600809']").first).to_be_visible()
    count = answers(page).count()
    answer.locator(".choices button").first.click()
    expect(answers(page).nth(count)).to_be_visible(timeout=PATIENCE)


def test_a_long_answer_is_shown_from_its_beginning(page: Page) -> None:
    ask(page, "szef zabrał mi paszport")
    expect(answers(page).nth(1)).to_be_attached(timeout=PATIENCE)
    expect(mine(page)).to_be_in_viewport()
    expect(page.locator("#log > .urgent").first).to_be_in_viewport()


def test_the_page_follows_the_language_of_the_person(phone: Page) -> None:
    ask_and_wait(phone, "câte zile de concediu plătit am pe an")
    expect(phone.locator("html")).to_have_attribute("lang", "ro")
    expect(answers(phone).last).to_have_attribute("lang", "ro")


def test_the_language_control_wins(phone: Page) -> None:
    phone.locator("#language").select_option("nl")
    expect(phone.locator("html")).to_have_attribute("lang", "nl")
    ask(phone, "ile wynosi minimalna stawka godzinowa")
    expect(answers(phone).filter(has_text="€\xa014,99")).to_be_visible(timeout=PATIENCE)


def test_markup_in_a_message_stays_text(phone: Page) -> None:
    ask(phone, "<img src=x onerror=alert(1)> <b>loon</b>")
    bubble = mine(phone).locator(".bubble")
    expect(bubble).to_have_text("<img src=x onerror=alert(1)> <b>loon</b>")
    assert bubble.locator("img, b").count() == 0


def test_a_person_who_takes_over_looks_and_is_named_differently(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    banner = phone.locator("#banner")
    expect(banner).to_be_hidden()
    held = []
    for holder in ("waiting", "person"):
        give_to(system, phone, holder, speaking=holder == "person")
        phone.reload()
        expect(banner).to_be_visible()
        held.append(banner.inner_text())
    assert len(set(held)) == 2
    words = phone.locator("#log > .from-person")
    expect(words).to_contain_text("Moviera")
    background = "node => getComputedStyle(node.querySelector('.bubble')).backgroundColor"
    assert words.evaluate(background) != answers(phone).first.evaluate(background)
    give_to(system, phone, "bot")
    before = said(phone)
    phone.reload()
    until(phone, "JSON.parse(sessionStorage.wegwijzer).chat.holder === 'bot'")
    expect(banner).to_be_hidden()
    # What the server says of it stands in the chat; the page adds nothing.
    assert said(phone) == before


# ---- erasing and leaving -----------------------------------------------------------------------------------------


def test_nothing_is_kept_and_nobody_else_asked_before_the_first_message(visit: Visit, system: System) -> None:
    page = visit("/neutral-until-asked", **PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto(system.url)
    page.locator("#language").select_option("bg")
    page.get_by_role("textbox").fill("още не")
    page.wait_for_load_state("networkidle")
    assert stored(page) == []
    assert response
    assert "set-cookie" not in response.headers
    ask_and_wait(page, "vakantiegeld")
    until(page, "navigator.serviceWorker.ready")
    assert set(stored(page)) == {"sessionStorage", "service worker", "caches"}
    assert [url for url in asked if not url.startswith(system.url)] == []


def test_a_reload_keeps_the_chat_and_a_closed_tab_does_not(phone: Page) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    phone.wait_for_timeout(300)
    before = said(phone)
    phone.reload()
    expect(phone.locator("#log .bubble")).to_have_count(len(before))
    assert said(phone) == before
    address, context = phone.url, phone.context
    phone.close()
    later = context.new_page()
    later.goto(address)
    later.wait_for_timeout(300)
    assert mine(later).count() == 0
    assert saved_or_none(later) is None


def saved_or_none(page: Page) -> object:
    return page.evaluate("sessionStorage.getItem('wegwijzer')")


def test_erasing_asks_first_and_then_leaves_nothing(page: Page, system: System) -> None:
    ask_and_wait(page, "kaucja za pokój")
    token = saved_chat(page)["token"]
    page.locator("#erase").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button").first.click()
    expect(dialog).to_be_hidden()
    expect(mine(page)).to_have_count(1)
    page.locator("#erase").click()
    dialog.get_by_role("button").last.click()
    expect(mine(page)).to_have_count(0)
    until(page, "caches.keys().then((names) => !names.length)")
    assert stored(page) == []
    assert not is_known(system, token)


@pytest.mark.parametrize("way", ["button", "keys"])
def test_leaving_quickly_leaves_nothing_behind(visit: Visit, system: System, sites: Sites, way: str) -> None:
    page = visit(f"{sites.allowed}/before")
    page.goto(system.url)
    ask_and_wait(page, "kaucja za pokój")
    token = saved_chat(page)["token"]
    other = page.context.new_page()
    other.goto(system.url)
    expect(mine(other)).to_have_count(1)
    if way == "button":
        page.locator("#leave").click()
    else:
        leave_by_keys(page)
    for tab in (page, other):
        tab.wait_for_url(sites.neutral)
    page.go_back()
    page.wait_for_url(f"{sites.allowed}/before")
    other.goto(system.url)
    other.wait_for_timeout(300)
    assert mine(other).count() == 0
    assert stored(other) == []
    assert not is_known(system, token)


def leave_by_keys(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


def test_leaving_blanks_the_page_at_once(visit: Visit, sites: Sites) -> None:
    page = visit(**PHONE)
    seen = page.evaluate(
        """() => {
          document.getElementById("leave").click();
          const cover = document.elementFromPoint(180, 600);
          return [cover.getAttribute("role"), cover.innerText === document.body.innerText, document.title];
        }"""
    )
    assert seen == ["alert", True, "localhost"]
    page.wait_for_url(sites.neutral)


def test_capital_letters_and_slow_presses_do_not_leave(visit: Visit, system: System) -> None:
    page = visit()
    page.locator("#text").focus()
    for keys in ("Shift", "Shift+A", "b", "Shift+C", "Shift+D", "Shift", "Shift", "e"):
        page.keyboard.press(keys)
    page.wait_for_timeout(500)
    assert page.url == f"{system.url}/"


def test_a_chat_that_a_person_holds_stays_with_them(visit: Visit, system: System, sites: Sites) -> None:
    page = visit()
    ask_and_wait(page, "kaucja za pokój")
    give_to(system, page, "waiting")
    page.reload()
    expect(page.locator("#banner")).to_be_visible()
    token = saved_chat(page)["token"]
    page.locator("#leave").click()
    page.wait_for_url(sites.neutral)
    assert is_known(system, token)


# ---- bad connections ---------------------------------------------------------------------------------------------


def test_an_offline_message_is_kept_through_a_reload_and_sent_once(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    until(phone, "navigator.serviceWorker.ready")
    phone.context.set_offline(True)
    ask(phone, "vakantiegeld offline")
    expect(phone.locator("#log .mark")).to_be_visible()
    # Whoever cannot send can still call.
    expect(phone.locator("#log a[href='tel:112']").first).to_be_attached()
    phone.reload()
    for language in ("pl", "ro", "bg", "en", "nl"):
        section = phone.locator(f"section[lang={language}]")
        for name, number in (("112", "112"), ("FairWork", "0207600809"), ("Meld Misdaad Anoniem", "08007000")):
            row = section.locator("li", has_text=name).first
            expect(row.locator(f"a[href='tel:{number}']")).to_have_count(1)
    assert phone.evaluate("getComputedStyle(document.querySelector('.call')).fontWeight") == "600"
    phone.context.set_offline(False)
    phone.locator(".again").first.click()
    expect(answers(phone).filter(has_text="8%")).to_be_visible(timeout=PATIENCE)
    expect(phone.locator("#log .mark")).to_have_count(0)
    expect(mine(phone)).to_have_count(2)
    assert received(system, phone, "vakantiegeld offline") == 1


def test_after_repeated_failure_it_says_so_and_a_button_sends_again(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    phone.route("**/api/messages", lambda route: route.abort("internetdisconnected"))
    ask(phone, "ile dni urlopu")
    ask(phone, "a jak mam 19 lat?")
    retry = phone.locator("#log .mark button")
    expect(retry).to_be_visible(timeout=PATIENCE)
    expect(phone.locator("#log .mark")).to_have_count(2)
    expect(retry).to_have_count(1)
    phone.unroute("**/api/messages")
    retry.click()
    expect(phone.locator("#log .mark")).to_have_count(0, timeout=5000)
    expect(answers(phone).nth(2)).to_be_attached(timeout=PATIENCE)
    assert [received(system, phone, text) for text in ("ile dni urlopu", "a jak mam 19 lat?")] == [1, 1]


def test_what_was_missed_offline_appears_once_and_in_order(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    phone.wait_for_timeout(500)
    before = said(phone)
    phone.context.set_offline(True)
    for text in ("minimalna stawka godzinowa", "ile dni urlopu mam w roku"):
        say_elsewhere(system, saved_chat(phone)["token"], text)
    phone.wait_for_timeout(500)
    phone.context.set_offline(False)
    expect(answers(phone).filter(has_text="14,99")).to_be_attached(timeout=PATIENCE)
    phone.wait_for_timeout(800)
    now = said(phone)
    assert now[: len(before)] == before
    numbers = [item["after"] for item in saved_chat(phone)["items"] if item["from"] == "bot"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_restart_of_the_gateway_loses_and_repeats_nothing(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    os.kill(system.part("bot.app"), signal.SIGKILL)
    ask(phone, "minimalna stawka godzinowa teraz")
    ask(phone, "ile dni urlopu mam w roku teraz")
    expect(phone.locator("#log .mark").first).to_be_visible(timeout=PATIENCE)
    expect(phone.locator("#log .mark")).to_have_count(0, timeout=40_000)
    expect(answers(phone).filter(has_text="14,99")).to_be_attached(timeout=PATIENCE)
    phone.wait_for_timeout(1000)
    texts = said(phone)
    assert len(texts) == len(set(texts))
    order = [texts.index("minimalna stawka godzinowa teraz"), texts.index("ile dni urlopu mam w roku teraz")]
    assert order == sorted(order)
    for text in ("minimalna stawka godzinowa teraz", "ile dni urlopu mam w roku teraz"):
        assert received(system, phone, text) == 1
    numbers = [item["after"] for item in saved_chat(phone)["items"] if item["from"] == "bot"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_session_that_ended_is_said_and_the_message_goes_into_a_new_one(phone: Page, system: System) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    phone.evaluate(
        """async () => {
          const { token } = JSON.parse(sessionStorage.getItem("wegwijzer")).chat;
          await fetch("/api/conversations", { method: "DELETE", headers: { Authorization: "Bearer " + token } });
        }"""
    )
    before = answers(phone).count()
    ask(phone, "minimalna stawka godzinowa po końcu")
    expect(answers(phone).nth(before)).to_be_visible(timeout=PATIENCE)
    texts = said(phone)
    assert texts[-1] != "minimalna stawka godzinowa po końcu"
    assert len([text for text in texts if text == "minimalna stawka godzinowa po końcu"]) == 1
    assert received(system, phone, "minimalna stawka godzinowa po końcu") == 1


def test_a_message_that_is_too_long_comes_back_to_be_shortened(phone: Page) -> None:
    text = "loon " * 900
    ask(phone, text)
    expect(phone.get_by_role("textbox")).to_have_value(text.strip(), timeout=PATIENCE)
    expect(phone.get_by_role("status")).not_to_be_empty()
    expect(mine(phone)).to_have_count(0)


def test_what_the_server_cannot_take_waits_and_help_is_shown_meanwhile(visit: Visit, lonely_gateway: System) -> None:
    # Too many messages: they wait their turn, and danger is answered at once.
    page = visit(lonely_gateway.url, **PHONE)
    for number in range(5):
        ask(page, f"pytanie {number}")
    expect(answers(page).nth(4)).to_be_attached(timeout=PATIENCE)
    expect(page.locator("#log .mark")).to_have_count(0)
    ask(page, "szef zabrał mi paszport")
    urgent = page.locator("#log > .from-system.urgent")
    expect(urgent).to_contain_text("112")
    assert urgent.get_attribute("lang") == "pl"
    expect(page.get_by_role("status")).not_to_be_empty()
    expect(page.locator("#log .mark")).to_be_visible()
    # Nothing can be stored: the server's phone numbers, once.
    lonely_gateway.fail_writing()
    page = visit(lonely_gateway.url, **PHONE)
    ask(page, "nie dostałem wypłaty")
    numbers = page.locator("#log > .from-system", has_text="0800-7000")
    expect(numbers).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#log .mark")).to_be_visible()
    ask(page, "co robić")
    page.wait_for_timeout(1500)
    assert numbers.count() == 1


def test_whoever_gets_no_reply_at_all_sees_phone_numbers(phone: Page) -> None:
    ask_and_wait(phone, "kaucja za pokój")
    phone.clock.install()
    phone.route("**/api/messages", lambda route: None)
    ask(phone, "nie dostałem wypłaty")
    numbers = phone.locator("#log > .from-system", has_text="0800-7000")
    phone.clock.run_for(10_000)
    expect(numbers).to_have_count(0)
    phone.clock.run_for(11_000)
    expect(numbers).to_be_visible()


# ---- two tabs ----------------------------------------------------------------------------------------------------


def test_two_tabs_stay_in_step(visit: Visit, system: System) -> None:
    first = visit()
    second = first.context.new_page()
    second.goto(system.url)
    ask_and_wait(first, "kaucja za pokój")
    ask_and_wait(second, "minimalna stawka godzinowa")
    first.context.set_offline(True)
    ask(second, "ile dni urlopu mam w roku")
    expect(first.locator("#log .mark").first).to_be_visible()
    first.context.set_offline(False)
    expect(
        answers(first).filter(has_text="wakacyjnych").or_(answers(first).filter(has_text="urlop")).last
    ).to_be_attached(timeout=PATIENCE)
    first.wait_for_timeout(1200)
    third = first.context.new_page()
    third.goto(system.url)
    expect(mine(third)).to_have_count(3)
    assert said(first) == said(second) == said(third)
    assert len(said(first)) == len(set(said(first)))
    assert received(system, first, "ile dni urlopu mam w roku") == 1
    third.locator("#language").select_option("bg")
    expect(first.locator("html")).to_have_attribute("lang", "bg")
    third.locator("#erase").click()
    third.locator("#go").click()
    for tab in (first, second, third):
        expect(mine(tab)).to_have_count(0)
        assert saved_or_none(tab) is None


def test_a_message_of_a_closed_tab_is_sent_by_the_other(visit: Visit, system: System) -> None:
    first = visit()
    ask_and_wait(first, "kaucja za pokój")
    second = first.context.new_page()
    second.goto(system.url)
    expect(mine(second)).to_have_count(1)
    first.context.set_offline(True)
    ask(first, "minimalna stawka zamkniętej karty")
    expect(mine(second)).to_have_count(2)
    first.close()
    second.context.set_offline(False)
    expect(answers(second).filter(has_text="14,99")).to_be_attached(timeout=PATIENCE)
    assert received(system, second, "minimalna stawka zamkniętej karty") == 1


# ---- phones ------------------------------------------------------------------------------------------------------

#: What a phone of five years ago (Chrome 90, Safari 14) does not have.
_OLD_PHONE = """
for (const [place, name] of [
  [Array.prototype, "at"], [String.prototype, "at"], [String.prototype, "replaceAll"], [Object, "hasOwn"],
  [window, "structuredClone"], [window, "TextDecoderStream"], [window, "BroadcastChannel"], [window, "CSSStyleSheet"],
  [Navigator.prototype, "locks"], [Crypto.prototype, "randomUUID"], [HTMLFormElement.prototype, "requestSubmit"],
  [HTMLDialogElement.prototype, "showModal"], [HTMLElement.prototype, "inert"], [AbortSignal, "timeout"],
  [AbortSignal, "any"], [Promise, "withResolvers"], [Document.prototype, "adoptedStyleSheets"],
  [window, "speechSynthesis"],
]) delete place[name];
"""


def test_a_phone_of_five_years_ago_can_chat(visit: Visit) -> None:
    page = visit(prepare=_OLD_PHONE, **PHONE)
    assert page.evaluate("typeof structuredClone + typeof [].at") == "undefinedundefined"
    ask_and_wait(page, "kaucja za pokój")
    page.reload()
    expect(mine(page)).to_have_count(1)
    page.locator("#erase").click()
    page.locator("#go").click()
    expect(mine(page)).to_have_count(0)


def test_the_script_has_no_syntax_that_such_a_phone_cannot_read(visit: Visit, system: System) -> None:
    page = visit()
    for path in ("/widget.js", page.locator("script[src]").get_attribute("src")):
        text = page.request.get(f"{system.url}{path}").text()
        for newer in (r"\(\?<[=!]", r"\bstatic \{", r"^await ", r"\bimport\b.*\bwith\b", r"#\w+ in "):
            assert not re.search(newer, text, re.MULTILINE), newer


def test_the_first_load_is_small_and_soon_there(visit: Visit, system: System) -> None:
    page = visit("/healthz", **PHONE)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(system.url)
    page.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) < 30_000
    expect(page.get_by_role("log")).to_contain_text("Cześć")
    assert 400 < page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 3000


def test_reading_aloud_is_offered_with_a_voice_on_this_device_only(visit: Visit) -> None:
    """The voices are made up: this browser has none. The rest is the page's own."""
    voices = """
    const voices = [{ lang: "pl_PL", localService: true }, { lang: "en-US", localService: false }];
    const late = new EventTarget();
    let loaded = [];
    window.spoken = [];
    const speech = {
      getVoices: () => loaded,
      speak: (one) => window.spoken.push(one.text),
      cancel: () => window.spoken.push("stop"),
    };
    Object.defineProperty(window, "speechSynthesis", { value: Object.assign(late, speech) });
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    window.loadVoices = () => { loaded = voices; late.dispatchEvent(new Event("voiceschanged")); };
    """
    page = visit(prepare=voices)
    assert page.locator("#log .read").count() == 0
    page.evaluate("loadVoices()")
    expect(page.locator("#log .read")).to_have_count(2)
    ask_and_wait(page, "ile wynosi minimalna stawka godzinowa")
    button = answers(page).first.locator(".read")
    words = button.inner_text()
    button.click()
    expect(button).not_to_have_text(words)
    assert "14,99" in page.evaluate("spoken.join()")
    assert "https" not in page.evaluate("spoken.join()")
    button.click()
    expect(button).to_have_text(words)
    assert page.evaluate("spoken[spoken.length - 1]") == "stop"
    page.locator("#language").select_option("en")
    ask_and_wait(page, "how high can the deposit be")
    assert answers(page).last.locator(".read").count() == 0


def test_without_javascript_there_are_phone_numbers_and_a_way_out(visit: Visit, sites: Sites) -> None:
    page = visit(java_script_enabled=False, **PHONE)
    expect(page.locator("a.call[href='tel:0207600809']")).to_be_visible()
    expect(page.locator("#form")).to_be_hidden()
    page.locator("nav a[lang=bg]").click()
    assert page.locator("html").get_attribute("lang") == "bg"
    page.locator("#leave").click()
    page.wait_for_url(sites.neutral)


def test_the_page_can_be_installed(visit: Visit, system: System) -> None:
    page = visit()
    address = page.locator("link[rel=manifest]").get_attribute("href")
    manifest = page.request.get(f"{system.url}{address}").json()
    assert (manifest["lang"], manifest["display"], manifest["start_url"]) == ("pl", "standalone", "/")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        size = page.evaluate(
            """(src) => new Promise((done) => {
              const image = new Image();
              image.onload = () => done(image.naturalWidth);
              image.src = src;
            })""",
            icon["src"],
        )
        assert icon["sizes"] == f"{size}x{size}"
    problems = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [problem["errorId"] for problem in problems] in ([], ["in-incognito"])
