"""What of the raw layer the gate has yet to judge.

`landing.gated_files` is the gate's own book: the landed files, with their signature, as they were
when every suite last passed. Rows of a file that stands there unchanged have been judged and cannot
have changed since; the gate looks at the others alone. What a row says of itself is judged once;
a reference is judged again where the table it leads to has lost rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from expectations.suites import GateError, Suite
from helpdesk import sql
from ingestion.contract import contract_tables

# Name, size and time of change: what the loader knows a file by.
Signature = tuple[str, int, int]


@dataclass
class Landed:
    """What is landed for a table now, and what of its files had passed before."""

    rows: int = 0
    files: set[Signature] = field(default_factory=set)
    passed: set[Signature] = field(default_factory=set)

    @property
    def new(self) -> list[str]:
        """The files whose rows have not passed, by name."""
        return sorted(name for name, *_ in self.files - self.passed)

    @property
    def is_more_than_grown(self) -> bool:
        """Whether a row that was known when the gate last passed may be gone, or none was known."""
        return bool(self.passed - self.files or (self.files and not self.passed))


@dataclass(frozen=True)
class Batch:
    """Rows of a table to judge: those of `files`, or all where none is named.

    `positions` are the expectations of the table's suite that they are to be held to.
    """

    table: str
    positions: tuple[int, ...]
    files: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The table or view that holds just these rows. A raw table goes by its plain name."""
        return f"new_{self.table}" if self.files else self.table


def batches(suite: Suite, landed: dict[str, Landed], everything: bool = False) -> list[Batch]:
    """What is due of one suite; nothing if all its rows have passed. `everything` forgets that."""
    table = landed.get(suite.table, Landed())
    positions = tuple(range(len(suite.expectations)))
    is_required = suite.required and _is_contract_used(landed)
    if not table.files and not is_required:
        return []
    is_empty = is_required and not table.rows
    if everything or is_empty or not table.files & table.passed:
        return [Batch(suite.table, positions)]
    whole = tuple(one for one in positions if _wants_whole_table(suite, one, landed))
    fresh = tuple(one for one in positions if table.new and one not in whole)
    both = Batch(suite.table, whole), Batch(suite.table, fresh, tuple(table.new))
    return [batch for batch in both if batch.positions]


def _is_contract_used(landed: dict[str, Landed]) -> bool:
    """Whether the file contract is a source here: not where others have landed, and it has not."""
    used = {table for table, one in landed.items() if one.files}
    return not used or bool(used & contract_tables().keys())


def _wants_whole_table(suite: Suite, position: int, landed: dict[str, Landed]) -> bool:
    if suite.is_of_table(position):
        return bool(landed[suite.table].new)
    references = suite.references(position) & landed.keys()
    return any(landed[table].is_more_than_grown for table in references)


class Books:
    """The loader's books and the gate's, in an open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
        self._connection = connection
        # With it, for DuckDB names a catalogue after its file: `raw` is ambiguous in `raw.duckdb`.
        self.raw, self.gate, self._landing = (
            f"{catalog}.{schema}" for schema in ("raw", "gate", "landing")
        )

    def landed(self) -> dict[str, Landed]:
        """Every table that the loader knows."""
        known = {
            table: Landed(rows)
            for table, rows in self._execute(
                f"select table_name, row_count from {self._landing}.tables"
            )
        }
        for table, *signature in self._signatures("files"):
            known.setdefault(table, Landed()).files.add(tuple(signature))
        for table, *signature in self._signatures("gated_files"):
            known.setdefault(table, Landed()).passed.add(tuple(signature))
        return known

    def show(self, due: list[Batch]) -> None:
        """Give each batch of new rows its view, in a schema `gate` that holds nothing else."""
        self._execute(f"drop schema if exists {self.gate} cascade")
        self._execute(f"create schema {self.gate}")
        for batch in (batch for batch in due if batch.files):
            # A list of names, not a join: what DuckDB stored of other files it skips unread.
            files = ", ".join(sql.text(name) for name in batch.files)
            self._execute(
                f"""create view {self.gate}.{sql.name(batch.relation)} as
                select * from {self.raw}.{sql.name(batch.table)} where _file in ({files})"""
            )

    def note_passed(self, tables: list[str]) -> None:
        """Write down what is landed for these tables, forget what is not, take the views away."""
        self._execute(f"drop schema if exists {self.gate} cascade")
        self._execute(
            f"""create or replace table {self._landing}.gated_files as
            select table_name, file, size_bytes, modified_ns from {self._landing}.files
            where list_contains(?, table_name)""",
            tables,
        )

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def _signatures(self, book: str) -> list[tuple[Any, ...]]:
        return self._execute(
            f"select table_name, file, size_bytes, modified_ns from {self._landing}.{book}"
        )


@contextmanager
def open_books(database: Path) -> Iterator[Books]:
    """Open the books in one transaction, and close the file at the end.

    Raises GateError where nothing was landed.
    """
    if not database.is_file():
        raise GateError(f"{database}: no raw layer here; land the feed first")
    with duckdb.connect(str(database)) as connection:
        [(name,)] = connection.sql("select current_database()").fetchall()
        catalog = sql.name(name)
        connection.begin()
        try:
            connection.execute(
                f"""create table if not exists {catalog}.landing.gated_files (
                    table_name varchar, file varchar, size_bytes bigint, modified_ns bigint)"""
            )
            yield Books(connection, catalog)
        except duckdb.CatalogException as error:
            raise GateError(
                f"{database}: no landing.tables or landing.files; land the feed first: {error}"
            ) from error
        connection.commit()
