"""A candidate with few marts and its manifest, without dbt, and a separate publisher process."""

import json
import subprocess
import sys
from typing import Any

import duckdb

from helpdesk.core.paths import OutputPaths
from helpdesk.publish.published import Published, publish

ROWS = 150_000
# By mart: its columns with their types. The first two are tables, the last one is a view.
COLUMNS = {
    "fct_tickets": {
        "ticket_key": "bigint",
        "agent_key": "varchar",
        "priority": "varchar",
        "seconds": "bigint",
        "tags": "bigint[]",
    },
    "dim_agents": {"agent_key": "varchar", "name": "varchar"},
    "rpt_by_agent": {"agent_key": "varchar", "tickets": "bigint"},
}
STATEMENTS = (
    "create schema if not exists marts",
    """create or replace table marts.fct_tickets (
        ticket_key bigint not null, agent_key varchar, priority varchar,
        seconds bigint check (seconds >= 0), tags bigint[]
    )""",
    f"""insert into marts.fct_tickets
    select i, 'a' || i % 50, case i % 3 when 0 then 'high' when 1 then 'low' end,
        hash(i) % 100000, case i % 3 when 0 then [] when 1 then [i, null] end
    from range({ROWS}) numbers(i)""",
    """create or replace table marts.dim_agents as
    select 'a' || i as agent_key, 'Agent ' || i as name from range(50) numbers(i)""",
    """create or replace view marts.rpt_by_agent as
    select agent_key, count(*) as tickets from marts.fct_tickets group by agent_key""",
)

# Publishes in a separate process. The audit hook sees the file events of Python and kills the process
# at one of them.
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.published import publish

root, build_id, kill_at, limit = sys.argv[1:]
seen = 0
CHANGES = ("os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")

def watch(event, args):
    global seen
    is_opened = event == "open" and str(args[0]).startswith(root)
    if is_opened or event.startswith("os.") and event in CHANGES:
        seen += 1
        if seen == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
paths = OutputPaths(Path(root))
sys.addaudithook(watch)
try:
    publish(paths, paths.manifest, build_id)
    print(seen)
except HelpdeskError as error:
    sys.exit(str(error))
"""


def write_manifest(paths: OutputPaths, columns: dict[str, dict[str, str]]) -> None:
    nodes: dict[str, Any] = {
        f"model.helpdesk.{mart}": {
            "unique_id": f"model.helpdesk.{mart}",
            "resource_type": "model",
            "database": "helpdesk",
            "schema": "marts",
            "name": mart,
            "alias": mart,
            "fqn": ["helpdesk", "marts", "core", mart],
            "access": "public",
            "patch_path": None,
            "original_file_path": f"models/marts/core/{mart}.sql",
            "raw_code": "",
            "constraints": [],
            "depends_on": {"nodes": []},
            "description": f"The grain of {mart}.",
            "config": {
                "group": "core",
                "meta": {},
                "materialized": "table",
                "unique_key": None,
                "contract": {"enforced": True},
            },
            "columns": {
                name: {
                    "name": name,
                    "data_type": kind,
                    "description": f"The {name} of {mart}.",
                    "constraints": [],
                    "config": {"meta": {}},
                }
                for name, kind in found.items()
            },
        }
        for mart, found in columns.items()
    }
    paths.dbt_target.mkdir(parents=True, exist_ok=True)
    paths.manifest.write_text(
        json.dumps({"nodes": nodes, "sources": {}, "semantic_models": {}, "metrics": {}})
    )


def change(paths: OutputPaths, *statements: str) -> None:
    with duckdb.connect(paths.candidate) as connection:
        for statement in statements:
            connection.execute(statement)


def refresh(paths: OutputPaths, number: int, tickets: int = 150) -> None:
    """Delete and insert some tickets, like an incremental model."""
    chosen = f"select hash(i * {number}) % {ROWS} from range({tickets}) numbers(i)"
    change(
        paths,
        f"""create temp table changed as
        select * replace (seconds + 1 as seconds) from marts.fct_tickets
        where ticket_key in ({chosen})""",
        f"delete from marts.fct_tickets where ticket_key in ({chosen})",
        "insert into marts.fct_tickets from changed",
    )


def publish_next(paths: OutputPaths) -> Published:
    return publish(paths, paths.manifest, next_id(paths))


def next_id(paths: OutputPaths) -> str:
    """An id later than those of all builds."""
    names = [path.stem for path in paths.builds.glob("*")] if paths.builds.exists() else []
    return f"{int(max(names, default='0')) + 1:08}"


def publish_apart(
    paths: OutputPaths, kill_at: int = 0, limit: int = 0
) -> subprocess.CompletedProcess[str]:
    args = [paths.root, next_id(paths), kill_at, limit]
    return subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, args)], capture_output=True, text=True, check=False
    )


def served(paths: OutputPaths, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published file, for a reader that opens only this file."""
    with duckdb.connect(paths.published, read_only=True) as connection:
        return connection.execute(query).fetchall()


def assert_serves_the_candidate(paths: OutputPaths) -> None:
    """Every table and view: columns, types, rows and comments."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.candidate}' as candidate (read_only)")
        connection.execute(f"attach '{paths.published}' as published (read_only)")
        for mart in COLUMNS:
            left, right = (f"{side}.marts.{mart}" for side in ("candidate", "published"))
            assert described(connection, left) == described(connection, right)
            for one, other in ((left, right), (right, left)):
                only = f"(from {one} except all from {other})"
                assert connection.execute(f"from {only} limit 1").fetchall() == [], (one, other)
        comments = connection.execute(
            """select table_name, column_name, comment from duckdb_columns()
            where database_name = 'published' and schema_name = 'marts'
            union all select table_name, '', comment from duckdb_tables()
            where database_name = 'published'
            union all select view_name, '', comment from duckdb_views()
            where database_name = 'published' and schema_name = 'marts'"""
        ).fetchall()
    assert {(mart, column): comment for mart, column, comment in comments} == {
        (mart, column): f"The {column} of {mart}." if column else f"The grain of {mart}."
        for mart, columns in COLUMNS.items()
        for column in ("", *columns)
    }


def described(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    found = connection.execute(f"describe from {relation}").fetchall()
    return [(name, kind) for name, kind, *_ in found]
