"""The published warehouse and its dashboards: reached only if every gate has passed."""

import dagster as dg

from orchestration.assets.modelled import modelled
from orchestration.jobs import WRITERS
from orchestration.measured import Stopwatch, measured
from orchestration.resources import BuildResource
from orchestration.steps.publishing import draw, publish_marts


@dg.asset(deps=[modelled], group_name="published", pool=WRITERS)
def published_marts(
    context: dg.AssetExecutionContext, build: BuildResource
) -> dg.MaterializeResult:
    """marts.duckdb, Parquet and catalogue.json, swapped in by one rename."""
    watch = Stopwatch()
    published = publish_marts(build.request, context.log.log)
    return dg.MaterializeResult(
        metadata=measured(
            watch.seconds,
            sum(published.rows.values()),
            marts=dg.MetadataValue.int(len(published.rows)),
            parts_written=dg.MetadataValue.int(published.parts_written),
            parts_reused=dg.MetadataValue.int(published.parts_reused),
            bytes=dg.MetadataValue.int(published.size_bytes),
            folder=dg.MetadataValue.path(published.folder),
        )
    )


@dg.asset(deps=[published_marts], group_name="published")
def dashboards(context: dg.AssetExecutionContext, build: BuildResource) -> dg.MaterializeResult:
    """The Evidence pages, generated from the manifest and read from the published marts."""
    watch = Stopwatch()
    summary = draw(build.request, context.log.log)
    return dg.MaterializeResult(
        metadata=measured(
            watch.seconds,
            is_rebuilt=dg.MetadataValue.bool(summary.is_rebuilt),
            is_new_data=dg.MetadataValue.bool(summary.is_new_data),
            pages=dg.MetadataValue.int(summary.pages),
            folder=dg.MetadataValue.path(build.request.paths.site),
        )
    )
