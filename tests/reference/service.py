"""Agents, calls, surveys and availability as they are visible at as_of, without the bad rows.

Unlike the tables of tickets these can have bad input, which is left out here as the warehouse
quarantines it: a call of negative duration; a survey whose scale_min is not below its scale_max
(after the defaults); a survey response to a survey that is not in the data (or that is bad itself), with a score off the scale, answered before it was sent, without either time, or with a
score and no responded_at; availability that ends before it starts.

Rulings, where the rules leave a choice:

* **A bad row is bad whenever it happened**: a response that is answered after as_of with a score off
  the scale is not shown as unanswered, it is bad.
* **A scale with one end** takes the other from the defaults of its kind: an nps with scale_min 10 and
  no scale_max is 10..10, hence bad.
* **Availability**: bad intervals and those that start after as_of neither cut the ones before them nor
  count. An interval that ends when it starts has zero length. An interval cut to the next start ends
  there, although its own end is after as_of.
* **An answer after as_of** hides responded_at, score and comment; a comment without any answer is
  shown as it is in the data.
* **Names**: a survey without a name shows its id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from .records import Agent, Call, Presence, Response, Survey
from .values import Row, flag, instant, moment, number, required, text, whole

DIRECTIONS = {
    "incoming": "incoming",
    "inbound": "incoming",
    "outgoing": "outgoing",
    "outbound": "outgoing",
}
SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10)}


def read_agents(rows: Iterable[Row]) -> list[Agent]:
    return [
        Agent(required(row, "agent_id"), flag(row, "is_active", True), whole(row, "capacity"))
        for row in rows
    ]


def read_calls(rows: Iterable[Row], as_of: datetime) -> list[Call]:
    """The calls that started by as_of, each once."""
    calls = {}
    for row in rows:
        call = Call(
            call_id=required(row, "call_id"),
            ticket_id=text(row, "ticket_id"),
            agent_id=text(row, "agent_id"),
            started_at=instant(required(row, "started_at")),
            direction=DIRECTIONS[required(row, "direction")],
            outcome=required(row, "outcome"),
            duration_seconds=whole(row, "duration_seconds"),
        )
        if call.started_at <= as_of and (call.duration_seconds or 0) >= 0:
            calls[call.call_id] = call
    return list(calls.values())


def read_surveys(rows: Iterable[Row]) -> dict[str, Survey]:
    """The surveys by id."""
    surveys = {}
    for row in rows:
        survey_id, kind = required(row, "survey_id"), required(row, "kind")
        low, high = number(row, "scale_min"), number(row, "scale_max")
        default_low, default_high = SCALES[kind]
        survey = Survey(
            survey_id=survey_id,
            name=text(row, "name") or survey_id,
            kind=kind,
            scale_min=Fraction(default_low) if low is None else low,
            scale_max=Fraction(default_high) if high is None else high,
            is_higher_better=flag(row, "higher_is_better", True),
        )
        if survey.scale_min < survey.scale_max:
            surveys[survey_id] = survey
    return surveys


def read_responses(
    rows: Iterable[Row], surveys: Mapping[str, Survey], as_of: datetime
) -> list[Response]:
    """The surveys sent by as_of, each once, with the answers given by then."""
    responses = {}
    for row in rows:
        survey = surveys.get(required(row, "survey_id"))
        sent_at, responded_at = moment(row, "sent_at"), moment(row, "responded_at")
        score = number(row, "score")
        happened_at = sent_at or responded_at
        if survey is None or happened_at is None or happened_at > as_of:
            continue
        if responded_at and sent_at and responded_at < sent_at:
            continue
        if score is not None and not survey.scale_min <= score <= survey.scale_max:
            continue
        if score is not None and responded_at is None:
            continue
        is_later = responded_at is not None and responded_at > as_of
        response_id = required(row, "response_id")
        responses[response_id] = Response(
            response_id=response_id,
            survey=survey,
            ticket_id=text(row, "ticket_id"),
            contact_id=text(row, "contact_id"),
            agent_id=text(row, "agent_id"),
            sent_at=sent_at,
            responded_at=None if is_later else responded_at,
            score=None if is_later else score,
            comment=None if is_later else text(row, "comment"),
        )
    return list(responses.values())


def read_presences(rows: Iterable[Row], as_of: datetime) -> list[Presence]:
    """The availability of every agent, interval by interval."""
    by_agent: dict[str, dict[datetime, Row]] = defaultdict(dict)
    for row in rows:
        started_at, ended_at = instant(required(row, "started_at")), moment(row, "ended_at")
        if started_at <= as_of and (ended_at is None or ended_at >= started_at):
            by_agent[required(row, "agent_id")][started_at] = row
    return [
        interval
        for agent_id, of_agent in by_agent.items()
        for interval in _presences_of(agent_id, of_agent, as_of)
    ]


def _presences_of(agent_id: str, rows: Mapping[datetime, Row], as_of: datetime) -> list[Presence]:
    starts: list[datetime | None] = [*sorted(rows), None]
    intervals: list[Presence] = []
    for started_at, next_start in pairwise(starts):
        assert started_at is not None
        row = rows[started_at]
        ends = [end for end in (moment(row, "ended_at"), next_start) if end is not None]
        ended_at = min(ends, default=None)
        intervals.append(
            Presence(
                agent_id=agent_id,
                number=len(intervals) + 1,
                started_at=started_at,
                ended_at=None if ended_at is None or ended_at > as_of else ended_at,
                status=required(row, "status"),
                reason=text(row, "reason"),
            )
        )
    return intervals
