"""The content of a table or view: its number of rows and two checksums independent of order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from helpdesk.core import sql

NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True)
class Content:
    """The number of rows, and the sum and the exclusive or of their hashes."""

    rows: int
    hash_sum: int
    hash_xor: int


def content(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> Content:
    """The content of these columns (name and DuckDB type), in one scan."""
    found = connection.execute(
        f"""select count(*), coalesce(sum(hash), 0), coalesce(bit_xor(hash), 0)
        from (select {row_hash(columns)} as hash from {relation})"""
    ).fetchall()
    return Content(*found[0])


def row_hash(columns: Mapping[str, str]) -> str:
    """SQL of a hash of a whole row.

    Hashed twice: the first hash only combines the columns' hashes, so that two rows which swap a
    value could give the same exclusive or.
    """
    values = [value for name, kind in columns.items() for value in _hashed(sql.name(name), kind)]
    return f"hash(hash({', '.join(values)}))"


def _hashed(column: str, kind: str) -> Iterator[str]:
    """A column's part of the row hash. DuckDB's hash is the same for null, [] and [null]."""
    kind = kind.upper()
    if not kind.endswith("]") and not kind.startswith(NESTED):
        yield column
    elif kind.count("[") == 1 and not kind.startswith(NESTED):
        yield from (column, f"len({column})")
    else:
        yield f"{column}::varchar"
