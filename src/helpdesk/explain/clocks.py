"""The SLA clocks of a ticket, each cut into intervals that add up to its elapsed seconds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from helpdesk.explain.find import Marts, Row
from helpdesk.explain.model import Clock, Interval, OpenTime, instant, whole
from helpdesk.explain.opening import Hours, OwnSchedule, hours_of, is_in_own_schedule
from helpdesk.explain.words import span, working

CLOCKS = """
    select clocks.*, targets.policy_name, targets.priority as target_priority,
        targets.due_soon_seconds, targets.schedule_id as target_schedule_id,
        targets.holidays_apply as target_holidays_apply
    from marts.fct_sla_clocks as clocks
    left join marts.dim_sla_targets as targets on clocks.sla_target_key = targets.sla_target_key
    where clocks.ticket_key = $1
    order by clocks.started_at, clocks.metric, clocks.occurrence
"""
# The column with the status intervals in which a clock was paused; older builds lack it.
PAUSES = "paused_intervals"
REPORTED = "reported"
VERDICTS = {
    "completed_on_time": "kept",
    "completed_late": "missed",
    "overdue": "missed already",
    "paused": "not yet known: it is paused",
    "due_soon": "not yet known: due soon",
    "active": "not yet known: it runs",
    "cancelled": "none: the ticket was closed unanswered, and the clock is in no figure",
}


@dataclass(frozen=True)
class Cut:
    """An interval before its working seconds are counted, in whole epoch seconds."""

    start: int
    end: int
    because: str
    is_running: bool


@dataclass(frozen=True)
class Worked:
    """A clock calculated again: its intervals in some opening hours, and its due time."""

    hours: Hours
    intervals: tuple[Interval, ...]
    due_because: str
    discrepancy: str | None


PolicyOf = Callable[[Row, datetime], str | None]


def clocks_of(
    marts: Marts,
    ticket: Row,
    statuses: list[Row],
    as_of: datetime,
    own_schedules: tuple[OwnSchedule, ...],
    policy_of: PolicyOf,
) -> Iterator[Clock]:
    """The clocks of a ticket. `policy_of`: why a clock has its policy, if known."""
    # Without a status history: closed at the help desk's own time, in the only known status.
    reported = ticket["closed_at"] if ticket.get("closed_at_basis") == REPORTED else None
    statuses = [
        row | {"entered_at": reported} if reported and row["status_state"] == "closed" else row
        for row in statuses
    ]
    for row in marts.rows(CLOCKS, ticket["ticket_key"]):
        basis = row.get("basis") or "computed"
        if basis == REPORTED:
            because = "reported by the help desk" if row["due_at"] else "the help desk reports none"
            yield _clock(row, basis, as_of, Worked(Hours(), (), because, None))
            continue
        decided_at = row["ended_at"] or as_of
        candidates = hours_of(marts, row, own_schedules, decided_at)
        worked = [_worked(row, statuses, as_of, hours) for hours in candidates]
        agreeing = [one for one in worked if one.discrepancy is None]
        policy_because = policy_of(row, decided_at)
        yield _clock(row, basis, as_of, (agreeing or worked)[0], policy_because)


def _worked(row: Row, statuses: list[Row], as_of: datetime, hours: Hours) -> Worked:
    if PAUSES not in row:
        because = f"the goal of {working(row['goal_seconds'])} is used up then"
        discrepancy = "an older version made this build and did not publish when clocks were paused"
        return Worked(hours, (), because, discrepancy)
    intervals = tuple(_counted(_cuts(row, statuses, as_of), hours))
    due, because = _due(row, intervals, hours)
    return Worked(hours, intervals, because, _discrepancy(row, intervals, due))


def _clock(
    row: Row, basis: str, as_of: datetime, worked: Worked, policy_because: str | None = None
) -> Clock:
    return Clock(
        metric=row["metric"],
        occurrence=row["occurrence"],
        basis=basis,
        status=row["status"] or "not known",
        verdict=_verdict(row, as_of),
        policy_id=row["policy_id"],
        policy_name=row["policy_name"],
        policy_because=policy_because,
        target_priority=row["target_priority"],
        goal_seconds=row["goal_seconds"],
        due_soon_seconds=row["due_soon_seconds"],
        schedule_id=worked.hours.schedule_id,
        schedule_timezone=worked.hours.timezone,
        holidays_apply=row["holidays_apply"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        due_at=row["due_at"],
        due_because=worked.due_because,
        elapsed_seconds=row["elapsed_seconds"],
        status_at_first_close=row["status_at_first_close"],
        is_paused=bool(row["is_paused"]),
        intervals=worked.intervals,
        discrepancy=worked.discrepancy,
    )


def _verdict(row: Row, as_of: datetime) -> str:
    status: str = row["status"] or "not known"
    verdict = VERDICTS.get(status, status)
    goal, elapsed, ended_at = row["goal_seconds"], row["elapsed_seconds"], row["ended_at"]
    if status in ("completed_late", "overdue") and row["due_at"]:
        late = span(whole(ended_at or as_of) - whole(row["due_at"]))
        verdict += f": it ended {late} after it was due" if ended_at else f": due {late} ago"
        if goal is not None and elapsed is not None:
            verdict += f", {working(elapsed - goal)} of it working time"
    elif goal is not None and elapsed is not None and status != "cancelled":
        verdict += f", {working(goal - elapsed)} of working time left of the goal"
    return verdict


def _cuts(row: Row, statuses: list[Row], as_of: datetime) -> list[Cut]:
    """The time of a clock, cut at the status intervals in which it was paused."""
    start, end = whole(row["started_at"]), whole(row["ended_at"] or as_of)
    paused = set(json.loads(row[PAUSES] or "[]"))
    pauses = []
    for status in statuses:
        if status["interval_number"] in paused:
            left = whole(status["left_at"]) if status["left_at"] else end
            life = max(whole(status["entered_at"]), start), min(left, end)
            if life[0] < life[1] or status["left_at"] is None:
                pauses.append(Cut(*life, _pause(status), False))
    cuts, at = [], start
    for pause in pauses:
        if at < pause.start:
            cuts.append(Cut(at, pause.start, _running(at, pause.start, statuses), True))
        cuts.append(pause)
        at = pause.end
    if at < end or not cuts:
        cuts.append(Cut(at, end, _running(at, end, statuses), True))
    return cuts


def _pause(status: Row) -> str:
    if status["status_state"] == "closed":
        return f"paused: closed ({status['name']})"
    return f"paused in {status['name']} ({status['status_state']})"


def _running(start: int, end: int, statuses: list[Row]) -> str:
    """The statuses in which the clock ran, in order and without duplicates."""
    names: list[str] = []
    for status in statuses:
        left = whole(status["left_at"]) if status["left_at"] else end + 1
        is_within = whole(status["entered_at"]) < max(end, start + 1) and left > start
        if is_within and status["name"] not in names:
            names.append(status["name"])
    return f"runs in {', '.join(names)}" if names else "runs"


def _counted(cuts: list[Cut], hours: Hours) -> Iterator[Interval]:
    total = 0
    for cut in cuts:
        open_times = hours.between(cut.start, cut.end) if cut.is_running else []
        seconds = sum(to - start for start, to in open_times)
        total += seconds
        yield Interval(
            instant(cut.start),
            instant(cut.end),
            cut.is_running,
            cut.because,
            seconds,
            total,
            tuple(
                OpenTime(instant(start), instant(to), to - start)
                for start, to in (open_times if hours.schedule_id else [])
            ),
        )


def _due(row: Row, intervals: tuple[Interval, ...], hours: Hours) -> tuple[int | None, str]:
    """The due time by the intervals, and its reason."""
    goal = row["goal_seconds"]
    if goal == 0:
        return whole(row["started_at"]), "the goal is no time at all"
    counted = 0
    for number, interval in enumerate(intervals, 1):
        if interval.total_seconds >= goal:
            due = hours.reached(whole(interval.from_at), goal - counted)
            if not counted:
                return due, f"the goal of {working(goal)} is used up in interval {number}"
            return due, (
                f"{working(counted)} are counted before interval {number}, and in it the other "
                f"{working(goal - counted)} of the goal of {working(goal)}"
            )
        counted = interval.total_seconds
    if row["ended_at"] is None and row["is_paused"]:
        return None, (f"none while it is paused: {working(counted)} of {working(goal)} are counted")
    due = hours.reached(whole(intervals[-1].to_at), goal - counted)
    if due is None:
        return None, "none: the opening hours that are known end before the goal is reached"
    left = working(goal - counted)
    if row["ended_at"] is None:
        return due, f"{left} of working time are left; it is due then unless it is paused before"
    return due, f"{left} of working time were left when it ended: it would have been due then"


def _discrepancy(row: Row, intervals: tuple[Interval, ...], due: int | None) -> str | None:
    total = intervals[-1].total_seconds
    remedy = "please report it"
    if is_in_own_schedule(row):
        remedy = "it counts in the schedules that the ticket had, which only the working files have"
    if total != row["elapsed_seconds"]:
        return (
            f"these intervals add up to {total:,} s, the mart has {row['elapsed_seconds']:,} s; "
            f"{remedy}"
        )
    if due != (whole(row["due_at"]) if row["due_at"] else None):
        shown = instant(due).isoformat() if due is not None else "none"
        return f"these intervals lead to the due time {shown}, the mart has another; {remedy}"
    return None
