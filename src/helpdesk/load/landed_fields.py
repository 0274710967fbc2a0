"""The fields of the help desks, from their lists of fields in the landing folder.

Only this module maps the vendors' type names; docs/own-fields.md has the table.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from helpdesk.contract.tables import CONTRACT, Column, Table
from helpdesk.core.accounts import ACCOUNT
from helpdesk.core.settings import Settings
from helpdesk.load.files import files_of
from helpdesk.load.readers import file_select

CONTRACT_TYPES = ("text", "number", "boolean", "date", "datetime", "option", "options")
HUBSPOT_TYPES = {
    "string": "text", "phone_number": "text", "number": "number", "bool": "boolean",
    "date": "date", "datetime": "datetime", "enumeration": "option",
    # From `fieldType`, which is more specific than `type`.
    "checkbox": "options", "booleancheckbox": "boolean",
}  # fmt: skip
ZENDESK_TYPES = {
    "text": "text", "textarea": "text", "regexp": "text", "lookup": "text",
    "partialcreditcard": "text", "integer": "number", "decimal": "number", "checkbox": "boolean",
    "date": "date", "tagger": "option", "dropdown": "option", "multiselect": "options",
}  # fmt: skip
TYPES = {CONTRACT: dict(zip(CONTRACT_TYPES, CONTRACT_TYPES, strict=True)),
         "hubspot": HUBSPOT_TYPES, "zendesk": ZENDESK_TYPES}  # fmt: skip
OBJECTS = {
    "tickets": "ticket", "0-5": "ticket", "companies": "company", "0-2": "company",
    "contacts": "contact", "0-1": "contact",
}  # fmt: skip
# The streams that list fields: by vendor, their columns, the key first.
STREAMS: dict[str, dict[str, tuple[str, ...]]] = {
    CONTRACT: {"ticket_fields": ("field_id", "object", "name", "label", "type", "options")},
    "hubspot": {
        "properties": (
            "name", "objectType", "label", "type", "fieldType", "options", "hubspotDefined",
        )
    },
    "zendesk": {
        "ticket_fields": ("id", "title", "type", "custom_field_options"),
        "user_fields": ("key", "title", "type", "custom_field_options", "system"),
        "organization_fields": ("key", "title", "type", "custom_field_options", "system"),
    },
}  # fmt: skip
# The field with the Zendesk brand of a ticket.
BRAND = "brand_id"
PERSONAL = re.compile(
    r"(?<![a-z])(e?mail|phone|mobile|fax|address|street|zip|postal|birth|dob|ssn|passport|iban|"
    r"credit|card|first_?name|last_?name|full_?name|surname|gender)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LandedField:
    """A field in a help desk's list. `is_custom`: added by the user, not built in.

    `options`: the value and label of each option, in the vendor's order. Without `is_listed` the
    type is derived from the values.
    """

    source_system: str
    object: str
    field: str
    label: str
    type: str
    options: tuple[tuple[str, str], ...] = ()
    is_custom: bool = True
    is_personal: bool = False
    is_listed: bool = True


def landed_fields(landing: Path, settings: Settings | None = None) -> list[LandedField]:
    """All fields listed in a landing folder, by source, object and id. Raises LandingError."""
    found: dict[tuple[str, str, str], LandedField] = {}
    with duckdb.connect() as connection:
        for source, vendor in _sources(landing):
            place = landing if source == CONTRACT else landing / source
            for stream, columns in STREAMS[vendor].items():
                table = _table(source, stream, columns)
                for path in files_of(table, place):
                    for row in _rows(connection, path, table, settings or Settings()):
                        # The last of several versions counts.
                        if field := _field(source, vendor, stream, row):
                            found[source, field.object, field.field] = field
            if vendor == "zendesk":
                # Zendesk does not list it as a field, but users declare it like one.
                brand = LandedField(source, "ticket", BRAND, "Brand", "option", is_custom=False)
                found[source, brand.object, brand.field] = brand
    return [found[key] for key in sorted(found)]


def _rows(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, settings: Settings
) -> list[dict[str, str | None]]:
    """The rows of a file, each as a dictionary by column."""
    with TemporaryDirectory() as folder:
        read = file_select(connection, path, table, settings, Path(folder))
        rows = connection.execute(read.query).fetchall()
    return [dict(zip(table.column_names, row, strict=False)) for row in rows]


def _sources(landing: Path) -> Iterator[tuple[str, str]]:
    """Each source of the landing folder, with its vendor."""
    if landing.is_dir():
        yield CONTRACT, CONTRACT
        for path in sorted(landing.iterdir()):
            vendor = path.name.partition("_")[0]
            if path.name in ("hubspot", "zendesk") or ACCOUNT.fullmatch(path.name):
                yield path.name, vendor


def _table(source: str, stream: str, columns: tuple[str, ...]) -> Table:
    declared = tuple(
        Column(name, "", "string", is_key=place == 0, is_required=place == 0)
        for place, name in enumerate(columns)
    )
    return Table(stream, "", declared, False, source, (), is_of_contract=source == CONTRACT)


def _field(source: str, vendor: str, stream: str, row: dict[str, str | None]) -> LandedField | None:
    """The field of a row of any vendor; None if its object has no mart."""
    if vendor == CONTRACT:
        field, label = row["field_id"], row["label"] or row["name"]
        object_type = (row["object"] or "ticket").strip().lower()
        kind, options, is_custom = row["type"], _json(row["options"]), True
    elif vendor == "hubspot":
        field, label = row["name"], row["label"]
        object_type = row["objectType"] or ""
        is_associated = object_type.lower() not in OBJECTS
        if is_associated:
            # A property of a custom object that the settings name becomes a field of the ticket.
            field, object_type = f"{object_type}.{field}", "ticket"
        kind = row["fieldType"] if row["fieldType"] in HUBSPOT_TYPES else row["type"]
        options = _json(row["options"])
        is_custom = not _is_true(row["hubspotDefined"]) and not is_associated
    else:
        field, label = row["id" if stream == "ticket_fields" else "key"], row["title"]
        object_type = {"user_fields": "contact", "organization_fields": "company"}.get(
            stream, "ticket"
        )
        kind, options = row["type"], _json(row["custom_field_options"])
        # Built-in fields have types such as subject and status.
        is_custom = (kind or "") in ZENDESK_TYPES and not _is_true(row.get("system"))
    object_type = OBJECTS.get(object_type.lower(), object_type)
    if not field or object_type not in OBJECTS.values():
        return None
    return LandedField(
        source,
        object_type,
        field,
        " ".join((label or "").split()),
        TYPES[vendor].get((kind or "").strip().lower(), "text"),
        tuple(_options(options)),
        is_custom,
        is_personal=is_personal(f"{field} {label or ''}") or kind == "partialcreditcard",
    )


def is_personal(text: str) -> bool:
    """Whether the id or label of a field suggests personal data, such as a phone number."""
    return bool(PERSONAL.search(text))


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in ("true", "1")


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def _options(declared: Any) -> Iterator[tuple[str, str]]:
    """The value and label of each option, from a JSON object or a list of objects."""
    if isinstance(declared, dict):
        yield from ((str(value), str(label)) for value, label in declared.items())
    for one in declared if isinstance(declared, list) else ():
        if isinstance(one, dict) and one.get("value") is not None:
            value = str(one["value"])
            yield value, str(one.get("label") or one.get("name") or value)
