"""Finds the own fields of a landing folder, listed by the help desk or not, with fill rates."""

from dataclasses import dataclass
from datetime import date

import duckdb

from helpdesk.contract.tables import CONTRACT
from helpdesk.core import sql
from helpdesk.load.landed_fields import LandedField, is_personal

# The tables of the file contract by object: table, key, and creation time if there is one.
CONTRACT_TABLES = {
    "ticket": ("tickets", "ticket_id", "created_at"),
    "company": ("companies", "company_id", "null"),
    "contact": ("contacts", "contact_id", "null"),
}
# By vendor and object: the stream, its JSON column of values, and the creation time.
VENDOR_TABLES = {
    "hubspot": {
        "ticket": ("tickets", "properties", '"createdAt"'),
        "company": ("companies", "properties", "null"),
        "contact": ("contacts", "properties", "null"),
    },
    "zendesk": {
        "ticket": ("tickets", "custom_fields", "created_at"),
        "company": ("organizations", "organization_fields", "null"),
        "contact": ("users", "user_fields", "null"),
    },
}
# The newest row of each record, with a row per value. The field is the key of a JSON object, or
# the `id` in a list, as in Zendesk's custom fields.
VALUES = """
with newest as (
    select {key} as id, try_cast({began} as timestamptz)::date as began, {columns}
    from raw.{table}
    where {key} is not null
    qualify row_number() over (partition by {key} order by _file desc, _row desc) = 1
),
documents as ({documents}),
filled as (
    select
        documents.id,
        documents.began,
        if(documents.is_list, each.value ->> 'id', each.key) as field,
        each.value ->> if(documents.is_list, '$.value', '$') as value
    from documents, json_each(documents.held) as each
)
select field, count(distinct id) filter (is_filled), min(began) filter (is_filled),
    (select count(*) from newest), {looks}
from (select *, coalesce(value not in ('', '[]'), false) as is_filled from filled)
where field is not null group by field
"""
# Patterns of values. A field without a listed type gets the first type that all values match.
LOOKS = {
    "number": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?",
    "boolean": "(?i)(true|false)",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "datetime": "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+ *(Z|[+-][0-9:]+)?",
    "options": r"\[.*\]",
}
TAGS = """
with newest as (
    select {key} as id, tags from raw.{table} where {key} is not null
    qualify row_number() over (partition by {key} order by _file desc, _row desc) = 1
),
single as (
    select id, trim(unnest(string_split(translate(tags, '[]"', ''), ','))) as tag from newest
)
select count(distinct tag), count(distinct id), (select count(*) from newest)
from single where tag <> ''
"""
DOCUMENT = """
    select id, began, {column} as held, json_type({column}) = 'ARRAY' as is_list
    from newest
    where json_valid({column})
"""


@dataclass(frozen=True)
class FoundField:
    """A field with the number of records that have a value, and the oldest of them if known."""

    listed: LandedField
    filled: int = 0
    records: int = 0
    since: date | None = None

    @property
    def share(self) -> float | None:
        return self.filled / self.records if self.records else None


def found_fields(
    connection: duckdb.DuckDBPyConnection, listed: list[LandedField]
) -> list[FoundField]:
    """Every field that is listed, or that a record of the file contract has."""
    known = {(one.source_system, one.object, one.field): one for one in listed}
    there = {(one.source_system, one.object) for one in listed}
    there |= {(CONTRACT, object_type) for object_type in CONTRACT_TABLES}
    found = []
    for source, object_type in sorted(there):
        for field, filled, since, records, *looks in _counted(connection, source, object_type):
            one = known.pop((source, object_type, field), None)
            if one is None and source == CONTRACT:
                kind = next((kind for kind, fits in zip(LOOKS, looks, strict=True) if fits), "text")
                one = LandedField(
                    source, object_type, field, "", kind,
                    is_personal=is_personal(field), is_listed=False,
                )  # fmt: skip
            if one is not None:
                found.append(FoundField(one, filled, records, since))
    found += [FoundField(one) for one in known.values()]
    order = {object_type: place for place, object_type in enumerate(CONTRACT_TABLES)}
    return sorted(
        found,
        key=lambda one: (one.listed.source_system, order[one.listed.object], one.listed.field),
    )


def found_tags(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[int, int, int]:
    """The number of tags of a source, of tickets with a tag, and of all tickets."""
    is_contract = source == CONTRACT
    table = "tickets" if is_contract else f"{source}_tickets"
    if not _columns_of(connection, table) >= {"tags"}:
        return 0, 0, 0
    key = "ticket_id" if is_contract else "id"
    counted = connection.execute(TAGS.format(table=table, key=key)).fetchone()
    assert counted
    return counted[0], counted[1], counted[2]


def _columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The columns of a table in the raw layer; empty if the table does not exist."""
    return {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ?",
            [table],
        ).fetchall()
    }


def _counted(
    connection: duckdb.DuckDBPyConnection, source: str, object_type: str
) -> list[tuple[str, int, date | None, int, bool, bool, bool, bool, bool]]:
    """Per field of an object: filled records, oldest of them, all records, matching types."""
    if source == CONTRACT:
        table, key, began = CONTRACT_TABLES[object_type]
        wanted = ["own_fields", "_extra"]
    else:
        stream, column, began = VENDOR_TABLES[source.partition("_")[0]][object_type]
        table, key, wanted = f"{source}_{stream}", "id", [column]
    there = _columns_of(connection, table)
    columns = [sql.name(one) for one in wanted if one in there]
    if not columns:
        return []
    documents = " union all ".join(DOCUMENT.format(column=one) for one in columns)
    looks = ", ".join(
        f"coalesce(bool_and(regexp_full_match(value, {sql.text(form)})) filter (is_filled), false)"
        for form in LOOKS.values()
    )
    return connection.execute(
        VALUES.format(
            key=key,
            began=began,
            table=table,
            columns=", ".join(columns),
            documents=documents,
            looks=looks,
        )
    ).fetchall()
