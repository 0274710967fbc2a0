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
from .sla import RUNNING

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


def check_status_intervals(marts: Marts, as_of: datetime) -> None:
    intervals = by_ticket(marts, "fct_ticket_status_history")
    for ticket in marts["fct_tickets"]:
        of_ticket = intervals[ticket["ticket_key"]]
        # The last interval of a closed ticket has no duration.
        is_closed = of_ticket[-1]["status_state"] == "closed"
        assert [interval["duration_seconds"] is None for interval in of_ticket] == [
            *[False] * (len(of_ticket) - 1),
            is_closed,
        ]
        until = of_ticket[-1]["entered_at"] if is_closed else as_of
        life = epoch(until) - epoch(ticket["created_at"])
        assert sum(interval["duration_seconds"] or 0 for interval in of_ticket) == life
        is_open = [s["duration_seconds"] for s in of_ticket if s["status_state"] != "closed"]
        if ticket["closed_at"] is None and is_closed:
            assert ticket["time_open_seconds"] is None
            assert len(of_ticket) == 1
        elif ticket["closed_at_basis"] == "reported":
            assert ticket["time_open_seconds"] == ticket["time_to_close_seconds"]
        else:
            assert sum(is_open) == ticket["time_open_seconds"]
        for left, right in pairwise(of_ticket):
            assert left["left_at"] == right["entered_at"]
            assert left["status_id"] != right["status_id"]
        assert [interval["is_current"] for interval in of_ticket][-1]


def check_durations(marts: Marts) -> None:
    pairs = {
        "fct_tickets": ("first_response_seconds", "first_response_business_seconds"),
        "fct_ticket_status_history": ("duration_seconds", "duration_business_seconds"),
        "fct_response_cycles": ("wait_seconds", "wait_business_seconds"),
        "fct_messages": ("seconds_since_last_response", "business_seconds_since_last_response"),
    }
    for model, (calendar, business) in pairs.items():
        for row in marts[model]:
            assert (row[calendar] is None) == (row[business] is None)
            assert row[calendar] is None or 0 <= row[business] <= row[calendar]


def check_clocks(marts: Marts, as_of: datetime) -> None:
    for clock in marts["fct_sla_clocks"]:
        is_running = clock["status"] in RUNNING
        if clock["basis"] == "reported":
            # The help desk can have a status that has ended without its time.
            assert is_running <= (clock["ended_at"] is None)
            assert clock["goal_seconds"] is None
            assert clock["elapsed_seconds"] is None
            continue
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
        assert clock["is_paused"] <= is_running
        assert (clock["status"] == "paused") <= clock["is_paused"]


def check_closed_tickets(marts: Marts) -> None:
    """On a closed ticket no cycle waits and no clock runs; at most one cycle ended after the close."""
    clocks, cycles = by_ticket(marts, "fct_sla_clocks"), by_ticket(marts, "fct_response_cycles")
    for ticket in marts["fct_tickets"]:
        closed_at = ticket["closed_at"]
        assert (closed_at is None) == (ticket["closed_at_basis"] is None)
        if ticket["status_state"] != "closed":
            assert closed_at is None
            continue
        assert all(clock["status"] not in RUNNING for clock in clocks[ticket["ticket_key"]])
        ended = [cycle for cycle in cycles[ticket["ticket_key"]] if cycle["outcome"] == "closed"]
        assert all(cycle["outcome"] != "waiting" for cycle in cycles[ticket["ticket_key"]])
        if closed_at is None:
            assert [cycle["wait_seconds"] for cycle in ended] == [None] * len(ended)
            continue
        late = [cycle for cycle in ended if cycle["ended_at"] > closed_at]
        assert len(late) <= 1
        for cycle in late:
            assert cycle["ended_at"] == cycle["waiting_since"]
            assert cycle["wait_seconds"] == cycle["wait_business_seconds"] == 0


@few
@given(random_desks())
def test_laws_of_the_marts(drawn: tuple[Desk, datetime]) -> None:
    desk, as_of = drawn
    marts = expected_marts(desk, as_of, Settings())
    check_keys(marts)
    check_status_intervals(marts, as_of)
    check_durations(marts)
    check_clocks(marts, as_of)
    check_closed_tickets(marts)


def test_the_same_seed_is_the_same_desk() -> None:
    assert random_desk(5, 20) == random_desk(5, 20)
    assert random_desk(5, 20) != random_desk(6, 20)


def test_rows_after_as_of_change_nothing() -> None:
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


def test_random_desks_have_every_status_of_a_day_before() -> None:
    marts = expected_marts(random_desk(0, 2000), random_as_of(0), Settings())
    assert len({row["status_a_day_before"] for row in marts["fct_sla_clocks"]}) == 8


def test_random_desks_have_the_hard_cases() -> None:
    """A desk of the size that is compared with the warehouse has each outcome many times."""
    marts = expected_marts(random_desk(1, 2000), random_as_of(1), Settings())
    outcomes = [row["outcome"] for row in marts["fct_response_cycles"]]
    assert min(outcomes.count(name) for name in ("responded", "closed", "waiting")) > 100
    statuses = [row["status"] for row in marts["fct_sla_clocks"]]
    assert len(set(statuses)) == 7
    tickets = marts["fct_tickets"]
    closed_at = {row["ticket_key"]: row["closed_at"] for row in tickets}
    to_closed = [
        row
        for row in marts["fct_response_cycles"]
        if closed_at[row["ticket_key"]] and row["waiting_since"] > closed_at[row["ticket_key"]]
        if row["outcome"] == "closed"
    ]
    assert len(to_closed) > 50
    assert sum(row["reopen_count"] > 1 for row in tickets) > 20
    assert sum(row["is_one_touch"] for row in tickets) > 20
    verdicts = [row["is_first_contact_resolution"] for row in tickets]
    assert min(verdicts.count(verdict) for verdict in (True, False, None)) > 10
    assert {row["exclusion_reason"] for row in tickets} == {None, "merged", "spam", "deleted"}
    lengths = [row["duration_seconds"] for row in marts["fct_ticket_status_history"]]
    assert lengths.count(0) > 100
