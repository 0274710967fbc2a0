"""What a step did, as the metadata of its assets: rows and seconds, under one name everywhere."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import dagster as dg
import duckdb

from helpdesk import sql
from orchestration.resources import Build

# Dagster's own name: its pages and charts know it.
ROWS = "dagster/row_count"
DBT_SECONDS = "Execution Duration"
Metadata = dict[str, dg.MetadataValue]


def measured(seconds: float, rows: int | None = None, **more: dg.MetadataValue) -> Metadata:
    """The metadata of an asset. Rows are left out where there are none to count, as of a view."""
    found: Metadata = {"seconds": dg.MetadataValue.float(seconds), **more}
    return found if rows is None else {ROWS: dg.MetadataValue.int(rows), **found}


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        return round(monotonic() - self._started, 3)


def table_rows(connection: duckdb.DuckDBPyConnection, *schemas: str) -> dict[tuple[str, str], int]:
    """The rows of every table of some schemas, or of all, by schema and name.

    Counted, which takes DuckDB a tenth of a second for fifty million rows, as it reads no column;
    the sizes that it lists its tables with still have the rows that were deleted.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and (len($1) = 0 or schema_name in $1)",
        [list(schemas)],
    ).fetchall()
    return {
        (schema, table): sql.number(
            connection, f"select count(*) from {sql.name(schema)}.{sql.name(table)}"
        )
        for schema, table in tables
    }


def with_rows(
    events: Iterator[Any], nodes: Mapping[str, Any], build: Build
) -> Iterator[dg.Output | dg.AssetCheckResult]:
    """dbt's events, those of tables with their rows, once dbt has ended.

    Only then is the file free to be opened. dagster-dbt's own `fetch_row_counts` waits as well, but
    keeps the file open for ever, as the profile's `keep_open` says, and nothing could be published.
    """
    held, failure = [], None
    try:
        for event in events:
            held.append(event)
    except Exception as error:
        # What was built and tested before it is recorded as well.
        failure = error
    with build.warehouse() as connection:
        rows = table_rows(connection)
    yield from (_measured(event, nodes, rows) for event in held)
    if failure:
        raise failure


def _measured(
    event: dg.Output | dg.AssetCheckResult,
    nodes: Mapping[str, Any],
    rows: Mapping[tuple[str, str], int],
) -> dg.Output | dg.AssetCheckResult:
    if isinstance(event, dg.AssetCheckResult):
        return event
    more = dict(event.metadata)
    seconds = more.pop(DBT_SECONDS, None)
    node = nodes[str(more["unique_id"].value)]
    count = rows.get((node["schema"], node["alias"]))
    return event.with_metadata({**more, **measured(_number(seconds), count)})


def _number(value: dg.MetadataValue | None) -> float:
    found = value.value if value else None
    return float(found) if isinstance(found, int | float) else 0.0
