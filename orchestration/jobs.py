"""The jobs: the refresh, the nightly check, and the vacuum of old builds."""

from pathlib import Path

import dagster as dg

from helpdesk.core.errors import AlertError
from helpdesk.publish.builds import vacuum as vacuum_builds
from helpdesk.publish.full_check import check_against_full

from .resources import BuildResource

# A pool with one slot: one writer of the working warehouse at a time, across all runs.
WRITERS = "duckdb_write"

TAGS = {
    # A step fails because of data, settings or code: a retry would fail again.
    "dagster/retry_on_asset_or_op_failure": "false",
    # All steps belong to one build, with one as_of, lock and build id.
    "dagster/retry_strategy": "ALL_STEPS",
}

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Load, check, run dbt, publish, build pages: the steps of `helpdesk build`.",
    # In one process: the steps share a working warehouse that only one process may write.
    executor_def=dg.in_process_executor,
    tags=TAGS,
)


@dg.op(pool=WRITERS)
def compare_with_full_build(context: dg.OpExecutionContext, build: BuildResource) -> None:
    """Run a full build in a scratch folder; any row that differs from the marts fails the run."""
    check_against_full(build.request.paths, context.log.info)
    context.log.info(f"{build.request.paths.root}: every mart equals that of a full build")


# An op, not an asset check: a manual materialization of the marts must not build them twice.
@dg.job(executor_def=dg.in_process_executor, tags=TAGS)
def nightly_check() -> None:
    """Compare the refreshed marts with a full build, as `helpdesk check` does."""
    compare_with_full_build()


@dg.op(pool=WRITERS)
def delete_old_builds(context: dg.OpExecutionContext, build: BuildResource) -> None:
    """Delete old builds, but never the published one."""
    vacuumed = vacuum_builds(build.request.paths)
    context.add_output_metadata(
        {"deleted": len(vacuumed.deleted), "freed_bytes": vacuumed.freed_bytes}
    )
    context.log.info(f"{build.request.paths.root}: {vacuumed}")


@dg.job(executor_def=dg.in_process_executor, tags=TAGS)
def vacuum() -> None:
    """Delete builds that no reader and no rollback needs, as `helpdesk vacuum` does."""
    delete_old_builds()


@dg.op(pool=WRITERS)
def send_due_digests(context: dg.OpExecutionContext, build: BuildResource) -> None:
    """Send the digests that are due; a channel that failed fails the run, and gets it next time."""
    # Imported here: the definitions of the pages take a second to read.
    from helpdesk.notify.digests import send_digests

    request = build.request
    if not request.settings.digests or not request.paths.published.exists():
        context.log.info("there is no digest in the settings, or nothing is published")
        return
    config = Path(request.config) if request.config else None
    done = send_digests(request.paths, request.settings, config, context.log.warning)
    context.add_output_metadata({"sent": len(done.sent), "sent_before": done.known})
    if done.failed or done.problems:
        listed = [f"{part} by {channel}" for part, channel in done.failed]
        raise AlertError(f"digests not sent: {'; '.join([*listed, *done.problems])}")


@dg.job(executor_def=dg.in_process_executor, tags=TAGS)
def digests() -> None:
    """Send the digests that are due, as `helpdesk digest` does."""
    send_due_digests()
