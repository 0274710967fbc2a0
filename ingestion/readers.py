"""One SELECT per landed file: every contract column as text, every record of the file a row.

A file that cannot be read at all raises `LandingError`; a line that is no record is left in
`rejected_lines` for the quarantine. Shape of each SELECT: the contract's columns (VARCHAR, empty
text as NULL), `_extra` (JSON text of columns the contract does not name, or NULL), `_row` (from 1).
"""

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk import sql
from helpdesk.errors import LandingError
from ingestion.contract import Table

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
# No text of a help desk holds this byte, so a line of JSON is never split into columns.
NEVER = "\\x00"
MAX_LINE_BYTES = 64 * 1024 * 1024
READ_LINES = f"""auto_detect = false, max_line_size = {MAX_LINE_BYTES}, store_rejects = true,
        rejects_table = 'rejected_lines', rejects_scan = 'rejected_scans'"""


@dataclass(frozen=True)
class FileSelect:
    """How to read a file: the SELECT, and its columns that the contract does not name."""

    query: str
    extra_columns: list[str]


def file_select(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> FileSelect:
    """The SELECT that reads `path` as rows of `table`. Raises LandingError."""
    if path.stat().st_size == 0:
        raise LandingError(f"{path}: the file is empty; a table without rows still needs a header.")
    try:
        if path.suffix == ".gz":
            _check_whole(path)
        if path.suffix == ".parquet":
            return _parquet(connection, path, table)
        if ".jsonl" in path.suffixes:
            return _json_lines(connection, path, table)
        return _csv(path, table)
    except (duckdb.Error, OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise broken_file(path, error) from error


def _check_whole(path: Path) -> None:
    """Read a gzip file to its checksum: DuckDB takes a cut for the end."""
    with gzip.open(path) as unpacked:
        while unpacked.read(MAX_LINE_BYTES):
            pass


def broken_file(path: Path, error: Exception) -> LandingError:
    reason = " ".join(str(error).split())
    if "state machine reached an invalid state" in reason:
        reason = "its lines end in several ways, or a carriage return stands outside of quotes"
    return LandingError(f"{path}: the file cannot be read ({reason}). Land it again, whole.")


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> FileSelect:
    reader = f"read_parquet({sql.text(path)}, file_row_number = true)"
    described = connection.execute(f"describe select * from {reader}").fetchall()
    types = {name: kind for name, kind, *_ in described if name != "file_row_number"}
    extra = _check_columns(path, table, list(types))
    values = {
        name: typed_as_text(name, types[name]) for name in table.column_names if name in types
    }
    return _select(reader, table, values, extra, row="file_row_number + 1")


def typed_as_text(name: str, kind: str) -> str:
    """A typed time without a zone is the warehouse's own: UTC. Only text can be ambiguous."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({sql.name(name)}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({sql.name(name)}::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == "JSON":
        return f"{sql.name(name)} ->> '$'"
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
        return f"to_json({sql.name(name)})::varchar"
    return f"{sql.name(name)}::varchar"


def _csv(path: Path, table: Table) -> FileSelect:
    header = _csv_header(path)
    extra = _check_columns(path, table, header)
    columns = ", ".join(f"{sql.text(name)}: 'VARCHAR'" for name in header)
    reader = f"""read_csv({sql.text(path)}, columns = {{{columns}}}, header = true, delim = ',',
        quote = '"', escape = '"', {READ_LINES})"""
    values = {name: sql.name(name) for name in table.column_names if name in header}
    return _select(reader, table, values, extra)


def _csv_header(path: Path) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    # That line alone is decoded: what is no UTF-8 further down costs its own row, not the file.
    with opener(path, "rb") as lines:
        line = lines.readline(MAX_LINE_BYTES).decode("utf-8-sig")
    header = next(csv.reader([line]), [])
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise LandingError(f"{path}: column {', '.join(repeated)} is in the header more than once.")
    return header


def _json_lines(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> FileSelect:
    reader = f"""read_csv({sql.text(path)}, columns = {{'line': 'VARCHAR'}}, header = false,
        delim = '{NEVER}', quote = '', escape = '', {READ_LINES})"""
    is_record = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
    connection.execute(
        f"""create or replace temp table json_lines as
        select line, row_number() over () as line_number, {is_record} as is_record
        from {reader} where trim(line) <> ''"""
    )
    found = connection.execute(
        "select distinct unnest(json_keys(line)) from json_lines where is_record order by all"
    ).fetchall()
    # No column is called that, and SQL cannot name it.
    names = [name for (name,) in found if "\0" not in name]
    records = sql.number(connection, "select count(*) from json_lines where is_record")
    extra = _check_columns(path, table, names) if records else []
    values = {
        name: f"json_extract_string(line, {_json_path(name)})"
        for name in table.column_names
        if name in names
    }
    extra_json = "{" + ", ".join(f"{sql.text(n)}: line->{_json_path(n)}" for n in extra) + "}"
    return _select(
        "json_lines where is_record", table, values, extra, row="line_number", extra_json=extra_json
    )


def _check_columns(path: Path, table: Table, names: list[str]) -> list[str]:
    """The names the contract does not know. Raises LandingError if a required one is absent."""
    missing = [name for name in table.required_names if name not in names]
    if missing:
        raise LandingError(
            f"{path}: required column {', '.join(missing)} of table {table.name} is missing; "
            f"the file has {', '.join(names) or 'no columns'}."
        )
    # What the loader of a vendor's API adds to each row is no news of the vendor.
    return [
        name for name in names if name not in table.column_names and not name.startswith("_dlt_")
    ]


def _select(
    reader: str,
    table: Table,
    values: dict[str, str],
    extra: list[str],
    row: str = "row_number() over ()",
    extra_json: str | None = None,
) -> FileSelect:
    selected = [
        f"nullif({values[name]}, '') as {sql.name(name)}"
        if name in values
        else f"null as {sql.name(name)}"
        for name in table.column_names
    ]
    extra_json = extra_json or "{" + ", ".join(f"{sql.text(n)}: {sql.name(n)}" for n in extra) + "}"
    selected.append(f"to_json({extra_json})::varchar as _extra" if extra else "null as _extra")
    selected.append(f"{row} as _row")
    return FileSelect(f"select {', '.join(selected)} from {reader}", extra)


def _json_path(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return sql.text(f'$."{escaped}"')
