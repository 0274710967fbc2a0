"""The period, its generators, and the rhythm of the week."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ingestion.simulator.desk import (
    DAY,
    DAYS,
    GROWTH,
    HOUR,
    HOURS,
    OPENS,
    SHUTS,
    WEEKDAYS,
    Ints,
)


@dataclass(frozen=True)
class Clock:
    """The period in milliseconds, and the seed that every generator comes from."""

    start: int
    until: int
    seed: int

    @classmethod
    def ending(cls, until: datetime, seed: int) -> "Clock":
        end = int(until.timestamp() * 1000)
        return cls(start=end - DAYS * DAY, until=end, seed=seed)

    @property
    def midway(self) -> int:
        """When agents leave and change team."""
        return (self.start + self.until) // 2

    def generator(self, subject: str) -> np.random.Generator:
        """The generator of one subject: the same seed gives the same draws."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode())])

    def arrivals(self, count: int) -> Ints:
        """Instants of creation, ascending, shape (count,): one weight per hour of the period."""
        generator = self.generator("arrivals")
        hours = self.start + np.arange(DAYS * 24, dtype=np.int64) * HOUR
        weight = WEEKDAYS[weekday(hours)] * HOURS[hours % DAY // HOUR]
        weight = weight * np.linspace(1, GROWTH, len(hours))
        hour = np.searchsorted(np.cumsum(weight) / weight.sum(), generator.random(count))
        hour = np.minimum(hour, len(hours) - 1)
        return np.sort(hours[hour] + generator.integers(0, HOUR, count))


def weekday(at: Ints) -> Ints:
    """Weekday of each instant, 0 = Monday; 1970-01-01 was a Thursday."""
    return (at // DAY + 3) % 7


def at_work(at: Ints, delay: Ints) -> Ints:
    """Each instant, or if the desk is shut then, `delay` after it opens next."""
    day, time = at // DAY, at % DAY
    shut = (weekday(at) >= 5) | (time < OPENS) | (time >= SHUTS)
    day = day + (time >= SHUTS)
    ahead = np.array([0, 0, 0, 0, 0, 2, 1])[(day + 3) % 7]
    return np.where(shut, np.maximum(at, (day + ahead) * DAY + OPENS + delay), at)


def choose(generator: np.random.Generator, shares: Sequence[Sequence[float]], row: Ints) -> Ints:
    """For each entry of `row`, a column drawn with that row's shares; shape of `row`."""
    cumulative = np.cumsum(np.asarray(shares, dtype=float), axis=1)
    cumulative /= cumulative[:, -1:]
    drawn = generator.random(len(row))
    column: Ints = (drawn[:, None] >= cumulative[row]).sum(axis=1)
    column = np.minimum(column, cumulative.shape[1] - 1)
    return column
