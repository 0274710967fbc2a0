"""What vendors' APIs tell, fetched into the landing folder where the settings name any."""

import dagster as dg

from orchestration.measured import Stopwatch, measured
from orchestration.resources import BuildResource
from orchestration.steps.fetching import fetch


@dg.asset(group_name="raw")
def vendor_files(context: dg.AssetExecutionContext, build: BuildResource) -> dg.MaterializeResult:
    """The files of each vendor that the settings name under `ingest`; without one, nothing."""
    watch = Stopwatch()
    rows = fetch(build.request, context.log.log)
    by_stream = {stream: dg.MetadataValue.int(count) for stream, count in rows.items()}
    return dg.MaterializeResult(metadata=measured(watch.seconds, sum(rows.values()), **by_stream))
