"""Asset checks: the gate on raw data, which blocks the assets downstream, and the alerts."""

from collections.abc import Iterator

import dagster as dg

from helpdesk.alerts.channels import channels
from helpdesk.core import sql
from helpdesk.pipeline.gating import GATED_TABLES, failures, validate_raw
from helpdesk.pipeline.publishing import alert_due_soon, alert_measures

from .assets.raw import raw_key
from .jobs import WRITERS
from .measured import Stopwatch
from .resources import BuildResource

GATE = "great_expectations"


@dg.multi_asset_check(
    name="raw_gate",
    description="Run every Great Expectations suite on the raw layer.",
    specs=[
        dg.AssetCheckSpec(
            GATE,
            asset=raw_key(table),
            blocking=True,
            description=f"The Great Expectations suite expectations/raw/{table}.yml, on rows that "
            "were loaded since it last passed. A failure stops the build.",
        )
        for table in GATED_TABLES
    ],
    pool=WRITERS,
)
def raw_gate(
    context: dg.AssetCheckExecutionContext, build: BuildResource
) -> Iterator[dg.AssetCheckResult]:
    """Run every Great Expectations suite on the raw layer."""
    watch = Stopwatch()
    results = validate_raw(build.request, context.log.log)
    seconds = watch.seconds
    with build.request.warehouse() as connection:
        rows = sql.table_rows(connection, "raw")
    for table in GATED_TABLES:
        of_table = [result for result in results if result.table == table]
        failed = failures(of_table)
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name=GATE,
            asset_key=raw_key(table),
            description="; ".join(failed)
            or (None if of_table else "no new rows since it last passed"),
            metadata={
                "expectations": len(of_table),
                "failed": len(failed),
                "rows": rows["raw", table],
                "seconds_of_all_suites": seconds,
                "page": dg.MetadataValue.path(build.request.paths.gate),
            },
        )


# Blocking, so that alerts do not wait for the dashboards. A failure is a warning and stops nothing.
@dg.asset_check(
    asset="published_marts",
    name="due_soon_alerts",
    blocking=True,
    description="Alert each channel of the SLA clocks about to breach. A warning if a channel did "
    "not accept the alert; nothing stops.",
)
def due_soon_alerts(
    context: dg.AssetCheckExecutionContext, build: BuildResource
) -> dg.AssetCheckResult:
    """Alert each channel of the SLA clocks about to breach; a warning if a channel failed."""
    watch = Stopwatch()
    sent = alert_due_soon(build.request, context.log.log)
    if sent is None:
        return dg.AssetCheckResult(passed=True, metadata={"channels": 0})
    return dg.AssetCheckResult(
        passed=not sent.failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"not sent by: {', '.join(sent.failed)}" if sent.failed else None,
        metadata={
            "channels": len(channels(build.request.settings.alerts)),
            "due_soon": sent.due_soon,
            "newly_due_soon": sent.new,
            "seconds": watch.seconds,
        },
    )


@dg.asset_check(
    asset="published_marts",
    name="measure_alerts",
    blocking=True,
    description="Alert each channel of the watched measures. A warning if a channel did not accept "
    "an alert, or if an alert of the settings is wrong; nothing stops.",
)
def measure_alerts(
    context: dg.AssetCheckExecutionContext, build: BuildResource
) -> dg.AssetCheckResult:
    """Alert each channel of the watched measures; a warning if something failed."""
    watch = Stopwatch()
    done = alert_measures(build.request, context.log.log)
    if done is None:
        return dg.AssetCheckResult(passed=True, metadata={"alerts": 0})
    problems = [f"not sent by: {', '.join(done.failed)}"] if done.failed else []
    problems += done.problems
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(problems) or None,
        metadata={
            "alerts": len(build.request.settings.alerts.measures),
            "on": len(done.on),
            "sent": len(done.sent),
            "seconds": watch.seconds,
        },
    )
