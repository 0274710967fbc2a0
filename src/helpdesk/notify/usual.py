"""The usual range of a day, by the rules of insights (docs/metrics/insights.md)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

# Those of the macro insight_rules; a test compares them.
RULES = {
    "history_weeks": 12,
    "count_score": 5.0,
    "mean_score": 7.0,
    "day_relative": 0.5,
    "day_points": 0.1,
    "least_day_n": 5,
    "least_count": 10,
    "least_points": 6,
}
WEEK = 7
DAYS = WEEK * int(RULES["history_weeks"])
# The median deviation of normal noise, times this, is its standard deviation.
SPREAD = 1.4826
# Shares of equal rows have no spread, and chance gives counts and shares one of 1 on their scales.
CHANCE = ("count", "percent")
SHARES = ("percent", "points")


@dataclass(frozen=True)
class Day:
    """A day compared with the same weekdays: its value, the usual one, and the distance.

    `score` is in units of the usual spread; None where there is none.
    """

    value: float
    n: float
    usual: float
    score: float | None
    is_unusual: bool


def unusual_day(
    amounts: Mapping[int, float],
    of: Mapping[int, float] | None,
    format: str,
    number: int = 0,
) -> Day | None:
    """The day `number` days before the last that is over, among the twelve weeks to the latter.

    `amounts` are sums by days before it, `of` the denominators of an average or a share. None
    where the day, or too few of its weekdays, have enough rows.
    """
    known = max([*amounts, *(of or {})], default=-1)
    found: dict[int, tuple[float, float, float, float]] = {}
    for day in range(min(known, DAYS - 1) + 1):
        point = _scaled(amounts.get(day, 0), of.get(day, 0) if of is not None else None, format)
        if point:
            found[day] = point
    if number not in found:
        return None
    centres = {
        season: median(one[2] for day, one in found.items() if day % WEEK == season)
        for season in {day % WEEK for day in found}
    }
    spread = SPREAD * median(
        abs(one[2] - centres[day % WEEK]) * one[3] for day, one in found.items()
    )
    spread = max(spread, 1) if format in CHANCE else spread
    season = [one for day, one in found.items() if day % WEEK == number % WEEK]
    value, n, scaled, weight = found[number]
    usual = median(one[0] for one in season)
    score = (scaled - centres[number % WEEK]) * weight / spread if spread else None
    far = score is not None and abs(score) >= _least_score(format)
    is_unusual = (
        far
        and len(season) >= RULES["least_points"]
        and abs(value - usual) >= _least_difference(usual, format, of is not None)
    )
    return Day(value, n, usual, score, is_unusual)


def _least_score(format: str) -> float:
    return RULES["count_score"] if format in CHANCE else RULES["mean_score"]


def _scaled(
    amount: float, of: float | None, format: str
) -> tuple[float, float, float, float] | None:
    """Value, n, the value on a scale of even noise, and the weight of the noise there."""
    if of is None:
        return amount, amount, 2 * math.sqrt(max(amount, 0) + 0.375), 1
    if of < RULES["least_day_n"]:
        return None
    value = amount / of
    scaled = value
    if format == "percent":
        scaled = 2 * math.asin(math.sqrt(min(max(value, 0), 1)))
    elif format == "duration":
        scaled = math.log(max(value, 1))
    return value, of, scaled, math.sqrt(of) if format in SHARES else 1


def _least_difference(usual: float, format: str, is_ratio: bool) -> float:
    if format in SHARES:
        return RULES["day_points"]
    if is_ratio:
        return RULES["day_relative"] * abs(usual)
    return max(RULES["least_count"], RULES["day_relative"] * usual)
