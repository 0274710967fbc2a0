"""The first asset: files that are fetched from vendors' APIs into the landing folder."""

import dagster as dg

from helpdesk.pipeline.fetching import fetch

from ..labels import OWNERS, RAW
from ..measured import Stopwatch, measured
from ..resources import BuildResource


@dg.asset(group_name=RAW, owners=OWNERS, kinds={"dlt", "file"})
def vendor_files(context: dg.AssetExecutionContext, build: BuildResource) -> dg.MaterializeResult:
    """Files of each vendor that the settings name under `ingest`; without one, nothing."""
    watch = Stopwatch()
    rows = fetch(build.request, context.log.log)
    by_stream = {stream: dg.MetadataValue.int(count) for stream, count in rows.items()}
    return dg.MaterializeResult(metadata=measured(watch.seconds, sum(rows.values()), **by_stream))
