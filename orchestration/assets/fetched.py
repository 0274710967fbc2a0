"""What vendors' APIs tell, fetched into the landing folder where the settings name any."""

from pathlib import Path

import dagster as dg

from orchestration.measured import Stopwatch, measured
from orchestration.resources import Build


@dg.asset(group_name="raw")
def vendor_files(context: dg.AssetExecutionContext, build: Build) -> dg.MaterializeResult:
    """The files of each vendor that the settings name under `ingest`; without one, nothing."""
    watch = Stopwatch()
    rows: dict[str, int] = {}
    settings = build.settings.ingest
    if vendors := settings.vendors():
        # Imported here: dlt takes seconds, which a desk of files alone need not wait.
        from ingestion.vendors import fetch

        for vendor in vendors:
            fetched = fetch(vendor, settings, Path(build.landing), context.log.log)
            context.log.info(fetched.told(vendor))
            rows |= {f"{vendor} {stream}": count for stream, count in fetched.rows.items()}
    by_stream = {stream: dg.MetadataValue.int(count) for stream, count in rows.items()}
    return dg.MaterializeResult(metadata=measured(watch.seconds, sum(rows.values()), **by_stream))
