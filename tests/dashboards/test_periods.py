"""The periods of the pages and the ones they are compared with; without a browser."""

import re
import shutil
from contextlib import closing
from datetime import date

import pytest

from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.inputs import readings
from tests.dashboards.desk import open_marts
from tests.dashboards.reader import Reader, expect_values
from tests.dashboards.truth import Truth

# Last day of the data, choice; period, the one that it is compared with.
PERIODS = [
    # A Tuesday.
    ("2026-03-10", "today", "2026-03-10 2026-03-10", "2026-03-09 2026-03-09"),
    ("2026-03-10", "yesterday", "2026-03-09 2026-03-09", "2026-03-08 2026-03-08"),
    ("2026-03-10", "this_week", "2026-03-09 2026-03-10", "2026-03-02 2026-03-03"),
    ("2026-03-10", "last_week", "2026-03-02 2026-03-08", "2026-02-23 2026-03-01"),
    ("2026-03-10", "this_month", "2026-03-01 2026-03-10", "2026-02-01 2026-02-10"),
    ("2026-03-10", "last_month", "2026-02-01 2026-02-28", "2026-01-01 2026-01-31"),
    ("2026-03-10", "this_quarter", "2026-01-01 2026-03-10", "2025-10-01 2025-12-08"),
    ("2026-03-10", "last_quarter", "2025-10-01 2025-12-31", "2025-07-01 2025-09-30"),
    ("2026-03-10", "this_year", "2026-01-01 2026-03-10", "2025-01-01 2025-03-10"),
    ("2026-03-10", "last_year", "2025-01-01 2025-12-31", "2024-01-01 2024-12-31"),
    ("2026-03-10", "30", "2026-02-09 2026-03-10", "2026-01-10 2026-02-08"),
    # A month that is over has the whole month before, one that lasts has no more than all of it.
    ("2026-03-31", "this_month", "2026-03-01 2026-03-31", "2026-02-01 2026-02-28"),
    ("2026-03-30", "this_month", "2026-03-01 2026-03-30", "2026-02-01 2026-02-28"),
    ("2026-01-01", "last_quarter", "2025-10-01 2025-12-31", "2025-07-01 2025-09-30"),
]
A_YEAR_BEFORE = [
    # The same weekdays.
    ("2026-03-10", "today", "2025-03-11 2025-03-11"),
    ("2026-03-10", "this_week", "2025-03-10 2025-03-11"),
    ("2026-03-10", "last_week", "2025-03-03 2025-03-09"),
    # The same dates.
    ("2026-03-10", "this_month", "2025-03-01 2025-03-10"),
    ("2026-03-10", "last_quarter", "2024-10-01 2024-12-31"),
    ("2026-03-10", "this_year", "2025-01-01 2025-03-10"),
    ("2025-03-10", "last_month", "2024-02-01 2024-02-29"),
    ("2026-03-10", "30", "2025-02-09 2025-03-10"),
    ("2024-02-29", "7", "2023-02-23 2023-02-28"),
]


def span(first: str, last: str, **chosen: str) -> dict:
    desk = {
        "clock": {"first": first, "last": last, "today": last},
        "defaults": {"period": "90", "grain": "week"},
        "filters": {},
        "reports": {},
    }
    return readings(desk, chosen)["period"]


def days(found: dict, word: str = "") -> str:
    return f"{found[f'{word}start']} {found[f'{word}end']}"


@pytest.mark.parametrize(("last", "period", "now", "before"), PERIODS)
def test_a_period_is_compared_with_the_one_before(last, period, now, before):
    found = span("2020-01-01", last, period=period)
    assert (days(found), days(found, "before_")) == (now, before)
    assert found["is_compared"]


@pytest.mark.parametrize(("last", "period", "before"), A_YEAR_BEFORE)
def test_a_period_is_compared_with_the_same_one_last_year(last, period, before):
    found = span("2020-01-01", last, period=period, compare="year")
    assert days(found, "before_") == before
    assert found["is_compared"]


def test_a_period_is_not_compared_with_one_that_the_data_lacks_or_that_overlaps_it():
    data = ("2025-03-02", "2026-03-10")
    assert span(*data, period="90")["is_compared"]
    assert not span(*data, period="365")["is_compared"]
    assert not span(*data, period="all")["is_compared"]
    # Part of that month has data.
    assert not span(*data, period="this_month", compare="year")["is_compared"]
    assert span("2025-03-01", data[1], period="this_month", compare="year")["is_compared"]
    years = {"period": "custom", "start": "2024-01-01", "end": "2025-06-30"}
    assert not span("2000-01-01", data[1], **years, compare="year")["is_compared"]
    assert span("2000-01-01", data[1], **years)["is_compared"]


@pytest.fixture(scope="module")
def longer(desk, tmp_path_factory):
    """Reader and truth of the desk with all rows once more 300 days before, in monthly files."""
    folder = tmp_path_factory.mktemp("longer")
    marts = shutil.copyfile(desk.marts, folder / "marts.duckdb")
    with open_marts(marts) as connection:
        for report in desk.definitions.reports:
            view = report.relation.sql
            connection.execute(
                f"create table marts.longer as select * from {view} union all "
                f"select * replace (report_date - 300 as report_date) from {view}"
            )
            connection.execute(f"drop view {view}")
            connection.execute(f"alter table marts.longer rename to {report.relation.name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpdesk.dashboards.extracts.LARGEST", 10)
        write_extracts(marts, desk.definitions, desk.widgets, folder / "0123fed")
    with closing(Truth(marts, desk.definitions)) as truth:
        yield Reader(desk, folder / "0123fed"), truth


@pytest.mark.parametrize("period", ["90", "last_month", "this_quarter", "this_week"])
def test_the_days_between_two_years_are_in_neither_figure(desk, longer, period):
    reader, truth = longer
    choice = {"period": period, "compare": "year"}
    (inputs,) = reader.inputs(choice)
    company = reader.catalogue["filters"]["company"]["keys"][0]
    (filtered,) = reader.inputs({**choice, "company": company})
    assert inputs["period"]["is_compared"]
    now, before = (
        tuple(date.fromisoformat(inputs["period"][f"{word}{bound}"]) for bound in ("start", "end"))
        for word in ("", "before_")
    )
    tried = 0
    (column,) = [one.column for one in desk.definitions.filters if one.name == "company"]
    for report in desk.definitions.reports:
        for given, keys in ((inputs, {}), (filtered, {column: company})):
            rows = {row["is_now"]: row for row in reader.rows(f"{report.slug}_period", given)}
            for is_now, bounds in ((True, now), (False, before)):
                expected = truth.values(report, *bounds, **keys)
                if is_now in rows or any(expected.values()):
                    expect_values(rows[is_now], expected, (report.id, bounds, keys))
                    tried += 1
        main = report.measures[0]
        total = truth.values(report, *before)[main.name] or 0
        for breakdown in report.breakdowns:
            rows = reader.rows(f"{report.slug}_by_{breakdown.name}", inputs)
            if not main.denominator:
                assert sum(row["before"] for row in rows) == pytest.approx(total), report.id
    assert tried > 40


def test_only_the_months_of_both_periods_are_read(desk, longer):
    reader, _ = longer
    (inputs,) = reader.inputs({"period": "last_month", "compare": "year"})
    report = desk.definitions.reports[0]
    files = re.findall(r"__(\d{6})", inputs[report.slug]["main"])
    assert files == ["202502", "202602"]
