"""The dbt step of a build: run and test every model, then record that all are complete."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging import DEBUG, INFO, WARNING
from pathlib import Path
from typing import TextIO

from helpdesk.core import sql
from helpdesk.core.build import Build, Report, opened
from helpdesk.core.errors import HelpdeskError
from helpdesk.load.changes import mark_started, mark_whole
from helpdesk.transform.build_report import log_data_lines
from helpdesk.transform.dbt_results import failing_rows_logged, read_results, what_failed
from helpdesk.transform.engines.base import Engine
from helpdesk.transform.engines.factory import engine_of
from helpdesk.transform.overrides import outdated_overrides
from helpdesk.transform.own_properties import check_keys, own_mart_keys
from helpdesk.transform.plan import build_state, dbt_selection, decide
from helpdesk.transform.runner import run_dbt

# Unit tests check the code, not the data: they run with the tests of the code. The other two are
# descriptions, and dbt counts each as a node that it runs.
WITHOUT = ("unit_test", "exposure", "saved_query")


@dataclass(frozen=True)
class DbtRun:
    """A run of dbt: its engine, its arguments and variables, and the log that takes its output."""

    engine: Engine
    arguments: list[str]
    variables: Mapping[str, str]
    log: TextIO


@contextmanager
def dbt_run(build: Build, report: Report, is_subset: bool = False) -> Iterator[DbtRun]:
    """Prepare a run of dbt, which the caller starts; once it has passed, record that it did.

    `is_subset`: only some models were selected. They run whether anything changed or not.
    """
    engine = engine_of(build)
    for line in outdated_overrides():
        report(WARNING, line)
    _check_reports(report)
    with build.warehouse() as connection:
        plan = decide(
            connection,
            build.clock,
            build.settings,
            build.full_refresh,
            engine.state(),
            engine.lost(),
        )
        selection = [] if is_subset else dbt_selection(connection, plan)
        mark_started(connection)
        is_full = not is_subset and plan.previous_as_of is None
        engine.start(connection, is_full)
    excluded = [part for kind in WITHOUT for part in ("--exclude-resource-type", kind)]
    options = [*excluded, *engine.dbt_arguments(), *selection]
    with (
        open(build.paths.log, "w") as log,
        failing_rows_logged(
            build.paths.dbt_target, engine.connect, lambda line: report(WARNING, line)
        ),
    ):
        try:
            yield DbtRun(engine, ["build", *options], engine.dbt_variables(), log)
        except Exception:
            # These lines say why the build stops.
            _report_data(build, engine, report)
            raise
        log_data_lines(build, engine, report)
        check_keys(own_mart_keys(), engine.connect)
    has_new_views = plan.previous_as_of is None or bool(plan.changed_reports)
    engine.fill_candidate(has_new_views and not is_subset, lambda line: report(DEBUG, line.strip()))
    # After a subset the state of the other models is unknown: the next build is a full one.
    if not is_subset:
        engine.finish()
        with build.warehouse() as connection:
            state = build_state(connection, build.settings, engine.state())
            with engine.revisits(connection) as revisits:
                mark_whole(connection, state, revisits)
            engine.close(connection)
    tickets = _tickets_of_run(build, engine, plan.previous_as_of is not None)
    report(INFO, f"{_summary(build.paths.dbt_target)}; {tickets}")


def _check_reports(report: Report) -> None:
    """Name the saved reports that the build cannot have, or has as they were before.

    dbt builds the views that `helpdesk report write` wrote. A view on a field that no longer exists
    stops the build, any other one stays as it was.
    """
    # Imported here: a build with the reports that ship does not need the catalogue.
    from helpdesk.reports.models import report_problems

    try:
        for problem in report_problems():
            report(WARNING, problem)
    except HelpdeskError as error:
        report(WARNING, f"the saved reports are not checked: {error}")


def _report_data(build: Build, engine: Engine, report: Report) -> None:
    try:
        log_data_lines(build, engine, report)
    except Exception as error:
        # dbt's own failure matters more: this one may be a consequence.
        report(DEBUG, f"the quality marts cannot be read: {error}")


def run_models(build: Build, report: Report) -> None:
    """Run and test the models, in the candidate and the working file or in a cluster.

    Raises GateError with the tests that failed, RuntimeError where a model could not be built.
    """
    target = build.paths.dbt_target
    with dbt_run(build, report) as run:

        def log(line: str) -> None:
            run.log.write(line)
            report(DEBUG, line.strip())

        try:
            run_dbt(*run.arguments, folder=target, variables=run.variables, log=log)
        except RuntimeError as error:
            raise what_failed(target, run.engine.connect) or error from error


def _tickets_of_run(build: Build, engine: Engine, is_refresh: bool) -> str:
    """How many tickets dbt ran on, as text."""
    file, table = (
        (engine.work, "intermediate.int_changed_tickets")
        if is_refresh
        else (build.paths.candidate, "marts.fct_tickets")
    )
    with opened(file, read_only=True) as connection:
        count = sql.number(connection, f"select count(*) from {table}")
    return f"{count:,} changed tickets" if is_refresh else f"{count:,} tickets, all of them"


def _summary(target: Path) -> str:
    """How many models and tests dbt ran, as text."""
    kinds = [result.kind for result in read_results(target)]
    return f"ran dbt: {kinds.count('model')} models, {kinds.count('test')} tests passed"
