"""The life of a ticket: its status intervals, the figures computed from them, and its properties at a time.

Rulings, where the rules leave a choice:

* **As of a time** includes changes at that time; of several, the last by seq. A row without a seq comes
  first at its time.
* **Same status** means the same status id. A change of pipeline alone starts no interval. An
  interval keeps the state that its status has in the ticket's pipeline when the interval begins.
  Example: status 3 is open in pipeline A and closed in B; a ticket that moves from A to B while
  in status 3 stays open until its status next changes.
* **A status of the ticket's pipeline** has priority over the same id for all pipelines. An id without
  either has the state `unknown`: not closed, and it pauses no SLA.
* **A ticket's current status** is that of its last visible interval, not that of its row.
* **Clamped history keeps its order**: rows at 08:00 (new) and 09:00 (waiting) of a ticket created
  at 10:00 give `new` for zero seconds and `waiting` from 10:00.
* **A ticket that begins closed**, by its history, was closed at created_at. An interval of zero length
  counts as any other: closed, open and closed again at one time is one reopening and two entries.
* **A closed ticket without status history** was closed at reported_closed_at, if that is between creation
  and as_of; else at an unknown time. Until then it was open in an unknown status: nothing pauses. A ticket
  closed at an unknown time is in no backlog, no duration and on no close date. Its one interval begins at
  creation and has no duration.
* **History that lags**: where the ticket's row was written (updated_at, up to as_of) after the last
  change of its status, pipeline, agent, team or priority and holds another value, the field changed at
  updated_at. An empty value has no effect: an export can lack the column. Priorities are compared
  without regard to case and blanks.
* **Meaningful reopen**: the closed run before it lasted at least 259,200 whole calendar seconds,
  or a customer message has reopened_at <= sent_at < the next close.
* **Time to assign** runs from created_at to the first agent history row with a value, never
  negative: an assignment before created_at counts at created_at. It uses the rows themselves, because the
  first value also counts before its change, and the time would always be 0. Without agent history it is null.
* **Team**: the ticket's own as of the event; where it has none (the row's is empty, or its history
  emptied it), the primary team, valid at the event, of the agent at the event. A membership is
  primary if it says so, or if it says nothing and is the agent's only one then. Of several the one
  with the latest valid_from, then the smallest id.
* **Business seconds of a duration** are counted at each time in the schedule that the ticket has then,
  with its holidays. Where the schedule changes, the parts add up. Without a schedule of its own the ticket
  has that of its pipeline at that time, else the one with `is_default`, else the default setting.
* **The last interval of a ticket that is closed at as_of** has no end and no duration, calendar or
  business. The last interval of an open ticket runs to as_of. Example: closed on 3 May (done), archived
  on 5 May (gone, closed too): `done` lasted two days, `gone` has no duration.
* **Exclusion**: of several reasons the first of deleted, spam, merged counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from .business_time import epoch
from .records import CLOSED, UNKNOWN, Change, Status, Ticket, World

MEANINGFUL_CLOSED_SECONDS = 3 * 24 * 60 * 60
UNKNOWN_STATUS = Status(state=UNKNOWN, pauses_sla=False)


@dataclass(frozen=True)
class StatusInterval:
    """A ticket in one status over [entered_at, left_at); left_at is None while it is current."""

    status_id: str
    pipeline_id: str | None
    status: Status
    entered_at: datetime
    left_at: datetime | None
    is_inferred: bool = False
    # Start of being closed: None if it is not closed, and if the time is unknown.
    closed_from: datetime | None = None

    @property
    def is_closed(self) -> bool:
        return self.status.state == CLOSED


@dataclass(frozen=True)
class Reopen:
    """A closed -> not-closed transition at `at`; `run_ends_at`: the next close, if there is one."""

    at: datetime
    closed_at: datetime
    run_ends_at: datetime | None


def value_at(changes: Sequence[Change], instant: datetime, current: str | None) -> str | None:
    """A property as of an instant: its history (the first row also counts before it), else `current`."""
    if not changes:
        return current
    value = changes[0].value
    for change in changes:
        if change.at > instant:
            break
        value = change.value
    return value


COLUMNS = {
    "pipeline": "pipeline_id",
    "agent": "agent_id",
    "team": "team_id",
    "priority": "priority",
    "channel_account": "channel_account_id",
}


def property_at(ticket: Ticket, name: str, instant: datetime) -> str | None:
    """One of COLUMNS as of an instant."""
    return value_at(ticket.history.get(name, ()), instant, ticket.row.get(COLUMNS[name]))


def team_at(world: World, ticket: Ticket, instant: datetime) -> str | None:
    """The ticket's team as of an instant, else the primary team of its agent."""
    agent = property_at(ticket, "agent", instant)
    return property_at(ticket, "team", instant) or primary_team_at(world, agent, instant)


def primary_team_at(world: World, agent: str | None, instant: datetime) -> str | None:
    """An agent's primary team as of an instant."""
    teams = [t for t in world.memberships.get(agent or "", ()) if t.version.holds_at(instant)]
    primary = [t for t in teams if t.is_primary or (t.is_primary is None and len(teams) == 1)]
    if not primary:
        return None
    latest = max(team.version.valid_from for team in primary)
    return min(team.team_id for team in primary if team.version.valid_from == latest)


def schedule_at(world: World, ticket: Ticket, instant: datetime) -> str | None:
    """The ticket's own schedule as of an instant; None for 24x7."""
    own = value_at(ticket.history.get("schedule", ()), instant, None)
    pipeline = property_at(ticket, "pipeline", instant)
    of_pipeline = world.pipeline_schedules.get(pipeline or "")
    of_source = world.default_schedule_id or world.settings.default_schedule_id
    return own or of_pipeline or of_source


def duration(start: datetime, end: datetime) -> int:
    """Calendar seconds: whole end less whole start."""
    return epoch(end) - epoch(start)


def business_duration(world: World, ticket: Ticket, start: datetime, end: datetime) -> int:
    """Business seconds, counted at each time in the schedule that the ticket has then."""
    changes = [
        change.at
        for field in ("schedule", "pipeline")
        for change in ticket.history.get(field, ())
        if start < change.at < end
    ]
    instants = sorted({start, *changes, end})
    return sum(
        world.calendar.hours(schedule_at(world, ticket, left)).open_seconds(
            epoch(left), epoch(right)
        )
        for left, right in pairwise(instants)
    )


def status_intervals(world: World, ticket: Ticket) -> list[StatusInterval]:
    """The intervals of a ticket in order; at least one, the last one current."""
    entries = [
        replace(c, at=max(c.at, ticket.created_at)) for c in ticket.history.get("status", ())
    ]
    if not entries:
        return [_interval_without_history(world, ticket)]
    entries[0] = replace(entries[0], at=ticket.created_at)
    kept = [entries[0]]
    for entry in entries[1:]:
        if entry.value != kept[-1].value:
            kept.append(entry)
    ends = [entry.at for entry in kept[1:]]
    return [
        _interval(world, ticket, entry, left_at)
        for entry, left_at in zip(kept, [*ends, None], strict=True)
    ]


def _interval(
    world: World, ticket: Ticket, entry: Change, left_at: datetime | None
) -> StatusInterval:
    status_id = entry.value or UNKNOWN
    pipeline = property_at(ticket, "pipeline", entry.at)
    general = world.statuses.get((status_id, None), UNKNOWN_STATUS)
    status = world.statuses.get((status_id, pipeline), general)
    closed_from = entry.at if status.state == CLOSED else None
    return StatusInterval(
        status_id, pipeline, status, entry.at, left_at, entry.is_inferred, closed_from
    )


def _interval_without_history(world: World, ticket: Ticket) -> StatusInterval:
    interval = _interval(world, ticket, Change(ticket.created_at, ticket.row["status_id"]), None)
    reported = ticket.reported_closed_at
    is_known = reported is not None and ticket.created_at <= reported <= world.as_of
    return replace(interval, closed_from=reported if interval.is_closed and is_known else None)


def intervals_until(intervals: Sequence[StatusInterval], moment: datetime) -> list[StatusInterval]:
    """A ticket's intervals as they were at a time; none before its creation.

    The intervals are those known at as_of: a first status that was recorded later also counts at
    that time.
    """
    begun = [interval for interval in intervals if interval.entered_at <= moment]
    if not begun:
        return []
    last = replace(begun[-1], left_at=None)
    if last.closed_from is not None and last.closed_from > moment:
        last = replace(last, status=UNKNOWN_STATUS, closed_from=None)
    return [*begun[:-1], last]


def closes(intervals: Sequence[StatusInterval]) -> list[datetime]:
    """The known instants at which the ticket enters a closed status from none or another one."""
    before = [None, *intervals]
    return [
        interval.closed_from
        for last, interval in zip(before, intervals, strict=False)
        if interval.closed_from is not None and (last is None or not last.is_closed)
    ]


def closed_at(intervals: Sequence[StatusInterval]) -> datetime | None:
    """The start of the current unbroken closed run; None while the ticket is not closed, and where
    the time is unknown."""
    return closes(intervals)[-1] if intervals[-1].is_closed and closes(intervals) else None


def closed_at_basis(ticket: Ticket, intervals: Sequence[StatusInterval]) -> str | None:
    """Source of closed_at; None without a closed_at."""
    if closed_at(intervals) is None:
        return None
    return "events" if "status" in ticket.history else "reported"


def reopens(intervals: Sequence[StatusInterval]) -> list[Reopen]:
    """The reopens in order, each with the closed run before it and the end of the one it begins."""
    closings = closes(intervals)
    openings = [
        interval.entered_at
        for last, interval in pairwise(intervals)
        if last.is_closed and not interval.is_closed
    ]
    next_closes = [*closings[1:], None]
    return [
        Reopen(at, closed, next_close)
        for at, closed, next_close in zip(openings, closings, next_closes, strict=False)
    ]


def is_meaningful(reopen: Reopen, customer_messages_at: Sequence[datetime]) -> bool:
    """After three days closed, or with a customer message before the next close."""
    if duration(reopen.closed_at, reopen.at) >= MEANINGFUL_CLOSED_SECONDS:
        return True
    return any(
        reopen.at <= sent and (reopen.run_ends_at is None or sent < reopen.run_ends_at)
        for sent in customer_messages_at
    )


def open_seconds(intervals: Sequence[StatusInterval], as_of: datetime) -> int | None:
    """Calendar seconds in which the ticket was not closed; None if closed at an unknown time."""
    if intervals[-1].is_closed and closed_at(intervals) is None:
        return None
    ends = [s.closed_from or s.left_at or as_of for s in intervals]
    return sum(duration(s.entered_at, end) for s, end in zip(intervals, ends, strict=True))


def first_assigned_at(ticket: Ticket) -> datetime | None:
    """Time of the first assignment, not before creation; None without one."""
    for change in ticket.history.get("agent", ()):
        if change.value:
            return max(change.at, ticket.created_at)
    return None


def exclusion_reason(world: World, ticket: Ticket) -> str | None:
    """Reason why a ticket does not count; None if it does."""
    if ticket.is_deleted:
        return "deleted"
    if ticket.is_spam:
        return "spam"
    return "merged" if ticket.row.get("merged_into_id") in world.known["tickets"] else None
