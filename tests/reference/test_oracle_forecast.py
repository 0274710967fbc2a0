"""The forecast of the oracle, computed by hand, and its laws on made-up counts."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from .forecast import DAYS, FIGURES, _Figure, percentile

TODAY = date(2024, 6, 30)
WEEKS = {name: weeks for name, (_, weeks) in FIGURES.items()}


def figure(name: str, counts: dict[date, int], history: int) -> _Figure:
    return _Figure(name, counts, TODAY, history, WEEKS[name])


def steady(history: int) -> Counter[date]:
    """Two tickets on each date but Sundays."""
    days = (TODAY - timedelta(ago) for ago in range(1, history + 1))
    return Counter({day: 2 for day in days if day.isoweekday() < 7})


@pytest.mark.parametrize(("name", "least"), [("tickets_created", 133), ("tickets_open", 91)])
def test_a_forecast_needs_eight_past_ones(name: str, least: int) -> None:
    short = figure(name, steady(least - 1), least - 1)
    assert (len(short.origins), short.values(1)["value"]) == (7, None)
    enough = figure(name, steady(least), least).values(1)
    assert (enough["value"], enough["low_value"], enough["high_value"]) == (2, 2, 2)
    assert enough["error_share"] == enough["total_error_share"] == 0


def test_a_date_is_the_average_of_its_weekday_and_as_wide_as_past_errors() -> None:
    counts = steady(181)
    counts[date(2024, 5, 12)] = 4
    counts[TODAY] = 20
    sunday = figure("tickets_created", counts, 181).values(0)
    # One of eight Sundays had four. Of 52 past Sundays 36 were right, 12 off by 0.5 and 4 by 4.
    assert (sunday["value"], sunday["low_value"], sunday["high_value"]) == (0.5, 0, 1)
    assert sunday["mean_absolute_error"] == pytest.approx((12 * 0.5 + 4 * 4) / (13 * 28))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("seed", range(5))
def test_the_interval_holds_nine_of_ten_past_dates_of_its_kind(name: str, seed: int) -> None:
    chance = random.Random(seed)
    counts = Counter({TODAY - timedelta(ago): chance.randrange(30) for ago in range(1, 366)})
    one = figure(name, counts, 365)
    for ahead in range(DAYS):
        values = one.values(ahead)
        width = percentile(one.distances[one.group(ahead)])
        distances = one.distances[one.group(ahead)]
        assert sum(off <= width for off in distances) >= 0.9 * (len(distances) - 1)
        assert 0 <= values["low_value"] <= values["value"] <= values["high_value"]
