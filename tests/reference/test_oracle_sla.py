"""SLA clocks worked out by hand: one example for each ruling of `sla`."""

from __future__ import annotations

from typing import Any

import pytest

from .small_desk import (
    Rows,
    answered,
    asked,
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


def first_response(goal: int, messages: Rows, as_of: str = "10 12:00", **tables: Rows) -> dict:
    """The first-response clock of a ticket created on 1 May, 09:00Z."""
    of = desk(**{**policy("first_response", goal), "messages": messages, **tables})
    return clock(of, "first_response", iso(as_of))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("01 10:00", "completed_on_time"),
        ("01 10:00:00.999", "completed_on_time"),
        ("01 10:00:01", "completed_late"),
    ],
)
def test_ended_and_due_are_compared_in_whole_seconds(answer: str, status: str) -> None:
    row = first_response(HOUR, answered(answer))
    assert (row["due_at"], row["status"]) == (at("01 10:00"), status)


def test_a_goal_reached_at_closing_time_is_due_then_and_a_reply_after_hours_late() -> None:
    """A goal of 8 h is due at 17:00; a reply at 20:00 is late, though 8 h have elapsed."""
    of = desk(
        **policy("first_response", 8 * HOUR, schedule_id="s"),
        business_hours=office_hours(),
        messages=answered("01 20:00"),
    )
    row = clock(of, "first_response")
    assert row["due_at"] == at("01 17:00")
    assert (row["elapsed_seconds"], row["status"]) == (8 * HOUR, "completed_late")
    of["messages"] = answered("01 17:00")
    assert clock(of, "first_response")["status"] == "completed_on_time"


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("01 09:30", "active"),
        ("01 09:49:59", "active"),
        ("01 09:50", "due_soon"),
        ("01 10:00", "due_soon"),
        ("01 10:00:01", "overdue"),
    ],
)
def test_the_status_of_a_running_clock(as_of: str, status: str) -> None:
    of = desk(**policy("first_response", HOUR, due_soon_seconds="600"))
    row = clock(of, "first_response", iso(as_of))
    assert (row["status"], row["due_at"], row["ended_at"]) == (status, at("01 10:00"), None)


def test_without_a_due_soon_value_nothing_is_due_soon() -> None:
    assert first_response(HOUR, [], "01 10:00")["status"] == "active"


PAUSING = {"sla_pause_statuses": [{"policy_id": "p", "status_id": "waiting"}]}
PAUSED = history("status", ("01 09:00", "new"), ("01 09:30", "waiting"), ("01 11:00", "new"))


def test_a_pause_moves_the_due_time() -> None:
    row = first_response(HOUR, answered("01 11:20"), ticket_field_history=PAUSED, **PAUSING)
    assert row["due_at"] == at("01 11:30")
    assert (row["elapsed_seconds"], row["status"]) == (50 * 60, "completed_on_time")


def test_a_paused_clock_has_no_due_time_until_it_runs_again() -> None:
    row = first_response(HOUR, [], "01 10:30", ticket_field_history=PAUSED, **PAUSING)
    assert (row["due_at"], row["due_date"], row["status"]) == (None, None, "paused")
    row = first_response(1800, [], "01 10:30", ticket_field_history=PAUSED, **PAUSING)
    assert (row["due_at"], row["status"]) == (at("01 09:30"), "overdue")


def test_a_clock_that_ends_while_paused_is_due_as_if_it_continued() -> None:
    row = first_response(HOUR, answered("01 10:30"), ticket_field_history=PAUSED, **PAUSING)
    assert (row["due_at"], row["status"]) == (at("01 11:00"), "completed_on_time")


def test_a_pause_after_the_end_changes_nothing() -> None:
    row = first_response(HOUR, answered("01 09:20"), ticket_field_history=PAUSED, **PAUSING)
    assert row["due_at"] == at("01 10:00")


def test_a_status_that_pauses_every_policy() -> None:
    statuses: Rows = [
        {"status_id": "new", "state": "open"},
        {"status_id": "waiting", "state": "pending", "pauses_sla": "true"},
    ]
    row = first_response(HOUR, [], "01 10:30", ticket_field_history=PAUSED, statuses=statuses)
    assert row["status"] == "paused"


def test_a_ticket_closed_unanswered_cancels_its_first_response() -> None:
    closing = history("status", ("01 09:00", "new"), ("01 12:00", "done"))
    row = first_response(HOUR, asked("01 09:00"), ticket_field_history=closing)
    assert (row["status"], row["ended_at"]) == ("cancelled", at("01 12:00"))
    reopened = history("status", ("01 09:00", "new"), ("01 12:00", "done"), ("01 13:00", "new"))
    row = first_response(HOUR, asked("01 09:00"), ticket_field_history=reopened)
    assert (row["status"], row["ended_at"]) == ("overdue", None)


def test_an_outbound_ticket_has_a_close_clock_only() -> None:
    of = desk(tickets=[ticket(is_outbound="true")], messages=answered("01 10:00"))
    for metric in ("first_response", "next_response", "time_to_close"):
        rows = marts({**of, **policy(metric, HOUR)})["fct_sla_clocks"]
        assert [row["metric"] for row in rows] == (["time_to_close"] * (metric == "time_to_close"))


def test_a_next_response_clock_for_each_cycle_after_the_first_response() -> None:
    closing = history("status", ("01 09:00", "new"), ("01 15:00", "done"))
    of = desk(
        **policy("next_response", HOUR),
        ticket_field_history=closing,
        messages=[
            *asked("01 09:00", "01 10:00", "01 11:00", "01 14:30", "10 11:30"),
            *answered("01 10:00", "01 13:00"),
        ],
    )
    rows = marts(of)["fct_sla_clocks"]
    assert [(r["occurrence"], r["started_at"], r["status"]) for r in rows] == [
        (1, at("01 11:00"), "completed_late"),
        (2, at("01 14:30"), "cancelled"),
        (3, at("10 11:30"), "cancelled"),
    ]


# Answered, closed on 1 May at 10:00; on the 2nd at 08:00 the customer says thank you.
THANKED = [*asked("01 09:00", "02 08:00"), *answered("01 09:30")]
CLOSED = [("01 09:00", "new"), ("01 10:00", "done")]


def thanked(
    *changes: tuple[str, str], as_of: str = "10 12:00", answers: Rows | None = None
) -> dict[str, Any]:
    """The next-response clock (goal 1 h) of the thank-you note."""
    of = desk(
        **policy("next_response", HOUR),
        ticket_field_history=history("status", *CLOSED, *changes),
        messages=[*THANKED, *(answers or [])],
    )
    return clock(of, "next_response", iso(as_of))


def test_a_message_to_a_closed_ticket_starts_a_clock_that_is_cancelled_at_once() -> None:
    row = thanked()
    assert row["started_at"] == row["ended_at"] == at("02 08:00")
    assert (row["status"], row["elapsed_seconds"]) == ("cancelled", 0)
    assert (row["due_at"], row["is_paused"]) == (at("02 09:00"), False)
    assert thanked(("05 09:00", "gone")) == row, "from one closed status to another"


@pytest.mark.parametrize(
    ("as_of", "status", "elapsed"),
    [
        ("03 08:59:59", "cancelled", 0),
        ("03 09:00", "active", 0),
        ("03 09:30", "active", HOUR // 2),
        ("03 10:00", "active", HOUR),
        ("03 10:00:01", "overdue", HOUR + 1),
    ],
)
def test_the_clock_of_that_message_runs_from_the_reopen(
    as_of: str, status: str, elapsed: int
) -> None:
    row = thanked(("03 09:00", "new"), as_of=as_of)
    assert (row["status"], row["elapsed_seconds"]) == (status, elapsed)
    assert row["started_at"] == at("02 08:00")
    assert row["due_at"] == at("02 09:00" if status == "cancelled" else "03 10:00")


def test_a_response_after_the_reopen_and_one_while_closed() -> None:
    row = thanked(("03 09:00", "new"), answers=answered("03 09:45"))
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR * 3 // 4, at("03 10:00"))
    assert row["status"] == "completed_on_time"
    row = thanked(("03 09:00", "new"), answers=answered("03 10:00:01"))
    assert row["status"] == "completed_late"
    # Nobody reopened it: no second counts, and the goal would be an hour from there.
    row = thanked(answers=answered("04 08:00"))
    assert (row["elapsed_seconds"], row["due_at"]) == (0, at("04 09:00"))
    assert (row["status"], row["ended_at"]) == ("completed_on_time", at("04 08:00"))


def test_a_message_that_reopens_the_ticket_starts_its_clock_at_once() -> None:
    row = thanked(("02 08:00", "new"), as_of="02 08:30")
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR // 2, at("02 09:00"))
    row = thanked(("02 08:00:05", "new"), as_of="02 08:30")
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR // 2 - 5, at("02 09:00:05"))


def test_a_close_after_the_reopen_cancels_it_with_what_has_elapsed() -> None:
    row = thanked(("03 09:00", "new"), ("03 09:20", "done"))
    assert (row["status"], row["ended_at"]) == ("cancelled", at("03 09:20"))
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR // 3, at("03 10:00"))


def test_of_several_messages_to_a_closed_ticket_one_cycle_ends_with_the_close() -> None:
    of = desk(
        **policy("next_response", HOUR),
        ticket_field_history=history("status", *CLOSED),
        messages=[*THANKED, *asked("02 09:00", "04 09:00"), *answered("03 09:00")],
    )
    rows = marts(of)["fct_sla_clocks"]
    assert [(r["started_at"], r["ended_at"], r["status"], r["elapsed_seconds"]) for r in rows] == [
        (at("02 08:00"), at("03 09:00"), "completed_on_time", 0),
        (at("04 09:00"), at("04 09:00"), "cancelled", 0),
    ]


REOPENED_LATER = history("status", ("01 09:00", "new"), ("01 10:00", "done"), ("01 13:00", "new"))


def test_a_first_response_clock_is_paused_while_the_ticket_is_closed() -> None:
    def clocked(goal: int, messages: Rows, as_of: str = "10 12:00") -> dict[str, Any]:
        return first_response(goal, messages, as_of, ticket_field_history=REOPENED_LATER)

    row = clocked(2 * HOUR, answered("01 13:30"))
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR + HOUR // 2, at("01 14:00"))
    assert row["status"] == "completed_on_time"
    row = clocked(2 * HOUR, [], "01 11:00")
    assert (row["status"], row["ended_at"], row["due_at"]) == (
        "cancelled",
        at("01 10:00"),
        at("01 11:00"),
    )
    row = clocked(2 * HOUR, [], "01 13:10")
    assert (row["status"], row["due_at"]) == ("active", at("01 14:00"))
    assert clocked(2 * HOUR, [], "01 14:00:01")["status"] == "overdue"
    # Reached before the close, the goal stays where it was.
    row = clocked(HOUR // 2, answered("01 13:30"))
    assert (row["due_at"], row["status"]) == (at("01 09:30"), "completed_late")
    # Answered while closed.
    row = clocked(2 * HOUR, answered("01 12:00"))
    assert (row["elapsed_seconds"], row["due_at"]) == (HOUR, at("01 13:00"))
    assert row["status"] == "completed_on_time"


def test_closed_time_pauses_and_closing_hours_all_pause_the_clock() -> None:
    """15:00-16:00 and 11:00-12:00 and, past the pause, 13:00-14:00."""
    of = desk(
        tickets=[ticket("01 15:00")],
        **policy("first_response", 3 * HOUR, schedule_id="s"),
        **PAUSING,
        business_hours=office_hours(),
        ticket_field_history=history(
            "status",
            ("01 15:00", "new"),
            ("01 16:00", "done"),
            ("02 11:00", "new"),
            ("02 12:00", "waiting"),
            ("02 13:00", "new"),
        ),
    )
    row = clock(of, "first_response", iso("02 13:30"))
    assert (row["elapsed_seconds"], row["due_at"]) == (2 * HOUR + HOUR // 2, at("02 14:00"))
    row = clock(of, "first_response", iso("02 12:30"))
    assert (row["status"], row["due_at"], row["is_paused"]) == ("paused", None, True)


REOPENED = [("01 09:00", "new"), ("01 10:00", "done"), ("01 12:00", "new"), ("01 14:00", "done")]


def test_time_to_close_is_paused_while_closed_and_keeps_its_first_status() -> None:
    of = desk(
        **policy("time_to_close", 2 * HOUR), ticket_field_history=history("status", *REOPENED)
    )
    row = clock(of, "time_to_close")
    assert (row["due_at"], row["elapsed_seconds"]) == (at("01 13:00"), 3 * HOUR)
    assert (row["status"], row["status_at_first_close"]) == ("completed_late", "completed_on_time")
    row = clock(of, "time_to_close", iso("01 11:00"))
    assert (row["due_at"], row["ended_at"]) == (at("01 11:00"), at("01 10:00"))
    row = clock(of, "time_to_close", iso("01 12:30"))
    assert (row["due_at"], row["status"]) == (at("01 13:00"), "active")


def test_changes_after_creation_count_and_an_ended_clock_does_not_change() -> None:
    targets: Rows = [
        {"policy_id": "p", "metric": "time_to_close", "goal_seconds": "36000"},
        {"policy_id": "p", "metric": "time_to_close", "priority": "high", "goal_seconds": "1800"},
    ]
    of = desk(
        **{**policy("time_to_close", 0), "sla_targets": targets},
        ticket_field_history=[
            *history("priority", ("01 09:00", "low"), ("01 11:00", "high")),
            *history("status", *REOPENED),
        ],
    )
    row = clock(of, "time_to_close")
    assert (row["goal_seconds"], row["status"]) == (1800, "completed_late")
    assert row["status_at_first_close"] == "completed_on_time"
    row = clock(of, "time_to_close", iso("01 11:30"))
    assert (row["goal_seconds"], row["status"]) == (36000, "completed_on_time")


def ranked(*policies: tuple[str, str, str]) -> dict[str, Rows]:
    """Policies (id, rank, conditions), each with a target of an hour."""
    return {
        "sla_policies": [
            {"policy_id": name, "rank": rank, "conditions": conditions}
            for name, rank, conditions in policies
        ],
        "sla_targets": [
            {"policy_id": name, "metric": "time_to_close", "goal_seconds": "3600"}
            for name, _, _ in policies
        ],
    }


def chosen(of: dict[str, Rows]) -> list[str]:
    return [row["policy_id"] for row in marts(desk(**of))["fct_sla_clocks"]]


def test_the_first_policy_by_rank_whose_conditions_are_met() -> None:
    of = ranked(
        ("a", "10", "{}"),
        ("b", "9", '{"source": ["web", "api"], "priority": "high"}'),
        ("c", "9", '{"source": "api"}'),
        ("d", "2", '{"team": ["t1"]}'),
    )
    assert chosen({**of, "tickets": [ticket(source="api", priority="high")]}) == ["b"]
    assert chosen({**of, "tickets": [ticket(source="api")]}) == ["c"]
    assert chosen({**of, "tickets": [ticket(source="fax")]}) == ["a"]
    assert chosen({**of, "tickets": [ticket(team_id="t1")]}) == ["d"]


@pytest.mark.parametrize("priority", ["high", "High", " HIGH "])
def test_a_priority_is_compared_without_regard_to_case_and_blanks(priority: str) -> None:
    of = ranked(("a", "1", '{"priority": "hiGh"}'))
    of["sla_targets"] = [
        {"policy_id": "a", "metric": "first_response", "priority": name, "goal_seconds": seconds}
        for name, seconds in ((None, "1"), ("High ", "2"), ("low", "3"))
    ]
    (row,) = marts(desk(**of, tickets=[ticket(priority=priority)]))["fct_sla_clocks"]
    assert row["goal_seconds"] == 2


def test_without_a_match_or_a_target_there_is_no_clock() -> None:
    assert chosen(ranked(("a", "1", '{"channel": "x"}'))) == []
    of = ranked(("a", "1", "{}"), ("b", "2", "{}"))
    assert chosen({**of, "sla_targets": of["sla_targets"][1:]}) == []


def test_the_version_valid_at_the_start_and_of_several_the_latest() -> None:
    of = ranked(("a", "5", "{}"))
    of["sla_policies"] += [
        {"policy_id": "b", "valid_from": "2024-05-02", "rank": "1"},
        {"policy_id": "c", "valid_to": iso("01 09:00"), "rank": "1"},
        {"policy_id": "a", "valid_from": iso("01 09:00"), "rank": "5", "conditions": "{}"},
    ]
    of["sla_targets"] += [
        {
            "policy_id": "a",
            "metric": "time_to_close",
            "valid_from": "2024-05-01",
            "goal_seconds": "60",
        }
    ]
    (row,) = marts(desk(**of))["fct_sla_clocks"]
    assert (row["policy_id"], row["goal_seconds"]) == ("a", 60)


def test_an_applied_policy_has_priority_over_matching() -> None:
    of = ranked(("a", "1", "{}"), ("b", "2", "{}"))
    applied: Rows = [
        {"ticket_id": "t", "applied_at": iso("03 09:00"), "policy_id": "none"},
        {"ticket_id": "t", "applied_at": iso("02 09:00"), "policy_id": "b"},
    ]
    closing = history("status", ("01 09:00", "new"), ("02 10:00", "done"))
    recorded = history("sla_policy", ("01 10:00", "b"))
    assert chosen({**of, "ticket_sla_applied": applied, "ticket_field_history": closing}) == ["b"]
    assert chosen({**of, "ticket_sla_applied": applied}) == []
    assert chosen({**of, "ticket_field_history": recorded}) == ["b"]


def test_an_applied_schedule_replaces_the_targets() -> None:
    of = desk(
        **policy("time_to_close", 4 * HOUR),
        business_hours=office_hours(start=900),
        ticket_sla_applied=[
            {
                "ticket_id": "t",
                "applied_at": iso("01 09:00"),
                "policy_id": "p",
                "schedule_id": "s",
            }
        ],
    )
    assert clock(of, "time_to_close")["due_at"] == at("02 17:00")


@pytest.mark.parametrize(
    ("switch", "due"), [("true", "03 11:00"), ("", "03 11:00"), ("false", "02 11:00")]
)
def test_the_target_decides_whether_holidays_count(switch: str, due: str) -> None:
    of = desk(
        tickets=[ticket("01 15:00")],
        **policy("time_to_close", 4 * HOUR, schedule_id="s", holidays_apply=switch),
        business_hours=office_hours(),
        holidays=[{"schedule_id": "s", "start_date": "2024-05-02", "end_date": "2024-05-02"}],
    )
    assert clock(of, "time_to_close")["due_at"] == at(due)


def test_a_goal_that_the_calendar_cannot_reach_is_never_late() -> None:
    of = desk(
        **policy("first_response", HOUR, schedule_id="s"),
        business_hours=office_hours(valid_from="2090-01-01"),
    )
    assert clock(of, "first_response")["status"] == "active"
    of["messages"] = answered("09 09:00")
    row = clock(of, "first_response")
    assert (row["due_at"], row["elapsed_seconds"]) == (None, 0)
    assert row["status"] == "completed_on_time"


def test_a_clock_leads_to_the_version_of_its_target() -> None:
    targets: Rows = [
        {"policy_id": "p", "metric": "time_to_close", "goal_seconds": "60"},
        {"policy_id": "p", "metric": "time_to_close", "priority": "high", "goal_seconds": "70"},
        {
            "policy_id": "p",
            "metric": "time_to_close",
            "priority": "high",
            "goal_seconds": "80",
            "valid_from": "2024-05-01",
        },
    ]

    def of(priority: str) -> tuple[Any, ...]:
        of = {**policy("time_to_close", 0), "sla_targets": targets}
        (row,) = marts(desk(**of, tickets=[ticket(priority=priority)]))["sla_clock_targets"]
        columns = ("policy_id", "metric", "priority", "valid_from", "goal_seconds")
        return tuple(row[f"target_{column}"] for column in columns)

    assert of("low") == ("p", "time_to_close", None, None, 60)
    assert of("high") == ("p", "time_to_close", "high", at("01 00:00"), 80)
