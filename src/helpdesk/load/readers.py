"""Builds a SELECT per file: every contract column as text, one row per record.

A file that cannot be read raises `LandingError`. A line that is not a record goes to
`rejected_lines` for the quarantine. The columns of each SELECT are those of the contract (VARCHAR,
NULL for empty text), `_extra` (JSON text of all other columns, or NULL), and `_row` (from 1).
"""

import csv
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.contract.tables import Table
from helpdesk.core import sql
from helpdesk.core.errors import LandingError
from helpdesk.core.settings import Settings
from helpdesk.load import ids
from helpdesk.load.columns import Columns, match_columns
from helpdesk.load.texts import (
    Header,
    local_copy,
    opened_bytes,
    opened_text,
    read_header,
    suffix_of,
    without_lines,
)

# A byte that does not occur in text, so a line of JSON is never split into columns.
NEVER = "\\x00"
MAX_LINE_BYTES = 64 * 1024 * 1024
READ_LINES = f"""auto_detect = false, max_line_size = {MAX_LINE_BYTES}, hive_partitioning = false,
        store_rejects = true, rejects_table = 'rejected_lines', rejects_scan = 'rejected_scans'"""
# The errors of Python and DuckDB for a file that is truncated, badly compressed, or not text.
UNREADABLE = (duckdb.Error, OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error)


@dataclass(frozen=True)
class FileSelect:
    """The SELECT that reads a file, and its columns. `header` is None except for CSV files."""

    query: str
    columns: Columns
    header: Header | None = None


def file_select(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: Table,
    settings: Settings,
    folder: Path,
) -> FileSelect:
    """The SELECT that reads `path` as rows of `table`. Raises LandingError.

    It reads a copy or a link in `folder`, so it works only as long as the folder exists.
    """
    try:
        local = local_copy(path, folder, settings.file_encoding)
        read = Reader(connection, path, local, table, settings)
        if local.suffix == ".parquet":
            return read.parquet()
        return read.json() if is_json(local) else read.csv()
    except UNREADABLE as error:
        raise broken_file(path, error) from error


def is_json(path: Path) -> bool:
    return suffix_of(path).startswith(".json")


def check_whole(path: Path) -> None:
    """Raise LandingError if a file is empty, or compressed and truncated.

    DuckDB does not notice that a compressed file is truncated.
    """
    if path.stat().st_size == 0:
        raise LandingError(
            f"{path}: the file is empty; write a header even for a table without rows."
        )
    if suffix_of(path).endswith(".gz"):
        try:
            with opened_bytes(path) as unpacked:
                while unpacked.read(MAX_LINE_BYTES):
                    pass
        except UNREADABLE as error:
            raise broken_file(path, error) from error


def broken_file(path: Path, error: Exception) -> LandingError:
    # The rest of the message quotes a line of the file, which may be personal.
    reason = " ".join(str(error).partition("Original Line")[0].split())
    # DuckDB's message has the path of the link or copy.
    reason = re.sub(r"\S*/(file|rest)(\.[a-z]+)+", lambda _: path.name, reason)
    if "state machine reached an invalid state" in reason:
        reason = "its lines have different endings, or there is a carriage return outside quotes"
    return LandingError(f"{path}: the file cannot be read ({reason}). Export the whole file again.")


def typed_as_text(name: str, kind: str) -> str:
    """The SQL of a typed value as text. A typed time without a zone is UTC."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        # Formatting a time with a zone takes three times as long.
        utc = f"make_timestamp(epoch_us({sql.name(name)}))"
        return f"coalesce(strftime({utc}, '%Y-%m-%dT%H:%M:%S.%fZ'), {sql.name(name)}::varchar)"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({sql.name(name)}::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == "JSON":
        return f"{sql.name(name)} ->> '$'"
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
        return f"to_json({sql.name(name)})::varchar"
    return f"{sql.name(name)}::varchar"


@dataclass(frozen=True)
class Reader:
    """A file of a table: `path` in the landing folder, `local` the copy or link for DuckDB."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    local: Path
    table: Table
    settings: Settings

    def parquet(self) -> FileSelect:
        reader = (
            f"read_parquet({sql.text(self.local)}, file_row_number = true, "
            "hive_partitioning = false)"
        )
        described = self.connection.execute(f"describe select * from {reader}").fetchall()
        types = {name: kind for name, kind, *_ in described if name != "file_row_number"}
        names = [*types]
        columns = match_columns(self.path, self.table, names)
        values = {}
        for column, position in columns.found.items():
            name, kind = names[position], types[names[position]]
            value = typed_as_text(name, kind)
            if kind in ids.INEXACT and column in ids.id_columns(self.table):
                value = ids.inexact_as_text(name, kind)
            is_worded = kind in ("VARCHAR", *ids.INEXACT)
            values[column] = self._filled(value) if is_worded else f"nullif({value}, '')"
        extra = {name: sql.name(name) for name in columns.extra}
        return self._select(reader, columns, values, extra, row="file_row_number + 1")

    def csv(self) -> FileSelect:
        header = read_header(self.local, self.path, self.table.column_names)
        columns = match_columns(self.path, self.table, header.names, header)
        local = without_lines(self.local, header.lines_cut)
        # Numbered names: the file may repeat a name, and DuckDB ignores case.
        places = [f"column{position}" for position in range(len(header.names))]
        declared = ", ".join(f"{sql.text(place)}: 'VARCHAR'" for place in places)
        nulls = ", ".join(map(sql.text, ["", *self._null_values()]))
        reader = f"""read_csv({sql.text(local)}, columns = {{{declared}}},
            header = {not header.is_cut}, delim = {sql.text(header.delimiter)}, quote = '"',
            escape = '"', nullstr = [{nulls}], {READ_LINES})"""
        values = {column: places[position] for column, position in columns.found.items()}
        extra = {name: _listed([places[at] for at in of]) for name, of in columns.extra.items()}
        return self._select(reader, columns, values, extra, header=header)

    def json(self) -> FileSelect:
        is_record = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"
        self.connection.execute(
            f"""create or replace temp table json_lines as
            select line, row_number() over () as line_number, {is_record} as is_record
            from ({self.json_lines()})"""
        )
        found = self.connection.execute(
            "select distinct unnest(json_keys(line)) from json_lines where is_record order by all"
        ).fetchall()
        # SQL cannot quote a name with this byte.
        names = [name for (name,) in found if "\0" not in name]
        records = sql.number(self.connection, "select count(*) from json_lines where is_record")
        columns = match_columns(self.path, self.table, names) if records else Columns({}, {})
        values = {
            column: self._filled(f"json_extract_string(line, {_json_path(names[position])})")
            for column, position in columns.found.items()
        }
        extra = {name: f"line->{_json_path(name)}" for name in columns.extra}
        return self._select("json_lines where is_record", columns, values, extra, row="line_number")

    def json_lines(self) -> str:
        """The query of the records of a JSON file, which is an array or has one record per line."""
        with opened_text(self.local) as text:
            first = text.readline(MAX_LINE_BYTES)
            while first.isspace():
                first = text.readline(MAX_LINE_BYTES)
        if first.lstrip().startswith("["):
            return f"""select json::varchar as line from read_json_objects(
                {sql.text(self.local)}, format = 'array', hive_partitioning = false,
                maximum_object_size = {MAX_LINE_BYTES})"""
        if first.lstrip().startswith("{") and not first.rstrip().endswith("}"):
            raise LandingError(
                f"{self.path}: line 1 is not a complete JSON object. Write one object per line, or "
                "all objects as one array."
            )
        if holding := _list_within(first, self.table):
            raise LandingError(
                f"{self.path}: contains one JSON object with a list, {holding!r}. Save the list "
                f"alone, as printed by `jq .{holding}`."
            )
        return f"""select line from read_csv({sql.text(self.local)},
            columns = {{'line': 'VARCHAR'}}, header = false, delim = '{NEVER}', quote = '',
            escape = '', {READ_LINES}) where trim(line) <> ''"""

    def _null_values(self) -> Sequence[str]:
        """The texts that mean null in files of the contract. Responses of vendors have none."""
        return self.settings.null_values if self.table.is_of_contract else ()

    def _filled(self, value: str) -> str:
        """The value, or null if it is empty or a text that means null."""
        words = ", ".join(map(sql.text, ["", *self._null_values()]))
        return f"case when {value} not in ({words}) then {value} end"

    def _select(
        self,
        reader: str,
        columns: Columns,
        values: dict[str, str],
        extra: dict[str, str],
        row: str = "row_number() over ()",
        header: Header | None = None,
    ) -> FileSelect:
        selected = [
            f"{values.get(name, 'null')} as {sql.name(name)}" for name in self.table.column_names
        ]
        extra_json = ", ".join(f"{sql.text(name)}, {value}" for name, value in extra.items())
        as_json = f"json_object({extra_json})::varchar" if extra else "null"
        selected.append(f"{as_json} as _extra")
        selected.append(f"{row} as _row")
        whole = ", ".join(
            f"{ids.whole(self.table, name)} as {sql.name(name)}"
            for name in ids.id_columns(self.table)
            if name in values
        )
        replaced = f"* replace ({whole})" if whole else "*"
        query = f"select {replaced} from (select {', '.join(selected)} from {reader})"
        return FileSelect(query, columns, header)


def _listed(places: list[str]) -> str:
    """The value of a column; of a repeated column the list of values that are not null."""
    return places[0] if len(places) == 1 else repeated_as_list(places)


def repeated_as_list(places: list[str]) -> str:
    return f"list_filter([{', '.join(places)}], lambda each: each is not null)"


def _list_within(line: str, table: Table) -> str:
    """The key of the list of objects, if the line is the response of an API; else empty.

    An object with a column of the table is a record, not a response.
    """
    try:
        answer = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(answer, dict) or answer.keys() & {*table.column_names}:
        return ""
    lists = [
        name
        for name, value in answer.items()
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
    ]
    return str(lists[0]) if len(lists) == 1 else ""


def _json_path(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return sql.text(f'$."{escaped}"')
