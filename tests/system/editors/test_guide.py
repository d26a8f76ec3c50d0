"""The guide for editors shows the desk as it is: its pictures are taken here and where a draft is published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.gateway.store import Store
from tests.conftest import ROOT
from tests.desk.questions import put, put_bikes
from tests.system.editors.desk import Editors
from tests.system.pictures import FOLDER, LANGUAGES, take

pytestmark = [pytest.mark.system, pytest.mark.beside]

#: Picture -> the page it shows.
PAGES = {
    "home": "/desk/home",
    "topic": "/desk/topics/deposit",
    "messages": "/desk/topics/deposit/messages",
    "questions": "/desk/questions",
    "fact": "/desk/facts/minimum_wage_21",
    "service": "/desk/services/juridisch_loket",
    "stories": "/desk/stories",
    "translations": "/desk/translations",
}
#: Those that need a trained draft.
_WITH_RASA = {"trial", "sandbox", "versions"}


@pytest.fixture(scope="module", autouse=True)
def _asked(staff: Editors) -> None:
    staff.run(_ask(staff.desk.store))


async def _ask(store: Store) -> None:
    """What people asked before the pictures are taken: three alike, and one that may be read."""
    await put_bikes(store)
    text = "oddałem klucze a kaucji dalej nie ma, co teraz"
    await put(store, text, "keys", language="pl", kind="not_helped", topics="deposit,rent_price", consent=True)


@pytest.mark.parametrize("name", PAGES)
def test_the_guide_shows_a_page_as_it_is(name: str, staff: Editors, tmp_path: Path) -> None:
    page = staff.open("eva", PAGES[name])
    take(page, name, tmp_path)


def test_the_guide_has_every_picture_in_both_languages_and_no_other() -> None:
    shown = re.findall(r"\(images/editors/([^)]+)\)", (ROOT / "docs/editors.md").read_text(encoding="utf-8"))
    wanted = {f"{language}-{name}.jpg" for language in LANGUAGES for name in {*PAGES, *_WITH_RASA}}
    assert sorted(shown) == sorted(wanted)
    assert {path.name for path in FOLDER.iterdir()} == wanted
