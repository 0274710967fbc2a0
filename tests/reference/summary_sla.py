"""The summary page's SLA progress: clocks by their status at a time m.

Computed for m = as_of and for the comparison time, for every clock of every counted ticket:

1. The ticket is cut at m: its messages sent up to m; its status intervals entered up to m, the last of
   them current. A ticket created after m has no clocks. Nothing that came after m (a response, a
   close, a reopen, the end of a pause) has an effect.
2. The clocks of the cut ticket, by the rules of `sla`: first_response from created_at, ended by the
   first response by m, or cancelled if the ticket is closed at m without one; next_response for each
   response cycle opened by m after the first response, ended by its response or cancelled by its
   close by m; time_to_close ended at the start of the closed run that the ticket is in at m, if it
   is. A cycle that waits at m on a ticket closed at m is cancelled at the later of its opening and
   that close. So a clock that ended after m runs at m, if its ticket is open at m; and any clock that
   a reopen after m revived is ended at m.
3. The target (policy, goal, due-soon seconds, schedule, holidays switch) is not chosen again: it is
   the one that the same clock (ticket, metric, occurrence) has as of as_of, where it is chosen as of
   its end by as_of or as of as_of. A clock without a target there is not counted.
4. Running parts: the parts of [started_at, end at m, or m] spent in intervals that are not closed and
   that the target's policy does not pause on. Elapsed: working seconds of the
   target's schedule in them. Due: the earliest second at which elapsed reaches the goal; if it is not
   reached by m and the clock runs, as if it ran on from m; null if the clock is paused at m before
   its goal or the calendar ends first.
5. State of a clock that runs at m: `overdue` if due is a second before floor(m); else `paused` if the
   interval at m pauses the clock; else `due_soon` if the target has due-soon seconds and goal - elapsed is at
   most those; else `active`. Of one that has ended at m: `completed` if it ended on m's report date,
   on time or late; cancelled clocks, and those that ended on another date, are in no state.

One row for each state of each metric that has any clock, 0 where there is none; `n` is the count too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from .lives import Life
from .records import World
from .rows import MartRow
from .sla import RUNNING, ran_on_the_day
from .standing import clocks_at
from .summary import Facts, compared, count, moments

METRICS = (
    "first_response",
    "next_response",
    "time_to_close",
    "requester_wait",
    "agent_work",
    "periodic_update",
    "pausable_update",
)
STATES = (*RUNNING, "completed")
COMPLETED = ("completed_on_time", "completed_late")


def sla_rows(facts: Facts) -> list[MartRow]:
    at = moments(facts.world)
    now = counted(facts.world, facts.lives, at["as_of"])
    then = counted(facts.world, facts.lives, at["comparison_as_of"])
    clocked = {clock["metric"] for life in facts.lives for clock in life.clock_rows}
    return [
        {
            "metric": metric,
            "state": state,
            "unit": "count",
            **compared(count(now[metric, state]), count(then[metric, state])),
            **at,
        }
        for metric in METRICS
        if metric in clocked
        for state in STATES
    ]


def counted(world: World, lives: Sequence[Life], moment: datetime) -> Counter[tuple[str, str]]:
    """The number of clocks by metric and state."""
    return Counter(standing for life in lives for standing in states(world, life, moment))


def states(world: World, life: Life, moment: datetime) -> Iterator[tuple[str, str]]:
    """The metric and state of each clock of a ticket that is in one at the moment."""
    for clock in clocks_at(world, life.ticket, life.intervals, moment):
        if clock.status in RUNNING:
            yield clock.run.metric, clock.status
        elif clock.status in COMPLETED and ran_on_the_day(world, clock, moment):
            yield clock.run.metric, "completed"
