"""Phone calls: calls that became tickets, calls back, and calls without a ticket."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from helpdesk.simulator.clock import choose, choose_one
from helpdesk.simulator.columns import (
    FIRST_CALL,
    FIRST_TICKET,
    agent_ids,
    instants,
    numbered,
    numbered_or_null,
    pick,
)
from helpdesk.simulator.desk import HOUR, NEVER, Floats, Ints
from helpdesk.simulator.world import World

MINUTE, SECOND = HOUR // 60, 1000

OUTCOMES = ("completed", "missed", "no_answer", "busy", "canceled", "failed", "in_progress")
COMPLETED, MISSED, NO_ANSWER, BUSY, CANCELED, FAILED, IN_PROGRESS = range(7)
DIRECTIONS = ("inbound", "outbound")
INBOUND, OUTBOUND = range(2)

# Shares of outcomes: of inbound calls that no agent takes, and of outbound calls.
NOT_TAKEN = (0.0, 0.6, 0.15, 0.15, 0.1)
CALLED = (0.66, 0.0, 0.2, 0.08, 0.02, 0.04)
# Calls without a ticket, as a share of all tickets, and their minimum number.
LOOSE, FEWEST = 0.02, 6
CALLED_BACK, TRIED_BEFORE = 0.2, 0.5
# Median minutes of talk, and maximum seconds of ringing.
TALK, RING = 4.0, 45


@dataclass(frozen=True)
class Calls:
    """Arrays of one shape. `ticket` is -1 for a call without a ticket."""

    ticket: Ints
    team: Ints
    at: Ints
    direction: Ints
    outcome: Ints

    @classmethod
    def joined(cls, parts: list["Calls"], until: int) -> "Calls":
        """All calls of the period, sorted by time."""
        ticket, team, at, direction, outcome = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("ticket", "team", "at", "direction", "outcome")
        )
        rows = np.flatnonzero(at <= until)
        rows = rows[np.argsort(at[rows], kind="stable")]
        return cls(ticket[rows], team[rows], at[rows], direction[rows], outcome[rows])


def calls(world: World) -> pa.Table:
    generator = world.clock.generator("calls")
    made = Calls.joined(
        [*_about_tickets(world, generator), _loose(world, generator)], world.clock.until
    )
    talked = made.outcome == COMPLETED
    talk = TALK * MINUTE * np.exp(0.8 * generator.standard_normal(len(made.at)))
    rings = np.where(made.outcome == BUSY, 0, generator.integers(3, RING, len(made.at)) * SECOND)
    length = np.where(talked, talk.astype(np.int64), rings)
    # A call in progress at the end of the period has no duration yet.
    talking = talked & (made.at + length > world.clock.until)
    length = np.minimum(length, world.clock.until - made.at)
    outcome = np.where(talking, IN_PROGRESS, made.outcome)
    agent = world.roster.someone(generator, made.team, made.at)
    agent[(made.direction == INBOUND) & ~talked] = -1
    return pa.table(
        {
            "call_id": numbered(FIRST_CALL, np.arange(len(made.at))),
            "ticket_id": numbered_or_null(FIRST_TICKET, made.ticket),
            "agent_id": pick(agent_ids(world.desk), agent),
            "started_at": instants(made.at),
            "direction": pick(DIRECTIONS, made.direction),
            "outcome": pick(OUTCOMES, outcome),
            "duration_seconds": pa.array(length // SECOND, type=pa.int64(), mask=talking),
        }
    )


def _not_taken(world: World, team: Ints, at: Ints) -> Floats:
    """The probability that no agent takes a call. It grows with the load of the team."""
    return np.clip(0.3 * world.queues.strains(team, at) - 0.12, 0.03, 0.85)


def _taken_or_not(world: World, generator: np.random.Generator, team: Ints, at: Ints) -> Ints:
    missed = generator.random(len(at)) < _not_taken(world, team, at)
    return np.where(missed, choose_one(generator, NOT_TAKEN, len(at)), COMPLETED)


def _about_tickets(world: World, generator: np.random.Generator) -> list[Calls]:
    """The first call of each phone ticket, earlier attempts, and calls back."""
    drawn = world.tickets
    by_phone = np.array([kind == "phone" for _, kind in world.desk.channels])
    ticket = np.flatnonzero(by_phone[drawn.channel])
    at, team = drawn.created[ticket], drawn.team[ticket]
    inbound = ~drawn.outbound[ticket]
    outcome = np.where(
        inbound,
        _taken_or_not(world, generator, team, at),
        choose_one(generator, CALLED, len(ticket)),
    )
    first = Calls(ticket, team, at, np.where(inbound, INBOUND, OUTBOUND), outcome)

    # Some customers got through at the second attempt. The first one is a call without a ticket.
    before = at - (generator.exponential(8, len(at)) * MINUTE).astype(np.int64) - MINUTE
    tried = inbound & (generator.random(len(at)) < TRIED_BEFORE * _not_taken(world, team, before))
    tried &= before >= world.clock.start
    earlier = Calls(
        np.full(tried.sum(), -1),
        team[tried],
        before[tried],
        np.full(tried.sum(), INBOUND),
        choose_one(generator, NOT_TAKEN, int(tried.sum())),
    )

    missed = inbound & (outcome != COMPLETED) & drawn.handled[ticket]
    calls_back = missed | (drawn.handled[ticket] & (generator.random(len(at)) < CALLED_BACK))
    back = _outbound(
        generator, first, np.flatnonzero(calls_back), world.steps[ticket, 1:].min(axis=1)
    )
    in_vain = np.flatnonzero(back.outcome != COMPLETED)
    later = back.at + (generator.uniform(1, 4, len(back.at)) * HOUR).astype(np.int64)
    again = _outbound(generator, back, in_vain, later)
    return [first, earlier, back, again]


def _outbound(generator: np.random.Generator, calls: Calls, rows: Ints, at: Ints) -> Calls:
    """Outbound calls for the tickets in `rows`, at the times `at`, in the shape of `calls`."""
    # A step that does not happen has no call.
    rows = rows[at[rows] < NEVER]
    return Calls(
        calls.ticket[rows],
        calls.team[rows],
        at[rows],
        np.full(len(rows), OUTBOUND),
        choose_one(generator, CALLED, len(rows)),
    )


def _loose(world: World, generator: np.random.Generator) -> Calls:
    """Inbound calls without a ticket: short questions, wrong numbers, callers who hung up."""
    tickets = len(world.tickets.created)
    count = max(FEWEST, round(LOOSE * tickets)) if tickets else 0
    at, _ = world.demand.arrivals(generator, world.clock, count)
    pipeline = choose_one(generator, world.desk.pipeline_shares, count)
    team = choose(generator, world.desk.routing, pipeline)
    outcome = _taken_or_not(world, generator, team, at)
    return Calls(np.full(count, -1), team, at, np.full(count, INBOUND), outcome)
