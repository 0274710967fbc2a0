"""An account with own fields and tags, in each shape in which it can be loaded.

The events of its tickets are written once. `Objects` has them in the shape of the API, `fivetran`
in Fivetran's tables, `write_files` in files of the file contract.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.vendors.zendesk.audits import Object
from tests.vendors.zendesk.lake import Rows, lake

AREA, SEATS, ESCALATED, DUE, MODULES = range(360000000001, 360000000006)
AGENT, MIA, NOOR = 4001, 5001, 5002
NORTH, SOUTH = 7001, 7002
FIELDS: Rows = [
    {"id": 1, "title": "Subject", "type": "subject"},
    {
        "id": AREA,
        "title": "Product area",
        "type": "tagger",
        "custom_field_options": [
            {"value": "billing", "name": "Billing"},
            {"value": "log_in", "name": "Log-in & access"},
        ],
    },
    {"id": SEATS, "title": "Seats", "type": "integer"},
    {"id": ESCALATED, "title": "Escalated?", "type": "checkbox"},
    {"id": DUE, "title": "Due on", "type": "date"},
    {
        "id": MODULES,
        "title": "Modules v2",
        "type": "multiselect",
        "custom_field_options": [{"value": "crm", "name": "CRM"}, {"value": "bi", "name": "BI"}],
    },
]
COMPANY_FIELDS: Rows = [
    {
        "id": 21,
        "key": "tier",
        "title": "Tier",
        "type": "dropdown",
        "custom_field_options": [{"value": "gold", "name": "Gold; best"}],
    },
    {"id": 22, "key": "revenue", "title": "Revenue", "type": "decimal"},
    {"id": 23, "key": "since", "title": "Customer since", "type": "date"},
]
CONTACT_FIELDS: Rows = [{"id": 31, "key": "is_admin", "title": "Admin", "type": "checkbox"}]
# The declarations in the settings: names of columns, and values at earlier times.
SETTINGS = f"""
fields:
  - {{field: {AREA}, at: [creation, close], filter: true}}
  - {{field: {SEATS}, at: [creation]}}
  - {{field: {ESCALATED}, name: is_escalated}}
  - {{field: {DUE}}}
  - {{field: {MODULES}, name: modules, at: [close]}}
  - {{field: tier, object: company}}
  - {{field: revenue, object: company}}
  - {{field: since, object: company, name: customer_since}}
  - {{field: is_admin, object: contact}}
  - {{field: brand_id, name: brand}}
tags: all
"""
MAIN, SHOP = 41, 42
BRANDS: Rows = [{"id": MAIN, "name": "Main"}, {"id": SHOP, "name": "Shop"}]
# By ticket: the times and values of its changes; the first is its creation.
LIVES: dict[int, list[tuple[str, Object]]] = {
    # Changed twice, the second time after it was solved.
    1: [
        ("02T08:00", {"status": "open", AREA: "billing", SEATS: 5, "tags": ["vip"]}),
        ("03T08:00", {AREA: "log_in", MODULES: ["crm", "bi"], "tags": ["vip", "churn-risk"]}),
        ("04T08:00", {"status": "solved"}),
        ("05T08:00", {AREA: "billing", MODULES: ["bi"], "tags": ['odd"tag']}),
    ],
    # Set after creation, and still open.
    2: [
        ("02T09:00", {"status": "open"}),
        ("03T09:00", {AREA: "gone_option", SEATS: 3, ESCALATED: True, DUE: "2026-03-09"}),
        ("04T09:00", {"tags": ["vip"], ESCALATED: False}),
    ],
    # Set at creation only.
    3: [
        ("02T10:00", {"status": "open", DUE: "2026-04-01", "tags": ["vip", "new"]}),
        ("03T10:00", {"status": "solved"}),
    ],
    # Never set, and cleared.
    4: [("02T11:00", {"status": "open"})],
    5: [("02T12:00", {"status": "open", AREA: "billing"}), ("03T12:00", {AREA: None})],
}
COMPANIES: Rows = [
    {"id": NORTH, "name": "North", "fields": {"tier": "gold", "revenue": 1200.5, "since": None}},
    {"id": SOUTH, "name": "South", "fields": {"tier": None, "since": "2024-02-29"}},
]
CONTACTS: Rows = [
    {"id": MIA, "name": "Mia", "organization_id": NORTH, "fields": {"is_admin": True}},
    {"id": NOOR, "name": "Noor", "organization_id": SOUTH, "fields": {"is_admin": False}},
]


def at(moment: str) -> str:
    return f"2026-02-{moment}:00Z"


def now(ticket: int) -> Object:
    values: Object = {"tags": []}
    for _, changes in LIVES[ticket]:
        values |= changes
    return values


def own(values: Object) -> Object:
    """The values of own fields by id."""
    return {name: value for name, value in values.items() if isinstance(name, int)}


def brand_of(ticket: int) -> int:
    return (MAIN, SHOP)[ticket % 2]


class Objects:
    """The account in the shape of the API's server."""

    def __init__(self) -> None:
        self.holidays: dict[int, list[Object]] = defaultdict(list)
        self.logs: dict[int, list[Object]] = {}
        self.audits = {ticket: list(_audits(ticket)) for ticket in LIVES}
        self.streams: dict[str, list[Object]] = defaultdict(list)
        self.streams |= {
            "tickets": [_ticket(ticket) for ticket in LIVES],
            "users": [_user(one) for one in CONTACTS] + [_AGENT],
            "organizations": [
                {
                    "id": one["id"],
                    "name": one["name"],
                    "organization_fields": _dated(one["fields"]),
                    "updated_at": at("01T08:00"),
                }
                for one in COMPANIES
            ],
            "ticket_fields": FIELDS,
            "brands": BRANDS,
            "user_fields": CONTACT_FIELDS,
            "organization_fields": COMPANY_FIELDS,
        }


_AGENT: Object = {"id": AGENT, "name": "Ann", "role": "agent", "updated_at": at("01T08:00")}


def _user(one: Object) -> Object:
    fields = {"user_fields": one["fields"], "updated_at": at("01T08:00"), "role": "end-user"}
    return {**{name: one[name] for name in ("id", "name", "organization_id")}, **fields}


def _dated(fields: Object) -> Object:
    """A date of an organization or user, which Zendesk stores as midnight."""
    return {
        name: f"{value}T00:00:00+00:00" if name == "since" and value else value
        for name, value in fields.items()
    }


def _ticket(ticket: int) -> Object:
    values, life = now(ticket), LIVES[ticket]
    requester = CONTACTS[ticket % 2]
    return {
        "id": ticket,
        "created_at": at(life[0][0]),
        "updated_at": at(life[-1][0]),
        "status": values["status"],
        "requester_id": requester["id"],
        "submitter_id": requester["id"],
        "assignee_id": AGENT,
        "brand_id": brand_of(ticket),
        "organization_id": requester["organization_id"],
        "tags": values["tags"],
        "via": {"channel": "web", "source": {"rel": None}},
        # Every field of the account, with or without a value.
        "custom_fields": [
            {"id": one["id"], "value": values.get(one["id"])} for one in FIELDS if one["id"] > 1
        ],
    }


def _audits(ticket: int) -> Iterator[Object]:
    before: Object = {}
    for place, (moment, changes) in enumerate(LIVES[ticket]):
        audit = 100_000 * ticket + 100 * place
        events = []
        for number, (name, value) in enumerate(changes.items(), 1):
            event = {"id": audit + number, "type": "Create", "field_name": str(name)}
            event["value"] = _in_audit(name, value)
            if place:
                event |= {"type": "Change", "previous_value": _in_audit(name, before.get(name))}
            events.append(event)
        if place == 0:
            events.append({"id": audit + 90, "type": "Comment", "author_id": MIA, "public": True})
        before |= changes
        yield {
            "id": audit,
            "ticket_id": ticket,
            "created_at": at(moment),
            "author_id": AGENT,
            "via": {"channel": "web"},
            "events": events,
        }


def _in_audit(name: object, value: Any) -> Any:
    """A value in an audit, with a checkbox as a digit and several options as words."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list) and name != "tags":
        return " ".join(value)
    return value if value is None or isinstance(value, list) else str(value)


def fivetran(path: Path) -> Path:
    """The account in Fivetran's tables, in a DuckDB file. Fivetran has no table of the fields of
    users and organizations."""
    return lake(
        path,
        "_fivetran_synced",
        ticket=[_fivetran_ticket(ticket) for ticket in LIVES],
        ticket_field_history=[row for ticket in LIVES for row in _fivetran_history(ticket)],
        ticket_tag=[
            {"ticket_id": ticket, "tag": tag} for ticket in LIVES for tag in now(ticket)["tags"]
        ],
        ticket_tag_history=[row for ticket in LIVES for row in _fivetran_tags(ticket)],
        brand=BRANDS,
        ticket_custom_field=[
            {name: one[name] for name in ("id", "title", "type")} for one in FIELDS
        ],
        ticket_field_option=[
            {"ticket_custom_field_id": one["id"], **option}
            for one in FIELDS
            for option in one.get("custom_field_options", [])
        ],
        user=[
            {
                **{name: one[name] for name in ("id", "name", "organization_id")},
                "role": "end-user",
                "custom_role_id": None,
                **{f"custom_{name}": value for name, value in one["fields"].items()},
            }
            for one in CONTACTS
        ]
        + [{"id": AGENT, "name": "Ann", "role": "agent"}],
        organization=[
            {
                **{name: one[name] for name in ("id", "name")},
                **{f"custom_{name}": value for name, value in one["fields"].items()},
            }
            for one in COMPANIES
        ],
    )


def _fivetran_ticket(ticket: int) -> Object:
    values = now(ticket)
    columns = {
        "custom_product_area": values.get(AREA),
        "custom_seats": values.get(SEATS),
        "custom_escalated_": values.get(ESCALATED),
        "custom_due_on": values.get(DUE),
        "custom_modules_v_2": " ".join(values.get(MODULES, [])) or None,
    }
    known = _ticket(ticket)
    left = ("tags", "via", "custom_fields")
    kept = {name: value for name, value in known.items() if name not in left}
    return {**kept, "via_channel": "web", "custom_status_id": None, **columns}


def _fivetran_history(ticket: int) -> Iterator[Object]:
    for moment, changes in LIVES[ticket]:
        for name, value in changes.items():
            if name != "tags":
                yield {
                    "ticket_id": ticket,
                    "field_name": str(name),
                    "updated": at(moment),
                    "user_id": AGENT,
                    "value": _in_audit(name, value),
                }


def _fivetran_tags(ticket: int) -> Iterator[Object]:
    before: set[str] = set()
    for moment, changes in LIVES[ticket]:
        tags = {*changes.get("tags", before)}
        for tag in sorted(tags ^ before):
            known = {"ticket_id": ticket, "tag": tag, "updated": at(moment), "user_id": AGENT}
            yield {**known, "tagged": tag in tags}
        before = tags


def write_files(landing: Path) -> None:
    """The account as files of the file contract."""
    types = {"tagger": "option", "dropdown": "option", "integer": "number", "decimal": "number"}
    types |= {"checkbox": "boolean", "multiselect": "options", "date": "date"}
    tables = {
        "tickets": [_file_ticket(ticket) for ticket in LIVES],
        "ticket_field_history": [row for ticket in LIVES for row in _file_history(ticket)],
        "statuses": [
            {"status_id": "open", "name": "Open", "state": "open"},
            {"status_id": "solved", "name": "Solved", "state": "closed"},
        ],
        "agents": [{"agent_id": AGENT, "name": "Ann"}],
        "companies": [
            {"company_id": one["id"], "name": one["name"], "own_fields": one["fields"]}
            for one in COMPANIES
        ],
        "contacts": [
            {
                "contact_id": one["id"],
                "name": one["name"],
                "company_id": one["organization_id"],
                **one["fields"],
            }
            for one in CONTACTS
        ],
        "ticket_fields": [
            {
                "field_id": one["id" if thing == "ticket" else "key"],
                "object": thing,
                "name": one["title"],
                "type": types[one["type"]],
                "options": {
                    option["value"]: option["name"]
                    for option in one.get("custom_field_options", [])
                },
            }
            for thing, fields in (
                ("ticket", FIELDS[1:]),
                ("company", COMPANY_FIELDS),
                ("contact", CONTACT_FIELDS),
            )
            for one in fields
        ]
        + [
            {
                "field_id": "brand_id",
                "name": "Brand",
                "type": "option",
                "options": {str(one["id"]): one["name"] for one in BRANDS},
            }
        ],
    }
    for table, rows in tables.items():
        (landing / f"{table}.jsonl").write_text("\n".join(map(json.dumps, rows)))


def _file_ticket(ticket: int) -> Object:
    values, known = now(ticket), _ticket(ticket)
    return {
        "ticket_id": ticket,
        "created_at": known["created_at"],
        "updated_at": known["updated_at"],
        "status_id": values["status"],
        "agent_id": AGENT,
        "contact_id": known["requester_id"],
        "company_id": known["organization_id"],
        "tags": values["tags"],
        "own_fields": own(values) | {"brand_id": brand_of(ticket)},
    }


def _file_history(ticket: int) -> Iterator[Object]:
    for place, (moment, changes) in enumerate(LIVES[ticket]):
        for name, value in changes.items():
            known = {"ticket_id": ticket, "changed_at": at(moment), "seq": place}
            yield {**known, "field": str(name), "value": value}
        # An own field that is set later has an empty value before.
        if place == 0:
            later = {name for _, more in LIVES[ticket] for name in own(more)} - changes.keys()
            for name in later:
                known = {"ticket_id": ticket, "changed_at": at(moment), "seq": place}
                yield {**known, "field": str(name), "value": None}
