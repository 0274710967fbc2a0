"""The arrival times of tickets: weekly pattern, growth, busy days and incidents."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from helpdesk.simulator.clock import BIN, Clock, weekday
from helpdesk.simulator.desk import (
    BUSY_DAYS,
    DAY,
    GROWTH,
    HOUR,
    HOURS,
    WEEKDAYS,
    Desk,
    Floats,
    Ints,
)
from helpdesk.simulator.incidents import Incident


def growth(clock: Clock) -> Floats:
    """The growth of the desk over the period, shape (bins,)."""
    return np.linspace(1, GROWTH, len(clock.bins), dtype=np.float64)


@dataclass(frozen=True)
class Demand:
    """Relative weights of arrivals: `usual` (bins,), `extra` (incidents, bins)."""

    incidents: tuple[Incident, ...]
    usual: Floats
    extra: Floats

    @classmethod
    def expected(cls, clock: Clock, incidents: tuple[Incident, ...], until: datetime) -> "Demand":
        bins = clock.bins
        day = bins // DAY - bins[0] // DAY
        busy = np.exp(BUSY_DAYS * clock.generator("busy days").standard_normal(day[-1] + 1))
        usual = WEEKDAYS[weekday(bins)] * HOURS[bins % DAY // HOUR] * busy[day] * growth(clock)
        # The period may include only part of the first and last half hour.
        usual = usual * _width(clock) / BIN
        extra = np.zeros((len(incidents), len(bins)))
        for row, incident in enumerate(incidents):
            start, end = (int(at.timestamp() * 1000) for at in incident.window(until))
            extra[row] = incident.extra * usual * ((bins >= start) & (bins < end))
        return cls(incidents, usual, extra)

    def arrivals(
        self, generator: np.random.Generator, clock: Clock, count: int
    ) -> tuple[Ints, Ints]:
        """Creation times, ascending, and the incident of each ticket (-1: none)."""
        weight = np.cumsum(np.vstack([self.usual, self.extra]))
        cell = np.searchsorted(weight / weight[-1], generator.random(count), side="right")
        source, column = np.divmod(np.minimum(cell, len(weight) - 1), len(self.usual))
        since = (generator.random(count) * _width(clock)[column]).astype(np.int64)
        at = np.maximum(clock.bins, clock.start)[column] + since
        order = np.argsort(at, kind="stable")
        return at[order], source[order] - 1

    def work(self, desk: Desk) -> tuple[Floats, Floats]:
        """The work that arrives at each team, usual and extra, both of shape (teams, bins)."""
        routing = np.array(desk.routing)
        usual = np.outer(np.array(desk.pipeline_shares) @ routing, self.usual)
        extra = np.zeros_like(usual)
        for row, incident in enumerate(self.incidents):
            share = routing[desk.pipelines.index(incident.pipeline)]
            if incident.team is not None:
                share = np.eye(len(desk.teams))[desk.teams.index(incident.team)]
            extra += np.outer(share, incident.effort * self.extra[row])
        return usual, extra


def _width(clock: Clock) -> Ints:
    """The milliseconds of each half hour within the period."""
    bins = clock.bins
    width: Ints = np.minimum(bins + BIN, clock.until) - np.maximum(bins, clock.start)
    return width
