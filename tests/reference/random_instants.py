"""Random times, often on edges, and their text."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta, timezone
from random import Random

from . import random_setup as setup
from .business_time import OpenHours, epoch, instant_at

DESK_DAYS = 50
OFFSETS = (0, 0, 330, -210, 60, 840)
FRACTIONS = (0, 0, 0, 0, 1, 250_000, 500_000, 999_999)


def as_text(draw: Random, at: datetime) -> str:
    """An instant as ISO 8601, with one of several offsets."""
    local = at.astimezone(timezone(timedelta(minutes=draw.choice(OFFSETS)))).isoformat()
    time, offset = local[:-6], local[-6:]
    # Finer than a microsecond is cut off, never rounded up.
    finer = "999" if at.microsecond and draw.randrange(4) == 0 else ""
    return time + finer + (draw.choice(("Z", offset)) if offset == "+00:00" else offset)


class Instants:
    """Draws instants of one desk, which begins at `start`."""

    def __init__(
        self, draw: Random, as_of: datetime, start: datetime, hours: list[OpenHours]
    ) -> None:
        self.draw = draw
        self.as_of = as_of
        self.start = start
        self.hours = hours

    def maybe(self, percent: int) -> bool:
        return self.draw.randrange(100) >= 100 - percent

    def fraction(self, at: datetime) -> datetime:
        return at.replace(microsecond=self.draw.choice(FRACTIONS))

    def created(self) -> datetime:
        span = DESK_DAYS * 86_400
        at = self.fraction(self.start + timedelta(seconds=self.draw.randrange(span)))
        return self.edge(at) if self.maybe(30) else at

    def edge(self, after: datetime) -> datetime:
        """The next opening or closing time of some schedule."""
        hours = self.draw.choice(self.hours)
        edges = self.draw.choice((hours.starts, hours.ends))
        place = bisect_left(edges, epoch(after))
        return instant_at(edges[place]) if place < len(edges) else after

    def due(self, after: datetime) -> datetime:
        """When some goal that starts at `after` is due."""
        seconds = self.draw.choice(self.hours).after(epoch(after), self.draw.choice(setup.GOALS))
        return instant_at(seconds) if seconds is not None else after
