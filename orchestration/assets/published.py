"""The published warehouse and its dashboards: reached only if every gate has passed."""

import dagster as dg

from orchestration.assets.modelled import modelled
from orchestration.engines import engine_of
from orchestration.jobs import WRITERS
from orchestration.measured import Stopwatch, measured
from orchestration.publish import publish
from orchestration.resources import Build
from orchestration.rewording import reword


@dg.asset(deps=[modelled], group_name="published", pool=WRITERS)
def published_marts(context: dg.AssetExecutionContext, build: Build) -> dg.MaterializeResult:
    """marts.duckdb, Parquet and catalogue.json, swapped in by one rename."""
    watch = Stopwatch()
    models = engine_of(build).models
    published = publish(build.paths, build.paths.manifest, build.build_id, models)
    context.log.info(
        f"published {len(published.rows)} marts, {sum(published.rows.values()):,} rows, "
        f"{published.size_bytes / 1e6:.1f} MB, {published.parts_written} parts written and "
        f"{published.parts_reused} unchanged: {build.paths.published}"
    )
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
def dashboards(context: dg.AssetExecutionContext, build: Build) -> dg.MaterializeResult:
    """The Evidence pages, generated from the manifest and read from the published marts."""
    # Imported here: a build without pages needs none of it.
    from dashboards.site import build_site

    watch = Stopwatch()
    rewording = build.settings.rewording
    summary = build_site(
        build.paths.published,
        build.paths.manifest,
        build.paths.site,
        context.log.debug,
        lambda rows: reword(rows, rewording, context.log.warning),
    )
    did = "built" if summary.is_rebuilt else "new data for" if summary.is_new_data else "unchanged:"
    context.log.info(f"dashboards: {did} {summary.pages} pages: {build.paths.site}")
    return dg.MaterializeResult(
        metadata=measured(
            watch.seconds,
            is_rebuilt=dg.MetadataValue.bool(summary.is_rebuilt),
            is_new_data=dg.MetadataValue.bool(summary.is_new_data),
            pages=dg.MetadataValue.int(summary.pages),
            folder=dg.MetadataValue.path(build.paths.site),
        )
    )
