"""What tests do with the chat page in a browser."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
import uuid
from typing import Any

from playwright.sync_api import Frame, Locator, Page, expect

from tests.system.conftest import System

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
#: Milliseconds for an answer.
PATIENCE = 30_000


def ask(page: Page | Frame, text: str) -> None:
    """Write a message and send it."""
    field = page.get_by_role("textbox")
    field.fill(text)
    field.press("Enter")


def mine(page: Page | Frame) -> Locator:
    """What the person said."""
    return page.locator("#log > .from-you")


def answers(page: Page | Frame) -> Locator:
    """What the program said, besides its welcome."""
    return page.locator("#log > .from-bot:not(:has([data-text]))")


def ask_and_wait(page: Page | Frame, text: str) -> None:
    """Write a message and wait until something is answered."""
    before = answers(page).count()
    ask(page, text)
    expect(answers(page).nth(before)).to_be_visible(timeout=PATIENCE)


def said(page: Page | Frame) -> list[str]:
    """Everything in the log, in order."""
    return page.locator("#log .bubble").all_inner_texts()


def saved_chat(page: Page | Frame) -> Any:
    """The chat as the tab keeps it."""
    return page.evaluate("JSON.parse(sessionStorage.getItem('wegwijzer')).chat")


def stored(page: Page | Frame) -> list[str]:
    """Every kind of thing the browser keeps for this site."""
    kinds: list[str] = page.evaluate(
        """async () => {
          const found = [];
          if (sessionStorage.length) found.push("sessionStorage");
          if (localStorage.length) found.push("localStorage");
          if (document.cookie) found.push("cookie");
          if ((await caches.keys()).length) found.push("caches");
          if ((await indexedDB.databases()).length) found.push("indexedDB");
          if ((await navigator.serviceWorker.getRegistrations()).length) found.push("service worker");
          return found;
        }"""
    )
    return kinds


def until(page: Page | Frame, condition: str) -> None:
    """Wait until something is so, or a promise of it. (Playwright's own way needs eval, which the page forbids.)"""
    page.evaluate(
        f"async () => {{ while (!(await ({condition}))) await new Promise((done) => setTimeout(done, 30)); }}"
    )


def received(system: System, page: Page | Frame, text: str) -> int:
    """How often a message is in the store. (The store may seal texts; a message's id is plain.)"""
    with sqlite3.connect(system.output.parent / "store.db") as store:
        found = store.execute("SELECT count(*) FROM received WHERE message_id = ?", (_id_of(page, text),))
        return int(found.fetchone()[0])


def give_to(system: System, page: Page | Frame, holder: str, speaking: bool = False) -> None:
    """Let somebody hold the page's chat, and let a person repeat the first reply in it."""
    with sqlite3.connect(system.output.parent / "store.db") as store:
        message = (_id_of(page),)
        (chat,) = store.execute("SELECT conversation FROM received WHERE message_id = ?", message).fetchone()
        store.execute("UPDATE conversations SET holder = ? WHERE id = ?", (holder, chat))
        if speaking:
            store.execute("UPDATE conversations SET last_number = last_number + 1 WHERE id = ?", (chat,))
            store.execute(
                "INSERT INTO sent (conversation, number, sender, text, language, urgent)"
                " SELECT id, last_number, 'person', sent.text, sent.language, 0 FROM conversations JOIN sent"
                " ON sent.conversation = conversations.id AND sent.number = 1 WHERE id = ?",
                (chat,),
            )


def _id_of(page: Page | Frame, text: str | None = None) -> str:
    """The id of a message of the person: the one with that text, else the first."""
    items = saved_chat(page)["items"]
    return str(next(item["id"] for item in items if item["from"] == "you" and text in (None, item["text"])))


def say_elsewhere(system: System, token: str, text: str) -> None:
    """Write into the same chat from another program."""
    request = urllib.request.Request(
        f"{system.url}/api/messages",
        json.dumps({"id": str(uuid.uuid4()), "text": text}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 202


def is_known(system: System, token: str) -> bool:
    """Whether the server still has a chat."""
    request = urllib.request.Request(f"{system.url}/api/events", headers={"Authorization": f"Bearer {token}"})
    status = 200
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as refusal:
        status = refusal.code
    assert status in (200, 401)
    return status == 200
