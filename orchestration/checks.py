"""The gate on raw data: Great Expectations suites as checks that block what is downstream."""

from collections.abc import Iterator

import dagster as dg

from expectations.gate import load_suites, run_gate
from orchestration.assets.landing import raw_key
from orchestration.resources import Build

GATED_TABLES = [suite.table for suite in load_suites()]


@dg.multi_asset_check(
    name="raw_gate",
    specs=[
        dg.AssetCheckSpec("great_expectations", asset=raw_key(table), blocking=True)
        for table in GATED_TABLES
    ],
    pool="duckdb_write",
)
def raw_gate(context: dg.AssetCheckExecutionContext, build: Build) -> Iterator[dg.AssetCheckResult]:
    """Run every suite on the raw layer."""
    results = run_gate(build.paths.warehouse, full_refresh=build.full_refresh)
    for table in GATED_TABLES:
        of_table = [result for result in results if result.table == table]
        failed = [
            f"{result.description} ({result.observed})" for result in of_table if not result.success
        ]
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name="great_expectations",
            asset_key=raw_key(table),
            description="; ".join(failed) or (None if of_table else "unchanged since it passed"),
            metadata={"expectations": len(of_table), "failed": len(failed)},
        )
    checked = f"checked {len(results)} expectations on the raw layer"
    context.log.info(checked if results else "nothing landed that has not passed the gate before")
