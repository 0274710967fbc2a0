"""Loads a folder of exports from a help desk as tables of text.

Each file becomes a table of schema `exports`, named by its path. A repeated column, such as Jira's
comments, becomes one column with a JSON list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from helpdesk.contract.tables import contract_tables
from helpdesk.core import sql
from helpdesk.core.errors import LandingError
from helpdesk.core.settings import Settings
from helpdesk.load.readers import (
    READ_LINES,
    UNREADABLE,
    Reader,
    broken_file,
    check_whole,
    is_json,
    repeated_as_list,
    typed_as_text,
)
from helpdesk.load.synonyms import known_headings
from helpdesk.load.texts import local_copy, read_header, suffix_of, without_lines


@dataclass(frozen=True)
class Export:
    """A file of the folder: its name, its columns, and its numbers of rows and unreadable lines."""

    name: str
    columns: tuple[str, ...]
    rows: int
    unreadable: int

    @property
    def relation(self) -> str:
        return f"exports.{sql.name(self.name)}"


@contextmanager
def opened_exports(
    folder: Path, settings: Settings
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Export]]]:
    """A connection with the exports as tables. Raises LandingError."""
    if not folder.is_dir():
        raise LandingError(
            f"{folder}: this folder does not exist; name the folder of the exports with --from."
        )
    with TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute(f"set timezone = 'UTC'; set temp_directory = {sql.text(spill)}")
        connection.execute("create schema exports")
        exports, problems = [], []
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            is_hidden = any(part.startswith(".") for part in inside.parts)
            if path.is_file() and suffix_of(path) and not is_hidden:
                try:
                    exports.append(_read(connection, path, inside.as_posix(), settings))
                except LandingError as error:
                    problems.append(str(error))
        if problems:
            raise LandingError("\n".join(problems))
        if not exports:
            raise LandingError(
                f"{folder}: contains no CSV, TSV, JSON, XLSX or Parquet file; save the exports in "
                "one of these formats."
            )
        yield connection, exports


def _read(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, settings: Settings
) -> Export:
    check_whole(path)
    for table in ("rejected_lines", "rejected_scans"):
        connection.execute(f"drop table if exists {table}")
    try:
        with TemporaryDirectory() as folder:
            local = local_copy(path, Path(folder), settings.file_encoding)
            if is_json(local):
                query = _json(connection, path, local, settings)
            elif local.suffix == ".parquet":
                query = _parquet(connection, local)
            else:
                query = _csv(path, local, settings)
            table = f"exports.{sql.name(name)}"
            rows = sql.number(connection, f"create table {table} as {query}")
    except UNREADABLE as error:
        raise broken_file(path, error) from error
    found = connection.execute(f"describe {table}").fetchall()
    return Export(name, tuple(column for column, *_ in found), rows, _unreadable(connection))


def _unreadable(connection: duckdb.DuckDBPyConnection) -> int:
    there = "select count(*) from duckdb_tables() where table_name = 'rejected_lines'"
    if not sql.number(connection, there):
        return 0
    return sql.number(connection, "select count(distinct line) from rejected_lines")


def _csv(path: Path, local: Path, settings: Settings) -> str:
    header = read_header(local, path, known_headings())
    places: dict[str, list[str]] = {}
    for position, name in enumerate(header.names):
        if name.strip():
            # DuckDB ignores case in column names.
            same = next((each for each in places if each.lower() == name.strip().lower()), None)
            places.setdefault(same or name.strip(), []).append(f"column{position}")
    declared = ", ".join(f"'column{position}': 'VARCHAR'" for position in range(len(header.names)))
    nulls = ", ".join(map(sql.text, ["", *settings.null_values]))
    selected = ", ".join(f"{_as_text(of)} as {sql.name(name)}" for name, of in places.items())
    return f"""select {selected} from read_csv(
        {sql.text(without_lines(local, header.lines_cut))}, columns = {{{declared}}},
        header = {not header.is_cut}, delim = {sql.text(header.delimiter)}, quote = '"',
        escape = '"', nullstr = [{nulls}], {READ_LINES})"""


def _as_text(places: list[str]) -> str:
    if len(places) == 1:
        return f"trim({places[0]})"
    return f"to_json({repeated_as_list(places)})::varchar"


def _parquet(connection: duckdb.DuckDBPyConnection, local: Path) -> str:
    reader = f"read_parquet({sql.text(local)}, hive_partitioning = false)"
    described = connection.execute(f"describe select * from {reader}").fetchall()
    selected = ", ".join(
        f"nullif({typed_as_text(name, kind)}, '') as {sql.name(name)}"
        for name, kind, *_ in described
    )
    return f"select {selected} from {reader}"


def _json(
    connection: duckdb.DuckDBPyConnection, path: Path, local: Path, settings: Settings
) -> str:
    """The query of a JSON file: a column per key; keys of nested objects become `name.name`."""
    reader = Reader(connection, path, local, contract_tables()["tickets"], settings)
    connection.execute(
        f"""create or replace temp table objects as
        select line::json as line from ({reader.json_lines()})
        where case when json_valid(line) then json_type(line) = 'OBJECT' else false end"""
    )
    found = connection.execute(
        """with top as (
            select distinct unnest(json_keys(line)) as key, line from objects
        ),
        inner_keys as (
            select distinct key,
                unnest(case when json_type(line->('$."' || key || '"')) = 'OBJECT'
                    then json_keys(line->('$."' || key || '"')) else [null] end) as inner_key
            from top where key not like '%"%'
        )
        select distinct key, inner_key from inner_keys order by all"""
    ).fetchall()
    paths = {
        f"{key}.{inner}" if inner else key: f'$."{key}"."{inner}"' if inner else f'$."{key}"'
        for key, inner in found
    }
    selected = ", ".join(
        f"nullif(json_extract_string(line, {sql.text(where)}), '') as {sql.name(name)}"
        for name, where in paths.items()
    )
    return f"select {selected or 'null as nothing'} from objects"
