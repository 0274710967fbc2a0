"""A ticket with everything that is computed about it once and used by several marts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import rows
from .life import StatusInterval, status_intervals
from .records import Ticket, World
from .rows import MartRow
from .sla import Clock
from .standing import clocks


@dataclass(frozen=True)
class Life:
    """A ticket, its status intervals, and its rows in the facts."""

    ticket: Ticket
    intervals: Sequence[StatusInterval]
    row: MartRow
    status_interval_rows: Sequence[MartRow]
    message_rows: Sequence[MartRow]
    cycle_rows: Sequence[MartRow]
    clocks: Sequence[Clock]
    clock_rows: Sequence[MartRow]

    @property
    def is_counted(self) -> bool:
        """Merged, spam and deleted tickets leave the counts."""
        return not self.row["is_excluded"]


def life_of(world: World, ticket: Ticket) -> Life:
    intervals = status_intervals(world, ticket)
    of_ticket = clocks(world, ticket, intervals)
    return Life(
        ticket=ticket,
        intervals=intervals,
        row=rows.ticket_row(world, ticket, intervals),
        status_interval_rows=rows.status_interval_rows(world, ticket, intervals),
        message_rows=rows.message_rows(world, ticket),
        cycle_rows=rows.cycle_rows(world, ticket, intervals),
        clocks=of_ticket,
        clock_rows=rows.clock_rows(world, ticket, intervals, of_ticket),
    )
