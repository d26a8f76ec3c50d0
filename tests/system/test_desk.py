"""Counsellors at the desk, in real browsers: the queue, taking a chat, talking, giving it away, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from bot.answers.content import Content
from tests.system.browser import DESK, PATIENCE, ask, until
from tests.system.desk import Desks, RunningDesk, running_desk
from tests.system.test_browser_accessibility import at_rest, axe_in_light_and_dark

pytestmark = [pytest.mark.system, pytest.mark.beside]

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
DANGER = "szef zabrał mi paszport i bije mnie"

#: Sounds and notifications that tests can count.
EARS = """
window.heard = { rings: 0, notices: [] };
class Voice { connect(next) { return next; } start() {} stop() {} frequency = {};
  gain = { setValueAtTime() {}, linearRampToValueAtTime() {} }; }
window.AudioContext = class {
  state = "suspended"; currentTime = 0;
  async resume() { this.state = "running"; }
  createOscillator() { window.heard.rings += 1; return new Voice(); }
  createGain() { return new Voice(); }
};
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (Notification.permission = "granted"); }
  constructor(text) { window.heard.notices.push(text); }
  addEventListener() {} close() {}
};
"""


@pytest.fixture(scope="module")
def running(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(content, tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture
def desk(running: RunningDesk) -> Iterator[RunningDesk]:
    yield running
    running.close_all()


@pytest.fixture
def desks(browser: Browser, desk: RunningDesk) -> Iterator[Desks]:
    desks = Desks(browser, desk)
    yield desks
    desks.close()
    assert desks.problems == []


def rows(page: Page) -> Locator:
    return page.locator("#list li")


def lines(page: Page, sender: str) -> Locator:
    """What somebody said in the open chat: you (the person), bot, person (a counsellor) or system."""
    return page.locator(f"#log .from-{sender} .bubble")


def open_chat(page: Page, name: str) -> None:
    rows(page).filter(has_text=name).locator("a").click()
    expect(page.locator("#chat-title")).to_contain_text(name)


def take(page: Page, name: str) -> None:
    open_chat(page, name)
    page.locator("#claim").click()
    expect(page.locator("#text")).to_be_focused()


def write(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")
    expect(lines(page, "person").last).to_have_text(text)


def step(page: Page, name: str) -> None:
    """Transfer, requeue, return or close; on a phone they are folded away."""
    if not page.locator(f"#{name}").is_visible():
        page.locator("#steps summary").click()
    page.locator(f"#{name}").click()


# ---- whole talks -------------------------------------------------------------------------------------------------


def test_a_whole_talk_with_somebody_on_the_web(desk: RunningDesk, desks: Desks) -> None:
    content = desk.content
    page, chat = desks.open("anna", **DESK), desks.visit(**DESK)
    handed_over(chat, content, name="Kasia")
    row = rows(page).filter(has_text="Kasia")
    for words in ("Polish", "Web chat", "Wants to chat", "waiting 0:"):
        expect(row).to_contain_text(words)
    take(page, "Kasia")
    said = chat.locator("#log")
    expect(said).to_contain_text(content.phrase("pl", "handover.joined", name="Anna"))

    page.locator("#text").press_sequentially("Dzie", delay=20)
    expect(chat.locator("#status")).to_have_text(content.phrase("pl", "web.person_typing"))
    page.locator("#write-in").select_option("pl")
    expect(page.locator("#as-written")).to_be_empty()
    write(page, "Dzień dobry")
    expect(said.locator(".from-person .bubble").last).to_have_text("Dzień dobry")
    expect(chat.locator("#status")).to_be_empty()
    expect(page.locator("#log .delivery").last).to_contain_text("delivered", use_inner_text=True)
    expect(page.locator("#log .delivery").last).not_to_contain_text("not")

    page.locator("#open-canned").click()
    page.locator("#canned-search").fill("safe moment yes")
    page.locator("button.reply").click()
    polish = content.canned.text("are_you_safe", "pl")
    expect(page.locator("#canned-theirs")).to_have_text(polish)
    expect(page.locator("#canned-mine")).to_have_text(content.canned.text("are_you_safe", "en"))
    page.locator("#canned-send").click()
    expect(page.locator("#canned")).to_be_hidden()
    expect(said.locator(".from-person .bubble").last).to_have_text(polish)
    expect(page.locator("#log .from-person .original").last).to_contain_text(content.canned.text("are_you_safe", "en"))
    assert chat.locator(".translated").count() == 0

    page.locator("#write-in").select_option("nl")
    page.locator("#text").fill("Bent u alleen?")
    page.locator("#translate-draft").click()
    page.locator("#send-translation").click()
    expect(said.locator(".from-person .bubble").last).to_have_text("nl>pl: Bent u alleen?")
    mark = content.phrase("pl", "handover.machine_translated")
    expect(said.locator(".translated")).to_have_text(f"{mark}Bent u alleen?")
    at_rest(chat)
    assert axe_in_light_and_dark(chat) == []

    ask(chat, "tak, jestem w domu")
    expect(lines(page, "you").last).to_have_text("tak, jestem w domu")
    step(page, "close")
    page.get_by_label("Helped").check()
    page.locator("#ask-yes").click()
    expect(page.locator("#standing")).to_have_text("Closed: Helped")
    expect(page.locator("#reply")).to_be_hidden()
    expect(said).to_contain_text(content.phrase("pl", "handover.closed"))
    page.locator("#tab-closed").click()
    expect(rows(page).filter(has_text="Kasia")).to_contain_text("Helped")


def handed_over(chat: Page, content: Content, name: str) -> None:
    """Go through the questions on the chat page."""

    def press(title: str) -> None:
        chat.locator("#log button").filter(has_text=title).last.click(timeout=PATIENCE)

    def phrase(phrase_id: str) -> str:
        return content.phrase("pl", phrase_id)

    ask(chat, "hej")
    press(phrase("button.human"))
    press(phrase("handover.yes"))
    press(phrase("handover.with_history"))
    expect(chat.locator("#log")).to_contain_text(phrase("handover.ask_name"))
    ask(chat, name)
    press(phrase("handover.safe_always"))
    press("Polski")
    expect(chat.locator("#log")).to_contain_text(phrase("handover.waiting"))


def test_a_whole_talk_with_somebody_on_telegram_whose_name_nobody_sees(desk: RunningDesk, desks: Desks) -> None:
    content, user = desk.content, desk.user("Mihaela")

    def last() -> str:
        return str(user.received[-1]["text"]) if user.received else ""

    def press(name: str) -> None:
        title = content.phrase("ro", name)

        def there() -> bool:
            markup = user.received[-1].get("reply_markup", {}) if user.received else {}
            return title in [button["text"] for line in markup.get("inline_keyboard", []) for button in line]

        desk.wait(there)
        desk.do(lambda: user.press(user.received[-1], title))

    desk.do(lambda: user.write("salut"))
    for name in ("button.human", "handover.yes", "handover.with_history", "handover.no_name", "handover.safe_always"):
        press(name)
    desk.wait(lambda: content.phrase("ro", "handover.ask_language") in last())
    desk.do(lambda: user.press(user.received[-1], "Română"))
    desk.wait(lambda: last() == content.phrase("ro", "handover.waiting"))

    page = desks.open("anna", **DESK)
    take(page, "Romanian")
    expect(page.locator("#facts")).to_contain_text("Telegram")
    everything = page.content()
    assert not [word for word in ("Mihaela", "mihaela", str(user.id)) if word in everything]

    page.locator("#text").fill("Ik zoek het op")
    desk.wait(lambda: [call for call in desk.api.called("sendChatAction") if call.params["chat_id"] == user.id])
    page.locator("#write-in").select_option("nl")
    page.locator("#translate-draft").click()
    expect(page.locator("#preview-text")).to_have_text("nl>ro: Ik zoek het op")
    page.locator("#send-translation").click()
    expect(page.locator("#log .from-person .machine")).to_have_text("translated by a machine")
    mark = content.phrase("ro", "handover.machine_translated")
    desk.wait(lambda: last() == f"nl>ro: Ik zoek het op\n\n({mark})\nIk zoek het op")
    expect(page.locator("#log .delivery")).to_have_text(re.compile("✓ delivered"))
    step(page, "return")
    page.locator("#ask-yes").click()
    desk.wait(lambda: last() == content.phrase("ro", "handover.returned"))
    expect(page.locator("#standing")).to_have_text("Back with the program")


# ---- two counsellors ---------------------------------------------------------------------------------------------


def test_two_cannot_take_a_chat_at_once_and_the_slower_one_is_told_who_has_it(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa")
    pages = {"anna": desks.open("anna", **DESK), "bram": desks.open("bram", **DESK)}
    for page in pages.values():
        open_chat(page, "Ewa")
    # Both have pressed before either has an answer.
    for page in pages.values():
        page.evaluate("document.getElementById('claim').click()")
    for page in pages.values():
        until(page, "document.getElementById('claim').hidden")
    holders = [name for name, page in pages.items() if page.locator("#reply").is_visible()]
    assert len(holders) == 1
    (winner,) = holders
    loser = pages["bram" if winner == "anna" else "anna"]
    expect(loser.locator("#fault")).to_have_text(f"{winner} has this chat now.")
    expect(loser.locator("#standing")).to_contain_text(f"{winner} has this chat")
    expect(loser.locator("#text")).to_be_hidden()


def test_a_chat_is_given_to_a_colleague_who_puts_it_back(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    anna, bram = desks.open("anna", **DESK), desks.open("bram", **DESK)
    take(anna, "Ewa")
    anna.locator("#note").fill("Has a child with her")
    anna.locator("#note-form button").click()
    expect(anna.locator("#notes li")).to_contain_text("Has a child with her")
    step(anna, "transfer")
    anna.get_by_label(re.compile("bram .has the queue open")).check()
    anna.locator("#ask-yes").click()
    expect(anna.locator("#standing")).to_contain_text("bram has this chat")
    person.hear(desk.content.phrase("pl", "handover.transferred", name="Bram"))

    bram.locator("#tab-mine").click()
    open_chat(bram, "Ewa")
    expect(bram.locator("#notes li")).to_contain_text("anna")
    write(bram, "Ik ben Bram")
    said = person.hear(lambda message: message["from"] == "person")
    assert said["text"] == "Ik ben Bram"
    step(bram, "requeue")
    bram.locator("#ask-yes").click()
    expect(bram.locator("#claim")).to_be_visible()
    expect(anna.locator("#claim")).to_be_visible()
    assert "child" not in str(person.asker.events)


def test_a_chat_that_the_person_erases_disappears_before_the_counsellors_eyes(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa", first="a secret")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    expect(page.locator("#log")).to_contain_text("a secret")
    page.locator("#text").fill("half a sentence")
    person.erase()
    expect(page.get_by_role("heading", name="The person has erased this chat")).to_be_visible()
    expect(page.locator("#reply")).to_be_hidden()
    expect(page.locator("#notes-panel")).to_be_hidden()
    assert "secret" not in page.locator("#desk").inner_text()
    assert "Ewa" not in page.locator("#desk").inner_text()


# ---- being needed ------------------------------------------------------------------------------------------------


def test_an_urgent_chat_rings_and_notifies_and_says_nothing_of_what_it_is_about(
    desk: RunningDesk, desks: Desks
) -> None:
    page = desks.open("anna", prepare=EARS, **DESK)
    page.locator("#alerts").click()
    expect(page.locator("#alerts-state")).to_have_text("on")
    rings = page.evaluate("heard.rings")
    assert rings, "it rings once, so that one knows how it sounds"
    desk.person(name="Calm")
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("heard") == {"rings": rings, "notices": []}
    desk.person(name="Ewa", first=DANGER)
    until(page, "heard.notices.length")
    assert page.evaluate("heard.rings") == 2 * rings
    assert page.evaluate("heard.notices") == ["Urgent: a chat is waiting"]
    expect(page).to_have_title("▲ (2) Chats – Wegwijzer desk")
    expect(rows(page).first).to_contain_text("Urgent")
    expect(rows(page).first).to_contain_text("Ewa")
    # What waits already does not ring again with every visit.
    page.reload()
    expect(rows(page)).to_have_count(2)
    page.locator("#tab-all").click()
    assert page.evaluate("heard") == {"rings": 0, "notices": []}


def test_staff_who_do_not_look_hear_that_somebody_waits_and_nothing_else(desk: RunningDesk, desks: Desks) -> None:
    def told() -> str:
        return str(desk.staff.received[-1]["text"]) if desk.staff.received else ""

    desk.person(name="Ewa", first=DANGER)
    desk.wait(lambda: "URGENT" in told() and "https://desk.example/desk/queue" in told())
    before = len(desk.staff.received)
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    step(page, "requeue")
    page.locator("#ask-yes").click()
    desk.wait(lambda: len(desk.staff.received) > before)
    everything = "".join(message["text"] for message in desk.staff.received)
    assert not [word for word in ("Ewa", "paszport", "Polish", "Pools") if word in everything]


def test_waiting_time_counts_and_new_messages_are_counted(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    time = rows(page).locator(".time")
    before = time.inner_text()
    expect(time).not_to_have_text(before)
    take(page, "Ewa")
    page.locator("#back").evaluate("node => node.click()")
    person.say("jestem")
    person.say("halo?")
    expect(rows(page).locator(".badge.new")).to_have_text("2 new")
    expect(page).to_have_title(re.compile(r"\(1\)"))
    open_chat(page, "Ewa")
    expect(rows(page).locator(".badge.new")).to_be_hidden()
    expect(page).to_have_title("Chats – Wegwijzer desk")


# ---- when something is in the way --------------------------------------------------------------------------------


def test_without_a_connection_it_says_so_keeps_the_text_and_comes_back(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("Not connected")
    page.locator("#text").fill("an important sentence")
    page.locator("#text").press("Enter")
    expect(page.locator("#fault")).to_contain_text("Not sent yet")
    expect(page.locator("#text")).to_have_value("an important sentence")
    person.say("meanwhile")
    desk.person(name="Second")
    page.context.set_offline(False)
    expect(lines(page, "you").last).to_have_text("meanwhile")
    expect(page.locator("#connection")).not_to_contain_text("Not connected")
    page.locator("#tab-unassigned").click()
    expect(rows(page)).to_contain_text("Second")
    # Nobody has to send it again.
    expect(lines(page, "person")).to_have_text("an important sentence")
    expect(page.locator("#fault")).to_be_hidden()


def test_who_is_logged_out_keeps_the_text_and_goes_on_after_the_log_in(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    page.locator("#text").fill("an important sentence")
    desk.end_sessions("anna")
    page.locator("#text").press("Enter")
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.locator("#text")).to_have_value("an important sentence")
    desks.log_in(page.context, "anna")
    page.locator("#go-on").click()
    expect(page.locator("#signed-out")).to_be_hidden()
    page.locator("#text").press("Enter")
    expect(lines(page, "person")).to_have_text("an important sentence")


def test_a_queue_that_nobody_uses_goes_on_ringing_and_shows_nothing_new(desk: RunningDesk, desks: Desks) -> None:
    page = desks.open("anna", prepare=EARS, **DESK)
    page.locator("#alerts").click()
    rings = page.evaluate("heard.rings")
    desk.leave_unused("anna")
    # What happens next makes the stream look.
    desk.person(name="Ewa")
    expect(page.locator("#signed-out")).to_contain_text("half an hour")
    desk.person(name="Ola", first=DANGER)
    until(page, f"heard.notices.length > 1 || heard.rings > {3 * rings}")
    assert page.evaluate("heard") == {
        "rings": 3 * rings,
        "notices": ["A new chat is waiting", "Urgent: a chat is waiting"],
    }
    assert "Ola" not in page.locator("#desk").inner_text()
    desks.log_in(page.context, "anna")
    page.locator("#go-on").click()
    expect(page.locator("#signed-out")).to_be_hidden()
    expect(rows(page).filter(has_text="Ola")).to_be_visible()


def test_what_was_sent_is_there_once_although_the_connection_broke(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            return route.abort("internetdisconnected")
        return route.continue_()

    page.route("**/reply", lose_the_answer)
    page.locator("#text").fill("an important sentence")
    page.locator("#text").press("Enter")
    expect(page.locator("#fault")).to_contain_text("sent again by itself")
    assert lost == [204]
    expect(page.locator("#text")).to_be_empty()
    expect(page.locator("#fault")).to_be_hidden()
    expect(lines(page, "person")).to_have_text("an important sentence")
    # Canned ones and notes, too.
    lost.clear()
    page.locator("#open-canned").click()
    page.locator("#canned-search").fill("safe moment yes")
    page.locator("button.reply").click()
    page.locator("#canned-send").click()
    expect(page.locator("#canned")).to_be_hidden()
    expect(lines(page, "person")).to_have_count(2)
    page.route("**/note", lose_the_answer)
    lost.clear()
    page.locator("#note").fill("Call her sister")
    page.locator("#note-form button").click()
    expect(page.locator("#note")).to_be_empty()
    expect(page.locator("#notes li")).to_have_count(1)
    person.say("bye")
    expect(lines(page, "you").last).to_have_text("bye")
    person.hear("an important sentence")
    assert len([said for said in person.asker.heard if said["from"] == "person"]) == 1


def test_a_draft_stays_with_its_chat(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa")
    desk.person(name="Ola")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    page.locator("#text").fill("only for Ewa")
    page.locator("#tab-unassigned").click()
    take(page, "Ola")
    expect(page.locator("#text")).to_be_empty()
    open_chat(page, "Ewa")
    expect(page.locator("#text")).to_have_value("only for Ewa")


def test_a_chat_that_does_not_exist_is_said_to_be_none(desks: Desks) -> None:
    page = desks.open("anna", "/desk/chats/nonsense", **DESK)
    expect(page.locator("#none-fault")).to_have_text("There is no such chat.")
    expect(page.locator("#open")).to_be_hidden()


def test_what_the_person_wrote_is_translated_under_the_original(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa", first="boję się")
    page = desks.open("anna", **DESK)
    open_chat(page, "Ewa")
    line = page.locator("#log .from-you").filter(has_text="boję się")
    line.get_by_role("button", name="Translate").click()
    expect(line.locator(".original")).to_contain_text("translated by a machine")
    expect(line.locator(".original")).to_contain_text("pl>en: boję się")
    expect(line.locator(".bubble")).to_have_text("boję się")


def test_a_blank_in_a_canned_reply_is_filled_in_before_it_goes(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    page = desks.open("anna", locale="nl-NL", **DESK)
    take(page, "Ewa")
    page.locator("#open-canned").click()
    # Found in the other language, too.
    page.locator("#canned-search").fill("appointment place date")
    page.locator("button.reply").first.click()
    page.locator("#canned-send").click()
    expect(page.locator("#canned-form")).to_be_visible()
    for name, value in (("date", "2026-12-03"), ("time", "14:30"), ("place", "Station Nijkerk")):
        page.locator(f"#fill-{name}").fill(value)
    expect(page.locator("#canned-theirs")).to_contain_text(re.compile(r"3.grudnia.2026"))
    expect(page.locator("#canned-mine")).to_contain_text(re.compile(r"3.december.2026"))
    page.locator("#canned-send").click()
    said = person.hear(lambda message: message["from"] == "person")
    assert "Station Nijkerk" in said["text"]
    assert "grudnia" in said["text"]


# ---- everybody can work here -------------------------------------------------------------------------------------


def test_the_whole_work_can_be_done_with_the_keyboard(desk: RunningDesk, desks: Desks) -> None:
    person, _ = desk.person(name="First", first=DANGER), desk.person(name="Second")
    page = desks.open("anna", **DESK)
    expect(rows(page)).to_have_count(2)
    keys = page.keyboard
    keys.press("j")
    expect(rows(page).first.locator("a")).to_be_focused()
    keys.press("j")
    expect(rows(page).last.locator("a")).to_be_focused()
    keys.press("k")
    keys.press("Enter")
    expect(page.locator("#chat-title")).to_be_focused()
    expect(page.locator("#chat-title")).to_contain_text("First")
    keys.press("c")
    expect(page.locator("#text")).to_be_focused()
    keys.type("cj/?")
    expect(page.locator("#text")).to_have_value("cj/?")
    keys.press("Enter")
    assert person.hear(lambda message: message["from"] == "person")["text"] == "cj/?"
    expect(page.locator("#text")).to_be_empty()
    keys.press("Escape")
    expect(rows(page).filter(has_text="First").locator("a")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#chat-title")).to_be_focused()
    keys.press("/")
    expect(page.locator("#canned-search")).to_be_focused()
    keys.type("fault happened to you")
    keys.press("Enter")
    expect(page.locator("#canned-send")).to_be_focused()
    expect(page.locator("#canned-theirs")).to_have_text(desk.content.canned.text("not_your_fault", "pl"))
    assert lines(page, "person").count() == 1, "nothing goes before it was read"
    keys.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    expect(lines(page, "person").last).to_have_text(desk.content.canned.text("not_your_fault", "pl"))
    # With something half written, Escape leaves the field and not the chat.
    keys.type("half")
    keys.press("Escape")
    expect(page.locator("#chat-title")).to_be_focused()
    keys.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.locator("#single-keys").uncheck()
    keys.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    keys.press("/")
    expect(page.locator("#canned")).to_be_hidden()


def test_every_control_is_reached_by_tab_with_a_visible_focus(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    take(page, "Ewa")
    page.locator("#chat-title").focus()
    expected: set[str] = set(
        page.evaluate(
            """() => [...document.querySelectorAll("#chat button, #chat select, #chat textarea, #chat summary, #log")]
              .filter((node) => node.checkVisibility() && !node.disabled)
              .map((node) => node.id || node.textContent.trim())"""
        )
    )
    reached: set[str] = set()
    for _ in range(len(expected) + 12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        if page.evaluate("document.activeElement !== document.body"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert expected <= reached


def test_on_a_phone_the_list_and_the_chat_take_turns(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa", first=DANGER, times="po 19")
    page = desks.open("anna", **PHONE)
    expect(page.locator("#chat")).to_be_hidden()
    take(page, "Ewa")
    expect(page.locator(".queue")).to_be_hidden()
    expect(page.locator("#safe")).to_be_in_viewport()
    expect(page.locator("#safe")).to_contain_text("only at these times: po 19")
    write(page, "Hello")
    expect(lines(page, "person").last).to_be_in_viewport()
    for part in ("#text", "#send", "#open-canned", "#back"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.99)
    for node in page.locator("button:visible, summary:visible, #back, select:visible").all():
        box = node.bounding_box()
        assert box, node
        assert box["height"] >= 32, node.inner_text()
        assert box["x"] >= 0, node.inner_text()
        assert box["x"] + box["width"] <= 360, node.inner_text()
    page.locator("#notes-panel summary").click()
    page.locator("#note").fill("From the train")
    page.locator("#note-form button").click()
    expect(page.locator("#notes li")).to_contain_text("From the train")
    person.say("tak")
    expect(lines(page, "you").last).to_have_text("tak")
    page.locator("#back").click()
    expect(page.locator(".queue")).to_be_visible()
    page.go_back()
    expect(page.locator("#chat-title")).to_contain_text("Ewa")


@pytest.mark.parametrize("size", [(320, 480), (360, 740), (640, 400), (1280, 800)], ids=lambda size: f"{size[0]}px")
def test_nothing_is_wider_than_the_screen(desk: RunningDesk, desks: Desks, size: tuple[int, int]) -> None:
    desk.person("bg", name="Мария-Магдалена Константинова", first="шефът ми взе паспорта", times="след 19 часа " * 6)
    page = desks.open("anna", locale="nl-NL", viewport={"width": size[0], "height": size[1]})
    expect(rows(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    rows(page).locator("a").click()
    page.locator("#claim").click()
    expect(page.locator("#reply")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#send").scroll_into_view_if_needed()
    expect(page.locator("#send")).to_be_in_viewport()


def _queue(desk: RunningDesk, page: Page) -> None:
    expect(rows(page)).to_have_count(2)


def _none(desk: RunningDesk, page: Page) -> None:
    page.locator("#tab-closed").click()
    expect(page.locator("#list-empty")).to_be_visible()


def _waits(desk: RunningDesk, page: Page) -> None:
    open_chat(page, "Ewa")


def _mine(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    write(page, "Hallo")
    page.locator("#notes-panel").evaluate("node => (node.open = true)")
    page.locator("#note").fill("a note")
    page.locator("#note-form button").click()
    expect(page.locator("#notes li")).to_have_count(1)


def _translated(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    page.locator("#text").fill("Dag")
    page.locator("#translate-draft").click()
    expect(page.locator("#preview")).to_be_visible()
    page.locator("#log").get_by_role("button", name=re.compile("Translate|Vertalen")).first.click()
    expect(page.locator("#log .original").first).to_be_visible()


def _canned(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    page.locator("#open-canned").click()
    expect(page.locator("button.reply").first).to_be_visible()


def _filled(desk: RunningDesk, page: Page) -> None:
    _canned(desk, page)
    page.locator("button.reply").first.click()
    expect(page.locator("#canned-form")).to_be_visible()
    expect(page.locator("#canned-theirs")).not_to_have_text("…")


def _closing(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    step(page, "close")
    expect(page.locator("#ask")).to_be_visible()


def _help(desk: RunningDesk, page: Page) -> None:
    page.locator("#keys").click()


def _offline(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    page.context.set_offline(True)
    expect(page.locator("#connection")).not_to_be_empty()
    page.locator("#text").fill("x")
    page.locator("#text").press("Enter")
    expect(page.locator("#fault")).to_be_visible()


def _signed_out(desk: RunningDesk, page: Page) -> None:
    take(page, "Ewa")
    for account in ("anna", "bram"):
        desk.end_sessions(account)
    page.locator("#text").fill("x")
    page.locator("#text").press("Enter")
    expect(page.locator("#signed-out")).to_be_visible()


_STATES: list[Callable[[RunningDesk, Page], None]] = [
    _queue, _none, _waits, _mine, _translated, _canned, _filled, _closing, _help, _offline, _signed_out,
]  # fmt: skip


@pytest.mark.parametrize("state", _STATES, ids=lambda state: state.__name__.strip("_"))
def test_axe_finds_nothing(desk: RunningDesk, desks: Desks, state: Callable[[RunningDesk, Page], None]) -> None:
    desk.person(name="Ewa", first=DANGER, times="po 19")
    desk.person(name="Ola")
    for screen, locale in ((DESK, "nl-NL"), (PHONE, "en-GB")):
        page = desks.open("anna" if screen is DESK else "bram", locale=locale, **screen)
        state(desk, page)
        at_rest(page)
        assert axe_in_light_and_dark(page) == []
        page.context.set_offline(False)
        page.close()
        desk.close_all()
        desk.person(name="Ewa", first=DANGER, times="po 19")
        desk.person(name="Ola")


def test_axe_finds_nothing_where_a_chat_was_erased(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person(name="Ewa")
    page = desks.open("anna", **DESK)
    open_chat(page, "Ewa")
    person.erase()
    expect(page.locator("#gone")).to_be_visible()
    assert axe_in_light_and_dark(page) == []


def test_lines_say_in_which_language_they_are_and_history_is_not_read_out(desk: RunningDesk, desks: Desks) -> None:
    person = desk.person("ro", name="Ioana")
    page = desks.open("anna", **DESK)
    page.evaluate(
        """() => {
          window.loud = [];
          const log = document.getElementById("log");
          new MutationObserver((changes) => {
            if (log.getAttribute("aria-busy") === "true") return;
            for (const change of changes) for (const node of change.addedNodes) window.loud.push(node.textContent);
          }).observe(log, { childList: true });
        }"""
    )
    take(page, "Ioana")
    assert page.get_by_role("log").count() == 1
    expect(lines(page, "system").last).to_be_visible()
    write(page, "Goedendag")
    assert lines(page, "you").first.get_attribute("lang") == "ro"
    assert lines(page, "person").last.get_attribute("lang") == "en"
    person.say("bună")
    expect(lines(page, "you").last).to_have_text("bună")
    loud = page.evaluate("loud")
    # The notice that the counsellor is there, the reply and the answer; nothing of before.
    assert len(loud) == 3, loud


def test_the_desk_speaks_dutch_and_english_and_stays_at_the_chat(desk: RunningDesk, desks: Desks) -> None:
    desk.person(name="Ewa")
    page = desks.open("anna", locale="nl-NL", **DESK)
    open_chat(page, "Ewa")
    expect(page.locator("#claim")).to_contain_text("Chat overnemen")
    page.get_by_role("link", name="English").click()
    page.wait_for_load_state()
    expect(page.locator("#claim")).to_contain_text("Take this chat")
    expect(page.locator("#chat-title")).to_have_text("Polish · Ewa")
