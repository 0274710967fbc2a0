"""The `as_of` of the published marts, and the range of dates for readers."""

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from helpdesk.dashboards.definitions import DATE_COLUMN, Definitions
from helpdesk.dashboards.members import counts_table
from helpdesk.reports.errors import DashboardError


@dataclass(frozen=True)
class Span:
    """The range of dates that a reader may choose, with its numbers of rows."""

    first: date
    last: date
    rows: int
    recent_rows: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def clock_and_defaults(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions
) -> dict[str, Any]:
    """The build's `as_of` for `desk.json`, and the default period and grain of pages.

    To be called after number_members, which counts the rows of reports.
    """
    found = connection.execute(
        f"select as_of, as_of_date, report_timezone from {definitions.clock.sql}"
    ).fetchone()
    if found is None:
        raise DashboardError(f"{definitions.clock.name} is empty: the marts were never built.")
    as_of, as_of_date, zone = found
    span = _span(connection, definitions, as_of_date)
    preset, grain = choose_defaults(span)
    local = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return {
        "clock": {
            "as_of": f"{local:%-d %B %Y, %H:%M}",
            "zone": zone,
            "today": as_of_date.isoformat(),
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
        },
        "defaults": {"period": preset, "grain": grain},
    }


def choose_defaults(span: Span) -> tuple[str, str]:
    """The default period (days back, or `all`) and grain of a page.

    The last 90 days by week; or all time if they have less than a tenth of the usual rows, as at
    the end of an old export.
    """
    pace, recent_pace = span.rows / span.days, span.recent_rows / min(90, span.days)
    if recent_pace >= pace / 10:
        return "90", "week" if span.days > 31 else "day"
    return "all", "week" if span.days <= 182 else "month" if span.days <= 5 * 365 else "quarter"


def _span(
    connection: duckdb.DuckDBPyConnection, definitions: Definitions, as_of_date: date
) -> Span:
    """From the first date with data to the last one, at most the build's date."""
    days = " union all ".join(
        f"select key::date as day, rows from {counts_table(report)} "
        f"where column_name = '{DATE_COLUMN}'"
        for report in definitions.reports
    )
    ((first, last, rows),) = connection.execute(
        f"select min(day), max(day), coalesce(sum(rows), 0)::bigint from ({days})"
    ).fetchall()
    if not rows:
        return Span(as_of_date, as_of_date, 0, 0)
    last = min(last, as_of_date) if as_of_date >= first else last
    ((recent,),) = connection.execute(
        f"select coalesce(sum(rows), 0)::bigint from ({days}) where day between ? and ?",
        [last - timedelta(days=89), last],
    ).fetchall()
    return Span(first, last, rows, recent)
