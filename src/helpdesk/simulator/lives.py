"""The life of tickets: their statuses, and the agents who work on them."""

import numpy as np

from helpdesk.simulator.clock import Clock, choose, choose_one
from helpdesk.simulator.desk import (
    AGENT,
    AHEAD,
    BEGUN,
    CLOSED,
    FIRST_CLOSE,
    HOLD,
    HOUR,
    LIVE,
    NEVER,
    NOT_OURS,
    PACE,
    PENDING,
    PRIORITY,
    REOPENS,
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
from helpdesk.simulator.incidents import Incident
from helpdesk.simulator.queues import Queues
from helpdesk.simulator.roster import Roster
from helpdesk.simulator.tickets import Tickets

# A change: (field, the times of n tickets or NEVER, their new values).
Change = tuple[int, Ints, Ints]


def draw_steps(
    desk: Desk, clock: Clock, queues: Queues, incidents: tuple[Incident, ...], tickets: Tickets
) -> Ints:
    """The time of each of `STEPS` per ticket, shape (n, steps); NEVER if not until `until`."""
    generator = clock.generator("steps")
    taken = _steps_taken(desk, generator, incidents, tickets)
    live = np.where(tickets.is_live(desk), LIVE, 1.0)
    ahead = live * AHEAD[tickets.priority]
    when = np.full(taken.shape, NEVER)
    when[:, 0] = last = tickets.created
    begun = np.zeros(len(last), dtype=np.bool_)
    for step in range(1, len(STEPS)):
        median: Floats = np.full(len(last), STEPS[step][1] * HOUR)
        if step not in NOT_OURS:
            median = median * PACE[tickets.priority] * live
        waits = median * np.exp(SPREAD * generator.standard_normal(len(last)))
        at = last + waits.astype(np.int64)
        instant = generator.random(len(last)) < desk.instant
        if step not in NOT_OURS:
            queued = generator.random(len(last)) >= desk.on_duty
            taken_up = queues.answers(tickets.team, at, np.where(begun, BEGUN * ahead, ahead))
            at = np.where(queued, taken_up, at)
            begun |= taken[:, step]
        at = np.where(instant, last, at)
        last = np.where(taken[:, step], at, last)
        when[:, step] = np.where(taken[:, step] & (at <= clock.until), at, NEVER)
    return when


def _steps_taken(
    desk: Desk,
    generator: np.random.Generator,
    incidents: tuple[Incident, ...],
    tickets: Tickets,
) -> Bools:
    """Whether each ticket takes each step, shape (n, steps)."""
    handled = tickets.handled
    count = len(handled)

    def share(rate: float | Floats) -> Bools:
        return generator.random(count) < rate

    taken = np.zeros((count, len(STEPS)), dtype=np.bool_)
    taken[:, 0] = True
    taken[:, TRIAGE] = handled & ~share(desk.untouched)
    taken[:, HOLD] = taken[:, HOLD + 1] = handled & share(desk.on_hold)
    intervals = choose_one(generator, desk.pending_shares, count)
    silent = share(desk.silent)
    for number, step in enumerate(PENDING, start=1):
        taken[:, step] = handled & (intervals >= number)
        taken[:, step + 1] = taken[:, step] & ~(silent & (intervals == number))
    taken[:, FIRST_CLOSE] = ~handled | ~share(desk.stuck)
    reopens = tickets.by_incident(desk.reopened, [incident.reopened for incident in incidents])
    reopened = handled & taken[:, FIRST_CLOSE] & share(reopens)
    for step in REOPENS:
        taken[:, step] = taken[:, step + 1] = reopened
        reopened = reopened & share(desk.reopened_again)
    return taken


def closed_last(when: Ints) -> Ints:
    """The time of the last close of each ticket, shape (n,), or NEVER."""
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
    desk: Desk, clock: Clock, roster: Roster, tickets: Tickets, when: Ints
) -> list[Change]:
    """Changes of team, agent and priority: at creation, assignment, handover and review."""
    generator = clock.generator("ownership")
    created, count = tickets.created, len(tickets.created)

    def share(rate: float) -> Bools:
        return generator.random(count) < rate

    at_once = tickets.handled & (tickets.outbound | share(desk.assigned_at_creation))
    assigned = _assigned_at(desk, generator, tickets, when, at_once)
    team = tickets.team
    agent = roster.someone(generator, team, assigned)
    guess = np.where(share(0.85), team, choose(generator, desk.routing, tickets.pipeline))
    first_team = np.where(at_once, team, np.where(share(desk.routed_at_creation), guess, -1))
    first_priority = np.where(share(desk.untriaged) & ~at_once, -1, tickets.priority)
    changes = [
        # Including empty values: without them a property would count as filled since creation.
        (TEAM, created, first_team),
        (AGENT, created, np.where(at_once, agent, -1)),
        (PRIORITY, created, first_priority),
        (TEAM, _only(team != first_team, assigned), team),
        (AGENT, _only(~at_once, assigned), agent),
        (PRIORITY, _only(first_priority < 0, assigned), tickets.priority),
    ]

    handed_over = _only(share(desk.handed_over), _between(generator, assigned, when))
    new_team = choose(generator, desk.routing, tickets.pipeline)
    new_agent = roster.someone(generator, new_team, handed_over)
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
    """The time of the first assignment of each ticket; for half of them that of the first step."""
    created, count = tickets.created, len(tickets.created)
    first_step = when[:, 1:].min(axis=1)
    part = np.where(generator.random(count) < 0.5, 1.0, generator.random(count))
    until_step = np.where(first_step == NEVER, 0, first_step - created)
    assigned = created + (part * until_step).astype(np.int64)
    never = ~tickets.handled | (generator.random(count) < desk.never_assigned)
    return np.where(at_once, created, _only(~never & (first_step < NEVER), assigned))


def _between(generator: np.random.Generator, start: Ints, when: Ints) -> Ints:
    """A time between `start` and the ticket's last step, or NEVER if there is none."""
    last = np.where(when == NEVER, -1, when).max(axis=1)
    span = np.where(start == NEVER, 0, last - start)
    at = start + (generator.random(len(start)) * span).astype(np.int64)
    return _only(span > 0, at)


def _only(condition: Bools, at: Ints) -> Ints:
    """The times where the condition is true, else NEVER."""
    return np.where(condition, at, NEVER)
