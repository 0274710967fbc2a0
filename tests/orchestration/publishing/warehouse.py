"""A working warehouse that is changed and published, and what is served of it then."""

import json
import subprocess
import sys

import duckdb

from helpdesk.paths import OutputPaths
from orchestration.dbt_project import mart_nodes
from orchestration.publish import Published, publish

# Two marts are made so large that their rows are brought up to date, not the table written anew: one
# with the durations that a clock moves, one with lists.
SPELLS, LISTS = "fct_ticket_status_spells", "rpt_time_in_status"

# Publishes in a process of its own. What it does to files, Python says to the hook: it kills the
# process at one of these events, or refuses one.
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.publish import publish

root, build_id, kill_at, refuse, limit = sys.argv[1:]
seen = 0

def watch(event, args):
    global seen
    if event == refuse:
        raise PermissionError(event)
    if event in ("os.chmod", "os.link", "os.mkdir", "os.rename", "os.rmdir", "os.symlink"):
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


def change(paths: OutputPaths, *statements: str) -> None:
    with duckdb.connect(paths.warehouse) as work:
        for statement in statements:
            work.execute(statement)


def publish_next(paths: OutputPaths) -> Published:
    return publish(paths, paths.manifest, next_id(paths))


def next_id(paths: OutputPaths) -> str:
    """An id after those of all builds, as those of later times are."""
    names = [path.stem for path in paths.builds.glob("*")] if paths.builds.exists() else []
    return f"{int(max(names, default='0')) + 1:08}"


def publish_apart(
    paths: OutputPaths, kill_at: int = 0, refuse: str = "", limit: int = 0
) -> subprocess.CompletedProcess[str]:
    args = [paths.root, next_id(paths), kill_at, refuse, limit]
    return subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, args)], capture_output=True, text=True, check=False
    )


def assert_serves_the_working_warehouse(paths: OutputPaths) -> None:
    """Every mart, in the file and as Parquet: columns, types, rows and comments."""
    catalogue = json.loads((paths.root / "catalogue.json").read_text())
    files = {model["name"]: model["parquet"]["files"] for model in catalogue["models"]}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.warehouse}' as work (read_only)")
        connection.execute(f"attach '{paths.published}' as published (read_only)")
        for database in ("work", "published"):
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = ? and schema_name = 'marts'",
                [database],
            ).fetchall()
            assert {name for (name,) in tables} == set(files), database
        for name, pattern in files.items():
            work = f"work.marts.{name}"
            for copy in (f"published.marts.{name}", f"'{paths.root / pattern}'"):
                assert described(connection, copy) == described(connection, work), copy
                for one, other in ((work, copy), (copy, work)):
                    only = f"(from {one} except all from {other})"
                    assert connection.execute(f"from {only} limit 1").fetchall() == [], (one, other)
        commented = connection.execute(
            """select table_name, column_name, comment from duckdb_columns()
            where database_name = 'published' union all
            select table_name, '', comment from duckdb_tables() where database_name = 'published'"""
        ).fetchall()
    comments = {(table, column): comment for table, column, comment in commented}
    for node in mart_nodes(paths.manifest):
        for column, properties in [("", node), *node["columns"].items()]:
            if (node["name"], column) in comments:
                said = properties["description"].strip()
                assert comments[node["name"], column] == said, (node["name"], column)


def described(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    found = connection.execute(f"describe from {relation}").fetchall()
    return [(name, kind) for name, kind, *_ in found]


def inodes(paths: OutputPaths) -> dict[str, int]:
    folder = paths.current.resolve() / "parquet"
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*.parquet")
    }


def served(paths: OutputPaths, sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.published}' as served (read_only)")
        return connection.execute(sql).fetchall()


def written(paths: OutputPaths, before: dict[str, int]) -> set[str]:
    return {name for name, inode in inodes(paths).items() if before.get(name) != inode}
