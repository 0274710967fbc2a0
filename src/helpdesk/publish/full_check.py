"""The full check: a full build from scratch, compared with the candidate and the published file.

A refresh runs dbt on changed tickets only. Its result must equal that of a full build with the same
rows, `as_of` and settings. A difference is a bug in the models, or another program has written to
the warehouse.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import damage_explained, opened
from helpdesk.core.errors import GateError, HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.load.changes import last_modelled
from helpdesk.publish.compare import Difference, compare_marts
from helpdesk.publish.published import FILE
from helpdesk.transform.plan import Plan, dbt_selection
from helpdesk.transform.runner import run_dbt

LOADED_SCHEMAS = ("raw", "landing")
LISTED = 20
REMEDY = (
    "Left is this warehouse, right the full build; `helpdesk build --full-refresh` corrects it. "
    "If only builds have written to it, please report these lines."
)

Report = Callable[[str], None]


def check_against_full(paths: OutputPaths, report: Report) -> None:
    """Compare the candidate and the published build with a full build.

    The full build runs on DuckDB, even if a cluster ran the models. In a difference, left is the
    present warehouse and right the full build. The caller holds the output folder's lock.
    Raises GateError if anything differs, HelpdeskError if the last build did not pass.
    """
    build = _last_build(paths)
    if not paths.candidate.exists():
        raise HelpdeskError(f"{paths.candidate}: is missing; run `helpdesk build`.")
    with opened(paths.warehouse, read_only=True) as connection:
        variables = _variables(connection, paths)
        selection = dbt_selection(connection, Plan(None))
    with scratch_folder(paths) as scratch:
        copy_landed(paths.warehouse, scratch.warehouse)
        report("copied the loaded rows")
        options = ["--full-refresh", "--vars", variables, *selection]
        run_dbt("run", *options, folder=scratch.dbt_target, warehouse=scratch.root)
        report("ran dbt on every ticket")
        lines = [
            f"{name}: {difference}"
            for name, file in (("candidate", paths.candidate), ("published", build / FILE))
            for difference in _compared(file, scratch.candidate, name == "published")
        ]
        report("compared every mart")
    if lines:
        listed = "\n  ".join(lines[:LISTED] + ["and more"] * (len(lines) > LISTED))
        raise GateError(f"{paths.root}: differs from a full build:\n  {listed}\n{REMEDY}")


def _compared(file: Path, full: Path, is_published: bool) -> list[Difference]:
    with damage_explained(file, is_published):
        return compare_marts(file, full)


def _last_build(paths: OutputPaths) -> Path:
    """The folder of the build in the working warehouse."""
    if not paths.warehouse.exists():
        raise HelpdeskError(f"{paths.root}: nothing is built here; run `helpdesk build` first.")
    with opened(paths.warehouse, read_only=True) as connection:
        ((build_id,),) = connection.execute("select build_id from landing.builds").fetchall()
    build = paths.builds / str(build_id)
    if not build.is_dir():
        raise HelpdeskError(
            f"{paths.root}: the last build, {build_id}, was not published, so its warehouse may be "
            "incomplete; find out why it failed and run `helpdesk build` again before a check."
        )
    return build


def _variables(connection: duckdb.DuckDBPyConnection, paths: OutputPaths) -> str:
    """The settings of the last build, as variables of dbt."""
    last = last_modelled(connection)
    if not last:
        raise HelpdeskError(f"{paths.root}: the last build did not pass; run `helpdesk build`.")
    return json.dumps(last[1]["settings"])


@contextmanager
def scratch_folder(paths: OutputPaths) -> Iterator[OutputPaths]:
    """A scratch output folder on a disk with room for both files; deleted at the end."""
    # Left by a check that was killed.
    shutil.rmtree(paths.check, ignore_errors=True)
    files = (paths.warehouse, paths.candidate)
    needed = sum(file.stat().st_size for file in files if file.exists())
    free = shutil.disk_usage(paths.work).free
    if free < needed:
        raise HelpdeskError(
            f"{paths.check}: a full build needs {needed / 1e9:.1f} GB here for a while, but "
            f"{free / 1e9:.1f} GB are free; free space and try again."
        )
    scratch = OutputPaths(paths.check)
    scratch.work.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(paths.check)


def copy_landed(warehouse: Path, scratch: Path) -> None:
    """Copy the loaded rows and the load log, with the build's `as_of`, to a new warehouse."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach {sql.text(warehouse)} as work (read_only)")
        connection.execute(f"attach {sql.text(scratch)} as scratch")
        for schema in LOADED_SCHEMAS:
            connection.execute(f"create schema scratch.{schema}")
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'work' "
                "and schema_name = ?",
                [schema],
            ).fetchall():
                name = f"{schema}.{sql.name(table)}"
                connection.execute(f"create table scratch.{name} as from work.{name}")
