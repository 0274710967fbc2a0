"""What the pages should say, computed in SQL over the marts, not over the extracts."""

from datetime import date
from pathlib import Path

from dashboards.definitions import Definitions, Measure, Report
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


def _round(value: float) -> int:
    """Half up, as JavaScript rounds."""
    return int(value + 0.5)


def measure_text(measure: Measure, value: float | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    if measure.format == "percent":
        return f"{_round(value * 1000) / 10:g}%"
    return duration_text(value) if measure.format == "duration" else f"{value:,.0f}"


class Truth:
    """Answers for the marts of one desk."""

    def __init__(self, marts: Path, definitions: Definitions) -> None:
        self.connection = open_marts(marts, read_only=True)
        self.definitions = definitions

    def close(self) -> None:
        self.connection.close()

    def values(self, report: Report, first: date, last: date, **keys: str) -> dict[str, float]:
        """Each measure of a report; `keys` are filters by key column."""
        where, parameters = _where(first, last, keys)
        row = self.connection.execute(
            f"select {_selected(report)} from {report.relation.sql} where {where}", parameters
        ).fetchone()
        return dict(zip([measure.name for measure in report.measures], row, strict=True))

    def texts(self, report: Report, first: date, last: date, **keys: str) -> dict[str, str]:
        values = self.values(report, first, last, **keys)
        return {
            measure.name: measure_text(measure, values[measure.name]) for measure in report.measures
        }

    def buckets(self, report: Report, first: date, last: date, grain: str) -> list[float]:
        """The first measure in each bucket that has data, in order."""
        where, parameters = _where(first, last, {})
        return [
            value
            for _, value, *_ in self.connection.execute(
                f"select date_trunc('{grain}', report_date) as bucket, {_selected(report)} "
                f"from {report.relation.sql} where {where} group by bucket order by bucket",
                parameters,
            ).fetchall()
        ]

    def members(self, report: Report, first: date, last: date) -> list[tuple]:
        """Name and measures of each member of the report's series, in its order."""
        dimension = report.series.dimension
        where, parameters = _where(first, last, {})
        return self.connection.execute(
            f"""select dimension.{dimension.name}, {_selected(report)}
            from {report.relation.sql} as facts
            inner join {dimension.relation.sql} as dimension
                on facts.{report.series.column} = dimension.{dimension.key}
            where {where} group by 1 order by min(dimension.{dimension.order or dimension.name})""",
            parameters,
        ).fetchall()

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
    return ", ".join(
        f"sum({measure.sum})" + (f" / nullif(sum({measure.per}), 0)" if measure.per else "")
        for measure in report.measures
    )


def _where(first: date, last: date, keys: dict[str, str]) -> tuple[str, list]:
    clauses = ["report_date between ? and ?", *(f"{column} = ?" for column in keys)]
    return " and ".join(clauses), [first, last, *keys.values()]
