"""Selects the rows of the raw layer that the gate has to check.

`landing.gated_files` has the files, with their signatures, for which every suite last passed. The
rows of an unchanged file are not checked again, except for references if the referenced table has
lost rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.contract.tables import contract_tables
from helpdesk.core import sql
from helpdesk.gate.suites import GateError, Suite, functions

# Name, size and time of change of a file.
Signature = tuple[str, int, int]


@dataclass
class LoadedTable:
    """The rows and files of a table now, and its files that passed before."""

    rows: int = 0
    files: set[Signature] = field(default_factory=set)
    passed: set[Signature] = field(default_factory=set)

    @property
    def new(self) -> list[str]:
        """The names of the files whose rows have not passed yet."""
        return sorted(name for name, *_ in self.files - self.passed)

    @property
    def is_more_than_grown(self) -> bool:
        """Whether rows may have been deleted since the gate last passed, or it never passed."""
        return bool(self.passed - self.files or (self.files and not self.passed))


@dataclass(frozen=True)
class Batch:
    """Rows of a table to check: those of `files`, or all rows if it is empty.

    `positions` are the expectations of the table's suite to check.
    """

    table: str
    positions: tuple[int, ...]
    files: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The table or view with these rows. A raw table has its plain name."""
        return f"new_{self.table}" if self.files else self.table


def batches(suite: Suite, tables: dict[str, LoadedTable], everything: bool = False) -> list[Batch]:
    """The batches to check of one suite. `everything`: check rows that have passed too."""
    table = tables.get(suite.table, LoadedTable())
    positions = tuple(range(len(suite.expectations)))
    is_required = suite.required and _is_contract_used(tables)
    if not table.files and not is_required:
        return []
    is_empty = is_required and not table.rows
    if everything or is_empty or not table.files & table.passed:
        return [Batch(suite.table, positions)]
    whole = tuple(one for one in positions if _wants_whole_table(suite, one, tables))
    fresh = tuple(one for one in positions if table.new and one not in whole)
    both = Batch(suite.table, whole), Batch(suite.table, fresh, tuple(table.new))
    return [batch for batch in both if batch.positions]


def _is_contract_used(tables: dict[str, LoadedTable]) -> bool:
    """Whether the file contract is a source: it has files, or no source has."""
    used = {table for table, one in tables.items() if one.files}
    return not used or bool(used & contract_tables().keys())


def _wants_whole_table(suite: Suite, position: int, tables: dict[str, LoadedTable]) -> bool:
    if suite.expectations[position].is_of_table:
        return bool(tables[suite.table].new)
    references = suite.references(position) & tables.keys()
    return any(tables[table].is_more_than_grown for table in references)


class LoadLog:
    """The load log in an open warehouse, including the gate's table of it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
        self._connection = connection
        # DuckDB names a catalog after its file, so in `raw.duckdb` the schema `raw` is ambiguous.
        self.raw, self.gate, self._landing = (
            f"{catalog}.{schema}" for schema in ("raw", "gate", "landing")
        )

    def tables(self) -> dict[str, LoadedTable]:
        """Every table of the load log."""
        known = {
            table: LoadedTable(rows)
            for table, rows in self._execute(
                f"select table_name, row_count from {self._landing}.tables"
            )
        }
        for table, *signature in self._signatures("files"):
            known.setdefault(table, LoadedTable()).files.add(tuple(signature))
        for table, *signature in self._signatures("gated_files"):
            known.setdefault(table, LoadedTable()).passed.add(tuple(signature))
        return known

    def show(self, due: list[Batch], source_timezone: str) -> None:
        """Create schema `gate` with a view per batch of new rows and the functions of suites.

        With a `source_timezone`, times need no offset.
        """
        self._execute(f"drop schema if exists {self.gate} cascade")
        self._execute(f"create schema {self.gate}")
        for definition in functions(source_timezone):
            self._execute(f"create macro {self.gate}.{definition}")
        for batch in (batch for batch in due if batch.files):
            # With a list of names instead of a join, DuckDB skips the rows of other files.
            files = ", ".join(sql.text(name) for name in batch.files)
            self._execute(
                f"""create view {self.gate}.{sql.name(batch.relation)} as
                select * from {self.raw}.{sql.name(batch.table)} where _file in ({files})"""
            )

    def note_passed(self, tables: list[str]) -> None:
        """Store the current files of these tables as passed, and drop the views."""
        self._execute(f"drop schema if exists {self.gate} cascade")
        self._execute(
            f"""create or replace table {self._landing}.gated_files as
            select table_name, file, size_bytes, modified_ns from {self._landing}.files
            where list_contains({sql.texts(tables)}, table_name)"""
        )

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()

    def _signatures(self, table: str) -> list[tuple[Any, ...]]:
        return self._execute(
            f"select table_name, file, size_bytes, modified_ns from {self._landing}.{table}"
        )


@contextmanager
def open_load_log(database: Path) -> Iterator[LoadLog]:
    """Open the load log in one transaction, and close the file at the end.

    Raises GateError if nothing was loaded.
    """
    if not database.is_file():
        raise GateError(f"{database}: there is no raw layer; load the landing folder first")
    with duckdb.connect(str(database)) as connection:
        [(name,)] = connection.sql("select current_database()").fetchall()
        catalog = sql.name(name)
        connection.begin()
        try:
            connection.execute(
                f"""create table if not exists {catalog}.landing.gated_files (
                    table_name varchar, file varchar, size_bytes bigint, modified_ns bigint)"""
            )
            yield LoadLog(connection, catalog)
        except duckdb.CatalogException as error:
            raise GateError(
                f"{database}: there is no landing.tables or landing.files; load the landing folder "
                f"first: {error}"
            ) from error
        connection.commit()
