"""The gate on raw data, as checks that block what is downstream; checks of what is published."""

from collections.abc import Iterator

import dagster as dg

from helpdesk import sql
from orchestration.assets.landing import raw_key
from orchestration.channels import channels
from orchestration.jobs import WRITERS
from orchestration.measured import Stopwatch
from orchestration.resources import BuildResource
from orchestration.steps.gating import GATED_TABLES, failures, judge
from orchestration.steps.publishing import tell_clocks


@dg.multi_asset_check(
    name="raw_gate",
    specs=[
        dg.AssetCheckSpec("great_expectations", asset=raw_key(table), blocking=True)
        for table in GATED_TABLES
    ],
    pool=WRITERS,
)
def raw_gate(
    context: dg.AssetCheckExecutionContext, build: BuildResource
) -> Iterator[dg.AssetCheckResult]:
    """Run every suite on the raw layer."""
    watch = Stopwatch()
    results = judge(build.request, context.log.log)
    seconds = watch.seconds
    with build.request.warehouse() as connection:
        rows = sql.table_rows(connection, "raw")
    for table in GATED_TABLES:
        of_table = [result for result in results if result.table == table]
        failed = failures(of_table)
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name="great_expectations",
            asset_key=raw_key(table),
            description="; ".join(failed) or (None if of_table else "unchanged since it passed"),
            metadata={
                "expectations": len(of_table),
                "failed": len(failed),
                "rows": rows["raw", table],
                "seconds_of_all_suites": seconds,
                "page": dg.MetadataValue.path(build.request.paths.gate),
            },
        )


# Blocking, so that nobody waits for the dashboards to be drawn; a warning stops nothing.
@dg.asset_check(asset="published_marts", name="due_soon_alerts", blocking=True)
def due_soon_alerts(
    context: dg.AssetCheckExecutionContext, build: BuildResource
) -> dg.AssetCheckResult:
    """Every alert channel was told of the SLA clocks about to breach; a warning if one was not."""
    watch = Stopwatch()
    told = tell_clocks(build.request, context.log.log)
    if told is None:
        return dg.AssetCheckResult(passed=True, metadata={"channels": 0})
    return dg.AssetCheckResult(
        passed=not told.failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"not sent: {', '.join(told.failed)}" if told.failed else None,
        metadata={
            "channels": len(channels(build.request.settings.alerts)),
            "due_soon": told.due_soon,
            "newly_due_soon": told.new,
            "seconds": watch.seconds,
        },
    )
