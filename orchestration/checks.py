"""The gate on raw data, as checks that block what is downstream; checks of what is published."""

from collections.abc import Iterator

import dagster as dg

from expectations.gate import load_suites, run_gate
from expectations.page import write_gate_page
from orchestration.alerts import tell_due_soon
from orchestration.assets.landing import raw_key
from orchestration.channels import channels
from orchestration.jobs import WRITERS
from orchestration.measured import Stopwatch, table_rows
from orchestration.resources import Build

GATED_TABLES = [suite.table for suite in load_suites()]


@dg.multi_asset_check(
    name="raw_gate",
    specs=[
        dg.AssetCheckSpec("great_expectations", asset=raw_key(table), blocking=True)
        for table in GATED_TABLES
    ],
    pool=WRITERS,
)
def raw_gate(context: dg.AssetCheckExecutionContext, build: Build) -> Iterator[dg.AssetCheckResult]:
    """Run every suite on the raw layer."""
    watch = Stopwatch()
    with build.warehouse() as connection:
        counted = table_rows(connection, "raw")
    rows = {table: counted["raw", table] for table in GATED_TABLES}
    results = run_gate(build.paths.warehouse, full_refresh=build.full_refresh)
    seconds = watch.seconds
    if results:
        write_gate_page(build.paths.gate, build.build_id, results, rows)
    for table in GATED_TABLES:
        of_table = [result for result in results if result.table == table]
        failed = [f"{one.description}: {one.observed}" for one in of_table if not one.success]
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name="great_expectations",
            asset_key=raw_key(table),
            description="; ".join(failed) or (None if of_table else "unchanged since it passed"),
            metadata={
                "expectations": len(of_table),
                "failed": len(failed),
                "rows": rows[table],
                "seconds_of_all_suites": seconds,
                "page": dg.MetadataValue.path(build.paths.gate),
            },
        )
    checked = f"checked {len(results)} expectations on the raw layer"
    context.log.info(checked if results else "nothing landed that has not passed the gate before")


# Blocking, so that nobody waits for the dashboards to be drawn; a warning stops nothing.
@dg.asset_check(asset="published_marts", name="due_soon_alerts", blocking=True)
def due_soon_alerts(context: dg.AssetCheckExecutionContext, build: Build) -> dg.AssetCheckResult:
    """Every alert channel was told of the SLA clocks about to breach; a warning if one was not."""
    watch = Stopwatch()
    alerts = build.settings.alerts
    # A build of another time than now replays the past: nothing is about to happen there.
    if build.as_of or not channels(alerts):
        return dg.AssetCheckResult(passed=True, metadata={"channels": 0})
    outcome = tell_due_soon(build.paths, alerts, context.log.warning)
    return dg.AssetCheckResult(
        passed=not outcome.failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"not sent: {', '.join(outcome.failed)}" if outcome.failed else None,
        metadata={
            "channels": len(channels(alerts)),
            "due_soon": outcome.due_soon,
            "newly_due_soon": outcome.new,
            "seconds": watch.seconds,
        },
    )
