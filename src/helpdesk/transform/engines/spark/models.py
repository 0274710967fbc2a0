"""Makes the tables of a cluster readable in DuckDB: as views, and marts as tables.

A view reads the current Parquet files of its table, and casts the columns of a mart to the types of
its contract. For tables in Delta or Iceberg format, the cluster writes a Parquet copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import opened
from helpdesk.transform.engines.spark.server import Session, name, text
from helpdesk.transform.engines.spark.tables import KnownTable, known_tables
from helpdesk.transform.nodes import Manifest, Model

SCHEMAS = ("staging", "intermediate", "marts")
PARQUET = "parquet"
COPIES = "copies"
INSTANT = "TIMESTAMP WITH TIME ZONE"

Contract = Mapping[str, str]


def write_views(session: Session, root: Path, manifest: Manifest, file: Path) -> None:
    """Write a new DuckDB file with a view for every table among the cluster's models.

    `root`: the folder of shared storage, for copies.
    """
    contracts = _contracts(manifest)
    new_file = file.with_suffix(".new")
    new_file.unlink(missing_ok=True)
    with duckdb.connect(new_file) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
            for table in known_tables(session, schema):
                if not table.is_view:
                    parquet = _as_parquet(session, root, schema, table)
                    contract = contracts.get((schema, table.name), {})
                    _create_view(connection, schema, parquet, contract)
    new_file.rename(file)


def copy_marts(views: Path, candidate: Path, marts: Sequence[Model]) -> None:
    """Copy the mart tables to the candidate, with the constraints of their contracts."""
    with opened(candidate) as connection:
        # The same settings as in dbt's profile, which has the reasons.
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set disabled_compression_methods = 'fsst'")
        connection.execute(f"attach {sql.text(views)} as cluster (read_only)")
        connection.execute("create schema if not exists marts")
        found = connection.execute(
            "select view_name from duckdb_views() "
            "where database_name = 'cluster' and schema_name = 'marts'"
        ).fetchall()
        for mart in marts:
            if (mart.name,) in found:
                _copy_mart(connection, mart)


def _copy_mart(connection: duckdb.DuckDBPyConnection, mart: Model) -> None:
    relation = sql.name(mart.name)
    lines = [
        f"{sql.name(column.name)} {column.data_type}{' not null' if column.is_not_null else ''}"
        for column in mart.columns.values()
    ]
    lines += [f"check ({expression})" for expression in mart.checks]
    connection.execute("begin")
    connection.execute(f"create or replace table marts.{relation} ({', '.join(lines)})")
    connection.execute(f"insert into marts.{relation} by name from cluster.marts.{relation}")
    connection.execute("commit")


def _as_parquet(session: Session, root: Path, schema: str, table: KnownTable) -> KnownTable:
    if table.provider == PARQUET:
        return table
    folder = root / COPIES / schema / table.name
    select = f"select * from {name(schema)}.{name(table.name)}"
    session.rows(f"insert overwrite directory {text(folder.as_uri())} using parquet {select}")
    return replace(table, folder=folder)


def table_files(folder: Path) -> list[Path]:
    """The files of a table, without those of failed or running writers."""
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
    reader = f"read_parquet([{', '.join(map(sql.text, files))}])"
    described = connection.execute(f"describe select * from {reader}").fetchall()
    types = {column: kind for column, kind, *_ in described}
    values = ", ".join(
        f"{_typed(column, types[column], contract.get(column, ''))} as {sql.name(column)}"
        for column in contract or types
    )
    connection.execute(f"create view {view} as select {values} from {reader}")


def _typed(column: str, found: str, wanted: str) -> str:
    """A column in the type of its contract. Times in the warehouse are UTC without a zone."""
    column = sql.name(column)
    if found == INSTANT and wanted in ("", "timestamp"):
        return f"timezone('UTC', {column})"
    return f"{column}::{wanted}" if wanted else column


def _contracts(manifest: Manifest) -> dict[tuple[str, str], dict[str, str]]:
    """The column types in the contracts of the marts, by schema and table."""
    return {
        (model.schema, model.alias): {
            column.name: column.data_type.lower() for column in model.columns.values()
        }
        for model in manifest.models.values()
        if model.is_contracted
    }
