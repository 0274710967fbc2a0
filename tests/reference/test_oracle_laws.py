"""What holds on any desk, whatever its rows: laws of the marts, on random desks."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings

from .business_time import epoch
from .desk import Desk, expected_marts
from .marts import GRAINS
from .random_desk import random_as_of, random_desk, random_desks
from .records import Settings

Marts = dict[str, list[dict[str, Any]]]

few = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
    database=None,
)


def by_ticket(marts: Marts, model: str) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in marts[model]:
        found[row["ticket_key"]].append(row)
    return found


def check_keys(marts: Marts) -> None:
    for model, grain in GRAINS.items():
        keys = [tuple(row[column] for column in grain) for row in marts[model]]
        assert len(keys) == len(set(keys)), model


def check_spells(marts: Marts, as_of: datetime) -> None:
    spells = by_ticket(marts, "fct_ticket_status_spells")
    for ticket in marts["fct_tickets"]:
        of_ticket = spells[ticket["ticket_key"]]
        life = epoch(as_of) - epoch(ticket["created_at"])
        assert sum(spell["duration_seconds"] for spell in of_ticket) == life
        is_open = [s["duration_seconds"] for s in of_ticket if s["status_state"] != "closed"]
        assert sum(is_open) == ticket["time_open_seconds"]
        for left, right in pairwise(of_ticket):
            assert left["left_at"] == right["entered_at"]
            assert left["status_id"] != right["status_id"]
        assert [spell["is_current"] for spell in of_ticket][-1]


def check_durations(marts: Marts) -> None:
    pairs = {
        "fct_tickets": ("first_response_seconds", "first_response_business_seconds"),
        "fct_ticket_status_spells": ("duration_seconds", "duration_business_seconds"),
        "fct_response_cycles": ("wait_seconds", "wait_business_seconds"),
        "fct_messages": ("seconds_since_last_response", "business_seconds_since_last_response"),
    }
    for model, (calendar, business) in pairs.items():
        for row in marts[model]:
            assert (row[calendar] is None) == (row[business] is None)
            assert row[calendar] is None or 0 <= row[business] <= row[calendar]


def check_clocks(marts: Marts, as_of: datetime) -> None:
    for clock in marts["fct_sla_clocks"]:
        is_running = clock["status"] in ("overdue", "paused", "due_soon", "active")
        assert is_running == (clock["ended_at"] is None)
        until = epoch(clock["ended_at"] or as_of)
        due = clock["due_at"]
        if due is not None:
            is_past = epoch(due) < until
            assert is_past <= (clock["elapsed_seconds"] >= clock["goal_seconds"])
            assert is_past == (clock["status"] in ("overdue", "completed_late")) or (
                clock["status"] == "cancelled"
            )
        else:
            assert clock["elapsed_seconds"] < clock["goal_seconds"]


@few
@given(random_desks())
def test_laws_of_the_marts(drawn: tuple[Desk, datetime]) -> None:
    desk, as_of = drawn
    marts = expected_marts(desk, as_of, Settings())
    check_keys(marts)
    check_spells(marts, as_of)
    check_durations(marts)
    check_clocks(marts, as_of)


def test_the_same_seed_is_the_same_desk() -> None:
    assert random_desk(5, 20) == random_desk(5, 20)
    assert random_desk(5, 20) != random_desk(6, 20)


def test_what_is_later_than_as_of_changes_nothing() -> None:
    desk, as_of = random_desk(0, 300), random_as_of(0)
    earlier = as_of - timedelta(days=10)
    marts = expected_marts(desk, earlier, Settings())
    times = {
        "ticket_field_history": "changed_at",
        "messages": "sent_at",
        "ticket_sla_applied": "applied_at",
        "deletions": "deleted_at",
    }
    for table, column in times.items():
        desk[table] = [
            row for row in desk[table] if datetime.fromisoformat(str(row[column])) <= earlier
        ]
    assert expected_marts(desk, earlier, Settings()) == marts


def test_random_desks_hold_the_hard_cases() -> None:
    """A desk of the size that is compared with the warehouse has each outcome many times."""
    marts = expected_marts(random_desk(1, 2000), random_as_of(1), Settings())
    outcomes = [row["outcome"] for row in marts["fct_response_cycles"]]
    assert min(outcomes.count(name) for name in ("responded", "closed", "waiting")) > 100
    statuses = [row["status"] for row in marts["fct_sla_clocks"]]
    assert len(set(statuses)) == 7
    tickets = marts["fct_tickets"]
    assert sum(row["reopen_count"] > 1 for row in tickets) > 20
    assert sum(row["is_one_touch"] for row in tickets) > 20
    assert {row["exclusion_reason"] for row in tickets} == {None, "merged", "spam", "deleted"}
    lengths = [row["duration_seconds"] for row in marts["fct_ticket_status_spells"]]
    assert lengths.count(0) > 100
