"""The gate on raw data: the suites check the rows that were loaded since the gate last passed."""

from logging import INFO

from helpdesk.core import sql
from helpdesk.core.build import Build, Report
from helpdesk.gate.page import write_gate_page
from helpdesk.gate.run import GateResult, load_suites, run_gate

GATED_TABLES = [suite.table for suite in load_suites()]


def validate_raw(build: Build, report: Report) -> list[GateResult]:
    """Run the suites on the raw layer and write the gate's page. Without new rows: no results."""
    results = run_gate(
        build.paths.warehouse,
        full_refresh=build.full_refresh,
        source_timezone=build.settings.source_timezone,
    )
    if results:
        with build.warehouse() as connection:
            counted = sql.table_rows(connection, "raw")
        rows = {table: counted["raw", table] for table in GATED_TABLES}
        write_gate_page(build.paths.gate, build.build_id, results, rows)
        report(INFO, f"checked {len(results)} expectations on the raw layer")
    else:
        report(INFO, "checked nothing: no new rows since the gate last passed")
    return results


def failures(results: list[GateResult]) -> list[str]:
    """The failed expectations, described without any value of the data."""
    return [f"{one.description}: {one.observed}" for one in results if not one.success]
