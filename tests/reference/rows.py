"""The rows of the marts, read off the records: one function per model, columns as published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .days import comparison_moment, report_date
from .life import (
    StatusInterval,
    business_duration,
    closed_at,
    closed_at_basis,
    closes,
    duration,
    exclusion_reason,
    first_assigned_at,
    is_meaningful,
    open_seconds,
    property_at,
    reopens,
    team_at,
)
from .messages import (
    first_response,
    is_agent_response,
    is_bot_message,
    is_customer_message,
    is_first_contact_resolution,
    last_response_instants,
    response_cycles,
    response_start,
)
from .records import BEGINNING, UNKNOWN, Message, Ticket, World
from .sla import Clock, ran_on_the_day
from .standing import clocks_at

SOURCE = "generic"
MartRow = dict[str, Any]


def key(world: World, table: str, native_id: str | None) -> str:
    """The key of a dimension's row; `unknown` for no id and for one that the table lacks."""
    is_known = native_id is not None and native_id in world.known[table]
    return f"{SOURCE}:{native_id}" if is_known else UNKNOWN


def ticket_key(ticket: Ticket) -> str:
    return f"{SOURCE}:{ticket.ticket_id}"


def author_key(world: World, message: Message | None) -> str:
    if message is None or message.author_type != "agent":
        return UNKNOWN
    return key(world, "agents", message.author_id)


def durations(
    world: World, ticket: Ticket, start: datetime | None, end: datetime | None
) -> tuple[int | None, int | None]:
    """Calendar and business seconds; null where an end is missing."""
    if start is None or end is None:
        return None, None
    return duration(start, end), business_duration(world, ticket, start, end)


def ticket_row(world: World, ticket: Ticket, intervals: Sequence[StatusInterval]) -> MartRow:
    closed, assigned = closed_at(intervals), first_assigned_at(ticket)
    responses = [message for message in ticket.messages if is_agent_response(message)]
    reason = exclusion_reason(world, ticket)
    return {
        "ticket_key": ticket_key(ticket),
        "ticket_id": ticket.ticket_id,
        "created_at": ticket.created_at,
        "created_date": report_date(world, ticket.created_at),
        "closed_at": closed,
        "closed_date": report_date(world, closed),
        "closed_at_basis": closed_at_basis(ticket, intervals),
        "status_id": intervals[-1].status_id,
        "status_state": intervals[-1].status.state,
        "is_status_inferred": intervals[-1].is_inferred,
        **reference_columns(world, ticket),
        "is_outbound": ticket.is_outbound,
        "is_excluded": reason is not None,
        "exclusion_reason": reason,
        **response_columns(world, ticket),
        **close_columns(world, ticket, intervals),
        "first_assigned_at": assigned,
        "time_to_assign_seconds": durations(world, ticket, ticket.created_at, assigned)[0],
        "agent_response_count": len(responses),
        "customer_message_count": sum(map(is_customer_message, ticket.messages)),
        "bot_interaction_count": sum(map(is_bot_message, ticket.messages)),
        "is_one_touch": intervals[-1].is_closed and len(responses) == 1,
        "is_first_contact_resolution": is_first_contact_resolution(ticket, intervals),
    }


def reference_columns(world: World, ticket: Ticket) -> MartRow:
    """The ticket's properties as of as_of."""
    row, at = ticket.row, world.as_of
    account = property_at(ticket, "channel_account", at)
    return {
        "pipeline_key": key(world, "pipelines", property_at(ticket, "pipeline", at)),
        "priority": property_at(ticket, "priority", at),
        "category": row.get("category"),
        "source": row.get("source"),
        "agent_key": key(world, "agents", property_at(ticket, "agent", at)),
        "team_key": key(world, "teams", team_at(world, ticket, at)),
        "company_key": key(world, "companies", row.get("company_id")),
        "contact_key": key(world, "contacts", row.get("contact_id")),
        "channel_key": key(world, "channels", row.get("channel_id")),
        "channel_account_key": key(world, "channel_accounts", account),
    }


def response_columns(world: World, ticket: Ticket) -> MartRow:
    response = first_response(ticket)
    responded_at = response.sent_at if response else None
    start = response_start(ticket)
    seconds, business = durations(world, ticket, start, responded_at)
    return {
        "first_response_started_at": start,
        "first_response_at": responded_at,
        "first_response_agent_key": author_key(world, response),
        "first_response_seconds": seconds,
        "first_response_business_seconds": business,
    }


def close_columns(world: World, ticket: Ticket, intervals: Sequence[StatusInterval]) -> MartRow:
    closings, reopened = closes(intervals), reopens(intervals)
    first_closed = closings[0] if closings else None
    customers = [m.sent_at for m in ticket.messages if is_customer_message(m)]
    seconds, business = durations(world, ticket, ticket.created_at, closed_at(intervals))
    return {
        "first_closed_at": first_closed,
        "time_to_close_seconds": seconds,
        "time_to_close_business_seconds": business,
        "first_time_to_close_seconds": durations(world, ticket, ticket.created_at, first_closed)[0],
        "time_open_seconds": open_seconds(intervals, world.as_of),
        "reopen_count": len(reopened),
        "meaningful_reopen_count": sum(is_meaningful(reopen, customers) for reopen in reopened),
        "last_reopened_at": reopened[-1].at if reopened else None,
    }


def status_interval_rows(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval]
) -> list[MartRow]:
    """An open ticket's last interval is measured to as_of, a closed ticket's has no duration."""
    rows = []
    for number, interval in enumerate(intervals, start=1):
        until = interval.left_at or (None if interval.is_closed else world.as_of)
        seconds, business = durations(world, ticket, interval.entered_at, until)
        rows.append(
            {
                "ticket_key": ticket_key(ticket),
                "interval_number": number,
                "status_id": interval.status_id,
                "status_state": interval.status.state,
                "entered_at": interval.entered_at,
                "left_at": interval.left_at,
                "is_current": interval.left_at is None,
                "is_inferred": interval.is_inferred,
                "duration_seconds": seconds,
                "duration_business_seconds": business,
            }
        )
    return rows


def open_time_rows(ticket: Ticket, intervals: Sequence[StatusInterval]) -> list[MartRow]:
    """The times for which a ticket was open without a break, for any owner; none of zero length."""
    rows: list[MartRow] = []
    for interval in intervals:
        left_at = interval.closed_from or interval.left_at
        is_never_open = interval.is_closed and interval.closed_from is None
        if is_never_open or interval.entered_at == left_at:
            continue
        if rows and rows[-1]["ended_at"] == interval.entered_at:
            rows[-1]["ended_at"] = left_at
        else:
            rows.append(
                {
                    "ticket_key": ticket_key(ticket),
                    "started_at": interval.entered_at,
                    "ended_at": left_at,
                    "is_sound": True,
                }
            )
    return rows


def message_rows(world: World, ticket: Ticket) -> list[MartRow]:
    since = last_response_instants(ticket)
    rows = []
    for message in ticket.messages:
        seconds, business = durations(world, ticket, since[message.message_id], message.sent_at)
        rows.append(
            {
                "message_id": message.message_id,
                "ticket_key": ticket_key(ticket),
                "sent_at": message.sent_at,
                "direction": message.direction,
                "author_type": message.author_type,
                "agent_key": author_key(world, message),
                "channel_key": key(world, "channels", message.channel_id),
                "is_agent_response": is_agent_response(message),
                "is_customer_message": is_customer_message(message),
                "seconds_since_last_response": seconds,
                "business_seconds_since_last_response": business,
            }
        )
    return rows


def cycle_rows(world: World, ticket: Ticket, intervals: Sequence[StatusInterval]) -> list[MartRow]:
    rows = []
    for cycle in response_cycles(ticket, intervals):
        until = cycle.ended_at or (None if cycle.outcome == "closed" else world.as_of)
        seconds, business = durations(world, ticket, cycle.waiting_since, until)
        rows.append(
            {
                "ticket_key": ticket_key(ticket),
                "cycle_number": cycle.number,
                "waiting_since": cycle.waiting_since,
                "ended_at": cycle.ended_at,
                "outcome": cycle.outcome,
                "customer_message_count": cycle.customer_messages,
                "agent_key": author_key(world, cycle.response),
                "wait_seconds": seconds,
                "wait_business_seconds": business,
                "is_first": cycle.number == 1,
            }
        )
    return rows


def clock_rows(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], clocks: Sequence[Clock]
) -> list[MartRow]:
    compared_at = comparison_moment(world)
    before = {
        (clock.run.metric, clock.run.occurrence): clock.status
        for clock in clocks_at(world, ticket, intervals, compared_at)
        if ran_on_the_day(world, clock, compared_at)
    }
    rows = []
    for clock in clocks:
        due_at, target = clock.due_at, clock.target
        rows.append(
            {
                "ticket_key": ticket_key(ticket),
                "ticket_id": ticket.ticket_id,
                "metric": clock.run.metric,
                "occurrence": clock.run.occurrence,
                "basis": "computed" if target else "reported",
                "policy_id": target and target.policy_id,
                "goal_seconds": target and target.goal_seconds,
                "started_at": clock.run.started_at,
                "ended_at": clock.run.ended_at,
                "due_at": due_at,
                "due_date": report_date(world, due_at),
                "elapsed_seconds": clock.elapsed_seconds,
                "status": clock.status,
                "status_at_first_close": clock.status_at_first_close,
                "status_a_day_before": before.get((clock.run.metric, clock.run.occurrence)),
                "is_paused": clock.is_paused,
            }
        )
    return rows


def clock_target_rows(ticket: Ticket, clocks: Sequence[Clock]) -> list[MartRow]:
    """The version of the target of each clock, found by joining dim_sla_targets."""
    rows = []
    for clock in clocks:
        target = clock.target
        if target is None:
            continue
        valid_from = target.version.valid_from
        rows.append(
            {
                "ticket_key": ticket_key(ticket),
                "metric": clock.run.metric,
                "occurrence": clock.run.occurrence,
                "target_policy_id": target.policy_id,
                "target_metric": target.metric,
                "target_priority": target.priority,
                "target_valid_from": None if valid_from == BEGINNING else valid_from,
                "target_goal_seconds": target.goal_seconds,
            }
        )
    return rows
