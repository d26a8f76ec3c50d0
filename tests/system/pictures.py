"""The pictures of ``docs/editors.md``: tests take them; with ``PICTURES=1`` they replace those in the documents."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from tests.conftest import ROOT

FOLDER = ROOT / "docs/images/editors"
#: What a picture shows at most, in pixels.
SIZE: ViewportSize = {"width": 1100, "height": 820}
LANGUAGES = ("nl", "en")


def take(page: Page, name: str, folder: Path, then: Callable[[], object] = lambda: None) -> None:
    """Take a picture of a page in each language of the desk.

    Args:
        page: shows it already, in some language.
        name: of the picture.
        folder: where it goes without ``PICTURES``.
        then: what is done with the page before.
    """
    target = FOLDER if os.environ.get("PICTURES") else folder
    address = page.url.partition("?")[0].partition("#")[0]
    page.set_viewport_size(SIZE)
    for language in LANGUAGES:
        page.goto(f"{address}?language={language}", wait_until="networkidle")
        assert page.locator("html").get_attribute("lang") == language
        then()
        page.screenshot(path=target / f"{language}-{name}.jpg", type="jpeg", quality=62)
