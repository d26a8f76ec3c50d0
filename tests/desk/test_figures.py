"""Officers see figures, and no small number: not on the page, not in the file, not by comparing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.desk import figures_csv
from bot.desk.figures import FEWEST, OTHERS, Shown, View, last_finished_month, months_between, release, released
from bot.desk.figures_charts import Bar, chart
from bot.desk.figures_words import Words
from bot.gateway import figures, tables
from tests.conftest import ROOT
from tests.desk.site import START, Browser, Site, enter

Cell = tuple[str, str, str, str]

#: A year of a small region, with numbers of every size.
COUNTS: dict[Cell, int] = {
    **{(f"2026-{month:02}", "Nijkerk", "language", "pl"): 20 + month for month in range(1, 12)},
    **{(f"2026-{month:02}", "Nijkerk", "language", "ro"): 3 for month in range(1, 12)},
    **{(f"2026-{month:02}", "Nijkerk", "topic", "deposit"): 2 for month in range(1, 12)},
    **{(f"2026-{month:02}", "Nijkerk", "answered", ""): 18 for month in range(1, 12)},
    ("2026-03", "Nijkerk", "signal", ""): 4,
    ("2026-05", "Nijkerk", "signal", ""): 3,
    ("2026-06", "Nijkerk", "handover", ""): 1,
    ("2026-06", "Ede", "language", "bg"): 4,
    ("2026-06", "Ede", "signal", ""): 1,
    ("2026-06", "unknown", "language", "en"): 6,
    ("2026-06", "unknown", "topic", "payslip"): 6,
}


async def _count(site: Site, counts: Mapping[Cell, int]) -> None:
    await site.store.transaction(lambda connection: figures.add(connection, counts))


@pytest.fixture
async def officer(site: Site, browser: Browser) -> Browser:
    await _count(site, COUNTS)
    await enter(site.store, browser, "officer", "officer")
    return browser


def _lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def _rows(page: str) -> dict[str, str]:
    """The first cell of each row of the page's tables -> the second."""
    return dict(re.findall(r'<th scope="row">([^<]+)</th><td>([^<]*)</td>', page))


# What may be shown


def test_a_small_number_waits_until_it_is_five_with_the_months_after_it() -> None:
    months = [f"2026-{month:02}" for month in range(1, 7)]
    numbers = {("2026-02", ""): 2, ("2026-03", ""): 2, ("2026-04", ""): 3, ("2026-05", ""): 9, ("2026-06", ""): 4}
    assert list(release(months, [""], numbers)) == [
        ("2026-04", "", Shown(7, "2026-01")),
        ("2026-05", "", Shown(9, "2026-05")),
    ]


def test_a_new_year_begins_with_nothing_kept_back() -> None:
    counts = {("2025-12", "Ede", "signal", ""): 4, ("2026-01", "Ede", "signal", ""): 4}
    assert released(counts, "2026-12") == {}


def test_languages_too_small_for_a_number_of_their_own_count_together() -> None:
    numbers = {("2026-01", "pl"): 9, ("2026-01", "ro"): 3, ("2026-01", "bg"): 3, ("2026-02", "nl"): 4}
    assert list(release(["2026-01", "2026-02"], ["pl", "ro", "bg", "nl"], numbers)) == [
        ("2026-01", "pl", Shown(9, "2026-01")),
        ("2026-01", OTHERS, Shown(6, "2026-01")),
    ]


def test_a_sum_that_would_tell_all_its_parts_is_not_shown_as_it_is() -> None:
    numbers = {("2026-01", "pl"): 4, ("2026-01", "ro"): 4}
    assert list(release(["2026-01"], ["pl", "ro"], numbers)) == [("2026-01", OTHERS, Shown(7, "2026-01"))]


@pytest.mark.parametrize(("parts", "months"), [(1, 4), (2, 2), (4, 1)])
def test_whoever_knows_the_rule_and_all_that_is_shown_cannot_tell_a_small_number(parts: int, months: int) -> None:
    """Every possible past, put together by what would be shown of it: a small number is never the same in all."""
    names, times = [f"part {part}" for part in range(parts)], [f"2026-{month:02}" for month in range(1, months + 1)]
    places = list(itertools.product(times, names))
    possible: dict[tuple[object, ...], list[set[int]]] = defaultdict(lambda: [set() for _ in places])
    pasts = list(itertools.product(range(2 * FEWEST), repeat=len(places)))
    shown = {past: tuple(release(times, names, dict(zip(places, past)))) for past in pasts}
    for past, seen in shown.items():
        for values, number in zip(possible[seen], past):
            values.add(number)
    for past, seen in shown.items():
        # The others need numbers higher than those tried here to look the same.
        if max(past) <= FEWEST:
            for number, values in zip(past, possible[seen]):
                assert number >= FEWEST or len(values) > 1, (past, seen)


_SERIES = st.lists(st.integers(0, 12), min_size=10, max_size=10)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(_SERIES, min_size=3, max_size=3))
def test_two_pasts_that_show_the_same_look_the_same_from_every_side(
    content: Content, data: st.DataObject, pasts: list[list[int]]
) -> None:
    """Move small numbers about where nothing shown changes: no view, no sum and no file may tell them apart."""
    places, months = ("Nijkerk", "Ede", "unknown"), months_between("2026-01", "2026-10")
    counts = {(month, place, "signal", ""): past[index] for place, past in zip(places, pasts)
              for index, month in enumerate(months)}  # fmt: skip
    cells = released(counts, "2026-10")
    moved = dict(counts)
    for place in places:
        block: list[str] = []
        for month in months:
            block.append(month)
            shown = cells.get((month, place, "signal", ""))
            if shown:
                kept = data.draw(st.integers(0, FEWEST - 1)) if len(block) > 1 else 0
                for other in block:
                    moved[other, place, "signal", ""] = 0
                moved[block[0], place, "signal", ""] += kept
                moved[month, place, "signal", ""] += shown.number - kept
                block = []
        for month in block:
            moved[month, place, "signal", ""] = 0
    assume(moved != counts)
    first, last = sorted((data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))))
    looks = [released(one, "2026-10") for one in (counts, moved)]
    for chosen in (places, *([place] for place in places)):
        views = [View.of(look, months[first : last + 1], chosen) for look in looks]
        files = [figures_csv.written(Words(content, "en"), view) for view in views]
        assert files[0] == files[1]
        assert views[0].number("signal") == views[1].number("signal")


@settings(max_examples=200, deadline=None)
@given(_SERIES)
def test_nothing_under_five_is_ever_shown_and_little_is_missing(past: list[int]) -> None:
    months = months_between("2026-01", "2026-10")
    shown = [one for _, _, one in release(months, [""], {(month, ""): n for month, n in zip(months, past)})]
    assert all(one.number >= FEWEST for one in shown)
    assert 0 <= sum(past) - sum(one.number for one in shown) < FEWEST


def test_a_view_adds_up_what_is_shown_and_nothing_else() -> None:
    cells = released(COUNTS, "2026-10")
    months = months_between("2026-01", "2026-10")
    whole = View.of(cells, months, ["Nijkerk", "Ede", "unknown"])
    for kind in ("language", "topic", "signal", "answered", "handover"):
        parts = [View.of(cells, [month], [place]).number(kind) for month in months for place in whole.municipalities]
        assert whole.number(kind) == sum(parts)
    assert whole.number("handover") == 0
    assert whole.number("signal") == 7


@pytest.mark.parametrize(
    ("hours", "month"), [(-1, "2026-09"), (0.5, "2026-09"), (1.5, "2026-10"), (24 * 29, "2026-10")]
)
def test_a_month_is_shown_when_it_is_over(hours: float, month: str) -> None:
    midnight = dt.datetime(2026, 10, 31, 23, tzinfo=dt.timezone.utc)
    assert last_finished_month(midnight + dt.timedelta(hours=hours)) == month
    assert last_finished_month(dt.datetime(2027, 1, 5, tzinfo=dt.timezone.utc)) == "2026-12"


# The page


async def test_officers_begin_with_the_figures(officer: Browser) -> None:
    assert (await officer.get("/desk")).headers["Location"] == "/desk/figures"
    page = (await officer.get("/desk/figures")).text
    assert 'href="/desk/figures"' in page
    assert "Jan – Oct 2026" in page
    assert "Nov 2026" not in page, "a month that is not over"


async def test_the_page_shows_what_is_large_enough(officer: Browser) -> None:
    page = (await officer.get("/desk/figures?from=2026-01&to=2026-10&municipality=Nijkerk")).text
    rows = _rows(page)
    assert rows["Polish"] == "255"
    assert rows["Got the answer on a topic"] == "180"
    assert rows["Handed over to a person"] == "&lt; 5"
    assert "7 (Jan – May 2026)" in page
    assert "Small numbers together" not in page
    assert rows["Romanian"] == "30"
    assert page.count('role="img"') == 2
    assert "The longest: 36 in " in page


async def test_a_municipality_whose_numbers_are_small_shows_none(officer: Browser) -> None:
    page = (await officer.get("/desk/figures?municipality=Ede")).text
    assert set(re.findall(r"<dd>([^<]*)</dd>", page)) == {"&lt; 5"}
    assert "<svg" not in page
    assert "Bulgarian" not in page


async def test_a_sum_of_numbers_that_are_each_too_small_is_not_said_to_be_under_five(
    site: Site, officer: Browser
) -> None:
    await _count(site, {("2026-06", place, "handover", ""): 4 for place in ("Ede", "Barneveld")})
    page = (await officer.get("/desk/figures")).text
    assert re.findall(r"<dd>([^<]*)</dd>", page)[2] == "each &lt; 5"


async def test_the_page_is_in_dutch_for_whoever_reads_dutch(officer: Browser) -> None:
    page = (await officer.get("/desk/figures?language=nl")).text
    for text in ("Cijfers", "Signalen van uitbuiting", "jan – okt 2026", "Pools", "Borg", "Plaats niet bekend"):
        assert text in page, text


async def test_there_is_a_page_before_anything_was_counted(site: Site, browser: Browser) -> None:
    await enter(site.store, browser, "officer", "officer")
    answer = await browser.get("/desk/figures")
    assert answer.status == 200
    assert "Jan – Oct 2026" in answer.text
    assert len(_lines((await browser.get("/desk/figures.csv")).text)) > 1


@pytest.mark.parametrize(
    "query", ["from=2026-11", "to=2026-12", "from=2026-05&to=2026-03", "from=x", "municipality=Atlantis", "to="]
)
async def test_what_cannot_be_chosen_is_refused(officer: Browser, query: str) -> None:
    for path in ("figures", "figures.csv"):
        answer = await officer.get(f"/desk/{path}?{query}")
        assert answer.status == 400
        assert "These figures do not exist" in answer.text


async def test_a_municipality_that_is_no_more_and_a_topic_that_was_removed_stay_in_the_figures(
    site: Site, officer: Browser
) -> None:
    await _count(site, {("2026-02", "Renswoude", "topic", "an_old_topic"): 8})
    page = (await officer.get("/desk/figures?municipality=Renswoude")).text
    assert _rows(page)["an_old_topic"] == "8"


@pytest.mark.parametrize("role", ["counsellor", "admin"])
async def test_the_figures_are_for_officers_and_editors_only(site: Site, browser: Browser, role: str) -> None:
    await enter(site.store, browser, role, role)  # type: ignore[arg-type]
    for path in ("/desk/figures", "/desk/figures.csv"):
        assert (await browser.get(path)).status == 403
    assert 'href="/desk/figures"' not in (await browser.get("/desk/account")).text
    await enter(site.store, browser, "eva", "editor")
    assert (await browser.get("/desk/figures")).status == 200


async def test_a_page_of_figures_brings_no_script(officer: Browser) -> None:
    page = (await officer.get("/desk/figures")).text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


def test_a_chart_says_what_it_shows_and_draws_no_bar_for_what_is_not_shown() -> None:
    drawn = chart("x", "A & B", "Two <months>", [Bar("May", 40, "40"), Bar("June", 0, "< 5"), Bar("July", 10, "10")])
    assert 'role="img" aria-labelledby="x-title x-text"' in drawn
    assert '<title id="x-title">A &amp; B</title><desc id="x-text">Two &lt;months&gt;</desc>' in drawn
    assert re.findall(r'<rect y="\d+" width="([\d.]+)%"', drawn) == ["82.0", "20.5"]
    assert "&lt; 5</text>" in drawn


# The file


async def test_the_file_opens_in_dutch_excel(officer: Browser) -> None:
    answer = await officer.get("/desk/figures.csv?from=2026-03&to=2026-06&municipality=Nijkerk")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = "wegwijzer-figures-nijkerk-2026-03-2026-06.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.text.startswith("\ufeffMonth;Counted from;Municipality;Figure;Topic or language;Conversations\r\n")
    lines = _lines(answer.text)
    assert ["2026-05", "2026-01", "Nijkerk", "Signals of exploitation", "", "7"] in lines
    assert ["2026-03", "", "Nijkerk", "Signals of exploitation", "", "<5"] in lines
    assert ["2026-04", "2026-04", "Nijkerk", "Language", "Polish", "24"] in lines
    assert ["2026-04", "2026-03", "Nijkerk", "Language", "Romanian", "6"] in lines
    assert {len(line) for line in lines} == {6}
    assert all(line[5] == "<5" or int(line[5]) >= FEWEST for line in lines[1:])


async def test_the_file_has_the_numbers_of_the_page(officer: Browser) -> None:
    lines = _lines((await officer.get("/desk/figures.csv")).text)
    sums: Counter[str] = Counter()
    for _, _, _, figure, detail, number in lines[1:]:
        sums[detail or figure] += int(number) if number.isdecimal() else 0
    rows = _rows((await officer.get("/desk/figures")).text)
    for name in ("Polish", "Romanian", "English", "Payslip", "Got the answer on a topic"):
        assert rows[name] == str(sums[name]), name


async def test_a_download_is_in_the_audit_log(site: Site, officer: Browser) -> None:
    await officer.get("/desk/figures.csv?from=2026-03&to=2026-06&municipality=Nijkerk")
    assert (await site.audit())[-1] == ("officer", "figures.downloaded", "Nijkerk-2026-03-2026-06", "")
    async with site.browser() as admin:
        await enter(site.store, admin, "admin", "admin")
        assert "downloaded figures" in (await admin.get("/desk/audit")).text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert figures_csv.plain(cell) == f"'{cell}"
    assert figures_csv.plain("< 5") == "< 5"


async def test_what_the_page_reads_is_about_months_that_are_over(site: Site, officer: Browser) -> None:
    before = (await officer.get("/desk/figures")).text
    await _count(site, {("2026-11", "Nijkerk", "topic", "deposit"): 99})
    assert (await officer.get("/desk/figures")).text == before
    assert START.month == 11


async def test_a_count_never_falls_below_what_can_be_shown(site: Site, officer: Browser) -> None:
    await _count(site, {("2026-06", "unknown", "topic", "payslip"): -6})

    def read(connection: Connection) -> int:
        query = tables.figures.select().where(tables.figures.c.detail == "payslip")
        return int(connection.execute(query).one().number)

    assert await site.store.transaction(read) == 0
    assert "Payslip" not in _rows((await officer.get("/desk/figures")).text)


def test_every_text_of_the_figures_is_used(content: Content) -> None:
    folder = ROOT / "bot/desk"
    sources = [path.read_text("utf-8") for path in (*folder.glob("figures*.py"), *folder.glob("templates/figures*"))]
    used = {found for source in sources for found in re.findall(r"\bfigures\.[a-z_]+", source)}
    used |= {f"figures.{column}" for column in figures_csv.COLUMNS}
    ours = {phrase for phrase in content.desk if phrase.startswith("figures.")}
    assert ours - used == set()
