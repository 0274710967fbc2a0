"""The expected figures of pages, by SQL on the marts and not on the extracts."""

import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from helpdesk.dashboards.definitions import Breakdown, Definitions, Measure, Report
from tests.dashboards.desk import AS_OF, open_marts


def duration_text(seconds: float) -> str:
    """A duration as the pages write it."""
    if seconds < 59.5:
        return f"{_round(seconds)} s"
    minutes, hours = _round(seconds / 60), _round(seconds / 3600)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")


def working_text(seconds: float) -> str:
    """Working time as the pages write it: hours, never days."""
    minutes = _round(seconds / 60)
    if minutes < 60:
        return duration_text(seconds)
    return f"{minutes // 60:,} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def _round(value: float) -> int:
    """Halves away from zero, as pages write numbers."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def measure_text(measure: Measure, value: float | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    if measure.format == "percent":
        return f"{_round(value * 1000) / 10:g}%"
    if measure.format == "decimal":
        return f"{_round(value * 100) / 100:.2f}"
    if measure.format == "points":
        return f"{_round(value * 1000) / 10:g}"
    if measure.shown_as == "hours":
        return working_text(value)
    return duration_text(value) if measure.format == "duration" else f"{value:,.0f}"


def value_text(value: str | None, is_number: bool) -> str:
    """A value of a column as the pages write it."""
    if value is None:
        return "No value"
    if is_number:
        return f"{float(value):g}"
    is_raw = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", value)
    return value.replace("_", " ").capitalize() if is_raw else value


def stored_marts(marts: Path) -> duckdb.DuckDBPyConnection:
    """The rows of all marts in memory: a view reads its facts once, not for each question."""
    connection = open_marts(marts, read_only=True)
    connection.execute("create schema memory.marts")
    names = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    ).fetchall()
    for (name,) in names:
        connection.execute(f"create table memory.marts.{name} as from desk_file.marts.{name}")
    connection.execute("use memory; detach desk_file")
    return connection


class Truth:
    """Answers for the marts of one desk."""

    def __init__(self, marts: Path, definitions: Definitions) -> None:
        self.connection = stored_marts(marts)
        self.definitions = definitions

    def close(self) -> None:
        self.connection.close()

    def values(self, report: Report, first: date, last: date, **keys: str) -> dict[str, float]:
        """Each measure of a report; `keys` are filters by key column."""
        where, parameters = _where(report, first, last, keys)
        row = self.connection.execute(
            f"select {_selected(report)} from {report.relation.sql} where {where}", parameters
        ).fetchone()
        return dict(zip([measure.name for measure in report.measures], row, strict=True))

    def has_rows(self, report: Report, first: date, last: date, **keys: str) -> bool:
        where, parameters = _where(report, first, last, keys)
        sql = f"select count(*) > 0 from {report.relation.sql} where {where}"
        return self.connection.execute(sql, parameters).fetchone()[0]

    def texts(self, report: Report, first: date, last: date, **keys: str) -> dict[str, str]:
        values = self.values(report, first, last, **keys)
        return {
            measure.name: measure_text(measure, values[measure.name]) for measure in report.measures
        }

    def percentiles(
        self, report: Report, measure: Measure, first: date, last: date, **keys: str
    ) -> tuple[float | None, float | None]:
        """Median and 90th percentile of a measure's single values."""
        where, parameters = _where(report, first, last, keys)
        return self.connection.execute(
            f"""select quantile_cont(value, 0.5), quantile_cont(value, 0.9) from (
                select unnest({measure.values}) as value from {report.relation.sql} where {where}
            )""",
            parameters,
        ).fetchone()

    def buckets(self, report: Report, first: date, last: date, grain: str) -> list[float]:
        """The first measure in each bucket that has data, in order."""
        if report.is_point_in_time:
            return self._levels(report, first, last, grain)
        where, parameters = _where(report, first, last, {})
        return [
            value
            for _, value, *_ in self.connection.execute(
                f"select date_trunc('{grain}', report_date) as bucket, {_selected(report)} "
                f"from {report.relation.sql} where {where} group by bucket order by bucket",
                parameters,
            ).fetchall()
        ]

    def days(
        self, report: Report, first: date, last: date, **keys: str
    ) -> dict[date, tuple[float, float]]:
        """The first measure's sum and n on each date with rows."""
        main = report.measures[0]
        where, parameters = _where(report, first, last, keys)
        amount = _value(replace(main, denominator=None))
        rows = self.connection.execute(
            f"select report_date, {amount}, sum({main.denominator or main.sum}) "
            f"from {report.relation.sql} where {where} group by 1",
            parameters,
        ).fetchall()
        return {day: (amount or 0, n or 0) for day, amount, n in rows}

    def _levels(self, report: Report, first: date, last: date, grain: str) -> list[float]:
        """The first measure on the last day of each bucket."""
        days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
        ends = {self._bucket(grain, day): day for day in days}
        values = [self.values(report, day, day) for day in ends.values()]
        return [value[report.measures[0].name] or 0 for value in values]

    def _bucket(self, grain: str, day: date) -> date:
        return self.connection.execute(f"select date_trunc('{grain}', ?::date)", [day]).fetchone()[
            0
        ]

    def members(
        self, report: Report, breakdown: Breakdown, first: date, last: date
    ) -> dict[str, tuple]:
        """Measures of each member of a breakdown, by its name."""
        dimension = breakdown.dimension
        where, parameters = _where(report, first, last, {})
        name, join = f"facts.{breakdown.column}::varchar", ""
        if dimension:
            name = f"dimension.{dimension.name}"
            join = f"""inner join {dimension.relation.sql} as dimension
                on facts.{breakdown.column} = dimension.{dimension.key}"""
        rows = self.connection.execute(
            f"select {name}, {_selected(report)} from {report.relation.sql} as facts {join} "
            f"where {where} group by 1",
            parameters,
        ).fetchall()
        names = {str(number): name for number, name in enumerate(breakdown.names, 1)}
        is_score = report.histogram and breakdown.name == report.histogram.values.name
        return {
            names.get(member) or (member if dimension else value_text(member, is_score)): tuple(
                values
            )
            for member, *values in rows
        }

    def last_day(self) -> date:
        days = [
            self.connection.execute(
                f"select max(report_date) from {report.relation.sql}"
            ).fetchone()[0]
            for report in self.definitions.reports
        ]
        # SLAs are due after the build's today; the period ends there.
        return min(AS_OF.date(), max(day for day in days if day))

    def first_day(self) -> date:
        days = [
            self.connection.execute(
                f"select min(report_date) from {report.relation.sql}"
            ).fetchone()[0]
            for report in self.definitions.reports
        ]
        return min(day for day in days if day)


def _selected(report: Report) -> str:
    return ", ".join(map(_value, report.measures))


def _value(measure: Measure) -> str:
    value = f"sum({measure.sum})" + (f" - sum({measure.minus})" if measure.minus else "")
    return f"({value})" + (
        f" / nullif(sum({measure.denominator}), 0)" if measure.denominator else ""
    )


class Without(list[str]):
    """Keys that a filter leaves out; a row without a key stays."""


def _where(report: Report, first: date, last: date, keys: dict) -> tuple[str, list]:
    """A level is that of the last date. A filter has one key, a list of them, or those left out.

    A filter that the report lacks does not apply.
    """
    clauses = ["report_date between ? and ?"]
    parameters = [last if report.is_point_in_time else first, last]
    for column, value in keys.items():
        if column.removesuffix("_key") not in (
            one.removeprefix("field_") for one in report.filters
        ):
            continue
        given = value if isinstance(value, list) else [value]
        listed = f"({', '.join('?' * len(given))})"
        is_out = isinstance(value, Without)
        clauses.append(f"coalesce({column} {'not in' if is_out else 'in'} {listed}, {is_out})")
        parameters += given
    return " and ".join(clauses), parameters
