"""The raw layer: one asset per table that may land, loaded together."""

from collections.abc import Iterator

import dagster as dg

from helpdesk import sql
from ingestion.contract import landed_tables
from orchestration.assets.fetched import vendor_files
from orchestration.jobs import WRITERS
from orchestration.measured import Stopwatch, measured
from orchestration.resources import BuildResource
from orchestration.steps.landing import land


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
def landing(
    context: dg.AssetExecutionContext, build: BuildResource
) -> Iterator[dg.MaterializeResult]:
    """Make the raw layer mirror the landing folder, and set the build's clock."""
    watch = Stopwatch()
    landed = land(build.request, context.log.log).rows
    with build.request.warehouse() as connection:
        rows = sql.table_rows(connection, *(key.path[0] for key in BOOKS), "raw")
    # Loaded together: each table's seconds are those of all.
    seconds = watch.seconds
    for table in landed_tables():
        is_configured = dg.MetadataValue.bool(table in landed)
        metadata = measured(seconds, rows["raw", table], is_configured=is_configured)
        yield dg.MaterializeResult(asset_key=raw_key(table), metadata=metadata)
    for key in BOOKS:
        schema, book = key.path
        yield dg.MaterializeResult(asset_key=key, metadata=measured(seconds, rows[schema, book]))
