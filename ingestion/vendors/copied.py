"""What another tool has copied of a vendor into tables, landed as if it had been fetched.

A layout is a folder `layouts/<vendor>_<tool>`: `_tables.yml` says which of the tool's tables are
read, and a SQL file a stream makes the vendor's objects of them. Only rows that the tool has synced
since land; where that was is kept beside them.
"""

import json
import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError, near
from ingestion.readers import typed_as_text
from ingestion.vendors.origins import Relations, open_origin
from ingestion.vendors.pipeline import Ingested

LAYOUTS = Path(__file__).parent / "layouts"
MEMORY = "2GB"
# Columns of `_tables.yml` that stand for others: `property_<name>` as one object, and all the rest.
PROPERTIES, PROPERTY = "properties", "property_"
REST = "*"

Report = Callable[[int, str], None]


@dataclass(frozen=True)
class Layout:
    """How a tool lays out a vendor's tables. `synced`: the column that says when it wrote a row."""

    vendor: str
    tool: str
    synced: str
    needed: list[str]
    tables: dict[str, list[str]]

    def streams(self) -> dict[str, str]:
        folder = LAYOUTS / f"{self.vendor}_{self.tool}"
        return {path.stem: path.read_text() for path in sorted(folder.glob("*.sql"))}


def copied_vendors() -> list[str]:
    """The vendors of whose tables there is a layout."""
    return sorted({path.name.rpartition("_")[0] for path in LAYOUTS.iterdir()})


def load_layout(vendor: str, tool: str) -> Layout:
    """Raises ConfigError where there is no such layout."""
    tools = sorted(path.name.removeprefix(f"{vendor}_") for path in LAYOUTS.glob(f"{vendor}_*"))
    if tool not in tools:
        raise ConfigError(
            f"--layout {tool!r}: {vendor} has the layouts {', '.join(tools)}{near(tool, tools)}"
        )
    declared = yaml.safe_load((LAYOUTS / f"{vendor}_{tool}" / "_tables.yml").read_text())
    return Layout(vendor, tool, **declared)


def copy_tables(vendor: str, tool: str, origin: str, landing: Path, report: Report) -> Ingested:
    """Land what is new in the tables at `origin`. Raises ConfigError and IngestError."""
    layout = load_layout(vendor, tool)
    folder = landing / vendor
    book = folder / f"_copied_{tool}.json"
    done: dict[str, Any] = json.loads(book.read_text()) if book.exists() else {}
    try:
        ingested = _copy(layout, origin, folder, done, report)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise IngestError(f"{vendor}: {origin} cannot be read ({reason}).") from error
    # After the rows: what breaks off before lands once more, which changes nothing.
    folder.mkdir(parents=True, exist_ok=True)
    hidden = book.with_name(f".{book.name}")
    hidden.write_text(json.dumps(done))
    hidden.replace(book)
    return ingested


def _copy(
    layout: Layout, origin: str, folder: Path, done: dict[str, Any], report: Report
) -> Ingested:
    ingested = Ingested()
    with (
        tempfile.TemporaryDirectory() as spill,
        duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": spill}) as connection,
    ):
        connection.execute("set timezone = 'UTC'")
        found = open_origin(connection, origin, [*layout.tables])
        _tell_missing(layout, origin, found, report)
        for table in layout.tables:
            _show(connection, layout, table, found.get(table))
        for stream, query in layout.streams().items():
            rows = _land(connection, stream, query, folder, done)
            if rows:
                ingested.rows[stream] = rows
                report(logging.DEBUG, f"{layout.vendor}: {rows:,} {stream}")
    return ingested


def _tell_missing(layout: Layout, origin: str, found: Relations, report: Report) -> None:
    missing = [table for table in layout.tables if table not in found]
    needed = [table for table in missing if table in layout.needed]
    if needed:
        raise IngestError(
            f"{origin}: there is no table {', '.join(needed)} of {layout.tool}'s; name the "
            "database or folder that it writes to."
        )
    if missing:
        report(
            logging.INFO,
            f"{layout.vendor}: {origin} has no table {', '.join(missing)} of {layout.tool}'s; "
            "what they would tell is left out",
        )


def _show(
    connection: duckdb.DuckDBPyConnection, layout: Layout, table: str, relation: str | None
) -> None:
    """A view of a tool's table with the layout's columns, all as text, and `synced_at`."""
    types: dict[str, str] = {}
    if relation:
        described = connection.execute(f"describe select * from {relation}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        if layout.synced not in {name.lower() for name in types}:
            raise IngestError(
                f"table {table} has no column {layout.synced}, by which {layout.tool} says what "
                "is new; name the database or folder that it writes to."
            )
    values = _values(layout, table, types)
    columns = ", ".join(f"{value} as {sql.name(name)}" for name, value in values.items())
    rows = f"from {relation}" if relation else "where false"
    connection.execute(f"create view {sql.name(table)} as select {columns} {rows}")


def _values(layout: Layout, table: str, types: dict[str, str]) -> dict[str, str]:
    """The columns of a table's view, each with its SQL."""
    found = {name.lower(): typed_as_text(name, kind) for name, kind in types.items()}
    declared = layout.tables[table]
    values = {name: found.get(name.lower(), "null::varchar") for name in declared if name != REST}
    if PROPERTIES in declared and PROPERTIES not in found:
        values[PROPERTIES] = _object(found)
    if REST in declared:
        known = {name.lower() for name in declared}
        values |= {
            name: found[name.lower()]
            for name in types
            if name.lower() not in known and not name.lower().startswith(f"_{layout.tool}_")
        }
    return values | {"synced_at": found.get(layout.synced, "null::varchar")}


def _object(found: dict[str, str]) -> str:
    listed = ", ".join(
        f"{sql.text(name.removeprefix(PROPERTY))}, {value}"
        for name, value in found.items()
        if name.startswith(PROPERTY)
    )
    return f"json_object({listed})"


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
    # Named by its time, as the files of the API's loads are, so that the newest stands.
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
