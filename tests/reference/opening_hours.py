"""The opening hours of each schedule, as `dim_opening_hours` must have them.

The mart has a row for each schedule, with its holidays and without them (`holidays_apply`), local
date and open interval: cut at local midnights, overlapping windows merged. The mart can
cut neighbouring rows in any way. Two queries that do not depend on it compare it (see `compare`):

* `opening_hours_merged`: the longest open intervals, neighbours joined. They are B(s, t).
* `opening_hours_by_date`: the open seconds of each local date. Only of schedules whose openings lie in
  one time zone: where a version changes the zone, a time can have two local dates.

Both cover the whole calendar (see `business_time`): the windows that open from two days before the
year of the earliest event to 31 December of the third year after as_of's.
"""

from __future__ import annotations

from datetime import date

from .business_time import OpenHours, Opening, instant_at
from .records import World
from .rows import SOURCE, MartRow

WITH_AND_WITHOUT_HOLIDAYS = (True, False)


def merged_rows(world: World) -> list[MartRow]:
    """Every open interval that touches no other."""
    rows = []
    for schedule_id in world.calendar.schedule_ids:
        for holidays_apply in WITH_AND_WITHOUT_HOLIDAYS:
            hours = world.calendar.hours(schedule_id, holidays_apply)
            assert isinstance(hours, OpenHours)
            for start, end in zip(hours.starts, hours.ends, strict=True):
                rows.append(
                    {
                        **schedule_columns(schedule_id, holidays_apply),
                        "opened_at": instant_at(start),
                        "closed_at": instant_at(end),
                        "open_seconds": end - start,
                    }
                )
    return rows


def rows_by_date(world: World) -> list[MartRow]:
    """The open seconds of each local date, of the schedules of one time zone."""
    rows = []
    for schedule_id in world.calendar.schedule_ids:
        for holidays_apply in WITH_AND_WITHOUT_HOLIDAYS:
            openings = world.calendar.openings(schedule_id, holidays_apply)
            if len({opening.zone for opening in openings}) == 1:
                rows += [
                    {
                        **schedule_columns(schedule_id, holidays_apply),
                        "timezone": openings[0].zone,
                        "local_date": local_day,
                        "open_seconds": seconds,
                        "is_sound": True,
                    }
                    for local_day, seconds in seconds_by_date(openings).items()
                ]
    return rows


def seconds_by_date(openings: list[Opening]) -> dict[date, int]:
    """Overlapping windows count once."""
    by_date: dict[date, list[tuple[int, int]]] = {}
    for opening in openings:
        by_date.setdefault(opening.local_day, []).append((opening.start, opening.end))
    return {day: OpenHours(of_day).opened[-1] for day, of_day in by_date.items()}


def schedule_columns(schedule_id: str, holidays_apply: bool) -> MartRow:
    return {
        "schedule_key": f"{SOURCE}:{schedule_id}",
        "schedule_id": schedule_id,
        "source_system": SOURCE,
        "holidays_apply": holidays_apply,
    }
