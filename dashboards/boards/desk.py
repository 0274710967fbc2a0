"""What every part of a board is made with: the marts, the build's clock, what is configured."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from dashboards.boards.kinds import Boards, Part
from dashboards.errors import DashboardError
from dashboards.report import Relation

Row = dict[str, Any]
# The values of the columns that tell the members of a part apart.
Key = tuple[str, ...]
# The member of a dimension that a key leads to which nobody knows.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Clock:
    """The build's moment, and how a reader's clock would show it."""

    build_id: str
    as_of: datetime
    as_of_date: date
    zone: str

    def local(self, moment: datetime) -> datetime:
        """A moment of the marts, which are in UTC, in the report time zone."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))

    def text(self, moment: datetime) -> str:
        """As the pages' headings write it."""
        return f"{self.local(moment):%-d %B %Y, %H:%M}"

    def short(self, moment: datetime | None) -> str | None:
        """As tables write it: it sorts as it reads."""
        return None if moment is None else f"{self.local(moment):%Y-%m-%d %H:%M}"

    def seconds_since(self, moment: datetime | None) -> int | None:
        return None if moment is None else int((self.as_of - moment).total_seconds())

    @property
    def today_starts(self) -> datetime:
        """The instant (UTC) at which today began; of a midnight shown twice, the first."""
        midnight = datetime.combine(self.as_of_date, time(), ZoneInfo(self.zone))
        return midnight.astimezone(UTC).replace(tzinfo=None)


class Desk:
    """The published marts as boards read them; the connection has them attached and in use."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, boards: Boards) -> None:
        self.connection = connection
        self.boards = boards
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
            f"from {self.boards.clock.sql} order by as_of desc limit 1"
        )
        if not found:
            raise DashboardError(f"{self.boards.clock.name} is empty: the marts were never built.")
        return Clock(**found[0])

    @property
    def clock_sql(self) -> str:
        """A relation of one row: the columns that a declared condition may compare with."""
        clock = self.clock
        return (
            f"(select timestamp '{clock.as_of}' as as_of, date '{clock.as_of_date}' as as_of_date,"
            f" timestamp '{clock.today_starts}' as today_starts)"
        )

    @cached_property
    def _configured(self) -> dict[str, bool]:
        """Whether a table of the contract was landed; a build that does not say has all."""
        part = self.boards.only("reconciliation")
        if part is None:
            return {}
        found = self.rows(
            f"select table_name, bool_or(is_configured) as is_configured "
            f"from {part.relation.sql} group by table_name"
        )
        return {row["table_name"]: row["is_configured"] for row in found}

    def missing(self, needs: Iterable[str]) -> list[str]:
        """Those of the tables that were not landed."""
        return [table for table in needs if not self._configured.get(table, True)]

    def named(self, part: Part, column: str, alias: str) -> tuple[str, str]:
        """What names a key column of a part: the expression, and the join that it needs."""
        dimension = part.names[column]
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
    """A name of the marts as a reader would write it: time_to_close is Time to close."""
    return name.replace("_", " ").capitalize()
