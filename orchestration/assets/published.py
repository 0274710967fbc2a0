"""The published warehouse and its dashboards: reached only if every gate has passed."""

import dagster as dg

from orchestration.assets.modelled import modelled
from orchestration.publish import publish
from orchestration.resources import Build


@dg.asset(deps=[modelled], group_name="published", pool="duckdb_write")
def published_marts(context: dg.AssetExecutionContext, build: Build) -> dg.MaterializeResult:
    """marts.duckdb, Parquet and catalogue.json, swapped in by one rename."""
    published = publish(build.paths, build.paths.manifest, build.build_id)
    context.log.info(
        f"published {len(published.rows)} marts, {sum(published.rows.values()):,} rows, "
        f"{published.size_bytes / 1e6:.1f} MB, {published.parts_written} parts written and "
        f"{published.parts_reused} unchanged: {build.paths.published}"
    )
    return dg.MaterializeResult(
        metadata={
            "rows": sum(published.rows.values()),
            "parts_written": published.parts_written,
            "parts_reused": published.parts_reused,
            "folder": str(published.folder),
        }
    )


@dg.asset(deps=[published_marts], group_name="published")
def dashboards(context: dg.AssetExecutionContext, build: Build) -> dg.MaterializeResult:
    """The Evidence pages, generated from the manifest and read from the published marts."""
    # Imported here: a build without pages needs none of it.
    from dashboards.site import build_site

    summary = build_site(
        build.paths.published, build.paths.manifest, build.paths.site, context.log.debug
    )
    did = "built" if summary.is_rebuilt else "unchanged:"
    context.log.info(f"dashboards {did} {len(summary.pages)} pages: {build.paths.site}")
    metadata = {"is_rebuilt": summary.is_rebuilt, "pages": len(summary.pages)}
    return dg.MaterializeResult(metadata=metadata)
