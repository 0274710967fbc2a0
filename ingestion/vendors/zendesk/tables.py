"""Zendesk's tables that Fivetran or Airbyte has landed elsewhere, as the streams of the API.

SQL in `layouts` shapes them; each run lands what was synchronised since the last one, which is
noted beside the rows, in `_tables.json`.
"""

import difflib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from helpdesk import sql
from helpdesk.errors import ConfigError, IngestError
from ingestion.vendors.pipeline import Ingested
from ingestion.vendors.zendesk.origins import mount

LAYOUTS = {"airbyte": "_airbyte_extracted_at", "fivetran": "_fivetran_synced"}
FOLDER = Path(__file__).with_name("layouts")
BOOK = "_tables.json"
Report = Callable[[int, str], None]


class Stream(NamedTuple):
    """A statement of a layout: what it gives, the columns that it reads by table, and how."""

    name: str
    reads: dict[str, list[str]]
    query: str


def load_layout(layout: str) -> list[Stream]:
    """The streams of a layout. Raises ConfigError."""
    if layout not in LAYOUTS:
        near = difflib.get_close_matches(layout, LAYOUTS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"--layout {layout!r} is none of {', '.join(LAYOUTS)}{hint}")
    text = (FOLDER / f"{layout}.sql").read_text()
    parts = re.findall(r"^-- stream (\w+): ([^\n]*)\n(.*?);$", text, re.MULTILINE | re.DOTALL)
    return [
        Stream(name, {table: columns.split() for table, columns in _tables(reads)}, query)
        for name, reads, query in parts
    ]


def _tables(reads: str) -> list[tuple[str, str]]:
    return re.findall(r"(\w+)\(([^)]*)\)", reads)


def fetch_tables(origin: str, layout: str, landing: Path, report: Report) -> Ingested:
    """Land what an origin has of the layout and has not landed. Raises ConfigError, IngestError."""
    streams = load_layout(layout)
    folder = landing / "zendesk"
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / BOOK
    known: dict[str, str] = json.loads(book.read_text()) if book.exists() else {}
    ingested = Ingested()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        wanted: dict[str, list[str]] = {}
        for stream in streams:
            for table, columns in stream.reads.items():
                wanted[table] = [*wanted.get(table, []), *columns]
        found = mount(connection, origin, wanted)
        for stream in streams:
            if missing := stream.reads.keys() - found:
                report(20, f"zendesk: no {stream.name}, for there is no {', '.join(missing)}")
                continue
            rows, last = _land(connection, stream, folder, LAYOUTS[layout], known.get(stream.name))
            if rows:
                ingested.rows[stream.name], known[stream.name] = rows, last
    if "tickets" not in known:
        raise IngestError(f"zendesk: {origin} has no tickets in the layout of {layout}.")
    # After the rows: what breaks off before lands once more, which changes nothing.
    book.write_text(json.dumps(known, indent=1))
    return ingested


def _land(
    connection: duckdb.DuckDBPyConnection,
    stream: Stream,
    folder: Path,
    synced: str,
    since: str | None,
) -> tuple[int, str]:
    """Write the rows of a stream as one file; returns how many, and when the last was synced."""
    connection.execute(f"create or replace temp table shaped as {stream.query}")
    names = [
        name
        for (name,) in connection.execute("select name from pragma_table_info('shaped')").fetchall()
    ]
    stamp = "synced_at" if "synced_at" in names else synced
    connection.execute(
        f"create or replace temp table fresh as select * from shaped where {stamp} > ?",
        [since or ""],
    )
    kept = ", ".join(sql.name(n) for n in names if n != stamp and not n.startswith("_airbyte"))
    rows = sql.number(connection, "select count(*) from fresh")
    last = connection.execute(f"select max({stamp}) from fresh").fetchone() or (None,)
    if rows:
        target = folder / stream.name
        target.mkdir(exist_ok=True)
        # Named by its time, as the files of the API's loads are, so that the newest stands.
        name = f"{datetime.now(UTC).timestamp():.6f}.tables.jsonl.gz"
        connection.execute(
            f"copy (select {kept} from fresh) to {sql.text(target / ('.' + name))} "
            "(format json, compression gzip)"
        )
        (target / ("." + name)).rename(target / name)
    return rows, str(last[0])
