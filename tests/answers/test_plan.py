"""Every organisation and route of the municipality's plan is reached by asking."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import yaml

from bot.answers.content import Content
from bot.answers.rendering import render_answer, render_helpers, tailor
from tests.conftest import ROOT, TODAY

ROWS = yaml.safe_load((ROOT / "tests/answers/plan.yml").read_text(encoding="utf-8"))
NOON = dt.datetime(2026, 11, 25, 12, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_what_the_plan_names_is_reached_by_asking(row: dict[str, Any], content: Content) -> None:
    answer = content.answers[row["topic"]]
    services = tailor(content, answer.services, "en", None, NOON)
    said = (
        render_answer(content, row["topic"], "en", TODAY).text
        + "\n"
        + render_helpers(content, services, "en", NOON, False)
    )
    assert " ".join(row["said_as"].split()) in " ".join(said.split())
