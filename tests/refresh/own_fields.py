"""Own fields and tags of a random desk: their declaration, their values, and conditions on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from helpdesk.load import own_fields
from helpdesk.transform import project
from tests.reference.desk import Desk
from tests.reference.values import instant, required

Row = dict[str, str | None]
# A field more costs a column or two in each comparison; these have every type and every place.
SETTINGS = """
fields:
  - {field: plan, type: text}
  - {field: seats, type: number, at: [creation, close]}
  - {field: is_vip, type: boolean, at: [creation]}
  - {field: due_on, type: date, at: [close]}
  - {field: area, type: option, at: [creation, close], filter: true}
  - {field: modules, type: options, at: [creation, close]}
  - {field: tier, type: option, object: company}
  - {field: seats, type: number, object: company, name: licences}
  - {field: languages, type: options, object: contact}
  - {field: joined_on, type: date, object: contact}
tags: {include: [vip, "churn-*"]}
"""
# Some cannot be read as their type, some have no label, some name one value twice.
VALUES = {
    "seats": ("5", "5.0", "12.5", "many"),
    "is_vip": ("true", "0", "maybe"),
    "due_on": ("2024-02-29", "2023-02-29", "soon"),
    "area": ("a", "b", "unlisted"),
    "modules": ("m1;m2", '["m2", "m3"]', "m1; m1", ";"),
    "tier": ("g", "s"),
    "languages": ("de;en", "fr", '["en", "xx"]'),
    "joined_on": ("2019-05-17", "last May"),
}
OF_OBJECTS = {
    "tickets": ("seats", "is_vip", "due_on", "area", "modules"),
    "companies": ("tier", "seats"),
    "contacts": ("languages", "joined_on"),
}
PLANS = ("free", 'it\'s "pro"; {{ x }}', "")
TAGS = ("vip, other", "churn-eu,vip", '["vip", "churn-a; b"]', "other", "")
OPTIONS = {
    ("ticket", "area", "option"): {"a": "Alpha", "b": "Beta; 'b'"},
    ("ticket", "modules", "options"): {"m1": "API", "m2": "API", "m3": ""},
    ("company", "tier", "option"): {"g": "Gold"},
    ("contact", "languages", "options"): {"de": "German", "en": "English"},
}
CONDITIONS: tuple[dict[str, object], ...] = (
    {"area": ["a", "Beta; 'b'"]},
    {"seats": 5},
    {"is_vip": {"none_of": "true"}},
    {"modules": {"any_of": ["API", "m3"]}},
    {"tags": ["vip", "other"]},
    {"plan": {"is_empty": False}},
)


@contextmanager
def declared(folder: Path) -> Iterator[Path]:
    """Declare the fields in this process, as `HELPDESK_CONFIG` does; returns the settings file."""
    config = folder / "helpdesk.yml"
    config.write_text(SETTINGS)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HELPDESK_CONFIG", str(config))
            _read_again()
            yield config
    finally:
        _read_again()


def _read_again() -> None:
    """A process reads its fields once, and composes the project with them."""
    own_fields.resolved.cache_clear()
    project.dbt_project.cache_clear()


def with_own_fields(desk: Desk, draw: Random) -> Desk:
    """The desk with own fields, their history, and SLA policies that name some of them.

    All rows are new, because random desks share those of their setup.
    """
    found = {**desk}
    for table in OF_OBJECTS:
        found[table] = [{**row, **own_values(draw, table)} for row in desk[table]]
    changes = [change for row in desk["tickets"] for change in first_changes(draw, row)]
    found["ticket_field_history"] = [*desk["ticket_field_history"], *changes]
    found["ticket_fields"] = [
        {"field_id": name, "name": name, "object": owner, "type": kind, "options": json.dumps(of)}
        for (owner, name, kind), of in OPTIONS.items()
    ]
    found["sla_policies"] = [
        {**row, "conditions": json.dumps(draw.choice(CONDITIONS))}
        if row["conditions"] != "{}" and draw.randrange(2)
        else row
        for row in desk["sla_policies"]
    ]
    return found


def own_values(draw: Random, table: str) -> Row:
    """The columns of a row with own fields: each field has a value, an empty one, or is missing."""
    held = {
        name: draw.choice((*VALUES[name], "", None))
        for name in OF_OBJECTS[table]
        if draw.randrange(4)
    }
    row: Row = {"own_fields": draw.choice((*[json.dumps(held)] * 9, "not { JSON"))}
    if table == "tickets":
        # One is a column of the file, outside the contract.
        row |= {"plan": draw.choice((*PLANS, None)), "tags": draw.choice((*TAGS, None))}
    return row


def first_changes(draw: Random, ticket: Row) -> Iterator[Row]:
    """Changes from before the creation of a ticket on, some at one time, some without a seq."""
    created = instant(required(ticket, "created_at"))
    for _ in range(draw.choice((0, 0, 2, 5))):
        at = created + timedelta(hours=draw.choice((-1, 0, 0, 1, 30, 200, 600)))
        yield own_change(draw, ticket, at.isoformat(), draw.choice((None, "9", "10")))


def own_change(draw: Random, ticket: Row, changed_at: str, seq: str | None) -> Row:
    """A change of one own field of a ticket."""
    name = draw.choice(OF_OBJECTS["tickets"])
    return {
        "ticket_id": ticket["ticket_id"],
        "field": name,
        "changed_at": changed_at,
        "seq": seq,
        "value": draw.choice((*VALUES[name], None)),
    }
