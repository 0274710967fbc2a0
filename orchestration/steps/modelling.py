"""Every model made and tested by dbt: what it is to run, and what is noted once it has passed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import DEBUG, INFO, WARNING
from pathlib import Path
from typing import Any, TextIO

import duckdb

from helpdesk import sql
from ingestion.changes import mark_started, mark_whole
from orchestration.at_rest import (
    absent_nodes,
    each_once,
    leaving_out,
    nodes_at_rest,
    rebuilt_models,
)
from orchestration.build import Build, Report, opened
from orchestration.dbt_project import run_dbt
from orchestration.engines import Engine, engine_of
from orchestration.failed_tests import failing_rows_told, what_failed
from orchestration.refresh import build_state


@dataclass(frozen=True)
class Modelling:
    """A run of dbt: its arguments, the nodes that it leaves out, where its output is kept."""

    engine: Engine
    arguments: list[str]
    idle: list[dict[str, Any]]
    log: TextIO


@contextmanager
def modelling(build: Build, report: Report, is_subset: bool = False) -> Iterator[Modelling]:
    """Have dbt run inside. Once it has passed, note that every model is whole.

    `is_subset`: somebody asked for some of the models, which are then made, changed or not.
    """
    engine = engine_of(build)
    with build.warehouse() as connection:
        resting = [] if is_subset else _at_rest(connection, engine)
        idle = resting if is_subset else each_once(resting, absent_nodes(connection))
        engine.start(connection)
        mark_started(connection)
        is_refresh = rebuilt_models(connection) is not None
    # Unit tests hold the code, not the data: they run where the code is tested.
    options = ["--exclude-resource-type", "unit_test", *engine.dbt_arguments(), *leaving_out(idle)]
    with (
        open(build.paths.log, "w") as log,
        failing_rows_told(
            build.paths.dbt_target, engine.connect, lambda line: report(WARNING, line)
        ),
    ):
        yield Modelling(engine, ["build", *options], idle, log)
    engine.refresh_models()
    # After some of the models alone, nobody knows what stands: the next build models everything.
    if not is_subset:
        engine.finish()
        with build.warehouse() as connection:
            mark_whole(connection, build_state(connection, build.settings, engine.state()))
            engine.close(connection)
    ran = _summary(build.paths.dbt_target, resting)
    report(INFO, f"{ran}; {_modelled(engine.models, is_refresh)}")


def model(build: Build, report: Report) -> None:
    """Build and test the models in the working warehouse, or in a cluster.

    Raises GateError with the tests that failed, RuntimeError where a model could not be made.
    """
    target = build.paths.dbt_target
    with modelling(build, report) as run:

        def tell(line: str) -> None:
            run.log.write(line)
            report(DEBUG, line.strip())

        try:
            run_dbt(*run.arguments, folder=target, tell=tell)
        except RuntimeError as error:
            raise what_failed(target) or error from error


def _at_rest(connection: duckdb.DuckDBPyConnection, engine: Engine) -> list[dict[str, Any]]:
    """What a refresh may leave as it is."""
    if rebuilt_models(connection) is None:
        return []
    engine.refresh_models()
    with opened(engine.models) as models:
        return nodes_at_rest(connection, models)


def _modelled(models: Path, is_refresh: bool) -> str:
    """How many tickets were modelled, for a person."""
    table = "staging.stg_landing__changed_tickets" if is_refresh else "marts.fct_tickets"
    with opened(models) as connection:
        tickets = sql.number(connection, f"select count(*) from {table}")
    return f"{tickets:,} {'changed tickets' if is_refresh else 'tickets, all there are,'} modelled"


def _summary(target: Path, resting: list[dict[str, Any]]) -> str:
    """How many models and tests dbt ran, and how many it could leave as they are."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    models, tests = _counted([result["unique_id"].split(".")[0] for result in results])
    said = f"built {models} models, {tests} tests passed"
    if resting:
        models, tests = _counted([node["resource_type"] for node in resting])
        said += f" ({models} models and {tests} tests stand as before)"
    return said


def _counted(kinds: list[str]) -> tuple[int, int]:
    return kinds.count("model"), kinds.count("test")
