"""Loads a landing folder into the raw layer of a working warehouse.

The raw layer mirrors the folder: a file that is new or changed is read again, one that is gone
takes its rows with it, one that is neither costs nothing. One transaction: a file that cannot be
read leaves the raw layer as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk import sql
from helpdesk.errors import LandingError
from ingestion import changes
from ingestion.contract import contract_tables
from ingestion.readers import SUFFIXES, broken_file, file_select


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing folder; `name` is its path below the folder."""

    table: str
    name: str
    path: Path
    size: int
    modified_ns: int


@dataclass
class LoadSummary:
    """What a load did: files by what became of them, rows by table, notes worth a person's look."""

    loaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_files(landing: Path) -> list[LandedFile]:
    """The files of the contract's tables in `landing`, by path. Raises LandingError."""
    if not landing.is_dir():
        raise LandingError(
            f"{landing}: there is no such folder; --landing names the landing folder."
        )
    files = []
    for table in contract_tables():
        inside = [path for path in (landing / table).rglob("*") if path.is_file()]
        beside = [landing / f"{table}{suffix}" for suffix in SUFFIXES]
        for path in sorted(inside) + [path for path in beside if path.is_file()]:
            if path.name.endswith(SUFFIXES) and not path.name.startswith((".", "_")):
                stat = path.stat()
                name = path.relative_to(landing).as_posix()
                files.append(LandedFile(table, name, path, stat.st_size, stat.st_mtime_ns))
    _check_needed(landing, {file.table for file in files})
    return files


def _check_needed(landing: Path, found: set[str]) -> None:
    for table in contract_tables().values():
        if table.is_needed and table.name not in found:
            raise LandingError(
                f"{landing}: table {table.name} is missing; land it as "
                f"{table.name}.csv, .jsonl or .parquet, or as files in a folder {table.name}/."
            )
    if not found & {"ticket_field_history", "messages"}:
        raise LandingError(
            f"{landing}: neither ticket_field_history nor messages is there; one of them is needed."
        )


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
        connection.execute("rollback")
        raise
    summary.notes += _stray_notes(landing, files)
    return summary


def _create_layer(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema if not exists raw")
    connection.execute("create schema if not exists landing")
    for table in contract_tables().values():
        columns = ", ".join(f'"{name}" varchar' for name in table.column_names)
        connection.execute(
            f"""create table if not exists raw.{table.name}
            ({columns}, _extra varchar, _row bigint, _file varchar)"""
        )
    connection.execute(
        """create table if not exists landing.files (
            table_name varchar, file varchar, path varchar, modified_at timestamp,
            modified_ns bigint, size_bytes bigint, rows_read bigint, rows_rejected bigint,
            extra_columns varchar[])"""
    )
    connection.execute(
        """create table if not exists landing.rejected_rows (
            table_name varchar, file varchar, line bigint, reason varchar, raw_row varchar)"""
    )
    changes.create_books(connection)


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
        before = known.pop((file.table, file.name), None)
        signature = [str(file.path.resolve()), file.size, file.modified_ns]
        if before == signature and not reload:
            summary.unchanged.append(file.name)
            continue
        with changes.noted(connection, contract_tables()[file.table], file.name):
            if before:
                _forget_file(connection, file.table, file.name)
            rows = _load_file(connection, file)
        report(f"{file.name}: {rows:,} rows")
        summary.loaded.append(file.name)
    for table, name in known:
        with changes.noted(connection, contract_tables()[table], name):
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
    table = contract_tables()[file.table]
    connection.execute("drop table if exists rejected_lines")
    connection.execute("drop table if exists rejected_scans")
    select = file_select(connection, file.path, table)
    try:
        rows = sql.number(
            connection,
            f"insert into raw.{table.name} by name select *, ? as _file from ({select.query})",
            file.name,
        )
    except duckdb.Error as error:
        raise broken_file(file.path, error) from error
    rejected = _keep_rejected(connection, file)
    connection.execute(
        "insert into landing.files values (?, ?, ?, make_timestamp(? // 1000), ?, ?, ?, ?, ?)",
        [
            file.table,
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
    keep = "insert into landing.rejected_rows select ?, ?, * from "
    return sum(
        sql.number(connection, f"{keep} ({select})", file.table, file.name) for select in selects
    )


def _write_tables(connection: duckdb.DuckDBPyConnection) -> None:
    counts = " union all ".join(
        f"select '{table}' as table_name, count(*) as row_count from raw.{table}"
        for table in contract_tables()
    )
    connection.execute(
        f"""create or replace table landing.tables as
        select counts.table_name, count(files.file) > 0 as is_configured, counts.row_count,
            coalesce(list_sort(list_distinct(flatten(list(files.extra_columns)))), [])
                as extra_columns
        from ({counts}) as counts
        left join landing.files as files on files.table_name = counts.table_name
        group by counts.table_name, counts.row_count"""
    )


def _stray_notes(landing: Path, files: list[LandedFile]) -> list[str]:
    """Files in the folder that no table of the contract claims: named, so that a typo is seen."""
    claimed = {file.path for file in files}
    stray = sorted(
        path.relative_to(landing).as_posix()
        for path in landing.rglob("*")
        if path.is_file() and path not in claimed and not path.name.startswith((".", "_"))
    )
    return [f"{name}: not a file of the contract, left alone" for name in stray]


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
