"""What happens to tickets: how they come in, the statuses they go through, who works on them."""

from dataclasses import dataclass

import numpy as np

from ingestion.simulator.clock import Clock, at_work, choose
from ingestion.simulator.desk import (
    AGENT,
    CLOSED,
    FIRST_CLOSE,
    HOLD,
    HOUR,
    NEVER,
    NOT_OURS,
    OPENS,
    PACE,
    PENDING,
    PRIORITY,
    REOPENS,
    SHUTS,
    SPREAD,
    STATUS,
    STEPS,
    TEAM,
    TRIAGE,
    Bools,
    Desk,
    Floats,
    Ints,
)
from ingestion.simulator.people import Customers, Staff

# A change: (field, the instants of n tickets or NEVER, their new values).
Change = tuple[int, Ints, Ints]


@dataclass(frozen=True)
class Tickets:
    """n tickets at their creation, oldest first: arrays of shape (n,)."""

    created: Ints
    pipeline: Ints
    channel: Ints
    category: Ints
    priority: Ints
    contact: Ints
    spam: Bools
    deleted: Bools
    outbound: Bools
    no_history: Bools
    merged_into: Ints  # -1: not a duplicate

    @property
    def handled(self) -> Bools:
        """Neither spam nor a duplicate: an agent works on it."""
        return ~self.spam & (self.merged_into < 0)

    @classmethod
    def draw(cls, desk: Desk, clock: Clock, customers: Customers, count: int) -> "Tickets":
        generator = clock.generator("tickets")
        one = np.zeros(count, dtype=np.int64)
        pipeline = choose(generator, [desk.pipeline_shares], one)
        # Squared: some contacts write far more often than others.
        contact = (len(customers.company) * generator.random(count) ** 2).astype(np.int64)
        contact[generator.random(count) < desk.no_contact] = -1
        spam = generator.random(count) < desk.spam
        deleted = generator.random(count) < desk.deleted
        outbound = ~spam & (generator.random(count) < desk.outbound)
        merged_into = _duplicates(generator, desk.merged, spam | deleted | outbound)
        # A duplicate is the same customer writing twice.
        contact = np.where(merged_into >= 0, contact[merged_into], contact)
        return cls(
            created=clock.arrivals(count),
            pipeline=pipeline,
            channel=choose(generator, [desk.channel_shares], one),
            category=choose(generator, desk.category_shares, pipeline),
            priority=choose(generator, [desk.priority_shares], one),
            contact=contact,
            spam=spam,
            deleted=deleted,
            outbound=outbound,
            no_history=generator.random(count) < desk.no_history,
            merged_into=merged_into,
        )


def _duplicates(generator: np.random.Generator, rate: float, barred: Bools) -> Ints:
    """The ticket that each one duplicates, one of the latest 20 sound tickets before it, or -1."""
    count = len(barred)
    duplicate = ~barred & (generator.random(count) < rate)
    back = generator.integers(1, 21, count)
    sound = np.flatnonzero(~barred & ~duplicate)
    position = np.searchsorted(sound, np.arange(count)) - back
    target = np.full(count, -1)
    found = duplicate & (position >= 0)
    target[found] = sound[position[found]]
    return target


def draw_steps(desk: Desk, clock: Clock, tickets: Tickets) -> Ints:
    """When each ticket takes each of `STEPS`, shape (n, steps); NEVER if not, or after `until`."""
    generator = clock.generator("steps")
    taken = _steps_taken(desk, generator, tickets)
    when = np.full(taken.shape, NEVER)
    when[:, 0] = last = tickets.created
    for step in range(1, len(STEPS)):
        at = last + _waits(desk, generator, step, tickets.priority)
        instant = generator.random(len(last)) < desk.instant
        if step not in NOT_OURS:
            # What waited for the morning is worked off over the day, the most of it before noon.
            delay = np.minimum(generator.gamma(1.5, 2 * HOUR, len(last)), SHUTS - OPENS - 1)
            off_duty = generator.random(len(last)) >= desk.on_duty
            at = np.where(off_duty, at_work(at, delay.astype(np.int64)), at)
        at = np.where(instant, last, at)
        last = np.where(taken[:, step], at, last)
        when[:, step] = np.where(taken[:, step] & (at <= clock.until), at, NEVER)
    return when


def _waits(desk: Desk, generator: np.random.Generator, step: int, priority: Ints) -> Ints:
    """Milliseconds from the step before to this one, shape (n,)."""
    median: Floats = np.full(len(priority), STEPS[step][1] * HOUR)
    if step not in NOT_OURS:
        median = median * PACE[priority]
    waits = median * np.exp(SPREAD * generator.standard_normal(len(priority)))
    return waits.astype(np.int64)


def _steps_taken(desk: Desk, generator: np.random.Generator, tickets: Tickets) -> Bools:
    """Which steps each ticket takes in the end, shape (n, steps)."""
    handled = tickets.handled
    count = len(handled)

    def share(rate: float) -> Bools:
        return generator.random(count) < rate

    taken = np.zeros((count, len(STEPS)), dtype=np.bool_)
    taken[:, 0] = True
    taken[:, TRIAGE] = handled & ~share(desk.untouched)
    taken[:, HOLD] = taken[:, HOLD + 1] = handled & share(desk.on_hold)
    spells = choose(generator, [desk.pending_shares], np.zeros(count, dtype=np.int64))
    silent = share(desk.silent)
    for number, step in enumerate(PENDING, start=1):
        taken[:, step] = handled & (spells >= number)
        taken[:, step + 1] = taken[:, step] & ~(silent & (spells == number))
    taken[:, FIRST_CLOSE] = ~handled | ~share(desk.stuck)
    reopened = handled & taken[:, FIRST_CLOSE] & share(desk.reopened)
    for step in REOPENS:
        taken[:, step] = taken[:, step + 1] = reopened
        reopened = reopened & share(desk.reopened_again)
    return taken


def closed_last(when: Ints) -> Ints:
    """The latest entry of each ticket into a closed status, shape (n,), or NEVER."""
    closes = [step for step, (status, _) in enumerate(STEPS) if status == CLOSED]
    instants = when[:, closes]
    latest = np.where(instants == NEVER, -1, instants).max(axis=1)
    return np.where(latest < 0, NEVER, latest)


def status_changes(when: Ints) -> list[Change]:
    """One change per step."""
    return [
        (STATUS, when[:, step], np.full(len(when), status))
        for step, (status, _) in enumerate(STEPS)
    ]


def ownership_changes(
    desk: Desk, clock: Clock, staff: Staff, tickets: Tickets, when: Ints
) -> list[Change]:
    """Team, agent and priority: at creation, when assigned, when handed over or looked at again."""
    generator = clock.generator("ownership")
    created, count = tickets.created, len(tickets.created)

    def share(rate: float) -> Bools:
        return generator.random(count) < rate

    at_once = tickets.handled & (tickets.outbound | share(desk.assigned_at_creation))
    assigned = _assigned_at(desk, generator, tickets, when, at_once)
    team = choose(generator, desk.routing, tickets.pipeline)
    agent = staff.pick(generator, team, assigned >= clock.midway)
    guess = np.where(share(0.85), team, choose(generator, desk.routing, tickets.pipeline))
    first_team = np.where(at_once, team, np.where(share(desk.routed_at_creation), guess, -1))
    first_priority = np.where(share(desk.untriaged) & ~at_once, -1, tickets.priority)
    changes = [
        # Empty values too: a property without its first value counts as never having been empty.
        (TEAM, created, first_team),
        (AGENT, created, np.where(at_once, agent, -1)),
        (PRIORITY, created, first_priority),
        (TEAM, _only(team != first_team, assigned), team),
        (AGENT, _only(~at_once, assigned), agent),
        (PRIORITY, _only(first_priority < 0, assigned), tickets.priority),
    ]

    handed_over = _only(share(desk.handed_over), _between(generator, assigned, when))
    new_team = choose(generator, desk.routing, tickets.pipeline)
    new_agent = staff.pick(generator, new_team, handed_over >= clock.midway)
    handed_over = _only(new_agent != agent, handed_over)
    shifted = tickets.priority + np.where(share(0.7), 1, -1)
    new_priority = np.clip(shifted, 0, len(desk.priority_shares) - 1)
    rethought = _only(share(desk.reprioritised), _between(generator, assigned, when))
    return [
        *changes,
        (TEAM, _only(new_team != team, handed_over), new_team),
        (AGENT, handed_over, new_agent),
        (PRIORITY, _only(new_priority != tickets.priority, rethought), new_priority),
    ]


def _assigned_at(
    desk: Desk, generator: np.random.Generator, tickets: Tickets, when: Ints, at_once: Bools
) -> Ints:
    """When each ticket first has an agent: half of them at the instant of the first step."""
    created, count = tickets.created, len(tickets.created)
    first_step = when[:, 1:].min(axis=1)
    part = np.where(generator.random(count) < 0.5, 1.0, generator.random(count))
    until_step = np.where(first_step == NEVER, 0, first_step - created)
    assigned = created + (part * until_step).astype(np.int64)
    never = ~tickets.handled | (generator.random(count) < desk.never_assigned)
    return np.where(at_once, created, _only(~never & (first_step < NEVER), assigned))


def _between(generator: np.random.Generator, start: Ints, when: Ints) -> Ints:
    """An instant from `start` to the ticket's last step, or NEVER if there is no time between."""
    last = np.where(when == NEVER, -1, when).max(axis=1)
    span = np.where(start == NEVER, 0, last - start)
    at = start + (generator.random(len(start)) * span).astype(np.int64)
    return _only(span > 0, at)


def _only(condition: Bools, at: Ints) -> Ints:
    """The instants where the condition holds, elsewhere NEVER."""
    return np.where(condition, at, NEVER)
