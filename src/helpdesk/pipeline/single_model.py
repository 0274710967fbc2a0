"""One model built on a copy of the last build's files: the short loop of somebody who writes it.

Nothing is published, and the working files stay as they are.
"""

import json
import time
from dataclasses import dataclass
from logging import INFO, WARNING
from pathlib import Path
from typing import Any

from helpdesk.core import sql
from helpdesk.core.build import LogFn, opened
from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.core.files import copy_file
from helpdesk.core.limits import limits_of
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings, load_settings
from helpdesk.publish.full_check import scratch_folder
from helpdesk.transform.dbt_results import failing_rows_logged, read_results, what_failed
from helpdesk.transform.engines.duckdb import DuckDB
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import Model, read_manifest
from helpdesk.transform.overrides import replaces_shipped
from helpdesk.transform.own_properties import check_keys, check_properties
from helpdesk.transform.runner import PARSED, run_dbt, start_parsed


@dataclass(frozen=True)
class BuiltModel:
    """A model that dbt has built: its first rows, their number, and the tests that passed.

    `is_partial`: made of the tickets that changed in the last build alone.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    tests: int
    is_partial: bool


def build_model(
    paths: OutputPaths, name: str, config: Path | None, limit: int, report: LogFn
) -> BuiltModel:
    """Check a model's properties, have dbt build and test it on a copy, and read its first rows.

    `config`: the settings, or else those of the last build. Hold the output folder's lock.
    Raises ConfigError for wrong properties or SQL, GateError with the tests that failed,
    HelpdeskError where nothing was built before.
    """
    check_properties(name)
    model = _model(ensure_manifest(), name)
    report(INFO, f"checked the properties of {name}")
    for file in (paths.warehouse, paths.candidate):
        if not file.exists():
            raise HelpdeskError(f"{file}: is missing; run `helpdesk build` first.")
    settings = load_settings(config)
    variables = settings.model_dump() if config else _last_settings(paths, settings)
    with scratch_folder(paths) as scratch:
        _copy(paths, scratch)
        engine = DuckDB(scratch, settings)
        started = time.monotonic()
        options = ["--select", name, "--vars", json.dumps(variables)]
        if is_partial := model.materialized == "incremental":
            options.append("--full-refresh")
            with opened(scratch.warehouse) as connection:
                # By hand, dbt does not replace a table by the tickets of the last refresh.
                connection.execute("create or replace table landing.single_model as select true")
        if replaces_shipped(name):
            options += ["--exclude-resource-type", "unit_test"]
            report(INFO, "it replaces a model that ships: the unit tests of that one are left out")
        target = scratch.dbt_target
        with failing_rows_logged(target, engine.connect, lambda line: report(WARNING, line)):
            try:
                run_dbt(
                    "build",
                    *options,
                    folder=target,
                    warehouse=scratch.root,
                    limits=limits_of(settings),
                )
            except RuntimeError as error:
                failure = what_failed(target, engine.connect) or error
                if isinstance(failure, HelpdeskError):
                    raise failure from error
                # A model that dbt cannot build is a mistake in its file.
                raise ConfigError(str(failure)) from error
        if model.is_mart and model.key:
            check_keys({name: model.key}, engine.connect)
        report(INFO, f"dbt built and tested it in {time.monotonic() - started:.1f} s")
        kinds = [result.kind for result in read_results(target)]
        with engine.connect() as connection:
            relation = ".".join(map(sql.name, (model.database, model.schema, model.alias)))
            row_count = sql.number(connection, f"select count(*) from {relation}")
            found = connection.execute(f"select * from {relation} limit {int(limit)}")
            columns = tuple(column[0] for column in found.description)
            rows = tuple(found.fetchall())
    tests = len(kinds) - kinds.count("model")
    return BuiltModel(columns, rows, row_count, tests, is_partial)


def _model(manifest: Path, name: str) -> Model:
    models = read_manifest(manifest).models.values()
    model = next((one for one in models if one.name == name), None)
    if model is None:
        raise HelpdeskError(f"{name}: dbt leaves this model out; see its `enabled` in the project.")
    if model.materialized == "ephemeral":
        raise HelpdeskError(
            f"{name}: is ephemeral, a part of the models that read it; build one of those."
        )
    return model


def _last_settings(paths: OutputPaths, default: Settings) -> dict[str, Any]:
    """The settings of the last build that passed, also where a later one did not."""
    with opened(paths.warehouse, read_only=True) as connection:
        row = connection.execute("select state from landing.modelled").fetchone()
    state = json.loads(row[0]) if row and row[0] else {}
    settings: dict[str, Any] = state.get("settings") or default.model_dump()
    return settings


def _copy(paths: OutputPaths, scratch: OutputPaths) -> None:
    """Copy the last build's files, and the project as dbt parsed it with its settings."""
    for source, target in (
        (paths.warehouse, scratch.warehouse),
        (paths.candidate, scratch.candidate),
    ):
        for end in ("", ".wal"):
            if (file := source.with_name(source.name + end)).exists():
                copy_file(file, target.with_name(target.name + end))
    scratch.dbt_target.mkdir()
    if (parsed := paths.dbt_target / PARSED).exists():
        copy_file(parsed, scratch.dbt_target / PARSED)
    start_parsed(scratch.dbt_target)
