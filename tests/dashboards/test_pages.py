"""Extracts and pages of the small desk, in real DuckDB: what the browser will read, and how."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards import generator
from dashboards.clock import Span, choose_defaults
from dashboards.errors import DashboardError
from dashboards.extracts import write_extracts
from dashboards.generator import (
    arrange,
    bind,
    check_queries,
    page_queries,
    readings,
    render_pages,
    run_query,
    to_js,
    write_pages,
)
from dashboards.members import breakdowns_of, same_filter
from tests.dashboards.desk import COMPANIES, open_marts

GRAINS = ("day", "week", "month", "quarter", "year")


class Reader:
    """Somebody who reads pages over some extracts, and chooses."""

    def __init__(self, desk, data: Path) -> None:
        self.desk, self.data = desk, data
        self.catalogue = json.loads((data / "desk.json").read_text())
        self.sqls = {
            name: sql
            for text in render_pages(desk.definitions).values()
            for name, sql in page_queries(text)
        }
        self.connection = duckdb.connect()
        self.connection.execute("create schema desk")

    def inputs(self, *choices: dict[str, str]) -> list[dict[str, Any]]:
        return readings(self.data / "desk.json", list(choices))

    def rows(self, name: str, inputs: dict[str, Any]) -> list[dict]:
        relation = run_query(self.connection, self.data, bind(self.sqls[name], inputs))
        names = [column[0] for column in relation.description]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def now(self, report, inputs: dict[str, Any]) -> dict:
        found = [row for row in self.rows(f"{report.slug}_period", inputs) if row["is_now"]]
        return found[0] if found else {}


def everything(reader: Reader, grain: str = "month") -> dict[str, str]:
    clock = reader.catalogue["clock"]
    return {"period": "custom", "start": clock["first"], "end": clock["last"], "grain": grain}


@pytest.fixture(scope="module")
def data(desk, tmp_path_factory) -> Path:
    data = tmp_path_factory.mktemp("data") / "0123abc"
    write_extracts(desk.marts, desk.definitions, desk.boards, data)
    return data


@pytest.fixture(scope="module")
def reader(desk, data) -> Reader:
    return Reader(desk, data)


@pytest.fixture(scope="module")
def span(reader) -> tuple[date, date]:
    clock = reader.catalogue["clock"]
    return date.fromisoformat(clock["first"]), date.fromisoformat(clock["last"])


def expect_values(row: dict, truth: dict, about: object) -> None:
    for name, value in truth.items():
        assert row.get(name) == pytest.approx(value), (about, name)


def test_every_key_has_a_number_and_every_name_stays_what_it_is(reader):
    members = reader.catalogue["filters"]["company"]
    expected = [name for name in COMPANIES.values() if name != "Twin"]
    assert set(expected) < set(members["names"])
    # Two companies of one name are told apart, or a reader could not choose between them.
    assert {name for name in members["names"] if name.startswith("Twin")} == {
        "Twin (generic:twin-1)", "Twin (generic:twin-2)"
    }  # fmt: skip
    plain = [name for name in members["names"] if not re.search("[0-9]", name)]
    assert plain == sorted(plain, key=lambda name: (name.lower(), name))


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
    catalogue = write_extracts(marts, desk.definitions, desk.boards, tmp_path / "data")
    members = catalogue["filters"][item.name]["names"]
    assert [name for name in members if name in names] == names


def test_files_hold_numbers_and_dates_alone(data):
    files = list(data.rglob("*.parquet"))
    assert files
    for file in files:
        columns = duckdb.execute("describe from read_parquet(?)", [str(file)]).fetchall()
        kinds = {kind for _, kind, *_ in columns}
        assert kinds <= {"INTEGER", "DOUBLE", "DOUBLE[]", "TIMESTAMP"}


def test_extracts_lose_nothing(desk, data):
    """Neither the tables of the whole desk nor the files by owner and by company."""
    for report in desk.definitions.reports:
        for column in report.measure_columns:
            there = desk.truth.connection.execute(
                f"select sum({column}) from {report.relation.sql}"
            ).fetchone()
            for kind in ("main", "agent", "company"):
                files = str(data / report.slug / kind / "*.parquet")
                here = duckdb.execute(f"select sum({column}) from read_parquet(?)", [files])
                assert here.fetchone() == pytest.approx(there), (report.id, kind)


def test_only_members_in_the_data_can_be_chosen(desk, reader):
    for item in desk.definitions.filters:
        used = {
            key
            for report in desk.definitions.reports
            for column in [
                item.column,
                *(
                    one.column
                    for one in breakdowns_of(report)
                    if same_filter(desk.definitions, one) == item
                ),
            ]
            for (key,) in desk.truth.connection.execute(
                f"select distinct {column} from {report.relation.sql}"
            ).fetchall()
        }
        assert set(reader.catalogue["filters"][item.name]["keys"]) == used


@pytest.mark.parametrize("grain", GRAINS)
def test_page_queries_give_what_the_marts_give(desk, reader, span, grain):
    (inputs,) = reader.inputs(everything(reader, grain))
    for report in desk.definitions.reports:
        main = report.measures[0]
        truth = desk.truth.values(report, *span)
        expect_values(reader.now(report, inputs), truth, report.id)
        if report.series or report.axis:
            continue
        trend = reader.rows(f"{report.slug}_trend", inputs)
        values = [row[f"m_{main.name}"] for row in trend if row[f"m_{main.name}"]]
        buckets = [float(value) for value in desk.truth.buckets(report, *span, grain) if value]
        assert values == pytest.approx(buckets), report.id


def test_medians_are_those_of_the_single_values(desk, reader, span):
    chosen = [everything(reader)]
    for name, members in reader.catalogue["filters"].items():
        chosen += [{**chosen[0], name: key} for key in members["keys"][:3]]
    columns = {item.name: item.column for item in desk.definitions.filters}
    for choice, inputs in zip(chosen, reader.inputs(*chosen), strict=True):
        keys = {columns[name]: key for name, key in choice.items() if name in columns}
        for report in desk.definitions.reports:
            for measure in report.measures:
                if measure.values:
                    name = f"{report.slug}_percentiles_{measure.name}"
                    (row,) = reader.rows(name, inputs) or [{}]
                    here = (row.get("median"), row.get("p90"))
                    truth = desk.truth.percentiles(report, measure, *span, **keys)
                    assert here == pytest.approx(truth), (report.id, choice)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins(desk, reader):
    last = desk.truth.last_day()
    (inputs,) = reader.inputs({"period": "30", "grain": "week"})
    for report in desk.definitions.reports:
        rows = reader.rows(f"{report.slug}_period", inputs)
        (before,) = [row for row in rows if not row["is_now"]] or [{}]
        ends = last - timedelta(days=30)
        truth = desk.truth.values(report, ends - timedelta(days=29), ends)
        expect_values(before, truth, report.id) if before else None
        assert before or not any(truth.values())


def test_breakdowns_give_what_the_marts_give(desk, reader, span):
    (inputs,) = reader.inputs(everything(reader))
    for report in desk.definitions.reports:
        for breakdown in breakdowns_of(report):
            if breakdown == report.axis:
                continue
            is_series = breakdown == report.series
            query = "members" if is_series else f"by_{breakdown.name}"
            item = same_filter(desk.definitions, breakdown)
            names = (
                reader.catalogue["filters"][item.name]["names"]
                if item
                else reader.catalogue["reports"][report.slug]["members"][breakdown.name]
            )
            rows = reader.rows(f"{report.slug}_{query}", inputs)
            truth = desk.truth.members(report, breakdown, *span)
            here = {names[row["id"] - 1]: row for row in rows}
            most = len(truth) if is_series and not breakdown.top else 10
            assert len(here) == len(rows) <= most
            for name, row in here.items():
                # Members of one name are told apart by their keys.
                if not name.startswith("Twin"):
                    values = [row[measure.name] for measure in report.measures]
                    assert values == pytest.approx(list(truth[name])), (report.id, name)


def test_members_side_by_side_are_those_with_most(desk, reader, span):
    """The chart of a report with an axis: the members' own values, of at most 24 of them."""
    reports = [report for report in desk.definitions.reports if report.axis]
    (inputs,) = reader.inputs(everything(reader))
    assert {report.id for report in reports} == {"C1", "C2", "C5"}
    for report in reports:
        item = same_filter(desk.definitions, report.axis)
        names = (
            reader.catalogue["filters"][item.name]["names"]
            if item
            else reader.catalogue["reports"][report.slug]["members"][report.axis.name]
        )
        truth = desk.truth.members(report, report.axis, *span)
        here = {
            names[row["axis_id"] - 1]: row for row in reader.rows(f"{report.slug}_trend", inputs)
        }
        assert len(here) == min(len(truth), 24)
        for name, row in here.items():
            values = [row[f"m_{measure.name}"] for measure in report.measures]
            assert values == pytest.approx(list(truth[name])), (report.id, name)


def test_of_many_members_the_first_are_drawn_and_the_others_together(desk, reader, span):
    tried = set()
    for report in desk.definitions.reports:
        if not report.series or not report.series.top:
            continue
        truth = dict(
            desk.truth.connection.execute(
                f"select {report.series.column}, sum({report.measures[0].per}) from "
                f"{report.relation.sql} where report_date between ? and ? group by 1",
                list(span),
            ).fetchall()
        )
        few = replace(report, series=replace(report.series, top=1))
        definitions = replace(
            desk.definitions,
            reports=tuple(few if one is report else one for one in desk.definitions.reports),
        )
        page = render_pages(definitions)[f"report/{report.slug}"]
        sql = dict(page_queries(page))[f"{report.slug}_trend"]
        (inputs,) = reader.inputs(everything(reader, "year"))
        relation = run_query(reader.connection, reader.data, bind(sql, inputs))
        names = [column[0] for column in relation.description]
        rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        drawn = {}
        for row in rows:
            drawn[row["series_id"]] = drawn.get(row["series_id"], 0) + (row["n"] or 0)
        others = drawn.pop(0, 0)
        assert list(drawn.values()) == [max(truth.values())], report.id
        assert others == sum(truth.values()) - max(truth.values()), report.id
        tried.add(bool(others))
    assert tried == {False, True}


def test_every_filter_narrows_to_what_the_marts_give(desk, reader, span):
    for item in desk.definitions.filters:
        keys = reader.catalogue["filters"][item.name]["keys"]
        chosen = [{**everything(reader), item.name: key} for key in keys]
        for key, inputs in zip(keys, reader.inputs(*chosen), strict=True):
            for report in desk.definitions.reports:
                truth = desk.truth.values(report, *span, **{item.column: key})
                row = reader.now(report, inputs)
                if row or any(truth.values()):
                    expect_values(row, truth, (report.id, key))


def test_filters_narrow_together(desk, reader, span):
    """Of an owner's and a company's files either holds the rows of both."""
    agent, company = desk.definitions.filters[0], desk.definitions.filters[4]
    for report in desk.definitions.reports:
        pairs = desk.truth.connection.execute(
            f"select distinct {agent.column}, {company.column} from {report.relation.sql} limit 5"
        ).fetchall()
        chosen = [{**everything(reader), "agent": a, "company": c} for a, c in pairs]
        for (a, c), inputs in zip(pairs, reader.inputs(*chosen), strict=True):
            truth = desk.truth.values(report, *span, **{agent.column: a, company.column: c})
            expect_values(reader.now(report, inputs), truth, (report.id, a, c))


def test_tables_with_many_rows_are_cut_into_months_and_read_by_need(desk, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboards.extracts.LARGEST", 10)
    monkeypatch.setattr("dashboards.members.BUCKET_ROWS", 10)
    data = tmp_path / "cut"
    write_extracts(desk.marts, desk.definitions, desk.boards, data)
    reader = Reader(desk, data)
    last = desk.truth.last_day()
    first = last - timedelta(days=29)
    company = desk.definitions.filters[4]
    keys = reader.catalogue["filters"]["company"]["keys"]
    assert len({*reader.catalogue["filters"]["company"]["buckets"]}) > 2
    chosen = [{"period": "30", "grain": "day"}]
    chosen += [{**chosen[0], "company": key} for key in keys]
    whole, *ones = reader.inputs(*chosen)
    report = desk.definitions.reports[0]
    assert len(list((data / report.slug / "main").iterdir())) > 4
    assert len(re.findall("desk[.]", whole[report.slug]["main"])) <= 3
    for report in desk.definitions.reports:
        expect_values(reader.now(report, whole), desk.truth.values(report, first, last), report.id)
        for key, inputs in zip(keys, ones, strict=True):
            truth = desk.truth.values(report, first, last, **{company.column: key})
            row = reader.now(report, inputs)
            if row or any(truth.values()):
                expect_values(row, truth, (report.id, key))


def test_nothing_that_was_chosen_reaches_sql_but_numbers_and_dates(reader):
    hostile = "1; drop schema desk --"
    (inputs,) = reader.inputs(
        {"company": hostile, "grain": hostile, "period": "custom", "start": hostile, "end": "'"}
    )
    assert hostile not in json.dumps(inputs)
    assert inputs["grain"] in GRAINS


def test_a_duration_is_drawn_in_the_unit_that_suits_the_largest(desk, reader):
    (report,) = [
        item
        for item in desk.definitions.reports
        if item.measures[0].sum.startswith("time_to_close") and not item.series
    ]
    for grain, unit, seconds in (("month", "hours", 3600), ("day", "days", 86400)):
        (inputs,) = reader.inputs(everything(reader, grain))
        rows = reader.rows(f"{report.slug}_trend", inputs)
        assert {(row["unit"], row["seconds"]) for row in rows} == {(unit, seconds)}
        assert max(row[report.measures[0].name] or 0 for row in rows) >= 2


def test_buckets_are_there_without_data_are_named_by_grain_and_say_if_they_last(desk, reader):
    report = next(item for item in desk.definitions.reports if item.id == "R1")
    period = {"period": "custom", "start": "2026-01-01", "end": "2026-04-30"}
    for grain, names in {
        "month": ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"],
        "quarter": ["Q1 2026", "Q2 2026"],
        "year": ["2026"],
    }.items():
        (inputs,) = reader.inputs({**period, "grain": grain})
        rows = reader.rows(f"{report.slug}_trend", inputs)
        assert [row["starting"] for row in rows] == names
    (inputs,) = reader.inputs({**period, "grain": "week"})
    rows = reader.rows(f"{report.slug}_trend", inputs)
    assert rows[0]["starting"] == "29 Dec 2025"
    assert rows[-1][report.measures[0].name] == 0
    # The build's today is 31 March, a Tuesday.
    assert next(row["starting"] for row in rows if row["is_unfinished"]) == "30 Mar 2026"


def test_a_period_without_data_gives_no_rows(desk, reader):
    (inputs,) = reader.inputs(
        {"period": "custom", "start": "1999-01-01", "end": "1999-12-31", "grain": "month"}
    )
    stocks = [report.slug for report in desk.definitions.reports if report.is_stock]
    for name in reader.sqls:
        if not name.startswith(("constant", *stocks)):
            assert reader.rows(name, inputs) == [], name


def test_a_desk_without_a_row_still_has_pages_that_can_be_asked(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    with open_marts(marts) as connection:
        for report in desk.definitions.reports:
            connection.execute(f"delete from {report.relation.sql}")
    catalogue = write_extracts(marts, desk.definitions, desk.boards, tmp_path / "data")
    assert catalogue["clock"]["first"] == catalogue["clock"]["last"] == "2026-03-31"
    assert not any(report["rows"] for report in catalogue["reports"].values())
    check_queries(desk.definitions, tmp_path / "data")


def test_what_a_report_lacks_is_named(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = next(item for item in desk.definitions.reports if "sla_targets" in item.needs)
    with open_marts(marts) as connection:
        connection.execute(
            f"update {desk.definitions.books.sql} set is_configured = false "
            "where table_name = 'sla_targets'"
        )
    catalogue = write_extracts(marts, desk.definitions, desk.boards, tmp_path / "data")
    assert catalogue["reports"][report.slug]["missing"] == ["sla_targets"]
    assert catalogue["reports"]["r1"]["missing"] == []


def test_pages_hold_no_name_of_the_data(desk):
    text = "".join(render_pages(desk.definitions).values())
    assert not [name for name in COMPANIES.values() if name in text]


def test_every_report_has_a_page_of_its_own(desk, tmp_path):
    pages = write_pages(desk.definitions, tmp_path)
    assert set(pages) >= {"index", "analyze", "service"}
    assert set(pages) >= {f"report/{report.slug}" for report in desk.definitions.reports}
    assert all((tmp_path / "pages" / f"{page}.md").is_file() for page in pages)


def test_a_broken_query_is_named_with_its_page(desk, data, monkeypatch):
    for sql, complaint in (
        ("select no_such_column", r"page analyze: query broken: .*no_such_column"),
        ("select '${inputs.nobody}'", r"page analyze: query broken: no input 'nobody'"),
    ):
        page = f"```sql broken\n{sql}\n```\n"
        monkeypatch.setattr(generator, "render_pages", lambda _, page=page: {"analyze": page})
        with pytest.raises(DashboardError, match=complaint):
            check_queries(desk.definitions, data)


def test_marts_without_a_column_of_the_manifest_are_refused(desk, tmp_path):
    marts = tmp_path / "marts.duckdb"
    shutil.copyfile(desk.marts, marts)
    report = desk.definitions.reports[0]
    with open_marts(marts) as connection:
        connection.execute(f"alter table {report.relation.sql} drop {report.measures[0].sum}")
    with pytest.raises(DashboardError, match=report.measures[0].sum):
        write_extracts(marts, desk.definitions, desk.boards, tmp_path / "data")


def test_missing_marts_are_said_to_be_missing(desk, tmp_path):
    with pytest.raises(DashboardError, match="no published marts"):
        write_extracts(tmp_path / "none.duckdb", desk.definitions, desk.boards, tmp_path)


@pytest.mark.parametrize(
    ("rows", "recent", "days", "expected"),
    [
        (1000, 300, 365, ("90", "week")),
        (1000, 1000, 20, ("90", "day")),
        (1000, 1, 365, ("all", "month")),
        (1000, 1, 3000, ("all", "quarter")),
        (0, 0, 1, ("90", "day")),
    ],
)
def test_the_period_shown_first_is_never_next_to_empty(rows, recent, days, expected):
    last = date(2026, 3, 31)
    first = date.fromordinal(last.toordinal() - days + 1)
    assert choose_defaults(Span(first, last, rows, recent)) == expected


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
