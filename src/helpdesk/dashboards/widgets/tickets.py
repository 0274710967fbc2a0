"""Lists the tickets behind figures: as files of the pages, and as SQL for a server."""

import hashlib
import json
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.dashboards.widgets.desk import Clock, Desk, Key, Row
from helpdesk.dashboards.widgets.kinds import TEAM, Drill
from helpdesk.reports.answers import json_bytes, listed_columns, read_calendar
from helpdesk.reports.catalogue import OwnColumn
from helpdesk.reports.errors import DashboardError
from helpdesk.reports.literals import literal
from helpdesk.reports.live import Calendar, LiveColumn, Statement
from helpdesk.reports.tickets import (
    UNKNOWN,
    Listed,
    Listing,
    Part,
    TicketColumns,
    with_steps,
)

# Plain files have the first rows, a server has all.
LISTED = 500
# Keys that are safe in file names on any file system.
PLAIN = re.compile(r"[a-z0-9_]{1,40}")


class FigureList:
    """The rows that figures count, each with its ticket; the worst come first."""

    def __init__(
        self,
        drill: Drill,
        clock: Clock,
        calendar: Calendar,
        own: tuple[OwnColumn, ...] = (),
        with_people: bool = False,
    ) -> None:
        self.drill = drill
        self.clock = clock
        columns = calendar.columns
        self.tickets = TicketColumns(
            columns.get("fct_tickets", frozenset()),
            own,
            columns.get(drill.relation.name, frozenset()),
            calendar.as_of_time,
            with_people,
        )

    def listing(self, conditions: Iterable[str], part: Part) -> Listing:
        """The rows with these `conditions` on the columns of the fact."""
        counted = " and ".join(["true", *(f"({one})" for one in conditions)])

        def rows(condition: str) -> str:
            return self._rows(f"{counted} and {condition}")

        return self.tickets.listing(
            [], rows("true"), rows, self._columns(), self._worst_first(), part
        )

    def first(self, by: Key) -> Statement:
        """The first rows for each value of the columns `by`, which come before the others."""
        order = f"order by {', '.join(self._worst_first())}"
        partition = f"partition by {', '.join(f'chosen.{one}' for one in by)} " if by else ""
        picked = (
            "select chosen.row_id from counted as chosen "
            f"qualify row_number() over ({partition}{order}) <= {LISTED}"
        )
        steps = [
            ("counted", self._rows("true", by)),
            ("picked", picked),
            ("listed", self._rows("rowid in (from picked)", by)),
        ]
        columns = self._columns()
        selected = [*(f"chosen.{one}" for one in by), *(one.sql for one in columns)]
        keys = [LiveColumn(one, one, "text") for one in by]
        return Statement(
            f"{with_steps(steps)}\nselect {', '.join(selected)} "
            f"from listed as chosen{self.tickets.joins()} {order}",
            (*keys, *(one.column for one in columns)),
        )

    def totals(self, by: Key) -> str:
        """The SQL of the numbers of rows, of those without a ticket, and of tickets, by `by`."""
        keys = "".join(f"{one}, " for one in by)
        return (
            f"select {keys}count(*), count(*) filter (ticket_key = '{UNKNOWN}'), "
            f"count(distinct ticket_key) filter (ticket_key <> '{UNKNOWN}') "
            f"from ({self._rows('true', by)}) group by all having count(*) > 0 order by all"
        )

    def conditions(self, key: Iterable[str | None]) -> list[str]:
        """The conditions of a value of the drill's columns."""
        pairs = zip(self.drill.by, key, strict=True)
        return [
            f"{column} is null" if value is None else f"{column} = {literal(value)}"
            for column, value in pairs
        ]

    def _rows(self, condition: str, by: Key = ()) -> str:
        drill = self.drill
        value = drill.value.sql if drill.value else "1"
        selected = [
            "rowid as row_id",
            "ticket_key",
            f"{value} as value",
            f"{drill.at} as moment",
            *self.tickets.keys(),
            *by,
        ]
        return (
            f"select {', '.join(selected)} from {drill.relation.sql} as facts "
            f"cross join {self.clock.sql} as clock where ({drill.where}) and {condition}"
        )

    def _columns(self) -> list[Listed]:
        value, moment = self.drill.value, self._moment()
        if value is None:
            return self.tickets.columns(moment, [])
        first = Listed("value", value.label, value.format, "chosen.value")
        return self.tickets.columns(first, [moment], is_late_known=True)

    def _moment(self) -> Listed:
        return Listed(self.drill.at, self.drill.label, "timestamp", "chosen.moment")

    def _worst_first(self) -> list[str]:
        value, newest = self.drill.value, self.drill.newest_first
        order = []
        if value:
            order.append(f"chosen.value {'asc' if value.is_low_worst else 'desc'} nulls last")
        order.append(f"chosen.moment {'desc' if newest else 'asc'} nulls last")
        return [*order, "chosen.ticket_key", "chosen.row_id"]


class TicketLists:
    """Writes the list of each figure and returns its id."""

    def __init__(self, desk: Desk, out: Path) -> None:
        self.desk = desk
        self.out = out
        self.written: set[Path] = set()

    def write(
        self, drill: Drill | None, title: str, labels: dict[Key, str] | None = None
    ) -> dict[Key, str]:
        """The ids of the drill's lists by the values of its `by` columns.

        `labels` has the names of those values; values without a label get no list. Without `by`
        there is one list, with the key ().
        """
        if drill is None:
            return {}
        desk = self.desk
        figures = FigureList(drill, desk.clock, self._calendar, desk.widgets.own)
        totals, rows, columns = self._read(figures, drill.by)
        ids = {key: list_id(drill, key) for key in totals if labels is None or key in labels}
        for key, name in ids.items():
            label = labels and labels[key]
            content = {
                "title": f"{title}: {label}" if label else title,
                "as_of": desk.clock.text(desk.clock.as_of),
                "zone": desk.clock.zone,
                "has_teams": drill.has_teams,
                "of": drill.relation.name,
                "listed": LISTED,
                "total": totals[key][0],
                "without_ticket": totals[key][1],
                "tickets": totals[key][2],
                "columns": columns,
                "rows": rows[key],
            }
            self._write(f"tickets_{name}", content)
        if drill.has_teams:
            self._write_teams(figures, ids)
        return ids

    def _write_teams(self, figures: FigureList, ids: dict[Key, str]) -> None:
        """The first rows of each team, of which a page makes the list of some teams."""
        by = (*figures.drill.by, TEAM)
        totals, rows, _ = self._read(figures, by, split=len(by) - 1)
        for key, name in ids.items():
            numbers = {team: counted for (*of, team), counted in totals.items() if (*of,) == key}
            self._write(
                f"teams-tickets_{name}",
                {
                    "totals": {team: total for team, (total, *_) in numbers.items()},
                    "without_ticket": {team: number for team, (_, number, _) in numbers.items()},
                    "teams": [row[0] for row in rows[key]],
                    "rows": [row[1:] for row in rows[key]],
                },
            )

    @cached_property
    def _calendar(self) -> Calendar:
        return read_calendar(self.desk.connection)

    def _write(self, name: str, content: Row) -> None:
        path = self.out / f"{name}.json"
        path.write_bytes(json_bytes(content))
        self.written.add(path)

    def _read(
        self, figures: FigureList, by: Key, split: int | None = None
    ) -> tuple[dict[Key, list[int]], dict[Key, list[list[Any]]], list[Row]]:
        """The totals by the columns `by`, the first rows by the first `split` of them, and the
        columns of a row."""
        split = len(by) if split is None else split
        statement = figures.first(by)
        try:
            execute = self.desk.connection.execute
            counted = execute(figures.totals(by)).fetchall()
            found = execute(statement.sql).fetchall()
        except duckdb.Error as error:
            raise DashboardError(
                f"{figures.drill.source}: the tickets cannot be listed: {error}"
            ) from error
        rows: dict[Key, list[list[Any]]] = {}
        for row in found:
            rows.setdefault(row[:split], []).append(list(row[split:]))
        totals = {row[: len(by)]: list(row[len(by) :]) for row in counted}
        return totals, rows, listed_columns(Statement("", statement.columns[len(by) :]))


def list_id(drill: Drill, key: Key) -> str:
    """The name of a list, for files and addresses."""
    return "-".join([drill.name, *map(_plain, key)])


def _plain(value: str | None) -> str:
    """A key for a file name and an address: unchanged if it is safe, else its digest."""
    if value is None:
        return ""
    if PLAIN.fullmatch(value):
        return value
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def write_json(path: Path, content: Any) -> None:
    """Write compact JSON; the same marts give the same bytes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    path.write_text(text, encoding="utf-8")
