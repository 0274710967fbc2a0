"""The queue of each team: what comes in, what its agents on shift can answer, and who waits.

Each queue is a flow, not a list of tickets: the work that is expected comes in, the agents who are
there take it away, and the rest stays. A ticket is answered when the flow has taken away what was
before it. So waits follow the hours, Mondays, absences and incidents, and a desk of twelve tickets
waits as one of a million does.
"""

from dataclasses import dataclass

import numpy as np

from ingestion.simulator.clock import BIN, Clock
from ingestion.simulator.demand import Demand, growth
from ingestion.simulator.desk import DAY, UTILISATION, Desk, Floats, Ints
from ingestion.simulator.roster import Roster


@dataclass(frozen=True)
class Queues:
    """`arrived` and `answered`: work since the start, at the edges of bins, (teams, bins + 1).

    Each team's work of the whole period is 1. `strain`, (teams, bins), is what comes in over what
    can be answered.
    """

    clock: Clock
    arrived: Floats
    answered: Floats
    strain: Floats

    @classmethod
    def flow(cls, desk: Desk, clock: Clock, demand: Demand, roster: Roster) -> "Queues":
        usual, extra = demand.work(desk)
        able = roster.hands() * growth(clock)
        later = clock.bins >= clock.midway
        for half in (~later, later):
            # The desk hires and trains for the usual work, not for what goes wrong.
            rate = usual[:, half].sum(axis=1) / np.maximum(able[:, half].sum(axis=1), 1)
            able[:, half] *= rate[:, None] / UTILISATION
        comes = usual + extra
        whole = np.maximum(comes.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        edge = np.zeros((len(comes), 1))
        arrived = np.hstack([edge, np.cumsum(comes / whole, axis=1)])
        net = np.hstack([edge, np.cumsum((comes - able) / whole, axis=1)])
        backlog = net - np.minimum.accumulate(np.minimum(net, 0), axis=1)
        answered = np.maximum.accumulate(arrived - backlog, axis=1)
        strain = np.divide(comes, able, out=np.full_like(comes, np.inf), where=able > 0)
        return cls(clock, arrived, answered, strain)

    def answers(self, team: Ints, at: Ints, ahead: Floats) -> Ints:
        """When the work that reaches a team at that instant is taken up: then, or after its wait.

        `ahead` is the part of the queue that goes before it. What is not taken up within the period
        comes after it.
        """
        clock, edges = self.clock, self.arrived.shape[1]
        column = clock.bin_of(at)
        part = np.clip((at - clock.bins[column]) / BIN, 0, 1)
        left = team * edges + column
        arrived, answered = self.arrived.ravel(), self.answered.ravel()
        done = answered[left] + part * (answered[left + 1] - answered[left])
        come = arrived[left] + part * (arrived[left + 1] - arrived[left])
        due = done + ahead * np.maximum(come - done, 0)
        # One search for all teams: each has its own stretch of the numbers.
        stretch = 2.0 * np.arange(len(self.answered))[:, None]
        place = np.searchsorted((self.answered + stretch).ravel(), due + 2.0 * team)
        place = np.clip(place - team * edges, 1, edges - 1) + team * edges
        before, after = answered[place - 1], answered[place]
        inside = np.divide(due - before, after - before, out=np.ones(len(at)), where=after > before)
        taken = clock.bins[0] + ((place - 1 - team * edges + np.clip(inside, 0, 1)) * BIN)
        taken = np.where(due > answered[team * edges + edges - 1], clock.until + DAY, taken)
        return np.maximum(at, taken.astype(np.int64))

    def strains(self, team: Ints, at: Ints) -> Floats:
        """Work that comes in over what can be answered at that instant; else infinite."""
        strain: Floats = self.strain[team, self.clock.bin_of(at)]
        return strain
