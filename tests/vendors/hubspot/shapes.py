"""The shapes of what a HubSpot account holds, each made of rows of the raw contract.

They are those of HubSpot's published specification (see README.md here), whatever the moment: what
is there yet, `portal.py` knows.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

# HubSpot's users are not its owners: an agent's messages name the user.
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
    """The conversation of a ticket in which these messages were said."""
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
    """A thread tells more than messages: who was assigned, when it was closed."""
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
