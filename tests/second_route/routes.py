"""Both routes to a report's figures: the plain SQL next to this module, and the mart it names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent
SHARED = ("common", "business_time", "sla_clocks", "surveys")
# Columns that are compared as numbers; the others, such as a time on the clock, say which row it is.
MEASURE = re.compile(
    r"^(?!clock_).*_(count|seconds|sum|median|p90|error|share)$|^(comparison_|usual_|low_|high_)?(n|value|total)$"
)
PERCENTILES = {"_median": 0.5, "_p90": 0.9}
# Percentiles are compared over all of them too: over few tickets, they are no more than a value.
FILTERS = {"agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key"}
TOLERANCE = 1e-9
SHOWN = 5

Rows = dict[tuple[object, ...], tuple[float | None, ...]]


@dataclass(frozen=True)
class Route:
    """One file: its first line says the report's id, if it has one, and the mart."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def sql(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def id(self) -> str | None:
        found = re.match(r"-- ([RASC]\d+[a-z]?|[a-z]+), ", self.sql)
        return found and found[1]

    @property
    def mart(self) -> str:
        found = re.match(r"-- (?:(?:[RASC]\d+[a-z]?|[a-z]+), )?(\w+):", self.sql)
        assert found, f"{self.path.name} names no mart in its first line"
        return found[1]


ROUTES = [Route(path) for path in sorted(FOLDER.glob("*.sql")) if path.stem not in SHARED]


def prepare(connection: duckdb.DuckDBPyConnection, as_of: datetime, report_timezone: str) -> None:
    """Set the parameters and create what the routes share."""
    as_of = as_of.astimezone(UTC).replace(tzinfo=None)
    connection.execute(f"set variable as_of = timestamp '{as_of}'")
    connection.execute(f"set variable report_timezone = '{report_timezone}'")
    for name in SHARED:
        connection.execute((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def compare(connection: duckdb.DuckDBPyConnection, route: Route) -> tuple[int, list[str]]:
    """How many rows the second route has, and the first rows in which the mart differs."""
    result = connection.execute(route.sql)
    columns = [name for name, *_ in result.description]
    rows = result.fetchall()
    measures = [name for name in columns if MEASURE.search(name)]
    keys = [name for name in columns if name not in measures]
    places = [columns.index(name) for name in keys + measures]
    second = _by_key([tuple(row[place] for place in places) for row in rows], len(keys))
    mart = connection.execute(_mart_sql(route.mart, keys, measures)).fetchall()
    found = differences(second, _by_key(mart, len(keys)), keys, measures)
    return len(second), found


def _mart_sql(mart: str, keys: list[str], measures: list[str]) -> str:
    """The mart, summed to the keys; with percentiles, also to the keys that are not filters."""
    grains = [keys]
    if any(measure.endswith(tuple(PERCENTILES)) for measure in measures):
        grains.append([key for key in keys if key not in FILTERS])
    sets = ", ".join(f"({', '.join(grain)})" for grain in grains)
    selected = ", ".join([*keys, *map(_summed, measures)])
    return f"select {selected} from marts.{mart} group by grouping sets ({sets})"


def _summed(measure: str) -> str:
    for suffix, part in PERCENTILES.items():
        if measure.endswith(suffix):
            values = measure.removesuffix(suffix) + "_values"
            return f"list_aggregate(flatten(list({values})), 'quantile_cont', {part})"
    return f"sum({measure})"


def _by_key(rows: list[tuple[Any, ...]], keys: int) -> Rows:
    by_key = {row[:keys]: row[keys:] for row in rows}
    assert len(by_key) == len(rows), "two rows of one key"
    return by_key


def differences(second: Rows, mart: Rows, keys: list[str], measures: list[str]) -> list[str]:
    """The first differing rows, as text; a row that only one route has differs."""
    keyed = sorted({*second, *mart}, key=lambda key: [str(part) for part in key])
    found = (
        f"{dict(zip(keys, key, strict=True))}: second route {_figures(second.get(key), measures)}, "
        f"mart {_figures(mart.get(key), measures)}"
        for key in keyed
        if not _is_same(second.get(key), mart.get(key))
    )
    return list(islice(found, SHOWN))


def _figures(row: tuple[float | None, ...] | None, measures: list[str]) -> str:
    return "has no row" if row is None else str(dict(zip(measures, row, strict=True)))


def _is_same(one: tuple[float | None, ...] | None, other: tuple[float | None, ...] | None) -> bool:
    if one is None or other is None:
        return False
    return all(
        left is right
        if left is None or right is None
        else math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for left, right in zip(one, other, strict=True)
    )
