"""A landing folder as the months treat it: files arrive, are written anew, vanish, come back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.reference.desk import Desk

Row = dict[str, str | None]
OF_TICKETS = ("tickets", "ticket_field_history", "messages", "ticket_sla_applied")
EVENTS = (*OF_TICKETS[1:], "calls", "survey_responses", "agent_availability")
POINTED_TO = ("agents", "contacts", "companies", "channels", "channel_accounts")
RULES = ("statuses", "pipelines", "sla_targets", "business_hours", "teams", "agent_teams")


@dataclass
class Folder:
    """The files of a desk, and the rows that have not landed yet."""

    root: Path
    desk: Desk
    draw: Random
    as_of: datetime
    waiting: Desk = field(default_factory=dict)
    files: dict[str, list[Row]] = field(default_factory=dict)
    gone: dict[str, list[Row]] = field(default_factory=dict)
    count: int = 0

    def open(self) -> None:
        """Land all that is about no ticket, and of the rest a part of the rows."""
        for table, rows in self.desk.items():
            now = list(rows)
            if table in OF_TICKETS or table in EVENTS or table in POINTED_TO:
                self.draw.shuffle(now)
                cut = max(1, len(now) // 2) if table in OF_TICKETS else len(now) * 3 // 4
                now, self.waiting[table] = now[:cut], now[cut:]
            if now:
                self.land(table, now)

    def land(self, table: str, rows: list[Row]) -> None:
        self.count += 1
        self.write(f"{table}/{self.count:04}.jsonl", rows)

    def write(self, name: str, rows: list[Row]) -> None:
        """Write a file; a later one is later by its time of change too."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.count += 1
        os.utime(path, ns=(self.count * 10**9, self.count * 10**9))
        self.files[name] = rows

    def remove(self, name: str) -> list[Row]:
        (self.root / name).unlink()
        return self.files.pop(name)

    def some(self, rows: list[Row], most: int = 6) -> list[Row]:
        return self.draw.sample(rows, min(len(rows), self.draw.randint(1, most)))

    def of(self, *tables: str) -> list[str]:
        """The files of these tables that can be spared: not the last one of its table."""
        names = [name for name in self.files if name.split("/")[0] in tables]
        return [n for n in names if sum(m.startswith(n.split("/")[0] + "/") for m in names) > 1]

    def landed(self, table: str) -> list[Row]:
        return [
            row for name, rows in self.files.items() for row in rows if name.startswith(f"{table}/")
        ]

    # What can happen to the folder.

    def rows_arrive(self) -> None:
        """Rows that were late, by days or by weeks, or come in time for their own moment."""
        for table in self.some([{"t": name} for name, rows in self.waiting.items() if rows], 3):
            rows = self.waiting[str(table["t"])]
            self.draw.shuffle(rows)
            cut = self.draw.randint(1, max(1, len(rows) // 3))
            self.land(str(table["t"]), rows[:cut])
            self.waiting[str(table["t"])] = rows[cut:]

    def tickets_change(self) -> None:
        rows = []
        for row in self.some(self.landed("tickets")):
            other = self.draw.choice(self.landed("tickets"))
            column = self.draw.choice(
                [
                    "company_id",
                    "contact_id",
                    "agent_id",
                    "team_id",
                    "priority",
                    "is_spam",
                    "merged_into_id",
                    "category",
                ]
            )
            value = (
                "true"
                if column == "is_spam"
                else other.get("ticket_id" if column == "merged_into_id" else column)
            )
            moment = self.as_of + timedelta(hours=self.draw.randint(-300, 20))
            rows.append({**row, column: value, "updated_at": moment.isoformat()})
        self.land("tickets", rows)

    def rows_come_twice(self) -> None:
        table = self.draw.choice([*OF_TICKETS, *POINTED_TO, *RULES])
        if rows := self.landed(table):
            self.land(table, self.some(rows))

    def a_message_moves(self) -> None:
        rows = [
            {**row, "ticket_id": self.draw.choice(self.landed("tickets"))["ticket_id"]}
            for row in self.some(self.landed("messages"), 3)
        ]
        self.land("messages", rows)

    def a_file_is_written_anew(self) -> None:
        """Rows of it change, go, or stand in another order; or nothing but its time is new."""
        names = self.of(*OF_TICKETS, *POINTED_TO)
        if not names:
            return
        name = self.draw.choice(names)
        rows = list(self.files[name])
        kind = self.draw.randrange(4)
        if kind == 0:
            self.draw.shuffle(rows)
        elif kind == 1:
            rows = rows[len(rows) // 3 :] or rows
        elif kind == 2:
            rows = [
                {**row, **({"priority": "rewritten"} if "priority" in row else {})} for row in rows
            ]
        self.write(name, rows)

    def a_file_goes(self) -> None:
        if names := self.of(*OF_TICKETS, *POINTED_TO, "deletions", "calls", "survey_responses"):
            name = self.draw.choice(names)
            self.gone[name] = self.remove(name)

    def a_file_comes_back(self) -> None:
        if self.gone:
            name = self.draw.choice(sorted(self.gone))
            self.write(name, self.gone.pop(name))

    def tickets_are_deleted(self) -> None:
        rows: list[Row] = [
            {
                "table": "tickets",
                "key": row["ticket_id"],
                "deleted_at": (
                    self.as_of + timedelta(hours=self.draw.randint(-50, 50))
                ).isoformat(),
            }
            for row in self.some(self.landed("tickets"), 3)
        ]
        self.land("deletions", rows)

    def bad_rows_arrive(self) -> None:
        ticket = self.draw.choice(self.landed("tickets"))["ticket_id"]
        self.land(
            "messages",
            [
                {
                    "message_id": "x",
                    "ticket_id": None,
                    "sent_at": "never",
                    "direction": "incoming",
                    "author_type": "customer",
                }
            ],
        )
        self.land(
            "ticket_field_history",
            [{"ticket_id": ticket, "field": "status", "changed_at": "yesterday", "value": "new"}],
        )
        self.land(
            "messages",
            [{**row, "ticket_id": "nobody's"} for row in self.some(self.landed("messages"), 2)],
        )

    def a_rule_changes(self) -> None:
        table = self.draw.choice(RULES)
        names = [name for name in self.files if name.startswith(f"{table}/")]
        if names:
            name = self.draw.choice(names)
            rows = [dict(row) for row in self.files[name]]
            rows[-1]["name"] = f"renamed {self.count}"
            if table == "statuses":
                rows[0]["state"] = self.draw.choice(["open", "pending", "on_hold", "closed"])
            self.write(name, rows)


# The rarer ones once, the others several times.
HAPPENINGS: list[Callable[[Folder], None]] = [
    *[Folder.rows_arrive] * 6,
    *[Folder.tickets_change] * 3,
    *[Folder.a_file_is_written_anew] * 3,
    *[Folder.rows_come_twice] * 2,
    *[Folder.a_message_moves] * 2,
    *[Folder.a_file_goes] * 2,
    *[Folder.a_file_comes_back] * 2,
    *[Folder.tickets_are_deleted] * 2,
    Folder.bad_rows_arrive,
]
