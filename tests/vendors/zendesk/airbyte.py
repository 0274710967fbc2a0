"""Objects of the API as Airbyte's typed tables, in a DuckDB file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from helpdesk.extract.copied import load_layout
from tests.vendors.zendesk.audits import Object

SYNCED = "2026-06-30T18:30:00Z"


def airbyte_tables(
    streams: Mapping[str, Sequence[Object]], audits: Mapping[int, Sequence[Object]], path: Path
) -> None:
    """Write a table for each stream with objects."""
    found = {
        **streams,
        "ticket_audits": [audit for some in audits.values() for audit in some],
        "ticket_comments": [one for some in audits.values() for one in _comments(some)],
        "ticket_metrics": [
            {"id": ticket["id"], **ticket["metric_set"]}
            for ticket in streams.get("tickets", [])
            if ticket.get("metric_set")
        ],
    }
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema zendesk_support")
        for stream in load_layout("zendesk", "airbyte").tables:
            if found.get(stream):
                _table(connection, stream, found[stream], path.with_name(f"{stream}.json"))


def _comments(audits: Sequence[Object]) -> Iterator[Object]:
    for audit in audits:
        for event in audit["events"]:
            if event["type"] == "Comment":
                known = {"ticket_id": audit["ticket_id"], "created_at": audit["created_at"]}
                yield {**event, **known, "via": event.get("via") or audit["via"]}


def _table(
    connection: duckdb.DuckDBPyConnection, stream: str, objects: Sequence[Object], file: Path
) -> None:
    file.write_text("\n".join(json.dumps(row) for row in objects))
    nested = {
        name for row in objects for name, value in row.items() if isinstance(value, dict | list)
    }
    names = dict.fromkeys(name for row in objects for name in row)
    columns = ", ".join(
        f'"{name}"' if name in nested else f"""("{name}" ->> '$') as "{name}\"""" for name in names
    )
    connection.execute(
        f"""create table zendesk_support.{stream} as
        select {columns}, timestamptz '{SYNCED}' as _airbyte_extracted_at,
            '{{}}' as _airbyte_meta
        from read_json('{file}', sample_size = -1, maximum_depth = 1)"""
    )
    if "created_at" in names:
        connection.execute(
            f"alter table zendesk_support.{stream} alter created_at type timestamptz"
        )
