"""Compares the marts of two warehouses row by row."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.limits import machine_limits
from helpdesk.publish.contents import content

SIDES = ("left", "right")
# Columns that identify the build; a table has both of them or neither.
BUILD_COLUMNS = ("build_id", "started_at")
SAMPLED = 3
NAMED_BY = 6
KEYS = ("_key", "_id", "_date")

Columns = dict[str, str]


@dataclass(frozen=True)
class Difference:
    """How a mart differs: rows on one side only, differing columns, and a sample of rows.

    The sample shows keys and dates, never other values.
    """

    mart: str
    only_left: int
    only_right: int
    columns: tuple[str, ...]
    sample: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.only_left:,} rows only left, {self.only_right:,} only right"]
        if self.columns:
            parts.append(f"differing in {', '.join(self.columns)}")
        return "; ".join([f"{self.mart}: {parts[0]}", *parts[1:], *self.sample])


def compare_marts(left: Path, right: Path) -> list[Difference]:
    """Every mart, table or view, that differs between two DuckDB files.

    Repeated rows count as often as they occur. Both files are opened read-only. Marts are first
    compared by a sum of hashes, in one scan; only marts with other sums are compared row by row.
    """
    # Spill next to the file: that disk has room for data of this size.
    with duckdb.connect(config=machine_limits().config(right.with_suffix(".spill"))) as connection:
        for side, path in zip(SIDES, (left, right), strict=True):
            connection.execute(f"attach {sql.text(path)} as {sql.name(side)} (read_only)")
        columns = {side: _columns(connection, side) for side in SIDES}
        marts = sorted(columns["left"].keys() | columns["right"].keys())
        found = [_compare(connection, mart, columns) for mart in marts]
    return [difference for difference in found if difference]


def _columns(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, Columns]:
    """The marts of a side with the types of their columns, without those of the build."""
    marts: dict[str, Columns] = {}
    for mart, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' order by column_index",
        [side],
    ).fetchall():
        marts.setdefault(mart, {})[column] = kind
    for names in marts.values():
        if BUILD_COLUMNS[0] in names:
            for name in BUILD_COLUMNS:
                names.pop(name, None)
    return marts


def _compare(
    connection: duckdb.DuckDBPyConnection, mart: str, columns: dict[str, dict[str, Columns]]
) -> Difference | None:
    of_side = {side: columns[side].get(mart) for side in SIDES}
    if of_side["left"] != of_side["right"]:
        left, right = (set((of_side[side] or {}).items()) for side in SIDES)
        only_left, only_right = (
            _rows(connection, side, mart) if of_side[side] else 0 for side in SIDES
        )
        differing = sorted({name for name, _ in left ^ right})
        return Difference(mart, only_left, only_right, tuple(differing))
    names = list(columns["left"][mart])
    found = [content(connection, _table(side, mart), columns[side][mart]) for side in SIDES]
    return None if found[0] == found[1] else _row_for_row(connection, mart, names)


def _table(side: str, mart: str) -> str:
    return f"{sql.name(side)}.marts.{sql.name(mart)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sql.name(name) for name in names)


def _rows(connection: duckdb.DuckDBPyConnection, side: str, mart: str) -> int:
    return sql.number(connection, f"select count(*) from {_table(side, mart)}")


def _row_for_row(
    connection: duckdb.DuckDBPyConnection, mart: str, names: list[str]
) -> Difference | None:
    for side, other in (SIDES, SIDES[::-1]):
        connection.execute(
            f"""create or replace temp table only_{side} as
            select {_listed(names)} from {_table(side, mart)}
            except all select {_listed(names)} from {_table(other, mart)}"""
        )
    only_left, only_right = (
        sql.number(connection, f"select count(*) from only_{side}") for side in SIDES
    )
    if not only_left and not only_right:
        return None
    keys = [name for name in names if name.endswith(KEYS)][:NAMED_BY] or names[:1]
    # Without rows on the other side no column can be compared.
    has_both = only_left and only_right
    differing = tuple(name for name in names if has_both and _differs(connection, name))
    sample = [line for side in SIDES for line in _sample(connection, side, keys)]
    return Difference(mart, only_left, only_right, differing, tuple(sample))


def _differs(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    column = sql.name(name)
    halves = (
        f"(select {column} from only_{side} except all select {column} from only_{other})"
        for side, other in (SIDES, SIDES[::-1])
    )
    return bool(
        sql.number(connection, f"select count(*) from ({' union all '.join(halves)}) as found")
    )


def _sample(connection: duckdb.DuckDBPyConnection, side: str, keys: list[str]) -> list[str]:
    rows = connection.execute(
        f"select {_listed(keys)} from only_{side} order by all limit {SAMPLED}"
    ).fetchall()
    return [
        f"only {side}: " + ", ".join(f"{k} {v}" for k, v in zip(keys, row, strict=True) if v)
        for row in rows
    ]
