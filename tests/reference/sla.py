"""SLA clocks: their policy and target, elapsed time, due time and status.

Rulings, where the rules leave a choice:

* **The deciding time** of a clock is its end, or as_of while it runs. A cancelled first-response
  clock ends at closed_at.
* **Versions**: of several versions of a policy (or of a target for one priority) that are valid at
  the clock's start, the one with the latest valid_from counts; its rank and conditions alone.
  Policies of equal rank match in order of policy_id.
* **A priority is compared** without regard to case and the blanks around it: `High` has the target
  of `high`, and meets a condition that names `HIGH`. Of two targets that differ in that alone the one
  with the later valid_from counts. Every other property is compared as it is.
* **The first match counts**, also without a target for the metric: then there is no clock, as with an
  applied policy. All conditions must be met, by equal text; a property without a value meets none.
  Channel and source are those of the ticket row.
* **Applied policies**: the latest ticket_sla_applied at or before the deciding time; without
  one, the ticket's sla_policy history at that time; without a value there, matching. An applied policy
  needs only targets: an unknown one has none, so no clock.
* **holidays_apply** without a value is true; goals count in the target's schedule (the applied one,
  if the application names one), not in the ticket's own.
* **No clock runs while its ticket is closed**: a closed interval pauses every metric, as a
  pause status does for its policy. At the time of evaluation no clock of a closed ticket
  runs: time_to_close has ended at closed_at; a first_response without an answer is cancelled at
  closed_at; a cycle that still waits has ended (see `messages`), so its next_response clock is
  cancelled at the later of its start and closed_at, with the seconds that elapsed by then (0, because
  it began after the close). So no clock is `paused` because its ticket is closed.
  Example: goal 2 h, created 09:00, closed 10:00, reopened 13:00, answered 13:30: elapsed 1 h 30 min,
  due 14:00. Example: closed 10:00, asked 11:00, reopened 11:30, answered 12:00: the clock starts at
  11:00, runs from 11:30, has elapsed 30 min at its end. Answered at 11:15 while still closed: 0 s.
* **A close whose time is unknown** (see `life`) ends clocks that cannot be evaluated: there is no
  time_to_close clock, none of a first response that did not come, none of a cycle that it ended. A
  response that came is evaluated as usual.
* **Before creation** no clock runs. A clock of an older conversation starts at created_at, and ends
  there, on time, if the answer is older too.
* **Pauses**: a status pauses a policy's clocks if sla_pause_statuses lists it for that policy (for
  the interval's pipeline, or for all with an empty one) or if the status itself has pauses_sla.
* **due_at is fixed at the end**: it is computed from the intervals up to the end, as if nothing
  paused after it. Example: goal 60 min, created 10:00, paused from 10:30, closed 12:00: due
  12:30.
  A running clock that is paused before its goal has none.
* **Running**: overdue, then paused, then due soon (remaining <= due-soon seconds; never without a
  due-soon value), then active. Due exactly at as_of is not overdue.
* **First close** of time_to_close: evaluated by the policy and target at that close, with the
  intervals up to it; later changes have no effect. Null if none applied then.
* **The metrics that count the work** (requester_wait, agent_work) run from creation to the close as
  time_to_close does, with reopenings. They are paused in the states that Zendesk documents:
  requester_wait in pending; agent_work in pending and on_hold. time_to_close has none of its own.
  Example: created 09:00, pending 10:00, on hold 11:00, open 12:00, closed 13:00: time_to_close 4 h,
  requester_wait 3 h, agent_work 2 h.
* **Updates** (periodic_update, pausable_update): a clock from each agent response to the next one, ended
  by the close too, never cancelled. pausable_update is paused in pending. Responses at one time
  count once. A response on a closed ticket, or at the time of its close, starts no clock. After a
  reopening the next response starts the next clock. Example: answered
  10:00 and 12:00, closed 15:00: 2 h and 3 h; answered 16:00, while closed: no third one.
* **The schedule `ticket`** is that of the ticket (see `life`) at each time: the parts add up, and
  the due time is in the part in which the goal is reached. Changes of schedule after the end of a clock
  have no effect: its due time is as if the schedule at its end had stayed. Example: goal 6 h, in the first schedule
  09:00-17:00 until 13:00, then 14:00-18:00: begun at 09:00, 4 h by 13:00, due at 16:00.
* **Applied targets**: of the applications for the clock's metric and those for all, by the deciding
  time, the latest counts; at the same time, the one for the metric. A later application of the same
  policy does not replace a recorded target (with a goal). Without a schedule it counts around the
  clock, and holidays apply.
* **Conditions**: any_of, none_of and is_empty of one property must all be met. A property
  without a value is in no list, so it meets none_of.
* **next_response** clocks belong to the cycles with waiting_since > first_response_at, so outbound
  tickets have none; the occurrence counts these cycles, with or without a policy.
* **Excluded tickets** keep their clocks; reports leave them out by the ticket's flag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .business_time import Hours, epoch, instant_at
from .days import date_of
from .life import (
    StatusInterval,
    closed_at,
    closes,
    intervals_until,
    property_at,
    schedule_at,
    team_at,
    value_at,
)
from .messages import first_response, is_agent_response, response_cycles
from .own_conditions import comparable, own_field, values_of
from .records import BEGINNING, Applied, Condition, Policy, Target, Ticket, Version, World
from .values import compared

CLOSE_METRICS = ("time_to_close", "requester_wait", "agent_work")
UPDATE_METRICS = ("periodic_update", "pausable_update")
PAUSED_STATES = {
    "requester_wait": ("pending",),
    "agent_work": ("pending", "on_hold"),
    "pausable_update": ("pending",),
}
OWN_SCHEDULE = "ticket"
RUNNING = ("overdue", "due_soon", "active", "paused")


@dataclass(frozen=True)
class Run:
    """A clock before its evaluation, from `started_at` to `ended_at` (None: still running)."""

    metric: str
    occurrence: int
    started_at: datetime
    ended_at: datetime | None
    is_cancelled: bool = False


@dataclass(frozen=True)
class Clock:
    """An evaluated clock. `due_at`: None where it is unknown.

    A clock that the help desk stored has no target and no elapsed seconds.
    """

    run: Run
    target: Target | None
    elapsed_seconds: int | None
    due_at: datetime | None
    status: str
    is_paused: bool
    status_at_first_close: str | None = None


class OwnHours:
    """The open hours of a ticket's own schedule, as it is known at an instant."""

    def __init__(self, world: World, ticket: Ticket, until: datetime, holidays_apply: bool) -> None:
        changes = {
            change.at
            for field in ("schedule", "pipeline")
            for change in ticket.history.get(field, ())
            if change.at <= until
        }
        begins = [BEGINNING, *sorted(changes)]
        ends = [*map(epoch, begins[1:]), None]
        hours = [
            world.calendar.hours(schedule_at(world, ticket, at), holidays_apply) for at in begins
        ]
        self.stretches = list(zip(map(epoch, begins), ends, hours, strict=True))

    def parts(self, start: int, end: int | None) -> Iterator[tuple[int, int | None, Hours]]:
        """The stretches from `start` to `end`, cut to them."""
        for begin, stop, hours in self.stretches:
            first = max(begin, start)
            last = min((one for one in (stop, end) if one is not None), default=None)
            if last is None or first < last:
                yield first, last, hours

    def open_seconds(self, start: int, end: int) -> int:
        """Open seconds in [start, end), each moment in the schedule of then."""
        parts = self.parts(start, end)
        return sum(
            hours.open_seconds(first, end if last is None else last) for first, last, hours in parts
        )

    def after(self, start: int, needed: int) -> int | None:
        """The earliest epoch second at which `needed` open seconds have passed since `start`."""
        if needed <= 0:
            return start
        for first, last, hours in self.parts(start, None):
            passed = 0 if last is None else hours.open_seconds(first, last)
            if last is None or passed >= needed:
                return hours.after(first, needed)
            needed -= passed
        raise AssertionError("the last stretch has no end")


def runs(ticket: Ticket, intervals: Sequence[StatusInterval]) -> Iterator[Run]:
    """The clocks that a ticket would have if every metric had a target."""
    response = first_response(ticket)
    closed = closed_at(intervals)
    is_end_unknown = closed is None and intervals[-1].is_closed
    is_measured = not ticket.is_outbound and not ticket.is_conversation_unknown
    if is_measured and (response or not is_end_unknown):
        ended_at = max(response.sent_at, ticket.created_at) if response else closed
        is_cancelled = response is None and closed is not None
        yield Run("first_response", 1, ticket.created_at, ended_at, is_cancelled)
    if response:
        cycles = [
            c for c in response_cycles(ticket, intervals) if c.waiting_since > response.sent_at
        ]
        for occurrence, cycle in enumerate(cycles, start=1):
            is_cancelled = cycle.outcome == "closed"
            if cycle.ended_at or not is_cancelled:
                started_at = max(cycle.waiting_since, ticket.created_at)
                ended_at = cycle.ended_at and max(cycle.ended_at, ticket.created_at)
                yield Run("next_response", occurrence, started_at, ended_at, is_cancelled)
    if not is_end_unknown:
        for metric in CLOSE_METRICS:
            yield Run(metric, 1, ticket.created_at, closed)
    yield from update_runs(ticket, intervals, is_end_unknown)


def update_runs(
    ticket: Ticket, intervals: Sequence[StatusInterval], is_end_unknown: bool
) -> Iterator[Run]:
    """The clocks from each agent response to the next one or the close."""
    responses = sorted(
        {max(m.sent_at, ticket.created_at) for m in ticket.messages if is_agent_response(m)}
    )
    occurrence = 0
    for place, at in enumerate(responses):
        if is_closed_at(intervals, at):
            continue
        occurrence += 1
        ends = [*responses[place + 1 : place + 2], *(end for end in closes(intervals) if end > at)]
        ended_at = min(ends, default=None)
        if ended_at or not is_end_unknown:
            for metric in UPDATE_METRICS:
                yield Run(metric, occurrence, at, ended_at)


def is_closed_at(intervals: Sequence[StatusInterval], instant: datetime) -> bool:
    """Whether a ticket is known to be closed at an instant."""
    interval = [interval for interval in intervals if interval.entered_at <= instant][-1]
    return interval.closed_from is not None and interval.closed_from <= instant


def matches(world: World, ticket: Ticket, policy: Policy, at: datetime) -> bool:
    """Whether the ticket's properties as of `at` meet every condition."""
    values = {
        "pipeline": property_at(ticket, "pipeline", at),
        "priority": compared(property_at(ticket, "priority", at)),
        "team": team_at(world, ticket, at),
        "agent": property_at(ticket, "agent", at),
        "channel_account": property_at(ticket, "channel_account", at),
        "channel": ticket.row.get("channel_id"),
        "source": ticket.row.get("source"),
        "company": ticket.row.get("company_id"),
        "category": ticket.row.get("category"),
    }
    return all(
        is_met(world, ticket, name, wanted, at)
        if name not in values
        else wanted.is_met(frozenset(filter(None, [values[name]])))
        for name, wanted in policy.conditions.items()
    )


def is_met(world: World, ticket: Ticket, name: str, wanted: Condition, at: datetime) -> bool:
    """Whether an own field meets a condition as of `at`."""
    field = own_field(world, name)
    assert field, f"{name} is not declared"

    def alike(values: frozenset[str]) -> frozenset[str]:
        return frozenset(comparable(field, value) for value in values)

    any_of = None if wanted.any_of is None else alike(wanted.any_of)
    compared_alike = replace(wanted, any_of=any_of, none_of=alike(wanted.none_of))
    return compared_alike.is_met(values_of(field, ticket, at))


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


def application(ticket: Ticket, metric: str, at: datetime) -> Applied | None:
    """The explicit application that counts for a metric as of `at`."""
    by_then = [applied for applied in ticket.applied if applied.at <= at]
    of_all = [applied for applied in by_then if applied.metric is None]
    of_metric = [applied for applied in by_then if applied.metric == metric]
    if not of_metric or not of_all:
        return next(iter(of_metric[-1:] or of_all[-1:]), None)
    own, general = of_metric[-1], of_all[-1]
    is_same = own.goal_seconds is not None and own.policy_id == general.policy_id
    return own if own.at >= general.at or is_same else general


def best_target(
    world: World, policy_id: str, metric: str, priority: str | None, start: datetime
) -> Target | None:
    """The policy's target valid at `start`; one for the priority beats one for any."""
    valid = [
        target
        for target in world.targets
        if target.policy_id == policy_id
        and target.metric == metric
        and compared(target.priority) in (compared(priority), None)
        and target.version.holds_at(start)
    ]
    return max(
        valid, key=lambda t: (compared(t.priority) is not None, t.version.valid_from), default=None
    )


def chosen_target(world: World, ticket: Ticket, run: Run) -> Target | None:
    """The target of a clock, with the schedule that it counts in; None for no clock."""
    at = run.ended_at or world.as_of
    applied = application(ticket, run.metric, at)
    if applied and applied.goal_seconds is not None:
        return Target(
            policy_id=applied.policy_id,
            metric=run.metric,
            priority=None,
            version=Version(BEGINNING, None),
            goal_seconds=applied.goal_seconds,
            due_soon_seconds=None,
            schedule_id=applied.schedule_id,
            holidays_apply=True,
        )
    policy_id = applied.policy_id if applied else None
    policy_id = policy_id or value_at(ticket.history.get("sla_policy", ()), at, None)
    policy_id = policy_id or matched_policy(world, ticket, run.started_at, at)
    if policy_id is None:
        return None
    priority = property_at(ticket, "priority", at)
    target = best_target(world, policy_id, run.metric, priority, run.started_at)
    if target is None or applied is None or applied.schedule_id is None:
        return target
    return replace(target, schedule_id=applied.schedule_id)


def is_paused_in(world: World, interval: StatusInterval, target: Target) -> bool:
    """Whether the policy pauses in the interval; a closed one pauses from its close on."""
    if interval.is_closed:
        return False
    listed = world.pause_statuses
    policy_id, status_id = target.policy_id, interval.status_id
    return (
        interval.status.pauses_sla
        or interval.status.state in PAUSED_STATES.get(target.metric, ())
        or (policy_id, interval.pipeline_id, status_id) in listed
        or (policy_id, None, status_id) in listed
    )


def running_parts(
    world: World, intervals: Sequence[StatusInterval], target: Target, run: Run
) -> list[tuple[int, int]]:
    """The parts of the clock's life in which it runs, [start, end) in epoch seconds."""
    end = run.ended_at or world.as_of
    parts = []
    for interval in intervals:
        if not is_paused_in(world, interval, target):
            start = epoch(max(interval.entered_at, run.started_at))
            stop = epoch(min(interval.closed_from or interval.left_at or end, end))
            if start < stop:
                parts.append((start, stop))
    return parts


def due_at(
    hours: Hours | OwnHours, parts: Sequence[tuple[int, int]], goal: int, until: int, goes_on: bool
) -> int | None:
    """The earliest instant at which the goal is reached; past `until` only if the clock goes on."""
    left = goal
    for start, end in parts:
        passed = hours.open_seconds(start, end)
        if passed >= left:
            return hours.after(start, left)
        left -= passed
    return hours.after(until, left) if goes_on else None


def evaluated(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], run: Run
) -> Clock | None:
    """A clock with its due time and status; None where no target applies."""
    target = chosen_target(world, ticket, run)
    return evaluated_with(world, ticket, intervals, run, target) if target else None


def hours_of(world: World, ticket: Ticket, run: Run, target: Target) -> Hours | OwnHours:
    """The open hours that a clock counts in."""
    if target.schedule_id == OWN_SCHEDULE:
        return OwnHours(world, ticket, run.ended_at or world.as_of, target.holidays_apply)
    return world.calendar.hours(target.schedule_id, target.holidays_apply)


def evaluated_with(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], run: Run, target: Target
) -> Clock:
    """A clock with its status against a target."""
    hours = hours_of(world, ticket, run, target)
    parts = running_parts(world, intervals, target, run)
    elapsed = sum(hours.open_seconds(start, end) for start, end in parts)
    is_running = run.ended_at is None
    is_paused = is_running and is_paused_in(world, intervals[-1], target)
    until = epoch(run.ended_at or world.as_of)
    due = due_at(hours, parts, target.goal_seconds, until, not is_paused)
    status = (
        running_status(until, due, is_paused, target, elapsed)
        if is_running
        else ended_status(run, until, due)
    )
    due_time = None if due is None else instant_at(due)
    return Clock(run, target, elapsed, due_time, status, is_paused)


def ended_status(run: Run, ended: int, due: int | None) -> str:
    """Without a due time nothing is late."""
    if run.is_cancelled:
        return "cancelled"
    return "completed_late" if due is not None and ended > due else "completed_on_time"


def running_status(now: int, due: int | None, is_paused: bool, target: Target, elapsed: int) -> str:
    """The status of a running clock at as_of."""
    if due is not None and due < now:
        return "overdue"
    if is_paused:
        return "paused"
    soon = target.due_soon_seconds
    is_due_soon = soon is not None and target.goal_seconds - elapsed <= soon
    return "due_soon" if is_due_soon else "active"


def clocks(world: World, ticket: Ticket, intervals: Sequence[StatusInterval]) -> list[Clock]:
    """Every SLA clock of a ticket."""
    found = []
    for run in runs(ticket, intervals):
        clock = evaluated(world, ticket, intervals, run)
        if clock is not None and run.metric in CLOSE_METRICS:
            clock = replace(
                clock, status_at_first_close=_at_first_close(world, ticket, intervals, run)
            )
        if clock is not None:
            found.append(clock)
    return found


def _at_first_close(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], run: Run
) -> str | None:
    closings = closes(intervals)
    if not closings:
        return None
    clock = evaluated(world, ticket, intervals, replace(run, ended_at=closings[0]))
    return clock.status if clock else None


def clocks_at(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], moment: datetime
) -> Iterator[Clock]:
    """The clocks of a ticket as they were at a time, against the targets they have at as_of.

    The ticket is cut at that time: later events have no effect, so the same rules give the clocks
    that had ended by then.
    """
    begun = intervals_until(intervals, moment)
    if not begun:
        return
    targets = {
        (run.metric, run.occurrence): chosen_target(world, ticket, run)
        for run in runs(ticket, intervals)
    }
    sent = [message for message in ticket.messages if message.sent_at <= moment]
    then = replace(world, as_of=moment)
    for run in runs(replace(ticket, messages=sent), begun):
        target = targets[run.metric, run.occurrence]
        if target is not None:
            yield evaluated_with(then, ticket, begun, run, target)


def ran_on_the_day(world: World, clock: Clock, moment: datetime) -> bool:
    """Whether a clock as of a moment still ran, or had ended on the moment's date."""
    ended_at = clock.run.ended_at
    if ended_at is None:
        return clock.status in RUNNING
    return date_of(world, ended_at) == date_of(world, moment)
