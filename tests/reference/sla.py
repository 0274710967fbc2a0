"""SLA clocks: which policy and target, how long they ran, when they are due, how they stand.

Rulings, where the rules leave a choice:

* **The deciding instant** of a clock is its end, or as_of while it runs. A cancelled first-response
  clock ends at closed_at.
* **Versions**: of several versions of a policy (or of a target for one priority) that are valid at
  the clock's start, the one with the latest valid_from counts; its rank and conditions alone.
  Policies of equal rank match in order of policy_id.
* **First match wins whatever it holds**: a matching policy without a target for the metric means no
  clock, as with an applied one. Conditions are all to be met, by equal text; a property without a
  value meets none. Channel and source are the ticket row's.
* **Applied policies**: the latest ticket_sla_applied at or before the deciding instant; without
  one, the ticket's sla_policy history as of it; without a value there, matching. An applied policy
  needs only targets: an unknown one has none, so no clock.
* **holidays_apply** without a value is true; goals count in the target's schedule (the applied one,
  if the application names one), not in the ticket's own.
* **Pauses**: a status pauses a policy's clocks if sla_pause_statuses lists it for that policy (for
  the spell's pipeline, or for all with an empty one) or if the status itself has pauses_sla.
* **The end freezes due_at**: it is worked out with the spells up to the end and as if nothing
  paused after it. Example: goal 60 min, created 10:00, paused from 10:30, closed 12:00: due
  12:30.
  A running clock that is paused and short of its goal has none.
* **Running**: overdue, then paused, then due soon (remaining <= due-soon seconds; never without a
  due-soon value), then active. Due exactly at as_of is not overdue.
* **First close** of time_to_close: judged by the policy and target at that close, with the spells
  up to it; later triage does not change it. Null where none applied then.
* **next_response** clocks belong to the cycles with waiting_since > first_response_at, so outbound
  tickets have none; the occurrence counts these cycles, with or without a policy.
* **Excluded tickets** keep their clocks; reports leave them out by the ticket's flag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .business_time import Hours, epoch
from .life import Spell, closed_at, closes, property_at, team_at, value_at
from .messages import first_response, response_cycles
from .records import Policy, Target, Ticket, World


@dataclass(frozen=True)
class Run:
    """A clock before it is judged, from `started_at` to `ended_at` (None: still running)."""

    metric: str
    occurrence: int
    started_at: datetime
    ended_at: datetime | None
    is_cancelled: bool = False


@dataclass(frozen=True)
class Clock:
    """A judged clock. `due_at` in epoch seconds, None where it cannot be said."""

    run: Run
    policy_id: str
    goal_seconds: int
    elapsed_seconds: int
    due_at: int | None
    status: str
    status_at_first_close: str | None = None


def runs(ticket: Ticket, spells: Sequence[Spell]) -> Iterator[Run]:
    """The clocks that a ticket would have if every metric had a target."""
    response = first_response(ticket)
    closed = closed_at(spells)
    if not ticket.is_outbound:
        ended_at = response.sent_at if response else closed
        is_cancelled = response is None and closed is not None
        yield Run("first_response", 1, ticket.created_at, ended_at, is_cancelled)
    if response:
        cycles = [c for c in response_cycles(ticket, spells) if c.waiting_since > response.sent_at]
        for occurrence, cycle in enumerate(cycles, start=1):
            is_cancelled = cycle.outcome == "closed"
            yield Run(
                "next_response", occurrence, cycle.waiting_since, cycle.ended_at, is_cancelled
            )
    yield Run("time_to_close", 1, ticket.created_at, closed)


def matches(world: World, ticket: Ticket, policy: Policy, at: datetime) -> bool:
    """Whether the ticket's properties as of `at` meet every condition."""
    values = {
        "pipeline": property_at(ticket, "pipeline", at),
        "priority": property_at(ticket, "priority", at),
        "team": team_at(world, ticket, at),
        "channel": ticket.row.get("channel_id"),
        "source": ticket.row.get("source"),
    }
    return all(values[field] in wanted for field, wanted in policy.conditions.items())


def matched_policy(world: World, ticket: Ticket, start: datetime, at: datetime) -> str | None:
    """The first policy valid at `start` whose conditions the ticket meets as of `at`."""
    valid: dict[str, Policy] = {}
    for policy in world.policies:
        if policy.version.holds_at(start):
            rival = valid.get(policy.policy_id)
            if rival is None or rival.version.valid_from < policy.version.valid_from:
                valid[policy.policy_id] = policy
    for policy in sorted(valid.values(), key=lambda p: (p.rank, p.policy_id)):
        if matches(world, ticket, policy, at):
            return policy.policy_id
    return None


def applied_policy(ticket: Ticket, at: datetime) -> tuple[str | None, str | None]:
    """The explicitly applied policy as of `at`, and its schedule; None for each that is missing."""
    for applied in reversed(ticket.applied):
        if applied.at <= at:
            return applied.policy_id, applied.schedule_id
    return value_at(ticket.history.get("sla_policy", ()), at, None), None


def best_target(
    world: World, policy_id: str, metric: str, priority: str | None, start: datetime
) -> Target | None:
    """The policy's target valid at `start`; one for the priority beats one for any."""
    valid = [
        target
        for target in world.targets
        if target.policy_id == policy_id
        and target.metric == metric
        and target.priority in (priority, None)
        and target.version.holds_at(start)
    ]
    return max(valid, key=lambda t: (t.priority is not None, t.version.valid_from), default=None)


def chosen_target(world: World, ticket: Ticket, run: Run) -> Target | None:
    """The target of a clock, with the schedule that it counts in; None for no clock."""
    at = run.ended_at or world.as_of
    policy_id, schedule_id = applied_policy(ticket, at)
    policy_id = policy_id or matched_policy(world, ticket, run.started_at, at)
    if policy_id is None:
        return None
    priority = property_at(ticket, "priority", at)
    target = best_target(world, policy_id, run.metric, priority, run.started_at)
    if target is None or schedule_id is None:
        return target
    return replace(target, schedule_id=schedule_id)


def is_standing_still(world: World, spell: Spell, target: Target) -> bool:
    """Whether the policy pauses on the spell, or a time_to_close clock finds it closed."""
    if target.metric == "time_to_close" and spell.is_closed:
        return True
    listed = world.pause_statuses
    policy_id, status_id = target.policy_id, spell.status_id
    return (
        spell.status.pauses_sla
        or (policy_id, spell.pipeline_id, status_id) in listed
        or (policy_id, None, status_id) in listed
    )


def running_parts(
    world: World, spells: Sequence[Spell], target: Target, run: Run
) -> list[tuple[int, int]]:
    """The parts of the clock's life in which it runs, [start, end) in epoch seconds."""
    end = run.ended_at or world.as_of
    parts = []
    for spell in spells:
        if not is_standing_still(world, spell, target):
            start = epoch(max(spell.entered_at, run.started_at))
            stop = epoch(min(spell.left_at or end, end))
            if start < stop:
                parts.append((start, stop))
    return parts


def due_at(
    hours: Hours, parts: Sequence[tuple[int, int]], goal: int, until: int, goes_on: bool
) -> int | None:
    """The earliest instant at which the goal is reached; past `until` only if the clock goes on."""
    left = goal
    for start, end in parts:
        passed = hours.open_seconds(start, end)
        if passed >= left:
            return hours.after(start, left)
        left -= passed
    return hours.after(until, left) if goes_on else None


def judged(world: World, ticket: Ticket, spells: Sequence[Spell], run: Run) -> Clock | None:
    """A clock with its due time and status; None where no target applies."""
    target = chosen_target(world, ticket, run)
    return judged_by(world, spells, run, target) if target else None


def judged_by(world: World, spells: Sequence[Spell], run: Run, target: Target) -> Clock:
    """A clock as it stands against a target."""
    hours = world.calendar.hours(target.schedule_id, target.holidays_apply)
    parts = running_parts(world, spells, target, run)
    elapsed = sum(hours.open_seconds(start, end) for start, end in parts)
    is_running = run.ended_at is None
    is_paused = is_running and is_standing_still(world, spells[-1], target)
    until = epoch(run.ended_at or world.as_of)
    due = due_at(hours, parts, target.goal_seconds, until, not is_paused)
    status = (
        running_status(until, due, is_paused, target, elapsed)
        if is_running
        else ended_status(run, until, due)
    )
    return Clock(run, target.policy_id, target.goal_seconds, elapsed, due, status)


def ended_status(run: Run, ended: int, due: int | None) -> str:
    """Without a due time nothing is late."""
    if run.is_cancelled:
        return "cancelled"
    return "completed_late" if due is not None and ended > due else "completed_on_time"


def running_status(now: int, due: int | None, is_paused: bool, target: Target, elapsed: int) -> str:
    """How a running clock stands at as_of."""
    if due is not None and due < now:
        return "overdue"
    if is_paused:
        return "paused"
    soon = target.due_soon_seconds
    is_due_soon = soon is not None and target.goal_seconds - elapsed <= soon
    return "due_soon" if is_due_soon else "active"


def clocks(world: World, ticket: Ticket, spells: Sequence[Spell]) -> list[Clock]:
    """Every SLA clock of a ticket."""
    found = []
    for run in runs(ticket, spells):
        clock = judged(world, ticket, spells, run)
        if clock is not None and run.metric == "time_to_close":
            clock = replace(
                clock, status_at_first_close=_at_first_close(world, ticket, spells, run)
            )
        if clock is not None:
            found.append(clock)
    return found


def _at_first_close(world: World, ticket: Ticket, spells: Sequence[Spell], run: Run) -> str | None:
    closings = closes(spells)
    if not closings:
        return None
    clock = judged(world, ticket, spells, replace(run, ended_at=closings[0]))
    return clock.status if clock else None
