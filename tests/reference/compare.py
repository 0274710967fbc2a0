"""The published marts against the reference, row by row and column by column.

Every expected model, and every column of its rows, must exist. One that the warehouse does not publish is
a difference, unless the caller allows it. Columns that only the warehouse has are not compared. Some expected models are readings: a query on published marts, in place of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
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

# What is read where an expected model is not a mart.
READINGS: Mapping[str, str] = {
    # Intervals that follow each other joined: a ticket changes hands while it is open. They are sound
    # if they last, do not overlap and are numbered in order; the current one has no end.
    "ticket_open_times": """
        with preceded as (
            select
                *,
                coalesce(ended_at, timestamp 'infinity') as until,
                lag(coalesce(ended_at, timestamp 'infinity')) over in_order as open_until,
                row_number() over in_order as place
            from published.marts.fct_ticket_open_intervals
            window in_order as (partition by ticket_key order by started_at)
        ),

        numbered as (
            select
                *,
                count(*) filter (open_until is null or open_until < started_at) over (
                    partition by ticket_key order by started_at rows unbounded preceding
                ) as time_number
            from preceded
        )

        select
            ticket_key,
            min(started_at) as started_at,
            if(bool_or(ended_at is null), null, max(ended_at)) as ended_at,
            bool_and(
                started_at < until
                and coalesce(open_until <= started_at, true)
                and interval_number = place
                and is_current = (ended_at is null)
            ) as is_sound
        from numbered
        group by ticket_key, time_number
    """,
    # Each clock that has a target leads to the version of it.
    "sla_clock_targets": """
        select
            clocks.ticket_key,
            clocks.metric,
            clocks.occurrence,
            targets.policy_id as target_policy_id,
            targets.metric as target_metric,
            targets.priority as target_priority,
            targets.valid_from as target_valid_from,
            targets.goal_seconds as target_goal_seconds
        from published.marts.fct_sla_clocks as clocks
        left join published.marts.dim_sla_targets as targets
            on clocks.sla_target_key = targets.sla_target_key
        where clocks.basis = 'computed'
    """,
    # Neighbouring intervals joined. Where rows overlap, their seconds are more than the interval has.
    "opening_hours_merged": """
        with preceded as (
            select
                *,
                max(closed_at) over (
                    partition by schedule_key, schedule_id, source_system, holidays_apply
                    order by opened_at, closed_at
                    rows between unbounded preceding and 1 preceding
                ) as open_until
            from published.marts.dim_opening_hours
        ),

        numbered as (
            select
                *,
                count(*) filter (open_until is null or open_until < opened_at) over (
                    partition by schedule_key, schedule_id, source_system, holidays_apply
                    order by opened_at, closed_at
                    rows unbounded preceding
                ) as interval_number
            from preceded
        )

        select
            schedule_key,
            schedule_id,
            source_system,
            holidays_apply,
            min(opened_at) as opened_at,
            max(closed_at) as closed_at,
            cast(sum(open_seconds) as bigint) as open_seconds
        from numbered
        group by schedule_key, schedule_id, source_system, holidays_apply, interval_number
    """,
    # A row is sound if its seconds and its local times follow from its UTC times.
    "opening_hours_by_date": """
        select
            schedule_key,
            schedule_id,
            source_system,
            holidays_apply,
            timezone,
            local_date,
            cast(sum(open_seconds) as bigint) as open_seconds,
            bool_and(
                open_seconds > 0
                and open_seconds = epoch(closed_at) - epoch(opened_at)
                and opened_at_local = timezone(timezone, timezone('UTC', opened_at))
                and closed_at_local = timezone(timezone, timezone('UTC', closed_at))
                and local_date = cast(opened_at_local as date)
            ) as is_sound
        from (
            select
                *,
                min(timezone) over (partition by schedule_key, holidays_apply) as first_timezone,
                max(timezone) over (partition by schedule_key, holidays_apply) as last_timezone
            from published.marts.dim_opening_hours
        )
        where first_timezone = last_timezone
        group by schedule_key, schedule_id, source_system, holidays_apply, timezone, local_date
    """,
}

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
    def message(self) -> str:
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
        return [_summary(title, cases) for title, cases in by_title.items()]

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
    for model, sql in READINGS.items():
        # A reading of marts or columns that are not published is not there either.
        with suppress(duckdb.CatalogException, duckdb.BinderException):
            described = connection.execute(f"describe {sql}").fetchall()
            columns[model] = [column for column, *_ in described]
    return columns


def _compare_model(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    published: Sequence[str],
    rows: Sequence[MartRow],
    result: Comparison,
) -> None:
    grain = GRAINS[model]
    # An expected mart without rows is still compared.
    wanted = list(rows[0]) if rows else list(grain)
    shared = [column for column in wanted if column in published]
    missing = [column for column in wanted if column not in published]
    result.found += [Difference(model, ABSENT, column) for column in missing]
    if not set(grain) <= set(shared):
        return
    result.compared[model] = len(rows)
    listed = ", ".join(f'"{column}"' for column in shared)
    source = f"({READINGS[model]})" if model in READINGS else f"published.marts.{model}"
    values = connection.execute(f"select {listed} from {source}").fetchall()
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


def _summary(title: str, cases: Sequence[Difference]) -> str:
    """The number of cases and the first few."""
    shown = "; ".join(filter(None, (case.message for case in cases[:SHOWN])))
    return f"{title} ({len(cases)}): {shown}" if shown else title
