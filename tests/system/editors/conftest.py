from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.system.editors.desk import Editors, editors


@pytest.fixture(scope="module")
def staff(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editors]:
    with editors(browser, tmp_path_factory.mktemp("editors")) as staff:
        yield staff


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(staff: Editors) -> Iterator[None]:
    yield
    staff.close()
    assert staff.problems == []
