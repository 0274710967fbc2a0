"""The raw layer on shared storage: what the loader has landed, as Parquet that a cluster reads.

A raw table is a folder with a file for each landed file, a book of the loader a folder with one
file. A file is named after what is in it, so that one that is there already need not be written,
and one that nothing names any more goes. Each comes by a rename; a build that dies in between
leaves what the next one puts right before it models anything.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk import sql
from helpdesk.errors import ConfigError
from ingestion.contract import BOOKS, landed_tables, loader_books

RAW = "raw"
OPTIONS = "format parquet, compression zstd, compression_level 1"
# DuckDB's types of the raw layer in Spark's words.
TYPES = {
    "VARCHAR": "string",
    "VARCHAR[]": "array<string>",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp_ltz",
}


@dataclass(frozen=True)
class SharedTable:
    """A table as it lies on shared storage. `columns`: their types, in Spark's words."""

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
    connection: duckdb.DuckDBPyConnection, root: Path, anew: bool = False
) -> list[SharedTable]:
    """Make `root` hold the raw layer of a working warehouse. `anew`: write every file again.

    Raises ConfigError where it cannot be written.
    """
    connection.execute("set timezone = 'UTC'")
    return [
        _share(connection, root, RAW, table, _landed_parts(connection, table), anew)
        for table in landed_tables()
    ] + share_books(connection, root, anew)


def share_books(
    connection: duckdb.DuckDBPyConnection, root: Path, anew: bool = False
) -> list[SharedTable]:
    """The loader's own books alone, which a build writes to when it ends, too."""
    connection.execute("set timezone = 'UTC'")
    return [
        _share(connection, root, BOOKS, book, _book_parts(connection, book), anew)
        for book in loader_books()
    ]


def _share(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    schema: str,
    name: str,
    parts: Iterable[_Part],
    anew: bool,
) -> SharedTable:
    folder = root / schema / name
    columns = _columns(connection, schema, name)
    shape = hashlib.sha256(repr(columns).encode()).hexdigest()[:8]
    wanted = {f"{part.file}-{shape}.parquet": part for part in parts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        missing = [file for file in wanted if anew or file not in there]
        for file in missing:
            select = f"select {_selected(columns)} from {schema}.{sql.name(name)}"
            _write(connection, f"{select} where {wanted[file].condition}", folder / file)
        gone = there - wanted.keys()
        for file in gone:
            # What a writer left unfinished may have gone with its writing anew.
            (folder / file).unlink(missing_ok=True)
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(
            f"{folder}: the landed rows cannot be written there ({error}); --shared, or "
            "spark.shared_storage in the settings, names a folder that this machine and the "
            "whole cluster have mounted at the same place."
        ) from error
    types = {column: TYPES[kind] for column, kind in columns.items()}
    return SharedTable(schema, name, types, folder, bool(missing or gone))


def _landed_parts(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[_Part]:
    """The landed files that gave a raw table its rows, each known by its signature."""
    rows = connection.execute(
        """select file, path, size_bytes, modified_ns from landing.files
        where table_name = ? and rows_read > rows_rejected order by file""",
        [table],
    ).fetchall()
    for file, *signature in rows:
        yield _Part(_digest([file, *signature]), f"_file = {sql.text(file)}")


def _book_parts(connection: duckdb.DuckDBPyConnection, book: str) -> list[_Part]:
    """The one file of a book that has rows, known by what they say."""
    content = connection.execute(
        f"""select count(*), sum(hash(book)), bit_xor(hash(hash(book), 'twice'))
        from {BOOKS}.{sql.name(book)} as book"""
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
    """The columns, every time an instant: Parquet tells those from times of nowhere."""
    return ", ".join(
        f"{sql.name(column)}::timestamptz as {sql.name(column)}"
        if kind == "TIMESTAMP"
        else sql.name(column)
        for column, kind in columns.items()
    )


def _write(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    # Spark looks at no file whose name begins so.
    beside = file.with_name(f".{file.name}")
    try:
        connection.execute(f"copy ({select}) to {sql.text(beside)} ({OPTIONS})")
        beside.rename(file)
    finally:
        beside.unlink(missing_ok=True)
