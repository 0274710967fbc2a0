"""A desk as its raw tables, its visible rows at as_of, and its expected marts.

A desk is a plain dict: table name -> rows, each a dict of the contract's columns as the contract's
text (a missing column, None and "" are the same). It must be valid, except for orphan references and
for the bad rows of calls, surveys and availability (see `service`).

Rulings, where the rules leave a choice:

* **A ticket is visible from created_at on**, whenever its row was written. Of its versions the newest
  by updated_at up to as_of counts; if all were written later, the earliest of them: the ticket existed,
  and its history has its state at that time. A row without updated_at counts before all rows of earlier
  files, and is the oldest of its own file. A desk here has such rows first.
* **Changes at one time without seq**: the one that agrees with the ticket row is the last, the others
  keep the order of the file. Two of them are two changes, not two versions of one.
* **Orphans**: history, messages and applications of a ticket that is not visible are left out.
* **A deletion** at or before as_of deletes the ticket for good, also if a newer row lands; without a
  time it always does.
* **A merge** counts where the ticket merged into has landed, visible or not; else it is an orphan
  reference, and the ticket counts.
* **Keys**: an empty reference and one to an unknown id both point to `unknown`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from . import service
from .business_time import Calendar, Schedule, Window
from .life import COLUMNS
from .marts import marts_rows
from .records import (
    BEGINNING,
    Applied,
    Change,
    Condition,
    Membership,
    Message,
    Policy,
    Settings,
    Status,
    Target,
    Ticket,
    World,
)
from .values import (
    Row,
    boundary,
    compared,
    flag,
    instant,
    moment,
    required,
    switch,
    text,
    version,
    whole,
)

Desk = dict[str, list[dict[str, str | None]]]

TICKET_COLUMNS = {"status": "status_id", **COLUMNS}
INFERRED_FIELDS = ("status", "pipeline", "agent", "team", "priority")
DIMENSION_IDS = {
    "agents": "agent_id",
    "teams": "team_id",
    "companies": "company_id",
    "contacts": "contact_id",
    "channels": "channel_id",
    "channel_accounts": "channel_account_id",
    "pipelines": "pipeline_id",
}


def expected_marts(
    desk: Desk, as_of: datetime, settings: Settings
) -> dict[str, list[dict[str, Any]]]:
    """The marts' rows by model, columns as the public interface names them."""
    return marts_rows(read_desk(desk, as_of, settings))


def read_desk(desk: Desk, as_of: datetime, settings: Settings) -> World:
    """Everything that is visible at as_of."""
    tickets = read_tickets(desk, as_of)
    surveys = service.read_surveys(desk.get("surveys", []))
    return World(
        as_of=as_of,
        settings=settings,
        calendar=Calendar(read_schedules(desk), earliest_event(tickets, as_of), as_of),
        tickets=tickets,
        statuses={
            (required(row, "status_id"), text(row, "pipeline_id")): Status(
                required(row, "state"), flag(row, "pauses_sla", False)
            )
            for row in desk.get("statuses", [])
        },
        pipeline_schedules={
            required(row, "pipeline_id"): text(row, "schedule_id")
            for row in desk.get("pipelines", [])
        },
        default_schedule_id=max(
            (
                required(row, "schedule_id")
                for row in desk.get("business_hours", [])
                if flag(row, "is_default", False)
            ),
            default=None,
        ),
        policies=[read_policy(row) for row in desk.get("sla_policies", [])],
        targets=[read_target(row) for row in desk.get("sla_targets", [])],
        pause_statuses=frozenset(
            (required(row, "policy_id"), text(row, "pipeline_id"), required(row, "status_id"))
            for row in desk.get("sla_pause_statuses", [])
        ),
        memberships=read_memberships(desk),
        targeted_metrics=frozenset(
            [required(row, "metric") for row in desk.get("sla_targets", [])]
            + [
                applied.metric
                for ticket in tickets
                for applied in ticket.applied
                if applied.metric is not None and applied.goal_seconds is not None
            ]
        ),
        known={
            table: frozenset(required(row, column) for row in desk.get(table, []))
            for table, column in {**DIMENSION_IDS, "tickets": "ticket_id"}.items()
        },
        agents=service.read_agents(desk.get("agents", [])),
        contact_companies={
            required(row, "contact_id"): text(row, "company_id") for row in desk.get("contacts", [])
        },
        calls=service.read_calls(desk.get("calls", []), as_of),
        surveys=list(surveys.values()),
        responses=service.read_responses(desk.get("survey_responses", []), surveys, as_of),
        presences=service.read_presences(desk.get("agent_availability", []), as_of),
    )


def newest_ticket_rows(desk: Desk, as_of: datetime) -> dict[str, Row]:
    """The version of each ticket's row that counts; of equal ones the last."""
    versions: dict[str, list[tuple[datetime, Row]]] = defaultdict(list)
    for row in desk.get("tickets", []):
        if instant(required(row, "created_at")) <= as_of:
            updated_at = boundary(text(row, "updated_at")) or BEGINNING
            versions[required(row, "ticket_id")].append((updated_at, row))
    chosen: dict[str, Row] = {}
    for ticket_id, of_ticket in versions.items():
        in_time = [at for at, _ in of_ticket if at <= as_of]
        best = max(in_time) if in_time else min(at for at, _ in of_ticket)
        chosen[ticket_id] = [row for at, row in of_ticket if at == best][-1]
    return chosen


def visible_by_ticket(
    desk: Desk, table: str, time_column: str, as_of: datetime
) -> dict[str, list[tuple[datetime, Row]]]:
    """A table's rows up to as_of, by ticket, each with its time."""
    found: dict[str, list[tuple[datetime, Row]]] = defaultdict(list)
    for row in desk.get(table, []):
        at = instant(required(row, time_column))
        if at <= as_of:
            found[required(row, "ticket_id")].append((at, row))
    return found


def read_tickets(desk: Desk, as_of: datetime) -> list[Ticket]:
    """The tickets visible at as_of, with all that belongs to them."""
    history = visible_by_ticket(desk, "ticket_field_history", "changed_at", as_of)
    messages = visible_by_ticket(desk, "messages", "sent_at", as_of)
    applied = visible_by_ticket(desk, "ticket_sla_applied", "applied_at", as_of)
    deleted = {
        required(row, "key")
        for row in desk.get("deletions", [])
        if row.get("table") == "tickets"
        and (boundary(text(row, "deleted_at")) or BEGINNING) <= as_of
    }
    return [
        Ticket(
            ticket_id=ticket_id,
            created_at=instant(required(row, "created_at")),
            row={column: value or None for column, value in row.items()},
            is_outbound=flag(row, "is_outbound", False),
            is_spam=flag(row, "is_spam", False),
            is_deleted=flag(row, "is_deleted", False) or ticket_id in deleted,
            history=inferred(read_history(history.get(ticket_id, []), row), row, as_of),
            messages=read_messages(
                messages.get(ticket_id, []), flag(row, "is_conversation_unknown", False)
            ),
            applied=read_applied(applied.get(ticket_id, [])),
            reported_closed_at=moment(row, "reported_closed_at"),
            is_conversation_unknown=flag(row, "is_conversation_unknown", False),
        )
        for ticket_id, row in newest_ticket_rows(desk, as_of).items()
    ]


def read_history(rows: Iterable[tuple[datetime, Row]], ticket: Row) -> dict[str, list[Change]]:
    """The changes of each field by (changed_at, seq); rows without seq come first."""
    keyed = []
    seen = set()
    for at, row in rows:
        seq = whole(row, "seq")
        field, value = required(row, "field"), text(row, "value")
        if (at, field, seq, value) in seen:
            continue
        seen.add((at, field, seq, value))
        agrees = value is not None and text(ticket, TICKET_COLUMNS.get(field, field)) == value
        keyed.append((at, seq is not None, seq or 0, agrees, field, value))
    by_field: dict[str, list[Change]] = defaultdict(list)
    for at, _, _, _, field, value in sorted(keyed, key=lambda key: key[:4]):
        by_field[field].append(Change(at, value))
    return dict(by_field)


def inferred(
    history: dict[str, list[Change]], row: Row, as_of: datetime
) -> dict[str, list[Change]]:
    """The history, with a change for each value in which a newer ticket row differs from its end."""
    written_at = boundary(text(row, "updated_at"))
    for field in INFERRED_FIELDS:
        value, changes = text(row, TICKET_COLUMNS[field]), history.get(field)
        if not (changes and value and written_at and changes[-1].at < written_at <= as_of):
            continue
        if alike(field, value) != alike(field, changes[-1].value or ""):
            changes.append(Change(written_at, value, is_inferred=True))
    return history


def alike(field: str, value: str) -> str | None:
    """A value as it is compared: priorities without regard to case and blanks."""
    return compared(value) if field == "priority" else value


def read_messages(
    rows: Iterable[tuple[datetime, Row]], is_conversation_unknown: bool = False
) -> list[Message]:
    """Messages by (sent_at, message_id), each once."""
    by_id = {
        required(row, "message_id"): Message(
            message_id=required(row, "message_id"),
            sent_at=at,
            direction=required(row, "direction"),
            author_type=required(row, "author_type"),
            author_id=text(row, "author_id"),
            is_public=flag(row, "is_public", True),
            is_automated=flag(row, "is_automated", False),
            delivery_status=text(row, "delivery_status") or "",
            kind=text(row, "kind") or "",
            channel_id=text(row, "channel_id"),
            is_of_known_conversation=not is_conversation_unknown,
        )
        for at, row in rows
    }
    return sorted(by_id.values(), key=lambda message: (message.sent_at, message.message_id))


def read_applied(rows: Iterable[tuple[datetime, Row]]) -> list[Applied]:
    found = {
        (at, text(row, "metric")): Applied(
            at,
            required(row, "policy_id"),
            text(row, "schedule_id"),
            text(row, "metric"),
            whole(row, "goal_seconds"),
        )
        for at, row in rows
    }
    return sorted(found.values(), key=lambda applied: applied.at)


def read_schedules(desk: Desk) -> dict[str, Schedule]:
    """The schedules that have business hours, by id."""
    versions: dict[str, dict[date, list[Window]]] = defaultdict(lambda: defaultdict(list))
    for row in desk.get("business_hours", []):
        valid_from = text(row, "valid_from")
        begins = date.fromisoformat(valid_from) if valid_from else date.min
        window = Window(
            int(required(row, "weekday")),
            int(required(row, "start_minute")),
            int(required(row, "end_minute")),
            required(row, "timezone"),
        )
        versions[required(row, "schedule_id")][begins].append(window)
    holidays: dict[str, set[date]] = defaultdict(set)
    for row in desk.get("holidays", []):
        day = date.fromisoformat(required(row, "start_date"))
        end = text(row, "end_date")
        last = date.fromisoformat(end) if end else day
        while day <= last:
            holidays[required(row, "schedule_id")].add(day)
            day += timedelta(days=1)
    return {
        schedule_id: Schedule(dict(of_schedule), frozenset(holidays[schedule_id]))
        for schedule_id, of_schedule in versions.items()
    }


def earliest_event(tickets: Iterable[Ticket], as_of: datetime) -> datetime:
    """The earliest instant that a visible ticket, change or message has."""
    instants = [as_of]
    for ticket in tickets:
        instants.append(ticket.created_at)
        instants += [message.sent_at for message in ticket.messages]
        instants += [change.at for changes in ticket.history.values() for change in changes]
    return min(instants)


def read_policy(row: Row) -> Policy:
    declared: dict[str, Any] = json.loads(text(row, "conditions") or "{}")
    return Policy(
        policy_id=required(row, "policy_id"),
        version=version(row),
        rank=int(required(row, "rank")),
        conditions={name: read_condition(name, wanted) for name, wanted in declared.items()},
    )


def read_condition(name: str, wanted: Any) -> Condition:
    """A value, a list of them, or an object of any_of, none_of and is_empty."""

    def listed(values: Any) -> frozenset[str]:
        texts = [str(value) for value in (values if isinstance(values, list) else [values])]
        return frozenset((compared(one) or "") if name == "priority" else one for one in texts)

    if not isinstance(wanted, dict):
        return Condition(any_of=listed(wanted))
    return Condition(
        any_of=listed(wanted["any_of"]) if "any_of" in wanted else None,
        none_of=listed(wanted.get("none_of", [])),
        is_empty=wanted.get("is_empty"),
    )


def read_target(row: Row) -> Target:
    return Target(
        policy_id=required(row, "policy_id"),
        metric=required(row, "metric"),
        priority=text(row, "priority"),
        version=version(row),
        goal_seconds=int(required(row, "goal_seconds")),
        due_soon_seconds=whole(row, "due_soon_seconds"),
        schedule_id=text(row, "schedule_id"),
        holidays_apply=flag(row, "holidays_apply", True),
    )


def read_memberships(desk: Desk) -> dict[str, list[Membership]]:
    """The teams of each agent."""
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in desk.get("agent_teams", []):
        team = Membership(required(row, "team_id"), version(row), switch(row, "is_primary"))
        found[required(row, "agent_id")].append(team)
    return dict(found)
