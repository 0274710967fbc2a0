"""The reports on tickets: the sums that each ticket adds to each row.

A report is a table of sums by report date, the five filters and keys of its own; each function here
returns the sums that one counted ticket (not merged, spam or deleted) adds to it.

Rulings, where the rules leave a choice:

* **Filters** are the ticket's properties at as_of, not those of the responder.
* **Lists of values** are in the row of their sum. A row without values (status intervals of which none
  has ended) has an empty list, not null.
* **Replies** are the agent responses of counted tickets, those before created_at and those on outbound
  tickets too: an agent wrote them.
* **Bot-only** is closed at as_of with a bot message and without an agent response.
* **Closed tickets** of `rpt_reopens` are those that are closed at as_of, on the date of that close;
  their reopens count there whenever they happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from .days import date_of
from .life import StatusInterval
from .lives import Life
from .records import CLOSED, UNKNOWN, World
from .rows import SOURCE, MartRow
from .totals import DIMENSIONS, Totals, dimensions, listed, listing


@dataclass(frozen=True)
class Entry:
    """What a life adds to one row: its date, the report's own keys, the measures."""

    day: date
    measures: MartRow
    keys: MartRow


Entries = Iterator[Entry]


@dataclass(frozen=True)
class Report:
    """A report's own keys, its measures, and what a life adds to it."""

    entries: Callable[[World, Life], Iterable[Entry]]
    measures: Sequence[str]
    keys: Sequence[str] = ()

    @property
    def grain(self) -> tuple[str, ...]:
        return ("report_date", *DIMENSIONS, *self.keys)

    def rows(self, world: World, lives: Sequence[Life]) -> list[MartRow]:
        totals = Totals(self.grain, self.measures)
        for life in lives:
            if life.is_counted:
                for entry in self.entries(world, life):
                    key = {"report_date": entry.day, **dimensions(life.row), **entry.keys}
                    totals.add(key, entry.measures)
        return totals.rows()


def status_key(world: World, interval: StatusInterval) -> str:
    """A status of the interval's pipeline has priority over one of all pipelines."""
    if interval.pipeline_id and (interval.status_id, interval.pipeline_id) in world.statuses:
        return f"{SOURCE}:{key_part(interval.pipeline_id)}:{key_part(interval.status_id)}"
    is_known = (interval.status_id, None) in world.statuses
    return f"{SOURCE}:{key_part(interval.status_id)}" if is_known else UNKNOWN


def key_part(native_id: str) -> str:
    """An id as one of several parts of a key, with colons between them."""
    return native_id.replace("%", "%25").replace(":", "%3A")


def created(world: World, life: Life) -> Entries:
    yield Entry(life.row["created_date"], {"ticket_count": 1}, {})


def first_responses(world: World, life: Life) -> Entries:
    row = life.row
    if row["first_response_at"] is not None:
        measures = {
            "ticket_count": 1,
            **listed("first_response_seconds", row["first_response_seconds"]),
            **listed("first_response_business_seconds", row["first_response_business_seconds"]),
        }
        yield Entry(date_of(world, row["first_response_at"]), measures, {})


def stays(world: World, life: Life) -> Entries:
    for interval, row in zip(life.intervals, life.status_interval_rows, strict=True):
        if row["status_state"] == CLOSED:
            continue
        measures = {"spell_count": 1}
        if not row["is_current"]:
            measures |= {
                "ended_spell_count": 1,
                **listed("ended_duration_seconds", row["duration_seconds"]),
                **listed("ended_duration_business_seconds", row["duration_business_seconds"]),
            }
        keys = {"status_key": status_key(world, interval)}
        yield Entry(date_of(world, interval.entered_at), measures, keys)


def closings(world: World, life: Life) -> Entries:
    if life.row["closed_at"] is not None:
        yield Entry(life.row["closed_date"], {"ticket_count": 1}, {})


def times_to_close(world: World, life: Life) -> Entries:
    row = life.row
    if row["closed_at"] is not None:
        measures = {
            "ticket_count": 1,
            **listed("time_to_close_seconds", row["time_to_close_seconds"]),
            **listed("time_to_close_business_seconds", row["time_to_close_business_seconds"]),
        }
        yield Entry(row["closed_date"], measures, {})


def sla_verdicts(metric: str) -> Callable[[World, Life], Entries]:
    def verdicts(world: World, life: Life) -> Entries:
        for clock in life.clock_rows:
            if clock["metric"] == metric and clock["due_date"] is not None:
                counts = {
                    "on_time_count": clock["status"] == "completed_on_time",
                    "late_count": clock["status"] == "completed_late",
                    "overdue_count": clock["status"] == "overdue",
                }
                measures = {"clock_count": 1, **counts, "measured_count": sum(counts.values())}
                yield Entry(clock["due_date"], measures, {})

    return verdicts


def waits(world: World, life: Life) -> Entries:
    for cycle in life.cycle_rows:
        if cycle["ended_at"] is not None:
            measures = {
                "cycle_count": 1,
                "responded_count": cycle["outcome"] == "responded",
                **listed("wait_seconds", cycle["wait_seconds"]),
                **listed("wait_business_seconds", cycle["wait_business_seconds"]),
            }
            yield Entry(date_of(world, cycle["ended_at"]), measures, {})


def response_times(world: World, life: Life) -> Entries:
    for cycle in life.cycle_rows:
        if cycle["outcome"] == "responded":
            measures = {
                "response_count": 1,
                **listed("response_seconds", cycle["wait_seconds"]),
                **listed("response_business_seconds", cycle["wait_business_seconds"]),
            }
            keys = {"responding_agent_key": cycle["agent_key"]}
            yield Entry(date_of(world, cycle["ended_at"]), measures, keys)


def replies(world: World, life: Life) -> Entries:
    for message in life.message_rows:
        if message["is_agent_response"]:
            keys = {"responding_agent_key": message["agent_key"]}
            yield Entry(date_of(world, message["sent_at"]), {"reply_count": 1}, keys)


def volume(world: World, life: Life) -> Entries:
    keys = {name: life.row[name] for name in ("category", "priority", "channel_key")}
    yield Entry(life.row["created_date"], {"ticket_count": 1}, keys)


def assignments(world: World, life: Life) -> Entries:
    assigned_at = life.row["first_assigned_at"]
    if assigned_at is not None:
        measures = listed("time_to_assign_seconds", life.row["time_to_assign_seconds"])
        yield Entry(date_of(world, assigned_at), {"ticket_count": 1, **measures}, {})


def reopenings(world: World, life: Life) -> Entries:
    row = life.row
    if row["closed_at"] is not None:
        measures = {
            "ticket_count": 1,
            "one_touch_count": row["is_one_touch"],
            "first_contact_resolution_count": row["is_first_contact_resolution"] is True,
            "first_contact_ticket_count": row["is_first_contact_resolution"] is not None,
            "reopened_ticket_count": row["reopen_count"] > 0,
            "reopen_count": row["reopen_count"],
            "meaningful_reopen_count": row["meaningful_reopen_count"],
        }
        yield Entry(row["closed_date"], measures, {})


def bot_interactions(world: World, life: Life) -> Entries:
    row = life.row
    has_bot = row["bot_interaction_count"] > 0
    is_bot_only = has_bot and row["status_state"] == CLOSED and row["agent_response_count"] == 0
    measures = {
        "ticket_count": 1,
        "bot_ticket_count": has_bot,
        "bot_interaction_count": row["bot_interaction_count"],
        "bot_only_closed_count": is_bot_only,
    }
    yield Entry(row["created_date"], measures, {})


CLOCKS = ("clock_count", "on_time_count", "late_count", "overdue_count", "measured_count")
REPORTS = {
    "rpt_tickets_created": Report(created, ("ticket_count",)),
    "rpt_first_response_sla": Report(sla_verdicts("first_response"), CLOCKS),
    "rpt_first_response_time": Report(
        first_responses,
        (
            "ticket_count",
            *listing("first_response_seconds", "first_response_business_seconds"),
        ),
    ),
    "rpt_time_in_status": Report(
        stays,
        (
            "spell_count",
            "ended_spell_count",
            *listing("ended_duration_seconds", "ended_duration_business_seconds"),
        ),
        ("status_key",),
    ),
    "rpt_next_response_sla": Report(sla_verdicts("next_response"), CLOCKS),
    "rpt_tickets_closed": Report(closings, ("ticket_count",)),
    "rpt_time_to_close": Report(
        times_to_close,
        (
            "ticket_count",
            *listing("time_to_close_seconds", "time_to_close_business_seconds"),
        ),
    ),
    "rpt_time_to_close_sla": Report(sla_verdicts("time_to_close"), CLOCKS),
    "rpt_customer_wait_time": Report(
        waits,
        ("cycle_count", "responded_count", *listing("wait_seconds", "wait_business_seconds")),
    ),
    "rpt_agent_response_time": Report(
        response_times,
        ("response_count", *listing("response_seconds", "response_business_seconds")),
        ("responding_agent_key",),
    ),
    "rpt_agent_replies": Report(replies, ("reply_count",), ("responding_agent_key",)),
    "rpt_ticket_volume": Report(volume, ("ticket_count",), ("category", "priority", "channel_key")),
    "rpt_time_to_assign": Report(assignments, ("ticket_count", *listing("time_to_assign_seconds"))),
    "rpt_reopens": Report(
        reopenings,
        (
            "ticket_count",
            "one_touch_count",
            "first_contact_resolution_count",
            "first_contact_ticket_count",
            "reopened_ticket_count",
            "reopen_count",
            "meaningful_reopen_count",
        ),
    ),
    "rpt_bot_interactions": Report(
        bot_interactions,
        ("ticket_count", "bot_ticket_count", "bot_interaction_count", "bot_only_closed_count"),
    ),
}
