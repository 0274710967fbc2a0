"""Writes the lists of tickets behind figures, one file each."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.dashboards.widgets.desk import UNKNOWN, Desk, Key, Row, column, table
from helpdesk.dashboards.widgets.kinds import Drill, Widget
from helpdesk.reports.errors import DashboardError

LISTED = 500
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
        lists: dict[Key, list[Row]] = {}
        for row in self._rows(drill):
            lists.setdefault(tuple(row[name] for name in drill.by), []).append(row)
        ids = {}
        for key, rows in lists.items():
            if labels is not None and key not in labels:
                continue
            label = labels and labels[key]
            ids[key] = "-".join([drill.name, *map(_plain, key)])
            content = self._content(drill, f"{title}: {label}" if label else title, rows)
            path = self.out / f"tickets_{ids[key]}.json"
            write_json(path, content)
            self.written.add(path)
        return ids

    def _rows(self, drill: Drill) -> list[Row]:
        try:
            return self.desk.rows(self._sql(drill), [UNKNOWN, LISTED])
        except duckdb.Error as error:
            raise DashboardError(
                f"{drill.source}: the tickets cannot be listed: {error}"
            ) from error

    def _sql(self, drill: Drill) -> str:
        """The first tickets of each list, with the total number of tickets and rows.

        A ticket with several rows is listed once, by the time that ranks it highest.
        """
        widget = self._tickets_widget
        names = [self.desk.named(widget, key, "tickets") for key in widget.columns]
        labels = "".join(
            f", {name} as label_{place}" for place, (name, _) in enumerate(names)
        )  # fmt: skip
        keys = "".join(f"{key}, " for key in drill.by)
        chosen, order = ("max", "desc") if drill.newest_first else ("min", "asc")
        partition = f"partition by {', '.join(drill.by)}" if drill.by else ""
        return f"""
            with counted as (
                select {keys}ticket_key, {chosen}({drill.at}) as moment, count(*) as row_count
                from {drill.relation.sql} as facts
                cross join {self.desk.clock_sql} as clock
                where ({drill.where})
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
            order by {keys}placed.place
        """

    @property
    def _tickets_widget(self) -> Widget:
        widget = self.desk.widgets.only("tickets")
        assert widget is not None, "read_widgets rejects figures without a list of tickets"
        return widget

    def _content(self, drill: Drill, title: str, rows: list[Row]) -> Row:
        clock, labels = self.desk.clock, list(self._tickets_widget.columns.values())
        listed = [row for row in rows if row["ticket_id"] is not None]
        return {
            "title": title,
            "as_of": clock.text(clock.as_of),
            "zone": clock.zone,
            "rows_counted": int(rows[0]["all_rows"]),
            "tickets": int(rows[0]["all_tickets"]),
            "newest_first": drill.newest_first,
            "table": table(
                [
                    column("Ticket", "ticket"),
                    *(column(label, choose=True) for label in labels),
                    column(drill.label, "time"),
                    column("From the as-of time", "ago"),
                ],
                [
                    [
                        {"text": row["ticket_id"], "ticket": row["ticket_key"]},
                        *(row[f"label_{place}"] for place in range(len(labels))),
                        clock.short(row["moment"]),
                        clock.seconds_since(row["moment"]),
                    ]
                    for row in listed
                ],
            ),
        }


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
