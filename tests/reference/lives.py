"""A ticket with everything that is worked out about it once and read by several marts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import rows
from .life import Spell, status_spells
from .records import Ticket, World
from .rows import MartRow
from .sla import clocks


@dataclass(frozen=True)
class Life:
    """A ticket, its status spells, and its rows in the facts."""

    ticket: Ticket
    spells: Sequence[Spell]
    row: MartRow
    spell_rows: Sequence[MartRow]
    message_rows: Sequence[MartRow]
    cycle_rows: Sequence[MartRow]
    clock_rows: Sequence[MartRow]

    @property
    def is_counted(self) -> bool:
        """Merged, spam and deleted tickets leave the counts."""
        return not self.row["is_excluded"]


def life_of(world: World, ticket: Ticket) -> Life:
    spells = status_spells(world, ticket)
    return Life(
        ticket=ticket,
        spells=spells,
        row=rows.ticket_row(world, ticket, spells),
        spell_rows=rows.spell_rows(world, ticket, spells),
        message_rows=rows.message_rows(world, ticket),
        cycle_rows=rows.cycle_rows(world, ticket, spells),
        clock_rows=rows.clock_rows(world, ticket, clocks(world, ticket, spells)),
    )


def spells_until(spells: Sequence[Spell], moment: datetime) -> list[Spell]:
    """A ticket's spells as they stood at a moment; none before its creation.

    The spells are those known at as_of: a first status that was recorded after the moment is
    carried back to it.
    """
    begun = [spell for spell in spells if spell.entered_at <= moment]
    return [*begun[:-1], replace(begun[-1], left_at=None)] if begun else []
