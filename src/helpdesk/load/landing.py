"""Loads a landing folder into the raw layer of a working warehouse.

The raw layer mirrors the folder. The loader reads new and changed files, deletes the rows of
deleted files, and skips unchanged files. It does so in one transaction, so a file that cannot be
read leaves the raw layer unchanged. One error lists all problems of a folder.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from helpdesk.contract.tables import landed_tables
from helpdesk.core import sql
from helpdesk.core.errors import LandingError
from helpdesk.core.settings import Settings
from helpdesk.load import changes, ids
from helpdesk.load.files import LandedFile, list_files, missing_tables, stray_notes
from helpdesk.load.readers import FileSelect, broken_file, check_whole, file_select, is_json
from helpdesk.load.texts import line_of, local_copy

# The settings that affect how files are read.
READING = {"null_values", "file_encoding"}


@dataclass
class LoadSummary:
    """The result of a load: files by outcome, rows by table, and notes for the user."""

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
    settings: Settings | None = None,
) -> LoadSummary:
    """Load `landing` into the raw layer. `reload` reads every file again. Raises LandingError."""
    loader = Loader(connection, landing, settings or Settings(), report)
    files = list_files(landing)
    connection.execute("begin")
    try:
        _create_layer(connection)
        summary = loader.load(files, reload)
        connection.execute("commit")
    except BaseException:
        # If the disk is full, DuckDB has already rolled back, and this rollback would hide why.
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
            rows_read bigint, rows_rejected bigint, extra_columns varchar[],
            contract_columns varchar[])"""
    )
    connection.execute("create table if not exists landing.reading (settings json)")
    connection.execute(
        """create table if not exists landing.rejected_rows (
            source_system varchar, table_name varchar, contract_table varchar, file varchar,
            line bigint, reason varchar, raw_row varchar)"""
    )
    changes.create_tables(connection)


def _drop_older_layer(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop a raw layer and load log of an older version; the files are loaded again."""
    columns: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        """select schema_name, table_name, column_name from duckdb_columns()
        where schema_name in ('landing', 'raw') and database_name = current_database()"""
    ).fetchall():
        columns.setdefault((schema, table), set()).add(column)
    files = columns.get(("landing", "files"))
    outdated = [
        table.raw_name
        for table in landed_tables().values()
        if not {*table.column_names} <= columns.get(("raw", table.raw_name), {*table.column_names})
    ]
    if files and ("contract_columns" not in files or outdated):
        connection.execute("drop schema landing cascade")
        connection.execute("drop schema raw cascade")


@dataclass(frozen=True)
class Loader:
    """A load of a landing folder into the raw layer."""

    connection: duckdb.DuckDBPyConnection
    landing: Path
    settings: Settings
    report: Callable[[str], None]

    def load(self, files: list[LandedFile], reload: bool) -> LoadSummary:
        """Load the changed files and delete the rows of deleted ones.

        Raises one LandingError for all problems.
        """
        summary = LoadSummary()
        # If the reading settings changed, every file counts as changed.
        known = {} if self._reading_changed() else self._known()
        before = self._known()
        changed = []
        for file in files:
            signature = [str(file.path.resolve()), file.size, file.modified_ns]
            if known.get((file.table.raw_name, file.name)) == signature and not reload:
                summary.unchanged.append(file.name)
            else:
                changed.append(file)
        self._check(files, changed)
        selects = self._read(changed, before.keys(), summary)
        there = {(file.table.raw_name, file.name) for file in files}
        for table, name in before.keys() - there:
            with changes.logged(self.connection, landed_tables()[table], name):
                _delete_file_rows(self.connection, table, name)
            summary.removed.append(name)
        self._check_ids(changed, selects)
        self._note(summary, changed, selects)
        return summary

    def _known(self) -> dict[tuple[str, str], list[object]]:
        return {
            (table, name): signature
            for table, name, *signature in self.connection.execute(
                "select table_name, file, path, size_bytes, modified_ns from landing.files"
            ).fetchall()
        }

    def _reading_changed(self) -> bool:
        """Whether the reading settings changed since the last load. Stores the current ones."""
        reading = self.settings.model_dump_json(include=READING)
        last = self.connection.execute("select settings from landing.reading").fetchone()
        if last and json.loads(last[0]) == json.loads(reading):
            return False
        self.connection.execute("delete from landing.reading")
        self.connection.execute(f"insert into landing.reading values ({sql.text(reading)})")
        return True

    def _check(self, files: list[LandedFile], changed: list[LandedFile]) -> None:
        """Check the folder and every header before a file is loaded. Raises LandingError."""
        problems = missing_tables(self.landing, files)
        later = []
        for file in changed:
            try:
                check_whole(file.path)
                if is_json(file.path):
                    # The columns of JSON are known only after it is read, so it is checked last.
                    later.append(file)
                else:
                    self._select(file)
            except LandingError as error:
                problems.append(str(error))
        if problems:
            with suppress(duckdb.TransactionException):
                self.connection.execute("rollback")
            problems += self._tried(later)
            raise _all_wrong(self.landing, problems)

    def _select(self, file: LandedFile) -> None:
        with TemporaryDirectory() as folder:
            file_select(self.connection, file.path, file.table, self.settings, Path(folder))

    def _read(
        self, files: list[LandedFile], known: Iterable[tuple[str, str]], summary: LoadSummary
    ) -> dict[str, FileSelect]:
        """Load files into the raw layer. Raises one LandingError for all unreadable files."""
        selects = {}
        for place, file in enumerate(files):
            try:
                with changes.logged(self.connection, file.table, file.name):
                    if (file.table.raw_name, file.name) in known:
                        _delete_file_rows(self.connection, file.table.raw_name, file.name)
                    rows, selects[file.name] = self._load_file(file)
            except LandingError as error:
                # DuckDB runs no more statements in a failed transaction.
                with suppress(duckdb.TransactionException):
                    self.connection.execute("rollback")
                problems = [str(error), *self._tried(files[place + 1 :])]
                raise _all_wrong(self.landing, problems) from error
            self.report(f"{file.name}: {rows:,} rows")
            summary.loaded.append(file.name)
        return selects

    def _tried(self, files: list[LandedFile]) -> list[str]:
        """The problems of the remaining files, after the load has failed."""
        problems = []
        for file in files:
            try:
                with TemporaryDirectory() as folder:
                    self._insert(file, Path(folder), "create or replace temp table tried as ")
            except LandingError as error:
                problems.append(str(error))
        return problems

    def _insert(self, file: LandedFile, folder: Path, into: str) -> tuple[int, FileSelect]:
        self.connection.execute("drop table if exists rejected_lines")
        self.connection.execute("drop table if exists rejected_scans")
        select = file_select(self.connection, file.path, file.table, self.settings, folder)
        try:
            query = f"{into} select *, {sql.text(file.name)} as _file from ({select.query})"
            return sql.number(self.connection, query), select
        except duckdb.Error as error:
            raise broken_file(file.path, error) from error

    def _load_file(self, file: LandedFile) -> tuple[int, FileSelect]:
        """Append the records of a file to its raw table.

        Returns the number of its rows, including rejected ones.
        """
        table = file.table
        with TemporaryDirectory() as folder:
            rows, select = self._insert(
                file, Path(folder), f"insert into raw.{table.raw_name} by name"
            )
        rejected = _keep_rejected(
            self.connection, file, select.header.lines_cut if select.header else 0
        )
        self.connection.execute(
            """insert into landing.files
            values (?, ?, ?, ?, ?, make_timestamp(? // 1000), ?, ?, ?, ?, ?, ?)""",
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
                [*select.columns.extra],
                [*select.columns.found],
            ],
        )
        return rows + rejected, select

    def _check_ids(self, files: list[LandedFile], selects: dict[str, FileSelect]) -> None:
        """Raise LandingError if ids were rounded, as they can no longer be matched."""
        by_name = {file.name: file for file in files}
        problems = []
        for table in {file.table for file in files}:
            names = [file.name for file in files if file.table == table]
            for name, column, row, count in ids.rounded(self.connection, table, names):
                place = self._place(by_name[name], selects[name], column, row)
                problems.append(
                    f"{by_name[name].path}: column {column} has {count:,} ids in scientific "
                    f"notation, such as 3.6E+11, the first in {place}: a spreadsheet has rounded "
                    "them, and several ids may have become one. Export the file again and do not "
                    "open it in a spreadsheet, or format that column as text."
                )
        if problems:
            raise _all_wrong(self.landing, sorted(problems))

    def _place(self, file: LandedFile, select: FileSelect, column: str, row: int) -> str:
        if select.header is None:
            return f"line {row}" if is_json(file.path) else f"row {row}"
        position = select.columns.found[column]
        with TemporaryDirectory() as folder:
            local = local_copy(file.path, Path(folder), self.settings.file_encoding)
            line = line_of(local, select.header, position, ids.SCIENTIFIC)
        return f"line {line}" if line else f"row {row}"

    def _note(
        self, summary: LoadSummary, files: list[LandedFile], selects: dict[str, FileSelect]
    ) -> None:
        """Count the rows of the tables, and add notes for the user."""
        _write_tables(self.connection)
        declared = changes.own_field_ids()
        for table, rows, extra in self.connection.execute(
            "select table_name, row_count, extra_columns from landing.tables where is_configured"
        ).fetchall():
            summary.rows[table] = rows
            if unread := [name for name in extra if name not in declared]:
                named = ", ".join(name.strip() or "(without a name)" for name in unread)
                summary.notes.append(f"{table}: columns that are not in the contract: {named}")
        for file in files:
            if repeated := selects[file.name].columns.repeated:
                listed = ", ".join(
                    f"{name.strip() or '(without a name)'} ({count} times)"
                    for name, count in repeated.items()
                )
                summary.notes.append(
                    f"{file.name}: repeated columns that are not in the contract: {listed}"
                )
        summary.notes += self._not_utf8(files)
        summary.notes += self._lost_columns({file.name for file in files})

    def _not_utf8(self, files: list[LandedFile]) -> list[str]:
        rejected = self.connection.execute(
            f"""select file, count(*) from landing.rejected_rows
            where reason like '%not utf-8%'
                and list_contains({sql.texts(file.name for file in files)}, file)
            group by file order by file"""
        ).fetchall()
        return [
            f"{name}: {count:,} lines are not UTF-8 and were rejected; save the file as UTF-8, or "
            "name its encoding in the settings, as in `file_encoding: cp1252`"
            for name, count in rejected
        ]

    def _lost_columns(self, loaded: set[str]) -> list[str]:
        """Notes about contract columns and declared fields that only an earlier file has."""
        notes = []
        declared = changes.own_field_ids()
        seen: dict[str, dict[str, str]] = {}
        for table, name, of_contract, extra in self.connection.execute(
            """select table_name, file, contract_columns, extra_columns from landing.files
            where rows_read > rows_rejected order by modified_ns, file"""
        ).fetchall():
            columns = [*of_contract, *(name for name in extra if name in declared)]
            earlier = seen.setdefault(table, {})
            lost = [column for column in earlier if column not in columns]
            if lost and name in loaded:
                notes.append(
                    f"{name}: has no column {', '.join(lost)}, which {earlier[lost[0]]} has; "
                    "its rows have null there"
                )
            earlier |= dict.fromkeys(columns, name)
        return notes


def _all_wrong(landing: Path, problems: list[str]) -> LandingError:
    if len(problems) == 1:
        return LandingError(problems[0])
    listed = "\n".join(f"- {problem}" for problem in problems)
    return LandingError(f"{landing}: {len(problems)} problems.\n{listed}")


def _delete_file_rows(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    file = sql.text(name)
    connection.execute(f"delete from raw.{table} where _file = {file}")
    for log in ("files", "rejected_rows"):
        connection.execute(
            f"delete from landing.{log} where table_name = {sql.text(table)} and file = {file}"
        )


def _keep_rejected(
    connection: duckdb.DuckDBPyConnection, file: LandedFile, lines_before: int
) -> int:
    """Move the lines that are not records to `landing.rejected_rows`; returns their number.

    `lines_before`: the number of lines that DuckDB did not get.
    """
    selects = []
    if sql.number(
        connection, "select count(*) from duckdb_tables() where table_name = 'rejected_lines'"
    ):
        # If a line has several errors, the first one is kept.
        selects.append(
            f"""select line + {lines_before},
                'line: ' || lower(arg_min(error_message, coalesce(column_idx, 0))) as reason,
            any_value(csv_line) as raw_row from rejected_lines group by line"""
        )
    if is_json(file.path):
        selects.append(
            "select line_number, 'line: not a JSON object', line from json_lines "
            "where not is_record"
        )
    table = file.table
    whose = map(sql.text, (table.source_system, table.raw_name, table.feeds[0], file.name))
    keep = f"insert into landing.rejected_rows select {', '.join(whose)}, * from "
    return sum(sql.number(connection, f"{keep} ({select})") for select in selects)


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
) -> None:
    """Write the `as_of` of the build, which every model reads.

    `previous_as_of` is the as_of of the existing models. With it, dbt models only the tickets that
    changed since then; without it, all tickets.
    """
    connection.execute("create schema if not exists landing")
    connection.execute(
        f"""create or replace table landing.builds as
        select {sql.text(build_id)}::varchar as build_id, {_utc(started_at)} as started_at,
            {_utc(as_of)} as as_of, {_utc(previous_as_of)} as previous_as_of,
            {sql.text(version("helpdesk-warehouse"))}::varchar as helpdesk_version"""
    )


def _utc(time: datetime | None) -> str:
    """The SQL literal of a time in UTC."""
    if time is None:
        return "null::timestamp"
    return f"{sql.text(time.astimezone(UTC).replace(tzinfo=None))}::timestamp"
