"""SLA policies, schedules and holidays in Zendesk's format."""

from collections.abc import Iterator
from datetime import date

import duckdb

from tests.vendors.zendesk.audits import Object
from tests.vendors.zendesk.desk import Row, rows

ZONES = {
    "Europe/Berlin": "Berlin",
    "America/New_York": "Eastern Time (US & Canada)",
    "Australia/Sydney": "Sydney",
}
# The metric names in policies and in metric events.
METRICS = {
    "first_response": "first_reply_time",
    "next_response": "next_reply_time",
    "time_to_close": "total_resolution_time",
    "requester_wait": "requester_wait_time",
    "agent_work": "agent_work_time",
}
METRIC_EVENTS = {
    "first_response": ("reply_time", 1),
    "next_response": ("reply_time", 2),
    "time_to_close": ("resolution_time", 1),
    "requester_wait": ("requester_wait_time", 1),
    "agent_work": ("agent_work_time", 1),
}


def policy(desk: duckdb.DuckDBPyConnection, row: Row) -> Object:
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
            # The API's numbers of channels: mail, chat, web form.
            "any": [_condition("current_via_id", "is", via) for via in ("4", "29", "0")],
        },
    }
    targets = rows(desk, f"from sla_targets where policy_id = '{row['policy_id']}' order by all")
    return {
        "id": int(row["policy_id"]),
        "title": row["name"],
        "position": row["rank"],
        "filter": conditions[row["name"]],
        "policy_metrics": [
            {
                "priority": target["priority"],
                "metric": METRICS[target["metric"]],
                "target": target["goal_seconds"] // 60,
                # Newer accounts have seconds too; both shapes are read.
                **({"target_in_seconds": target["goal_seconds"]} if row["rank"] > 1 else {}),
                "business_hours": target["schedule_id"] is not None,
            }
            for target in targets
        ],
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }


def schedules(desk: duckdb.DuckDBPyConnection) -> Iterator[Object]:
    """Intervals in minutes since Sunday, midnight."""
    windows = rows(desk, "from business_hours order by schedule_id, weekday, start_minute")
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


def holiday(place: int, row: Row) -> Object:
    first, last = row["start_date"], row["end_date"]
    assert isinstance(first, date)
    assert isinstance(last, date)
    return {
        "id": 40_000 + place,
        "name": row["name"],
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
    }


def _condition(field: str, operator: str, value: str) -> Object:
    return {"field": field, "operator": operator, "value": value}
