"""Writes the raw layer to shared storage, as Parquet files for the cluster.

A raw table is a folder with a file per landing file, a table of the load log a folder with one
file. The name of a file is a digest of its content, so existing files are not written again, and
files without a matching name are deleted. Files are renamed into place. After an interrupted build,
the next one completes the files before it runs a model.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.contract.tables import LOAD_LOG, landed_tables, load_log_tables
from helpdesk.core import sql
from helpdesk.core.errors import ConfigError

RAW = "raw"
OPTIONS = "format parquet, compression zstd, compression_level 1"
# The Spark types of DuckDB's types in the raw layer.
TYPES = {
    "VARCHAR": "string",
    "VARCHAR[]": "array<string>",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp_ltz",
}


@dataclass(frozen=True)
class SharedTable:
    """A table on shared storage. `columns`: their types in Spark."""

    schema: str
    name: str
    columns: dict[str, str]
    folder: Path
    has_changed: bool


@dataclass(frozen=True)
class _Part:
    file: str
    condition: str = "true"


def share_raw(
    connection: duckdb.DuckDBPyConnection, root: Path, rewrite: bool = False
) -> list[SharedTable]:
    """Write the raw layer of a working warehouse to `root`. `rewrite`: write every file again.

    Raises ConfigError if a file cannot be written.
    """
    connection.execute("set timezone = 'UTC'")
    return [
        _share(connection, root, RAW, table, _landed_parts(connection, table), rewrite)
        for table in landed_tables()
    ] + share_load_log(connection, root, rewrite)


def share_load_log(
    connection: duckdb.DuckDBPyConnection, root: Path, rewrite: bool = False
) -> list[SharedTable]:
    """Write the load log to `root`. A build also changes it at its end."""
    connection.execute("set timezone = 'UTC'")
    return [
        _share(connection, root, LOAD_LOG, table, _log_parts(connection, table), rewrite)
        for table in load_log_tables()
    ]


def _share(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    schema: str,
    name: str,
    parts: Iterable[_Part],
    rewrite: bool,
) -> SharedTable:
    folder = root / schema / name
    columns = _columns(connection, schema, name)
    shape = hashlib.sha256(repr(columns).encode()).hexdigest()[:8]
    wanted = {f"{part.file}-{shape}.parquet": part for part in parts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        missing = [file for file in wanted if rewrite or file not in there]
        for file in missing:
            select = f"select {_selected(columns)} from {schema}.{sql.name(name)}"
            _write(connection, f"{select} where {wanted[file].condition}", folder / file)
        gone = there - wanted.keys()
        for file in gone:
            # The temporary file of an interrupted writer may already be replaced.
            (folder / file).unlink(missing_ok=True)
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(
            f"{folder}: cannot write the loaded rows to this folder ({error}); with --shared, or "
            "spark.shared_storage in the settings, name a folder that this machine and the whole "
            "cluster have mounted under the same path."
        ) from error
    types = {column: TYPES[kind] for column, kind in columns.items()}
    return SharedTable(schema, name, types, folder, bool(missing or gone))


def _landed_parts(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[_Part]:
    """The landing files of a raw table, each identified by its signature."""
    rows = connection.execute(
        """select file, path, size_bytes, modified_ns from landing.files
        where table_name = ? and rows_read > rows_rejected order by file""",
        [table],
    ).fetchall()
    for file, *signature in rows:
        yield _Part(_digest([file, *signature]), f"_file = {sql.text(file)}")


def _log_parts(connection: duckdb.DuckDBPyConnection, table: str) -> list[_Part]:
    """The file of a table of the load log, identified by its rows; none if it is empty."""
    content = connection.execute(
        f"""select count(*), sum(hash(entry)), bit_xor(hash(hash(entry), 'twice'))
        from {LOAD_LOG}.{sql.name(table)} as entry"""
    ).fetchone()
    return [_Part(_digest(content))] if content and content[0] else []


def _digest(of: object) -> str:
    return hashlib.sha256(repr(of).encode()).hexdigest()[:24]


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> dict[str, str]:
    return dict(
        connection.execute(
            """select column_name, data_type from duckdb_columns()
            where database_name = current_database() and schema_name = ? and table_name = ?
            order by column_index""",
            [schema, name],
        ).fetchall()
    )


def _selected(columns: dict[str, str]) -> str:
    """The SQL of the columns, with times as instants, which Parquet has as a separate type."""
    return ", ".join(
        f"{sql.name(column)}::timestamptz as {sql.name(column)}"
        if kind == "TIMESTAMP"
        else sql.name(column)
        for column, kind in columns.items()
    )


def _write(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    # Spark ignores files whose names start with a dot.
    new_file = file.with_name(f".{file.name}")
    try:
        connection.execute(f"copy ({select}) to {sql.text(new_file)} ({OPTIONS})")
        new_file.rename(file)
    finally:
        new_file.unlink(missing_ok=True)
