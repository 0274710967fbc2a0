"""Extracts and pages of the small desk, in real DuckDB; no browser, no Node."""

import dataclasses
import json
import re
import shutil
from datetime import date

import duckdb
import pytest

from dashboards.errors import DashboardError
from dashboards.extracts import Extracts, Span, write_extracts
from dashboards.generator import (
    GRAINS,
    PAGE_DEFAULTS,
    arrange,
    bind,
    check_queries,
    choose_defaults,
    default_inputs,
    load_extracts,
    page_queries,
    render_pages,
    to_js,
    write_pages,
)
from tests.dashboards.desk import COMPANIES, open_marts


@pytest.fixture(scope="module")
def extracts(desk, tmp_path_factory) -> Extracts:
    return write_extracts(desk.marts, desk.definitions, tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="module")
def browser_tables(extracts):
    """DuckDB over the extracts, as the browser has it."""
    with duckdb.connect() as connection:
        load_extracts(connection, extracts)
        yield connection


def queries(desk, defaults=PAGE_DEFAULTS) -> dict[str, str]:
    pages = render_pages(desk.definitions, defaults)
    return {name: sql for page in desk.definitions.pages for name, sql in page_queries(pages[page])}


def run(connection, sql: str) -> list[dict]:
    relation = connection.execute(sql)
    names = [column[0] for column in relation.description]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def inputs_of(desk, span: Span, grain: str = "month") -> dict[str, str]:
    defaults = dataclasses.replace(PAGE_DEFAULTS, grain=grain)
    return default_inputs(desk.definitions, span, defaults)


def test_every_key_becomes_a_number_and_every_name_stays_what_it_is(desk, browser_tables):
    rows = browser_tables.execute("select id, name from desk.filter_company order by id").fetchall()
    names = [name for _, name in rows]
    expected = [name for name in COMPANIES.values() if name != "Twin"]
    assert set(expected) < set(names)
    # Two companies of one name are told apart, or a reader could not choose between them.
    assert {name for name in names if name.startswith("Twin")} == {
        "Twin (generic:twin-1)", "Twin (generic:twin-2)"
    }  # fmt: skip
    plain = [name for name in names if not re.search("[0-9]", name)]
    assert plain == sorted(plain, key=lambda name: (name.lower(), name))
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))


def test_numbered_names_come_in_the_order_of_their_numbers(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    names = ["Group 2", "group 10", "Group 200"]
    item = desk.definitions.filters[0]
    with open_marts(marts) as connection:
        keys = connection.execute(
            f"select distinct {item.column} from {desk.definitions.reports[0].relation.sql} order by 1"
        ).fetchall()
        for (key,), name in zip(keys, reversed(names), strict=False):
            connection.execute(
                f"update {item.dimension.relation.sql} set name = ? where {item.dimension.key} = ?",
                [name, key],
            )
    extracts = write_extracts(marts, desk.definitions, tmp_path / "static")
    with duckdb.connect() as connection:
        load_extracts(connection, extracts)
        members = connection.execute("select name from desk.filter_agent order by id").fetchall()
    assert [name for (name,) in members if name in names] == names


def test_no_key_of_the_help_desk_travels_to_the_browser(desk, extracts, browser_tables):
    for table in extracts.tables:
        columns = browser_tables.execute(f'describe desk."{table.name}"').fetchall()
        assert not [name for name, *_ in columns if name.endswith("_key")]
        assert {kind for _, kind, *_ in columns} <= {"INTEGER", "DOUBLE", "TIMESTAMP", "VARCHAR"}


def test_extracts_lose_nothing(desk, browser_tables):
    for report in desk.definitions.reports:
        for column in report.measure_columns:
            here = f'select sum({column}) from desk."{report.relation.name}"'
            there = f"select sum({column}) from {report.relation.sql}"
            assert browser_tables.execute(here).fetchone() == pytest.approx(
                desk.truth.connection.execute(there).fetchone()
            )


def test_only_members_in_the_data_can_be_chosen(desk, browser_tables):
    for item in desk.definitions.filters:
        used = {
            key
            for report in desk.definitions.reports
            for (key,) in desk.truth.connection.execute(
                f"select distinct {item.column} from {report.relation.sql}"
            ).fetchall()
        }
        (members,) = browser_tables.execute(
            f"select count(*) from desk.filter_{item.name}"
        ).fetchone()
        assert members == len(used)


def test_the_same_marts_give_the_same_bytes(desk, extracts, tmp_path):
    again = write_extracts(desk.marts, desk.definitions, tmp_path)
    assert [table.path.read_bytes() for table in again.tables] == [
        table.path.read_bytes() for table in extracts.tables
    ]


def test_the_site_finds_each_file_and_its_columns(extracts):
    data = extracts.tables[0].path.parents[2]
    listed = json.loads((data / "manifest.json").read_text())["renderedFiles"]["desk"]
    assert listed == [
        f"static/data/desk/{table.name}/{table.name}.parquet" for table in extracts.tables
    ]
    for table in extracts.tables:
        schema = json.loads(table.path.with_name(f"{table.name}.schema.json").read_text())
        assert all(column["evidenceType"] in ("number", "date", "string") for column in schema)


@pytest.mark.parametrize("grain", GRAINS)
def test_page_queries_give_what_the_marts_give(desk, extracts, browser_tables, grain):
    span, sqls = extracts.span, queries(desk)
    inputs = inputs_of(desk, span, grain)
    for report in desk.definitions.reports:
        main = report.measures[0]
        (row,) = run(browser_tables, bind(sqls[f"{report.slug}_period"], inputs))
        for name, value in desk.truth.values(report, span.first, span.last).items():
            assert row[name] == pytest.approx(value)
        if report.series:
            continue
        trend = run(browser_tables, bind(sqls[f"{report.slug}_trend"], inputs))
        values = [row[main.name] * row.get("seconds", 1) for row in trend if row[main.name]]
        assert values == pytest.approx(
            [
                float(value)
                for value in desk.truth.buckets(report, span.first, span.last, grain)
                if value
            ]
        )


def test_a_reports_members_give_what_the_marts_give(desk, extracts, browser_tables):
    (report,) = [report for report in desk.definitions.reports if report.series]
    sql = bind(queries(desk)[f"{report.slug}_members"], inputs_of(desk, extracts.span))
    here = [tuple(row.values()) for row in run(browser_tables, sql)]
    there = desk.truth.members(report, extracts.span.first, extracts.span.last)
    # Both pipelines have these statuses; a reader sees each name once.
    assert [name for name, *_ in here] == [name for name, *_ in there]
    assert len({name for name, *_ in here}) == len(here)
    for (_, *mine), (_, *theirs) in zip(here, there, strict=True):
        assert mine == pytest.approx(theirs)


def test_every_filter_narrows_to_what_the_marts_give(desk, extracts, browser_tables):
    span, sqls = extracts.span, queries(desk)
    for item in desk.definitions.filters:
        members = desk.truth.connection.execute(
            f"select {item.dimension.key}, name from {item.dimension.relation.sql}"
        ).fetchall()
        numbers = dict(
            browser_tables.execute(f"select name, id from desk.filter_{item.name}").fetchall()
        )
        for key, name in members:
            number = numbers.get(name, numbers.get(f"{name} ({key})"))
            if number is None:
                continue
            inputs = {**inputs_of(desk, span), f"inputs.{item.name}.value": str(number)}
            for report in desk.definitions.reports:
                (row,) = run(browser_tables, bind(sqls[f"{report.slug}_period"], inputs))
                row.pop("row_count")
                truth = desk.truth.values(report, span.first, span.last, **{item.column: key})
                assert row == pytest.approx(truth), (item, name, report.id)


@pytest.mark.parametrize(
    ("grain", "unit", "seconds"), [("month", "hours", 3600), ("day", "days", 86400)]
)
def test_durations_are_drawn_in_the_unit_that_suits_the_largest(
    desk, extracts, browser_tables, grain, unit, seconds
):
    report = next(
        item
        for item in desk.definitions.reports
        if item.measures[0].sum.startswith("time_to_close") and not item.series
    )
    sql = bind(queries(desk)[f"{report.slug}_trend"], inputs_of(desk, extracts.span, grain))
    rows = run(browser_tables, sql)
    assert {(row["unit"], row["seconds"]) for row in rows} == {(unit, seconds)}
    assert max(row[report.measures[0].name] or 0 for row in rows) >= 2


def test_buckets_are_there_without_data_and_named_by_grain(desk, extracts, browser_tables):
    report = desk.definitions.reports[0]
    sql = queries(desk)[f"{report.slug}_trend"]
    inputs = inputs_of(desk, extracts.span)
    inputs |= {"inputs.period.start": "2026-01-01", "inputs.period.end": "2026-04-30"}
    for grain, names in {
        "month": ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"],
        "quarter": ["Q1 2026", "Q2 2026"],
        "year": ["2026"],
    }.items():
        rows = run(browser_tables, bind(sql, {**inputs, "inputs.grain": grain}))
        assert [row["starting"] for row in rows] == names
    assert rows[-1][report.measures[0].name] > 0
    week = run(browser_tables, bind(sql, {**inputs, "inputs.grain": "week"}))
    assert week[0]["starting"] == "29 Dec 2025"
    assert week[-1][report.measures[0].name] == 0


def test_a_period_without_data_gives_no_rows(desk, extracts, browser_tables):
    inputs = inputs_of(desk, extracts.span)
    inputs |= {"inputs.period.start": "1999-01-01", "inputs.period.end": "1999-12-31"}
    for name, sql in queries(desk).items():
        if name.endswith(("_trend", "_members")):
            assert run(browser_tables, bind(sql, inputs)) == []
        elif name.endswith("_period"):
            assert run(browser_tables, bind(sql, inputs))[0]["row_count"] == 0


def test_a_desk_without_a_row_still_gives_pages(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    with open_marts(marts) as connection:
        for report in desk.definitions.reports:
            connection.execute(f"delete from {report.relation.sql}")
    extracts = write_extracts(marts, desk.definitions, tmp_path / "static")
    assert extracts.span == Span(date(2026, 3, 31), date(2026, 3, 31), 0, 0)
    assert write_pages(desk.definitions, extracts, tmp_path) == ("index", "analyze")


def test_a_report_this_desk_has_nothing_for_is_named_and_not_drawn(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    gone, *others = desk.definitions.reports
    with open_marts(marts) as connection:
        connection.execute(f"delete from {gone.relation.sql}")
    extracts = write_extracts(marts, desk.definitions, tmp_path / "static")
    write_pages(desk.definitions, extracts, tmp_path)
    text = (tmp_path / "pages" / f"{gone.page}.md").read_text()
    assert f'<Absent titles={{["{gone.title}"]}}/>' in text
    assert f"{gone.slug}_period" not in text
    assert all(f"{report.slug}_period" in text for report in others)


def test_pages_hold_no_name_of_the_data(desk, extracts, tmp_path):
    write_pages(desk.definitions, extracts, tmp_path)
    text = "".join(path.read_text() for path in tmp_path.glob("pages/*.md"))
    assert not [name for name in COMPANIES.values() if name in text]


def test_a_broken_query_is_named_with_its_page_before_anything_is_built(extracts, desk):
    inputs = inputs_of(desk, extracts.span)
    with pytest.raises(DashboardError, match=r"page analyze: query broken: .*no_such_column"):
        check_queries({"analyze": "```sql broken\nselect no_such_column\n```\n"}, extracts, inputs)
    with pytest.raises(DashboardError, match=r"page analyze: query asks: .*inputs.nobody"):
        check_queries(
            {"analyze": "```sql asks\nselect '${inputs.nobody}'\n```\n"}, extracts, inputs
        )


def test_marts_without_a_column_of_the_manifest_are_refused(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = desk.definitions.reports[0]
    with open_marts(marts) as connection:
        connection.execute(f"alter table {report.relation.sql} drop {report.measures[0].sum}")
    with pytest.raises(DashboardError, match=report.measures[0].sum):
        write_extracts(marts, desk.definitions, tmp_path / "static")


def test_missing_marts_are_said_to_be_missing(desk, tmp_path):
    with pytest.raises(DashboardError, match="no published marts"):
        write_extracts(tmp_path / "none.duckdb", desk.definitions, tmp_path)


@pytest.mark.parametrize(
    ("rows", "recent", "days", "expected"),
    [
        (1000, 300, 365, ("Last 90 Days", "week")),
        (1000, 1000, 20, ("Last 90 Days", "day")),
        (1000, 1, 365, ("All Time", "month")),
        (1000, 1, 3000, ("All Time", "quarter")),
        (0, 0, 1, ("Last 90 Days", "day")),
    ],
)
def test_the_period_shown_first_is_never_next_to_empty(rows, recent, days, expected):
    last = date(2026, 3, 31)
    first = date.fromordinal(last.toordinal() - days + 1)
    defaults = choose_defaults(Span(first, last, rows, recent))
    assert (defaults.preset, defaults.grain) == expected


def test_no_row_of_the_page_has_a_hole(desk):
    reports = desk.definitions.reports
    for count in range(1, len(reports) + 1):
        narrow = [is_wide for is_wide in arrange(reports[:count]).values() if not is_wide]
        assert len(narrow) % 2 == 0


def test_texts_reach_the_page_as_literals_that_nothing_mistakes():
    text = "a \"quoted\" <b> {x} `${y}` </script> 'z' \\ é 🚀 _u_ *s*"
    literal = to_js({"text": text})
    assert json.loads(literal) == {"text": text}
    assert not set("<>`$*'&") & set(literal)
    assert literal.count("{") == literal.count("}") == 1
