"""What another tool has copied of a vendor into tables, landed as if it had been fetched.

A layout is a folder `layouts/<vendor>_<tool>`: `_tables.yml` says which of the tool's tables are
read, and a SQL file a stream makes the vendor's objects of them. Only rows that the tool has synced
since land; where that was is kept beside them.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError
from ingestion.vendors.origins import open_origin
from ingestion.vendors.pipeline import Ingested

LAYOUTS = Path(__file__).parent / "layouts"
PROPERTY = "property_"
MEMORY = "2GB"


@dataclass(frozen=True)
class Layout:
    """How a tool lays out a vendor's tables. `synced`: the column that says when it wrote a row."""

    folder: Path
    synced: str
    needed: list[str]
    tables: dict[str, list[str]]

    def streams(self) -> dict[str, str]:
        return {path.stem: path.read_text() for path in sorted(self.folder.glob("*.sql"))}


def layouts(vendor: str) -> list[str]:
    return sorted(path.name.removeprefix(f"{vendor}_") for path in LAYOUTS.glob(f"{vendor}_*"))


def load_layout(vendor: str, tool: str) -> Layout:
    """Raises ConfigError where there is no such layout."""
    if tool not in layouts(vendor):
        raise ConfigError(
            f"--layout {tool!r}: {vendor} has the layouts {', '.join(layouts(vendor)) or 'none'}."
        )
    folder = LAYOUTS / f"{vendor}_{tool}"
    return Layout(folder, **yaml.safe_load((folder / "_tables.yml").read_text()))


def copy_tables(
    vendor: str, tool: str, origin: str, landing: Path, report: Callable[[int, str], None]
) -> Ingested:
    """Land what is new in the tables at `origin`. Raises ConfigError and IngestError."""
    layout = load_layout(vendor, tool)
    folder = landing / vendor
    book = folder / f"_copied_{tool}.json"
    done: dict[str, Any] = json.loads(book.read_text()) if book.exists() else {}
    ingested = Ingested()
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        connection.execute("set timezone = 'UTC'")
        found = open_origin(connection, origin, [*layout.tables])
        _check_needed(layout, tool, origin, found)
        for table in layout.tables:
            _show(connection, layout, table, found.get(table))
        for stream, query in layout.streams().items():
            rows = _land(connection, stream, query, folder, done)
            if rows:
                ingested.rows[stream] = rows
                report(logging.DEBUG, f"{vendor}: {rows:,} {stream}")
    folder.mkdir(parents=True, exist_ok=True)
    _replace(book, json.dumps(done))
    return ingested


def _check_needed(layout: Layout, tool: str, origin: str, found: dict[str, str]) -> None:
    missing = [table for table in layout.needed if table not in found]
    if missing:
        raise IngestError(
            f"{origin}: there is no table {', '.join(missing)} of {tool}'s; name the database or "
            "folder that it writes to."
        )


def _show(
    connection: duckdb.DuckDBPyConnection, layout: Layout, table: str, relation: str | None
) -> None:
    """A view of a tool's table with the layout's columns, all as text, and `synced_at`."""
    types: dict[str, str] = {}
    if relation:
        described = connection.execute(f"describe select * from {relation}").fetchall()
        types = {name.lower(): kind for name, kind, *_ in described}
    columns = [
        f"{_as_text(name, types.get(name.lower()))} as {sql.name(name)}"
        for name in layout.tables[table]
        if name != "properties" or "properties" in types
    ]
    if "properties" in layout.tables[table] and "properties" not in types:
        listed = ", ".join(
            f"{sql.text(name.removeprefix(PROPERTY))}, {_as_text(name, kind)}"
            for name, kind in types.items()
            if name.startswith(PROPERTY)
        )
        columns.append(f"json_object({listed}) as properties")
    columns.append(f"{_as_text(layout.synced, types.get(layout.synced))} as synced_at")
    rows = f"from {relation}" if relation else "where false"
    connection.execute(
        f"create or replace view {sql.name(table)} as select {', '.join(columns)} {rows}"
    )


def _as_text(name: str, kind: str | None) -> str:
    """A value as the vendor's API would write it: a time without a zone is UTC."""
    column = sql.name(name)
    if kind is None:
        return "cast(null as varchar)"
    if kind.startswith("TIMESTAMP"):
        utc = f"timezone('UTC', {column})" if "TIME ZONE" in kind else column
        return f"strftime({utc}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return column if kind == "JSON" else f"cast({column} as varchar)"


def _land(
    connection: duckdb.DuckDBPyConnection,
    stream: str,
    query: str,
    folder: Path,
    done: dict[str, Any],
) -> int:
    """Land the rows of a stream that were synced since; those of the last instant by their ids."""
    last = done.get(stream, {"synced": "", "ids": []})
    connection.execute(
        f"""create or replace temp table fresh as
        select * from ({query}) as told
        where synced_at > ? or (synced_at = ? and not list_contains(?::varchar[], id))""",
        [last["synced"], last["synced"], last["ids"]],
    )
    rows = sql.number(connection, "select count(*) from fresh")
    if not rows:
        return 0
    into = folder / stream / f"{time.time():.6f}.copied.jsonl.gz"
    into.parent.mkdir(parents=True, exist_ok=True)
    hidden = into.with_name(f".{into.name}")
    connection.execute(
        f"""copy (select * exclude (synced_at) from fresh order by synced_at, id)
        to {sql.text(hidden)} (format json, compression gzip)"""
    )
    hidden.replace(into)
    newest, ids = connection.execute(
        """select synced_at, list(id) from fresh
        where synced_at = (select max(synced_at) from fresh) group by synced_at"""
    ).fetchall()[0]
    same = last["ids"] if newest == last["synced"] else []
    done[stream] = {"synced": newest, "ids": [*same, *ids]}
    return rows


def _replace(path: Path, text: str) -> None:
    hidden = path.with_name(f".{path.name}")
    hidden.write_text(text)
    hidden.replace(path)
