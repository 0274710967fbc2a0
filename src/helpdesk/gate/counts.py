"""Counts rows of the raw layer for the suites, with one scan of each batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.gate.due import Batch
from helpdesk.gate.suites import Expectation, GateError, Suite


@dataclass(frozen=True)
class Count:
    """The count for one expectation of a suite in one batch of rows."""

    suite: Suite
    batch: Batch
    position: int
    rows: int
    unusable: int

    @property
    def expectation(self) -> Expectation:
        """The expectation that the count is for."""
        return self.suite.expectations[self.position]

    @property
    def value(self) -> float:
        """The value that is checked: rows of the table, or the share of unusable rows."""
        if self.expectation.is_of_table:
            return float(self.rows)
        return self.unusable / self.rows if self.rows else 0.0


def count_rows(database: Path, search_path: str, due: list[tuple[Suite, Batch]]) -> list[Count]:
    """Count each batch. `search_path` has the schemas of the raw tables and the views of new rows.

    Raises GateError if a raw table is missing, or if a condition of a suite cannot run.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set search_path = {sql.text(search_path)}")
        return [one for suite, batch in due for one in _count(connection, suite, batch)]


def _count(connection: duckdb.DuckDBPyConnection, suite: Suite, batch: Batch) -> list[Count]:
    expectations = [suite.expectations[position] for position in batch.positions]
    try:
        found = _counted(connection, batch, expectations)
    except duckdb.Error as error:
        raise _explained(connection, suite, batch, error) from error
    pairs = zip(found[::2], found[1::2], strict=True)
    return [
        Count(suite, batch, position, rows, unusable)
        for position, (rows, unusable) in zip(batch.positions, pairs, strict=True)
    ]


def _counted(
    connection: duckdb.DuckDBPyConnection, batch: Batch, expectations: list[Expectation]
) -> tuple[int, ...]:
    """All counts of a batch, in one statement that scans the rows once."""
    counts = ", ".join(expectation.counts for expectation in expectations)
    [found] = connection.execute(f"select {counts} from {sql.name(batch.relation)}").fetchall()
    return tuple(found)


def _explained(
    connection: duckdb.DuckDBPyConnection, suite: Suite, batch: Batch, error: duckdb.Error
) -> GateError:
    """The error with the name of its expectation."""
    try:
        connection.execute(f"describe {sql.name(batch.relation)}")
    except duckdb.Error:
        return GateError(
            f"{suite.path}: the raw layer has no table {suite.table}; rename the suite or delete it"
        )
    for position in batch.positions:
        try:
            _counted(connection, batch, [suite.expectations[position]])
        except duckdb.Error as alone:
            return GateError(f"{suite.path}: {suite.expectations[position].description}: {alone}")
    return GateError(f"{suite.path}: {error}")
