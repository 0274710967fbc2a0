"""The worked example of the page and reports of every kind: every route to a figure gives the same."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from builder.catalogue import Catalogue, load_catalogue
from builder.metrics import Metrics
from builder.models import read_reports
from builder.report import SavedReport
from dashboards.boards.definitions import load_boards
from dashboards.definitions import load_definitions
from dashboards.extracts import write_extracts
from dashboards.generator import (
    bind,
    check_queries,
    page_queries,
    readings,
    render_pages,
    run_query,
)
from helpdesk.paths import OutputPaths
from tests.builder.conftest import PAGE, Project, commands_of_the_page
from tests.builder.examples import WIDE_REPORTS
from tests.conftest import published

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(project: Project) -> Path:
    return OutputPaths(project.output).manifest


@pytest.fixture(scope="module")
def known(built: Path) -> Catalogue:
    return load_catalogue(built)


@pytest.fixture(scope="module")
def reports(project: Project, known: Catalogue) -> dict[str, SavedReport]:
    return {one.name: one for one in read_reports(known, project.root / "reports")}


@pytest.fixture(scope="module")
def marts(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(project.output) as connection:
        yield connection


def names_of_reports() -> list[str]:
    shipped = [path.stem for path in (PAGE.parents[1] / "reports").glob("*.yml")]
    ids = [
        f"{page}{number}" for page, last in (("r", 9), ("a", 9)) for number in range(1, last + 1)
    ]
    copies = [f"copy_{one}" for one in [*ids, "a6b"] if one != "a7"]
    made = [command[2] if command[1] == "new" else command[4] for command in commands_of_the_page()
            if command[:2] in (["report", "new"], ["report", "copy"])]  # fmt: skip
    return sorted([*shipped, *WIDE_REPORTS, *copies, *made, "hostile_is_not"])


def by_key(rows: list[tuple], keys: int) -> dict[tuple, tuple]:
    found = {tuple(str(part) for part in row[:keys]): row[keys:] for row in rows}
    assert len(found) == len(rows)
    return found


def from_mart(report: SavedReport, marts: duckdb.DuckDBPyConnection) -> dict[tuple, tuple]:
    """The report's first average or sum, with its n, median and p90, by date and dimensions."""
    columns = ["report_date", *(one.column for one in report.dimensions)]
    names = {one.name: one.column for one in report.source.measures.values()}
    measures = []
    for measure in report.measures:
        value = f"sum({names[measure.sum]})"
        if measure.less:
            value = f"({value} - sum({names[measure.less]}))"
        if measure.per:
            value = f"{value} / nullif(sum({names[measure.per]}), 0)"
        measures.append(value)
        if measure.has_values:
            values = f"flatten(list({names[measure.sum]}_values))"
            measures += [
                f"list_aggregate({values}, 'quantile_cont', {part})" for part in (0.5, 0.9)
            ]
    sql = f"select {', '.join([*columns, *measures])} from marts.{report.model} group by all"
    return by_key(marts.execute(sql).fetchall(), len(columns))


def from_metricflow(report: SavedReport, project: Project, built: Path) -> dict[tuple, tuple]:
    """The same by MetricFlow's own SQL on the core marts."""
    by = ("date", *(one.called for one in report.dimensions))
    catalogue = load_catalogue(built)
    query = Metrics(built, catalogue).query(_daily(report), by, "", "")
    table = query.run(project.marts)
    keys = [number for number, one in enumerate(table.columns) if not one.is_number]
    # A name beside its key tells nothing new.
    kept = [number for number in keys
            if number == 0 or table.columns[number - 1].format != "key"]  # fmt: skip
    measures = [number for number, one in enumerate(table.columns) if one.is_number]
    rows = [
        (*(_told(table.columns[number].format, row[number]) for number in kept),
         *(row[number] for number in measures))
        for row in table.rows
    ]  # fmt: skip
    return by_key(rows, len(kept))


def _daily(report: SavedReport) -> SavedReport:
    return replace(report, grain="day")


def _told(kind: str, value: object) -> object:
    if kind == "date":
        return str(value)[:10]
    return "unknown" if value is None and kind == "key" else value


def same(one: tuple, other: tuple) -> bool:
    return all(
        (left or 0) == (right or 0) or math.isclose(left or 0, right or 0, rel_tol=1e-9)
        for left, right in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", names_of_reports())
def test_the_mart_holds_what_metricflow_finds(
    name: str,
    reports: dict[str, SavedReport],
    project: Project,
    built: Path,
    marts: duckdb.DuckDBPyConnection,
) -> None:
    report = reports[name]
    mart, found = from_mart(report, marts), from_metricflow(report, project, built)
    different = {
        key: (mart.get(key), found.get(key))
        for key in {*mart, *found}
        if key not in mart or key not in found or not same(mart[key], found[key])
    }
    # A group whose every figure is zero is in one of them alone.
    different = {key: pair for key, pair in different.items() if any(map(_has_any, pair))}
    assert not different, dict(list(different.items())[:5])
    assert mart or name == "copy_a9", "nothing to compare"


def _has_any(values: tuple | None) -> bool:
    return any(values or ())


def test_a_copy_of_a_prebuilt_report_gives_its_figures(
    reports: dict[str, SavedReport], built: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    """Date by date, every measure that both have by the same name on the page."""
    definitions = load_definitions(built)
    tried = 0
    for original in definitions.reports:
        copy = reports.get(f"copy_{original.slug}")
        if copy is None:
            continue
        theirs = {one.id: one for one in definitions.reports}[copy.id]
        main, other = original.measures[0], theirs.measures[0]
        sums = {one: _value(one) for one in (main, other)}
        left, right = (
            dict(marts.execute(
                f"select report_date, {sums[measure]} as value from {report.relation.sql} "
                "group by 1 having value is not null and value <> 0"
            ).fetchall())
            for report, measure in ((original, main), (theirs, other))
        )  # fmt: skip
        assert left.keys() == right.keys(), original.id
        assert list(left.values()) == pytest.approx([right[day] for day in left]), original.id
        tried += 1
    assert tried == 18


def _value(measure) -> str:
    value = f"sum({measure.sum})" + (f" - sum({measure.less})" if measure.less else "")
    return f"({value})" + (f" / nullif(sum({measure.per}), 0)" if measure.per else "")


def test_hostile_values_count_nothing_and_break_nothing(
    project: Project, marts: duckdb.DuckDBPyConnection
) -> None:
    def one(sql: str) -> object:
        return marts.execute(sql).fetchone()[0]

    assert one("select count(*) from marts.rpt_hostile_is") == 0
    every = one("select count(*) from marts.fct_response_cycles where not is_excluded")
    assert one("select sum(wait_count) from marts.rpt_hostile_is_not") == every > 0
    assert one("select count(*) from marts.fct_tickets") > 0
    shown = project.done("report", "run", "hostile_is_not", "--output", str(project.output))
    assert f"{every:,}"[:1] in shown


def test_excluded_tickets_count_nowhere(
    project: Project, reports: dict[str, SavedReport], marts: duckdb.DuckDBPyConnection
) -> None:
    excluded, counted = marts.execute(
        "select count(*) filter (is_excluded), count(*) filter (not is_excluded) "
        "from marts.fct_tickets"
    ).fetchone()
    assert excluded > 0
    mart = marts.execute("select sum(ticket_count) from marts.rpt_copy_r1").fetchone()[0]
    assert mart == counted


def test_the_figures_of_the_page_are_those_of_the_marts_and_of_metricflow(
    project: Project,
    reports: dict[str, SavedReport],
    built: Path,
    known: Catalogue,
    marts: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    """C1 to C6: page query, saved report, MetricFlow and mart, for all time."""
    definitions = load_definitions(built)
    data = tmp_path / "0123abc"
    write_extracts(project.marts, definitions, load_boards(built), data)
    check_queries(definitions, data)
    clock = json.loads((data / "desk.json").read_text())["clock"]
    (inputs,) = readings(data / "desk.json", [{"period": "all", "grain": "year"}])
    pages = render_pages(definitions)
    tried = 0
    with duckdb.connect() as connection:
        connection.execute("create schema desk")
        for report in reports.values():
            if report.page not in ("responses",):
                continue
            slug = report.id.lower()
            sql = dict(page_queries(pages["responses"]))[f"{slug}_period"]
            relation = run_query(connection, data, bind(sql, inputs))
            names = [column[0] for column in relation.description]
            rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
            (page,) = [row for row in rows if row["is_now"]]
            table = table_of_period(report, known, built, project.marts, clock)
            for measure in report.measures:
                label = measure.label
                place = [one.label for one in table.columns].index(label)
                assert page[measure.name] == pytest.approx(table.rows[0][place]), (report.id, label)
            tried += 1
    assert tried == 7


def table_of_period(
    report: SavedReport, known: Catalogue, built: Path, marts: Path, clock: dict[str, str]
):
    """One row for the period: by nothing."""
    return Metrics(built, known).query(report, (), clock["first"], clock["last"]).run(marts)


def test_every_saved_query_of_the_semantic_layer_runs(
    project: Project, built: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    metrics = Metrics(built, load_catalogue(built))
    names = [one["name"] for one in json.loads(built.read_text())["saved_queries"].values()]
    assert len(names) >= 4
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.marts}' as \"{metrics.database}\" (read_only)")
        connection.execute(f'use "{metrics.database}"')
        for name in names:
            assert connection.execute(metrics.saved_query(name)).fetchone(), name
        opened = metrics.saved_query("tickets_opened_and_closed")
        found = connection.execute(f"select sum(ticket_count) from ({opened})").fetchone()
    assert found == marts.execute("select sum(ticket_count) from marts.rpt_copy_r1").fetchone()
