"""The opening hours in which a clock counts, in whole epoch seconds."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from helpdesk.explain.find import Marts, Row
from helpdesk.explain.model import whole

# The schedule id of a target that counts in the schedule of each ticket.
OF_TICKET = "ticket"
HOURS = """
    select opened_at, closed_at, timezone
    from marts.dim_opening_hours
    where source_system = $1 and schedule_id = $2 and holidays_apply = $3 and closed_at > $4
    order by opened_at
"""


@dataclass(frozen=True)
class Hours:
    """Open times in order, none overlapping. Without a schedule every second is open."""

    schedule_id: str | None = None
    timezone: str | None = None
    open_times: tuple[tuple[int, int], ...] = ()

    def between(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open times within [start, end)."""
        if self.schedule_id is None:
            return [(start, end)] if start < end else []
        first = max(bisect_right(self.open_times, (start, start)) - 1, 0)
        cut = []
        for opened, closed in self.open_times[first:]:
            if opened >= end:
                break
            if closed > start:
                cut.append((max(opened, start), min(closed, end)))
        return cut

    def reached(self, start: int, seconds: int) -> int | None:
        """The earliest second after so many open seconds since `start`; None if never."""
        if self.schedule_id is None or seconds <= 0:
            return start + max(seconds, 0)
        for opened, closed in self.between(start, self.open_times[-1][1] if self.open_times else 0):
            if seconds <= closed - opened:
                return opened + seconds
            seconds -= closed - opened
        return None


@dataclass(frozen=True)
class OwnSchedule:
    """The ticket's schedule, or none, from `start` until before `end`."""

    schedule_id: str | None
    start: int
    end: int


def is_in_own_schedule(clock: Row) -> bool:
    """Whether a clock may count in the schedule that the ticket has at each moment."""
    named = OF_TICKET in (clock["schedule_id"], clock["target_schedule_id"])
    return bool(clock.get("is_in_ticket_schedule")) or named


def hours_of(
    marts: Marts, clock: Row, own: tuple[OwnSchedule, ...], decided_at: datetime
) -> Iterator[Hours]:
    """The hours in which a clock may count: those of the ticket's schedules, those of its own."""
    if is_in_own_schedule(clock):
        yield _own_hours(marts, clock, own, whole(decided_at))
    schedule_id = clock["schedule_id"]
    if schedule_id != OF_TICKET:
        yield Hours(schedule_id, *_times(marts, clock, schedule_id)) if schedule_id else Hours()


def _own_hours(marts: Marts, clock: Row, own: tuple[OwnSchedule, ...], decided: int) -> Hours:
    """Hours of the ticket's schedules, without those that began after the clock was decided."""
    known = [each for each in own if each.start <= decided]
    times: list[tuple[int, int]] = []
    zones: list[str | None] = []
    for place, each in enumerate(known, 1):
        end = own[-1].end if place == len(known) else each.end
        if each.schedule_id is None:
            times.append((each.start, end))
            continue
        zone, open_times = _times(marts, clock, each.schedule_id)
        zones.append(zone)
        times += Hours(each.schedule_id, zone, open_times).between(each.start, end)
    return Hours(OF_TICKET, zones[0] if len(set(zones)) == 1 else None, tuple(times))


def _times(
    marts: Marts, clock: Row, schedule_id: str
) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """The zone and the open times of a schedule from the clock's start on."""
    # For a clock that now runs around the clock, the target has the value.
    holidays_apply = clock["holidays_apply"]
    if holidays_apply is None:
        holidays_apply = clock["target_holidays_apply"]
    found = marts.rows(
        HOURS,
        clock["source_system"],
        schedule_id,
        holidays_apply is not False,
        clock["started_at"].replace(tzinfo=None),
    )
    times = tuple((whole(row["opened_at"]), whole(row["closed_at"])) for row in found)
    return (found[0]["timezone"] if found else None), times
