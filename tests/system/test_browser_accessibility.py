"""Everybody can use the chat (WCAG 2.2 AA): by keyboard, by ear, with large text, on a narrow screen, in the dark."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from bot.languages import LANGUAGES
from tests.system.browser import DESK, PATIENCE, PHONE, answers, ask, ask_and_wait, give_to, mine, until
from tests.system.conftest import System, Visit
from tests.system.sites import Sites
from tests.system.test_browser_widget import OPEN_ROOTS, open_chat

pytestmark = pytest.mark.system

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page: Page | Frame, rules: list[str] = _RULES, kind: str = "tag", part: str = "html") -> list[str]:
    """What axe-core finds, one line each. The page's policy stays as it is: the tool comes from outside."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    results: Any = page.evaluate(
        """([part, type, values, rules]) =>
          axe.run(part, { runOnly: { type, values }, rules, resultTypes: ["violations"] })""",
        # What is scrolled half out of sight is too small for it; sizes have a test of their own.
        [part, kind, rules, {"target-size": {"enabled": False}} if kind == "tag" else {}],
    )
    assert results["passes"], "the tool checked nothing"
    return [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary'][:200]})"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def at_rest(page: Page) -> None:
    """Wait until nothing moves or fades any more."""
    until(page, "document.getAnimations().every((one) => one.playState === 'finished')")


def axe_in_light_and_dark(page: Page, inside: Page | Frame | None = None) -> list[str]:
    """All rules, and in the dark those that colours can break."""
    found = axe(inside or page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {line}" for line in axe(inside or page, ["color-contrast", "link-in-text-block"], "rule")]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_while_chatting(visit: Visit, language: str) -> None:
    page = visit(f"/?language={language}", **PHONE)
    found = {"empty": axe_in_light_and_dark(page)}
    ask(page, "shefyt mi vze pasporta")
    expect(page.locator("#log > .urgent").first).to_be_visible(timeout=PATIENCE)
    ask_and_wait(page, "minimum wage")
    at_rest(page)
    found["with answers, one of them urgent"] = axe_in_light_and_dark(page)
    page.locator("#erase").click()
    found["dialog"] = axe_in_light_and_dark(page)
    assert [line for lines in found.values() for line in lines] == [], found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_trouble(visit: Visit, system: System, language: str) -> None:
    page = visit(f"/?language={language}", **PHONE)
    page.locator("#language").select_option(language)
    ask_and_wait(page, "loonstrook")
    give_to(system, page, "person", speaking=True)
    page.reload()
    expect(page.locator("#log > .from-person")).to_be_visible()
    expect(page.locator("#banner")).to_be_visible()
    page.context.set_offline(True)
    ask(page, "vakantiegeld")
    mark = page.locator("#log .mark")
    expect(mark.locator("button") if language == "pl" else mark).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    assert axe_in_light_and_dark(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_around_the_chat(visit: Visit, system: System, sites: Sites, language: str) -> None:
    page = visit(f"/offline?language={language}", **PHONE)
    assert page.locator("section").first.get_attribute("lang") == language
    if language == "pl":  # It holds all languages.
        assert axe_in_light_and_dark(page) == []
    page.route("**/chat.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{system.url}/?language={language}")
    # The tool needs scripts, so the page is made to look as it does without them.
    page.evaluate("document.querySelectorAll('noscript').forEach((node) => { node.outerHTML = node.textContent; })")
    expect(page.locator("a.call").first).to_be_visible()
    expect(page.locator("#form")).to_be_hidden()
    assert axe_in_light_and_dark(page) == []
    site = visit(f"{sites.allowed}/?{language}", prepare=OPEN_ROOTS, locale=language, **DESK)
    chat = open_chat(site)
    expect(chat.locator("#text")).to_be_focused()
    assert axe_in_light_and_dark(site, chat) == []
    assert axe(site, part="wegwijzer-widget") == []


def test_a_whole_conversation_needs_only_the_keyboard(visit: Visit) -> None:
    page = visit(**DESK)
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    expect(page.locator("#skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    assert "#" not in page.url
    page.keyboard.type("kaucja za pokój")
    page.keyboard.press("Enter")
    expect(answers(page).nth(1)).to_be_attached(timeout=PATIENCE)
    expect(page.locator("#text")).to_be_focused()
    # Back to an answer's button, and press it.
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.choices button')"):
            break
    count = answers(page).count()
    page.keyboard.press("Enter")
    expect(answers(page).nth(count)).to_be_attached(timeout=PATIENCE)
    page.locator("#erase").focus()
    page.keyboard.press("Enter")
    focused = set()
    for _ in range(4):
        focused.add(page.evaluate("document.activeElement.id"))
        page.keyboard.press("Tab")
    assert focused == {"keep", "go"}
    page.keyboard.press("Escape")
    expect(page.locator("#erase")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_order_of_the_controls_is_the_order_on_the_screen(visit: Visit) -> None:
    page = visit(**DESK)
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href')"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", order[-1]
    assert order == ["skip", "tel:112", "leave", "language", "erase", "log", "resume", "text", "send"]


def test_there_is_one_log_and_history_is_not_read_out_as_news(visit: Visit) -> None:
    observe = """
    document.addEventListener("DOMContentLoaded", () => {
      window.loud = [];
      const log = document.getElementById("log");
      new MutationObserver((changes) => {
        if (log.getAttribute("aria-busy") === "true") return;
        for (const change of changes) for (const node of change.addedNodes) window.loud.push(node.textContent);
      }).observe(log, { childList: true });
    });
    """
    page = visit(prepare=observe)
    assert page.locator("[role=log], [aria-live]").count() == 1
    assert page.get_by_role("status").count() == 1
    ask_and_wait(page, "kaucja za pokój")
    page.wait_for_timeout(400)
    # The message, and each answer once.
    assert page.evaluate("loud.length") == mine(page).count() + answers(page).count()
    page.reload()
    expect(mine(page)).to_have_count(1)
    page.wait_for_timeout(400)
    assert page.evaluate("loud") == []
    for row in page.locator("#log > div").all():
        assert row.get_attribute("lang") == "pl"


@pytest.mark.parametrize("size", [(320, 568), (360, 640), (640, 400)], ids=["320 px", "phone", "zoomed to 200 %"])
def test_nothing_is_wider_than_the_screen_and_everything_can_be_reached(visit: Visit, size: tuple[int, int]) -> None:
    page = visit(locale="bg", viewport={"width": size[0], "height": size[1]})
    # The spacing that people may set for themselves (WCAG 1.4.12).
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          const spacing = ["line-height: 1.5", "letter-spacing: .12em", "word-spacing: .16em"];
          sheet.replaceSync(`* { ${spacing.map((one) => one + " !important").join("; ")} }`);
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    ask(page, "shefyt mi vze pasporta")
    expect(page.locator("#log > .urgent").first).to_be_visible(timeout=PATIENCE)
    for node in page.locator("header *, #form *, .tools *, #log *").all():
        box = node.bounding_box()
        assert box is None or (box["x"] >= -1 and box["x"] + box["width"] <= size[0] + 1), node.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for button in page.locator("button, select, textarea, .pill").all():
        box = button.bounding_box()
        assert box is None or (box["height"] >= 44 and box["width"] >= 44), button.inner_text()
    for part in ("#leave", "#text", "#send"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)
    page.locator("#erase").click()
    expect(page.locator("#go")).to_be_in_viewport()
    room = page.evaluate("document.getElementById('scroller').clientHeight") / size[1]
    assert room > 0.5


def test_what_moves_stays_still_for_those_who_ask_for_it(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    ask(page, "kaucja")
    assert mine(page).evaluate("node => getComputedStyle(node).animationName") == "none"


def test_with_forced_colours_bubbles_and_buttons_keep_their_edges(visit: Visit) -> None:
    page = visit(forced_colors="active")
    ask_and_wait(page, "kaucja za pokój")
    for part in ("#send", "#leave", "#log > .from-you .bubble"):
        assert page.locator(part).first.evaluate("node => parseFloat(getComputedStyle(node).borderTopWidth)") >= 1
