"""The reports on tickets, worked out by hand."""

from __future__ import annotations

from typing import Any

from .small_desk import (
    PLACED,
    PLACES,
    TEAMS,
    Rows,
    answered,
    asked,
    at,
    desk,
    history,
    iso,
    marts,
    office_hours,
    only,
    policy,
    ticket,
)

HOUR, DAY = 3600, 86400
CLOSED_TWICE = [
    ("01 09:00", "new"),
    ("02 09:00", "done"),
    ("03 09:00", "new"),
    ("04 09:00", "done"),
]


def several(*tickets: dict[str, str | None], **tables: Rows) -> dict[str, Rows]:
    """Tickets 1, 2, ... alike in all that reports filter by."""
    numbered: Rows = [
        {**PLACED, **row, "ticket_id": str(number)} for number, row in enumerate(tickets, start=1)
    ]
    return desk(**{**TEAMS, **PLACES, **tables}, tickets=numbered)


def of(number: int, rows: Rows) -> Rows:
    """Rows of ticket `t` as those of another."""
    return [
        {**row, "ticket_id": str(number)}
        | ({"message_id": f"{number} {row['message_id']}"} if "message_id" in row else {})
        for row in rows
    ]


def sums(row: dict[str, Any], *measures: str) -> tuple[Any, ...]:
    return tuple(row[measure] for measure in measures)


def test_tickets_are_counted_by_date_and_filters_without_excluded_ones() -> None:
    tickets = several(ticket("01 09:00"), ticket("01 23:00"), ticket(is_deleted="true"))
    row = only(tickets, "rpt_tickets_created")
    assert row == {
        "report_date": at("01 00:00").date(),
        "agent_key": "generic:a2",
        "team_key": "generic:t2",
        "channel_account_key": "generic:inbox",
        "pipeline_key": "generic:P",
        "company_key": "unknown",
        "ticket_count": 2,
    }
    rows = marts(tickets, report_timezone="Asia/Kolkata")["rpt_tickets_created"]
    assert [(row["report_date"].day, row["ticket_count"]) for row in rows] == [(1, 1), (2, 1)]


def test_volume_by_category_priority_and_channel() -> None:
    tickets = several(
        ticket(category="bug", priority="low", channel_id="chat"),
        ticket(category="bug", channel_id="fax"),
        ticket(category="bug"),
        channels=[{"channel_id": "chat"}],
    )
    rows = marts(tickets)["rpt_ticket_volume"]
    columns = ("category", "priority", "channel_key", "ticket_count")
    assert [sums(row, *columns) for row in rows] == [
        ("bug", "low", "generic:chat", 1),
        ("bug", None, "unknown", 2),
    ]


def test_first_response_times_are_listed_in_order() -> None:
    tickets = several(
        ticket("01 09:00"),
        ticket("02 08:00"),
        ticket("02 08:30", is_outbound="true"),
        messages=[
            *of(1, answered("02 10:00")),
            *of(2, answered("02 09:30")),
            *of(3, answered("02 09:00")),
        ],
    )
    row = only(tickets, "rpt_first_response_time")
    assert (row["report_date"].day, row["ticket_count"]) == (2, 2)
    assert row["first_response_seconds"] == 26 * HOUR + HOUR // 2
    assert row["first_response_seconds_values"] == [HOUR + HOUR // 2, 25 * HOUR]
    assert row["first_response_business_seconds_values"] == [HOUR + HOUR // 2, 25 * HOUR]


def test_time_in_status_averages_ended_intervals() -> None:
    changes = history("status", ("01 09:00", "new"), ("01 10:00", "ghost"), ("01 12:00", "new"))
    tickets = several(
        ticket(),
        ticket("01 11:00"),
        ticket_field_history=of(1, changes),
        statuses=[
            {"status_id": "new", "state": "open"},
            {"status_id": "new", "pipeline_id": "P", "state": "open"},
        ],
    )
    measures = (
        "status_key",
        "spell_count",
        "ended_spell_count",
        "ended_duration_seconds",
        "ended_duration_seconds_values",
        "ended_duration_business_seconds_values",
    )
    assert [sums(row, *measures) for row in marts(tickets)["rpt_time_in_status"]] == [
        ("generic:P:new", 3, 1, HOUR, [HOUR], [HOUR]),
        ("unknown", 1, 1, 2 * HOUR, [2 * HOUR], [2 * HOUR]),
    ]
    # A closed status of a ticket that was reopened does not count.
    reopened = several(ticket(), ticket_field_history=of(1, history("status", *CLOSED_TWICE)))
    assert [sums(row, *measures[:4]) for row in marts(reopened)["rpt_time_in_status"]] == [
        ("generic:new", 1, 1, DAY), ("generic:new", 1, 1, DAY)
    ]  # fmt: skip
    row = only(desk(), "rpt_time_in_status")
    assert (row["status_key"], row["ended_spell_count"]) == ("generic:new", 0)
    assert row["ended_duration_seconds_values"] == []


def test_closes_and_reopens_count_on_the_date_of_the_last_close() -> None:
    tickets = several(
        ticket(),
        ticket("03 09:00"),
        ticket(),
        ticket_field_history=[
            *of(1, history("status", *CLOSED_TWICE)),
            *of(2, history("status", ("03 09:00", "new"), ("04 12:00", "done"))),
            *of(3, history("status", *CLOSED_TWICE[:3])),
        ],
        messages=[
            *of(1, [*asked("03 12:00"), *answered("03 13:00", "03 14:00")]),
            *of(2, answered("03 10:00")),
        ],
    )
    found = marts(tickets)
    (row,) = found["rpt_time_to_close"]
    assert (row["report_date"].day, row["ticket_count"]) == (4, 2)
    assert row["time_to_close_seconds_values"] == [27 * HOUR, 3 * DAY]
    assert row["time_to_close_business_seconds"] == 27 * HOUR + 3 * DAY
    assert [r["ticket_count"] for r in found["rpt_tickets_closed"]] == [2]
    (row,) = found["rpt_reopens"]
    assert sums(
        row,
        "ticket_count",
        "one_touch_count",
        "first_contact_resolution_count",
        "first_contact_ticket_count",
        "reopened_ticket_count",
        "reopen_count",
        "meaningful_reopen_count",
    ) == (2, 1, 1, 2, 1, 1, 1)


def test_clocks_count_on_their_due_date() -> None:
    tickets = several(
        *[ticket()] * 4,
        **policy("first_response", 24 * HOUR),
        messages=[*of(1, answered("02 09:00")), *of(2, answered("02 09:01"))],
        ticket_field_history=of(3, history("status", ("01 09:00", "new"), ("01 10:00", "done"))),
    )
    measures = ("clock_count", "on_time_count", "late_count", "overdue_count", "measured_count")
    row = only(tickets, "rpt_first_response_sla")
    assert (row["report_date"].day, *sums(row, *measures)) == (2, 4, 1, 1, 1, 3)
    row = only(tickets, "rpt_first_response_sla", iso("02 08:00"))
    assert sums(row, *measures) == (4, 0, 0, 0, 0)
    assert marts(tickets)["rpt_time_to_close_sla"] == []


def test_waits_responses_and_replies() -> None:
    tickets = several(
        ticket(),
        business_hours=office_hours(),
        pipelines=[{"pipeline_id": "P", "schedule_id": "s"}],
        ticket_field_history=of(1, history("status", ("01 09:00", "new"), ("02 12:00", "done"))),
        messages=of(
            1,
            [
                *asked("01 16:00", "02 10:00", "02 11:00", "10 09:00"),
                *answered("02 09:30", "02 09:40", author_id="a1"),
                *answered("02 10:15", author_id="a9"),
                *answered("02 10:20", is_public="false"),
            ],
        ),
    )
    found = marts(tickets)
    row, to_closed = found["rpt_customer_wait_time"]
    # The message of the 10th came to a closed ticket: its wait ended as it began.
    assert to_closed["report_date"].day == 10
    assert sums(to_closed, "cycle_count", "responded_count", "wait_seconds_values") == (1, 0, [0])
    assert sums(row, "cycle_count", "responded_count") == (3, 2)
    assert row["wait_seconds_values"] == [HOUR // 4, HOUR, 17 * HOUR + HOUR // 2]
    assert row["wait_business_seconds_values"] == [HOUR // 4, HOUR, HOUR + HOUR // 2]
    assert row["agent_key"] == "generic:a2"
    assert [
        sums(r, "responding_agent_key", "response_count", "response_business_seconds_values")
        for r in found["rpt_agent_response_time"]
    ] == [("generic:a1", 1, [HOUR + HOUR // 2]), ("unknown", 1, [HOUR // 4])]
    assert [sums(r, "responding_agent_key", "reply_count") for r in found["rpt_agent_replies"]] == [
        ("generic:a1", 2),
        ("unknown", 1),
    ]


def test_time_to_assign_counts_on_the_date_of_the_first_assignment() -> None:
    tickets = several(
        ticket("02 08:00"),
        ticket("01 09:00"),
        ticket("02 08:00"),
        ticket_field_history=[
            *of(1, history("agent", ("01 08:00", "a1"), ("03 09:00", "a2"))),
            *of(2, history("agent", ("01 10:00", None), ("02 09:00", "a2"))),
        ],
    )
    row = only(tickets, "rpt_time_to_assign")
    assert (row["report_date"].day, row["ticket_count"]) == (2, 2)
    assert row["time_to_assign_seconds_values"] == [0, DAY]
    assert marts(tickets)["fct_tickets"][0]["first_assigned_at"] == at("02 08:00")


def test_bot_interactions() -> None:
    closing = history("status", ("01 09:00", "new"), ("01 10:00", "done"))
    bot = answered("01 09:10", "01 09:20", author_type="bot")
    tickets = several(
        *[ticket()] * 4,
        ticket_field_history=[row for number in (1, 2, 4) for row in of(number, closing)],
        messages=[
            *of(1, bot),
            *of(2, [*bot[:1], *answered("01 09:30")]),
            *of(3, bot[:1]),
        ],
    )
    row = only(tickets, "rpt_bot_interactions")
    assert sums(
        row, "ticket_count", "bot_ticket_count", "bot_interaction_count", "bot_only_closed_count"
    ) == (4, 3, 4, 1)
