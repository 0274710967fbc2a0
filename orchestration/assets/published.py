"""The published warehouse and its dashboards, after every gate has passed."""

import dagster as dg

from helpdesk.pipeline.publishing import build_pages, publish_marts

from ..jobs import WRITERS
from ..labels import OWNERS, PUBLISHED
from ..measured import Stopwatch, measured
from ..resources import BuildResource
from .dbt_models import MART_KEYS


# The marts alone keep the lineage readable. Dagster starts this after the whole step that runs dbt.
@dg.asset(
    deps=MART_KEYS,
    group_name=PUBLISHED,
    owners=OWNERS,
    kinds={"duckdb", "file"},
    pool=WRITERS,
)
def published_marts(
    context: dg.AssetExecutionContext, build: BuildResource
) -> dg.MaterializeResult:
    """helpdesk.duckdb with all marts and catalogue.json, replaced by one rename."""
    watch = Stopwatch()
    published = publish_marts(build.request, context.log.log)
    return dg.MaterializeResult(
        metadata=measured(
            watch.seconds,
            sum(published.rows.values()),
            marts=dg.MetadataValue.int(published.marts),
            compacted=dg.MetadataValue.bool(published.is_compacted),
            bytes=dg.MetadataValue.int(published.size_bytes),
            folder=dg.MetadataValue.path(published.folder),
        )
    )


@dg.asset(
    deps=[published_marts],
    group_name=PUBLISHED,
    owners=OWNERS,
    kinds={"evidence"},
)
def dashboards(context: dg.AssetExecutionContext, build: BuildResource) -> dg.MaterializeResult:
    """The Evidence pages: generated from the manifest, with data of the published marts."""
    watch = Stopwatch()
    summary = build_pages(build.request, context.log.log)
    return dg.MaterializeResult(
        metadata=measured(
            watch.seconds,
            is_rebuilt=dg.MetadataValue.bool(summary.is_rebuilt),
            is_new_data=dg.MetadataValue.bool(summary.is_new_data),
            pages=dg.MetadataValue.int(summary.pages),
            folder=dg.MetadataValue.path(build.request.paths.site),
        )
    )
