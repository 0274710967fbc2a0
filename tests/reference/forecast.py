"""The forecast of tickets created and of the backlog, with the errors of past forecasts.

Rulings, where the rules leave a choice:

* **History** has the whole dates from that of the first counted ticket to the one before as_of's.
* **A forecast** from an origin has 28 dates, the origin's own first. A date's value is the average of the same
  weekday in the weeks before the origin: eight for tickets created, two for tickets open at the end of a date.
* **Past origins** lie whole weeks before today: 4 to 16, of those that have all of their weeks in the history.
  Fewer than eight give no forecast.
* **The interval** is the value, more and less the 90th percentile (interpolated) of the distances of the past
  forecasts: of the same weekday for tickets created, of the same week ahead for tickets open. It ends at 0.
* **Errors** are those of all past forecasts together, as a share of all that came: of single dates, and of the sums of
  28 dates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import mean

from .days import date_of
from .records import World
from .rows import MartRow

DAYS, FIRST_ORIGIN, LAST_ORIGIN, LEAST_ORIGINS = 28, 4, 16, 8
FIGURES = {"tickets_created": ("R1", 8), "tickets_open": ("A7", 2)}


def forecast_rows(
    world: World, tickets: Sequence[MartRow], backlog: Sequence[MartRow]
) -> list[MartRow]:
    """The rows of rpt_forecast, of the counted tickets and the rows of the backlog."""
    today = date_of(world, world.as_of)
    created = Counter(row["created_date"] for row in tickets)
    open_at: Counter[date] = Counter()
    for row in backlog:
        open_at[row["backlog_date"]] += row["open_ticket_count"]
    history = (today - min(created, default=today)).days
    rows = []
    for position, (figure, (report, weeks)) in enumerate(FIGURES.items(), start=1):
        counts = created if figure == "tickets_created" else open_at
        one = _Figure(figure, counts, today, history, weeks)
        for ahead in range(DAYS):
            rows.append(
                {
                    "figure": figure,
                    "position": position,
                    "report_id": report,
                    "forecast_date": today + timedelta(ahead),
                    "days_ahead": ahead,
                    **one.values(ahead),
                    "origin_count": len(one.origins),
                    "history_days": history,
                    "least_history_days": 7 * (weeks + FIRST_ORIGIN + LEAST_ORIGINS - 1),
                    "as_of": world.as_of,
                }
            )
    return rows


class _Figure:
    """One figure with its past forecasts."""

    def __init__(
        self, name: str, counts: Mapping[date, int], today: date, history: int, weeks: int
    ) -> None:
        self.name, self.counts, self.today, self.weeks = name, counts, today, weeks
        self.origins = [
            today - timedelta(7 * back)
            for back in range(FIRST_ORIGIN, LAST_ORIGIN + 1)
            if 7 * (back + weeks) <= history
        ]
        self.distances: dict[int, list[float]] = defaultdict(list)
        self.sums: list[tuple[float, int, float]] = []
        for origin in self.origins:
            expected = [self.expected(origin, ahead) for ahead in range(DAYS)]
            came = [counts.get(origin + timedelta(ahead), 0) for ahead in range(DAYS)]
            off = [abs(one - other) for one, other in zip(expected, came, strict=True)]
            self.sums.append((sum(expected), sum(came), sum(off)))
            for ahead, distance in enumerate(off):
                self.distances[self.group(ahead)].append(distance)

    def expected(self, origin: date, ahead: int) -> float:
        """The average of the same weekday in the weeks before the origin."""
        day = origin + timedelta(ahead % 7)
        weeks = range(1, self.weeks + 1)
        return mean(self.counts.get(day - timedelta(7 * week), 0) for week in weeks)

    def group(self, ahead: int) -> int:
        return ahead % 7 if self.name == "tickets_created" else ahead // 7

    def values(self, ahead: int) -> dict[str, float | None]:
        names = ("value", "low_value", "high_value", "mean_absolute_error", "error_share",
                 "total_error_share")  # fmt: skip
        if len(self.origins) < LEAST_ORIGINS:
            return dict.fromkeys(names)
        value, width = (
            self.expected(self.today, ahead),
            percentile(self.distances[self.group(ahead)]),
        )
        came = sum(came for _, came, _ in self.sums)
        off = sum(off for _, _, off in self.sums)
        of_sums = sum(abs(expected - came) for expected, came, _ in self.sums)
        measured = (
            off / (DAYS * len(self.origins)),
            off / came if came else None,
            of_sums / came if came else None,
        )
        return dict(
            zip(names, (value, max(value - width, 0), value + width, *measured), strict=True)
        )


def percentile(values: Sequence[float]) -> float:
    """The 90th percentile, interpolated between the values next to it."""
    ordered = sorted(values)
    place = 0.9 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
