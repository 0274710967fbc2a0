"""The life of a ticket: its status spells and what follows from them, its properties at an instant.

Rulings, where the rules leave a choice:

* **As of an instant** includes changes at that very instant; of several, the last by seq. Without
  a seq a row comes first among its instant.
* **Same status** means the same status id. A change of pipeline alone starts no spell, and a
  spell keeps the state that its status has in the ticket's pipeline when the spell begins.
  Example: status 3 is open in pipeline A and closed in B; a ticket that moves from A to B while
  in status 3 stays open until its status next changes.
* **A status of the ticket's pipeline** beats the same id given for all pipelines. An id that is
  defined for neither has the state `unknown`: not closed, and it pauses no SLA.
* **A ticket's current status** is that of its last visible spell, whatever its row says.
* **Clamped history keeps its order**: rows at 08:00 (new) and 09:00 (waiting) of a ticket created
  at 10:00 give `new` for zero seconds and `waiting` from 10:00.
* **A ticket that begins closed** was closed at created_at. A zero-length spell counts as any
  other: closed, open and closed again in one instant is one reopen and two entries.
* **Meaningful reopen**: the closed run before it lasted at least 259,200 whole calendar seconds,
  or a customer message has reopened_at <= sent_at < the next close.
* **Time to assign** runs from created_at to the first agent history row with a value, never
  negative, whoever is assigned: an assignment before created_at is clamped to it. It reads the rows themselves: carried back, the first owner would
  always have been there at once. Without agent history it is not known, so null.
* **Team**: the ticket's own as of the event; where it has none (the row's is empty, or its history
  emptied it), the primary team, valid at the event, of the agent at the event. A membership is
  primary if it says so, or if it says nothing and is the agent's only one then. Of several the one
  with the latest valid_from, then the smallest id.
* **Business seconds of a duration** are counted moment by moment, in the schedule that the ticket
  has at that moment, its holidays applied: where the schedule changes on the way, the stretches add
  up. An emptied schedule falls back to the pipeline's, of the pipeline as of then.
* **Exclusion**: of several reasons the first of deleted, spam, merged is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from .business_time import epoch
from .records import CLOSED, UNKNOWN, Change, Status, Ticket, World

MEANINGFUL_CLOSED_SECONDS = 3 * 24 * 60 * 60
UNKNOWN_STATUS = Status(state=UNKNOWN, pauses_sla=False)


@dataclass(frozen=True)
class Spell:
    """A ticket in one status over [entered_at, left_at); left_at is None while it is current."""

    status_id: str
    pipeline_id: str | None
    status: Status
    entered_at: datetime
    left_at: datetime | None

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
    """A property as of an instant: its history, its first row carried back, else `current`."""
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
    return own or of_pipeline or world.settings.default_schedule_id


def duration(start: datetime, end: datetime) -> int:
    """Calendar seconds: whole end less whole start."""
    return epoch(end) - epoch(start)


def business_duration(world: World, ticket: Ticket, start: datetime, end: datetime) -> int:
    """Business seconds, each moment in the schedule that the ticket has at that moment."""
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


def status_spells(world: World, ticket: Ticket) -> list[Spell]:
    """The spells of a ticket in order; at least one, the last one current."""
    entries = [
        Change(max(c.at, ticket.created_at), c.value) for c in ticket.history.get("status", ())
    ]
    if entries:
        entries[0] = Change(ticket.created_at, entries[0].value)
    else:
        entries = [Change(ticket.created_at, ticket.row["status_id"])]
    kept = [entries[0]]
    for entry in entries[1:]:
        if entry.value != kept[-1].value:
            kept.append(entry)
    ends = [entry.at for entry in kept[1:]]
    return [
        _spell(world, ticket, entry, left_at)
        for entry, left_at in zip(kept, [*ends, None], strict=True)
    ]


def _spell(world: World, ticket: Ticket, entry: Change, left_at: datetime | None) -> Spell:
    status_id = entry.value or UNKNOWN
    pipeline = property_at(ticket, "pipeline", entry.at)
    general = world.statuses.get((status_id, None), UNKNOWN_STATUS)
    status = world.statuses.get((status_id, pipeline), general)
    return Spell(status_id, pipeline, status, entry.at, left_at)


def closes(spells: Sequence[Spell]) -> list[datetime]:
    """The instants at which the ticket enters a closed status from none or a not-closed one."""
    before = [None, *spells]
    return [
        spell.entered_at
        for last, spell in zip(before, spells, strict=False)
        if spell.is_closed and (last is None or not last.is_closed)
    ]


def closed_at(spells: Sequence[Spell]) -> datetime | None:
    """The start of the current unbroken closed run; None while the ticket is not closed."""
    return closes(spells)[-1] if spells[-1].is_closed else None


def reopens(spells: Sequence[Spell]) -> list[Reopen]:
    """The reopens in order, each with the closed run before it and the end of the one it begins."""
    closings = closes(spells)
    openings = [
        spell.entered_at
        for last, spell in pairwise(spells)
        if last.is_closed and not spell.is_closed
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


def open_seconds(spells: Sequence[Spell], as_of: datetime) -> int:
    """Calendar seconds in not-closed spells."""
    return sum(duration(s.entered_at, s.left_at or as_of) for s in spells if not s.is_closed)


def first_assigned_at(ticket: Ticket) -> datetime | None:
    """The first assignment to anybody, at the earliest at creation; None where there was none."""
    for change in ticket.history.get("agent", ()):
        if change.value:
            return max(change.at, ticket.created_at)
    return None


def exclusion_reason(ticket: Ticket) -> str | None:
    """Why a ticket leaves the counts; None where it does not."""
    if ticket.is_deleted:
        return "deleted"
    if ticket.is_spam:
        return "spam"
    return "merged" if ticket.row.get("merged_into_id") else None
