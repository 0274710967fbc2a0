"""A random account with SLA policies: the events of its tickets, and Zendesk's records of them.

`random_account` draws it. `api_objects` and `fivetran_tables` have the shapes in which it is read. `sla_rules`
computes the clocks from the lives of its tickets, as an independent second way.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from tests.vendors.zendesk.sla_rules import Goal, Life, Schedule

Object = dict[str, Any]

NOW = int(datetime(2026, 3, 20, 12, tzinfo=UTC).timestamp())
FIRST = int(datetime(2025, 10, 20, tzinfo=UTC).timestamp())
AGENTS, CUSTOMERS, GROUP, FORM = (4001, 4002), (5001, 5002, 5003), 7001, 8001
SYSTEM = -1
PRIORITIES = ("low", "normal", "high", "urgent")
ZONES = {
    "Europe/Berlin": "Berlin",
    "America/New_York": "Eastern Time (US & Canada)",
    "America/Los_Angeles": "Pacific Time (US & Canada)",
    "UTC": "UTC",
}
WEEKDAYS = range(1, 6)
SCHEDULES = {
    901: Schedule(
        "Europe/Berlin",
        tuple((day * 1440 + 540, day * 1440 + 1020) for day in WEEKDAYS),
        frozenset({date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1)}),
    ),
    # Five days around the clock as one window.
    902: Schedule("America/New_York", ((1440, 8640),), frozenset({date(2025, 11, 27)})),
    903: Schedule(
        "America/Los_Angeles",
        tuple(
            piece
            for day in (0, 2, 4, 6)
            for piece in (
                (day * 1440 + 480, day * 1440 + 720),
                (day * 1440 + 780, day * 1440 + 1440),
            )
        ),
    ),
    # The whole week as one window.
    904: Schedule("UTC", ((0, 10080),)),
}
DEFAULT = 901
# The names of metrics: in the contract, in policies, in metric events.
METRICS = {
    "first_response": ("first_reply_time", "reply_time"),
    "next_response": ("next_reply_time", "reply_time"),
    "periodic_update": ("periodic_update_time", "periodic_update_time"),
    "pausable_update": ("pausable_update_time", "pausable_update_time"),
    "requester_wait": ("requester_wait_time", "requester_wait_time"),
    "agent_work": ("agent_work_time", "agent_work_time"),
    "time_to_close": ("total_resolution_time", "resolution_time"),
}


@dataclass(frozen=True)
class SlaPolicy:
    """`types`: the types of tickets that it applies to; all if empty."""

    policy_id: int
    title: str
    types: tuple[str, ...]
    goals: dict[str, dict[str, Goal]]


@dataclass
class Ticket:
    """A life with Zendesk's records of it. `changes`: (time, field, value) in order."""

    life: Life
    form: int | None
    type: str
    priority: str | None
    requester: int
    changes: list[tuple[int, str, str]] = field(default_factory=list)
    comments: list[tuple[int, int, bool]] = field(default_factory=list)
    # Time, metric, instance of the metric, policy, goal.
    events: list[tuple[int, str, int, SlaPolicy, Goal]] = field(default_factory=list)
    # Time and applied policy.
    applied: list[tuple[int, SlaPolicy]] = field(default_factory=list)


@dataclass
class Account:
    policies: list[SlaPolicy]
    tickets: list[Ticket]


def random_account(seed: int, tickets: int) -> Account:
    draw = Random(seed)
    policies = [
        _policy(draw, 501, "Incidents", ("incident",), ("periodic_update", "time_to_close")),
        _policy(draw, 502, "Problems", ("problem", "task"), ("pausable_update",)),
        _policy(draw, 503, "Everything", (), ("next_response", "agent_work")),
    ]
    account = Account(policies, [])
    for number in range(1, tickets + 1):
        account.tickets.append(_Drawing(draw, policies, number).ticket)
    return account


def _policy(
    draw: Random, policy_id: int, title: str, types: tuple[str, ...], without: tuple[str, ...]
) -> SlaPolicy:
    return SlaPolicy(
        policy_id,
        title,
        types,
        {
            metric: {
                priority: Goal(
                    60 * draw.choice((15, 60, 240, 480, 1440, 4320)), draw.random() < 0.6
                )
                for priority in PRIORITIES
            }
            for metric in METRICS
            if metric not in without
        },
    )


class _Drawing:
    """Draws the life of one ticket, update by update."""

    def __init__(self, draw: Random, policies: list[SlaPolicy], number: int) -> None:
        self.draw, self.policies = draw, policies
        self.at = draw.randrange(FIRST, NOW - 3 * 86400)
        self.ticket = Ticket(
            Life(number, self.at),
            draw.choice((None, None, FORM)),
            draw.choice(("incident", "problem", "task", "question")),
            draw.choice((None, *PRIORITIES, *PRIORITIES)),
            draw.choice(CUSTOMERS),
        )
        self.life = self.ticket.life
        self.status = "new"
        self.is_waiting = False
        self.known: dict[str, Goal] = {}
        self._ask()
        self._change("status", "new")
        self.life.statuses.append((self.at, "new"))
        for name in ("priority", "type"):
            if value := getattr(self.ticket, name):
                self._change(name, value)
        if draw.random() < 0.3:
            self._assign()
        self._apply()
        while self._goes_on():
            self._update()

    def _goes_on(self) -> bool:
        pause = self.draw.choice((300, 3600, 4 * 3600, 86400, 4 * 86400))
        self.at += 60 + int(self.draw.expovariate(1 / pause))
        return self.at < NOW - 60 and len(self.ticket.changes) < 25 and self.draw.random() < 0.93

    def _update(self) -> None:
        kind = self.draw.choices(
            ("ask", "reply", "note", "status", "priority", "type", "schedule"),
            (5, 6, 1, 3, 1, 1, 1),
        )[0]
        if kind == "ask":
            if self.status not in ("new", "open"):
                self._turn("open")
            self._ask()
        elif kind == "reply":
            self._reply()
        elif kind == "note":
            self.ticket.comments.append((self.at, self.draw.choice(AGENTS), False))
        elif kind == "status":
            self._turn(self.draw.choice(("open", "pending", "hold", "solved")))
        elif kind == "schedule":
            self._assign()
        else:
            values = PRIORITIES if kind == "priority" else ("incident", "problem", "question")
            value = self.draw.choice(values)
            if value != getattr(self.ticket, kind):
                setattr(self.ticket, kind, value)
                self._change(kind, value)
                self._apply()

    def _ask(self) -> None:
        self.life.questions.append(self.at)
        self.ticket.comments.append((self.at, self.ticket.requester, True))
        if self.life.replies and not self.is_waiting:
            self.is_waiting = True
            self._record("next_response")

    def _reply(self) -> None:
        self.life.replies.append(self.at)
        self.ticket.comments.append((self.at, self.draw.choice(AGENTS), True))
        self.is_waiting = False
        if self.draw.random() < 0.6:
            self._turn(self.draw.choice(("open", "pending", "hold", "solved")))

    def _turn(self, status: str) -> None:
        if status != self.status:
            self.status = status
            self.life.statuses.append((self.at, status))
            self._change("status", status)
            self.is_waiting = self.is_waiting and status != "solved"

    def _assign(self) -> None:
        schedule = self.draw.choice(tuple(SCHEDULES))
        self.life.schedules.append((self.at, schedule))
        self._change("schedule", str(schedule))

    def _change(self, name: str, value: str) -> None:
        self.ticket.changes.append((self.at, name, value))

    def _apply(self) -> None:
        """The first policy whose conditions match the ticket, with the targets of its priority."""
        priority = self.ticket.priority
        if priority is None:
            return
        policy = next(p for p in self.policies if not p.types or self.ticket.type in p.types)
        self.known = {metric: goals[priority] for metric, goals in policy.goals.items()}
        self.life.goals.append((self.at, self.known))
        if not self.ticket.applied or self.ticket.applied[-1][1] is not policy:
            self.ticket.applied.append((self.at, policy))
        for metric in self.known:
            if metric == "first_response" and self.life.replies:
                continue
            if metric != "next_response" or self.is_waiting:
                self._record(metric)

    def _record(self, metric: str) -> None:
        if goal := self.known.get(metric):
            instance = 1 + len(self.life.replies) if metric == "next_response" else 1
            policy = self.ticket.applied[-1][1]
            self.ticket.events.append((self.at, metric, instance, policy, goal))


def stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ApiObjects:
    """The account in the shape of the API. `with_events`: including applied targets."""

    def __init__(self, account: Account, with_events: bool) -> None:
        self.streams: dict[str, list[Object]] = defaultdict(list)
        self.streams |= {
            "tickets": [_ticket(ticket) for ticket in account.tickets],
            "users": [
                {
                    "id": one,
                    "name": f"U{one}",
                    "role": role,
                    "active": True,
                    "updated_at": stamp(FIRST),
                }
                for role, ids in (("agent", AGENTS), ("end-user", CUSTOMERS))
                for one in ids
            ],
            "groups": [{"id": GROUP, "name": "Support"}],
            "ticket_forms": [{"id": FORM, "name": "Form", "position": 1}],
            "sla_policies": [_policy_object(account, policy) for policy in account.policies],
            "schedules": [_schedule(*one) for one in SCHEDULES.items()],
        }
        if with_events:
            self.streams["ticket_metric_events"] = list(_metric_events(account))
        self.logs: dict[int, list[Object]] = {}
        self.holidays: dict[int, list[Object]] = defaultdict(list)
        for schedule_id, schedule in SCHEDULES.items():
            for day in sorted(schedule.holidays):
                self.holidays[schedule_id].append(
                    {
                        "id": schedule_id * 100 + len(self.holidays[schedule_id]),
                        "name": "Holiday",
                        "start_date": day.isoformat(),
                        "end_date": day.isoformat(),
                    }
                )
        self.audits: dict[int, list[Object]] = {
            ticket.life.ticket_id: list(_audits(ticket)) for ticket in account.tickets
        }


def _ticket(ticket: Ticket) -> Object:
    changed = max(at for at, *_ in (*ticket.changes, *ticket.comments))
    return {
        "id": ticket.life.ticket_id,
        "created_at": stamp(ticket.life.created),
        "updated_at": stamp(changed),
        "generated_timestamp": changed,
        "type": ticket.type,
        "priority": ticket.priority,
        "status": ticket.life.statuses[-1][1],
        "custom_status_id": None,
        "requester_id": ticket.requester,
        "submitter_id": ticket.requester,
        "assignee_id": None,
        "group_id": None,
        "ticket_form_id": ticket.form,
        "brand_id": 600,
        "via": {"channel": "email", "source": {}},
    }


def _audits(ticket: Ticket) -> Iterator[Object]:
    instants = sorted({at for at, *_ in (*ticket.changes, *ticket.comments)})
    for place, at in enumerate(instants):
        audit_id = ticket.life.ticket_id * 100_000 + place * 100
        kind = "Create" if at == ticket.life.created else "Change"
        events: list[Object] = []
        if kind == "Create" and ticket.form:
            events.append({"type": kind, "field_name": "ticket_form_id", "value": ticket.form})
        for _, name, value in (change for change in ticket.changes if change[0] == at):
            if name == "schedule":
                events.append({"type": "ScheduleAssignment", "new_schedule_id": int(value)})
            else:
                events.append({"type": kind, "field_name": name, "value": value})
        authors = [SYSTEM]
        for _, author, is_public in (comment for comment in ticket.comments if comment[0] == at):
            authors.append(author)
            events.append(
                {"type": "Comment", "author_id": author, "body": "text", "public": is_public}
            )
        yield {
            "id": audit_id,
            "ticket_id": ticket.life.ticket_id,
            "created_at": stamp(at),
            "author_id": authors[-1],
            "via": {"channel": "web"},
            "events": [{"id": audit_id + 1 + n, **event} for n, event in enumerate(events)],
        }


def _policy_object(account: Account, policy: SlaPolicy) -> Object:
    conditions = [{"field": "type", "operator": "is", "value": name} for name in policy.types]
    return {
        "id": policy.policy_id,
        "title": policy.title,
        "position": account.policies.index(policy) + 1,
        "filter": {"all": [], "any": conditions},
        "policy_metrics": [
            {
                "priority": priority,
                "metric": METRICS[metric][0],
                "target": goal.seconds // 60,
                "target_in_seconds": goal.seconds,
                "business_hours": goal.in_business_hours,
            }
            for metric, goals in policy.goals.items()
            for priority, goal in goals.items()
        ],
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }


def _schedule(schedule_id: int, schedule: Schedule) -> Object:
    return {
        "id": schedule_id,
        "name": f"Schedule {schedule_id}",
        "time_zone": ZONES[schedule.zone],
        "intervals": [{"start_time": start, "end_time": end} for start, end in schedule.windows],
        "created_at": f"2025-01-01T00:00:{schedule_id % 100:02}Z",
        "updated_at": "2025-01-05T00:00:00Z",
    }


def _metric_events(account: Account) -> Iterator[Object]:
    place = 0
    for ticket in account.tickets:
        for at, metric, instance, policy, goal in ticket.events:
            place += 1
            yield {
                "id": 80_000 + place,
                "ticket_id": ticket.life.ticket_id,
                "metric": METRICS[metric][1],
                "instance_id": instance,
                "type": "apply_sla",
                "time": stamp(at),
                "sla": {
                    "target": goal.seconds // 60,
                    "target_in_seconds": goal.seconds,
                    "business_hours": goal.in_business_hours,
                    "policy": {"id": policy.policy_id, "title": policy.title, "description": None},
                },
            }


FIVETRAN = {
    "ticket": (
        "id bigint, created_at timestamptz, updated_at timestamptz, status varchar, type varchar,"
        " priority varchar, requester_id bigint, submitter_id bigint, ticket_form_id bigint,"
        " via_channel varchar, _fivetran_deleted boolean"
    ),
    "ticket_field_history": (
        "ticket_id bigint, field_name varchar, updated timestamptz, user_id bigint, value varchar"
    ),
    "ticket_comment": (
        "id bigint, ticket_id bigint, created timestamptz, user_id bigint, body varchar,"
        " public boolean, voice_comment boolean"
    ),
    "ticket_schedule": "ticket_id bigint, created_at timestamptz, schedule_id bigint",
    "ticket_sla_policy": "ticket_id bigint, sla_policy_id bigint, policy_applied_at timestamptz",
    "sla_policy_history": (
        "id bigint, title varchar, position bigint, updated_at timestamptz, _fivetran_deleted boolean"
    ),
    "sla_policy_metric_history": (
        "sla_policy_id bigint, sla_policy_updated_at timestamptz, index bigint, metric varchar,"
        " priority varchar, target bigint, business_hours boolean"
    ),
    "schedule": (
        "id bigint, name varchar, time_zone varchar, start_time bigint, end_time bigint,"
        " created_at timestamptz, _fivetran_deleted boolean"
    ),
    "schedule_holiday": (
        "id bigint, schedule_id bigint, name varchar, start_date timestamp, end_date timestamp,"
        " _fivetran_deleted boolean"
    ),
    "user": "id bigint, name varchar, role varchar, active boolean, updated_at timestamptz",
    "group": "id bigint, name varchar",
    "ticket_form_history": "id bigint, name varchar, updated_at timestamptz",
}


def fivetran_tables(account: Account, path: Path, with_targets: bool) -> None:
    """The account as Fivetran's tables in a DuckDB file. `with_targets`: in the history too."""
    objects = ApiObjects(account, with_events=False)
    rows: dict[str, list[Object]] = defaultdict(list)
    for ticket in account.tickets:
        for table, row in _fivetran_ticket(ticket, with_targets):
            rows[table].append(row)
    for at, policy in enumerate(account.policies, start=1):
        updated = "2025-01-01T00:00:00Z"
        rows["sla_policy_history"].append(
            {"id": policy.policy_id, "title": policy.title, "position": at, "updated_at": updated}
        )
        for metric, goals in policy.goals.items():
            for index, (priority, goal) in enumerate(goals.items()):
                rows["sla_policy_metric_history"].append(
                    {
                        "sla_policy_id": policy.policy_id,
                        "sla_policy_updated_at": updated,
                        "index": index,
                        "metric": METRICS[metric][0],
                        "priority": priority,
                        "target": goal.seconds // 60,
                        "business_hours": goal.in_business_hours,
                    }
                )
    for schedule in objects.streams["schedules"]:
        for interval in schedule.pop("intervals"):
            rows["schedule"].append({**schedule, **interval, "_fivetran_deleted": False})
        # What is no longer open.
        rows["schedule"].append(
            {**schedule, "start_time": 0, "end_time": 300, "_fivetran_deleted": True}
        )
    for schedule_id, holidays in objects.holidays.items():
        rows["schedule_holiday"] += [{**one, "schedule_id": schedule_id} for one in holidays]
    rows["user"] = objects.streams["users"]
    rows["group"] = objects.streams["groups"]
    rows["ticket_form_history"] = objects.streams["ticket_forms"]
    write_fivetran(rows, path)


def write_fivetran(rows: Mapping[str, list[Object]], path: Path) -> None:
    """Write rows with Fivetran's types to a DuckDB file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'; create schema zendesk")
        for table in rows.keys() & FIVETRAN.keys():
            columns = FIVETRAN[table]
            lines = path.with_name(f"{table}.json")
            lines.write_text("\n".join(json.dumps(row) for row in rows[table]))
            connection.execute(f'create table zendesk."{table}" ({columns})')
            if rows[table]:
                connection.execute(
                    f"""insert into zendesk."{table}" by name
                    select * from read_json('{lines}', columns = {_json_columns(columns, rows[table])})"""
                )
            connection.execute(
                f"""alter table zendesk."{table}"
                add column _fivetran_synced timestamptz default '{stamp(NOW)}'"""
            )


def _json_columns(columns: str, rows: list[Object]) -> str:
    there = {name for row in rows for name in row}
    types = dict(column.split() for column in columns.split(","))
    return "{" + ", ".join(f"'{n}': '{kind}'" for n, kind in types.items() if n in there) + "}"


def _fivetran_ticket(ticket: Ticket, with_targets: bool) -> Iterator[tuple[str, Object]]:
    ticket_id = ticket.life.ticket_id
    row = _ticket(ticket)
    yield "ticket", {**row, "via_channel": "email", "_fivetran_deleted": False}

    def history(at: int, name: str, value: str | None) -> tuple[str, Object]:
        change = {"ticket_id": ticket_id, "field_name": name, "updated": stamp(at), "value": value}
        return "ticket_field_history", {**change, "user_id": SYSTEM}

    if ticket.form:
        yield history(ticket.life.created, "ticket_form_id", str(ticket.form))
    for at, name, value in ticket.changes:
        if name == "schedule":
            assigned = {"ticket_id": ticket_id, "created_at": stamp(at), "schedule_id": int(value)}
            yield "ticket_schedule", assigned
        else:
            yield history(at, name, value)
    for place, (at, author, is_public) in enumerate(ticket.comments):
        yield (
            "ticket_comment",
            {
                "id": ticket_id * 1000 + place,
                "ticket_id": ticket_id,
                "created": stamp(at),
                "user_id": author,
                "body": "text",
                "public": is_public,
                "voice_comment": False,
            },
        )
    for at, policy in ticket.applied:
        # Some seconds late, as it is seen to be.
        applied = {"ticket_id": ticket_id, "sla_policy_id": policy.policy_id}
        yield "ticket_sla_policy", {**applied, "policy_applied_at": stamp(at + ticket_id % 3)}
        if with_targets:
            yield history(at, "sla_policy", policy.title)
    if with_targets:
        for at, metric, _, _, goal in ticket.events:
            target = {"minutes": goal.seconds // 60, "in_business_hours": goal.in_business_hours}
            yield history(at, METRICS[metric][0], json.dumps(target))
        # A target is cleared when it is met.
        if ticket.life.replies:
            yield history(ticket.life.replies[0], "first_reply_time", None)


def matched(account: Account) -> list[Life]:
    """The lives without records of applied policies: by the current type of a ticket."""
    lives = []
    for ticket in account.tickets:
        policy = next(p for p in account.policies if not p.types or ticket.type in p.types)
        goals = [
            (at, {metric: by_priority[value] for metric, by_priority in policy.goals.items()})
            for at, name, value in ticket.changes
            if name == "priority"
        ]
        lives.append(replace(ticket.life, goals=goals))
    return lives
