"""Loads a landing folder into the raw layer of a working warehouse.

The raw layer mirrors the folder: a file that is new or changed is read again, one that is gone
takes its rows with it, one that is neither costs nothing. One transaction: a file that cannot be
read leaves the raw layer as it was.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk import sql
from ingestion import changes
from ingestion.contract import landed_tables
from ingestion.files import LandedFile, find_files, stray_notes
from ingestion.readers import broken_file, file_select


@dataclass
class LoadSummary:
    """What a load did: files by what became of them, rows by table, notes worth a person's look."""

    loaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def load_landing(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    reload: bool = False,
    report: Callable[[str], None] = lambda message: None,
) -> LoadSummary:
    """Make the raw layer mirror `landing`. `reload` reads every file again. Raises LandingError."""
    files = find_files(landing)
    connection.execute("begin")
    try:
        _create_layer(connection)
        summary = _load_files(connection, landing, files, reload, report)
        connection.execute("commit")
    except BaseException:
        # Where the disk is full DuckDB has rolled back by itself, and would say only that.
        with suppress(duckdb.TransactionException):
            connection.execute("rollback")
        raise
    summary.notes += stray_notes(landing, files)
    return summary


def _create_layer(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set timezone = 'UTC'")
    _drop_older_layer(connection)
    connection.execute("create schema if not exists raw")
    connection.execute("create schema if not exists landing")
    for table in landed_tables().values():
        columns = ", ".join(f'"{name}" varchar' for name in table.column_names)
        connection.execute(
            f"""create table if not exists raw.{table.raw_name}
            ({columns}, _extra varchar, _row bigint, _file varchar)"""
        )
    connection.execute(
        """create table if not exists landing.files (
            source_system varchar, table_name varchar, contract_table varchar, file varchar,
            path varchar, modified_at timestamp, modified_ns bigint, size_bytes bigint,
            rows_read bigint, rows_rejected bigint, extra_columns varchar[])"""
    )
    connection.execute(
        """create table if not exists landing.rejected_rows (
            source_system varchar, table_name varchar, contract_table varchar, file varchar,
            line bigint, reason varchar, raw_row varchar)"""
    )
    changes.create_books(connection)


def _drop_older_layer(connection: duckdb.DuckDBPyConnection) -> None:
    """Books kept by an earlier version are begun anew: all is in the landing folder."""
    columns = connection.execute(
        """select column_name from duckdb_columns()
        where schema_name = 'landing' and table_name = 'files'"""
    ).fetchall()
    if columns and ("source_system",) not in columns:
        connection.execute("drop schema landing cascade")
        connection.execute("drop schema raw cascade")


def _load_files(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    files: list[LandedFile],
    reload: bool,
    report: Callable[[str], None],
) -> LoadSummary:
    summary = LoadSummary()
    known = {
        (table, name): signature
        for table, name, *signature in connection.execute(
            "select table_name, file, path, size_bytes, modified_ns from landing.files"
        ).fetchall()
    }
    for file in files:
        before = known.pop((file.table.raw_name, file.name), None)
        signature = [str(file.path.resolve()), file.size, file.modified_ns]
        if before == signature and not reload:
            summary.unchanged.append(file.name)
            continue
        with changes.noted(connection, file.table, file.name):
            if before:
                _forget_file(connection, file.table.raw_name, file.name)
            rows = _load_file(connection, file)
        report(f"{file.name}: {rows:,} rows")
        summary.loaded.append(file.name)
    for table, name in known:
        with changes.noted(connection, landed_tables()[table], name):
            _forget_file(connection, table, name)
        summary.removed.append(name)
    _write_tables(connection)
    for table, rows, extra in connection.execute(
        "select table_name, row_count, extra_columns from landing.tables where is_configured"
    ).fetchall():
        summary.rows[table] = rows
        if extra:
            summary.notes.append(f"{table}: columns the contract does not name: {', '.join(extra)}")
    return summary


def _forget_file(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    connection.execute(f"delete from raw.{table} where _file = ?", [name])
    for book in ("files", "rejected_rows"):
        connection.execute(
            f"delete from landing.{book} where table_name = ? and file = ?", [table, name]
        )


def _load_file(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> int:
    """Append the file's records to its raw table; returns how many rows it holds, read or not."""
    table = file.table
    connection.execute("drop table if exists rejected_lines")
    connection.execute("drop table if exists rejected_scans")
    select = file_select(connection, file.path, table)
    try:
        rows = sql.number(
            connection,
            f"insert into raw.{table.raw_name} by name select *, ? as _file from ({select.query})",
            file.name,
        )
    except duckdb.Error as error:
        raise broken_file(file.path, error) from error
    rejected = _keep_rejected(connection, file)
    connection.execute(
        """insert into landing.files
        values (?, ?, ?, ?, ?, make_timestamp(? // 1000), ?, ?, ?, ?, ?)""",
        [
            table.source_system,
            table.raw_name,
            table.feeds[0],
            file.name,
            str(file.path.resolve()),
            file.modified_ns,
            file.modified_ns,
            file.size,
            rows + rejected,
            rejected,
            select.extra_columns,
        ],
    )
    return rows + rejected


def _keep_rejected(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> int:
    """Move the lines that are no record to the quarantine's book; returns how many."""
    selects = []
    if sql.number(
        connection, "select count(*) from duckdb_tables() where table_name = 'rejected_lines'"
    ):
        # One line may have several faults: the first tells.
        selects.append(
            """select line, 'line: ' || lower(arg_min(error_message, coalesce(column_idx, 0)))
                as reason,
            any_value(csv_line) as raw_row from rejected_lines group by line"""
        )
    if ".jsonl" in file.path.suffixes:
        selects.append(
            "select line_number, 'line: not a JSON object', line from json_lines "
            "where not is_record"
        )
    keep = "insert into landing.rejected_rows select ?, ?, ?, ?, * from "
    table = file.table
    whose = table.source_system, table.raw_name, table.feeds[0], file.name
    return sum(sql.number(connection, f"{keep} ({select})", *whose) for select in selects)


def _write_tables(connection: duckdb.DuckDBPyConnection) -> None:
    tables = landed_tables().values()
    counts = " union all ".join(
        f"""select '{table.source_system}' as source_system, '{table.raw_name}' as table_name,
            {[*table.feeds]} as feeds, (select count(*) from raw.{table.raw_name}) as row_count"""
        for table in tables
    )
    connection.execute(
        f"""create or replace table landing.tables as
        select counts.source_system, counts.table_name, counts.feeds,
            count(files.file) > 0 as is_configured, counts.row_count,
            coalesce(list_sort(list_distinct(flatten(list(files.extra_columns)))), [])
                as extra_columns
        from ({counts}) as counts
        left join landing.files as files on files.table_name = counts.table_name
        group by all"""
    )


def write_build(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    started_at: datetime,
    as_of: datetime,
    previous_as_of: datetime | None = None,
    rebuilt: Sequence[str] = (),
) -> None:
    """Set the build's one clock, which every model reads.

    With `previous_as_of`, the clock of the models as they stand, only the tickets that changed
    since are modelled again, but in the models that are to be `rebuilt`; without, all are.
    """
    connection.execute("create schema if not exists landing")
    connection.execute(
        """create or replace table landing.builds as
        select ?::varchar as build_id, ?::timestamp as started_at, ?::timestamp as as_of,
            ?::timestamp as previous_as_of, ?::varchar[] as rebuilt""",
        [
            build_id,
            *(time and _utc(time) for time in (started_at, as_of, previous_as_of)),
            list(rebuilt),
        ],
    )


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)
