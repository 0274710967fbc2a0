"""Tables and ticket lists as JSON, for a server and for files of the pages."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from helpdesk.reports.live import Calendar, Statement


def read_calendar(connection: duckdb.DuckDBPyConnection) -> Calendar:
    """The calendar of the published marts that the connection uses."""
    ((as_of, day, zone),) = connection.execute(
        "select as_of, as_of_date, report_timezone from marts.build_log order by as_of desc limit 1"
    ).fetchall()
    ((first,),) = connection.execute("select min(date_day) from marts.dim_dates").fetchall()
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts'"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    known = {table: frozenset(names) for table, names in columns.items()}
    return Calendar(first or date(1970, 1, 1), day, as_of, zone, known)


def listed_columns(statement: Statement) -> list[dict[str, Any]]:
    """The columns of an answer."""
    return [
        {"name": one.name, "label": one.label, "format": one.format}
        | ({"names": one.names} if one.names else {})
        for one in statement.columns
    ]


def json_bytes(content: dict[str, Any]) -> bytes:
    """Compact JSON of values of the marts."""
    return json.dumps(
        content, default=json_value, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def json_value(value: Any) -> Any:
    """A value of the marts in a type of JSON."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def instant_text(instant: datetime) -> str:
    """An instant of the marts, which are in UTC."""
    if instant.tzinfo:
        instant = instant.astimezone(UTC)
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
