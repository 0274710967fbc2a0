"""Whether a figure has changed notably, and where from, by the rules of insights.

docs/metrics/insights.md has the rules, which the pages apply to any period and filters, too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ERRORS = 3.0
LEAST_RELATIVE = 0.1
LEAST_POINTS = 0.03
LEAST_N = 20
LEAST_PART, LEAST_EXCESS = 0.3, 0.2
WEEK = 7
SHARES = ("percent", "points")


@dataclass(frozen=True)
class Totals:
    """A period: the sum of the headline, its denominator if it has one, and those of its days."""

    amount: float
    of: float | None
    days: Sequence[tuple[float, float]]

    @property
    def n(self) -> float:
        return self.amount if self.of is None else self.of

    @property
    def value(self) -> float | None:
        if self.of is None:
            return self.amount
        return self.amount / self.of if self.of else None


def is_notable(now: Totals, before: Totals, format: str) -> bool:
    """Whether the change is three standard errors, large enough, and of enough rows."""
    if now.value is None or before.value is None or min(now.n, before.n) < LEAST_N:
        return False
    size = abs(now.value - before.value)
    least = LEAST_POINTS if format in SHARES else LEAST_RELATIVE * abs(before.value)
    error = math.sqrt(_squared_error(now, format) + _squared_error(before, format))
    return size > 0 and size >= max(least, ERRORS * error)


def _squared_error(period: Totals, format: str) -> float:
    variance = _variance(period)
    if period.of is None:
        return max(variance or 0, period.amount)
    value, n = period.value or 0, period.of
    if format == "percent":
        return max(variance or 0, n * value * (1 - value)) / (n * n)
    return math.inf if variance is None else variance / (n * n)


def _variance(period: Totals) -> float | None:
    """The variance of the sum, from its days and weeks; None for a week or less."""
    count = len(period.days)
    weeks = count // WEEK
    if weeks < 2:
        return None
    squares, by_week = 0.0, [0.0] * math.ceil(count / WEEK)
    for number, (amount, of) in enumerate(period.days):
        if period.of is None:
            same = [one for one, _ in period.days[number % WEEK :: WEEK]]
            usual, even = sum(same) / len(same), period.amount / count
        else:
            usual = even = period.amount * of / period.of if period.of else 0
        squares += (amount - usual) ** 2
        by_week[number // WEEK] += amount - even
    return max(squares, sum(one * one for one in by_week)) * weeks / (weeks - 1)


@dataclass(frozen=True)
class Driver:
    """A member with its contribution to a change, and the part of the change that it is."""

    member: str
    contribution: float
    part: float


def driver_of(
    now: Totals, before: Totals, members: Mapping[str, tuple[float, float, float, float]]
) -> Driver | None:
    """The member that has far more of a change than of the rows, if there is one.

    `members` have amount and n of the period, and of the one before.
    """
    if now.value is None or before.value is None or len(members) < 2:
        return None
    change = now.value - before.value
    found = []
    for name, (amount, n, amount_before, n_before) in members.items():
        if now.of is None:
            contribution = amount - amount_before
        else:
            contribution = (amount - before.value * n) / now.n
            contribution -= (amount_before - before.value * n_before) / before.n
        part = contribution / change
        if part >= LEAST_PART and part - (n + n_before) / (now.n + before.n) >= LEAST_EXCESS:
            found.append(Driver(name, contribution, part))
    return max(found, key=lambda one: one.part, default=None)
