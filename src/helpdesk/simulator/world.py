"""The complete random draw of a desk, from which the tables of the contract are built."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from helpdesk.simulator.clock import Clock
from helpdesk.simulator.demand import Demand
from helpdesk.simulator.desk import NEVER, Desk, Ints
from helpdesk.simulator.incidents import Incident
from helpdesk.simulator.lives import Change, draw_steps, ownership_changes, status_changes
from helpdesk.simulator.people import Customers, Staff
from helpdesk.simulator.queues import Queues
from helpdesk.simulator.roster import Roster
from helpdesk.simulator.tickets import Tickets


@dataclass(frozen=True)
class History:
    """Changes of fields by ticket and time, arrays of one shape. `seq` counts within a ticket."""

    ticket: Ints
    field: Ints
    at: Ints
    seq: Ints
    value: Ints

    @classmethod
    def of(cls, changes: list[Change]) -> "History":
        """Sort the changes. Those of one field at one time keep the order of the list."""
        tickets = [np.flatnonzero(at < NEVER) for _, at, _ in changes]
        sizes = [len(ticket) for ticket in tickets]
        ticket = np.concatenate(tickets)
        field = np.repeat([field for field, _, _ in changes], sizes)
        rank = np.repeat(np.arange(len(changes)), sizes)
        at = np.concatenate([at[rows] for (_, at, _), rows in zip(changes, tickets, strict=True)])
        value = np.concatenate([v[rows] for (_, _, v), rows in zip(changes, tickets, strict=True)])
        order = np.lexsort((rank, field, at, ticket))
        ticket = ticket[order]
        seq = np.arange(len(ticket)) - np.searchsorted(ticket, ticket)
        return cls(ticket=ticket, field=field[order], at=at[order], seq=seq, value=value[order])

    def latest(self, field: int, tickets: int) -> Ints:
        """The last value of a field per ticket, shape (tickets,)."""
        latest = np.full(tickets, -1)
        rows = np.flatnonzero(self.field == field)
        latest[self.ticket[rows]] = self.value[rows]
        return latest

    def updated(self, tickets: int) -> Ints:
        """The time of the last change per ticket, shape (tickets,)."""
        updated = np.full(tickets, NEVER)
        updated[self.ticket] = self.at
        return updated


@dataclass(frozen=True)
class World:
    """A simulated desk. `steps` has the shape (tickets, STEPS)."""

    desk: Desk
    clock: Clock
    staff: Staff
    roster: Roster
    customers: Customers
    demand: Demand
    queues: Queues
    tickets: Tickets
    steps: Ints
    history: History

    @classmethod
    def draw(
        cls,
        desk: Desk,
        tickets: int,
        seed: int,
        until: datetime,
        incidents: tuple[Incident, ...],
    ) -> "World":
        desk = desk.staffed_for(tickets)
        clock = Clock.ending(until, seed)
        staff = Staff.draw(desk, clock, tickets)
        roster = Roster.draw(desk, clock, staff)
        customers = Customers.draw(desk, clock, tickets)
        demand = Demand.expected(clock, incidents, until)
        queues = Queues.flow(desk, clock, demand, roster)
        drawn = Tickets.draw(desk, clock, demand, customers, tickets)
        steps = draw_steps(desk, clock, queues, incidents, drawn)
        changes = status_changes(steps) + ownership_changes(desk, clock, roster, drawn, steps)
        return cls(
            desk=desk,
            clock=clock,
            staff=staff,
            roster=roster,
            customers=customers,
            demand=demand,
            queues=queues,
            tickets=drawn,
            steps=steps,
            history=History.of(changes),
        )
