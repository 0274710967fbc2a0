"""Copies marts with another source name, to compare them row by row."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

# A key consists of the source's name and the native id.
KEY = "_key"


def as_from(
    source: str, other: str, database: Path, into: Path, without: Mapping[str, tuple[str, ...]]
) -> Path:
    """Copy the marts with the source's name replaced. `without`: columns to leave out."""
    with _copying(database, into) as (connection, marts):
        for mart, columns in marts.items():
            columns = ", ".join(
                f"""regexp_replace("{name}", '^{source}(:|$)', '{other}\\1') as "{name}" """
                if kind == "VARCHAR"
                else f'"{name}"'
                for name, kind in columns.items()
                if name not in without.get(mart, ())
            )
            connection.execute(
                f"create table marts.{mart} as select {columns} from source.marts.{mart}"
            )
    return into


def rows_of(source: str, database: Path, into: Path) -> Path:
    """Copy the rows of one source, by its name or its keys."""
    with _copying(database, into) as (connection, marts):
        for mart, columns in marts.items():
            keys = [name for name in columns if name.endswith(KEY)]
            if "source_system" in columns:
                rows = f"source_system = '{source}'"
            elif keys:
                rows = " or ".join(f"\"{key}\" like '{source}:%'" for key in keys)
            else:
                continue
            connection.execute(
                f"create table marts.{mart} as from source.marts.{mart} where {rows}"
            )
    return into


@contextmanager
def _copying(
    database: Path, into: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, dict[str, str]]]]:
    with duckdb.connect(str(into), config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"attach '{database}' as source (read_only)")
        connection.execute("create schema marts")
        marts: dict[str, dict[str, str]] = {}
        for mart, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'source' and schema_name = 'marts' order by column_index"
        ).fetchall():
            marts.setdefault(mart, {})[column] = kind
        yield connection, marts
