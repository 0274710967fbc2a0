"""The simulated period, its half hours, and the random generators."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from helpdesk.simulator.desk import DAY, DAYS, HOUR, Ints

# Demand and staff are computed per half hour, the approximate grid of shifts and breaks.
BIN = HOUR // 2


@dataclass(frozen=True)
class Clock:
    """The period in milliseconds, and the seed of every generator."""

    start: int
    until: int
    seed: int

    @classmethod
    def ending(cls, until: datetime, seed: int) -> "Clock":
        end = int(until.timestamp() * 1000)
        return cls(start=end - DAYS * DAY, until=end, seed=seed)

    @property
    def midway(self) -> int:
        """The time at which some agents leave or change their team."""
        return (self.start + self.until) // 2

    @cached_property
    def bins(self) -> Ints:
        """The start of each half hour (UTC) that overlaps the period."""
        return np.arange(self.start // BIN * BIN, self.until, BIN, dtype=np.int64)

    def bin_of(self, at: Ints) -> Ints:
        """The half hour of each time; the first or last one for times outside the period."""
        place: Ints = np.clip((at - self.bins[0]) // BIN, 0, len(self.bins) - 1)
        return place

    def generator(self, subject: str) -> np.random.Generator:
        """The generator of one subject. The same seed gives the same draws."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode())])


def weekday(at: Ints) -> Ints:
    """Weekday of each instant, 0 = Monday; 1970-01-01 was a Thursday."""
    return (at // DAY + 3) % 7


def choose(generator: np.random.Generator, shares: Sequence[Sequence[float]], row: Ints) -> Ints:
    """For each entry of `row`, a column drawn with that row's shares, in the shape of `row`."""
    cumulative = np.cumsum(np.asarray(shares, dtype=float), axis=1)
    cumulative /= cumulative[:, -1:]
    drawn = generator.random(len(row))
    column: Ints = (drawn[:, None] >= cumulative[row]).sum(axis=1)
    column = np.minimum(column, cumulative.shape[1] - 1)
    return column


def choose_one(generator: np.random.Generator, shares: Sequence[float], count: int) -> Ints:
    """`count` draws of one index with these shares."""
    return choose(generator, [shares], np.zeros(count, dtype=np.int64))
