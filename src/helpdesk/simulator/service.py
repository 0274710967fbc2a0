"""Business hours, holidays and SLA rules."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from helpdesk.simulator.columns import (
    FIRST_TICKET,
    instants,
    numbered,
    pick,
    pipeline_ids,
    policy_id,
    schedule_ids,
    status_ids,
)
from helpdesk.simulator.desk import HOLIDAYS, HOUR, NEVER, ON_CONTACT, SCHEDULES, STATUSES
from helpdesk.simulator.world import World

HOURS = HOUR // 1000
# Years after the period with holidays.
YEARS_AHEAD = 4

URGENT, BILLING, STANDARD = range(3)
POLICIES = ("Urgent", "Billing", "Standard")
# (policy, metric, priority, version, goal and due-soon hours, schedule, holidays apply). The
# version is "" for always, "<" until the middle of the period, ">" after it. Schedule -1 is around
# the clock.
TARGETS = (
    (URGENT, "first_response", "urgent", "", 0.25, 0.1, -1, None),
    (URGENT, "first_response", None, "", 1.0, 0.25, 0, True),
    (URGENT, "next_response", None, "", 2.0, 0.5, 0, True),
    (URGENT, "time_to_close", "urgent", "", 8.0, 1.0, -1, None),
    (URGENT, "time_to_close", None, "", 16.0, 2.0, 0, True),
    (BILLING, "first_response", "low", "", 12.0, 2.0, 1, True),
    (BILLING, "first_response", None, "<", 6.0, 1.0, 1, True),
    (BILLING, "first_response", None, ">", 4.0, 1.0, 1, True),
    (BILLING, "next_response", None, "", 8.0, 1.0, 1, True),
    # Holidays do not stop this clock.
    (BILLING, "time_to_close", None, "", 40.0, 8.0, 1, False),
    (STANDARD, "first_response", "low", "", 8.0, 1.0, 0, True),
    (STANDARD, "first_response", None, "", 4.0, 1.0, 0, True),
    (STANDARD, "next_response", None, "", 6.0, 1.0, 0, True),
    (STANDARD, "time_to_close", "low", "", 60.0, 8.0, 0, True),
    (STANDARD, "time_to_close", None, "", 30.0, 4.0, 0, True),
)


def _midway(world: World) -> date:
    return datetime.fromtimestamp(world.clock.midway / 1000, UTC).date()


def business_hours(world: World) -> pa.Table:
    """One row per window and weekday. The second version of a schedule starts on a local date."""
    windows = [
        (id_, since, weekday, start, end, zone)
        for id_, (zone, before, after) in zip(schedule_ids(), SCHEDULES, strict=True)
        for since, version in ((None, before), (_midway(world), after or ()))
        for first, last, start, end in version
        for weekday in range(first, last + 1)
    ]
    ids, since, weekday, start, end, zone = (list(column) for column in zip(*windows, strict=True))
    return pa.table(
        {
            "schedule_id": ids,
            "valid_from": pa.array(since, type=pa.date32()),
            "weekday": weekday,
            "start_minute": start,
            "end_minute": end,
            "timezone": zone,
        }
    )


def holidays(world: World) -> pa.Table:
    last_year = datetime.fromtimestamp(world.clock.until / 1000, UTC).year + YEARS_AHEAD
    days = [
        (id_, date(year, month, day), length, name)
        for id_, yearly in zip(schedule_ids(), HOLIDAYS, strict=True)
        for year in range(datetime.fromtimestamp(world.clock.start / 1000, UTC).year, last_year)
        for month, day, length, name in yearly
    ]
    # The contract allows a single day without an end.
    ends = [start + timedelta(length - 1) if length > 1 else None for _, start, length, _ in days]
    return pa.table(
        {
            "schedule_id": [id_ for id_, *_ in days],
            "start_date": [start for _, start, *_ in days],
            "end_date": pa.array(ends, type=pa.date32()),
            "name": [name for *_, name in days],
        }
    )


def sla_policies(world: World) -> pa.Table:
    """The policies. From the middle of the period on, billing tickets with low priority have the
    standard policy. Calls that are not urgent have none."""
    midway = world.clock.midway
    billing = pipeline_ids(world.desk)[-1]
    urgent = {"priority": ["urgent", "high"]}
    versions = [
        (URGENT, NEVER, NEVER, urgent),
        (BILLING, NEVER, midway, {"pipeline": billing}),
        (BILLING, midway, NEVER, {"pipeline": billing, "priority": ["medium", "high", "urgent"]}),
        (STANDARD, NEVER, NEVER, {"source": ["email", "chat", "form"]}),
    ]
    return pa.table(
        {
            "policy_id": [policy_id(policy) for policy, *_ in versions],
            "valid_from": instants(np.array([since for _, since, _, _ in versions])),
            "valid_to": instants(np.array([until for _, _, until, _ in versions])),
            "name": [POLICIES[policy] for policy, *_ in versions],
            "rank": [policy + 1 for policy, *_ in versions],
            "conditions": [json.dumps(conditions) for *_, conditions in versions],
        }
    )


def sla_targets(world: World) -> pa.Table:
    midway = world.clock.midway
    policy, metric, priority, version, goal, soon, schedule, holidays_apply = (
        list(column) for column in zip(*TARGETS, strict=True)
    )
    return pa.table(
        {
            "policy_id": [policy_id(one) for one in policy],
            "metric": metric,
            "priority": pa.array(priority, type=pa.string()),
            "valid_from": instants(np.array([midway if v == ">" else NEVER for v in version])),
            "valid_to": instants(np.array([midway if v == "<" else NEVER for v in version])),
            "goal_seconds": [int(hours * HOURS) for hours in goal],
            "due_soon_seconds": [int(hours * HOURS) for hours in soon],
            "schedule_id": pick(schedule_ids(), np.array(schedule)),
            "holidays_apply": pa.array(holidays_apply, type=pa.bool_()),
        }
    )


def sla_pause_statuses(world: World) -> pa.Table:
    """Every policy pauses while the ticket waits for the contact."""
    status = status_ids(world.desk)[ON_CONTACT :: len(STATUSES)]
    rows = [
        (policy_id(policy), pipeline, waiting)
        for policy in range(len(POLICIES))
        for pipeline, waiting in zip(pipeline_ids(world.desk), status, strict=True)
    ]
    names = ("policy_id", "pipeline_id", "status_id")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def ticket_sla_applied(world: World) -> pa.Table:
    """Policies that agents choose at creation, some with the longest business hours."""
    generator = world.clock.generator("applied policies")
    tickets = world.tickets
    count = len(tickets.created)
    applied = np.flatnonzero(
        tickets.handled & (generator.random(count) < world.desk.policy_applied)
    )
    longest = len(SCHEDULES) - 1
    schedule = np.where(generator.random(len(applied)) < 0.3, longest, -1)
    policy = generator.integers(0, len(POLICIES), len(applied))
    return pa.table(
        {
            "ticket_id": numbered(FIRST_TICKET, applied),
            "applied_at": instants(tickets.created[applied]),
            "policy_id": pick([policy_id(one) for one in range(len(POLICIES))], policy),
            "schedule_id": pick(schedule_ids(), schedule),
        }
    )
