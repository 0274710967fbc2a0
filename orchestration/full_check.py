"""The full check: everything modelled again from scratch, and held against what is there.

A build models what changed. What it arrives at must be what a build of everything gives: the same
landed rows, clock and settings, from nothing. Any difference is a fault of the models, or a
warehouse that something else has written to.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from helpdesk.errors import GateError, HelpdeskError
from helpdesk.paths import OutputPaths
from ingestion.changes import last_modelled
from orchestration.at_rest import absent_nodes, leaving_out
from orchestration.build import opened
from orchestration.compare import compare_marts
from orchestration.dbt_project import run_dbt
from orchestration.engines import is_spark

LANDED = ("raw", "landing")
LISTED = 20
REMEDY = (
    "Left is what is there, right the full build; `helpdesk build --full-refresh` puts it right. "
    "If nothing but builds wrote to it, please report these lines."
)

Report = Callable[[str], None]


def check_against_full(paths: OutputPaths, report: Report) -> None:
    """Hold what was modelled and the published build against a full build, which is right.

    The full build is DuckDB's, also where a cluster made the models.
    In a difference, left is what is there and right the full build. Hold the output folder's lock.
    Raises GateError where something differs, HelpdeskError where no build has passed last.
    """
    build = _last_build(paths)
    variables = _variables(paths)
    with _scratch(paths) as scratch:
        copy_landed(paths.warehouse, scratch)
        report("copied what was landed")
        folder = scratch.parent / "dbt"
        with duckdb.connect(scratch, read_only=True) as connection:
            absent = leaving_out(absent_nodes(connection))
        options = ["--full-refresh", "--vars", variables, *absent]
        run_dbt("run", *options, folder=folder, warehouse=scratch)
        report("modelled it from scratch")
        lines = [
            *(f"working warehouse: {one}" for one in compare_marts(_modelled(paths), scratch)),
            *(f"published: {one}" for one in compare_marts(build / "marts.duckdb", scratch)),
        ]
        report("compared every mart")
    if lines:
        listed = "\n  ".join(lines[:LISTED] + ["and more"] * (len(lines) > LISTED))
        raise GateError(f"{paths.root}: not what a full build gives:\n  {listed}\n{REMEDY}")


def _modelled(paths: OutputPaths) -> Path:
    """The file in which the models of the last build are read: its cluster's, if it had one."""
    with opened(paths.warehouse, read_only=True) as connection:
        last = last_modelled(connection)
    return paths.spark_models if last and is_spark(last[1]["engine"]) else paths.warehouse


def _last_build(paths: OutputPaths) -> Path:
    """The folder of the build that the working warehouse holds."""
    if not paths.warehouse.exists():
        raise HelpdeskError(f"{paths.root}: nothing is built here; run `helpdesk build` first.")
    with opened(paths.warehouse, read_only=True) as connection:
        ((build_id,),) = connection.execute("select build_id from landing.builds").fetchall()
    build = paths.builds / str(build_id)
    if not build.is_dir():
        raise HelpdeskError(
            f"{paths.root}: the last build, {build_id}, was not published, so its warehouse may be "
            "half made; see why it failed and run `helpdesk build` again before a check."
        )
    return build


def _variables(paths: OutputPaths) -> str:
    """The settings of the last build as dbt was given them."""
    file = paths.dbt_target / "run_results.json"
    if not file.exists():
        raise HelpdeskError(f"{file}: is missing and had the settings; run `helpdesk build` again.")
    results: dict[str, Any] = json.loads(file.read_text())
    return json.dumps(results["args"].get("vars", {}))


@contextmanager
def _scratch(paths: OutputPaths) -> Iterator[Path]:
    """A file for a warehouse of its own, with room for it; deleted at the end."""
    # Of a check that died.
    shutil.rmtree(paths.check, ignore_errors=True)
    needed = paths.warehouse.stat().st_size
    free = shutil.disk_usage(paths.work).free
    if free < needed:
        raise HelpdeskError(
            f"{paths.check}: a full check needs {needed / 1e9:.1f} GB here for a while, "
            f"{free / 1e9:.1f} GB are free; make room."
        )
    paths.check.mkdir()
    try:
        # A database is named after its file, and models may name it.
        yield paths.check / paths.warehouse.name
    finally:
        shutil.rmtree(paths.check)


def copy_landed(warehouse: Path, scratch: Path) -> None:
    """Copy what was landed, and the build's row with its clock, to a new warehouse."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach {sql.text(warehouse)} as work (read_only)")
        connection.execute(f"attach {sql.text(scratch)} as scratch")
        for schema in LANDED:
            connection.execute(f"create schema scratch.{schema}")
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'work' "
                "and schema_name = ?",
                [schema],
            ).fetchall():
                name = f"{schema}.{sql.name(table)}"
                connection.execute(f"create table scratch.{name} as from work.{name}")
