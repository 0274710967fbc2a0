"""Desks small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .desk import Desk, expected_marts
from .records import Settings
from .values import instant

AS_OF = "2024-05-10T12:00:00Z"
Rows = list[dict[str, str | None]]
# Agents in a team each; a9 is in one but is not in the data.
TEAMS: dict[str, Rows] = {
    "agents": [{"agent_id": "a1"}, {"agent_id": "a2"}],
    "teams": [{"team_id": "t1"}, {"team_id": "t2"}],
    "agent_teams": [
        {"agent_id": "a1", "team_id": "t1"},
        {"agent_id": "a2", "team_id": "t2"},
        {"agent_id": "a9", "team_id": "t2"},
    ],
}
PLACES: dict[str, Rows] = {
    "pipelines": [{"pipeline_id": "P"}],
    "channel_accounts": [{"channel_account_id": "inbox"}],
    "companies": [{"company_id": "c1"}, {"company_id": "c2"}],
    "contacts": [{"contact_id": "k1", "company_id": "c1"}, {"contact_id": "k2"}],
}
# A ticket's columns that point there.
PLACED = {"pipeline_id": "P", "channel_account_id": "inbox", "agent_id": "a2"}


def at(text: str) -> datetime:
    """An instant of 2024-05: "01 09:30" is 1 May 2024, 09:30Z."""
    return instant(f"2024-05-{text.replace(' ', 'T')}Z")


def iso(text: str) -> str:
    """The contract's text of `at(text)`."""
    return at(text).isoformat()


def statuses() -> Rows:
    states = {"new": "open", "waiting": "pending", "third": "on_hold", "done": "closed"}
    rows: Rows = [{"status_id": name, "state": state} for name, state in states.items()]
    return [*rows, {"status_id": "gone", "state": "closed"}]


def ticket(created: str = "01 09:00", **columns: str) -> dict[str, str | None]:
    return {"ticket_id": "t", "created_at": iso(created), "status_id": "new", **columns}


def history(field: str, *changes: tuple[str, str | None]) -> Rows:
    """Changes of a field in order: ("01 10:00", "done"), ..."""
    return [
        {
            "ticket_id": "t",
            "field": field,
            "changed_at": iso(changed),
            "seq": str(seq),
            "value": value,
        }
        for seq, (changed, value) in enumerate(changes, start=1)
    ]


def asked(*times: str) -> Rows:
    """Customer messages; their ids sort after those of responses."""
    return [_message(f"z{time}", time, "incoming", "customer") for time in times]


def answered(*times: str, **columns: str) -> Rows:
    """Agent responses by agent a1."""
    return [
        {**_message(f"a{time}", time, "outgoing", "agent"), "author_id": "a1", **columns}
        for time in times
    ]


def _message(message_id: str, time: str, direction: str, author: str) -> dict[str, str | None]:
    return {
        "message_id": message_id,
        "ticket_id": "t",
        "sent_at": iso(time),
        "direction": direction,
        "author_type": author,
    }


def office_hours(
    weekdays: Sequence[int] = (1, 2, 3, 4, 5),
    start: int = 540,
    end: int = 1020,
    zone: str = "UTC",
    valid_from: str = "",
) -> Rows:
    """Schedule `s`, by default 09:00-17:00 on weekdays."""
    return [
        {
            "schedule_id": "s",
            "valid_from": valid_from,
            "weekday": str(weekday),
            "start_minute": str(start),
            "end_minute": str(end),
            "timezone": zone,
        }
        for weekday in weekdays
    ]


def policy(metric: str, goal: int, **target: str) -> dict[str, Rows]:
    """Policy `p` for every ticket, with one target."""
    row: dict[str, str | None] = {"policy_id": "p", "metric": metric, "goal_seconds": str(goal)}
    return {
        "sla_policies": [{"policy_id": "p", "rank": "1", "conditions": "{}"}],
        "sla_targets": [{**row, **target}],
    }


def desk(**tables: Rows) -> Desk:
    """A desk with one ticket `t`, created on 1 May 2024 (a Wednesday) at 09:00Z, and agent a1."""
    return {
        "tickets": [ticket()],
        "statuses": statuses(),
        "agents": [{"agent_id": "a1"}],
        **tables,
    }


def marts(of: Desk, as_of: str = AS_OF, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    return expected_marts(of, instant(as_of), Settings(**settings))


def only(of: Desk, model: str, as_of: str = AS_OF, **settings: Any) -> dict[str, Any]:
    """The one row that a model has."""
    (row,) = marts(of, as_of, **settings)[model]
    return row


def clock(of: Desk, metric: str, as_of: str = AS_OF) -> dict[str, Any]:
    """The one clock of a metric."""
    (row,) = [c for c in marts(of, as_of)["fct_sla_clocks"] if c["metric"] == metric]
    return row


def lived(
    *changes: tuple[str, str | None], messages: Rows | None = None, **columns: str
) -> dict[str, Any]:
    """The fct_tickets row of a ticket with this status history."""
    rows = {"ticket_field_history": history("status", *changes), "messages": messages or []}
    return only(desk(tickets=[ticket(**columns)], **rows), "fct_tickets")
