"""The objects of the API, built from the tables of an expressible desk, in Zendesk's published shapes.

README.md lists the sources. Unused fields are left out, except for a few that every object has, so
that the raw layer also gets fields outside its contract.
"""

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from tests.vendors.zendesk.audits import CATEGORIES, Object, audits, number, stamp
from tests.vendors.zendesk.desk import Row, rows
from tests.vendors.zendesk.rules import METRIC_EVENTS, holiday, policy, schedules

BRAND = 600
OUTCOMES = {"missed": "abandoned_in_queue", "no_answer": "not_answered"}


class Objects:
    """Every object of the desk by stream, in the order of the desk."""

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
            "sla_policies": [policy(desk, row) for row in rows(desk, "from sla_policies")],
            "schedules": list(schedules(desk)),
            "satisfaction_ratings": [self._rating(row) for row in rows(desk, RATINGS)],
            "calls": [self._call(row) for row in rows(desk, "from calls order by started_at")],
            "ticket_metric_events": [
                self._applied(place, row) for place, row in enumerate(rows(desk, APPLIED))
            ],
            "agent_availabilities": [
                self._availability(row) for row in rows(desk, "from agent_availability")
            ],
            "survey_responses": [],
            "ticket_fields": [
                {"id": 31, "title": "Subject", "type": "subject", "removable": False},
                {"id": 32, "title": "Order", "type": "text", "removable": True},
            ],
            "user_fields": [{"id": 33, "key": "plan", "title": "Plan", "type": "text"}],
            "organization_fields": [],
            **self._accounts(),
        }
        self.logs: dict[int, list[Object]] = {}
        self.holidays: dict[int, list[Object]] = defaultdict(list)
        for place, row in enumerate(rows(desk, "from holidays order by all")):
            self.holidays[int(row["schedule_id"])].append(holiday(place, row))
        self.audits: dict[int, list[Object]] = defaultdict(list)
        for audit in audits(desk):
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
        for row in rows(
            self.desk, "from contacts anti join agents on contact_id = agent_id order by contact_id"
        ):
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
        metric, instance = METRIC_EVENTS[row["metric"]]
        return {
            "id": 80_000_000 + place,
            "ticket_id": int(row["ticket_id"]),
            "metric": metric,
            "instance_id": instance,
            "type": "apply_sla",
            "time": stamp(row["applied_at"]),
            "sla": {
                "target": row["goal_seconds"] // 60,
                "target_in_seconds": row["goal_seconds"],
                "business_hours": row["schedule_id"] is not None,
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


TICKETS = """
select tickets.*, opened.author_id as opened_by
from tickets
left join (
    select ticket_id, arg_min(author_id, sent_at) as author_id
    from messages where author_type = 'agent' group by ticket_id
) as opened on tickets.ticket_id = opened.ticket_id
order by tickets.updated_at, tickets.ticket_id::bigint
"""
APPLIED = """
from ticket_sla_applied where metric is not null order by applied_at, ticket_id, metric
"""
RATINGS = "from survey_responses order by coalesce(responded_at, sent_at), response_id"
