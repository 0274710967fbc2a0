"""The team's day by hour, and the open tickets by age.

Rulings, where the rules leave a choice:

* **A time on the clock** is a full hour, 0 to 24, or that of as_of. On a date it means the instant at which
  the clock shows it, read as the comparison time is (see `days`); 0 and 24 are the start and end of the
  date. A figure at it counts what happened on that date up to and including that instant; open tickets are
  those open then.
* **Today** has figures up to as_of, **yesterday** of the whole date. At as_of's own clock time they are
  those of the team.
* **Usual** is the median over the same weekday of the twelve weeks before, of those dates that have the
  figure and are not before that of the first counted ticket; null if they are fewer than six.
* **Age** runs from created_at, as in the backlog, whose ranges it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from .backlog import BOUNDS, aged
from .days import ONE_DAY, comparison_moment, date_of, day_start, wall_moment
from .life import duration
from .records import World
from .rows import MartRow
from .summary import Facts, Figure, compared, count, is_open, moments, team_figures

WEEKS, LEAST = 12, 6
HOUR = 3600
# A time on the clock: its seconds, and whether it is that of as_of.
ClockTime = tuple[int, bool]


def hour_rows(facts: Facts) -> list[MartRow]:
    world = facts.world
    today, yesterday = day_figures(facts, 0), day_figures(facts, 1)
    first = min((date_of(world, life.ticket.created_at) for life in facts.lives), default=date.max)
    weeks = [
        day_figures(facts, 7 * week)
        for week in range(1, WEEKS + 1)
        if date_of(world, comparison_moment(world, 7 * week)) >= first
    ]
    rows = []
    for clock_time, figures in yesterday.items():
        for position, (figure, (unit, (before, _))) in enumerate(figures.items(), start=1):
            known = [week[clock_time][figure][1][0] for week in weeks]
            values = [value for value in known if value is not None]
            now = today.get(clock_time)
            rows.append(
                {
                    "figure": figure,
                    "position": position,
                    "unit": unit,
                    "clock_seconds": clock_time[0],
                    "is_as_of": clock_time[1],
                    "value": now[figure][1][0] if now else None,
                    "comparison_value": before,
                    "usual_value": median(values) if len(values) >= LEAST else None,
                    "usual_n": len(values),
                    "as_of": world.as_of,
                }
            )
    return rows


def day_figures(facts: Facts, days: int) -> dict[ClockTime, dict[str, tuple[str, Figure]]]:
    """The team's figures at each time on the clock, up to as_of, some days before as_of's date."""
    world = facts.world
    reached = world.as_of if days == 0 else comparison_moment(world, days)
    day = date_of(world, reached)
    return {
        clock_time: team_figures(facts, moment, day)
        for clock_time, moment in clock_times(world, day, reached)
        if moment <= world.as_of
    }


def clock_times(world: World, day: date, reached: datetime) -> Iterator[tuple[ClockTime, datetime]]:
    midnight = datetime.combine(day, time())
    yield (0, False), day_start(world, day)
    for hour in range(1, 24):
        yield (HOUR * hour, False), wall_moment(world, midnight + timedelta(hours=hour))
    yield (24 * HOUR, False), day_start(world, day + ONE_DAY)
    shown = world.as_of.astimezone(ZoneInfo(world.settings.report_timezone))
    yield (HOUR * shown.hour + 60 * shown.minute + shown.second, True), reached


def age_rows(facts: Facts) -> list[MartRow]:
    at = moments(facts.world)
    now, then = (ages(facts, at[name]) for name in ("as_of", "comparison_as_of"))
    return [
        {
            "age": name.removesuffix("_count"),
            "position": position,
            "unit": "count",
            **compared(count(now[name]), count(then[name])),
            **at,
        }
        for position, name in enumerate(BOUNDS, start=1)
    ]


def ages(facts: Facts, moment: datetime) -> dict[str, int]:
    """The number of open tickets in each range of ages."""
    counts = [
        aged(duration(life.ticket.created_at, moment))
        for life in facts.lives
        if is_open(life, moment)
    ]
    return {name: sum(one[name] for one in counts) for name in BOUNDS}
