"""The rows of calls, surveys, survey responses and availability, and of the reports on them.

Rulings, where the rules leave a choice:

* **A ticket that is not visible** at as_of (it is not in the data, or was created later) is `unknown`
  to a call or a response, and so are its pipeline, channel account and company.
* **An agent id that is given** counts even if the agent is not in the data: the response then belongs to the agent
  and team `unknown`, not to the ticket's owner.
* **Company** of a response: the ticket's where it is known; else that of the response's own contact
  (not of the ticket's). A ticket whose company is not in the data has none.
* **Scores**: everything that depends on the score (is_positive, nps_group) is null without one.
* **Survey reports** put what was sent on rows without a score and each score on its own, so a
  response counts on two rows: on the date it was sent, score null, and on the date it was answered,
  with its score. One that was answered without a score counts on the first alone.
* **Hours of availability**: an interval is cut at the local midnights; a status whose seconds of a day
  add up to none has no row that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .business_time import epoch
from .days import ONE_DAY, date_of, day_start, days_between, report_date
from .life import duration, primary_team_at
from .records import UNKNOWN, Call, Presence, Response, Survey, World
from .rows import SOURCE, MartRow, key
from .totals import DIMENSIONS, Totals, dimensions, listed, listing

Tickets = Mapping[str, MartRow]
MISSED = {"missed", "no_answer", "busy"}
# Share of the scale from which a score is positive, passive: (parts, of).
POSITIVE = {"csat": (3, 4), "ces": (2, 3), "nps": (9, 10)}
PASSIVE = (7, 10)
NO_TICKET: MartRow = {
    "ticket_key": UNKNOWN,
    "is_excluded": False,
    **dict.fromkeys(DIMENSIONS, UNKNOWN),
}
# A value that the rules leave open: the comparison takes any.
UNSPECIFIED: Any = object()

CALL_MEASURES = (
    "call_count",
    "completed_count",
    "missed_count",
    *listing("completed_duration_seconds"),
    "completed_with_duration_count",
)
SURVEY_MEASURES = (
    "response_count",
    "score_sum",
    "positive_count",
    "sent_count",
    "answered_count",
)
NPS_MEASURES = (*SURVEY_MEASURES, "promoter_count", "detractor_count")


def agent_team_key(world: World, agent_id: str | None) -> str:
    """The primary team of an agent at as_of; unknown for an agent that is not in the data."""
    if agent_id is None or agent_id not in world.known["agents"]:
        return UNKNOWN
    return key(world, "teams", primary_team_at(world, agent_id, world.as_of))


def call_row(world: World, tickets: Tickets, call: Call) -> MartRow:
    ticket = tickets.get(call.ticket_id or "", NO_TICKET)
    return {
        "call_key": f"{SOURCE}:{call.call_id}",
        "call_id": call.call_id,
        "ticket_key": ticket["ticket_key"],
        **dimensions(ticket),
        "agent_key": key(world, "agents", call.agent_id),
        "team_key": agent_team_key(world, call.agent_id),
        "started_at": call.started_at,
        "started_date": report_date(world, call.started_at),
        "direction": call.direction,
        "outcome": call.outcome,
        "is_completed": call.outcome == "completed",
        "is_missed": call.direction == "incoming" and call.outcome in MISSED,
        "duration_seconds": call.duration_seconds,
        "source_system": SOURCE,
    }


def survey_rows(surveys: Sequence[Survey]) -> list[MartRow]:
    """The surveys and the unknown member, of which only the key and the missing id are agreed."""
    rows: list[MartRow] = [
        {
            "survey_key": f"{SOURCE}:{survey.survey_id}",
            "survey_id": survey.survey_id,
            "name": survey.name,
            "survey_kind": survey.kind,
            "scale_min": float(survey.scale_min),
            "scale_max": float(survey.scale_max),
            "is_higher_better": survey.is_higher_better,
            "source_system": SOURCE,
        }
        for survey in surveys
    ]
    columns = (
        "name",
        "survey_kind",
        "scale_min",
        "scale_max",
        "is_higher_better",
        "source_system",
    )
    unknown = {"survey_key": UNKNOWN, "survey_id": None, **dict.fromkeys(columns, UNSPECIFIED)}
    return [*rows, unknown]


def reaches(response: Response, share: tuple[int, int]) -> bool:
    """Whether a score is at least this share of the way from the scale's bad end to its good one."""
    survey, score = response.survey, response.score
    assert score is not None
    climbed = score - survey.scale_min if survey.is_higher_better else survey.scale_max - score
    parts, of = share
    return climbed * of >= parts * (survey.scale_max - survey.scale_min)


def nps_group(response: Response) -> str | None:
    if response.survey.kind != "nps" or response.score is None:
        return None
    if reaches(response, POSITIVE["nps"]):
        return "promoter"
    return "passive" if reaches(response, PASSIVE) else "detractor"


def response_row(world: World, tickets: Tickets, response: Response) -> MartRow:
    ticket = tickets.get(response.ticket_id or "", NO_TICKET)
    company = ticket["company_key"]
    if company == UNKNOWN:
        of_contact = world.contact_companies.get(response.contact_id or "")
        company = key(world, "companies", of_contact)
    is_named = response.agent_id is not None
    score = response.score
    return {
        "response_key": f"{SOURCE}:{response.response_id}",
        "response_id": response.response_id,
        "survey_key": f"{SOURCE}:{response.survey.survey_id}",
        "survey_kind": response.survey.kind,
        "ticket_key": ticket["ticket_key"],
        "contact_key": key(world, "contacts", response.contact_id),
        **dimensions(ticket),
        "agent_key": key(world, "agents", response.agent_id) if is_named else ticket["agent_key"],
        "team_key": agent_team_key(world, response.agent_id) if is_named else ticket["team_key"],
        "company_key": company,
        "sent_at": response.sent_at,
        "sent_date": report_date(world, response.sent_at),
        "responded_at": response.responded_at,
        "responded_date": report_date(world, response.responded_at),
        "is_responded": response.responded_at is not None,
        "score": None if score is None else float(score),
        "is_positive": None if score is None else reaches(response, POSITIVE[response.survey.kind]),
        "nps_group": nps_group(response),
        "comment": response.comment if world.settings.include_personal_data else None,
        "is_excluded": ticket["is_excluded"],
        "source_system": SOURCE,
    }


def presence_row(world: World, interval: Presence) -> MartRow:
    return {
        "agent_key": key(world, "agents", interval.agent_id),
        "agent_id": interval.agent_id,
        "spell_number": interval.number,
        "started_at": interval.started_at,
        "started_date": report_date(world, interval.started_at),
        "ended_at": interval.ended_at,
        "status": interval.status,
        "reason": interval.reason,
        "is_current": interval.ended_at is None,
        "duration_seconds": duration(interval.started_at, interval.ended_at or world.as_of),
        "team_key": agent_team_key(world, interval.agent_id),
        "source_system": SOURCE,
    }


def call_report(rows: Sequence[MartRow]) -> list[MartRow]:
    totals = Totals(("report_date", *DIMENSIONS), CALL_MEASURES)
    for row in rows:
        seconds = row["duration_seconds"] if row["is_completed"] else None
        totals.add(
            {"report_date": row["started_date"], **dimensions(row)},
            {
                "call_count": 1,
                "completed_count": row["is_completed"],
                "missed_count": row["is_missed"],
                "completed_with_duration_count": seconds is not None,
                **({} if seconds is None else listed("completed_duration_seconds", seconds)),
            },
        )
    return totals.rows()


def survey_report(rows: Sequence[MartRow], kind: str) -> list[MartRow]:
    grain = ("report_date", *DIMENSIONS, "survey_key", "score")
    totals = Totals(grain, NPS_MEASURES if kind == "nps" else SURVEY_MEASURES)
    for row in rows:
        if row["survey_kind"] != kind or row["is_excluded"]:
            continue
        of_survey = {**dimensions(row), "survey_key": row["survey_key"]}
        sent_date = row["sent_date"] or row["responded_date"]
        totals.add(
            {**of_survey, "report_date": sent_date, "score": None},
            {"sent_count": 1, "answered_count": row["is_responded"]},
        )
        if row["score"] is not None:
            groups = {
                f"{group}_count": row["nps_group"] == group for group in ("promoter", "detractor")
            }
            totals.add(
                {**of_survey, "report_date": row["responded_date"], "score": row["score"]},
                {
                    "response_count": 1,
                    "score_sum": row["score"],
                    "positive_count": row["is_positive"],
                    **(groups if kind == "nps" else {}),
                },
            )
    return totals.rows()


def availability_report(world: World, rows: Sequence[MartRow]) -> list[MartRow]:
    measures = ("duration_seconds", "available_seconds")
    totals = Totals(("report_date", "agent_key", "team_key", "status"), measures)
    for row in rows:
        started_at, ended_at = row["started_at"], row["ended_at"] or world.as_of
        for day in days_between(row["started_date"], date_of(world, ended_at)):
            next_day = day_start(world, day + ONE_DAY)
            seconds = epoch(min(ended_at, next_day)) - epoch(max(started_at, day_start(world, day)))
            if seconds > 0:
                available = seconds if row["status"] == "available" else 0
                totals.add(
                    {**row, "report_date": day},
                    {"duration_seconds": seconds, "available_seconds": available},
                )
    return totals.rows()
