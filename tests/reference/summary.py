"""The summary page: each figure at as_of and at the comparison time, a local day before.

Every figure is computed at a time m from the lives known at as_of, cut at m; "today" is what
happened up to m on m's own report date (see `days`). Excluded tickets and their survey answers are
left out, calls are not.

Columns: `value` and `comparison_value` are doubles; `n` is the number of tickets, answers or calls
that a figure counts or averages, so of a count the count itself; a mean or share without n is null,
a count or total without n is 0. `position` is the place of a figure on its page, from 1.

Rulings, where the rules leave a choice:

* **Team**: one row per figure, whether or not anything happened. A ticket is closed today if at m it
  is in a run of closed intervals that began today; its time to close ends when the run begins. First
  responses count by their own time, survey answers by responded_at.
* **Availability**: one row per agent of dim_agents who has not left, without the unknown member.
  Status, reason and since are those of the interval that is current at as_of, null where none is.
  Open tickets are those whose owner, as of m, is the agent. At capacity: at least as many as the
  capacity; null without a capacity.
* **Channels**: one row for each channel of dim_channels, with the unknown member, and each of its
  two figures, 0 without tickets.
* **Calls**: one row per figure, none if the data has no call; n of the total duration is the number
  of completed calls with a duration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .days import comparison_moment, is_today
from .life import closed_at, duration, intervals_until, property_at
from .lives import Life
from .records import UNKNOWN, World
from .rows import SOURCE, MartRow, key
from .service_rows import agent_team_key

Figure = tuple[float | None, int]


@dataclass(frozen=True)
class Facts:
    """What the figures are worked out from; only the lives that count."""

    world: World
    lives: Sequence[Life]
    calls: Sequence[MartRow]
    responses: Sequence[MartRow]


def count(n: int) -> Figure:
    return float(n), n


def total(values: Sequence[int]) -> Figure:
    return float(sum(values)), len(values)


def mean(values: Sequence[int]) -> Figure:
    return (sum(values) / len(values) if values else None), len(values)


def is_open(life: Life, moment: datetime) -> bool:
    intervals = intervals_until(life.intervals, moment)
    return bool(intervals) and not intervals[-1].is_closed


def close_of(life: Life, moment: datetime) -> datetime | None:
    """The start of the closed run that the ticket is in at a moment."""
    intervals = intervals_until(life.intervals, moment)
    return closed_at(intervals) if intervals else None


def opened_today(world: World, life: Life, moment: datetime, day: date | None = None) -> bool:
    return is_today(world, life.ticket.created_at, moment, day)


def team_figures(
    facts: Facts, moment: datetime, day: date | None = None
) -> dict[str, tuple[str, Figure]]:
    """The unit and value of each figure of the team; today is `day`, by default the moment's date."""
    world, lives = facts.world, facts.lives
    closes = [(life, close_of(life, moment)) for life in lives]
    closed = [
        duration(life.ticket.created_at, at)
        for life, at in closes
        if at is not None and is_today(world, at, moment, day)
    ]
    answers = [
        life.row["first_response_seconds"]
        for life in lives
        if is_today(world, life.row["first_response_at"], moment, day)
    ]
    scores = [
        100 * row["is_positive"]
        for row in facts.responses
        if row["survey_kind"] == "csat"
        and row["score"] is not None
        and not row["is_excluded"]
        and is_today(world, row["responded_at"], moment, day)
    ]
    return {
        "tickets_opened": ("count", count(sum(opened_today(world, x, moment, day) for x in lives))),
        "tickets_open": ("count", count(sum(is_open(life, moment) for life in lives))),
        "tickets_closed": ("count", count(len(closed))),
        "first_response_time": ("duration", mean(answers)),
        "time_to_close": ("duration", mean(closed)),
        "csat": ("percent", mean(scores)),
    }


def call_figures(facts: Facts, moment: datetime) -> dict[str, tuple[str, Figure]]:
    if not facts.calls:
        return {}
    today = [row for row in facts.calls if is_today(facts.world, row["started_at"], moment)]
    completed = [row for row in today if row["is_completed"]]
    lengths = [row["duration_seconds"] for row in completed]
    return {
        "completed_calls": ("count", count(len(completed))),
        "total_call_duration": ("duration", total([x for x in lengths if x is not None])),
        "missed_calls": ("count", count(sum(row["is_missed"] for row in today))),
    }


def channel_figures(facts: Facts, moment: datetime) -> dict[tuple[str, str], Figure]:
    channels = [key(facts.world, "channels", name) for name in facts.world.known["channels"]]
    found = {}
    for channel in [*channels, UNKNOWN]:
        lives = [life for life in facts.lives if life.row["channel_key"] == channel]
        opened = sum(opened_today(facts.world, life, moment) for life in lives)
        found[channel, "opened_today"] = count(opened)
        found[channel, "open_now"] = count(sum(is_open(life, moment) for life in lives))
    return found


def open_by_agent(facts: Facts, moment: datetime) -> dict[str | None, int]:
    """Open tickets by the owner's id."""
    found: dict[str | None, int] = {}
    for life in facts.lives:
        if is_open(life, moment):
            owner = property_at(life.ticket, "agent", moment)
            found[owner] = found.get(owner, 0) + 1
    return found


def moments(world: World) -> MartRow:
    return {"as_of": world.as_of, "comparison_as_of": comparison_moment(world)}


def compared(now: Figure, then: Figure) -> MartRow:
    value, n = now
    comparison_value, comparison_n = then
    return {
        "value": value,
        "n": n,
        "comparison_value": comparison_value,
        "comparison_n": comparison_n,
    }


def figure_rows(
    facts: Facts, figures: Callable[[Facts, datetime], Mapping[str, tuple[str, Figure]]]
) -> list[MartRow]:
    at = moments(facts.world)
    now, then = figures(facts, at["as_of"]), figures(facts, at["comparison_as_of"])
    return [
        {
            "figure": figure,
            "position": position,
            "unit": unit,
            **compared(value, then[figure][1]),
            **at,
        }
        for position, (figure, (unit, value)) in enumerate(now.items(), start=1)
    ]


def channel_rows(facts: Facts) -> list[MartRow]:
    at = moments(facts.world)
    now = channel_figures(facts, at["as_of"])
    then = channel_figures(facts, at["comparison_as_of"])
    return [
        {
            "channel_key": channel,
            "figure": figure,
            "unit": "count",
            **compared(value, then[channel, figure]),
            **at,
        }
        for (channel, figure), value in now.items()
    ]


def agent_rows(facts: Facts) -> list[MartRow]:
    world, at = facts.world, moments(facts.world)
    now = open_by_agent(facts, at["as_of"])
    then = open_by_agent(facts, at["comparison_as_of"])
    current = {
        interval.agent_id: interval for interval in world.presences if interval.ended_at is None
    }
    rows: list[dict[str, Any]] = []
    for agent in world.agents:
        if agent.is_active:
            interval, owned = current.get(agent.agent_id), now.get(agent.agent_id, 0)
            is_full = None if agent.capacity is None else owned >= agent.capacity
            rows.append(
                {
                    "agent_key": f"{SOURCE}:{agent.agent_id}",
                    "team_key": agent_team_key(world, agent.agent_id),
                    "status": interval.status if interval else None,
                    "reason": interval.reason if interval else None,
                    "since": interval.started_at if interval else None,
                    "capacity": agent.capacity,
                    "is_at_capacity": is_full,
                    "unit": "count",
                    "value": float(owned),
                    "comparison_value": float(then.get(agent.agent_id, 0)),
                    **at,
                }
            )
    return rows
