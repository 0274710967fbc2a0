"""The audits of a desk's tickets in Zendesk's format: changes and comments."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb

from tests.vendors.zendesk.desk import Row, rows

Object = dict[str, Any]
# Time, number within the second, ticket, changes, message.
Update = tuple[datetime, int, str, list[Row], Row | None]
# Ids of audits and of events other than comments, distinct from the simulator's ids.
FIRST_AUDIT, SYSTEM = 900_000_000_001, -1
CATEGORIES = {"101": "new", "102": "open", "103": "pending", "104": "hold", "105": "solved"}
FIELDS = {
    "pipeline": "ticket_form_id",
    "agent": "assignee_id",
    "team": "group_id",
    "priority": "priority",
}


def stamp(instant: datetime | None) -> str | None:
    return instant and instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def number(text: str | None) -> int | None:
    return None if text is None else int(text)


def audits(desk: duckdb.DuckDBPyConnection) -> Iterator[Object]:
    """One audit per ticket and second, or more if a field changed twice."""
    audit_id, event_id = FIRST_AUDIT, FIRST_AUDIT
    merges = {
        row["ticket_id"]: row for row in rows(desk, "from tickets where merged_into_id is not null")
    }
    chats = _chats(desk)
    previous: dict[tuple[str, str], str | None] = {}
    for at, place, ticket, changes, message in sorted(_updates(desk), key=lambda one: one[:2]):
        audit_id += 100
        is_first = place == 0 and bool(changes) and (ticket, "status") not in previous
        events: list[Object] = []
        for change in changes:
            events += _change_events(change, previous, is_first)
        if message and message["message_id"] in chats:
            events += chats[message["message_id"]]
        elif message:
            events.append(_comment(message))
        if ticket in merges and any(e.get("value") in ("solved", "closed") for e in events):
            events += _merge_events(merges.pop(ticket))
        if not events:
            continue
        for event in events:
            event_id += 1
            event.setdefault("id", event_id)
        yield {
            "id": audit_id,
            "ticket_id": int(ticket),
            "created_at": stamp(at),
            "author_id": number(message["author_id"]) if message else SYSTEM,
            "via": _via(message),
            "metadata": {"system": {}},
            "events": events,
        }


def _updates(desk: duckdb.DuckDBPyConnection) -> Iterator[Update]:
    """The changes of a ticket in a second, each field once; messages separately."""
    updates: dict[tuple[str, datetime], list[list[Row]]] = {}
    for change in rows(desk, HISTORY):
        parts = updates.setdefault((change["ticket_id"], change["changed_at"]), [[]])
        # The first change of each field in a second belongs to the first update, and so on.
        place = sum(other["field"] == change["field"] for part in parts for other in part)
        if place == len(parts):
            parts.append([])
        parts[place].append(change)
    for (ticket, at), parts in updates.items():
        yield from ((at, place, ticket, part, None) for place, part in enumerate(parts))
    for place, row in enumerate(rows(desk, MESSAGES)):
        yield row["sent_at"], 1_000 + place, row["ticket_id"], [], row


def _change_events(
    change: Row, previous: dict[tuple[str, str], str | None], is_first: bool
) -> list[Object]:
    """The events of one change. A status has two: its category, and the custom status."""
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
        # A field that is empty at creation has no event.
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


def _chats(desk: duckdb.DuckDBPyConnection) -> dict[str, list[Object]]:
    """The events of chats, by the message of their update.

    A chat begins with its first message, and its end repeats all messages.
    """
    said: dict[str, list[Row]] = {}
    for row in rows(desk, CHATS):
        said.setdefault(row["ticket_id"], []).append(row)
    events: dict[str, list[Object]] = {}
    for ticket, messages in said.items():
        history = [_said(message) for message in messages]
        value = {"chat_id": f"chat-of-{ticket}", "visitor_id": f"v-{ticket}", "user_id": None}
        events |= {message["message_id"]: [] for message in messages}
        start = {"type": "ChatStartedEvent", "value": {**value, "history": history[:1]}}
        end = {"type": "ChatEndedEvent", "value": {**value, "history": history}}
        transcript = {
            "type": "Comment",
            "author_id": number(messages[0]["author_id"]),
            "body": "A transcript.",
            "public": True,
            "via": {"channel": "chat"},
        }
        events[messages[0]["message_id"]] += [start, transcript]
        events[messages[-1]["message_id"]].append(end)
    return events


def _said(message: Row) -> Object:
    is_agent = message["author_type"] == "agent"
    return {
        "type": "ChatMessage",
        "message_id": message["message_id"].rpartition(":")[2],
        "actor_type": "agent" if is_agent else "end-user",
        "actor_id": f"agent:{message['author_id']}" if is_agent else message["author_id"],
        "timestamp": int(message["sent_at"].timestamp() * 1000),
        "message": "Text of a chat, which no mart shows.",
    }


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


def _via(message: Row | None) -> Object:
    is_rule = bool(message and message["is_automated"] and message["author_type"] != "bot")
    if message is None:
        channel = "web"
    elif message["author_type"] == "bot":
        channel = "answer_bot_for_web_widget"
    else:
        channel = "rule" if is_rule else message["channel_id"]
    rel = "trigger" if is_rule else None
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": rel}}


HISTORY = """
select * from ticket_field_history
order by
    ticket_id, changed_at, seq,
    list_position(['pipeline', 'schedule', 'team', 'agent', 'priority', 'status'], field)
"""
CHATS = "from messages where message_id like 'chat:%' order by sent_at, message_id"
MESSAGES = "from messages order by sent_at, message_id"
