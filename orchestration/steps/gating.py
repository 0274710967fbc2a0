"""The gate on raw data: what landed since it last passed, held against the suites."""

from logging import INFO

from expectations.gate import GateResult, load_suites, run_gate
from expectations.page import write_gate_page
from helpdesk import sql
from orchestration.build import Build, Report

GATED_TABLES = [suite.table for suite in load_suites()]


def judge(build: Build, report: Report) -> list[GateResult]:
    """Run the suites on the raw layer and write the gate's page; nothing to judge, no results."""
    results = run_gate(build.paths.warehouse, full_refresh=build.full_refresh)
    if results:
        with build.warehouse() as connection:
            counted = sql.table_rows(connection, "raw")
        rows = {table: counted["raw", table] for table in GATED_TABLES}
        write_gate_page(build.paths.gate, build.build_id, results, rows)
        report(INFO, f"checked {len(results)} expectations on the raw layer")
    else:
        report(INFO, "nothing landed that has not passed the gate before")
    return results


def failures(results: list[GateResult]) -> list[str]:
    """What failed, in words that hold no value of the feed."""
    return [f"{one.description}: {one.observed}" for one in results if not one.success]
