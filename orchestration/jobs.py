"""The jobs: the refresh, the nightly check of it, and the vacuum."""

import dagster as dg

from orchestration.builds import vacuum as delete_superfluous
from orchestration.full_check import check_against_full
from orchestration.resources import BuildResource

# One writer of the working warehouse at a time, whatever the run: a pool with one slot.
WRITERS = "duckdb_write"

TAGS = {
    # A failed step is a matter of data, settings or code: the same again would fail again.
    "dagster/retry_on_asset_or_op_failure": "false",
    # All steps are of one build: its clock, its lock and its name.
    "dagster/retry_strategy": "ALL_STEPS",
}

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Land, check, model, test, publish, draw: the steps of `helpdesk build`.",
    # The steps share one working warehouse, which one process may write: no process each.
    executor_def=dg.in_process_executor,
    tags=TAGS,
)


@dg.op(pool=WRITERS)
def compare_with_full_build(context: dg.OpExecutionContext, build: BuildResource) -> None:
    """Model everything from scratch beside the marts; any row that differs fails the run."""
    check_against_full(build.request.paths, context.log.info)
    context.log.info(f"{build.request.paths.root}: every mart is what a full build gives")


# An op and no asset check: to materialize the marts by hand must not build them twice.
@dg.job(executor_def=dg.in_process_executor, tags=TAGS)
def nightly_check() -> None:
    """Is what was built step by step what a build of everything gives? Runs `helpdesk check`."""
    compare_with_full_build()


@dg.op(pool=WRITERS)
def delete_old_builds(context: dg.OpExecutionContext, build: BuildResource) -> None:
    """Delete old builds; the published one stays."""
    vacuumed = delete_superfluous(build.request.paths)
    context.add_output_metadata(
        {"deleted": len(vacuumed.deleted), "freed_bytes": vacuumed.freed_bytes}
    )
    context.log.info(f"{build.request.paths.root}: {vacuumed}")


@dg.job(executor_def=dg.in_process_executor, tags=TAGS)
def vacuum() -> None:
    """Delete what no reader and no rollback needs. Runs `helpdesk vacuum`."""
    delete_old_builds()
