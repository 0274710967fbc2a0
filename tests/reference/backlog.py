"""The backlog of each date: the tickets open at its end, with their owners and ages.

Rulings, where the rules leave a choice:

* **The end of a date** is the time at which the next one begins (see `days`); the state just before it
  counts. A ticket created, closed or reassigned exactly then changes from the next date on. The date of
  as_of ends at as_of, and events at as_of count.
* **Properties** are those just before the end, by history (the first value also counts before its change). Without a
  team the ticket has the primary team of its owner at that time. The company is the ticket row's.
* **Every calendar date** has an end. A date that the zone skips ends with the date before it.
* **Age** runs from created_at to the end, also for a reopened ticket: it is as old as if it
  had stayed open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from .days import ONE_DAY, date_of, day_start, days_between
from .life import StatusInterval, duration, property_at, team_at
from .lives import Life
from .records import Ticket, World
from .rows import MartRow, key
from .totals import DIMENSIONS, Totals

# A microsecond is the finest instant that there is: one before the end is just before it.
JUST_BEFORE = timedelta(microseconds=1)
BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "age_under_1_day_count": (0, 86_400),
    "age_1_to_3_days_count": (86_400, 259_200),
    "age_3_to_7_days_count": (259_200, 604_800),
    "age_7_to_30_days_count": (604_800, 2_592_000),
    "age_over_30_days_count": (2_592_000, None),
}
MEASURES = ("open_ticket_count", "age_seconds", *BOUNDS)
FACT_GRAIN = ("backlog_date", *DIMENSIONS, "priority")
REPORT_GRAIN = ("report_date", *DIMENSIONS)


def backlog_rows(world: World, lives: Sequence[Life]) -> tuple[list[MartRow], list[MartRow]]:
    """The rows of the fact, and of the report without the priority."""
    fact, report = Totals(FACT_GRAIN, MEASURES), Totals(REPORT_GRAIN, MEASURES)
    for life in lives:
        if not life.is_counted:
            continue
        ticket = life.ticket
        for day, end, seen_at in open_ends(world, life.intervals, ticket.created_at):
            row = {
                "backlog_date": day,
                "report_date": day,
                **owners(world, ticket, seen_at),
                "company_key": life.row["company_key"],
            }
            measures = aged(duration(ticket.created_at, end))
            fact.add(row, measures)
            report.add(row, measures)
    return fact.rows(), report.rows()


def open_ends(
    world: World, intervals: Sequence[StatusInterval], created_at: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """The dates at whose end a ticket was open: date, end, the last instant that counts."""
    today = date_of(world, world.as_of)
    for day in days_between(date_of(world, created_at), today):
        end = world.as_of if day == today else day_start(world, day + ONE_DAY)
        seen_at = end if day == today else end - JUST_BEFORE
        begun = [interval for interval in intervals if interval.entered_at <= seen_at]
        if begun and is_open(begun[-1], seen_at):
            yield day, end, seen_at


def is_open(interval: StatusInterval, instant: datetime) -> bool:
    """Whether the ticket was open at an instant of the interval; not if it closed at an unknown time."""
    if not interval.is_closed:
        return True
    return interval.closed_from is not None and interval.closed_from > instant


def owners(world: World, ticket: Ticket, instant: datetime) -> MartRow:
    account = property_at(ticket, "channel_account", instant)
    return {
        "agent_key": key(world, "agents", property_at(ticket, "agent", instant)),
        "team_key": key(world, "teams", team_at(world, ticket, instant)),
        "channel_account_key": key(world, "channel_accounts", account),
        "pipeline_key": key(world, "pipelines", property_at(ticket, "pipeline", instant)),
        "priority": property_at(ticket, "priority", instant),
    }


def aged(seconds: int) -> MartRow:
    """What one ticket of this age adds."""
    counts = {
        name: low <= seconds and (high is None or seconds < high)
        for name, (low, high) in BOUNDS.items()
    }
    return {"open_ticket_count": 1, "age_seconds": seconds, **counts}
