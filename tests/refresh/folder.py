"""A landing folder over some months: files are added, rewritten, deleted and restored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.reference.desk import Desk

from .own_fields import OPTIONS, Row, own_change, own_values

OF_TICKETS = ("tickets", "ticket_field_history", "messages", "ticket_sla_applied")
EVENTS = (*OF_TICKETS[1:], "calls", "survey_responses", "agent_availability")
POINTED_TO = ("agents", "contacts", "companies", "channels", "channel_accounts")
RULES = ("statuses", "pipelines", "sla_targets", "business_hours", "teams", "agent_teams",
         "ticket_fields")  # fmt: skip


@dataclass
class Folder:
    """The files of a desk, and the rows that are not in files yet.

    `closed`: the tickets that were closed in the last build.
    """

    root: Path
    desk: Desk
    draw: Random
    as_of: datetime
    waiting: Desk = field(default_factory=dict)
    files: dict[str, list[Row]] = field(default_factory=dict)
    gone: dict[str, list[Row]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    count: int = 0

    def open(self) -> None:
        """Write every row of the tables without tickets, and some rows of the others."""
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
        """Write a file with a later time of change than all earlier files."""
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
        """The files of these tables that can be deleted: each table keeps one."""
        names = [name for name in self.files if name.split("/")[0] in tables]
        return [n for n in names if sum(m.startswith(n.split("/")[0] + "/") for m in names) > 1]

    def landed(self, table: str) -> list[Row]:
        return [
            row for name, rows in self.files.items() for row in rows if name.startswith(f"{table}/")
        ]

    # Random changes of the folder.

    def rows_arrive(self) -> None:
        """Add rows, some of them days or weeks late, others before their time."""
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

    def a_file_is_rewritten(self) -> None:
        """Change, delete or reorder the rows of a file, or only change its time."""
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

    def _status_changes(self, tickets: list[str], values: tuple[str, ...]) -> None:
        rows: list[Row] = [
            {
                "ticket_id": ticket,
                "field": "status",
                "changed_at": self.around_as_of(-100, 20).isoformat(),
                "seq": str(1000 + self.count),
                "value": self.draw.choice(values),
            }
            for ticket in tickets
        ]
        self.land("ticket_field_history", rows)

    def around_as_of(self, first: int, last: int) -> datetime:
        """A time some hours before or after as_of."""
        return self.as_of + timedelta(hours=self.draw.randint(first, last))

    def some_closed(self) -> list[str]:
        return self.draw.sample(self.closed, min(len(self.closed), 4))

    def closed_tickets_reopen(self) -> None:
        self._status_changes(self.some_closed(), ("new", "waiting"))

    def tickets_close(self) -> None:
        tickets = [str(row["ticket_id"]) for row in self.some(self.landed("tickets"), 4)]
        self._status_changes(tickets, ("solved",))

    def customers_say_thank_you(self) -> None:
        """Add a message without an answer to a closed ticket."""
        rows: list[Row] = [
            {
                "message_id": f"thanks-{self.count}-{ticket}",
                "ticket_id": ticket,
                "sent_at": self.around_as_of(-30, 6).isoformat(),
                "direction": "incoming",
                "author_type": "customer",
            }
            for ticket in self.some_closed()
        ]
        self.land("messages", rows)

    def people_change(self) -> None:
        """Rename or deactivate an agent, or move a contact to another company."""
        agent = self.draw.choice(self.landed("agents"))
        name, is_active = f"Agent {self.count}", self.draw.choice(["true", "false"])
        self.land("agents", [{**agent, "name": name, "is_active": is_active}])
        contact = self.draw.choice(self.landed("contacts"))
        company = self.draw.choice(self.landed("companies"))["company_id"]
        self.land("contacts", [{**contact, "company_id": company}])

    def own_values_change(self) -> None:
        """Other values and tags of tickets, with and without a change in their history."""
        changed = self.some(self.landed("tickets"))
        self.land(
            "tickets",
            [
                {
                    **row,
                    **own_values(self.draw, "tickets"),
                    "updated_at": self.around_as_of(-300, 20).isoformat(),
                }
                for row in changed
            ],
        )
        if self.draw.randrange(2):
            self._own_history(changed)

    def own_history_comes_late(self) -> None:
        """Changes of any time since a ticket was created, also of closed tickets."""
        self._own_history(self.some(self.landed("tickets")))

    def _own_history(self, tickets: list[Row]) -> None:
        times = [self.around_as_of(-600, 20).isoformat() for _ in range(2)]
        self.land(
            "ticket_field_history",
            [
                own_change(
                    self.draw,
                    row,
                    self.draw.choice((*times, str(row["created_at"]))),
                    self.draw.choice((None, str(1000 + self.count))),
                )
                for row in tickets
                for _ in range(2)
            ],
        )

    def own_values_of_customers_change(self) -> None:
        for table in ("companies", "contacts"):
            rows = self.some(self.landed(table), 2)
            self.land(table, [{**row, **own_values(self.draw, table)} for row in rows])

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
            if table == "ticket_fields":
                renamed = next(iter(OPTIONS.values())) | {"a": f"Renamed {self.count}"}
                rows[0]["options"] = json.dumps(renamed)
            if table == "statuses":
                rows[0]["state"] = self.draw.choice(["open", "pending", "on_hold", "closed"])
            self.write(name, rows)


# Frequent changes are listed several times.
HAPPENINGS: list[Callable[[Folder], None]] = [
    *[Folder.rows_arrive] * 6,
    *[Folder.tickets_change] * 3,
    *[Folder.a_file_is_rewritten] * 3,
    *[Folder.rows_come_twice] * 2,
    *[Folder.a_message_moves] * 2,
    *[Folder.a_file_goes] * 2,
    *[Folder.a_file_comes_back] * 2,
    *[Folder.tickets_are_deleted] * 2,
    *[Folder.closed_tickets_reopen] * 2,
    *[Folder.tickets_close] * 2,
    *[Folder.customers_say_thank_you] * 2,
    *[Folder.own_values_change] * 3,
    *[Folder.own_history_comes_late] * 2,
    Folder.own_values_of_customers_change,
    Folder.people_change,
    Folder.bad_rows_arrive,
]
