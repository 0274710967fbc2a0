"""Zendesk's SLA rules, implemented from Zendesk's documentation alone.

It follows these pages of support.zendesk.com and developer.zendesk.com, as of 2026: *Defining SLA policies*
(metrics, order of policies, targets by priority), *Ticket metric event types reference* (what activates,
pauses and fulfils a metric), *Setting your schedule with business hours and holidays*, *Creating and applying
multiple schedules*.

* First reply: from creation to the first public comment of an agent. Next reply: from the oldest
  unanswered comment of a customer to the next public comment of an agent. No status but solved stops them.
* Requester wait: new, open and on hold. Agent work: new and open. Total resolution: until solved. A
  reopened ticket continues where it stopped.
* Periodic update: from each public comment of an agent to the next one, or to the solution. Pausable
  update: the same, without the time in pending.
* A target is that of the first policy whose conditions match the ticket, for its priority. A change of either
  changes the target, and the last one counts. Business hours are those of the ticket's schedule at each
  time: the account's oldest one, until a rule assigns another.

Two rulings of this project: a missing reply to a solved ticket is cancelled, and a schedule counts for the
time in which a ticket had it, while Zendesk's native durations use the last one for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

DAY = 1440
PAUSES = {
    "requester_wait": {"pending"},
    "agent_work": {"pending", "hold"},
    "pausable_update": {"pending"},
}
UPDATES = ("periodic_update", "pausable_update")
UNTIL_SOLVED = ("time_to_close", "requester_wait", "agent_work")
Piece = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Schedule:
    """Windows in minutes since Sunday, midnight, and the dates of holidays."""

    zone: str
    windows: tuple[Piece, ...]
    holidays: frozenset[date] = frozenset()

    def open_pieces(self, start: int, end: int) -> Iterator[Piece]:
        """What of [start, end), in epoch seconds, it is open, in order."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end, zone).date()
        while day <= last:
            midnight = datetime(day.year, day.month, day.day)
            offset = day.isoweekday() % 7 * DAY
            for begins, ends in sorted(self.windows):
                first, stop = max(begins - offset, 0), min(ends - offset, DAY)
                if first < stop and day not in self.holidays:
                    walls = (midnight + timedelta(minutes=minute) for minute in (first, stop))
                    opened, closed = (
                        int(wall.replace(tzinfo=zone).astimezone(UTC).timestamp()) for wall in walls
                    )
                    if max(opened, start) < min(closed, end):
                        yield max(opened, start), min(closed, end)
            day += timedelta(days=1)


@dataclass(frozen=True)
class Goal:
    """A target: its seconds, and whether they are business seconds."""

    seconds: int
    in_business_hours: bool


@dataclass
class Life:
    """The events of a ticket, each list sorted by time in epoch seconds.

    `goals`: the goals of metrics from each time on; a missing metric has none.
    """

    ticket_id: int
    created: int
    statuses: list[tuple[int, str]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    schedules: list[tuple[int, int]] = field(default_factory=list)
    goals: list[tuple[int, dict[str, Goal]]] = field(default_factory=list)


@dataclass(frozen=True)
class Clock:
    """`due`: the time at which the goal was reached; None if not until the end or now."""

    metric: str
    occurrence: int
    started: int
    ended: int | None
    goal: int
    elapsed: int
    due: int | None
    is_cancelled: bool
    is_breached: bool


class Rules:
    """The clocks of tickets as of `now`."""

    def __init__(self, schedules: Mapping[int, Schedule], default: int, now: int) -> None:
        self.schedules, self.default, self.now = schedules, default, now

    def clocks(self, life: Life) -> Iterator[Clock]:
        for metric, occurrence, started, ended, is_cancelled in self._instances(life):
            goal = self._goal(life, metric, self.now if ended is None else ended)
            if goal:
                yield self._measured(life, metric, occurrence, started, ended, goal, is_cancelled)

    def _instances(self, life: Life) -> Iterator[tuple[str, int, int, int | None, bool]]:
        solutions = [at for at, status in life.statuses if status == "solved"]
        is_solved = life.statuses[-1][1] == "solved"
        solved = solutions[-1] if is_solved else None
        reply = next(iter(life.replies), None)
        yield ("first_response", 1, life.created, reply or solved, reply is None and is_solved)
        for occurrence, (asked, ended, is_answered) in enumerate(self._waits(life), start=1):
            yield "next_response", occurrence, asked, ended, ended is not None and not is_answered
        for metric in UNTIL_SOLVED:
            yield metric, 1, life.created, solved, False
        occurrence = 0
        for place, at in enumerate(life.replies):
            if self._status(life, at) != "solved":
                occurrence += 1
                ends = [*life.replies[place + 1 :], *solutions]
                ended = min((end for end in ends if end > at), default=None)
                for metric in UPDATES:
                    yield metric, occurrence, at, ended, False

    def _waits(self, life: Life) -> Iterator[tuple[int, int | None, bool]]:
        """The waits after the first reply, each until the next reply or the solution."""
        events = [(at, 0) for at in life.questions if life.replies and at > life.replies[0]]
        events += [(at, 1) for at in life.replies]
        events += [(at, 2) for at, status in life.statuses if status == "solved"]
        asked = None
        for at, kind in sorted(events):
            if kind == 0:
                asked = at if asked is None else asked
            elif asked is not None:
                yield asked, at, kind == 1
                asked = None
        if asked is not None:
            yield asked, None, False

    def _status(self, life: Life, at: int) -> str:
        return [status for since, status in life.statuses if since <= at][-1]

    def _goal(self, life: Life, metric: str, at: int) -> Goal | None:
        known = [goals for since, goals in life.goals if since <= at]
        return known[-1].get(metric) if known else None

    def _measured(
        self,
        life: Life,
        metric: str,
        occurrence: int,
        started: int,
        ended: int | None,
        goal: Goal,
        is_cancelled: bool,
    ) -> Clock:
        end = self.now if ended is None else ended
        elapsed, due = 0, None
        for begins, stops in self._counted(life, metric, started, end, goal):
            if due is None and elapsed + stops - begins >= goal.seconds:
                due = begins + goal.seconds - elapsed
            elapsed += stops - begins
        return Clock(
            metric,
            occurrence,
            started,
            ended,
            goal.seconds,
            elapsed,
            due,
            is_cancelled,
            due is not None and due < end and not is_cancelled,
        )

    def _counted(
        self, life: Life, metric: str, started: int, end: int, goal: Goal
    ) -> Iterator[Piece]:
        still = PAUSES.get(metric, set()) | {"solved"}
        for begins, stops, status in spans(life.statuses, started, end):
            if status in still:
                continue
            if not goal.in_business_hours:
                yield begins, stops
                continue
            assigned = [(life.created, self.default), *life.schedules]
            for since, until, schedule in spans(assigned, begins, stops):
                yield from self.schedules[schedule].open_pieces(since, until)


def spans(changes: Sequence[tuple[int, T]], start: int, end: int) -> Iterator[tuple[int, int, T]]:
    """The values that were valid in [start, end), each with its part of the interval."""
    for (since, value), (until, _) in pairwise([*changes, (end, changes[-1][1])]):
        begins, stops = max(since, start), min(until, end)
        if begins < stops:
            yield begins, stops, value
