"""The tables that a cluster made, as views of a DuckDB file: all that reads a warehouse reads them.

A view names the Parquet files of its table as they are now, and gives the columns of a mart the
types of its contract.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from orchestration.spark.server import Session
from orchestration.spark.tables import KnownTable, known_tables

SCHEMAS = ("staging", "intermediate", "marts")
INSTANT = "TIMESTAMP WITH TIME ZONE"

Contract = Mapping[str, str]


def write_views(session: Session, manifest: Path, file: Path) -> None:
    """Write the DuckDB file anew: a view for every model of the cluster that is a table."""
    contracts = _contracts(manifest)
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with duckdb.connect(beside) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
            for table in known_tables(session, schema):
                if not table.is_view:
                    _create_view(connection, schema, table, contracts.get((schema, table.name), {}))
    beside.rename(file)


def table_files(folder: Path) -> list[Path]:
    """The files of a table, without those of writers that failed or write still."""
    return sorted(
        path
        for path in folder.rglob("*.parquet")
        if not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts)
    )


def _create_view(
    connection: duckdb.DuckDBPyConnection, schema: str, table: KnownTable, contract: Contract
) -> None:
    view = f"{schema}.{sql.name(table.name)}"
    files = table_files(table.folder)
    if not files:
        columns = {name: contract.get(name, "varchar") for name in contract or table.columns}
        values = ", ".join(f"null::{kind} as {sql.name(name)}" for name, kind in columns.items())
        connection.execute(f"create view {view} as select {values} where false")
        return
    # Of a table in partitions, some columns are in the names of its folders.
    reader = f"read_parquet([{', '.join(map(sql.text, files))}], hive_partitioning = true)"
    described = connection.execute(f"describe select * from {reader}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    values = ", ".join(
        f"{_typed(name, types[name], contract.get(name, ''))} as {sql.name(name)}"
        for name in contract or types
    )
    connection.execute(f"create view {view} as select {values} from {reader}")


def _typed(name: str, found: str, wanted: str) -> str:
    """A column as its contract has it: a time of the warehouse is UTC, and says no zone."""
    column = sql.name(name)
    if found == INSTANT and wanted in ("", "timestamp"):
        return f"timezone('UTC', {column})"
    return f"{column}::{wanted}" if wanted else column


def _contracts(manifest: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The types that the contracts of the marts promise, by schema and table."""
    nodes: list[dict[str, Any]] = list(json.loads(manifest.read_text())["nodes"].values())
    return {
        (node["schema"], node["alias"]): {
            column["name"]: column["data_type"].lower() for column in node["columns"].values()
        }
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["contract"]["enforced"]
    }
