"""Small tables of another tool, and a build from them."""

import json
from pathlib import Path
from typing import Any

import duckdb

from tests.conftest import run_helpdesk

Rows = list[dict[str, Any]]
AS_OF = "2026-03-01T00:00:00Z"


def lake(path: Path, synced: str, **tables: Rows) -> Path:
    """A DuckDB file with these tables. Each row has its sync time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute("set timezone = 'UTC'; create schema desk")
        for name, rows in tables.items():
            written = [{synced: "2026-02-20T00:00:00Z", **row} for row in rows]
            file = path.with_name(f"{name}.json")
            file.write_text(json.dumps(written))
            # Times and numbers are typed, like in a tool's tables; nested values are JSON.
            connection.execute(
                f"""create table desk."{name.removesuffix("_")}" as
                from read_json('{file}', sample_size = -1, maximum_depth = 1)"""
            )
            for column, kind in _types(connection, name.removesuffix("_")):
                connection.execute(
                    f"""alter table desk."{name.removesuffix("_")}" alter "{column}" type {kind}
                    using ("{column}" ->> '$')::{kind}"""
                )
    return path


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """The columns of JSON scalars, each with the common type of its values."""
    found = []
    columns = connection.execute(f'describe desk."{table}"').fetchall()
    for column, *_ in columns:
        value = f"(\"{column}\" ->> '$')"
        for kind in ("bigint", "double", "boolean", "timestamptz", "varchar"):
            misfits = connection.execute(
                f"""select count(*) from desk."{table}" where "{column}" is not null and (
                    json_type("{column}") in ('OBJECT', 'ARRAY')
                    or ('{kind}' = 'bigint' and {value} like '%.%')
                    or (try_cast({value} as {kind}) is null and {value} is not null))"""
            ).fetchone()
            if misfits == (0,):
                found.append((column, kind))
                break
    return found


def built(lake: Path, layout: str, output: Path) -> str:
    """Ingest and build the tables; returns the output."""
    landing = output / "landing"
    origin = f"duckdb:{lake}"
    run = ["ingest", "zendesk", "--landing", landing, "--layout", layout, "--from", origin]
    ingested = run_helpdesk(*run)
    of = ["--landing", landing, "--output", output / "warehouse", "--as-of", AS_OF]
    finished = run_helpdesk("build", *of)
    return "".join([ingested.stdout, ingested.stderr, finished.stdout, finished.stderr])
