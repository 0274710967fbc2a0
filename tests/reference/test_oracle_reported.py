"""SLA clocks that the help desk keeps, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from .small_desk import Rows, answered, asked, at, desk, history, iso, marts, policy, ticket


def kept(of: dict[str, Rows], as_of: str = "10 12:00") -> list[tuple[Any, ...]]:
    rows = marts(of, iso(as_of))["fct_sla_clocks"]
    assert {(row["basis"], row["policy_id"], row["elapsed_seconds"]) for row in rows} <= {
        ("reported", None, None)
    }
    names = ("metric", "occurrence", "started_at", "ended_at", "due_at", "status")
    return [tuple(row[name] for name in names) for row in rows]


def stored(metric: str, due: str, status: str | None = None, **columns: str) -> dict[str, Any]:
    return ticket(
        **{f"reported_{metric}_due_at": iso(due), f"reported_{metric}_sla_status": status or ""},
        **columns,
    )


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        ("3", "01 10:00", "completed_on_time"),
        ("Completed late", "01 10:00", "completed_late"),
        # The word lags behind the events.
        ("active", "01 10:00", "completed_on_time"),
        ("0", "01 12:00", "completed_late"),
        ("odd", "01 12:00", "completed_late"),
        ("0", None, "overdue"),
        ("2", None, "overdue"),
        ("paused", None, "paused"),
    ],
)
def test_a_first_response_clock_of_the_help_desk(
    status: str, answer: str | None, expected: str
) -> None:
    of = desk(
        tickets=[stored("first_response", "01 11:00", status)],
        messages=[*asked("01 09:00"), *(answered(answer) if answer else [])],
    )
    end = at(answer) if answer else None
    assert kept(of) == [("first_response", 1, at("01 09:00"), end, at("01 11:00"), expected)]


def test_a_metric_with_a_target_has_no_reported_clocks() -> None:
    of = desk(
        **policy("time_to_close", 60),
        tickets=[stored("time_to_close", "05 11:00", "3") | stored("first_response", "05 11:00", "1")],
        messages=asked("01 09:00"),
    )  # fmt: skip
    rows = marts(of)["fct_sla_clocks"]
    assert [(row["metric"], row["basis"]) for row in rows] == [
        ("time_to_close", "computed"),
        ("first_response", "reported"),
    ]


def test_a_closed_ticket_has_no_running_clock() -> None:
    closing = history("status", ("01 09:00", "new"), ("01 10:00", "done"))
    of = desk(
        tickets=[stored("first_response", "01 11:00", "0") | stored("time_to_close", "01 11:00", "0")],
        ticket_field_history=closing,
    )  # fmt: skip
    assert [(metric, status) for metric, *_, status in kept(of)] == [
        ("first_response", "cancelled"),
        ("time_to_close", "completed_on_time"),
    ]


def test_a_due_time_that_was_emptied_while_the_clock_ran_removes_it() -> None:
    due = history("time_to_close_due_at", ("01 09:00", iso("02 09:00")), ("01 12:00", None))
    assert kept(desk(ticket_field_history=due)) == []
    closing = history("status", ("01 09:00", "new"), ("01 11:00", "done"))
    (row,) = kept(desk(ticket_field_history=[*due, *closing]))
    assert row[3:] == (at("01 11:00"), at("02 09:00"), "completed_on_time")


def test_next_responses_are_rebuilt_from_their_history() -> None:
    """Due 12:00 set at 10:00, moved at 10:30 to 12:30, answered 11:00; 15:00 set at 13:00, said to be
    late at 16:00; 18:00 set at 17:00, emptied at 17:30; 21:00 set at 20:00."""
    of = desk(
        messages=[*asked("01 10:00", "01 13:00"), *answered("01 11:00")],
        ticket_field_history=[
            *history(
                "next_response_due_at",
                ("01 10:00", iso("01 12:00")),
                ("01 10:30", iso("01 12:30")),
                ("01 13:00", iso("01 15:00")),
                ("01 17:00", iso("01 18:00")),
                ("01 17:30", None),
                ("01 20:00", iso("01 21:00")),
            ),
            *history(
                "next_response_sla_status",
                ("01 10:00", "active"),
                ("01 11:00:05", "completed_on_time"),
                ("01 13:00", "0"),
                ("01 16:00", "4"),
                ("01 20:00", "0"),
            ),
        ],
    )
    assert [row[1:] for row in kept(of)] == [
        (1, at("01 10:00"), at("01 11:00"), at("01 12:30"), "completed_on_time"),
        (2, at("01 13:00"), at("01 16:00"), at("01 15:00"), "completed_late"),
        (3, at("01 17:00"), at("01 17:30"), at("01 18:00"), "cancelled"),
        (4, at("01 20:00"), None, at("01 21:00"), "overdue"),
    ]
    assert kept(of, "01 20:30")[-1][-1] == "active"


def test_a_next_response_without_history_belongs_to_the_last_cycle() -> None:
    of = desk(
        tickets=[stored("next_response", "01 15:00", "0")],
        messages=[*asked("01 09:00", "01 12:00"), *answered("01 10:00")],
    )
    assert kept(of) == [("next_response", 1, at("01 12:00"), None, at("01 15:00"), "overdue")]
