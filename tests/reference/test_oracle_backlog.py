"""The backlog, worked out by hand: one example for each ruling of `backlog`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from .compare import compare
from .small_desk import AS_OF, Rows, at, desk, history, iso, marts, only, ticket

DAY = 86400
AGENTS: Rows = [{"agent_id": "a1"}, {"agent_id": "a2"}]


def backlog(of: dict[str, Rows], as_of: str = AS_OF, **settings: Any) -> dict[int, dict[str, Any]]:
    """The rows of fct_backlog_daily by day of May; at most one a day."""
    rows = marts(of, as_of, **settings)["fct_backlog_daily"]
    by_day = {row["backlog_date"].day: row for row in rows}
    assert len(by_day) == len(rows)
    return by_day


def lived(*changes: tuple[str, str | None], **columns: str) -> dict[str, Rows]:
    return desk(
        tickets=[ticket(**columns)],
        agents=AGENTS,
        ticket_field_history=history("status", *changes),
    )


def test_a_ticket_is_in_the_backlog_of_each_date_that_ends_while_it_is_open() -> None:
    of = lived(("01 09:00", "new"), ("03 09:00", "done"), ("05 09:00", "new"), ("07 00:00", "done"))
    ages = {day: row["age_seconds"] for day, row in backlog(of).items()}
    first_day = 15 * 3600
    assert ages == {
        1: first_day,
        2: first_day + DAY,
        5: first_day + 4 * DAY,
        # It closes on the 7th, so it was open at the end of the 6th.
        6: first_day + 5 * DAY,
    }


def test_events_at_the_end_of_a_date_count_on_the_next() -> None:
    assert list(backlog(desk(tickets=[ticket("09 00:00")]))) == [9, 10]
    of = desk(
        tickets=[ticket("08 09:00", agent_id="a1")],
        agents=AGENTS,
        ticket_field_history=history("agent", ("08 09:00", "a1"), ("09 00:00", "a2")),
    )
    agents = {day: row["agent_key"] for day, row in backlog(of).items()}
    assert agents == {8: "generic:a1", 9: "generic:a2", 10: "generic:a2"}


def test_the_date_of_as_of_is_measured_at_as_of() -> None:
    of = lived(("01 09:00", "new"), ("02 12:00", "done"))
    assert list(backlog(of, iso("02 11:59:59"))) == [1, 2]
    assert list(backlog(of, iso("02 12:00"))) == [1]
    row = backlog(of, iso("02 09:00:00.5"))[2]
    assert row["age_seconds"] == DAY
    assert list(backlog(desk(), iso("01 09:00"))) == [1]


@pytest.mark.parametrize(
    ("as_of", "bucket"),
    [
        ("02 08:59:59", "age_under_1_day_count"),
        ("02 09:00", "age_1_to_3_days_count"),
        ("04 09:00", "age_3_to_7_days_count"),
        ("08 08:59:59.9", "age_3_to_7_days_count"),
        ("08 09:00", "age_7_to_30_days_count"),
        ("31 08:59:59", "age_7_to_30_days_count"),
        ("31 09:00", "age_over_30_days_count"),
    ],
)
def test_the_limits_of_the_age_classes(as_of: str, bucket: str) -> None:
    row = backlog(desk(), iso(as_of))[at(as_of).day]
    assert {name for name, n in row.items() if name.startswith("age_") and n == 1} == {bucket}


def test_dates_end_in_the_report_time_zone() -> None:
    """Midnight in Kolkata is 18:30Z."""
    of = lived(("01 09:00", "new"), ("02 18:29:59", "waiting"), ("02 18:30", "done"))
    rows = backlog(of, report_timezone="Asia/Kolkata")
    assert {day: row["age_seconds"] for day, row in rows.items()} == {
        1: 9 * 3600 + 1800,
        2: 9 * 3600 + 1800 + DAY,
    }


def test_a_date_that_the_zone_skips_ends_with_the_one_before() -> None:
    created = {**ticket(), "created_at": "2011-12-30T09:00:00Z"}
    of = desk(tickets=[created])
    rows = marts(of, "2012-01-01T00:00:00Z", report_timezone="Pacific/Apia")["fct_backlog_daily"]
    # 23:00 on the 29th; the 31st begins an hour later, at 10:00Z.
    assert [(row["backlog_date"].day, row["age_seconds"]) for row in rows] == [
        (29, 3600),
        (30, 3600),
        (31, 3600 + DAY),
        (1, 39 * 3600),
    ]


def test_properties_are_those_of_that_end_and_the_company_is_the_current_one() -> None:
    of = desk(
        tickets=[ticket("08 09:00", priority="low", company_id="c", agent_id="a1")],
        agents=AGENTS,
        companies=[{"company_id": "c"}],
        teams=[{"team_id": "t1"}, {"team_id": "t2"}],
        agent_teams=[
            {"agent_id": "a1", "team_id": "t1", "valid_to": "2024-05-09"},
            {"agent_id": "a1", "team_id": "t2", "valid_from": "2024-05-09"},
        ],
        ticket_field_history=[
            *history("priority", ("08 12:00", "high"), ("09 12:00", None)),
        ],
    )
    columns = ("priority", "team_key", "company_key")
    assert {day: tuple(map(row.get, columns)) for day, row in backlog(of).items()} == {
        8: ("high", "generic:t1", "generic:c"),
        9: (None, "generic:t2", "generic:c"),
        10: (None, "generic:t2", "generic:c"),
    }


def test_the_report_adds_up_priorities_without_excluded_tickets() -> None:
    tickets: Rows = [
        {**ticket("10 09:00", priority="low"), "ticket_id": "1"},
        {**ticket("01 09:00", priority="high"), "ticket_id": "2"},
        {**ticket("10 09:00", is_spam="true"), "ticket_id": "3"},
    ]
    of = desk(tickets=tickets)
    assert [row["open_ticket_count"] for row in marts(of)["fct_backlog_daily"]] == [1] * 11
    row = marts(of)["rpt_backlog"][0]
    assert (row["report_date"].day, row["open_ticket_count"]) == (10, 2)
    assert row["age_seconds"] == 2 * 3 * 3600 + 9 * DAY
    assert "priority" not in row
    assert only(desk(), "rpt_backlog", iso("01 10:00"))["age_under_1_day_count"] == 1


OPEN_INTERVALS = """
    select 'generic:t' as ticket_key, *, ended_at is null as is_current
    from (
        values
        (1, timestamp '2024-05-01 09:00', timestamp '2024-05-01 09:30'),
        (2, timestamp '2024-05-01 09:30', timestamp '2024-05-01 10:00'),
        (3, timestamp '2024-05-02 09:00', null)
    ) as rows (interval_number, started_at, ended_at)
"""


def test_the_open_times_of_a_ticket_ignore_its_owner(tmp_path: Path) -> None:
    """Handed on at 09:30, reopened and closed at one instant, reopened for good."""
    changes = [
        ("01 09:00", "new"),
        ("01 09:15", "waiting"),
        ("01 10:00", "done"),
        ("01 11:00", "new"),
        ("01 11:00", "done"),
        ("02 09:00", "new"),
    ]
    model = "ticket_open_times"
    expected = marts(desk(ticket_field_history=history("status", *changes)))
    assert [(row["started_at"], row["ended_at"]) for row in expected[model]] == [
        (at("01 09:00"), at("01 10:00")),
        (at("02 09:00"), None),
    ]
    for name, wrong, found in (
        ("right", ("", ""), []),
        ("overlap", ("'2024-05-01 09:30', t", "'2024-05-01 09:29', t"), ["is_sound"]),
        ("gap", ("'2024-05-01 10:00'", "'2024-05-01 10:01'"), ["ended_at"]),
    ):
        path = tmp_path / name
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts")
            rows = OPEN_INTERVALS.replace(*wrong) if wrong[0] else OPEN_INTERVALS
            connection.execute(f"create table marts.fct_ticket_open_intervals as {rows}")
        assert [case.column for case in compare(path, expected, [model]).found] == found
