"""An account's objects in the tables of Fivetran and Airbyte, in a DuckDB file.

Fivetran's tables follow its published schema
(https://fivetran.com/docs/connectors/applications/hubspot/connector-schema), Airbyte's the streams of
its HubSpot source (https://docs.airbyte.com/integrations/sources/hubspot).
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from helpdesk.extract.hubspot.objects import PROPERTIES
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.shapes import KINDS, OWN, Row

Tables = dict[str, list[Row]]
INSTANTS = ("created_at", "updated_at", "timestamp_instant", "latest_message_timestamp")


def fivetran(portal: Portal) -> Tables:
    tickets = portal.objects("tickets")
    links = {end: portal.associations("tickets", end) for end in ("companies", "contacts")}
    threads = portal.threads()
    said = [message for thread in threads for message in portal.messages(thread["id"])]
    owners = [owner for archived in (False, True) for owner in portal.owners(archived)]
    return {
        "ticket": [
            _flat(one, "tickets")
            | {"is_deleted": one["archived"], "portal_id": portal.details()["portalId"]}
            for one in tickets
        ],
        "ticket_property_history": [
            {
                "ticket_id": int(one["id"]),
                "name": name,
                "value": change["value"],
                "source": change["sourceType"],
                "source_id": "userId:1",
                "timestamp_instant": change["timestamp"],
            }
            for one in tickets
            for name, changes in one["propertiesWithHistory"].items()
            for change in changes
        ],
        "ticket_company": [
            {"ticket_id": int(key), "company_id": end["toObjectId"], "type_id": kind["typeId"]}
            for key, ends in links["companies"].items()
            for end in ends
            for kind in end["associationTypes"]
        ],
        "ticket_contact": [
            {"ticket_id": int(key), "contact_id": end["toObjectId"]}
            for key, ends in links["contacts"].items()
            for end in ends
        ],
        "ticket_pipeline": [
            {"pipeline_id": one["id"], "label": one["label"], "display_order": one["displayOrder"]}
            for one in portal.pipelines()
        ],
        "ticket_pipeline_stage": [
            {
                "stage_id": stage["id"],
                "pipeline_id": one["id"],
                "label": stage["label"],
                "display_order": stage["displayOrder"],
                "ticket_state": stage["metadata"]["ticketState"],
                "is_closed": stage["metadata"]["isClosed"] == "true",
            }
            for one in portal.pipelines()
            for stage in one["stages"]
        ],
        "owner": [
            {
                "owner_id": int(one["id"]),
                "email": one["email"],
                "first_name": one["firstName"],
                "last_name": one["lastName"],
                "active_user_id": one["userIdIncludingInactive"],
                "_fivetran_deleted": one["archived"],
            }
            for one in owners
        ],
        "owner_team": [
            {"owner_id": int(one["id"]), "team_id": team["id"], "is_team_primary": team["primary"]}
            for one in owners
            for team in one["teams"]
        ],
        "team": portal.teams(),
        "company": [_flat(one, "companies") for one in portal.objects("companies")],
        "contact": [_flat(one, "contacts") for one in portal.objects("contacts")],
        "engagement_call": [
            {"engagement_id": row.pop("id"), **row}
            for row in (_flat(one, "calls") for one in portal.objects("calls"))
        ],
        "ticket_engagement": [
            {"ticket_id": end["toObjectId"], "engagement_id": int(key)}
            for key, ends in portal.associations("calls", "tickets").items()
            for end in ends
        ],
        "feedback_submission": [
            _flat(one, "feedback_submissions") for one in portal.objects("feedback_submissions")
        ],
        "conversation_channel": portal.channels(),
        "conversation_channel_account": [
            {"id": one["id"], "name": one["name"], "channel_id": one["channelId"]}
            for one in portal.channel_accounts()
        ],
        "conversation_thread": [
            {
                "id": one["id"],
                "associated_ticket_id": one["threadAssociations"]["associatedTicketId"],
                "original_channel_id": one["originalChannelId"],
                "original_channel_account_id": one["originalChannelAccountId"],
                "created_at": one["createdAt"],
                "latest_message_timestamp": one["latestMessageTimestamp"],
                "spam": str(one["spam"]).lower(),
                "status": one["status"],
            }
            for one in threads
        ],
        "conversation_message_history": [
            {
                "id": one["id"],
                "thread_id": one["conversationsThreadId"],
                "type": one["type"],
                "created_at": one["createdAt"],
                "created_by": one.get("createdBy"),
                "direction": one.get("direction"),
                "channel_id": one.get("channelId"),
                "channel_account_id": one.get("channelAccountId"),
                "client_type": one.get("client", {}).get("clientType"),
                "status_type": one.get("status", {}).get("statusType"),
                "_fivetran_active": True,
            }
            for one in said
        ],
        "conversation_message_sender": [
            {"message_id": one["id"], "actor_id": sender["actorId"]}
            for one in said
            for sender in one.get("senders", [])
        ],
        **_properties(portal),
    }


def airbyte(portal: Portal) -> Tables:
    links = {end: portal.associations("tickets", end) for end in ("companies", "contacts")}
    tickets = [
        _object(one, "tickets")
        | {
            end: [str(link["toObjectId"]) for link in found.get(one["id"], [])]
            for end, found in links.items()
        }
        for one in portal.objects("tickets")
    ]
    calls = portal.associations("calls", "tickets")
    return {
        "tickets": tickets,
        "ticket_pipelines": portal.pipelines(),
        "owners": portal.owners(archived=False),
        "owners_archived": portal.owners(archived=True),
        "companies": [_object(one, "companies") for one in portal.objects("companies")],
        "contacts": [_object(one, "contacts") for one in portal.objects("contacts")],
        "engagements_calls": [
            _object(one, "calls")
            | {"tickets": [str(link["toObjectId"]) for link in calls.get(one["id"], [])]}
            for one in portal.objects("calls")
        ],
        "feedback_submissions": [
            _object(one, "feedback_submissions") for one in portal.objects("feedback_submissions")
        ],
    }


def _flat(one: Row, kind: str) -> Row:
    """Fivetran has a column for every property of the account."""
    flat = {f"property_{name}": one["properties"].get(name) for name in _names(one, kind)}
    return {"id": int(one["id"]), **flat}


def _names(one: Row, kind: str) -> list[str]:
    return [*PROPERTIES[kind], *(name for name in one["properties"] if name.startswith(OWN))]


def _properties(portal: Portal) -> Tables:
    listed = [
        {"hubspot_object": thing, "_fivetran_id": f"{thing}-{one['name']}"} | one
        for thing, kind in KINDS.items()
        for one in portal.definitions(kind)
    ]
    return {
        "property": [
            {
                **{n: one[n] for n in ("_fivetran_id", "hubspot_object", "name", "label", "type")},
                "field_type": one["fieldType"],
                "hubspot_defined": one["hubspotDefined"],
            }
            for one in listed
        ],
        "property_option": [
            {"property_id": one["_fivetran_id"], "value": option["value"]}
            | {"label": option["label"], "display_order": option["displayOrder"]}
            for one in listed
            for option in one.get("options", [])
        ]
        or [{"property_id": None, "value": None, "label": None, "display_order": None}],
    }


def _object(one: Row, kind: str) -> Row:
    properties = {name: one["properties"].get(name) for name in _names(one, kind)}
    kept = {name: one[name] for name in ("id", "createdAt", "updatedAt", "archived")}
    return kept | {"properties": properties}


def write(tables: Tables, synced: str, at: datetime, into: Path, schema: str = "hubspot") -> None:
    """Write all tables, with `at` as the sync time of every row."""
    import json

    with duckdb.connect(str(into)) as connection:
        connection.execute(f"create schema if not exists {schema}")
        for table, rows in tables.items():
            # Every row has every column, because the first row determines the types.
            columns = dict.fromkeys(name for row in rows for name in row)
            copied = [
                dict.fromkeys(columns) | _plain(row, json.dumps) | {synced: at} for row in rows
            ]
            arrow = pa.Table.from_pylist(copied)
            connection.register("arrow", arrow)
            connection.execute(f"create or replace table {schema}.{table} as from arrow")
            connection.unregister("arrow")


def _plain(row: Row, as_json: Any) -> Row:
    return {
        name: _instant(value)
        if name in INSTANTS
        else as_json(value)
        if isinstance(value, dict | list)
        else value
        for name, value in row.items()
    }


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
