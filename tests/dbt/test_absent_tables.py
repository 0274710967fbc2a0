"""A desk with no more than the three tables that it takes to start: missing data is not zero."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from helpdesk.contract.tables import contract_tables
from helpdesk.dashboards.definitions import load_definitions
from helpdesk.transform.manifest import ensure_manifest
from tests.small_desk import AS_OF, DESK, write_desk
from tests.working_warehouse import land_and_model, modelled

LANDED = ("tickets", "statuses", "ticket_field_history")
# Reports on messages, SLA targets and surveys.
WITHOUT_DATA = {"R2", "R3", "R5", "R8", "R9"}
SERVICE_TABLES = {"calls", "survey_responses", "agent_availability"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("absent_tables")
    landing = write_desk(folder / "landing", {table: DESK[table] for table in LANDED})
    land_and_model(landing, folder / "output", AS_OF)
    with modelled(folder / "output") as connection:
        yield connection


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads(ensure_manifest().read_text())


def is_empty(warehouse: duckdb.DuckDBPyConnection, relation: str) -> bool:
    return warehouse.execute(f"select count(*) = 0 from {relation}").fetchall() == [(True,)]


def sources_of(manifest: dict[str, Any], node: dict[str, Any]) -> set[str]:
    """Contract tables that a model's rows come from. Dimensions only name them, calendars reach as far.

    A vendor's table with the same name can have more data, such as the agents.
    """
    found = set()
    for parent in node["depends_on"]["nodes"]:
        if parent in manifest["sources"]:
            if manifest["sources"][parent]["source_name"] == "generic":
                found.add(manifest["sources"][parent]["name"])
        elif not manifest["nodes"][parent]["name"].startswith(("dim_", "int_calendar")):
            found |= sources_of(manifest, manifest["nodes"][parent])
    return found


def test_reconciliation_shows_the_tables_in_the_data(warehouse) -> None:
    found = dict(
        warehouse.execute("select table_name, is_configured from marts.reconciliation").fetchall()
    )
    assert found == {table: table in LANDED for table in contract_tables()}
    assert warehouse.execute(
        "select sum(rows_read) from marts.reconciliation where not is_configured"
    ).fetchall() == [(0,)]


def test_checks_of_absent_tables_are_left_out(warehouse) -> None:
    checked = warehouse.execute(
        "select distinct table_name from marts.data_quality where kind = 'quarantined'"
    ).fetchall()
    assert {table for (table,) in checked} == set(LANDED)
    assert warehouse.execute(
        """select rows_checked, rows_failing from marts.data_quality
        where check_id = 'orphan_reference:tickets.agent_id'"""
    ).fetchall() == [(2, 2)]


def test_a_report_without_its_table_has_no_row(warehouse) -> None:
    definitions = load_definitions(ensure_manifest())
    empty = {
        report.relation.name
        for report in definitions.reports
        if is_empty(warehouse, report.relation.sql)
    }
    absent = [report for report in definitions.reports if report.relation.name in empty]
    # Of those that have been there from the start.
    numbered = {f"R{number}" for number in range(1, 10)}
    assert {report.id for report in absent} & numbered == WITHOUT_DATA
    # A page names the table that each of these needs.
    assert all(set(report.requires) - set(LANDED) for report in absent)


def test_reports_on_service_tables_have_no_row_without_them(
    warehouse, manifest: dict[str, Any]
) -> None:
    reports = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and "report_date" in node["columns"]
        and sources_of(manifest, node) & SERVICE_TABLES
    ]
    assert {table for node in reports for table in sources_of(manifest, node)} >= SERVICE_TABLES
    for node in reports:
        assert is_empty(warehouse, f"{node['schema']}.{node['alias']}"), node["name"]


@pytest.mark.parametrize("summary", ["rpt_summary_calls", "rpt_summary_sla"])
def test_a_figure_without_its_table_has_no_row(warehouse, summary: str) -> None:
    assert is_empty(warehouse, f"marts.{summary}")
