"""Writes the lists of tickets behind figures, one file each."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.dashboards.widgets.desk import UNKNOWN, Desk, Key, Row, column, table
from helpdesk.dashboards.widgets.kinds import TEAM, Drill, Widget
from helpdesk.reports.errors import DashboardError

LISTED = 500
# Keys whose members often have a usual name, which pages translate.
WORDS = ("status_key", "channel_key")
# Keys that are safe in file names on any file system.
PLAIN = re.compile(r"[a-z0-9_]{1,40}")


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
        lists = _by_key(drill, self._rows(drill, drill.by))
        kept = [key for key in lists if labels is None or key in labels]
        ids = {key: "-".join([drill.name, *map(_plain, key)]) for key in kept}
        for key, name in ids.items():
            label = labels and labels[key]
            content = self._content(drill, f"{title}: {label}" if label else title, lists[key])
            self._write(f"tickets_{name}", content)
        if drill.has_teams:
            rows = _by_key(drill, self._rows(drill, (*drill.by, TEAM)))
            combinations = _by_key(drill, self._combinations(drill))
            for key, name in ids.items():
                self._write(
                    f"teams-tickets_{name}", self._by_team(rows[key], combinations.get(key, []))
                )
        return ids

    def _write(self, name: str, content: Row) -> None:
        path = self.out / f"{name}.json"
        write_json(path, content)
        self.written.add(path)

    def _rows(self, drill: Drill, by: Key) -> list[Row]:
        try:
            return self.desk.rows(self._sql(drill, by), [UNKNOWN, LISTED])
        except duckdb.Error as error:
            raise DashboardError(
                f"{drill.source}: the tickets cannot be listed: {error}"
            ) from error

    def _counted(self, drill: Drill) -> str:
        """The rows that a figure counts."""
        return (
            f"from {drill.relation.sql} as facts cross join {self.desk.clock_sql} as clock"
            f" where ({drill.where})"
        )

    def _combinations(self, drill: Drill) -> list[Row]:
        """The number of tickets of each list for each combination of the teams of their rows."""
        keys = "".join(f"{key}, " for key in drill.by)
        return self.desk.rows(
            f"""with tickets as (
                select {keys}ticket_key, list(distinct {TEAM} order by {TEAM}) as teams
                {self._counted(drill)} and ticket_key <> $1
                group by all
            )
            select {keys}teams, count(*) as tickets from tickets group by all order by all""",
            [UNKNOWN],
        )

    def _sql(self, drill: Drill, by: Key) -> str:
        """The first tickets for each value of the columns `by`, with the total of tickets and rows.

        A ticket with several rows is listed once, by the time that ranks it highest. Lists are in
        the order of these times.
        """
        widget = self._tickets_widget
        names = [self.desk.named(widget, key, "tickets") for key in widget.columns]
        labels = "".join(
            f", {name} as label_{place}" for place, (name, _) in enumerate(names)
        )  # fmt: skip
        keys = "".join(f"{key}, " for key in by)
        chosen, order = ("max", "desc") if drill.newest_first else ("min", "asc")
        partition = f"partition by {', '.join(by)}" if by else ""
        return f"""
            with counted as (
                select {keys}ticket_key, {chosen}({drill.at}) as moment, count(*) as row_count
                {self._counted(drill)}
                group by all
            ),
            placed as (
                select
                    *,
                    sum(row_count) over ({partition}) as all_rows,
                    count(*) filter (ticket_key <> $1) over ({partition}) as all_tickets,
                    row_number() over (
                        {partition} order by ticket_key = $1, moment {order} nulls last, ticket_key
                    ) as place
                from counted
            )
            select placed.*, tickets.ticket_id{labels}
            from placed
            left join {widget.relation.sql} as tickets on placed.ticket_key = tickets.ticket_key
            {" ".join(join for _, join in names)}
            where placed.place <= $2
            order by placed.ticket_key = $1, placed.moment {order} nulls last, placed.ticket_key
        """

    @property
    def _tickets_widget(self) -> Widget:
        widget = self.desk.widgets.only("tickets")
        assert widget is not None, "read_widgets rejects figures without a list of tickets"
        return widget

    def _content(self, drill: Drill, title: str, rows: list[Row]) -> Row:
        clock, labels = self.desk.clock, self._tickets_widget.columns
        return {
            "title": title,
            "as_of": clock.text(clock.as_of),
            "zone": clock.zone,
            "rows_counted": int(rows[0]["all_rows"]),
            "tickets": int(rows[0]["all_tickets"]),
            "newest_first": drill.newest_first,
            "has_teams": drill.has_teams,
            "listed": LISTED,
            "table": table(
                [
                    column("Ticket", "ticket"),
                    *(
                        column(label, "word" if key in WORDS else "name", choose=True)
                        for key, label in labels.items()
                    ),
                    column(drill.label, "time"),
                    column("From the as-of time", "ago"),
                ],
                [self._cells(row) for row in _known(rows)],
            ),
        }

    def _by_team(self, rows: list[Row], combinations: list[Row]) -> Row:
        """The tickets of a list by team, of which a page makes the list of some teams.

        `teams` has the team of each of the `rows`. A ticket can be in the list for several teams:
        `tickets` has their number for each combination.
        """
        known = _known(rows)
        return {
            "rows_counted": {row[TEAM]: int(row["all_rows"]) for row in rows},
            "tickets": [[row["teams"], row["tickets"]] for row in combinations],
            "teams": [row[TEAM] for row in known],
            "rows": [self._cells(row) for row in known],
        }

    def _cells(self, row: Row) -> list[Any]:
        clock = self.desk.clock
        return [
            {"text": row["ticket_id"], "ticket": row["ticket_key"]},
            *(row[f"label_{place}"] for place in range(len(self._tickets_widget.columns))),
            clock.short(row["moment"]),
            clock.seconds_since(row["moment"]),
        ]


def _by_key(drill: Drill, rows: list[Row]) -> dict[Key, list[Row]]:
    lists: dict[Key, list[Row]] = {}
    for row in rows:
        lists.setdefault(tuple(row[name] for name in drill.by), []).append(row)
    return lists


def _known(rows: list[Row]) -> list[Row]:
    """The rows with a ticket: a call can have none."""
    return [row for row in rows if row["ticket_id"] is not None]


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
