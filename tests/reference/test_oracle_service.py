"""Calls and availability, worked out by hand: one example for each of their rulings."""

from __future__ import annotations

from typing import Any

import pytest

from .days import ONE_DAY
from .small_desk import AS_OF, PLACED, PLACES, TEAMS, Rows, at, desk, iso, marts, only, ticket

HOUR, DAY = 3600, 86400


def call(**columns: str | None) -> dict[str, str | None]:
    usual = {"started_at": iso("02 10:00"), "direction": "inbound", "outcome": "completed"}
    return {"call_id": "1", "ticket_id": "t", "agent_id": "a1", **usual, **columns}


def calls(*rows: dict[str, str | None], **tables: Rows) -> list[dict[str, Any]]:
    return marts(desk(**{**TEAMS, **PLACES, **tables}, calls=list(rows)))["fct_calls"]


def test_a_call_has_the_team_of_its_agent_and_the_keys_of_its_ticket() -> None:
    tickets: Rows = [ticket(company_id="c2", is_spam="true", **PLACED)]
    (row,) = calls(call(duration_seconds="90"), tickets=tickets)
    assert (row["call_key"], row["ticket_key"]) == ("generic:1", "generic:t")
    assert (row["agent_key"], row["team_key"]) == ("generic:a1", "generic:t1")
    assert (row["pipeline_key"], row["channel_account_key"]) == ("generic:P", "generic:inbox")
    assert row["company_key"] == "generic:c2"
    assert (row["direction"], row["is_completed"], row["duration_seconds"]) == (
        "incoming",
        True,
        90,
    )


@pytest.mark.parametrize("ticket_id", [None, "no ticket", "later"])
def test_a_call_without_a_visible_ticket(ticket_id: str | None) -> None:
    later = {**ticket("11 09:00"), "ticket_id": "later"}
    (row,) = calls(call(ticket_id=ticket_id, agent_id="a9"), tickets=[ticket(), later])
    unknown = {key for key, value in row.items() if value == "unknown"}
    assert unknown == {
        "ticket_key",
        "agent_key",
        "team_key",
        "pipeline_key",
        "channel_account_key",
        "company_key",
    }


@pytest.mark.parametrize(
    ("direction", "outcome", "is_missed"),
    [
        ("inbound", "missed", True),
        ("incoming", "no_answer", True),
        ("incoming", "busy", True),
        ("incoming", "canceled", False),
        ("outbound", "missed", False),
        ("outgoing", "no_answer", False),
        ("incoming", "completed", False),
    ],
)
def test_only_incoming_calls_are_missed(direction: str, outcome: str, is_missed: bool) -> None:
    (row,) = calls(call(direction=direction, outcome=outcome))
    assert row["is_missed"] is is_missed


def test_calls_after_as_of_with_negative_length_or_duplicates() -> None:
    rows = calls(
        call(call_id="on time", started_at=AS_OF),
        call(call_id="later", started_at=iso("10 12:00:00.000001")),
        call(call_id="bad", duration_seconds="-1"),
        *[call(call_id="twice", duration_seconds="0")] * 2,
    )
    assert [row["call_id"] for row in rows] == ["on time", "twice"]


def test_the_report_averages_completed_calls_that_have_a_length() -> None:
    rows = [
        call(call_id="1", duration_seconds="60"),
        call(call_id="2"),
        call(call_id="3", outcome="missed", duration_seconds="30"),
        call(call_id="4", outcome="failed"),
    ]
    row = only(desk(**TEAMS, calls=rows), "rpt_calls")
    assert (row["call_count"], row["completed_count"], row["missed_count"]) == (4, 2, 1)
    assert (row["completed_duration_seconds"], row["completed_with_duration_count"]) == (60, 1)
    assert (row["report_date"], row["agent_key"]) == (at("02 10:00").date(), "generic:a1")


def availability(*intervals: tuple[str, str | None], as_of: str = AS_OF) -> list[tuple[Any, ...]]:
    """(start, end, seconds) of agent a1's intervals, given as (start, end)."""
    found = marts(desk(**TEAMS, agent_availability=presences(*intervals)), as_of)
    rows = found["fct_agent_availability"]
    assert [row["spell_number"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["is_current"] == (row["ended_at"] is None) for row in rows)
    return [(row["started_at"], row["ended_at"], row["duration_seconds"]) for row in rows]


def presences(*intervals: tuple[str, str | None], agent_id: str = "a1") -> Rows:
    return [
        {
            "agent_id": agent_id,
            "started_at": iso(start),
            "ended_at": iso(end) if end else None,
            "status": "available" if number % 2 else "away",
        }
        for number, (start, end) in enumerate(intervals, start=1)
    ]


def test_an_interval_without_end_runs_to_the_next_and_a_long_one_is_cut_to_it() -> None:
    assert availability(("03 10:00", "20 00:00"), ("01 10:00", None), ("02 10:00", "04 10:00")) == [
        (at("01 10:00"), at("02 10:00"), DAY),
        (at("02 10:00"), at("03 10:00"), DAY),
        (at("03 10:00"), None, 7 * DAY + 2 * HOUR),
    ]


def test_between_intervals_the_status_is_unknown_and_nothing_ends_after_as_of() -> None:
    intervals = [("01 10:00", "01 12:00"), ("01 14:00", "01 14:00"), ("01 15:00", "01 16:00")]
    assert availability(*intervals) == [
        (at("01 10:00"), at("01 12:00"), 2 * HOUR),
        (at("01 14:00"), at("01 14:00"), 0),
        (at("01 15:00"), at("01 16:00"), HOUR),
    ]
    assert availability(*intervals, as_of=iso("01 11:00")) == [(at("01 10:00"), None, HOUR)]
    assert availability(*intervals, as_of=iso("01 12:00"))[0][1] == at("01 12:00")


def test_an_interval_that_ends_before_it_starts_cuts_nothing() -> None:
    assert availability(("01 10:00", None), ("02 10:00", "02 09:59:59")) == [
        (at("01 10:00"), None, 9 * DAY + 2 * HOUR)
    ]


def test_the_availability_of_an_unknown_agent() -> None:
    intervals = presences(("01 10:00", None), agent_id="a9")
    row = only(desk(**TEAMS, agent_availability=intervals), "fct_agent_availability")
    assert (row["agent_key"], row["agent_id"], row["team_key"]) == ("unknown", "a9", "unknown")


def test_hours_available_are_cut_at_local_midnights() -> None:
    """Berlin's 31 March 2024 has 23 hours."""
    intervals: Rows = [
        {
            "agent_id": "a1",
            "started_at": "2024-03-30T12:00:00+01:00",
            "ended_at": "2024-04-01T01:00:00+02:00",
            "status": "away",
        },
        {
            "agent_id": "a1",
            "started_at": "2024-04-01T02:00:00+02:00",
            "ended_at": "2024-04-01T02:00:00+02:00",
            "status": "available",
        },
    ]
    of = desk(**TEAMS, agent_availability=intervals)
    rows = marts(of, report_timezone="Europe/Berlin")["rpt_agent_availability"]
    first = at("01 00:00").date().replace(month=3, day=30)
    assert [(row["report_date"], row["duration_seconds"]) for row in rows] == [
        (first, 12 * HOUR),
        (first + ONE_DAY, 23 * HOUR),
        (first + 2 * ONE_DAY, HOUR),
    ]
    assert {(row["team_key"], row["status"]) for row in rows} == {("generic:t1", "away")}
