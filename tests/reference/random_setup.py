"""The fixed part of a random desk: dimensions, schedules, holidays, SLA policies.

Everything is drawn from the given `random.Random`, so that one seed gives one desk.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random

from .desk import Desk

Rows = list[dict[str, str | None]]

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Apia",
    "America/Santiago",
    "UTC",
)
PIPELINES = ("P1", "P2", "P3")
PRIORITIES = ("low", "normal", "high", "urgent")
# As people and programs write them on a ticket; targets and policies name the ones above.
SPELT_PRIORITIES = (*PRIORITIES, "High", " URGENT ")
AGENTS = tuple(f"a{number}" for number in range(1, 9))
TEAMS = ("t1", "t2", "t3", "t4")
CHANNELS = ("email", "chat", "phone")
ACCOUNTS = ("inbox", "sales", "widget", "line")
SOURCES = ("web", "api", "mail")
CATEGORIES = ("billing", "bug", "how to", 'Übung, "quoted"')
COMPANIES = ("c1", "c2", "c3")
CONTACTS = ("k1", "k2", "k3", "k4")
# The same id can be another stage in another pipeline; `triage` is a stage of one pipeline only.
STATUSES: tuple[tuple[str, str | None, str, str | None], ...] = (
    ("new", None, "open", None),
    ("waiting", None, "pending", "true"),
    ("asked", None, "pending", None),
    ("vendor", None, "on_hold", "false"),
    ("solved", None, "closed", ""),
    ("archived", None, "closed", None),
    ("review", "P1", "open", None),
    ("review", "P2", "closed", None),
    ("review", None, "on_hold", "1"),
    ("triage", "P3", "open", "0"),
)
STATUS_IDS = tuple(dict.fromkeys(status_id for status_id, *_ in STATUSES))
METRICS = (
    "first_response",
    "next_response",
    "time_to_close",
    "requester_wait",
    "agent_work",
    "periodic_update",
    "pausable_update",
)
# The metrics without a target, of which the help desk keeps the clocks.
KEPT = ((), (), ("next_response",), ("first_response", "time_to_close"), METRICS[:3])
GOALS = (60, 900, 1800, 3600, 7200, 4 * 3600, 8 * 3600, 24 * 3600, 72 * 3600)
SCHEDULES = tuple(f"s{number}" for number in range(1, len(ZONES) + 1))
NOBODYS_SCHEDULE = "nobody's"
# Whole hours, nights, two shifts that overlap, two whole days, windows around the clock change.
SHIFTS = (
    ((540, 1020),),
    ((480, 720), (780, 1080)),
    ((1320, 1800),),
    ((540, 780), (720, 1020), (600, 610)),
    ((0, 1440),),
    ((0, 2880),),
    ((60, 150), (150, 240)),
    ((90, 135), (1410, 1470)),
    ((1439, 1441), (600, 2040)),
)
WEEKS = ((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7), (6, 7), (1, 3), (7,), (2, 5, 6))


def setup_tables(draw: Random, first: date, last: date) -> Desk:
    """Every table but the tickets' own, for a desk that lives from `first` to `last`."""
    default = draw.choice((None, *SCHEDULES))
    return {
        "pipelines": [
            {"pipeline_id": name, "schedule_id": draw.choice((*SCHEDULES, None))}
            for name in PIPELINES
        ],
        "statuses": [
            {"status_id": name, "pipeline_id": pipeline, "state": state, "pauses_sla": pauses}
            for name, pipeline, state, pauses in STATUSES
        ],
        "agents": [agent_row(number, name) for number, name in enumerate(AGENTS)],
        "teams": [{"team_id": name, "name": f"Team {name}"} for name in TEAMS],
        "agent_teams": [row for agent in AGENTS for row in memberships(draw, agent, first)],
        "companies": [{"company_id": name} for name in COMPANIES],
        "contacts": [
            {"contact_id": name, "company_id": company}
            for name, company in zip(CONTACTS, (*COMPANIES[:2], None, "c99"), strict=True)
        ],
        "channels": [{"channel_id": name, "kind": name} for name in CHANNELS],
        "channel_accounts": [
            {"channel_account_id": name, "channel_id": draw.choice(CHANNELS)} for name in ACCOUNTS
        ],
        "business_hours": [
            {**row, "is_default": "true" if schedule_id == default else None}
            for schedule_id, zone in zip(SCHEDULES, ZONES, strict=True)
            for row in business_hours(draw, schedule_id, zone, first)
        ],
        "holidays": [row for name in SCHEDULES for row in holidays(draw, name, first, last)],
        **sla_tables(draw, first),
    }


def agent_row(number: int, name: str) -> dict[str, str | None]:
    """Most are there; some are always at capacity, some never, and some have no capacity."""
    return {
        "agent_id": name,
        "name": f"Agent {name}",
        "is_active": (None, "true", "1", "false")[number % 4],
        "capacity": (None, "0", "60", "90", "100000")[number % 5],
    }


def memberships(draw: Random, agent: str, first: date) -> Rows:
    """No team, one, or a primary team that changes midway, with another that is not primary."""
    teams = draw.sample(TEAMS, 3)
    moved = (first + timedelta(days=draw.randrange(5, 30))).isoformat()
    found: Rows = [
        {"agent_id": agent, "team_id": teams[0], "is_primary": "true", "valid_to": moved},
        {"agent_id": agent, "team_id": teams[1], "is_primary": "1", "valid_from": moved},
        {"agent_id": agent, "team_id": teams[2], "is_primary": "false"},
    ]
    alone: Rows = [{**found[0], "is_primary": None}]
    return draw.choice(([], alone, found[:1], found[1:2], [*alone, found[2]], found))


def windows(draw: Random, schedule_id: str, zone: str, valid_from: str | None) -> Rows:
    """One version of a schedule: a set of shifts on some weekdays."""
    shifts = draw.choice(SHIFTS)
    return [
        {
            "schedule_id": schedule_id,
            "valid_from": valid_from,
            "weekday": str(weekday),
            "start_minute": str(start),
            "end_minute": str(end),
            "timezone": zone,
        }
        for weekday in draw.choice(WEEKS)
        for start, end in shifts
    ]


def business_hours(draw: Random, schedule_id: str, zone: str, first: date) -> Rows:
    """One to three versions; now and then none holds at first, or the zone changes too."""
    begins: list[str | None] = [draw.choice((None, None, None, first.isoformat()))]
    for _ in range(draw.randrange(3)):
        begins.append((first + timedelta(days=draw.randrange(1, 45))).isoformat())
    zones = [zone, *(draw.choice((zone, zone, draw.choice(ZONES))) for _ in begins[1:])]
    versions = dict(zip(begins, zones, strict=True))
    return [
        row
        for valid_from, of_version in versions.items()
        for row in windows(draw, schedule_id, of_version, valid_from)
    ]


def holidays(draw: Random, schedule_id: str, first: date, last: date) -> Rows:
    """Up to four single days or short spans."""
    days = (last - first).days
    found: dict[str, dict[str, str | None]] = {}
    for _ in range(draw.randrange(5)):
        start = first + timedelta(days=draw.randrange(days))
        end = draw.choice((None, start, start + timedelta(days=draw.randrange(1, 4))))
        found[start.isoformat()] = {
            "schedule_id": schedule_id,
            "start_date": start.isoformat(),
            "end_date": end.isoformat() if end else None,
        }
    return list(found.values())


def sla_tables(draw: Random, first: date) -> Desk:
    """Policies from the most particular to one for every ticket, some in two versions."""
    policies: Rows = []
    targets: Rows = []
    pauses: Rows = []
    kept = draw.choice(KEPT)
    for rank in range(1, 7):
        policy_id = f"sla{rank}"
        changed = (first + timedelta(days=draw.randrange(5, 35))).isoformat()
        cuts = draw.choice(([(None, None)], [(None, changed), (changed, None)], [(changed, None)]))
        for valid_from, valid_to in cuts:
            version = {"policy_id": policy_id, "valid_from": valid_from, "valid_to": valid_to}
            wanted = "{}" if rank == 6 else json.dumps(conditions(draw))
            policies.append({**version, "rank": str(rank + 7), "conditions": wanted})
        targets += policy_targets(draw, policy_id, changed, kept)
        pauses += pause_statuses(draw, policy_id)
    return {"sla_policies": policies, "sla_targets": targets, "sla_pause_statuses": pauses}


def conditions(draw: Random) -> dict[str, object]:
    choices = {
        "pipeline": PIPELINES,
        "priority": PRIORITIES,
        "team": TEAMS,
        "channel": CHANNELS,
        "source": SOURCES,
        "agent": AGENTS,
        "channel_account": ACCOUNTS,
        "company": COMPANIES,
        "category": CATEGORIES,
    }
    fields = draw.sample(sorted(choices), draw.choice((1, 1, 2)))
    return {field: condition(draw, choices[field]) for field in fields}


def condition(draw: Random, choices: tuple[str, ...]) -> object:
    """A value, a list, or an object of required and excluded values."""
    listed = draw.sample(choices, draw.choice((1, 2)))
    return draw.choice(
        (
            listed[0],
            listed,
            {"any_of": listed},
            {"none_of": listed},
            {"none_of": listed[0], "is_empty": False},
            {"is_empty": draw.choice((True, False))},
        )
    )


def policy_targets(draw: Random, policy_id: str, changed: str, kept: tuple[str, ...]) -> Rows:
    """Per metric none, one for any priority, and one for a priority; some in two versions."""
    found: Rows = []
    for metric in METRICS:
        if metric in kept:
            continue
        for priority in draw.choice(((), (None,), (None, "high"), (None, "low", "Urgent"))):
            cuts = draw.choice(([(None, None)], [(None, changed), (changed, None)]))
            for valid_from, valid_to in cuts:
                found.append(
                    {
                        "policy_id": policy_id,
                        "metric": metric,
                        "priority": priority,
                        "valid_from": valid_from,
                        "valid_to": valid_to,
                        "goal_seconds": str(draw.choice(GOALS)),
                        "due_soon_seconds": draw.choice((None, "0", "3600", "86400")),
                        "schedule_id": draw.choice(
                            (None, "ticket", "ticket", "ticket", NOBODYS_SCHEDULE, *SCHEDULES)
                        ),
                        "holidays_apply": draw.choice((None, "true", "false", "1", "0")),
                    }
                )
    return found


def pause_statuses(draw: Random, policy_id: str) -> Rows:
    keys = [
        (None, "waiting"),
        (None, "vendor"),
        ("P1", "asked"),
        ("P1", "new"),
        ("P2", "vendor"),
        (None, "ghost"),
    ]
    return [
        {"policy_id": policy_id, "pipeline_id": pipeline, "status_id": status_id}
        for pipeline, status_id in draw.sample(keys, draw.randrange(4))
    ]
