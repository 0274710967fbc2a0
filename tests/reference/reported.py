"""SLA clocks that the help desk stored, of the metrics without a target.

Rulings, where the rules leave a choice:

* **Where**: a metric that neither a policy's target nor an applied one names has the clocks that the
  help desk stored: the history of its due time and of its status, else the ticket row's `reported_`
  columns. Elapsed, goal and policy are unknown. A metric never has both kinds of clocks.
* **First response and time to close** have one clock from creation: the latest due time and the latest
  status up to the moment. No due time and no status: no clock. A due time that was emptied while
  the clock ran, without a status that ends it, removes the clock; emptied after the end, the clock stays.
* **Next responses**: a due time that is set while no clock runs starts one at that time; another
  value while it runs changes the due time. The first of these ends it: an agent response, a status that
  has ended, an empty due time, a close of the ticket. At the same time an end comes before a due time. Example: due
  12:00 set at 10:00, moved at 10:30 to 12:30, answered 11:00, due 15:00 set at 13:00: two clocks,
  10:00 to 11:00 due 12:30, and one from 13:00.
  Its status is the last that ends a clock of those written until the next clock begins, else the
  last of them. Without a history of the due time the one that the row has belongs to the last
  response cycle, else it runs since creation.
* **The end** is that of the events: the response or the close. Without one, if the status has ended, it is
  the time at which the status was written, else the reported first response or close between creation and
  that time, else unknown.
* **The status** is that of the help desk if it has ended. If events ended the clock and the stored status
  still runs: on time or late by the due time, cancelled by a close without a response. A running status whose
  due time has passed is overdue, unless it is paused. Without a status, or with an unknown word, the due time
  decides. Example: status `active`, due 12:00, as of 13:00: overdue.
* **A due time** before 1970 or more than a hundred years ahead does not count.
* **A ticket that is closed** at that time has no running clock, as in `sla`: it is cancelled. Closed at an
  unknown time it has only clocks that the status has ended.
* **The day before** uses the histories up to then. Without a history of the status, that of then is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .business_time import epoch
from .life import StatusInterval, closed_at, closes
from .messages import first_response, is_agent_response
from .records import Change, Ticket
from .sla import RUNNING, Clock, Run, runs
from .values import boundary

METRICS = ("first_response", "next_response", "time_to_close")
WORDS = {
    "active": ("0", "active", "active_sla"),
    "overdue": ("1", "overdue", "breached"),
    "due_soon": ("2", "due_soon"),
    "completed_on_time": ("3", "completed_on_time", "on_time", "achieved", "fulfilled"),
    "completed_late": ("4", "completed_late", "late"),
    "paused": ("paused",),
    "cancelled": ("cancelled", "canceled"),
}
WORD_OF = {spelt: word for word, spellings in WORDS.items() for spelt in spellings}
LONGEST = 100 * 365 * 86_400
ENDED = ("completed_on_time", "completed_late", "cancelled")


def word(value: str | None) -> str | None:
    """A stored status as the project calls it; None for one that is not known."""
    return WORD_OF.get((value or "").strip().replace(" ", "_").lower())


@dataclass(frozen=True)
class Stored:
    """One clock in the help desk: its due time, its status, and when the status was written."""

    due_at: datetime | None
    word: str | None
    written_at: datetime | None


@dataclass(frozen=True)
class End:
    """The end of a clock by events: its time, and whether there was no response."""

    at: datetime | None
    is_cancelled: bool = False
    is_unknown: bool = False


class Kept:
    """The clocks of one ticket as they were at a time; `intervals` and messages are cut to it."""

    def __init__(
        self, ticket: Ticket, intervals: Sequence[StatusInterval], moment: datetime, is_past: bool
    ) -> None:
        self.ticket = ticket
        self.intervals = intervals
        self.moment = moment
        self.is_past = is_past
        self.closed = closed_at(intervals)
        self.is_close_unknown = intervals[-1].is_closed and self.closed is None

    def history(self, metric: str, name: str) -> list[Change] | None:
        """The changes up to the moment; None where there never was one."""
        changes = self.ticket.history.get(f"{metric}_{name}")
        return None if changes is None else [one for one in changes if one.at <= self.moment]

    def clocks(self, metric: str) -> Iterator[Clock]:
        if metric == "next_response" and self.history(metric, "due_at") is not None:
            yield from self.occurrences()
        else:
            yield from self.single(metric)

    def single(self, metric: str) -> Iterator[Clock]:
        row, dues = self.ticket.row, self.history(metric, "due_at")
        statuses = self.history(metric, "sla_status")
        start, end = self.single_run(metric)
        if dues is None:
            due_at = boundary(row.get(f"reported_{metric}_due_at"))
        else:
            filled = [one for one in dues if one.value]
            due_at = boundary(filled[-1].value) if filled else None
        if statuses is None:
            status = None if self.is_past else word(row.get(f"reported_{metric}_sla_status"))
            written_at = self.reported_end(metric)
        else:
            status = word(statuses[-1].value) if statuses else None
            written_at = statuses[-1].at if statuses else None
        if due_at is None and status is None:
            return
        if dues and not dues[-1].value and status not in ENDED:
            emptied = [one for one in dues if not one.value]
            if end.at is None or emptied[-1].at <= end.at:
                return
        yield from self.clock(Run(metric, 1, start, None), Stored(due_at, status, written_at), end)

    def single_run(self, metric: str) -> tuple[datetime, End]:
        created = self.ticket.created_at
        if metric == "time_to_close":
            return created, End(self.closed, is_unknown=self.is_close_unknown)
        if metric == "first_response":
            response = first_response(self.ticket)
            if response is not None:
                return created, End(max(response.sent_at, created))
            return created, End(self.closed, self.closed is not None, self.is_close_unknown)
        cycles = [run for run in runs(self.ticket, self.intervals) if run.metric == metric]
        if cycles:
            last = cycles[-1]
            return last.started_at, End(last.ended_at, last.is_cancelled)
        return created, End(self.closed, self.closed is not None, self.is_close_unknown)

    def reported_end(self, metric: str) -> datetime | None:
        """The end in the ticket row, between creation and that time."""
        name = {
            "first_response": "reported_first_response_at",
            "time_to_close": "reported_closed_at",
        }
        at = boundary(self.ticket.row.get(name.get(metric, "")))
        return at if at and self.ticket.created_at <= at <= self.moment else None

    def occurrences(self) -> Iterator[Clock]:
        dues = self.history("next_response", "due_at") or []
        statuses = self.history("next_response", "sla_status") or []
        changed = [
            one
            for place, one in enumerate(dues)
            if one.value != (dues[place - 1].value if place else None)
        ]
        ends = [
            *((m.sent_at, End(m.sent_at)) for m in self.ticket.messages if is_agent_response(m)),
            *((one.at, End(one.at)) for one in statuses if word(one.value) in ENDED),
            *((at, End(at, is_cancelled=True)) for at in closes(self.intervals)),
            *((one.at, End(one.at, is_cancelled=True)) for one in changed if not one.value),
        ]
        # At the same time a response comes first: it ended the clock.
        ends.sort(key=lambda end: (end[0], end[1].is_cancelled))
        groups: dict[int, list[Change]] = {}
        for one in changed:
            if one.value:
                groups.setdefault(sum(at <= one.at for at, _ in ends), []).append(one)
        begins = [group[0].at for group in groups.values()]
        until = [*begins[1:], None]
        for number, (ended, group) in enumerate(groups.items(), start=1):
            written = [
                one
                for one in statuses
                if group[0].at <= one.at
                and (until[number - 1] is None or one.at < (until[number - 1] or one.at))
            ]
            final = [one for one in written if word(one.value) in ENDED]
            last = next(iter(final[-1:] or written[-1:]), None)
            stored = Stored(
                boundary(group[-1].value),
                word(last.value) if last else None,
                last.at if last else None,
            )
            start = max(group[0].at, self.ticket.created_at)
            end = ends[ended][1] if ended < len(ends) else self.lasting_close(start)
            if end.at is not None:
                end = End(max(end.at, start), end.is_cancelled)
            yield from self.clock(Run("next_response", number, start, None), stored, end)

    def lasting_close(self, start: datetime) -> End:
        if self.closed is not None:
            return End(max(start, self.closed), is_cancelled=True)
        return End(None, is_unknown=self.is_close_unknown)

    def clock(self, run: Run, stored: Stored, end: End) -> Iterator[Clock]:
        due_at = stored.due_at
        if due_at is None or not 0 < epoch(due_at) <= epoch(self.moment) + LONGEST:
            stored = replace(stored, due_at=None)
        if stored.due_at is None and stored.word is None:
            return
        ended_at, status = end.at, stored.word
        if status in ENDED:
            written_at = stored.written_at
            ended_at = ended_at or (written_at and max(written_at, run.started_at))
        elif end.is_unknown:
            return
        elif ended_at is not None:
            is_late = stored.due_at is not None and epoch(ended_at) > epoch(stored.due_at)
            status = "completed_late" if is_late else "completed_on_time"
            status = "cancelled" if end.is_cancelled else status
        else:
            is_past = stored.due_at is not None and epoch(stored.due_at) < epoch(self.moment)
            status = "overdue" if is_past and status != "paused" else status or "active"
        ended = Run(run.metric, run.occurrence, run.started_at, ended_at)
        yield Clock(ended, None, None, stored.due_at, status or "active", status == "paused")


def kept_clocks(
    ticket: Ticket,
    intervals: Sequence[StatusInterval],
    moment: datetime,
    targeted: frozenset[str],
    is_past: bool = False,
) -> list[Clock]:
    """Every clock of a ticket that the help desk stored, as it was at a time."""
    kept = Kept(ticket, intervals, moment, is_past)
    return [clock for metric in METRICS if metric not in targeted for clock in kept.clocks(metric)]


__all__ = ["METRICS", "RUNNING", "WORDS", "kept_clocks"]
