"""The working times of agents: shifts in their time zones, breaks, vacations and absences."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from helpdesk.simulator.clock import BIN, Clock
from helpdesk.simulator.desk import DAYS, HOUR, SCHEDULES, Bools, Desk, Ints
from helpdesk.simulator.people import Staff

MINUTE = HOUR // 60


class Shift(NamedTuple):
    """Five days a week from `first_day` (0 = Monday), in the time zone of the schedule."""

    schedule: int
    starts: float  # local hour
    first_day: int


# Assigned to the agents of a team in turn: weekdays are covered from early Berlin to late New York,
# weekends by few agents, nights by an agent in Sydney if the team is large enough.
SHIFTS = (
    Shift(0, 8, 0),
    Shift(1, 9, 0),
    Shift(0, 9.5, 0),
    Shift(0, 8.5, 1),
    Shift(1, 10, 6),
    Shift(0, 7.5, 0),
    Shift(2, 9, 0),
    Shift(0, 10, 0),
)
LASTS = int(8.5 * HOUR)
VACATION_DAYS = 7  # in a row, once in each half of the period
ABSENT = 0.005  # the share of days on which an absence of one or two days begins

# The reasons of intervals: none if available, else why the agent is away.
REASONS = (None, "lunch", "meeting", "end_of_shift", "vacation", "absence")
AVAILABLE, LUNCH, MEETING, END_OF_SHIFT, VACATION, ABSENCE = range(6)


@dataclass(frozen=True)
class Intervals:
    """Intervals of availability, by agent and time. `reason` is an index of REASONS."""

    agent: Ints
    started: Ints
    ended: Ints
    reason: Ints


@dataclass(frozen=True)
class Roster:
    """The presence of agents. `present` has the shape (agents, bins).

    The last three fields list the present agents by cell, which is one team in one half hour:
    `count` entries of `listed` from `first` on. Faster agents are listed more often.
    """

    desk: Desk
    clock: Clock
    staff: Staff
    intervals: Intervals
    present: Bools
    listed: Ints
    first: Ints
    count: Ints

    @classmethod
    def draw(cls, desk: Desk, clock: Clock, staff: Staff) -> "Roster":
        intervals = _intervals(clock, staff)
        present = _presence(clock, len(staff.team), intervals)
        agent, column = np.nonzero(present)
        later = clock.bins[column] >= clock.midway
        team = np.where(later, staff.team_later[agent], staff.team[agent])
        cell = column * len(desk.teams) + team
        pace = np.rint(2 * staff.weight[agent]).astype(np.int64)
        cell, agent = np.repeat(cell, pace), np.repeat(agent, pace)
        count = np.bincount(cell, minlength=len(clock.bins) * len(desk.teams))
        return cls(
            desk=desk,
            clock=clock,
            staff=staff,
            intervals=intervals,
            present=present,
            listed=agent[np.argsort(cell, kind="stable")],
            first=np.cumsum(count) - count,
            count=count,
        )

    def hands(self) -> Ints:
        """The capacity of the present agents per half hour, shape (teams, bins)."""
        return self.count.reshape(-1, len(self.desk.teams)).T

    def someone(self, generator: np.random.Generator, team: Ints, at: Ints) -> Ints:
        """A present agent of each team at each time; if there is none, any agent of the team."""
        cell = self.clock.bin_of(at) * len(self.desk.teams) + team
        count = self.count[cell]
        place = self.first[cell] + (generator.random(len(at)) * count).astype(np.int64)
        agent = np.full(len(at), -1)
        there = count > 0
        agent[there] = self.listed[place[there]]
        agent[~there] = self.staff.pick(generator, team[~there], at[~there] >= self.clock.midway)
        return agent

    def is_present(self, agent: Ints, at: Ints) -> Bools:
        present: Bools = self.present[agent, self.clock.bin_of(at)]
        return present


def _midnights(clock: Clock) -> tuple[Ints, Ints]:
    """Local midnights, shape (schedules, days), and the weekdays of the days."""
    first = datetime.fromtimestamp(clock.start / 1000, UTC).date() - timedelta(1)
    days = [first + timedelta(day) for day in range(DAYS + 3)]
    midnights = [
        [int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp()) * 1000 for day in days]
        for zone, *_ in SCHEDULES
    ]
    return np.array(midnights), np.array([day.weekday() for day in days])


def _intervals(clock: Clock, staff: Staff) -> Intervals:
    """The days of all agents: at work with two breaks, or away all day."""
    generator = clock.generator("roster")
    turn, _ = _turns(staff.team)
    shifts = np.array([(s.schedule, int(s.starts * HOUR), s.first_day) for s in SHIFTS])
    schedule, starts, first_day = shifts[turn % len(SHIFTS)].T
    midnights, weekdays = _midnights(clock)
    shape = (len(staff.team), midnights.shape[1])

    def about(minutes: float, give: float) -> Ints:
        """Durations with random variation."""
        return ((minutes + give * generator.random(shape)) * MINUTE).astype(np.int64)

    begins = midnights[schedule] + starts[:, None] + about(-6, 12)
    lunch = begins + about(210, 60)
    meeting = begins + about(330, 90)
    ends = begins + LASTS + about(-5, 15)
    on = (weekdays - first_day[:, None]) % 7 < 5
    on &= staff.stays[:, None] | (ends < clock.midway - BIN)
    reason = _absences(generator, shape, staff)
    at_work = on & (reason == AVAILABLE)
    has_meeting = at_work & (generator.random(shape) < 0.4)
    parts = (
        (begins, on, reason),
        (lunch, at_work, LUNCH),
        (lunch + about(30, 30), at_work, AVAILABLE),
        (meeting, has_meeting, MEETING),
        (meeting + about(20, 40), has_meeting, AVAILABLE),
        (ends, at_work, END_OF_SHIFT),
    )
    started = np.stack([at for at, _, _ in parts], axis=2)
    kept = np.stack([there for _, there, _ in parts], axis=2)
    reasons = np.stack([np.broadcast_to(why, shape) for *_, why in parts], axis=2)
    kept &= (started >= clock.start) & (started <= clock.until)
    agent = np.nonzero(kept)[0]
    at = started[kept]
    following = np.append(at[1:], 0)
    is_last = np.append(agent[1:] != agent[:-1], True)
    # The last interval of an agent who left ends; for others it continues after the period.
    final = np.where(staff.stays, clock.until + 1, clock.midway)[agent]
    return Intervals(agent, at, np.where(is_last, final, following), reasons[kept])


def _turns(team: Ints) -> tuple[Ints, Ints]:
    """The position of each agent in the team, from 0, and the size of the team."""
    order = np.argsort(team, kind="stable")
    size = np.bincount(team)
    turn = np.empty_like(team)
    turn[order] = np.arange(len(team)) - (np.cumsum(size) - size)[team[order]]
    return turn, size[team]


def _absences(generator: np.random.Generator, shape: tuple[int, int], staff: Staff) -> Ints:
    """The reason of each agent's absence on each day, or AVAILABLE."""
    agents, days = shape
    reason = np.full(shape, AVAILABLE)
    for length in (1, 2):
        begins = generator.random(shape) < ABSENT / 2
        for later in range(length):
            reason[:, later:][begins[:, : days - later]] = ABSENCE
    day = np.arange(days)
    # Vacations of a team do not overlap: several absences in a small team would be an incident.
    for half, team in enumerate((staff.team, staff.team_later)):
        turn, size = _turns(team)
        slot = days / 2 / size
        give = np.maximum(slot - VACATION_DAYS, 0) * generator.random(agents)
        first = (half * days / 2 + turn * slot + give)[:, None]
        reason[(day >= first) & (day < first + VACATION_DAYS)] = VACATION
    return reason


def _presence(clock: Clock, agents: int, intervals: Intervals) -> Bools:
    """Whether each agent is available in the middle of each half hour, shape (agents, bins)."""
    working = intervals.reason == AVAILABLE
    change = np.zeros((agents, len(clock.bins) + 1), dtype=np.int32)
    for at, step in ((intervals.started, 1), (intervals.ended, -1)):
        # The first half hour whose middle is not before the time.
        column = -((clock.bins[0] + BIN // 2 - at[working]) // BIN)
        np.add.at(change, (intervals.agent[working], np.clip(column, 0, len(clock.bins))), step)
    present: Bools = np.cumsum(change, axis=1)[:, :-1] > 0
    return present
