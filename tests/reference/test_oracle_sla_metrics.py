"""SLA metrics, schedules of tickets, recorded targets and conditions, worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .small_desk import (
    Rows,
    answered,
    at,
    clock,
    desk,
    history,
    iso,
    marts,
    office_hours,
    policy,
    ticket,
)

HOUR = 3600
WAITED = history(
    "status",
    ("01 09:00", "new"),
    ("01 10:00", "waiting"),
    ("01 11:00", "third"),
    ("01 12:00", "new"),
    ("01 13:00", "done"),
)


def goals(*metrics: str) -> dict[str, Rows]:
    """Policy `p` with a goal of two hours for each metric."""
    targets: Rows = [{"policy_id": "p", "metric": m, "goal_seconds": "7200"} for m in metrics]
    return {**policy("time_to_close", 0), "sla_targets": targets}


def clocks(of: dict[str, Rows], metric: str, as_of: str = "10 12:00") -> list[dict[str, Any]]:
    return [row for row in marts(of, iso(as_of))["fct_sla_clocks"] if row["metric"] == metric]


@pytest.mark.parametrize(
    ("metric", "hours", "due"),
    [
        ("time_to_close", 4, "01 11:00"),
        ("requester_wait", 3, "01 12:00"),
        ("agent_work", 2, "01 13:00"),
    ],
)
def test_the_metrics_that_pause_in_pending_and_on_hold(metric: str, hours: int, due: str) -> None:
    row = clock(desk(**goals(metric), ticket_field_history=WAITED), metric)
    assert (row["elapsed_seconds"], row["due_at"]) == (hours * HOUR, at(due))
    assert row["status_at_first_close"] == row["status"]


def test_the_work_goes_on_after_a_reopen() -> None:
    """Closed at 13:00 after 2 h of work, reopened on the 2nd at 09:00: overdue from then on."""
    reopened = [*WAITED, *history("status", ("02 09:00", "new"))[-1:]]
    reopened[-1]["seq"] = "6"
    row = clock(
        desk(**goals("agent_work"), ticket_field_history=reopened), "agent_work", iso("02 10:00")
    )
    assert (row["ended_at"], row["elapsed_seconds"], row["status"]) == (None, 3 * HOUR, "overdue")
    assert row["status_at_first_close"] == "completed_on_time"


def test_an_update_is_due_after_each_response_until_the_close() -> None:
    """Answered 10:00 and 12:00, closed 15:00, answered 16:00 while closed."""
    closing = history("status", ("01 09:00", "new"), ("01 15:00", "done"))
    of = desk(
        **goals("periodic_update"),
        ticket_field_history=closing,
        messages=answered("01 10:00", "01 12:00", "01 16:00"),
    )
    rows = clocks(of, "periodic_update")
    assert [(row["occurrence"], row["started_at"], row["ended_at"]) for row in rows] == [
        (1, at("01 10:00"), at("01 12:00")),
        (2, at("01 12:00"), at("01 15:00")),
    ]
    assert [row["status"] for row in rows] == ["completed_on_time", "completed_late"]


def test_an_answer_that_closes_the_ticket_starts_no_update() -> None:
    closing = history("status", ("01 09:00", "new"), ("01 10:00", "done"))
    of = desk(
        **goals("periodic_update"), ticket_field_history=closing, messages=answered("01 10:00")
    )
    assert clocks(of, "periodic_update") == []


def test_a_pausable_update_is_paused_only_in_pending() -> None:
    of = desk(
        **goals("periodic_update", "pausable_update"),
        ticket_field_history=WAITED,
        messages=answered("01 09:30"),
    )
    (periodic,) = clocks(of, "periodic_update")
    (pausable,) = clocks(of, "pausable_update")
    assert (periodic["elapsed_seconds"], pausable["elapsed_seconds"]) == (12600, 9000)
    (pausable,) = clocks(of, "pausable_update", "01 10:30")
    assert (pausable["status"], pausable["due_at"]) == ("paused", None)


def two_schedules(**target: str) -> dict[str, Rows]:
    """Schedule `s` is 09:00-17:00, `late` 14:00-18:00; the ticket changes to it on the 1st at 13:00."""
    late = [{**row, "schedule_id": "late"} for row in office_hours(start=840, end=1080)]
    return desk(
        **policy("time_to_close", 6 * HOUR, schedule_id="ticket", **target),
        business_hours=[*office_hours(), *late],
        ticket_field_history=history("schedule", ("01 09:00", "s"), ("01 13:00", "late")),
    )


def test_a_clock_counts_in_the_schedule_of_the_ticket_at_each_time() -> None:
    """4 h of 6 h have passed at 13:00; the other two from 14:00."""
    row = clock(two_schedules(), "time_to_close", iso("01 17:00"))
    assert (row["elapsed_seconds"], row["due_at"]) == (7 * HOUR, at("01 16:00"))
    assert row["status"] == "overdue"


def test_an_ended_clock_ignores_later_schedules() -> None:
    of = two_schedules()
    of["ticket_field_history"] += history("status", ("01 09:00", "new"), ("01 12:00", "done"))
    row = clock(of, "time_to_close")
    assert (row["elapsed_seconds"], row["due_at"]) == (3 * HOUR, at("01 15:00"))


def test_a_ticket_without_a_schedule_counts_in_the_default_else_around_the_clock() -> None:
    of = two_schedules()
    of["ticket_field_history"] = []
    assert clock(of, "time_to_close")["due_at"] == at("01 15:00")
    rows = marts(of, iso("01 10:00"), default_schedule_id="late")["fct_sla_clocks"]
    assert [row["due_at"] for row in rows] == [at("02 16:00")]


def applied(time: str, policy_id: str, **columns: str) -> dict[str, str | None]:
    return {"ticket_id": "t", "applied_at": iso(time), "policy_id": policy_id, **columns}


def test_a_recorded_target_needs_no_policy_and_only_another_one_replaces_it() -> None:
    of = desk(
        **policy("agent_work", HOUR),
        ticket_sla_applied=[
            applied("01 09:00", "gone", metric="agent_work", goal_seconds="600"),
            applied("02 09:00", "gone"),
            applied("03 09:00", "p"),
        ],
    )
    row = clock(of, "agent_work", iso("02 12:00"))
    assert (row["policy_id"], row["goal_seconds"]) == ("gone", 600)
    (target,) = marts(of, iso("02 12:00"))["sla_clock_targets"]
    assert (target["target_policy_id"], target["target_goal_seconds"]) == ("gone", 600)
    row = clock(of, "agent_work")
    assert (row["policy_id"], row["goal_seconds"]) == ("p", HOUR)


@pytest.mark.parametrize(
    ("condition", "ticket_columns", "is_met"),
    [
        ({"agent": {"is_empty": True}}, {}, True),
        ({"agent": {"is_empty": True}}, {"agent_id": "a1"}, False),
        ({"company": {"is_empty": False}}, {"company_id": "c1"}, True),
        ({"category": {"none_of": ["bug"]}}, {"category": "bug"}, False),
        ({"category": {"none_of": "bug"}}, {}, True),
        ({"channel_account": {"any_of": ["x", "y"], "none_of": ["y"]}}, {"channel_account_id": "y"}, False),
        ({"priority": {"any_of": ["HIGH"]}}, {"priority": " High"}, True),
        ({"category": {"any_of": []}}, {"category": "bug"}, False),
    ],
)  # fmt: skip
def test_the_operators_of_conditions(
    condition: dict[str, Any], ticket_columns: dict[str, str], is_met: bool
) -> None:
    of = policy("time_to_close", HOUR)
    of["sla_policies"][0]["conditions"] = json.dumps(condition)
    found = marts(desk(**of, tickets=[ticket(**ticket_columns)]))["fct_sla_clocks"]
    assert bool(found) == is_met
