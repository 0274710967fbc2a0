"""The base of every widget: the marts, the build's `as_of`, and the configured tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from helpdesk.dashboards.widgets.kinds import Widget, Widgets
from helpdesk.reports.definition import Relation
from helpdesk.reports.errors import DashboardError

Row = dict[str, Any]
# The values of the columns that identify a member of a widget.
Key = tuple[str, ...]
# The key of the unknown member of a dimension.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Clock:
    """The build's `as_of`, and times in the report time zone."""

    build_id: str
    as_of: datetime
    as_of_date: date
    zone: str

    def local(self, moment: datetime) -> datetime:
        """A time of the marts, which is UTC, in the report time zone."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))

    def text(self, moment: datetime) -> str:
        """The form of headings."""
        return f"{self.local(moment):%-d %B %Y, %H:%M}"

    def short(self, moment: datetime | None) -> str | None:
        """The form of tables, which sorts as text."""
        return None if moment is None else f"{self.local(moment):%Y-%m-%d %H:%M}"

    def seconds_since(self, moment: datetime | None) -> int | None:
        return None if moment is None else int((self.as_of - moment).total_seconds())

    @property
    def today_starts(self) -> datetime:
        """The start of today in UTC; after a midnight that occurs twice, the first one."""
        midnight = datetime.combine(self.as_of_date, time(), ZoneInfo(self.zone))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @property
    def sql(self) -> str:
        """A relation of one row with the times that a declared condition may use."""
        return (
            f"(select timestamp '{self.as_of}' as as_of, date '{self.as_of_date}' as as_of_date,"
            f" timestamp '{self.today_starts}' as today_starts)"
        )


class Desk:
    """The published marts for widgets; the connection has them attached and in use."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        widgets: Widgets,
        withheld: Collection[str] = (),
    ) -> None:
        self.connection = connection
        # The marts of which readers see nothing.
        self.withheld = withheld
        self.widgets = widgets
        # Other sentences for insights, by their keys.
        self.reworded: Mapping[str, str] = {}

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        cursor = self.connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @cached_property
    def clock(self) -> Clock:
        found = self.rows(
            f"select build_id, as_of, as_of_date, report_timezone as zone "
            f"from {self.widgets.clock.sql} order by as_of desc limit 1"
        )
        if not found:
            raise DashboardError(f"{self.widgets.clock.name} is empty: the marts were never built.")
        return Clock(**found[0])

    @cached_property
    def _configured(self) -> dict[str, bool]:
        """Whether a contract table is in the landing folder; without information, true."""
        widget = self.widgets.only("reconciliation")
        if widget is None:
            return {}
        found = self.rows(
            f"select table_name, bool_or(is_configured) as is_configured "
            f"from {widget.relation.sql} group by table_name"
        )
        return {row["table_name"]: row["is_configured"] for row in found}

    def missing(self, tables: Iterable[str]) -> list[str]:
        """The tables that are not in the landing folder."""
        return [table for table in tables if not self._configured.get(table, True)]

    @cached_property
    def _empty(self) -> dict[str, str]:
        """Why a configured table has no usable row, by table name."""
        widget = self.widgets.only("reconciliation")
        if widget is None:
            return {}
        found = self.rows(
            f"select table_name, any_value(empty_because) as because from {widget.relation.sql} "
            "where is_configured group by table_name having count(*) = count(empty_because)"
        )
        return {row["table_name"]: row["because"] for row in found}

    def empty(self, tables: Iterable[str]) -> list[Row]:
        """The configured tables without a usable row, with the reason."""
        return [
            {"table": table, "because": self._empty[table]}
            for table in tables
            if table in self._empty
        ]

    def named(self, widget: Widget, column: str, alias: str) -> tuple[str, str]:
        """The expression of a key column's name, and the join that it needs."""
        dimension = widget.names[column]
        joined = f"{alias}_{column}"
        return (
            f"coalesce({joined}.{dimension.name}, {alias}.{column})",
            f"left join {dimension.relation.sql} as {joined}"
            f" on {alias}.{column} = {joined}.{dimension.key}",
        )

    def count(self, relation: Relation) -> int:
        return int(self.rows(f"select count(*) as n from {relation.sql}")[0]["n"])


def column(label: str, format: str = "text", **more: Any) -> Row:
    """A column of a table, for the browser."""
    return {"label": label, "format": format, **more}


def table(columns: list[Row], rows: list[list[Any]], **more: Any) -> Row:
    """A table, for the browser: a row is a list of cells in the order of the columns."""
    return {"columns": columns, "rows": rows, **more}


def words(name: str) -> str:
    """A name of the marts as text: time_to_close is Time to close."""
    return name.replace("_", " ").capitalize()
