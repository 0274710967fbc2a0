"""What a published build holds, part by part, so that the next one writes only what differs.

A mart is cut by the calendar months of one date column, the first of `config.meta.published_by`
that it has; one without is one part. Rows that move with the clock, whatever their month, are a
part of their own where `config.meta.published_apart` says which they are. The content of a part is
its number of rows and two checksums that know no order. It is read from the rows themselves: how
and when a model was built is all one.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql

RECORD = "parts.json"
# Counted up whenever files of the same content are to be written differently.
FORMAT = 2
WHOLE = "whole"
UNDATED = "undated"
APART = "open"
NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True)
class Content:
    """Rows of a part, with the sum and the exclusive or of their hashes."""

    rows: int
    hash_sum: int
    hash_xor: int


EMPTY = Content(0, 0, 0)


@dataclass(frozen=True)
class Mart:
    """A mart as it is to be published: its columns and the content of each of its parts."""

    name: str
    columns: dict[str, str]
    cut_by: str | None
    parts: dict[str, Content]
    apart: str | None = None

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    def has_shape_of(self, other: "Mart") -> bool:
        """Same columns in the same order, cut in the same way: parts can be compared."""
        cut, other_cut = (self.cut_by, self.apart), (other.cut_by, other.apart)
        return cut == other_cut and list(self.columns.items()) == list(other.columns.items())

    def parquet(self, part: str) -> Path:
        """File of a part within a build."""
        name = Path(self.name, part) if self.cut_by else Path(self.name)
        return Path("parquet", f"{name}.parquet")

    def condition(self, parts: Collection[str]) -> str:
        """SQL that holds for the rows of these parts."""
        if not self.cut_by or self.parts.keys() <= set(parts):
            return "true"
        return " or ".join(f"({self._condition(part)})" for part in parts)

    def _condition(self, part: str) -> str:
        if part == APART:
            return f"coalesce({self.apart}, false)"
        of_month = _of_month(sql.name(self.cut_by or ""), part)
        return f"{of_month} and not coalesce({self.apart}, false)" if self.apart else of_month


@dataclass(frozen=True)
class Base:
    """A build on disk that the next one may start from: its marts, and its files as written."""

    folder: Path
    marts: dict[str, Mart]
    files: dict[str, list[int]]
    fresh_bytes: int

    def has(self, file: Path) -> bool:
        """Whether the file is there as it was published: what anyone did to it is not passed on."""
        path = self.folder / file
        return path.is_file() and self.files.get(file.as_posix()) == _mark(path)


def read_mart(connection: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> Mart:
    """A mart of the attached `work`, each of its parts read once."""
    described = connection.execute(f"describe work.marts.{sql.name(node['name'])}").fetchall()
    columns = {name: kind for name, kind, *_ in described}
    declared = node["config"]["meta"].get("published_by", ())
    cut_by = next((column for column in declared if column in columns), None)
    apart = node["config"]["meta"].get("published_apart") if cut_by else None
    mart = Mart(node["name"], columns, cut_by, {}, apart)
    found = contents(connection, "work", mart)
    return replace(mart, parts=found or {UNDATED if cut_by else WHOLE: EMPTY})


def contents(
    connection: duckdb.DuckDBPyConnection, database: str, mart: Mart, where: str = "true"
) -> dict[str, Content]:
    """The content of each part of a mart, in one scan."""
    month = "0"
    if mart.cut_by:
        column = sql.name(mart.cut_by)
        month = f"case when {_is_dated(column)} then year({column}) * 100 + month({column}) end"
    if mart.apart:
        month = f"case when {mart.apart} then -1 else {month} end"
    found = connection.execute(
        f"""select month, count(*), sum(hash), bit_xor(hash)
        from (
            select {month} as month, {row_hash(mart.columns)} as hash
            from {database}.marts.{sql.name(mart.name)} where {where}
        ) group by month order by month"""
    ).fetchall()
    return {_part(month): Content(*content) for month, *content in found}


def row_hash(columns: dict[str, str]) -> str:
    """SQL of a hash of a whole row.

    Hashed twice: the first only combines the columns' hashes, so that two rows which swap a value
    could leave the exclusive or as it was.
    """
    values = [value for name, kind in columns.items() for value in _hashed(sql.name(name), kind)]
    return f"hash(hash({', '.join(values)}))"


def _hashed(column: str, kind: str) -> Iterator[str]:
    """What stands for a column in its row's hash. DuckDB's is one for null, [] and [null]."""
    if not kind.endswith("]") and not kind.startswith(NESTED):
        yield column
    elif kind.count("[") == 1 and not kind.startswith(NESTED):
        yield from (column, f"len({column})")
    else:
        yield f"{column}::varchar"


def _part(month: int | None) -> str:
    if month is None:
        return UNDATED
    if month < 0:
        return APART
    return f"{month // 100:04}-{month % 100:02}" if month else WHOLE


def _of_month(column: str, part: str) -> str:
    if part == UNDATED:
        return f"not coalesce({_is_dated(column)}, false)"
    year, month = map(int, part.split("-"))
    following = f"make_date({year + month // 12}, {month % 12 + 1}, 1)"
    return f"{column} >= make_date({year}, {month}, 1) and {column} < {following}"


def _is_dated(column: str) -> str:
    """Of a year that a file name can say: no infinity, and not before our era."""
    return f"year({column}) between 1 and 9999"


def write_record(folder: Path, marts: list[Mart], fresh_bytes: int) -> None:
    """Write down what the build holds. Its files must be final: they are known by size and time."""
    files = [folder / "marts.duckdb", *(folder / "parquet").rglob("*.parquet")]
    record = {
        "format": FORMAT,
        "duckdb": duckdb.__version__,
        "fresh_bytes": fresh_bytes,
        "files": {path.relative_to(folder).as_posix(): _mark(path) for path in files},
        "marts": [asdict(mart) for mart in marts],
    }
    (folder / RECORD).write_text(json.dumps(record))


def read_base(folder: Path) -> Base | None:
    """The build in that folder; None where another version wrote it or it cannot be read."""
    try:
        record = json.loads((folder / RECORD).read_text())
        # Another version of DuckDB may hash otherwise, or write files its own way.
        if (record["format"], record["duckdb"]) != (FORMAT, duckdb.__version__):
            return None
        marts = {mart["name"]: _mart(**mart) for mart in record["marts"]}
        return Base(folder, marts, record["files"], record["fresh_bytes"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _mart(parts: dict[str, Any], **known: Any) -> Mart:
    return Mart(parts={part: Content(**found) for part, found in parts.items()}, **known)


def _mark(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
