"""The clocks of a ticket, computed ones and those that the help desk stored, as of any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from . import sla
from .life import StatusInterval, closed_at, closes, intervals_until
from .records import Ticket, World
from .reported import kept_clocks
from .sla import Clock


def clocks(world: World, ticket: Ticket, intervals: Sequence[StatusInterval]) -> list[Clock]:
    """Every SLA clock of a ticket at as_of.

    A kept clock has a status at its first close only where that is its only one.
    """
    kept = kept_clocks(ticket, intervals, world.as_of, world.targeted_metrics)
    is_only = closes(intervals)[:1] == [closed_at(intervals)]
    return [
        *sla.clocks(world, ticket, intervals),
        *(
            replace(clock, status_at_first_close=clock.status)
            if is_only and clock.run.metric == "time_to_close"
            else clock
            for clock in kept
        ),
    ]


def clocks_at(
    world: World, ticket: Ticket, intervals: Sequence[StatusInterval], moment: datetime
) -> list[Clock]:
    """Every SLA clock of a ticket as it was at a time."""
    begun = intervals_until(intervals, moment)
    if not begun:
        return []
    sent = [message for message in ticket.messages if message.sent_at <= moment]
    cut = replace(ticket, messages=sent)
    is_past = moment < world.as_of
    # A clock that the help desk removed later does not count, nor does one that has lost its target.
    left = {
        _name(one) for one in kept_clocks(ticket, intervals, world.as_of, world.targeted_metrics)
    }
    kept = kept_clocks(cut, begun, moment, world.targeted_metrics, is_past)
    return [
        *sla.clocks_at(world, ticket, intervals, moment),
        *(clock for clock in kept if _name(clock) in left),
    ]


def _name(clock: Clock) -> tuple[str, int]:
    return clock.run.metric, clock.run.occurrence
