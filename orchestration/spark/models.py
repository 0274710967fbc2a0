"""The tables that a cluster made, as views of a DuckDB file: all that reads a warehouse reads them.

A view names the Parquet files of its table as they are now, and gives the columns of a mart the
types of its contract. Of a table that is no Parquet, or has a log that says which of its files
count, the cluster writes a copy that is.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from orchestration.spark.server import Session, name, text
from orchestration.spark.tables import KnownTable, known_tables

SCHEMAS = ("staging", "intermediate", "marts")
PARQUET = "parquet"
COPIES = "copies"
INSTANT = "TIMESTAMP WITH TIME ZONE"

Contract = Mapping[str, str]


def write_views(session: Session, root: Path, manifest: Path, file: Path) -> None:
    """Write the DuckDB file anew: a view for every model of the cluster that is a table.

    `root`: the folder of shared storage, for copies.
    """
    contracts = _contracts(manifest)
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with duckdb.connect(beside) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
            for table in known_tables(session, schema):
                if not table.is_view:
                    parquet = _as_parquet(session, root, schema, table)
                    contract = contracts.get((schema, table.name), {})
                    _create_view(connection, schema, parquet, contract)
    beside.rename(file)


def _as_parquet(session: Session, root: Path, schema: str, table: KnownTable) -> KnownTable:
    if table.provider == PARQUET:
        return table
    folder = root / COPIES / schema / table.name
    select = f"select * from {name(schema)}.{name(table.name)}"
    session.rows(f"insert overwrite directory {text(folder.as_uri())} using parquet {select}")
    return replace(table, folder=folder)


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
        columns = {one: contract.get(one, "varchar") for one in contract or table.columns}
        values = ", ".join(f"null::{kind} as {sql.name(one)}" for one, kind in columns.items())
        connection.execute(f"create view {view} as select {values} where false")
        return
    # Of a table in partitions, some columns are in the names of its folders.
    reader = f"read_parquet([{', '.join(map(sql.text, files))}], hive_partitioning = true)"
    described = connection.execute(f"describe select * from {reader}").fetchall()
    types = {column: kind for column, kind, *_ in described}
    values = ", ".join(
        f"{_typed(column, types[column], contract.get(column, ''))} as {sql.name(column)}"
        for column in contract or types
    )
    connection.execute(f"create view {view} as select {values} from {reader}")


def _typed(column: str, found: str, wanted: str) -> str:
    """A column as its contract has it: a time of the warehouse is UTC, and says no zone."""
    column = sql.name(column)
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
