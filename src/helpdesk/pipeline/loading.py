"""The first step of a build: load the landing folder into the raw layer and set `as_of`."""

import shutil
from logging import DEBUG, INFO, WARNING
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import Build, Report, opened, wait_for
from helpdesk.core.errors import BusyError, UnreadableError
from helpdesk.load import own_fields
from helpdesk.load.landing import LoadSummary, load_landing, write_build
from helpdesk.transform.engines.factory import engine_of
from helpdesk.transform.plan import Plan, decide


def load(build: Build, report: Report) -> LoadSummary:
    """Load new and changed files, and note whether dbt runs on every ticket or on changed ones.

    Raises LandingError where the folder breaks the file contract, BusyError where another program
    has the working warehouse open.
    """
    # First: an engine that cannot be reached fails the build before anything is loaded.
    engine = engine_of(build)
    state = engine.state()
    # Left by a build that was killed.
    shutil.rmtree(build.paths.spill, ignore_errors=True)
    if build.full_refresh:
        _delete_unreadable(build.paths.warehouse, report)
    wait_for(build.paths.warehouse, lambda line: report(WARNING, line))
    with build.warehouse() as connection:
        summary = load_landing(
            connection,
            Path(build.landing),
            build.full_refresh,
            lambda line: report(DEBUG, line),
            build.settings,
        )
        plan = decide(
            connection, build.clock, build.settings, build.full_refresh, state, engine.lost()
        )
        write_build(connection, build.build_id, build.started_at, build.clock, plan.previous_as_of)
    _write_fields(build, report)
    _log(build, summary, plan, report)
    return summary


def _write_fields(build: Build, report: Report) -> None:
    """Write the own fields of this build to its work folder, and report assumptions about them."""
    fields = own_fields.resolved()
    if fields.fields or build.paths.own_fields.exists():
        build.paths.own_fields.write_text(own_fields.as_json(fields.fields))
    now = own_fields.of_settings(build.config, build.landing)
    for note in fields.notes:
        report(WARNING, note)
    if now.fields != fields.fields:
        report(
            WARNING,
            "own fields: the settings, or the types and labels in the landing folder, changed "
            "after this process started; the next build uses them (Dagster: reload the code "
            "location)",
        )


def _delete_unreadable(warehouse: Path, report: Report) -> None:
    """Delete a working file that cannot be read: its rows are all in the landing folder."""
    if not warehouse.exists():
        return
    try:
        with opened(warehouse, read_only=True) as connection:
            _read_all(connection)
    except BusyError:
        return
    except UnreadableError:
        report(
            WARNING, f"{warehouse}: is not a DuckDB database, or is damaged: deleted and made again"
        )
        for file in warehouse.parent.glob(f"{warehouse.name}*"):
            file.unlink()


def _read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every block of every table: DuckDB verifies its checksum. Raises duckdb.Error."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where not internal"
    ).fetchall()
    for schema, table in tables:
        read = f"select bit_xor(hash(read)) from {sql.name(schema)}.{sql.name(table)} as read"
        connection.execute(read).fetchall()


def _log(build: Build, summary: LoadSummary, plan: Plan, report: Report) -> None:
    for name in summary.removed:
        report(WARNING, f"{name}: no longer in the landing folder; its rows are removed")
    for note in summary.notes:
        report(WARNING, note)
    report(
        INFO,
        f"loaded {len(summary.loaded)} files, {len(summary.unchanged)} unchanged, "
        f"{sum(summary.rows.values()):,} rows; as of {build.clock.isoformat()}, "
        f"report time zone {build.settings.report_timezone}",
    )
    if plan.previous_as_of:
        report(INFO, f"running dbt on what changed since {plan.previous_as_of.isoformat()}")
    else:
        report(INFO, f"running dbt on every ticket: {'; '.join(plan.reasons)}")
