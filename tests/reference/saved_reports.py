"""The saved reports that ship, C1 to C6: the sums that each ticket adds to each row.

Their `row_count` is the number of rows of the facts with a value.

Rulings, where the rules leave a choice:

* **Hours and weekdays** are local times of the report time zone, with Monday as 1.
* **C6 by priority** is by the ticket's priority at as_of, not that at the time of the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from .days import date_of
from .lives import Life
from .records import World
from .reports import Entries, Entry, Report
from .rows import MartRow
from .totals import listing

MEASURED = {"completed_on_time": "on_time", "completed_late": "late", "overdue": "overdue"}


def messages_by_hour(flag: str, measure: str) -> Callable[[World, Life], Entries]:
    def messages(world: World, life: Life) -> Entries:
        for message in life.message_rows:
            if message[flag]:
                local = message["sent_at"].astimezone(ZoneInfo(world.settings.report_timezone))
                keys = {"sent_hour": local.hour, "sent_weekday": local.isoweekday()}
                yield Entry(local.date(), {"row_count": 1, measure: 1}, keys)

    return messages


def timed(name: str, count: str, seconds: int, business: int) -> MartRow:
    """One duration, in calendar time and in opening hours."""
    durations = {f"{name}_seconds": seconds, f"{name}_business_seconds": business}
    lists = {f"{column}_values": value for column, value in durations.items()}
    return {"row_count": 1, count: 1, **durations, **lists}


def timed_measures(name: str, count: str) -> tuple[str, ...]:
    return ("row_count", count, *listing(f"{name}_seconds", f"{name}_business_seconds"))


def responses_by_agent(world: World, life: Life) -> Entries:
    for cycle in life.cycle_rows:
        if cycle["outcome"] == "responded":
            waited = cycle["wait_seconds"], cycle["wait_business_seconds"]
            keys = {"responding_agent_key": cycle["agent_key"]}
            measures = timed("response_time", "responses_count", *waited)
            yield Entry(date_of(world, cycle["ended_at"]), measures, keys)


def waits_by_company(world: World, life: Life) -> Entries:
    for cycle in life.cycle_rows:
        if cycle["ended_at"] is not None:
            waited = cycle["wait_seconds"], cycle["wait_business_seconds"]
            measures = timed("customer_wait", "waits_ended_count", *waited)
            yield Entry(date_of(world, cycle["ended_at"]), measures, {})


def first_responses_by_agent(world: World, life: Life) -> Entries:
    row = life.row
    if row["first_response_at"] is not None:
        took = row["first_response_seconds"], row["first_response_business_seconds"]
        keys = {"first_responder_key": row["first_response_agent_key"]}
        measures = timed("first_response", "tickets_answered_count", *took)
        yield Entry(date_of(world, row["first_response_at"]), measures, keys)


def measured_clocks(world: World, life: Life) -> Entries:
    for clock in life.clock_rows:
        verdict = MEASURED.get(clock["status"])
        if verdict and clock["due_date"] is not None:
            keys = {"sla_metric": clock["metric"], "priority": life.row["priority"]}
            measures = {"row_count": 1, "sla_measured_count": 1, f"sla_{verdict}_count": 1}
            yield Entry(clock["due_date"], measures, keys)


HOURS = ("sent_hour", "sent_weekday")
SAVED_REPORTS = {
    "rpt_messages_sent_by_hour": Report(
        messages_by_hour("is_agent_response", "messages_sent_count"),
        ("row_count", "messages_sent_count"),
        HOURS,
    ),
    "rpt_messages_received_by_hour": Report(
        messages_by_hour("is_customer_message", "messages_received_count"),
        ("row_count", "messages_received_count"),
        HOURS,
    ),
    "rpt_response_time_by_agent": Report(
        responses_by_agent,
        timed_measures("response_time", "responses_count"),
        ("responding_agent_key",),
    ),
    "rpt_customer_wait_by_company": Report(
        waits_by_company, timed_measures("customer_wait", "waits_ended_count")
    ),
    "rpt_first_response_by_agent": Report(
        first_responses_by_agent,
        timed_measures("first_response", "tickets_answered_count"),
        ("first_responder_key",),
    ),
    "rpt_sla_performance": Report(
        measured_clocks,
        (
            "row_count",
            "sla_measured_count",
            *(f"sla_{verdict}_count" for verdict in MEASURED.values()),
        ),
        ("sla_metric", "priority"),
    ),
}
