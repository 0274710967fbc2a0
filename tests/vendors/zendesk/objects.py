"""The objects of the API, made of the tables of an expressible desk, in the shapes Zendesk publishes.

The pages followed are named in README.md beside this file. Fields that nothing here reads are left
out, but for a few that every object has, so that the raw layer meets fields it does not name.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb

from tests.vendors.zendesk.desk import Row, rows

Object = dict[str, Any]
# Ids of audits and of events other than comments, far from every id of the simulator.
FIRST_AUDIT = 900_000_000_001
BRAND, SYSTEM = 600, -1
ZONES = {
    "Europe/Berlin": "Berlin",
    "America/New_York": "Eastern Time (US & Canada)",
    "Australia/Sydney": "Sydney",
}
CATEGORIES = {"101": "new", "102": "open", "103": "pending", "104": "hold", "105": "solved"}
FIELDS = {
    "pipeline": "ticket_form_id",
    "agent": "assignee_id",
    "team": "group_id",
    "priority": "priority",
}
METRICS = {"first_response": "first_reply_time", "next_response": "next_reply_time"}
OUTCOMES = {"missed": "abandoned_in_queue", "no_answer": "not_answered"}


def stamp(instant: datetime | None) -> str | None:
    return instant and instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def number(text: str | None) -> int | None:
    return None if text is None else int(text)


class Objects:
    """Every object of the desk, by stream, in the order in which the desk has them."""

    def __init__(self, desk: duckdb.DuckDBPyConnection) -> None:
        self.desk = desk
        self.streams: dict[str, list[Object]] = {
            "tickets": [self._ticket(row) for row in rows(desk, TICKETS)],
            "users": [*self._agents(), *self._contacts()],
            "organizations": [self._organization(row) for row in rows(desk, "from companies")],
            "groups": [
                {"id": int(row["team_id"]), "name": row["name"], "deleted": False}
                for row in rows(desk, "from teams")
            ],
            "group_memberships": [
                {
                    "id": 70_000 + place,
                    "user_id": int(row["agent_id"]),
                    "group_id": int(row["team_id"]),
                    "default": row["is_primary"],
                }
                for place, row in enumerate(rows(desk, "from agent_teams"))
            ],
            "ticket_forms": [
                {
                    "id": int(row["pipeline_id"]),
                    "name": row["name"],
                    "position": row["display_order"],
                    "active": True,
                }
                for row in rows(desk, "from pipelines")
            ],
            "custom_statuses": [
                {
                    "id": int(row["status_id"]),
                    "agent_label": row["name"],
                    "status_category": CATEGORIES[row["status_id"]],
                    "active": True,
                    "default": True,
                }
                for row in rows(desk, "from statuses where status_id similar to '[0-9]+'")
            ],
            "sla_policies": [self._policy(row) for row in rows(desk, "from sla_policies")],
            "schedules": list(self._schedules()),
            "satisfaction_ratings": [self._rating(row) for row in rows(desk, RATINGS)],
            "calls": [self._call(row) for row in rows(desk, "from calls order by started_at")],
            "ticket_metric_events": [
                self._applied(place, row) for place, row in enumerate(rows(desk, APPLIED))
            ],
            "agent_availabilities": [
                self._availability(row) for row in rows(desk, "from agent_availability")
            ],
            **self._accounts(),
        }
        self.holidays: dict[int, list[Object]] = defaultdict(list)
        for place, row in enumerate(rows(desk, "from holidays order by all")):
            self.holidays[int(row["schedule_id"])].append(self._holiday(place, row))
        self.audits: dict[int, list[Object]] = defaultdict(list)
        for audit in self._audits():
            self.audits[audit["ticket_id"]].append(audit)

    def _ticket(self, row: Row) -> Object:
        channel = row["channel_id"]
        status = row["status_id"]
        is_own = status in CATEGORIES
        brand = row["channel_account_id"].removeprefix("brand:")
        source: Object = {"from": {}, "to": {}, "rel": None}
        if channel == "voice":
            source["to"] = {"phone": row["channel_account_id"], "name": "Main number"}
            source["rel"] = "outbound" if row["is_outbound"] else "inbound"
        return {
            "id": int(row["ticket_id"]),
            "url": f"https://desk.zendesk.com/api/v2/tickets/{row['ticket_id']}.json",
            "created_at": stamp(row["created_at"]),
            "updated_at": stamp(row["updated_at"]),
            "generated_timestamp": int(row["updated_at"].timestamp()),
            "subject": None,
            "type": row["category"],
            "priority": row["priority"],
            "status": CATEGORIES[status] if is_own else status,
            "custom_status_id": int(status) if is_own else 105,
            "recipient": row["channel_account_id"] if channel == "email" else None,
            "requester_id": int(row["contact_id"]),
            "submitter_id": number(row["opened_by"])
            if row["is_outbound"]
            else int(row["contact_id"]),
            "assignee_id": number(row["agent_id"]),
            "group_id": number(row["team_id"]),
            "organization_id": number(row["company_id"]),
            "ticket_form_id": number(row["pipeline_id"]),
            "brand_id": int(brand) if brand.isdigit() else BRAND,
            "tags": ["closed_by_merge"] if row["merged_into_id"] else [],
            "via": {"channel": channel, "source": source},
            "custom_fields": [],
            "is_public": True,
            "metric_set": {
                "ticket_id": int(row["ticket_id"]),
                "solved_at": stamp(row["reported_closed_at"]),
                "reply_time_in_minutes": {"calendar": None, "business": None},
            },
        }

    def _agents(self) -> Iterator[Object]:
        for row in rows(self.desk, "from agents order by agent_id"):
            yield {**_user(row["agent_id"], row), "role": "agent", "active": row["is_active"]}

    def _contacts(self) -> Iterator[Object]:
        for row in rows(self.desk, "from contacts anti join agents on contact_id = agent_id order by contact_id"):
            yield {
                **_user(row["contact_id"], row),
                "organization_id": number(row["company_id"]),
                "role": "end-user",
                "active": True,
            }

    def _organization(self, row: Row) -> Object:
        return {
            "id": int(row["company_id"]),
            "name": row["name"],
            "domain_names": [row["domain"], "second.example"],
            "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z",
        }

    def _policy(self, row: Row) -> Object:
        conditions: dict[str, Object] = {
            "Urgent": {"all": [_condition("priority", "greater_than", "normal")], "any": []},
            "Billing": {
                "all": [
                    _condition("ticket_form_id", "is", "2"),
                    _condition("priority", "is_not", "low"),
                ],
                "any": [],
            },
            "Standard": {
                "all": [],
                # By number, as the API gives them: mail, chat, web form.
                "any": [_condition("current_via_id", "is", via) for via in ("4", "29", "0")],
            },
        }
        targets = rows(
            self.desk, f"from sla_targets where policy_id = '{row['policy_id']}' order by all"
        )
        until_close = "requester_wait_time" if row["name"] == "Standard" else "agent_work_time"
        return {
            "id": int(row["policy_id"]),
            "title": row["name"],
            "position": row["rank"],
            "filter": conditions[row["name"]],
            "policy_metrics": [
                {
                    "priority": target["priority"],
                    "metric": METRICS.get(target["metric"], until_close),
                    "target": target["goal_seconds"] // 60,
                    # Newer accounts are told seconds too; both shapes are read.
                    **({"target_in_seconds": target["goal_seconds"]} if row["rank"] > 1 else {}),
                    "business_hours": target["schedule_id"] is not None,
                }
                for target in targets
            ],
            "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z",
        }

    def _schedules(self) -> Iterator[Object]:
        """Intervals count minutes from Sunday, midnight."""
        windows = rows(self.desk, "from business_hours order by schedule_id, weekday, start_minute")
        for place, schedule in enumerate(sorted({row["schedule_id"] for row in windows})):
            own = [row for row in windows if row["schedule_id"] == schedule]
            yield {
                "id": int(schedule),
                "name": f"Schedule {schedule}",
                "time_zone": ZONES[own[0]["timezone"]],
                "intervals": [
                    {
                        "start_time": row["weekday"] % 7 * 1440 + row["start_minute"],
                        "end_time": row["weekday"] % 7 * 1440 + row["end_minute"],
                    }
                    for row in own
                ],
                "created_at": f"2025-01-0{place + 1}T00:00:00Z",
                "updated_at": "2025-01-05T00:00:00Z",
            }

    def _holiday(self, place: int, row: Row) -> Object:
        first, last = row["start_date"], row["end_date"]
        assert isinstance(first, date) and isinstance(last, date)
        return {
            "id": 40_000 + place,
            "name": row["name"],
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
        }

    def _rating(self, row: Row) -> Object:
        return {
            "id": int(row["response_id"]),
            "ticket_id": number(row["ticket_id"]),
            "requester_id": int(row["contact_id"]),
            "assignee_id": number(row["agent_id"]),
            "score": {None: "offered", 0: "bad", 1: "good"}[row["score"]],
            "comment": row["comment"],
            "created_at": stamp(row["sent_at"]),
            "updated_at": stamp(row["responded_at"] or row["sent_at"]),
        }

    def _call(self, row: Row) -> Object:
        return {
            "id": int(row["call_id"]),
            "ticket_id": number(row["ticket_id"]),
            "agent_id": number(row["agent_id"]),
            "direction": row["direction"],
            "completion_status": OUTCOMES.get(row["outcome"], row["outcome"]),
            "duration": row["duration_seconds"],
            "created_at": stamp(row["started_at"]),
            "updated_at": stamp(row["started_at"]),
        }

    def _applied(self, place: int, row: Row) -> Object:
        return {
            "id": 80_000_000 + place,
            "ticket_id": int(row["ticket_id"]),
            "metric": "reply_time",
            "instance_id": 1,
            "type": "apply_sla",
            "time": stamp(row["applied_at"]),
            "sla": {
                "target": 60,
                "business_hours": False,
                "policy": {"id": int(row["policy_id"]), "title": "", "description": None},
            },
        }

    def _availability(self, row: Row) -> Object:
        return {
            "type": "agent_availabilities",
            "id": row["agent_id"],
            "attributes": {
                "agent_id": int(row["agent_id"]),
                "agent_status": {
                    "id": 3,
                    "name": row["reason"],
                    "updated_at": stamp(row["started_at"]),
                },
            },
        }

    def _accounts(self) -> dict[str, list[Object]]:
        accounts = rows(self.desk, "from channel_accounts order by all")
        addresses, numbers, brands = (
            [row for row in accounts if row["channel_id"] == channel]
            for channel in ("email", "voice", None)
        )
        return {
            "recipient_addresses": [
                {"id": 500 + place, "name": row["name"], "email": row["channel_account_id"]}
                for place, row in enumerate(addresses)
            ],
            "phone_numbers": [
                {"id": 550 + place, "nickname": row["name"], "number": row["channel_account_id"]}
                for place, row in enumerate(numbers)
            ],
            "brands": [
                {
                    "id": int(row["channel_account_id"].removeprefix("brand:")),
                    "name": row["name"],
                    "active": True,
                }
                for row in brands
            ],
        }

    def _audits(self) -> Iterator[Object]:
        """One audit for what happened to a ticket in one second; more where a field changed twice."""
        audit_id, event_id = FIRST_AUDIT, FIRST_AUDIT
        changes: dict[tuple[str, datetime], list[list[Row]]] = {}
        for change in rows(self.desk, HISTORY):
            audits = changes.setdefault((change["ticket_id"], change["changed_at"]), [[]])
            # The first change of each field in a second is of its first update, and so on.
            place = sum(other["field"] == change["field"] for audit in audits for other in audit)
            if place == len(audits):
                audits.append([])
            audits[place].append(change)
        merges = {
            row["ticket_id"]: row
            for row in rows(self.desk, "from tickets where merged_into_id is not null")
        }
        parts: list[tuple[datetime, int, str, list[Row], Row | None]] = [
            (at, place, ticket, audit, None)
            for (ticket, at), audits in changes.items()
            for place, audit in enumerate(audits)
        ]
        parts += [
            (row["sent_at"], 1_000 + place, row["ticket_id"], [], row)
            for place, row in enumerate(rows(self.desk, MESSAGES))
        ]
        previous: dict[tuple[str, str], str | None] = {}
        for at, place, ticket, audit, message in sorted(parts, key=lambda part: part[:2]):
            audit_id += 100
            is_first = place == 0 and bool(audit) and (ticket, "status") not in previous
            events: list[Object] = []
            for change in audit:
                events += _change_events(change, previous, is_first)
            if message:
                events.append(_comment(message))
            closes = any(e.get("value") in ("solved", "closed") for e in events)
            if closes and ticket in merges:
                events += _merge_events(merges.pop(ticket))
            for event in events:
                event_id += 1
                event.setdefault("id", event_id)
            is_rule = bool(message and message["is_automated"] and message["author_type"] != "bot")
            yield {
                "id": audit_id,
                "ticket_id": int(ticket),
                "created_at": stamp(at),
                "author_id": number(message["author_id"]) if message else SYSTEM,
                "via": _via(message, is_rule),
                "metadata": {"system": {}},
                "events": events,
            }


def _user(id_: str, row: Row) -> Object:
    return {
        "id": int(id_),
        "name": row["name"],
        "email": row["email"],
        "suspended": False,
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-06-01T00:00:00Z",
        "time_zone": "Berlin",
    }


def _condition(field: str, operator: str, value: str) -> Object:
    return {"field": field, "operator": operator, "value": value}


def _change_events(
    change: Row, previous: dict[tuple[str, str], str | None], is_first: bool
) -> list[Object]:
    """The events of one change: a status is told as the category and as the status of one's own."""
    field, value = change["field"], change["value"]
    before = previous.get((change["ticket_id"], field))
    previous[change["ticket_id"], field] = value
    if field == "schedule":
        return [
            {
                "type": "ScheduleAssignment",
                "previous_schedule_id": number(before),
                "new_schedule_id": int(value),
            }
        ]
    if field == "status" and value not in CATEGORIES:
        names = [("status", value, "solved")]
    elif field == "status":
        names = [
            ("status", CATEGORIES[value], before and CATEGORIES[before]),
            ("custom_status_id", value, before),
        ]
    else:
        names = [(FIELDS[field], value, before)]
    if is_first:
        # What is empty when the ticket is made has no event.
        return [
            {"type": "Create", "field_name": name, "value": now}
            for name, now, _ in names
            if now is not None
        ]
    return [
        {"type": "Change", "field_name": name, "value": now, "previous_value": then}
        for name, now, then in names
        if now != then
    ]


def _comment(message: Row) -> Object:
    return {
        "id": int(message["message_id"]),
        "type": "Comment",
        "author_id": number(message["author_id"]) or SYSTEM,
        "body": "Text of a customer, which no mart shows.",
        "public": message["is_public"],
        "attachments": [],
    }


def _merge_events(row: Row) -> list[Object]:
    return [
        {
            "type": "Change",
            "field_name": "tags",
            "value": ["closed_by_merge"],
            "previous_value": [],
        },
        {
            "type": "Notification",
            "body": f"Request #{row['merged_into_id']} has all that is said from here on.",
        },
    ]


def _via(message: Row | None, is_rule: bool) -> Object:
    if message is None:
        channel = "web"
    elif message["author_type"] == "bot":
        channel = "answer_bot_for_web_widget"
    else:
        channel = "rule" if is_rule else message["channel_id"]
    rel = "trigger" if is_rule else None
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": rel}}


TICKETS = """
select tickets.*, opened.author_id as opened_by
from tickets
left join (
    select ticket_id, arg_min(author_id, sent_at) as author_id
    from messages where author_type = 'agent' group by ticket_id
) as opened on tickets.ticket_id = opened.ticket_id
order by tickets.updated_at, tickets.ticket_id::bigint
"""
HISTORY = """
select * from ticket_field_history
order by
    ticket_id, changed_at, seq,
    list_position(['pipeline', 'schedule', 'team', 'agent', 'priority', 'status'], field)
"""
MESSAGES = "from messages order by sent_at, message_id"
APPLIED = "from ticket_sla_applied order by applied_at, ticket_id"
RATINGS = "from survey_responses order by coalesce(responded_at, sent_at), response_id"
