"""The published marts against the reference, row by row and column by column.

Compared is what both have: a model or column that the warehouse does not publish is absent, and
told apart from one that differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from .rows import GRAINS, MartRow

Expected = Mapping[str, Sequence[MartRow]]
Key = tuple[Any, ...]
SHOWN = 3


@dataclass
class Comparison:
    """What was found.

    `differences`: one line per model and column that differ, with the first examples.
    `absent`: names of models, and model.column, that only the reference has.
    `compared`: rows of the reference by model that was compared.
    """

    differences: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)


def differences(marts: Path, expected: Expected) -> list[str]:
    """The disagreements between a published warehouse file and the expected rows."""
    return compare(marts, expected).differences


def compare(marts: Path, expected: Expected) -> Comparison:
    """Compare every expected model that the warehouse file holds in its schema `marts`."""
    found = Comparison()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{marts}' as published (read_only)")
        columns = _published_columns(connection)
        for model, rows in expected.items():
            if model not in columns:
                found.absent.append(model)
                continue
            _compare_model(connection, model, columns[model], rows, found)
    return found


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
    found: Comparison,
) -> None:
    wanted = list(rows[0]) if rows else []
    shared = [column for column in wanted if column in published]
    found.absent += [f"{model}.{column}" for column in wanted if column not in published]
    grain = GRAINS[model]
    if not set(grain) <= set(shared):
        return
    found.compared[model] = len(rows)
    listed = ", ".join(f'"{column}"' for column in shared)
    values = connection.execute(f"select {listed} from published.marts.{model}").fetchall()
    actual = [dict(zip(shared, map(_plain, row), strict=True)) for row in values]
    found.differences += _compare_rows(model, grain, shared, actual, rows)


def _plain(value: Any) -> Any:
    """Timestamps of the warehouse are UTC, with or without saying so."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def _compare_rows(
    model: str,
    grain: Sequence[str],
    columns: Sequence[str],
    actual: Sequence[MartRow],
    expected: Sequence[MartRow],
) -> list[str]:
    ours, theirs = _by_key(grain, expected), _by_key(grain, actual)
    repeated = [
        key for key, count in Counter(_key(grain, row) for row in actual).items() if count > 1
    ]
    lines = [
        *_told(f"{model}: rows that the warehouse lacks", [k for k in ours if k not in theirs]),
        *_told(f"{model}: rows that only the warehouse has", [k for k in theirs if k not in ours]),
        *_told(f"{model}: keys that the warehouse has more than once", repeated),
    ]
    for column in columns:
        differing = [
            f"{_name(key)} warehouse {_show(theirs[key][column])}, reference {_show(row[column])}"
            for key, row in ours.items()
            if key in theirs and not _is_same(theirs[key][column], row[column])
        ]
        lines += _told(f"{model}.{column}", differing)
    return lines


def _is_same(one: Any, other: Any) -> bool:
    """Equal, and a boolean only to a boolean."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _key(grain: Sequence[str], row: MartRow) -> Key:
    return tuple(row[column] for column in grain)


def _by_key(grain: Sequence[str], rows: Sequence[MartRow]) -> dict[Key, MartRow]:
    return {_key(grain, row): row for row in rows}


def _name(key: Key | str) -> str:
    return key if isinstance(key, str) else "/".join(map(str, key))


def _show(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def _told(title: str, cases: Sequence[Key | str]) -> list[str]:
    """One line with the number of cases and the first few; none where there are no cases."""
    if not cases:
        return []
    shown = "; ".join(map(_name, cases[:SHOWN]))
    return [f"{title} ({len(cases)}): {shown}"]
