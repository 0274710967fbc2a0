"""Own fields and tags of a desk, from its raw rows: the columns of the marts and the bridges.

Rulings, where the rules leave a choice:

* **A value** is that of the row's `own_fields`, else of its further column of that name; "" is none.
* **At creation, at close**: the value of the last change at or before that instant, before the first
  change the first one's. Without any change of the ticket's own, the value now; without any change
  in the whole source, none. At close there is nothing while the ticket has no close.
* **Several values** are a JSON list, or separated by `;`, tags by `,`: trimmed, each once, in order.
* **Unreadable** by its type: none in the column.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from .desk import Desk, newest_ticket_rows
from .values import instant, required, text, whole

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class OwnField:
    """A declared field. `labels`: of its options; `include`: the patterns of tags."""

    name: str
    id: str
    type: str
    at: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    include: tuple[str, ...] = ()

    @property
    def is_many(self) -> bool:
        return self.type == "options"

    def values(self, raw: str | None) -> list[str]:
        """The values of a text that lists several."""
        parts: Iterable[Any] = (raw or "").split("," if self.include else ";")
        if (raw or "").lstrip().startswith("["):
            parts = json.loads(raw or "")
        found = {str(part).strip(" \t\r\n\xa0") for part in parts} - {""}
        return sorted(
            value
            for value in found
            if not self.include or any(fnmatchcase(value, one) for one in self.include)
        )

    def label(self, value: str) -> str:
        return self.labels.get(value, "").strip() or value

    def column(self, raw: str | None) -> Any:
        """The value of the mart's column."""
        if not raw:
            return None
        if self.is_many:
            return "; ".join(sorted({self.label(value) for value in self.values(raw)})) or None
        return {
            "text": str,
            "option": self.label,
            "number": _number,
            "boolean": _boolean,
            "date": _date,
            "datetime": _datetime,
        }[self.type](raw)


def _number(raw: str) -> float | None:
    return float(raw) if NUMBER.fullmatch(raw.strip()) else None


def _boolean(raw: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(raw.strip().lower())


def _date(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw.strip())
    except ValueError:
        return None


def _datetime(raw: str) -> datetime | None:
    try:
        return instant(raw.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def value_now(row: Mapping[str, Any], own: OwnField) -> str | None:
    """The text that a row has for a field."""
    if own.include:
        return text(row, "tags")
    try:
        value = json.loads(row.get("own_fields") or "{}").get(own.id)
    except ValueError:
        value = None
    if value is None:
        value = row.get(own.id)
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value)


def own_rows(
    rows: Iterable[Mapping[str, Any]], key: str, fields: Iterable[OwnField]
) -> dict[str, dict[str, Any]]:
    """The columns of companies or contacts, by id."""
    return {row[key]: {own.name: own.column(value_now(row, own)) for own in fields} for row in rows}


def own_tickets(
    desk: Desk, as_of: datetime, fields: list[OwnField], closed: Mapping[str, datetime | None]
) -> dict[str, dict[str, Any]]:
    """The columns of the tickets that are visible at as_of, by id; `closed`: when each closed."""
    changes = _changes(desk, as_of)
    with_history = {row["field"] for row in desk.get("ticket_field_history", [])}
    found = {}
    for ticket_id, row in newest_ticket_rows(desk, as_of).items():
        columns: dict[str, Any] = {}
        instants = {"creation": instant(required(row, "created_at")), "close": closed[ticket_id]}
        for own in fields:
            now = value_now(row, own)
            columns[own.name] = own.column(now)
            for moment in own.at:
                at, of_ticket = instants[moment], changes.get((ticket_id, own.id))
                raw = _value_at(of_ticket, at) if of_ticket and at else now
                is_known = own.id in with_history and at is not None
                columns[f"{own.name}_at_{moment}"] = own.column(raw) if is_known else None
        found[ticket_id] = columns
    return found


def own_bridge(desk: Desk, as_of: datetime, own: OwnField) -> set[tuple[str, str, str]]:
    """Ticket, value and label of a field of several values."""
    return {
        (ticket_id, value, own.label(value))
        for ticket_id, row in newest_ticket_rows(desk, as_of).items()
        for value in own.values(value_now(row, own))
    }


def _changes(desk: Desk, as_of: datetime) -> dict[tuple[str, str], list[tuple[datetime, Any]]]:
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for place, row in enumerate(desk.get("ticket_field_history", [])):
        at, seq = instant(required(row, "changed_at")), whole(row, "seq")
        if at <= as_of:
            order = (at, seq is not None, seq or 0, place)
            found[required(row, "ticket_id"), required(row, "field")].append(
                (order, text(row, "value"))
            )
    return {
        key: [(order[0], value) for order, value in sorted(rows)] for key, rows in found.items()
    }


def _value_at(changes: list[tuple[datetime, Any]], at: datetime) -> str | None:
    before = [value for changed, value in changes if changed <= at]
    return before[-1] if before else changes[0][1]
