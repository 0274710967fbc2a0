"""Dates of the report time zone: their start, and the time that today is compared with.

Rulings, where the rules leave a choice:

* **A local date begins** at its 00:00 by the offset of the day before: where the zone's clock comes to
  it first, though it may show that midnight again an hour later. A date that the zone skips begins
  with the next one and has no length.
* **The comparison time** is as_of's wall time, fractions and all, on the date before, read as
  business time reads wall times: of the two readings the later instant counts. Example for Europe/Berlin: as_of 2024-03-31 12:00+02:00 is compared with 2024-03-30
  12:00+01:00, 23 hours before; as_of 2024-04-01 02:30+02:00 with 02:30 of a day that skipped it,
  which means 03:30+02:00.
* **Today at a time** has the events up to it on its own report date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .records import World

ONE_DAY = timedelta(days=1)


def report_date(world: World, instant: datetime | None) -> date | None:
    """The date of an instant, null for none."""
    return None if instant is None else date_of(world, instant)


def date_of(world: World, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(world.settings.report_timezone)).date()


def day_start(world: World, day: date) -> datetime:
    """The instant at which a date of the report time zone begins."""
    midnight = datetime(
        day.year, day.month, day.day, tzinfo=ZoneInfo(world.settings.report_timezone)
    )
    return midnight.astimezone(UTC)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every calendar date from `first` to `last`, both included."""
    while first <= last:
        yield first
        first += ONE_DAY


def comparison_moment(world: World, days: int = 1) -> datetime:
    """The same local clock time on the date before as_of's, or some days before."""
    zone = ZoneInfo(world.settings.report_timezone)
    wall = world.as_of.astimezone(zone).replace(tzinfo=None) - days * ONE_DAY
    return wall_moment(world, wall)


def wall_moment(world: World, wall: datetime) -> datetime:
    """The later of the two readings of a local clock time."""
    zone = ZoneInfo(world.settings.report_timezone)
    readings = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings)


def is_today(
    world: World, instant: datetime | None, moment: datetime, day: date | None = None
) -> bool:
    """Whether an instant lies on a date, by default the moment's, and not after the moment."""
    if instant is None or instant > moment:
        return False
    return date_of(world, instant) == (day or date_of(world, moment))
