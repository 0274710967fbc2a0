"""All routes to a figure agree, for the example of the page and for reports of every kind."""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from helpdesk.dashboards.definitions import load_definitions
from helpdesk.dashboards.extracts import write_extracts
from helpdesk.dashboards.inputs import readings
from helpdesk.dashboards.pages import bind, routes, run_query, shared_queries, write_reports
from helpdesk.dashboards.widgets.definitions import load_widgets
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.reports.metrics import Metrics
from helpdesk.reports.models import read_reports
from helpdesk.reports.report import Dimension, SavedReport
from helpdesk.reports.saved import PREBUILT
from helpdesk.transform.nodes import read_manifest
from tests.builder.conftest import PAGE, Project, commands_of_the_page
from tests.builder.examples import WIDE_REPORTS
from tests.conftest import published

pytestmark = pytest.mark.slow
# The value of a member that MetricFlow keeps in two.
APART = ("apart",)


@pytest.fixture(scope="module")
def built(project: Project) -> Path:
    return project.manifest


@pytest.fixture(scope="module")
def known(built: Path) -> Catalogue:
    return load_catalogue(built)


@pytest.fixture(scope="module")
def reports(project: Project, known: Catalogue) -> dict[str, SavedReport]:
    return {
        one.name: one
        for one in read_reports(known, project.root / "reports/prebuilt", project.root / "reports")
    }


@pytest.fixture(scope="module")
def marts(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(project.output) as connection:
        yield connection


def names_of_reports() -> list[str]:
    shipped = [path.stem for path in (PAGE.parents[1] / "reports").glob("*.yml")]
    prebuilt = [path.stem for path in PREBUILT.glob("*.yml")]
    made = [command[2] if command[1] == "new" else command[4] for command in commands_of_the_page()
            if command[:2] in (["report", "new"], ["report", "copy"])]  # fmt: skip
    return sorted([*shipped, *prebuilt, *WIDE_REPORTS, *made, "hostile_is_not"])


def by_key(rows: list[tuple], keys: int) -> dict[tuple, tuple]:
    found = {tuple(str(part) for part in row[:keys]): row[keys:] for row in rows}
    assert len(found) == len(rows)
    return found


def from_mart(report: SavedReport, marts: duckdb.DuckDBPyConnection) -> dict[tuple, tuple]:
    """The report's first average or sum, with its n, median and p90, by date and dimensions."""
    columns = ["report_date", *(one.column for one in _dimensions(report))]
    names = {one.name: report.column(one) for one in report.source.measures.values()}
    measures: dict[str, str] = {}
    for measure in report.measures:
        values = f"flatten(list({names[measure.sum]}_values))"
        if measure.quantile:
            measures[measure.name] = (
                f"list_aggregate({values}, 'quantile_cont', {measure.quantile})"
            )
            continue
        value = f"sum({names[measure.sum]})"
        if measure.minus:
            value = f"({value} - sum({names[measure.minus]}))"
        if measure.denominator:
            value = f"{value} / nullif(sum({names[measure.denominator]}), 0)"
        measures[measure.name] = value
        for one in report.source.measures.values():
            if one.base_metric == measure.name and measure.has_values:
                measures[one.name] = f"list_aggregate({values}, 'quantile_cont', {one.percentile})"
    figures = measures.values()
    sql = f"select {', '.join([*columns, *figures])} from marts.{report.model} group by all"
    return by_key(marts.execute(sql).fetchall(), len(columns))


def _dimensions(report: SavedReport) -> list[Dimension]:
    """The dimensions that all of its dates have."""
    return [one for one in report.dimensions if not (report.has_own_dates and one.field.of_date)]


@functools.cache
def metrics_of(built: Path) -> Metrics:
    """Once: MetricFlow takes a second to read the project."""
    return Metrics(built, load_catalogue(built))


def from_metricflow(report: SavedReport, project: Project, built: Path) -> dict[tuple, tuple]:
    """The same by MetricFlow's own SQL on the core marts.

    It keeps rows without a ticket apart from those whose ticket has no such key; a model has both as
    unknown. Where both are, the value is APART.
    """
    by = ("date", *(one.called for one in _dimensions(report)))
    query = metrics_of(built).query(_daily(report), by, "", "")
    table = query.run(project.marts)
    keys = [number for number, one in enumerate(table.columns) if not one.is_number]
    # A name after its key adds nothing.
    kept = [number for number in keys
            if number == 0 or table.columns[number - 1].format != "key"]  # fmt: skip
    measures = [number for number, one in enumerate(table.columns) if one.is_number]
    rows = [
        (*(_key_text(table.columns[number].format, row[number]) for number in kept),
         *(row[number] for number in measures))
        for row in table.rows
    ]  # fmt: skip
    counted = Counter(row[: len(kept)] for row in rows)
    apart = {key for key, count in counted.items() if count > 1}
    assert not apart or any(one.place.join for one in report.dimensions)
    single = [row for row in rows if row[: len(kept)] not in apart]
    return by_key(single, len(kept)) | dict.fromkeys(apart, APART)


def _daily(report: SavedReport) -> SavedReport:
    return replace(report, grain="day")


def _key_text(kind: str, value: object) -> object:
    if kind == "date":
        return str(value)[:10]
    return "unknown" if value is None and kind == "key" else value


def same(one: tuple, other: tuple) -> bool:
    return all(
        (left or 0) == (right or 0) or math.isclose(left or 0, right or 0, rel_tol=1e-9)
        for left, right in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", names_of_reports())
def test_the_mart_equals_metricflow(
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
    # Only one of the two has groups in which every figure is zero.
    different = {key: pair for key, pair in different.items() if any(map(_has_any, pair))}
    assert not different, dict(list(different.items())[:5])
    assert mart or name == "bot_interactions", "nothing to compare"


def _has_any(values: tuple | None) -> bool:
    return any(values or ())


def test_a_copy_of_a_prebuilt_report_gives_its_figures(marts: duckdb.DuckDBPyConnection) -> None:
    """The copy of R3 from the page, date by date."""
    original, copy = (
        marts.execute(
            f"select report_date, sum(first_response_seconds), sum({count}) from marts.{name} "
            "group by 1 order by 1"
        ).fetchall()
        for name, count in (
            ("rpt_first_response_time", "ticket_count"),
            ("rpt_first_response_by_channel", "tickets_answered_count"),
        )
    )
    assert original == copy != []


def test_a_report_in_yaml_has_a_view_a_page_and_a_tile(
    project: Project, built: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    columns = [name for name, *_ in marts.execute("describe marts.rpt_wide_named").fetchall()]
    assert columns == [
        "report_date", "way_key", "agent_key", "team_key", "channel_account_key", "pipeline_key",
        "company_key", "came", "went", "time_to_close_seconds", "time_to_close_seconds_values",
    ]  # fmt: skip
    (report,) = [one for one in load_definitions(built).reports if one.id == "wide_named"]
    assert [(one.name, one.label) for one in report.measures][:2] == [
        ("speed", "Speed"), ("ticket_count", "Tickets")
    ]  # fmt: skip
    assert (report.series.name, report.series.label) == ("way", "Way")
    assert [(one.name, one.label) for one in report.breakdowns] == [
        ("team", "Team"), ("agent", "Who")
    ]  # fmt: skip
    assert report.title == "Tickets by names of one's own"
    assert "report/wide_named" in routes(load_definitions(built))
    assert "wide" in routes(load_definitions(built))
    materialized = json.loads(built.read_text())["nodes"]["model.helpdesk.rpt_wide_named"]
    assert materialized["config"]["materialized"] == "view"


def test_hostile_values_match_nothing_and_break_nothing(
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


def test_columns_declared_not_null_have_no_nulls(
    built: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    """No engine enforces constraints of a view."""
    for mart in read_manifest(built).marts:
        columns = sorted(mart.never_null)
        counts = ", ".join(f"count(*) - count({column})" for column in columns)
        missing = marts.execute(f"select {counts} from marts.{mart.name}").fetchone()
        assert not any(missing), (mart.name, dict(zip(columns, missing, strict=True)))


def test_excluded_tickets_are_not_counted(
    project: Project, reports: dict[str, SavedReport], marts: duckdb.DuckDBPyConnection
) -> None:
    excluded, counted = marts.execute(
        "select count(*) filter (is_excluded), count(*) filter (not is_excluded) "
        "from marts.fct_tickets"
    ).fetchone()
    assert excluded > 0
    mart = marts.execute("select sum(ticket_count) from marts.rpt_tickets_created").fetchone()[0]
    assert mart == counted


def test_the_figures_of_the_page_are_those_of_the_marts_and_of_metricflow(
    project: Project,
    reports: dict[str, SavedReport],
    built: Path,
    marts: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    """C1 to C6: page query, saved report, MetricFlow and mart, for all time."""
    every = load_definitions(built)
    compared = {one.id for one in reports.values() if one.page == "responses"}
    definitions = replace(every, reports=tuple(one for one in every.reports if one.id in compared))
    data = tmp_path / "0123abc"
    write_extracts(project.marts, definitions, load_widgets(built), data)
    write_reports(definitions, data)
    desk = json.loads((data / "desk.json").read_text())
    clock = desk["clock"]
    inputs = readings(desk, {"period": "all", "grain": "year"})
    written = {one.slug: one for one in definitions.reports}
    tried = 0
    with duckdb.connect() as connection:
        connection.execute("create schema desk")
        for report in reports.values():
            if report.id not in compared:
                continue
            slug = report.id.lower()
            sql = shared_queries(written[slug])["period"]
            relation = run_query(connection, data, bind(sql, inputs))
            names = [column[0] for column in relation.description]
            rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
            (page,) = [row for row in rows if row["is_now"]]
            table = table_of_period(report, built, project.marts, clock)
            for measure in report.measures:
                label = measure.label
                place = [one.label for one in table.columns].index(label)
                assert page[measure.called] == pytest.approx(table.rows[0][place]), (
                    report.id,
                    label,
                )
            tried += 1
    assert tried == 7


def table_of_period(report: SavedReport, built: Path, marts: Path, clock: dict[str, str]):
    """One row for the period, without dimensions."""
    return metrics_of(built).query(report, (), clock["first"], clock["last"]).run(marts)


def test_every_saved_query_of_the_semantic_layer_runs(
    project: Project, built: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    metrics = metrics_of(built)
    names = [one["name"] for one in json.loads(built.read_text())["saved_queries"].values()]
    assert len(names) >= 4
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.marts}' as \"{metrics.database}\" (read_only)")
        connection.execute(f'use "{metrics.database}"')
        for name in names:
            assert connection.execute(metrics.saved_query(name)).fetchone(), name
        opened = metrics.saved_query("tickets_opened_and_closed")
        found = connection.execute(f"select sum(ticket_count) from ({opened})").fetchone()
    assert (
        found == marts.execute("select sum(ticket_count) from marts.rpt_tickets_created").fetchone()
    )
