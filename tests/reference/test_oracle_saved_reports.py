"""The saved reports C1 to C6, worked out by hand."""

from __future__ import annotations

from typing import Any

from .small_desk import (
    PLACED,
    PLACES,
    TEAMS,
    answered,
    asked,
    desk,
    history,
    iso,
    marts,
    office_hours,
    only,
    policy,
    ticket,
)

MINUTE, HOUR = 60, 3600
# Two agents answer one customer, who waits in the last cycle until the ticket is closed.
CONVERSATION = desk(
    **TEAMS,
    **PLACES,
    tickets=[ticket(**{**PLACED, "company_id": "c1"})],
    business_hours=office_hours(),
    ticket_field_history=history("status", ("01 09:00", "new"), ("03 12:00", "done")),
    messages=[
        *asked("01 16:30", "02 10:00", "03 11:00"),
        *answered("02 09:30", author_id="a1"),
        *answered("02 10:15", author_id="a2"),
    ],
)
CONVERSATION["pipelines"] = [{"pipeline_id": "P", "schedule_id": "s"}]


def values(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def test_messages_by_hour_and_weekday_of_the_report_time_zone() -> None:
    columns = ("report_date", "sent_hour", "sent_weekday", "row_count", "messages_sent_count")
    found = [
        values(row, *columns)
        for row in marts(CONVERSATION, report_timezone="Asia/Kolkata")["rpt_messages_sent_by_hour"]
    ]
    # 2 May 2024 is a Thursday; 09:30Z and 10:15Z are 15:00 and 15:45 in Kolkata.
    assert [(day.isoformat(), *rest) for day, *rest in found] == [("2024-05-02", 15, 4, 2, 2)]
    received = marts(CONVERSATION)["rpt_messages_received_by_hour"]
    assert [
        values(row, "sent_hour", "sent_weekday", "messages_received_count") for row in received
    ] == [(16, 3, 1), (10, 4, 1), (11, 5, 1)]


def test_each_response_time_counts_for_the_responder() -> None:
    rows = marts(CONVERSATION)["rpt_response_time_by_agent"]
    columns = (
        "responding_agent_key",
        "agent_key",
        "responses_count",
        "response_time_seconds",
        "response_time_business_seconds_values",
    )
    assert [values(row, *columns) for row in rows] == [
        ("generic:a1", "generic:a2", 1, 17 * HOUR, [HOUR]),
        ("generic:a2", "generic:a2", 1, 15 * MINUTE, [15 * MINUTE]),
    ]


def test_a_wait_that_a_close_ends_counts_for_its_company() -> None:
    rows = marts(CONVERSATION)["rpt_customer_wait_by_company"]
    columns = ("company_key", "waits_ended_count", "row_count", "customer_wait_seconds_values")
    assert [(row["report_date"].day, *values(row, *columns)) for row in rows] == [
        (2, "generic:c1", 2, 2, [15 * MINUTE, 17 * HOUR]),
        (3, "generic:c1", 1, 1, [HOUR]),
    ]


def test_the_first_response_counts_for_the_responder() -> None:
    row = only(CONVERSATION, "rpt_first_response_by_agent")
    columns = ("first_responder_key", "agent_key", "tickets_answered_count")
    assert (row["report_date"].day, *values(row, *columns)) == (2, "generic:a1", "generic:a2", 1)
    assert row["first_response_seconds"] == 24 * HOUR + 30 * MINUTE
    # 09:00 to 17:00 on Wednesday, 09:00 to 09:30 on Thursday.
    assert row["first_response_business_seconds_values"] == [8 * HOUR + 30 * MINUTE]
    outbound = desk(tickets=[ticket(is_outbound="true")], messages=answered("01 10:00"))
    assert marts(outbound)["rpt_first_response_by_agent"] == []


def test_clocks_are_measured_by_metric_and_priority() -> None:
    tickets = desk(
        tickets=[
            {**ticket(priority=priority), "ticket_id": number}
            for number, priority in (("1", "low"), ("2", "low"), ("3", "high"), ("4", "high"))
        ],
        messages=[
            {**answered("01 10:00")[0], "ticket_id": "1", "message_id": "m1"},
            {**answered("02 10:00")[0], "ticket_id": "2", "message_id": "m2"},
        ],
        ticket_field_history=[
            {**row, "ticket_id": "4"}
            for row in history("status", ("01 09:00", "new"), ("01 10:00", "done"))
        ],
        **policy("first_response", 24 * HOUR),
    )
    columns = (
        "priority",
        "row_count",
        "sla_measured_count",
        "sla_on_time_count",
        "sla_late_count",
        "sla_overdue_count",
    )
    rows = marts(tickets)["rpt_sla_performance"]
    assert [values(row, "sla_metric", *columns) for row in rows] == [
        ("first_response", "low", 2, 2, 1, 1, 0),
        ("first_response", "high", 1, 1, 0, 0, 1),
    ]
    # No clock is measured before the first is due.
    assert [
        values(row, "sla_on_time_count", "sla_measured_count")
        for row in marts(tickets, iso("01 12:00"))["rpt_sla_performance"]
    ] == [(1, 1)]
