"""The published marts against the reference, row by row and column by column.

Every expected model, and every column of its rows, has to be there: one that the warehouse does not
publish is a difference, unless the caller says that it may lack. Columns that only the warehouse has
are not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from csv import writer
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import isclose
from pathlib import Path
from typing import Any

import duckdb

from .marts import GRAINS
from .rows import MartRow
from .service_rows import UNSPECIFIED

Expected = Mapping[str, Sequence[MartRow]]
Key = tuple[Any, ...]
SHOWN = 3
# Sums of doubles depend on their order in the last bits.
ABSOLUTE, RELATIVE = 1e-9, 1e-12

LACKING = "rows that the warehouse lacks"
EXTRA = "rows that only the warehouse has"
REPEATED = "keys that the warehouse has more than once"
ABSENT = "not in the warehouse"
VALUE = "value"


@dataclass(frozen=True)
class Difference:
    """One disagreement: of a value (`column`), or of a row or model as a whole (`what`)."""

    model: str
    what: str
    column: str = ""
    key: Key = ()
    warehouse: Any = None
    reference: Any = None

    @property
    def title(self) -> str:
        name = f"{self.model}.{self.column}" if self.column else self.model
        return name if self.what == VALUE else f"{name}: {self.what}"

    @property
    def told(self) -> str:
        """The key, with both values where it is a value that differs."""
        if self.what != VALUE:
            return _name(self.key)
        values = f"warehouse {_show(self.warehouse)}, reference {_show(self.reference)}"
        return f"{_name(self.key)} {values}"


@dataclass
class Comparison:
    """What was found.

    `found`: every disagreement.
    `absent`: names of models, and model.column, that only the reference has, as they may.
    `compared`: rows of the reference by model that was compared.
    """

    found: list[Difference] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)

    @property
    def differences(self) -> list[str]:
        """One line per model and column that differ, with the number and the first examples."""
        by_title: dict[str, list[Difference]] = {}
        for difference in self.found:
            by_title.setdefault(difference.title, []).append(difference)
        return [_told(title, cases) for title, cases in by_title.items()]

    def write(self, path: Path) -> None:
        """Every disagreement as a row of a CSV file."""
        with path.open("w", newline="") as file:
            rows = writer(file)
            rows.writerow(("model", "what", "column", "key", "warehouse", "reference"))
            for case in self.found:
                values = (_show(case.warehouse), _show(case.reference))
                shown = values if case.what == VALUE else ("", "")
                rows.writerow((case.model, case.what, case.column, _name(case.key), *shown))


def differences(marts: Path, expected: Expected, models: Iterable[str] | None = None) -> list[str]:
    """The disagreements between a published warehouse file and the expected rows."""
    return compare(marts, expected, models).differences


def compare(
    marts: Path,
    expected: Expected,
    models: Iterable[str] | None = None,
    may_lack: Collection[str] = (),
) -> Comparison:
    """Compare the expected models, or some of them, with the warehouse file's schema `marts`.

    `may_lack`: names of models, and model.column, that the warehouse need not have.
    """
    result = Comparison()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{marts}' as published (read_only)")
        columns = _published_columns(connection)
        for model in expected if models is None else models:
            if model in columns:
                _compare_model(connection, model, columns[model], expected[model], result)
            else:
                result.found.append(Difference(model, ABSENT))
    result.absent = [_absent_name(case) for case in result.found if _absent_name(case) in may_lack]
    result.found = [case for case in result.found if _absent_name(case) not in may_lack]
    return result


def _absent_name(case: Difference) -> str:
    """The model or model.column that is absent; nothing for a difference of another kind."""
    if case.what != ABSENT:
        return ""
    return f"{case.model}.{case.column}" if case.column else case.model


def _published_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = 'published' and schema_name = 'marts' order by column_index"
    ).fetchall()
    columns: dict[str, list[str]] = {}
    for model, column in rows:
        columns.setdefault(model, []).append(column)
    return columns


def _compare_model(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    published: Sequence[str],
    rows: Sequence[MartRow],
    result: Comparison,
) -> None:
    grain = GRAINS[model]
    # Without a row the reference still says that there is none.
    wanted = list(rows[0]) if rows else list(grain)
    shared = [column for column in wanted if column in published]
    missing = [column for column in wanted if column not in published]
    result.found += [Difference(model, ABSENT, column) for column in missing]
    if not set(grain) <= set(shared):
        return
    result.compared[model] = len(rows)
    listed = ", ".join(f'"{column}"' for column in shared)
    values = connection.execute(f"select {listed} from published.marts.{model}").fetchall()
    actual = [dict(zip(shared, map(_plain, row), strict=True)) for row in values]
    result.found += _compare_rows(model, grain, shared, actual, rows)


def _plain(value: Any) -> Any:
    """Timestamps of the warehouse are UTC, with or without saying so; decimals are numbers."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return float(value) if isinstance(value, Decimal) else value


def _compare_rows(
    model: str,
    grain: Sequence[str],
    columns: Sequence[str],
    actual: Sequence[MartRow],
    expected: Sequence[MartRow],
) -> list[Difference]:
    ours, theirs = _by_key(grain, expected), _by_key(grain, actual)
    assert len(ours) == len(expected), f"the reference repeats a key of {model}"
    times = Counter(_key(grain, row) for row in actual)
    found = [
        *(Difference(model, LACKING, key=key) for key in ours if key not in theirs),
        *(Difference(model, EXTRA, key=key) for key in theirs if key not in ours),
        *(Difference(model, REPEATED, key=key) for key, count in times.items() if count > 1),
    ]
    for column in columns:
        for key, row in ours.items():
            if key in theirs and not _is_same(theirs[key][column], row[column]):
                values = theirs[key][column], row[column]
                found.append(Difference(model, VALUE, column, key, *values))
    return found


def _is_same(one: Any, other: Any) -> bool:
    """Equal, floats nearly so, and a boolean only to a boolean."""
    if other is UNSPECIFIED:
        return True
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(one == other)


def _key(grain: Sequence[str], row: MartRow) -> Key:
    return tuple(row[column] for column in grain)


def _by_key(grain: Sequence[str], rows: Sequence[MartRow]) -> dict[Key, MartRow]:
    return {_key(grain, row): row for row in rows}


def _name(key: Key) -> str:
    return "/".join(map(str, key))


def _show(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def _told(title: str, cases: Sequence[Difference]) -> str:
    """The number of cases and the first few."""
    shown = "; ".join(filter(None, (case.told for case in cases[:SHOWN])))
    return f"{title} ({len(cases)}): {shown}" if shown else title
