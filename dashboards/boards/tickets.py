"""Lists of the tickets behind the figures, a file each, with what tells a reader which to open."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb

from dashboards.boards.desk import UNKNOWN, Desk, Key, Row, column, table
from dashboards.boards.kinds import Drill, Part
from dashboards.errors import DashboardError

LISTED = 500
# What may stand in a file's name as it is, on any file system.
PLAIN = re.compile(r"[a-z0-9_]{1,40}")


class TicketLists:
    """Writes the list of a figure when the figure is made, and says which one it is."""

    def __init__(self, desk: Desk, out: Path) -> None:
        self.desk = desk
        self.out = out
        self.written: set[Path] = set()

    def write(
        self, drill: Drill | None, title: str, labels: dict[Key, str] | None = None
    ) -> dict[Key, str]:
        """The ids of the drill's lists by the values of its `by` columns.

        `labels` says what those values are called, and which of them a figure leads to; without a
        `by` there is one list, of ().
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
            raise DashboardError(f"{drill.said}: the tickets cannot be listed: {error}") from error

    def _sql(self, drill: Drill) -> str:
        """The first tickets of each list, with how many there are, and how many rows they have.

        A ticket with several of the rows stands once, by the time that puts it nearest the top.
        """
        part = self._part
        names = [self.desk.named(part, key, "tickets") for key in part.columns]
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
            left join {part.relation.sql} as tickets on placed.ticket_key = tickets.ticket_key
            {" ".join(join for _, join in names)}
            where placed.place <= $2
            order by {keys}placed.place
        """

    @property
    def _part(self) -> Part:
        part = self.desk.boards.only("tickets")
        assert part is not None, "read_boards refuses figures that lead nowhere"
        return part

    def _content(self, drill: Drill, title: str, rows: list[Row]) -> Row:
        clock, labels = self.desk.clock, list(self._part.columns.values())
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
                    column("Ticket"),
                    *(column(label, choose=True) for label in labels),
                    column(drill.label, "time"),
                    column("From the clock", "ago"),
                ],
                [
                    [
                        row["ticket_id"],
                        *(row[f"label_{place}"] for place in range(len(labels))),
                        clock.short(row["moment"]),
                        clock.seconds_since(row["moment"]),
                    ]
                    for row in listed
                ],
            ),
        }


def _plain(value: str) -> str:
    """A help desk's key in a file's name and an address: as it is, or its digest."""
    if PLAIN.fullmatch(value):
        return value
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def write_json(path: Path, content: Any) -> None:
    """Compact and in one order: the same marts give the same bytes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    path.write_text(text, encoding="utf-8")
