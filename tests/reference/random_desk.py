"""Random desks with the hard cases of the rules; one desk for each seed.

A desk lives for some weeks around clock changes up to its as_of, and a little longer. Times are
often on the edges: on each other, on opening and closing times, on due times, on as_of itself, or
a second or a microsecond away from them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from hypothesis import strategies as st

from . import random_setup as setup
from .business_time import Calendar, OpenHours
from .desk import Desk, read_schedules
from .random_instants import DESK_DAYS, Instants, as_text
from .random_service import Service
from .values import instant

Row = dict[str, str | None]

# as_of; each desk begins 50 days before it. Around: the northern and southern changes of 2024, the
# day that Apia skipped, the last time it put its clocks back.
CLOCKS = (
    "2024-04-12T13:37:42.5Z",
    "2024-11-08T00:00:00Z",
    "2012-01-20T10:00:00Z",
    "2021-04-15T23:59:59.999999Z",
)
# Tickets alike in all that reports filter by, so that their rows add up several.
ALIKE: Row = {
    "pipeline_id": "P1",
    "agent_id": "a1",
    "team_id": "t1",
    "company_id": "c1",
    "channel_account_id": "inbox",
}
FILTERED_BY = {"pipeline", "agent", "team", "channel_account"}
# The reported close time of a ticket: also before its creation, and after as_of.
CLOSE_LAGS = (-1, 0, 1, 7200, 86_400, 5 * 86_400, 30 * 86_400, 60 * 86_400)
GAPS = (0, 1, 59, 600, 3600, 7200, 86_400, 3 * 86_400, 3 * 86_400 - 1)


def random_as_of(seed: int) -> datetime:
    """The clock of the desk of a seed."""
    return instant(CLOCKS[seed % len(CLOCKS)])


def random_desk(seed: int, tickets: int) -> Desk:
    """The desk of a seed."""
    return draw_desk(Random(seed), random_as_of(seed), tickets, seed)


def random_desks(most: int = 4) -> st.SearchStrategy[tuple[Desk, datetime]]:
    """Desks with their clocks, for hypothesis: small ones, and smaller still where one fails."""
    return st.builds(
        lambda draw, seed, tickets: (
            draw_desk(draw, random_as_of(seed), tickets, seed),
            random_as_of(seed),
        ),
        st.randoms(use_true_random=False),
        st.integers(0, 7),
        st.integers(1, most),
    )


def draw_desk(draw: Random, as_of: datetime, tickets: int, setup_seed: int) -> Desk:
    """A desk of so many tickets drawn from `draw`, on the setup of a seed."""
    first, tables, hours = standing_setup(setup_seed, as_of)
    desk = {table: list(rows) for table, rows in tables.items()}
    for table in ("tickets", "ticket_field_history", "messages", "ticket_sla_applied", "deletions"):
        desk[table] = []
    instants = Instants(draw, as_of, first, hours)
    lives = Lives(instants, desk)
    for number in range(1, tickets + 1):
        lives.add_ticket(f"{number}")
    desk |= Service(instants, tickets).tables()
    return desk


@lru_cache(maxsize=16)
def standing_setup(seed: int, as_of: datetime) -> tuple[datetime, Desk, list[OpenHours]]:
    """The first instant of a desk, its standing tables, the open hours of its schedules."""
    day = (as_of - timedelta(days=DESK_DAYS)).date()
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    tables = setup.setup_tables(Random(seed), day, as_of.date())
    calendar = Calendar(read_schedules(tables), first, as_of)
    hours = [calendar.hours(name, apply) for name in setup.SCHEDULES for apply in (True, False)]
    return first, tables, [of for of in hours if isinstance(of, OpenHours) and of.starts]


class Lives(Instants):
    """Draws the tickets of one desk into its tables."""

    def __init__(self, instants: Instants, desk: Desk) -> None:
        super().__init__(instants.draw, instants.as_of, instants.start, instants.hours)
        self.desk = desk
        self.message_ids: set[str] = set()
        targeted = {row["metric"] for row in desk["sla_targets"]}
        self.targeted = [metric for metric in setup.METRICS if metric in targeted]
        self.kept = [metric for metric in setup.METRICS[:3] if metric not in targeted]

    def next_instant(self, created: datetime, seen: list[datetime]) -> datetime:
        """Another instant in a ticket's life, often on an edge."""
        last = seen[-1]
        kind = self.draw.randrange(20)
        if kind < 4:
            at = self.draw.choice(seen)
        elif kind < 7:
            at = self.edge(last + timedelta(seconds=self.draw.choice(GAPS)))
        elif kind < 10:
            at = self.due(self.draw.choice((created, last)))
        elif kind == 10:
            at = self.draw.choice((self.as_of, self.as_of + timedelta(microseconds=1)))
        elif kind == 11:
            at = created - timedelta(seconds=self.draw.choice(GAPS))
        elif kind < 15:
            at = last + timedelta(seconds=self.draw.choice(GAPS))
        else:
            at = self.fraction(last + timedelta(seconds=self.draw.randrange(1, 2 * 86_400)))
        if self.maybe(10):
            at += self.draw.choice((1, -1)) * self.draw.choice(
                (timedelta(seconds=1), timedelta(microseconds=1))
            )
        if at < self.as_of:
            seen.append(at)
        return at

    def add_ticket(self, ticket_id: str) -> None:
        """A ticket's row (often in two versions), history, messages, applied policies."""
        created = self.created()
        seen = [created]
        row = self.ticket_row(ticket_id, created)
        is_alike = self.maybe(25)
        row |= ALIKE if is_alike else {}
        if self.maybe(85):
            self.add_history(row, created, seen, FILTERED_BY if is_alike else set())
        for _ in range(self.draw.choice((0, 1, 2, 3, 5, 8))):
            self.add_message(ticket_id, created, seen)
        if self.maybe(25):
            self.add_applied(ticket_id, created, seen)
        if self.kept and self.maybe(80):
            self.add_kept(row, created, seen)
        if self.maybe(3):
            at = as_text(self.draw, self.next_instant(created, seen))
            self.desk["deletions"].append({"table": "tickets", "key": ticket_id, "deleted_at": at})
        self.add_versions(row, created)

    def ticket_row(self, ticket_id: str, created: datetime) -> Row:
        pick = self.draw.choice
        return {
            "ticket_id": ticket_id,
            "created_at": as_text(self.draw, created),
            "pipeline_id": pick((*setup.PIPELINES, *setup.PIPELINES, None, "P9")),
            "status_id": pick((*setup.STATUS_IDS, *setup.STATUS_IDS, "ghost")),
            "priority": pick((*setup.SPELT_PRIORITIES, None)),
            "category": pick((*setup.CATEGORIES, None)),
            "source": pick((*setup.SOURCES, None)),
            "agent_id": pick((*setup.AGENTS, None, "a99")),
            "team_id": pick((*setup.TEAMS, None, None, None, "t99")),
            "company_id": pick((*setup.COMPANIES, None, "c99")),
            "contact_id": pick((*setup.CONTACTS, None, "k99")),
            "channel_id": pick((*setup.CHANNELS, None, "x99")),
            "channel_account_id": pick((*setup.ACCOUNTS, None, "y99")),
            "is_outbound": pick((None, None, None, None, "false", "0", "true", "1")),
            "is_conversation_unknown": pick((*[None] * 8, "false", "true")),
            "is_spam": pick((*["false"] * 20, "true")),
            "is_deleted": pick((*["0"] * 20, "1")),
            "reported_closed_at": as_text(self.draw, created + timedelta(seconds=pick(CLOSE_LAGS)))
            if self.maybe(50)
            else None,
            "merged_into_id": pick((*[None] * 20, "1", "nobody")) if ticket_id != "1" else None,
        }

    def add_versions(self, row: Row, created: datetime) -> None:
        """The row alone, or as its newest version, which can be written after as_of."""
        first = created + timedelta(seconds=self.draw.randrange(1000))
        later = first + timedelta(seconds=self.draw.randrange(1, 20 * 86_400))
        older = {**row, "category": "older", "priority": self.draw.choice(setup.SPELT_PRIORITIES)}
        newest = {**row, "updated_at": as_text(self.draw, later)}
        middle = {**older, "updated_at": as_text(self.draw, first)}
        bare = {**older, "updated_at": None}
        self.desk["tickets"] += self.draw.choice(
            ([row], [row], [newest], [middle, newest], [newest, middle], [bare, newest])
        )

    def add_history(
        self, row: Row, created: datetime, seen: list[datetime], constant: set[str]
    ) -> None:
        values: dict[str, tuple[str | None, ...]] = {
            "status": (*setup.STATUS_IDS, *setup.STATUS_IDS, "ghost"),
            "pipeline": (*setup.PIPELINES, "P9"),
            "agent": (*setup.AGENTS, None, "a99"),
            "team": (*setup.TEAMS, None, "t99"),
            "priority": (*setup.SPELT_PRIORITIES, None),
            "channel_account": (*setup.ACCOUNTS, "y99"),
            "schedule": (*setup.SCHEDULES[:3], *setup.SCHEDULES, None, setup.NOBODYS_SCHEDULE),
            "sla_policy": ("sla1", "sla2", "sla6", None),
        }
        shares = dict.fromkeys(values, 40) | {"status": 90, "schedule": 30, "sla_policy": 8}
        for field, choices in values.items():
            if field not in constant and self.maybe(shares[field]):
                self.add_changes(str(row["ticket_id"]), field, choices, created, seen)

    def add_changes(
        self,
        ticket_id: str,
        field: str,
        choices: tuple[str | None, ...],
        created: datetime,
        seen: list[datetime],
    ) -> None:
        """A field's changes. The seq is more than ten, so that it must not sort as text."""
        count = self.draw.choice((1, 1, 2, 3, 6) if field == "status" else (1, 1, 2, 3))
        instants = [created] if self.maybe(60) else []
        instants += [self.next_instant(created, seen) for _ in range(count)]
        rows: list[Row] = []
        # Now and then no row of an instant has a seq, and all have other values.
        bare = {at for at in instants if instants.count(at) > 1 and self.maybe(40)}
        given: dict[datetime, set[str | None]] = {at: set() for at in bare}
        for seq, at in enumerate(instants, start=8):
            value = self.draw.choice(choices)
            is_bare = at in bare and value not in given[at]
            if is_bare:
                given[at].add(value)
            is_alone = instants.count(at) == 1
            rows.append(
                {
                    "ticket_id": ticket_id,
                    "field": field,
                    "changed_at": as_text(self.draw, at),
                    "seq": None if is_bare or (is_alone and self.maybe(30)) else str(seq),
                    "value": value,
                }
            )
        self.draw.shuffle(rows)
        self.desk["ticket_field_history"] += rows

    def add_message(self, ticket_id: str, created: datetime, seen: list[datetime]) -> None:
        pick = self.draw.choice
        author = pick(("customer",) * 4 + ("agent",) * 4 + ("bot", "system", "integration"))
        usual = "incoming" if author == "customer" else "outgoing"
        unusual = "outgoing" if author == "customer" else "incoming"
        message_id = f"m{self.draw.randrange(10**6)}"
        while message_id in self.message_ids:
            message_id += "0"
        self.message_ids.add(message_id)
        self.desk["messages"].append(
            {
                "message_id": message_id,
                "ticket_id": "no ticket" if self.maybe(1) else ticket_id,
                "sent_at": as_text(self.draw, self.next_instant(created, seen)),
                "direction": unusual if self.maybe(4) else usual,
                "author_type": author,
                "author_id": pick((*setup.AGENTS, None, "a99")) if author == "agent" else None,
                "is_public": pick((None, "true", "1", "true", "TRUE", "false"))
                if author == "agent"
                else None,
                "is_automated": pick((None, "false", "0", "false", "False", "0", "true")),
                "channel_id": pick((*setup.CHANNELS, None, "x99")),
                "delivery_status": pick(
                    (None, None, "sent", "sent", "delivered", "read", "FAILED")
                ),
                "kind": pick((None, None, "message", "message", "COMMENT", "welcome_message"))
                if author != "customer"
                else None,
            }
        )

    def add_applied(self, ticket_id: str, created: datetime, seen: list[datetime]) -> None:
        """Policies for all metrics or one, targets that the vendor recorded; some at one instant."""
        pick = self.draw.choice
        keys: set[tuple[datetime, str | None]] = set()
        for _ in range(pick((1, 1, 2, 4))):
            at = pick((created, self.next_instant(created, seen)))
            metric = pick((None, None, *self.targeted))
            if (at, metric) in keys:
                continue
            keys.add((at, metric))
            self.desk["ticket_sla_applied"].append(
                {
                    "ticket_id": ticket_id,
                    "applied_at": as_text(self.draw, at),
                    "policy_id": pick(("sla1", "sla2", "sla3", "sla6", "sla99")),
                    "schedule_id": pick((None, None, "ticket", "ticket", *setup.SCHEDULES[:2])),
                    "metric": metric,
                    "goal_seconds": str(pick(setup.GOALS)) if metric and self.maybe(70) else None,
                }
            )

    def add_kept(self, row: Row, created: datetime, seen: list[datetime]) -> None:
        """Due times and statuses that the help desk stored, with or without their history."""
        pick = self.draw.choice
        words = ("0", "1", "2", "3", "4", "active", "Due Soon", "completed_late", "odd", "paused")
        for metric in self.kept:
            dues = [as_text(self.draw, self.due(pick(seen))) for _ in range(3)]
            if self.maybe(60):
                row[f"reported_{metric}_due_at"] = pick(dues)
            if self.maybe(60):
                row[f"reported_{metric}_sla_status"] = pick(words)
            ticket_id = str(row["ticket_id"])
            if self.maybe(60):
                self.add_changes(ticket_id, f"{metric}_due_at", (*dues, None), created, seen)
            if self.maybe(60):
                self.add_changes(ticket_id, f"{metric}_sla_status", (*words, None), created, seen)
        if self.maybe(30):
            at = as_text(self.draw, self.next_instant(created, seen))
            row["reported_first_response_at"] = at
