"""Own fields and tags as conditions of SLA policies see them.

Rulings:

* **A condition names a field** by its column or by its id in the help desk, and a value as the help desk has it or, of
  an option, by its label. Numbers and booleans are compared by what they are: `5` and `5.0`, `1` and `TRUE` are
  the same. Any other text is compared as it is.
* **Several values** (tags, options): any_of is met by any one of them, none_of by a ticket with none of them, is_empty
  by a ticket without any. A policy may name tags that the settings do not include.
* **The value is that at the deciding time** of the clock, as with priority: from the history where there is
  some, its first change carried back, else from the ticket's row.
"""

from __future__ import annotations

import json
from datetime import datetime

from .life import value_at
from .records import OwnField, Ticket, World
from .values import compared

BOOLEANS = {
    "true": "true",
    "1": "true",
    "1.0": "true",
    "false": "false",
    "0": "false",
    "0.0": "false",
}


def own_field(world: World, name: str) -> OwnField | None:
    """The field that a condition names."""
    fields = world.settings.fields
    by_name = [field for field in fields if field.name == name]
    return next(iter(by_name or [field for field in fields if field.native == name]), None)


def values_of(field: OwnField, ticket: Ticket, at: datetime) -> frozenset[str]:
    """What a ticket has of a field as of an instant, also by its labels; empty where nothing."""
    row = ticket.row
    now = (
        row.get("tags")
        if field.is_tags
        else json.loads(row.get("own_fields") or "{}").get(field.native)
    )
    text = value_at(ticket.history.get(field.native, ()), at, now)
    values = listed(text or "", "," if field.is_tags else ";") if field.is_many else [text or ""]
    found = {comparable(field, value) for value in values if value}
    return frozenset(found | {field.labels[value] for value in found if value in field.labels})


def listed(text: str, separator: str) -> list[str]:
    """The values of a JSON list, or those with a separator between them."""
    parts = json.loads(text) if text.startswith("[") else text.split(separator)
    return [part.strip() for part in parts]


def comparable(field: OwnField, text: str) -> str:
    if field.type == "boolean":
        return BOOLEANS.get(compared(text) or "", text)
    if field.type == "number":
        try:
            return str(float(text))
        except ValueError:
            return text
    return text
