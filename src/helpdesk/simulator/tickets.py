"""The tickets at their creation."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helpdesk.simulator.clock import Clock, choose, choose_one
from helpdesk.simulator.demand import Demand
from helpdesk.simulator.desk import LIVE_KINDS, Bools, Desk, Floats, Ints
from helpdesk.simulator.incidents import Incident
from helpdesk.simulator.people import Customers


class _Kind(NamedTuple):
    """The properties of tickets that incidents change, arrays of shape (n,)."""

    pipeline: Ints
    team: Ints
    channel: Ints
    category: Ints
    contact: Ints


@dataclass(frozen=True)
class Tickets:
    """n tickets at their creation, oldest first, as arrays of shape (n,)."""

    created: Ints
    incident: Ints  # index among the demand's incidents; -1: a usual ticket
    pipeline: Ints
    team: Ints  # the team that handles it, even if another one has it first
    channel: Ints
    category: Ints
    priority: Ints
    contact: Ints
    spam: Bools
    deleted: Bools
    removed: Bools  # deleted, and reported by the table of deletions only
    outbound: Bools
    no_history: Bools
    merged_into: Ints  # -1: not a duplicate

    @property
    def handled(self) -> Bools:
        """Whether an agent works on each ticket: neither spam nor a duplicate."""
        return ~self.spam & (self.merged_into < 0)

    def is_live(self, desk: Desk) -> Bools:
        """Whether the customer of each ticket waits live."""
        live = np.array([kind in LIVE_KINDS for _, kind in desk.channels])
        waiting: Bools = live[self.channel]
        return waiting

    def by_incident(self, usual: float, special: list[float | None]) -> Floats:
        """The rate of each ticket: that of its incident if it has one, else the usual one."""
        rates = np.array([usual if rate is None else rate for rate in [*special, None]])
        rate: Floats = rates[self.incident]
        return rate

    @classmethod
    def draw(
        cls, desk: Desk, clock: Clock, demand: Demand, customers: Customers, count: int
    ) -> "Tickets":
        created, incident = demand.arrivals(clock.generator("arrivals"), clock, count)
        generator = clock.generator("tickets")
        pipeline = choose_one(generator, desk.pipeline_shares, count)
        # Squared, so that some contacts write far more often than others.
        contact = (len(customers.company) * generator.random(count) ** 2).astype(np.int64)
        contact[generator.random(count) < desk.no_contact] = -1
        kind = _Kind(
            pipeline=pipeline,
            team=choose(generator, desk.routing, pipeline),
            channel=choose_one(generator, desk.channel_shares, count),
            category=choose(generator, desk.category_shares, pipeline),
            contact=contact,
        )
        for number, what in enumerate(demand.incidents):
            _mark(generator, desk, customers, what, kind, np.flatnonzero(incident == number))
        spam = generator.random(count) < desk.spam
        deleted = generator.random(count) < desk.deleted
        outbound = ~spam & (incident < 0) & (generator.random(count) < desk.outbound)
        merged_into = _duplicates(generator, desk.merged, spam | deleted | outbound)
        # A duplicate is from the same customer.
        contact = np.where(merged_into >= 0, contact[merged_into], contact)
        return cls(
            created=created,
            incident=incident,
            priority=choose_one(generator, desk.priority_shares, count),
            spam=spam,
            deleted=deleted,
            removed=deleted & (generator.random(count) < desk.removed),
            outbound=outbound,
            no_history=generator.random(count) < desk.no_history,
            merged_into=merged_into,
            **kind._replace(contact=contact)._asdict(),
        )


def _mark(
    generator: np.random.Generator,
    desk: Desk,
    customers: Customers,
    incident: Incident,
    kind: _Kind,
    rows: Ints,
) -> None:
    """Change the tickets in `rows` to those of the incident."""
    pipeline = desk.pipelines.index(incident.pipeline)
    kind.pipeline[rows] = pipeline
    kind.category[rows] = desk.categories.index(incident.category)
    if incident.team is None:
        kind.team[rows] = choose_one(generator, desk.routing[pipeline], len(rows))
    else:
        kind.team[rows] = desk.teams.index(incident.team)
    if incident.channel_shares is not None:
        kind.channel[rows] = choose_one(generator, incident.channel_shares, len(rows))
    if incident.company is not None:
        theirs = np.flatnonzero(customers.company == incident.company)
        # On a small desk a company may have no contact. Then any contact writes.
        if len(theirs):
            kind.contact[rows] = generator.choice(theirs, len(rows))


def _duplicates(generator: np.random.Generator, rate: float, barred: Bools) -> Ints:
    """The ticket that each one duplicates: one of the last 20 regular tickets before it, or -1."""
    count = len(barred)
    duplicate = ~barred & (generator.random(count) < rate)
    back = generator.integers(1, 21, count)
    sound = np.flatnonzero(~barred & ~duplicate)
    position = np.searchsorted(sound, np.arange(count)) - back
    target = np.full(count, -1)
    found = duplicate & (position >= 0)
    target[found] = sound[position[found]]
    return target
