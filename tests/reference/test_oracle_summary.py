"""The summary page, worked out by hand: figures at as_of and a local day before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from .days import comparison_moment
from .desk import read_desk
from .records import Settings
from .small_desk import (
    AS_OF,
    TEAMS,
    Rows,
    answered,
    asked,
    at,
    desk,
    history,
    iso,
    marts,
    policy,
    ticket,
)
from .values import instant

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("zone", "as_of", "compared"),
    [
        ("UTC", "2024-05-10T12:00:00.5Z", "2024-05-09T12:00:00.5Z"),
        ("Europe/Berlin", "2024-03-31T12:00:00+02:00", "2024-03-30T12:00:00+01:00"),
        # The day before skipped 02:30, or had it twice.
        ("Europe/Berlin", "2024-04-01T02:30:00+02:00", "2024-03-31T03:30:00+02:00"),
        ("Europe/Berlin", "2024-10-28T02:30:00+01:00", "2024-10-27T02:30:00+01:00"),
    ],
)
def test_the_comparison_time_is_the_local_clock_time_of_the_day_before(
    zone: str, as_of: str, compared: str
) -> None:
    world = read_desk(desk(), instant(as_of), Settings(report_timezone=zone))
    assert comparison_moment(world) == instant(compared)


def figures(of: dict[str, Rows], model: str, **settings: Any) -> dict[str, tuple[Any, ...]]:
    """(value, n, comparison value, its n) by figure."""
    rows = marts(of, **settings)[model]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    columns = ("value", "n", "comparison_value", "comparison_n")
    return {row["figure"]: tuple(map(row.get, columns)) for row in rows}


def test_a_desk_without_anything_today() -> None:
    found = figures(desk(), "rpt_summary_team")
    assert list(found) == [
        "tickets_opened",
        "tickets_open",
        "tickets_closed",
        "first_response_time",
        "time_to_close",
        "csat",
    ]
    assert found["tickets_opened"] == (0.0, 0, 0.0, 0)
    assert found["tickets_open"] == (1.0, 1, 1.0, 1)
    assert found["first_response_time"] == found["csat"] == (None, 0, None, 0)


def test_tickets_opened_and_open() -> None:
    created = ("10 12:00", "10 00:00", "09 23:59:59", "09 12:00:00.1", "09 12:00", "08 23:59")
    tickets: Rows = [
        {**ticket(time), "ticket_id": str(number)} for number, time in enumerate(created)
    ]
    tickets.append({**ticket("10 11:00", is_spam="true"), "ticket_id": "spam"})
    found = figures(desk(tickets=tickets), "rpt_summary_team")
    assert found["tickets_opened"] == (2, 2, 1, 1)
    assert found["tickets_open"] == (6, 6, 2, 2)
    # Midnight in Kolkata is 18:30Z: the ticket of 23:59:59 was opened today too.
    found = figures(desk(tickets=tickets), "rpt_summary_team", report_timezone="Asia/Kolkata")
    assert found["tickets_opened"] == (3, 3, 2, 2)


def hours(of: dict[str, Rows], figure: str, **settings: Any) -> dict[tuple[float, bool], Any]:
    """(value, comparison value, usual value) by hour, and whether it is that of as_of."""
    return {
        (row["clock_seconds"] / HOUR, row["is_as_of"]): (
            row["value"],
            row["comparison_value"],
            row["usual_value"],
        )
        for row in marts(of, **settings)["rpt_summary_hours"]
        if row["figure"] == figure
    }


def created(*times: datetime) -> Rows:
    return [
        {**ticket(), "ticket_id": str(number), "created_at": time.isoformat()}
        for number, time in enumerate(times)
    ]


def test_the_day_by_hour() -> None:
    """A Friday at noon. One ticket each on six earlier Fridays, at nine."""
    fridays = [at("10 09:00") - timedelta(days=7 * week) for week in range(1, 7)]
    today = [at("10 00:00"), at("10 11:00"), at("10 11:00:01"), at("10 12:00")]
    of = desk(tickets=created(*fridays, at("09 23:59:59"), *today))
    found = hours(of, "tickets_opened")
    assert len(found) == 26
    assert found[0, False] == (1, 0, 0)
    assert found[10, False] == found[9, False] == (1, 0, 1)
    assert found[11, False] == (2, 0, 1)
    assert found[12, False] == found[12, True] == (4, 0, 1)
    assert found[13, False] == (None, 0, 1)
    assert found[24, False] == (None, 1, 1)
    found = hours(of, "tickets_open")
    assert found[0, False] == (8, 6, 2.5)
    assert found[12, True] == (11, 6, 3.5)
    assert found[24, False] == (None, 8, 3.5)
    assert set(hours(of, "csat").values()) == {(None, None, None)}
    # Six Fridays from the first ticket on are the fewest.
    of["tickets"].pop(5)
    assert hours(of, "tickets_opened")[12, True] == (4, 0, None)


def test_a_day_of_25_hours() -> None:
    """In Berlin the hour from two to three comes twice on 27 October, and is skipped on 31 March."""
    zone = {"report_timezone": "Europe/Berlin"}
    autumn = desk(
        tickets=created(
            instant("2024-10-27T01:30:00+02:00"),
            instant("2024-10-27T02:30:00+02:00"),
            instant("2024-10-27T02:30:00+01:00"),
            instant("2024-10-27T23:30:00+01:00"),
        )
    )
    found = hours(autumn, "tickets_opened", as_of="2024-10-28T02:30:00+01:00", **zone)
    counted = [found[hour, False][1] for hour in (0, 1, 2, 3, 23, 24)]
    assert counted == [0, 0, 2, 3, 3, 4]
    assert found[2.5, True] == (0, 3, None)
    spring = desk(
        tickets=created(instant("2024-03-31T01:30:00+01:00"), instant("2024-03-31T03:30:00+02:00"))
    )
    found = hours(spring, "tickets_opened", as_of="2024-04-01T01:00:00+02:00", **zone)
    assert [found[hour, False][1] for hour in (1, 2, 3, 4, 24)] == [0, 1, 1, 2, 2]


def test_open_tickets_are_counted_by_their_age() -> None:
    ages = {
        row["age"]: (row["value"], row["comparison_value"])
        for row in marts(
            desk(
                tickets=created(
                    at("09 12:00:01"),
                    at("09 12:00"),
                    at("07 12:00"),
                    at("03 12:00:01"),
                    at("03 12:00"),
                    at("10 12:00") - timedelta(days=30),
                    at("10 12:00"),
                )
            )
        )["rpt_summary_ages"]
    }
    assert ages == {
        "age_under_1_day": (2, 1),
        "age_1_to_3_days": (1, 1),
        "age_3_to_7_days": (2, 2),
        "age_7_to_30_days": (1, 1),
        "age_over_30_days": (1, 0),
    }


def test_closed_tickets_count_at_the_start_of_the_closed_run() -> None:
    def closed(*changes: tuple[str, str | None]) -> dict[str, tuple[Any, ...]]:
        of = desk(ticket_field_history=history("status", ("01 09:00", "new"), *changes))
        return figures(of, "rpt_summary_team")

    found = closed(("10 09:00", "done"), ("10 11:00", "gone"))
    assert found["tickets_closed"] == (1, 1, 0, 0)
    assert found["time_to_close"] == (9 * DAY, 1, None, 0)
    found = closed(("09 09:00", "done"), ("10 09:00", "gone"))
    assert found["tickets_closed"] == (0, 0, 1, 1)
    found = closed(("09 09:00", "done"), ("09 12:00", "new"), ("10 09:00", "done"))
    assert found["tickets_closed"] == (1, 1, 0, 0)
    assert found["tickets_open"] == (0, 0, 1, 1)
    found = closed(("09 09:00", "done"), ("09 12:00:01", "new"))
    assert found["time_to_close"] == (None, 0, 8 * DAY, 1)
    assert found["tickets_open"] == (1, 1, 0, 0)


def test_first_responses_and_scores_of_today() -> None:
    scores = {
        "10 11:00": "5",
        "10 11:30": "3",
        "10 12:00:01": "1",
        "09 11:00": "4",
        "08 11:00": "5",
    }
    of = desk(
        messages=answered("10 10:00", "10 11:00"),
        surveys=[{"survey_id": "s", "kind": "csat"}, {"survey_id": "e", "kind": "ces"}],
        survey_responses=[
            {
                "response_id": f"{survey_id} {time}",
                "survey_id": survey_id,
                "responded_at": iso(time),
                "score": score,
            }
            for survey_id in ("s", "e")
            for time, score in scores.items()
        ],
    )
    found = figures(of, "rpt_summary_team")
    assert found["first_response_time"] == (9 * DAY + HOUR, 1, None, 0)
    assert found["csat"] == (50.0, 2, 100.0, 1)


def test_calls_of_today() -> None:
    def call(number: int, start: str, outcome: str, seconds: str | None) -> dict[str, str | None]:
        return {
            "call_id": str(number),
            "started_at": iso(start),
            "direction": "inbound",
            "outcome": outcome,
            "duration_seconds": seconds,
        }

    rows = [
        call(1, "10 00:00", "completed", "60"),
        call(2, "10 11:00", "completed", None),
        call(3, "10 11:00", "busy", None),
        call(4, "09 11:00", "completed", "30"),
        call(5, "09 12:01", "completed", "7"),
    ]
    assert figures(desk(calls=rows), "rpt_summary_calls") == {
        "completed_calls": (2, 2, 1, 1),
        "total_call_duration": (60, 1, 30, 1),
        "missed_calls": (1, 1, 0, 0),
    }


def test_every_channel_has_its_figures() -> None:
    of = desk(
        tickets=[
            {**ticket("10 09:00", channel_id="chat"), "ticket_id": "1"},
            {**ticket("09 09:00", channel_id="fax"), "ticket_id": "2"},
        ],
        channels=[{"channel_id": "chat"}, {"channel_id": "email"}],
    )
    found = {
        (row["channel_key"], row["figure"]): (row["value"], row["comparison_value"])
        for row in marts(of)["rpt_summary_channels"]
    }
    assert found == {
        ("generic:chat", "opened_today"): (1, 0),
        ("generic:chat", "open_now"): (1, 0),
        ("generic:email", "opened_today"): (0, 0),
        ("generic:email", "open_now"): (0, 0),
        ("unknown", "opened_today"): (0, 1),
        ("unknown", "open_now"): (1, 1),
    }


def test_agents_with_their_status_and_open_tickets() -> None:
    agents: Rows = [
        {"agent_id": "a1", "capacity": "1"},
        {"agent_id": "a2", "capacity": "2"},
        {"agent_id": "a3", "is_active": "true"},
        {"agent_id": "a4", "is_active": "false"},
    ]
    of = desk(
        **{**TEAMS, "agents": agents},
        ticket_field_history=history("agent", ("01 09:00", "a2"), ("10 09:00", "a1")),
        agent_availability=[
            {"agent_id": "a1", "started_at": iso("10 09:00"), "status": "away", "reason": "lunch"},
            {
                "agent_id": "a2",
                "started_at": iso("10 09:00"),
                "ended_at": iso("10 12:00"),
                "status": "available",
            },
        ],
    )
    columns = ("team_key", "status", "reason", "since", "is_at_capacity")
    numbers = ("value", "comparison_value")
    assert {
        row["agent_key"]: tuple(map(row.get, columns + numbers))
        for row in marts(of)["rpt_summary_availability"]
    } == {
        "generic:a1": ("generic:t1", "away", "lunch", at("10 09:00"), True, 1, 0),
        "generic:a2": ("generic:t2", None, None, None, False, 0, 1),
        "generic:a3": ("unknown", None, None, None, None, 0, 0),
    }


def progress(of: dict[str, Rows], metric: str, as_of: str = AS_OF) -> tuple[str, str]:
    """The one state that the ticket's clocks of a metric are in, now and at the comparison."""
    rows = [row for row in marts(of, as_of)["rpt_summary_sla"] if row["metric"] == metric]
    assert len(rows) == 5 or not rows
    now = [row["state"] for row in rows for _ in range(row["n"])]
    then = [row["state"] for row in rows for _ in range(row["comparison_n"])]
    return ",".join(now), ",".join(then)


@pytest.mark.parametrize(
    ("goal", "states"),
    [
        # Created on the 1st at 09:00; as_of 3 hours past 9 days, the comparison 8 days and 3 hours.
        (DAY, ("overdue", "overdue")),
        (9 * DAY, ("overdue", "due_soon")),
        (9 * DAY + 3 * HOUR, ("due_soon", "active")),
        (9 * DAY + 3 * HOUR - 1, ("overdue", "due_soon")),
        (20 * DAY, ("active", "active")),
    ],
)
def test_the_status_of_a_clock_at_both_times(goal: int, states: tuple[str, str]) -> None:
    of = desk(**policy("time_to_close", goal, due_soon_seconds=str(DAY - 1)))
    assert progress(of, "time_to_close") == states
    of["tickets"] = [ticket(is_spam="true")]
    assert not marts(of, AS_OF)["rpt_summary_sla"], "no clock without a target"


PAUSING: dict[str, Rows] = {"sla_pause_statuses": [{"policy_id": "p", "status_id": "waiting"}]}


def test_a_pause_counts_at_the_time_that_it_lasts() -> None:
    paused = history("status", ("01 09:00", "new"), ("02 09:00", "waiting"), ("10 00:00", "new"))
    of = desk(**policy("time_to_close", 2 * DAY), **PAUSING, ticket_field_history=paused)
    assert progress(of, "time_to_close") == ("active", "paused")
    of = desk(**policy("time_to_close", DAY), **PAUSING, ticket_field_history=paused)
    assert progress(of, "time_to_close") == ("overdue", "overdue")


def test_a_clock_that_ends_later_ran_and_one_that_was_revived_later_had_ended() -> None:
    def closing(*changes: tuple[str, str | None]) -> tuple[str, str]:
        of = desk(
            **policy("time_to_close", 20 * DAY),
            ticket_field_history=history("status", ("01 09:00", "new"), *changes),
        )
        return progress(of, "time_to_close")

    assert closing(("10 09:00", "done")) == ("completed", "active")
    assert closing(("09 09:00", "done")) == ("", "completed")
    assert closing(("09 09:00", "done"), ("10 09:00", "new")) == ("active", "completed")
    assert closing(("08 09:00", "done"), ("10 09:00", "new")) == ("active", "")
    reclosed = closing(("09 09:00", "done"), ("09 20:00", "new"), ("10 09:00", "done"))
    assert reclosed == ("completed", "completed")


def test_response_clocks_at_both_times() -> None:
    of = desk(
        **policy("first_response", 20 * DAY),
        messages=answered("10 09:00"),
        ticket_field_history=history(
            "status", ("01 09:00", "new"), ("09 09:00", "done"), ("10 08:00", "new")
        ),
    )
    # Closed unanswered, it was cancelled then.
    assert progress(of, "first_response") == ("completed", "")
    del of["ticket_field_history"]
    assert progress(of, "first_response") == ("completed", "active")
    talk = [*answered("01 10:00", "09 11:00"), *asked("09 10:00", "09 11:30", "09 13:00")]
    of = desk(**policy("next_response", 12 * HOUR), messages=talk)
    assert progress(of, "next_response") == ("overdue", "active,completed")


def stood(of: dict[str, Rows], metric: str) -> list[tuple[str, str | None]]:
    """Status and status a day before of each clock of a metric, in order."""
    rows = [row for row in marts(of)["fct_sla_clocks"] if row["metric"] == metric]
    return [(row["status"], row["status_a_day_before"]) for row in rows]


@pytest.mark.parametrize(
    ("thanks", "changes", "statuses"),
    [
        # Compared with 9 May, 12:00. Still closed: it ended on that day, or on an earlier one.
        ("09 11:00", [], ("cancelled", "cancelled")),
        ("08 11:00", [], ("cancelled", None)),
        # Reopened today: then it was cancelled all the same.
        ("09 11:00", [("10 09:00", "new")], ("overdue", "cancelled")),
        ("08 11:00", [("10 09:00", "new")], ("overdue", None)),
        # Reopened an hour before: due at 12:20, because it was paused from 10:30 to 11:00.
        ("09 10:30", [("09 11:00", "new")], ("overdue", "active")),
        # Closed again today: then it ran.
        ("09 10:30", [("09 11:00", "new"), ("10 09:00", "done")], ("cancelled", "active")),
        # Overdue then, closed since.
        ("08 10:30", [("08 11:00", "new"), ("09 12:30", "done")], ("cancelled", "overdue")),
        # Said later than that moment.
        ("09 12:30", [], ("cancelled", None)),
    ],
)
def test_a_message_to_a_closed_ticket_at_both_times(
    thanks: str, changes: list[tuple[str, str | None]], statuses: tuple[str, str | None]
) -> None:
    of = desk(
        **policy("next_response", 80 * 60),
        messages=[*asked("01 09:00", thanks), *answered("01 09:30")],
        ticket_field_history=history("status", ("01 09:00", "new"), ("01 10:00", "done"), *changes),
    )
    assert stood(of, "next_response") == [statuses]
    now, then = statuses
    shown = {"cancelled": "", None: ""}
    assert progress(of, "next_response") == (shown.get(now, now), shown.get(then, then))


def test_clocks_of_a_ticket_that_was_closed_at_that_time_did_not_run() -> None:
    """Closed on the 9th at 09:00, reopened on the 10th at 09:00, answered at 10:00."""
    closing = history("status", ("01 09:00", "new"), ("09 09:00", "done"), ("10 09:00", "new"))
    of = desk(
        **policy("first_response", 8 * DAY + HOUR),
        messages=answered("10 10:00"),
        ticket_field_history=closing,
    )
    assert stood(of, "first_response") == [("completed_on_time", "cancelled")]
    row = marts(of)["fct_sla_clocks"][0]
    assert (row["elapsed_seconds"], row["due_at"]) == (8 * DAY + HOUR, at("10 10:00"))
    of = desk(**policy("time_to_close", 20 * DAY), ticket_field_history=closing)
    assert stood(of, "time_to_close") == [("active", "completed_on_time")]


def test_the_target_is_the_one_chosen_at_as_of() -> None:
    """The priority was low at the comparison; the goal of high counts there too."""
    targets: Rows = [
        {"policy_id": "p", "metric": "time_to_close", "goal_seconds": str(DAY)},
        {
            "policy_id": "p",
            "metric": "time_to_close",
            "priority": "high",
            "goal_seconds": str(20 * DAY),
        },
    ]
    of = desk(
        **{**policy("time_to_close", 0), "sla_targets": targets},
        ticket_field_history=history("priority", ("01 09:00", "low"), ("10 09:00", "high")),
    )
    assert progress(of, "time_to_close") == ("active", "active")
    assert progress(of, "time_to_close", iso("10 08:00")) == ("overdue", "overdue")


def test_the_comparison_times_are_a_mart() -> None:
    assert marts(desk(), report_timezone="Asia/Kolkata")["dim_comparison_times"] == [
        {
            "comparison_time": "as_of",
            "compared_at": at("10 12:00"),
            "compared_date": at("10 12:00").date(),
        },
        {
            "comparison_time": "day_before",
            "compared_at": at("09 12:00"),
            "compared_date": at("09 12:00").date(),
        },
    ]


def test_each_figure_has_the_team_of_its_report() -> None:
    """The tickets of yesterday and today moved from t1 to t2 at ten. Agent a1 is in t1."""
    moved = history("team", ("01 00:00", "t1"), ("10 10:00", "t2"))
    of = desk(
        tickets=[
            {**ticket("09 09:00", team_id="t2"), "ticket_id": "old"},
            {**ticket("10 09:00", team_id="t2"), "ticket_id": "new"},
        ],
        ticket_field_history=[{**row, "ticket_id": name} for name in ("old", "new") for row in moved],
        calls=[{"call_id": "1", "agent_id": "a1", "started_at": iso("10 09:00"),
                "direction": "incoming", "outcome": "missed"}],
        **TEAMS,
    )  # fmt: skip
    found = {
        (row["team_key"][-2:], row["figure"]): (row["n"], row["comparison_n"])
        for row in marts(of)["rpt_summary_by_team"]
        if row["view_name"] in ("rpt_summary_team", "rpt_summary_calls")
    }
    assert found == {
        ("t2", "tickets_opened"): (1, 1),
        ("t2", "tickets_open"): (2, 0),
        ("t1", "tickets_open"): (0, 1),
        ("t1", "missed_calls"): (1, 0),
    }
