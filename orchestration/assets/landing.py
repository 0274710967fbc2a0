"""The raw layer: one asset per table that may land, loaded together."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ingestion.contract import landed_tables
from ingestion.landing import load_landing, write_build
from orchestration.assets.fetched import vendor_files
from orchestration.engines import engine_of
from orchestration.jobs import WRITERS, retried_when_busy
from orchestration.measured import Stopwatch, measured, table_rows
from orchestration.refresh import decide
from orchestration.resources import Build


def raw_key(raw_name: str) -> dg.AssetKey:
    """The key under which dbt knows a table of the raw layer: its source and its name there."""
    table = landed_tables()[raw_name]
    return dg.AssetKey([table.source_system, table.name])


# The loader's own books, which the quarantine and the reconciliation read.
BOOKS = [dg.AssetKey(["landing", book]) for book in ("builds", "files", "rejected_rows", "tables")]


@dg.multi_asset(
    name="landing",
    specs=[
        dg.AssetSpec(key, group_name="raw", deps=[vendor_files])
        for key in [raw_key(table) for table in landed_tables()] + BOOKS
    ],
    pool=WRITERS,
)
def landing(context: dg.AssetExecutionContext, build: Build) -> Iterator[dg.MaterializeResult]:
    """Make the raw layer mirror the landing folder, and set the build's clock."""
    settings = build.settings
    watch = Stopwatch()
    # Asked before anything lands: an engine that cannot be reached is known at once.
    engine = engine_of(build).state()
    with retried_when_busy(), build.warehouse() as connection:
        summary = load_landing(
            connection, Path(build.landing), build.full_refresh, context.log.debug
        )
        refresh = decide(connection, build.clock, settings, build.full_refresh, engine)
        write_build(
            connection,
            build.build_id,
            build.started_at,
            build.clock,
            refresh.previous_as_of,
            refresh.rebuilt,
        )
        rows = table_rows(connection, *(key.path[0] for key in BOOKS), "raw")
    for name in summary.removed:
        context.log.warning(f"{name}: gone from the landing folder, and its rows with it")
    for note in summary.notes:
        context.log.warning(note)
    context.log.info(
        f"landed {len(summary.loaded)} files, {len(summary.unchanged)} unchanged, "
        f"{sum(summary.rows.values()):,} rows; as of {build.clock.isoformat()}, "
        f"report time zone {settings.report_timezone}"
    )
    if refresh.previous_as_of:
        context.log.info(f"modelling what changed since {refresh.previous_as_of.isoformat()}")
    else:
        context.log.info(f"modelling every ticket: {'; '.join(refresh.reasons)}")
    # Loaded together: each table's seconds are those of all.
    seconds = watch.seconds
    for table in landed_tables():
        is_configured = dg.MetadataValue.bool(table in summary.rows)
        metadata = measured(seconds, rows["raw", table], is_configured=is_configured)
        yield dg.MaterializeResult(asset_key=raw_key(table), metadata=metadata)
    for key in BOOKS:
        schema, book = key.path
        yield dg.MaterializeResult(asset_key=key, metadata=measured(seconds, rows[schema, book]))
