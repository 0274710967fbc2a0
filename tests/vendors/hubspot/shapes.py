"""The objects of a HubSpot account, built from rows of the contract.

They follow HubSpot's published specification (see README.md). `portal.py` decides which of them
exist at a given time.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

# HubSpot has users and owners: an agent's messages refer to the user.
FIRST_USER = 5_000_000
MESSAGE_TYPES = {"message": "MESSAGE", "comment": "COMMENT", "welcome_message": "WELCOME_MESSAGE"}
ACTORS = {"agent": "A", "customer": "V", "bot": "B", "integration": "I", "system": "S"}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_id(agent: str) -> str:
    return str(FIRST_USER + int(agent))


def crm_object(key: str, properties: Row, at: str) -> Row:
    numbered = properties | {"hs_object_id": key}
    return {"id": key, "properties": numbered, "createdAt": at, "updatedAt": at, "archived": False}


# The prefix of names of custom properties.
OWN = "acme_"
KINDS = {"ticket": "tickets", "company": "companies", "contact": "contacts"}
# `type` and `fieldType` of a property, by the contract's type.
PROPERTY_TYPES = {
    "text": ("string", "text"),
    "number": ("number", "number"),
    "boolean": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "option": ("enumeration", "select"),
    "options": ("enumeration", "checkbox"),
}


def definition(row: Row) -> Row:
    """A custom property, from a row of ticket_fields."""
    kind, field_type = PROPERTY_TYPES[row["type"]]
    options = [
        {"value": value, "label": label, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(json.loads(row["options"] or "{}").items())
    ]
    made = {"name": row["field_id"], "label": row["label"], "type": kind, "fieldType": field_type}
    return made | {"options": options, "hubspotDefined": False, "groupName": "own"}


def call(row: Row) -> Row:
    length = row["duration_seconds"]
    properties = {
        "hs_timestamp": iso(row["started_at"]),
        "hs_call_direction": row["direction"].upper(),
        "hs_call_status": row["outcome"].upper(),
        "hs_call_duration": None if length is None else str(1000 * length + 999),
        "hubspot_owner_id": row["agent_id"],
        "hs_lastmodifieddate": iso(row["started_at"] + timedelta(seconds=length or 0)),
    }
    return crm_object(row["call_id"], properties, properties["hs_lastmodifieddate"])


def feedback_submission(row: Row, survey: Row) -> Row:
    at = iso(row["responded_at"])
    properties = {
        "hs_survey_id": row["survey_id"],
        "hs_survey_name": survey["name"],
        "hs_survey_type": survey["kind"].upper(),
        "hs_value": str(row["score"]),
        "hs_submission_timestamp": at,
        "hs_content": row["comment"],
        "hs_contact_id": row["contact_id"],
        "hs_ticket_id": row["ticket_id"],
        "hs_lastmodifieddate": at,
    }
    return crm_object(row["response_id"], properties, at)


def thread(ticket: Row, said: list[Row], spam: bool) -> Row:
    """The conversation of a ticket with these messages."""
    return {
        "id": said[0]["thread_id"],
        "createdAt": iso(said[0]["sent_at"]),
        "status": "OPEN",
        "originalChannelId": said[0]["channel_id"],
        "originalChannelAccountId": said[0]["channel_account_id"],
        "latestMessageTimestamp": iso(max(message["sent_at"] for message in said)),
        "inboxId": "1",
        "associatedContactId": ticket["contact_id"],
        "spam": spam,
        "archived": False,
        "threadAssociations": {"associatedTicketId": ticket["ticket_id"]},
    }


def message(row: Row) -> Row:
    kind, author = MESSAGE_TYPES[row["kind"]], row["author_type"]
    number = user_id(row["author_id"]) if author == "agent" else row["author_id"]
    actor = f"{ACTORS[author]}-{number or 'hubspot'}"
    by_nobody = author == "agent" and row["is_automated"]
    made: Row = {
        "id": row["message_id"],
        "type": kind,
        "conversationsThreadId": row["thread_id"],
        "createdAt": iso(row["sent_at"]),
        "createdBy": actor,
        "client": {"clientType": "SYSTEM" if by_nobody else "HUBSPOT"},
        "senders": [{"actorId": actor}] if author != "system" else [],
        "recipients": [],
        "archived": False,
        "text": "Never leaves the raw layer.",
    }
    if kind != "COMMENT":
        made |= {"channelId": row["channel_id"], "channelAccountId": row["channel_account_id"]}
    if kind == "MESSAGE":
        made |= {"direction": row["direction"].upper(), "truncationStatus": "NOT_TRUNCATED"}
    if kind == "MESSAGE" and row["delivery_status"]:
        made["status"] = {"statusType": row["delivery_status"].upper()}
    return made


def assignments(thread: str, said: list[Row]) -> list[Row]:
    """The entries of a thread that are not messages, such as assignments and closes."""
    at = said[-1]["sent_at"]
    common = {"conversationsThreadId": thread, "createdAt": iso(at), "archived": False}
    return [
        {"id": f"{thread}-a", "type": "ASSIGNMENT", "createdBy": "S-hubspot", **common},
        {"id": f"{thread}-s", "type": "THREAD_STATUS_CHANGE", "newStatus": "OPEN", **common},
    ]


def pipeline(row: Row, statuses: list[Row]) -> Row:
    stages = [
        {
            "id": stage["status_id"],
            "label": stage["name"],
            "displayOrder": stage["display_order"],
            "metadata": {
                "ticketState": "CLOSED" if stage["state"] == "closed" else "OPEN",
                "isClosed": "true" if stage["state"] == "closed" else "false",
            },
            "archived": False,
        }
        for stage in statuses
        if stage["pipeline_id"] == row["pipeline_id"]
    ]
    made = {"id": row["pipeline_id"], "label": row["name"], "archived": False}
    return made | {"displayOrder": row["display_order"], "stages": stages}


def owner(row: Row, teams: list[Row]) -> Row:
    first, _, last = row["name"].partition(" ")
    made = {"id": row["agent_id"], "email": row["email"], "type": "PERSON"}
    made |= {"firstName": first, "lastName": last, "archived": not row["is_active"]}
    number = int(user_id(row["agent_id"]))
    made |= {"userId": number if row["is_active"] else None}
    return made | {"userIdIncludingInactive": number, "teams": teams}


CAPACITY = "help_desk_capacity"


def user(agent: Row, intervals: list[Row], clock: datetime, has_history: bool) -> Row:
    """A user's record. Its id differs from that of the user in messages and from the owner's."""
    history: list[Row] = []

    def seen(at: datetime, value: str) -> None:
        changed = {"value": value, "timestamp": iso(at), "sourceType": "AVAILABILITY_STATUS"}
        history.insert(0, changed)

    for interval, following in zip(intervals, [*intervals[1:], None], strict=True):
        seen(interval["started_at"], interval["status"])
        ended = interval["ended_at"]
        if ended and ended <= clock and not (following and following["started_at"] == ended):
            seen(ended, "")
    properties = {
        "hs_internal_user_id": user_id(agent["agent_id"]),
        "hs_availability_status": (history[0]["value"] if history else None) or None,
        "hs_out_of_office_hours": None,
        "hs_working_hours": '[{"days":"MONDAY_TO_FRIDAY","startMinute":480,"endMinute":960}]',
        "hs_standard_time_zone": "Europe/Oslo",
        CAPACITY: None if agent["capacity"] is None else str(agent["capacity"]),
    }
    made = crm_object(f"9{agent['agent_id']}", properties, iso(datetime(2025, 1, 1, tzinfo=UTC)))
    kept = {"hs_availability_status": history} if has_history and history else {}
    return made | {"propertiesWithHistory": kept}
