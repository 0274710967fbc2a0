"""The raw layer: one asset per table that the landing folder may hold, all loaded in one step."""

from collections.abc import Iterator

import dagster as dg

from helpdesk.contract.tables import landed_tables, load_log_tables
from helpdesk.core import sql
from helpdesk.pipeline.loading import load

from ..dbt_manifest import source_description
from ..jobs import WRITERS
from ..labels import OWNERS, RAW
from ..measured import Stopwatch, measured
from ..resources import BuildResource
from .fetched import vendor_files

LOAD_LOG = "landing"
# A build writes this table after its models have passed, for the next build. As an asset of the
# load step it would depend on its own readers.
LATER = "revisits"


def raw_key(raw_name: str) -> dg.AssetKey:
    """The asset key that dagster-dbt gives a table of the raw layer: its source and its name."""
    table = landed_tables()[raw_name]
    return dg.AssetKey([table.source_system, table.name])


def _spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        group_name=RAW,
        description=description,
        deps=[vendor_files],
        owners=OWNERS,
        kinds={"duckdb", "table"},
    )


# The tables of the load log that models read.
LOAD_LOG_KEYS = [dg.AssetKey([LOAD_LOG, table]) for table in load_log_tables() if table != LATER]

revisits = dg.AssetSpec(
    dg.AssetKey([LOAD_LOG, LATER]),
    group_name=RAW,
    description=source_description(LOAD_LOG, LATER),
    owners=OWNERS,
    kinds={"duckdb", "table"},
)


@dg.multi_asset(
    name="load",
    description="Load the landing folder into the raw layer and set the build's `as_of`.",
    specs=[
        *(_spec(raw_key(name), table.description) for name, table in landed_tables().items()),
        *(_spec(key, source_description(LOAD_LOG, key.path[1])) for key in LOAD_LOG_KEYS),
    ],
    pool=WRITERS,
)
def raw_tables(
    context: dg.AssetExecutionContext, build: BuildResource
) -> Iterator[dg.MaterializeResult]:
    """Load the landing folder into the raw layer and set the build's `as_of`."""
    watch = Stopwatch()
    loaded = load(build.request, context.log.log).rows
    with build.request.warehouse() as connection:
        rows = sql.table_rows(connection, LOAD_LOG, "raw")
    # Loaded in one step: its seconds are those of each table.
    seconds = watch.seconds
    for table in landed_tables():
        is_configured = dg.MetadataValue.bool(table in loaded)
        metadata = measured(seconds, rows["raw", table], is_configured=is_configured)
        yield dg.MaterializeResult(asset_key=raw_key(table), metadata=metadata)
    for key in LOAD_LOG_KEYS:
        schema, table = key.path
        yield dg.MaterializeResult(asset_key=key, metadata=measured(seconds, rows[schema, table]))
