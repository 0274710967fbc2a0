"""The queue of each team: arriving work, the agents' capacity, and the resulting waits.

Each queue is a flow of expected work instead of a list of tickets. Present agents reduce it. A
ticket is answered when the work before it is done. So waits depend on hours, weekdays, absences and
incidents, and they are the same on a desk of twelve tickets and on one of a million.
"""

from dataclasses import dataclass

import numpy as np

from helpdesk.simulator.clock import BIN, Clock
from helpdesk.simulator.demand import Demand, growth
from helpdesk.simulator.desk import DAY, UTILISATION, Desk, Floats, Ints
from helpdesk.simulator.roster import Roster


@dataclass(frozen=True)
class Queues:
    """`arrived` and `answered`: the work since the start at the edges of bins, (teams, bins + 1).

    The work of each team in the whole period is 1. `strain`, (teams, bins): the arriving work
    divided by the capacity.
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
            # The capacity fits the usual work, not the incidents.
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
        """The times at which a team starts the work that arrives at these times.

        `ahead`: the part of the queue that comes first. Work that is not started within the period
        gets a time after it.
        """
        clock, edges = self.clock, self.arrived.shape[1]
        column = clock.bin_of(at)
        part = np.clip((at - clock.bins[column]) / BIN, 0, 1)
        left = team * edges + column
        arrived, answered = self.arrived.ravel(), self.answered.ravel()
        done = answered[left] + part * (answered[left + 1] - answered[left])
        come = arrived[left] + part * (arrived[left + 1] - arrived[left])
        due = done + ahead * np.maximum(come - done, 0)
        # One search for all teams, each in its own range of numbers.
        stretch = 2.0 * np.arange(len(self.answered))[:, None]
        place = np.searchsorted((self.answered + stretch).ravel(), due + 2.0 * team)
        place = np.clip(place - team * edges, 1, edges - 1) + team * edges
        before, after = answered[place - 1], answered[place]
        inside = np.divide(due - before, after - before, out=np.ones(len(at)), where=after > before)
        taken = clock.bins[0] + ((place - 1 - team * edges + np.clip(inside, 0, 1)) * BIN)
        taken = np.where(due > answered[team * edges + edges - 1], clock.until + DAY, taken)
        return np.maximum(at, taken.astype(np.int64))

    def strains(self, team: Ints, at: Ints) -> Floats:
        """The arriving work divided by the capacity at these times; infinite without capacity."""
        strain: Floats = self.strain[team, self.clock.bin_of(at)]
        return strain
