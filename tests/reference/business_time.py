"""Business time: a schedule's open seconds, forwards and backwards.

Instants are whole epoch seconds (int): every rule that needs business time counts whole seconds.

Rulings, where the rules leave a choice:

* **Windows become UTC by their ends.** Both ends of a window are wall times on the window's own
  date and are converted one by one; the time between them is open. A wall time that the clock
  shows twice means the *second* time; one that it skips is read with the offset *before* the
  change. Said once: of the two readings of a wall time the later instant counts (DuckDB's
  `timezone(zone, wall)` does the same). Examples for Europe/Berlin: on 2024-03-31 the wall time
  02:30 is skipped and means 01:30Z, so a window 01:00-02:30 has 90 minutes and 02:30-04:00 has
  30; on 2024-10-27 02:30 means 01:30Z (the second one), so 01:00-02:30 has 150 minutes.
* **A local day** runs from its 00:00 to the next date's 00:00, both converted as above. Where
  00:00 occurs twice (America/Havana, 2024-11-03) it begins at the second one. A date that the
  zone skips (Pacific/Apia, 2011-12-30) is empty: its windows have no length.
* **A window past midnight** belongs to the date on which it opens: that date's weekday and that
  date's schedule version decide. A version that begins the next day does not cut it. Example: the
  version of Wednesday 2024-05-01 has no windows; Tuesday's 22:00-30:00 still runs to Wednesday
  06:00.
* **Holidays close whole local days**, whichever date the window opened on: Tuesday's 22:00-30:00
  with a holiday on Wednesday ends at midnight; with a holiday on Tuesday only Wednesday's
  00:00-06:00 is open. The local days are those of the window's zone. `end_date` is included.
* **Before the first version** of a schedule that has none without a date, it is closed.
* **A schedule id without business hours** counts as no schedule: 24x7.
* **The calendar** covers the local dates from two days before the year of the earliest event to
  31 December of the third year after as_of's. 24x7 has no end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 24 * 60
ONE_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_SECOND = timedelta(seconds=1)


def epoch(instant: datetime) -> int:
    """Whole seconds since 1970-01-01Z, rounded down."""
    return (instant - EPOCH) // ONE_SECOND


def instant_at(seconds: int) -> datetime:
    """The UTC instant of an epoch second."""
    return EPOCH + timedelta(seconds=seconds)


@lru_cache(maxsize=200_000)
def wall_to_epoch(zone: str, day: date, minute: int) -> int:
    """The epoch second of the wall time `minute` minutes after 00:00 of `day`, past 24:00 too."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    readings = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return max(epoch(reading.astimezone(UTC)) for reading in readings)


@dataclass(frozen=True)
class Window:
    """Opening minutes [start, end) after 00:00 of each date on `weekday` (1 = Monday .. 7)."""

    weekday: int
    start_minute: int
    end_minute: int
    zone: str


@dataclass(frozen=True)
class Schedule:
    """`versions`: windows by the local date of their start; date.min without one."""

    versions: dict[date, list[Window]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def windows_on(self, day: date) -> list[Window]:
        """The windows that open on this local date."""
        begun = [valid_from for valid_from in self.versions if valid_from <= day]
        if not begun:
            return []
        return [w for w in self.versions[max(begun)] if w.weekday == day.isoweekday()]


class AlwaysOpen:
    """24x7: every second is open."""

    def open_seconds(self, start: int, end: int) -> int:
        """Open seconds in [start, end)."""
        return end - start

    def after(self, start: int, needed: int) -> int | None:
        """The earliest epoch second at which `needed` open seconds have passed since `start`."""
        return start + needed


class OpenHours:
    """The same for a schedule, over a calendar of local dates."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Intervals [start, end) in epoch seconds, in any order; overlaps count once."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(intervals):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)
        self.opened = [0]
        for start, end in zip(self.starts, self.ends, strict=True):
            self.opened.append(self.opened[-1] + end - start)

    def open_before(self, instant: int) -> int:
        """B(s, t): the open seconds before an instant, since the calendar's first day."""
        begun = bisect_right(self.starts, instant)
        if begun == 0:
            return 0
        return self.opened[begun] - max(0, self.ends[begun - 1] - instant)

    def open_seconds(self, start: int, end: int) -> int:
        """B(end) - B(start)."""
        return self.open_before(end) - self.open_before(start)

    def after(self, start: int, needed: int) -> int | None:
        """The earliest epoch second at which `needed` open seconds have passed since `start`.

        At once where none are needed. A goal reached at closing time is due at closing time, not
        at the next opening. None where the calendar ends first.
        """
        if needed <= 0:
            return start
        total = self.open_before(start) + needed
        reached = bisect_left(self.opened, total)
        if reached == len(self.opened):
            return None
        return self.ends[reached - 1] - (self.opened[reached] - total)


Hours = AlwaysOpen | OpenHours


def parts_by_day(day: date, window: Window) -> Iterator[tuple[date, int, int]]:
    """A window cut at local midnights: (local day, start, end), in minutes after `day`'s 00:00."""
    for days_on in range(3):
        midnight = days_on * MINUTES_PER_DAY
        start = max(window.start_minute, midnight)
        end = min(window.end_minute, midnight + MINUTES_PER_DAY)
        if start < end:
            yield day + days_on * ONE_DAY, start, end


@dataclass(frozen=True)
class Opening:
    """A part of a window within one local day of the window's zone; ends in epoch seconds."""

    zone: str
    local_day: date
    start: int
    end: int


def openings(
    schedule: Schedule, first: date, last: date, holidays_apply: bool
) -> Iterator[Opening]:
    """The parts of every window that opens on a local date from `first` to `last`."""
    day = first
    while day <= last:
        for window in schedule.windows_on(day):
            for local_day, start_minute, end_minute in parts_by_day(day, window):
                if holidays_apply and local_day in schedule.holidays:
                    continue
                day_start = wall_to_epoch(window.zone, local_day, 0)
                day_end = wall_to_epoch(window.zone, local_day + ONE_DAY, 0)
                start = max(wall_to_epoch(window.zone, day, start_minute), day_start)
                end = min(wall_to_epoch(window.zone, day, end_minute), day_end)
                if start < end:
                    yield Opening(window.zone, local_day, start, end)
        day += ONE_DAY


def open_intervals(
    schedule: Schedule, first: date, last: date, holidays_apply: bool
) -> Iterator[tuple[int, int]]:
    """The intervals of every window that opens on a local date from `first` to `last`."""
    for opening in openings(schedule, first, last, holidays_apply):
        yield opening.start, opening.end


class Calendar:
    """Every schedule of a desk, worked out once for the years that a build can need."""

    def __init__(
        self, schedules: dict[str, Schedule], earliest_event: datetime, as_of: datetime
    ) -> None:
        self._schedules = schedules
        self._first = date(earliest_event.year, 1, 1) - 2 * ONE_DAY
        self._last = date(as_of.year + 3, 12, 31)
        self._hours: dict[tuple[str, bool], OpenHours] = {}

    @property
    def schedule_ids(self) -> list[str]:
        """The schedules that have business hours."""
        return list(self._schedules)

    def openings(self, schedule_id: str, holidays_apply: bool) -> list[Opening]:
        """The parts of a schedule's windows, uncut by each other where they overlap."""
        schedule = self._schedules[schedule_id]
        return list(openings(schedule, self._first, self._last, holidays_apply))

    def hours(self, schedule_id: str | None, holidays_apply: bool = True) -> Hours:
        """The open hours of a schedule; 24x7 without one."""
        if schedule_id is None or schedule_id not in self._schedules:
            return AlwaysOpen()
        key = (schedule_id, holidays_apply)
        if key not in self._hours:
            schedule = self._schedules[schedule_id]
            self._hours[key] = OpenHours(
                open_intervals(schedule, self._first, self._last, holidays_apply)
            )
        return self._hours[key]
