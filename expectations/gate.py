"""Run the Great Expectations suites on the raw layer, before anything is modelled.

The suites are data: `raw/<table>.yml`, see README.md. This module reads them, has Great
Expectations evaluate them inside DuckDB, and gives back one plain `GateResult` per expectation.
Great Expectations takes seconds to import, so it is imported only when a suite is about to run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from expectations import duckdb_dialect

SUITES = Path(__file__).parent / "raw"

# Counts only: with a partial list Great Expectations would read, and keep, values of the feed.
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
_QUERY = "unexpected_rows_expectation"


class GateError(Exception):
    """The gate itself cannot run: a broken suite or no raw layer. Not a verdict on the feed."""


@dataclass(frozen=True)
class GateResult:
    """What one expectation found. `observed` holds counts, never a value of the feed."""

    table: str
    expectation: str
    description: str
    success: bool
    observed: str


@dataclass(frozen=True)
class Suite:
    """One suite file. A required table is checked even if nothing was landed for it."""

    path: Path
    required: bool
    expectations: tuple[dict[str, Any], ...]

    @property
    def table(self) -> str:
        """The raw table the suite is for: the file's name says it."""
        return self.path.stem


def run_gate(database: Path, suites: Path = SUITES) -> list[GateResult]:
    """Check every landed table that has a suite; the order is that of the files.

    Opens `database` read-only and leaves no connection behind. DuckDB allows one configuration per
    file and process, so the caller must not hold a connection to it either.
    """
    schema, landed = _inspect(database)
    due = [suite for suite in load_suites(suites) if suite.required or suite.table in landed]
    if not due:
        return []
    with _raw_layer(database, schema) as raw:
        return [result for suite in due for result in _run_suite(raw, suite)]


def load_suites(folder: Path = SUITES) -> list[Suite]:
    """Read all suites of a folder, in the order of their names."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        # A mistyped folder must not look like a feed without a fault.
        raise GateError(f"{folder}: no suites here")
    return [_load_suite(path) for path in paths]


def _load_suite(path: Path) -> Suite:
    """Read one suite file, or say which file is wrong and how."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise GateError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        raise GateError(f"{path}: wants a mapping with a list of `expectations`")
    if unknown := content.keys() - {"required", "expectations"}:
        raise GateError(f"{path}: unknown keys: {', '.join(sorted(map(str, unknown)))}")
    if not isinstance(content.get("required", False), bool):
        raise GateError(f"{path}: `required` wants true or false")
    for number, entry in enumerate(content["expectations"], start=1):
        if problem := _entry_problem(entry):
            raise GateError(f"{path}: expectation {number} {problem}")
    return Suite(path, content.get("required", False), tuple(content["expectations"]))


def _entry_problem(entry: Any) -> str | None:
    """Say what the shape of an expectation lacks; Great Expectations checks the rest."""
    if not isinstance(entry, dict) or entry.keys() != {"type", "kwargs", "meta"}:
        return "wants `type`, `kwargs` and `meta`, nothing else"
    if not isinstance(entry["type"], str) or not isinstance(entry["kwargs"], dict):
        return "wants text as `type` and a mapping as `kwargs`"
    if not isinstance(entry["meta"], dict) or not isinstance(entry["meta"].get("description"), str):
        return "wants a `description` in `meta`"
    return None


def _inspect(database: Path) -> tuple[str, set[str]]:
    """Give the quoted name of the raw schema, and the tables that the help desk delivers.

    The name carries the catalogue, which DuckDB takes from the file's: in a `raw.duckdb`, a plain
    `raw` is ambiguous.
    """
    if not database.is_file():
        raise GateError(f"{database}: no raw layer here; land the feed first")
    with duckdb.connect(str(database), read_only=True) as connection:
        [(name,)] = connection.sql("select current_database()").fetchall()
        catalog = '"' + name.replace('"', '""') + '"'
        try:
            landed = connection.sql(
                f"select table_name from {catalog}.landing.tables where is_configured"
            ).fetchall()
        except duckdb.CatalogException as error:
            raise GateError(f"{database}: no landing.tables: {error}") from error
    return f"{catalog}.raw", {table for (table,) in landed}


def _import_great_expectations() -> Any:
    """Import the library without the warnings that its import gives."""
    with warnings.catch_warnings():
        # 1.24.1 still imports two modules by the names they had before Python 3.11.
        warnings.filterwarnings("ignore", "module 'sre_(constants|parse)'", DeprecationWarning)
        import great_expectations
    return great_expectations


@contextmanager
def _raw_layer(database: Path, schema: str) -> Iterator[Any]:
    """Give the raw layer as a data source of Great Expectations, closed for good afterwards."""
    great_expectations = _import_great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    duckdb_dialect.apply()
    context = great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
            store_backend_defaults=InMemoryStoreBackendDefaults(),
        ),
    )
    sources: Any = context.data_sources  # its type stub lacks `kwargs`
    datasource = sources.add_sql(
        "raw",
        connection_string="duckdb://",
        kwargs={
            "connect_args": {
                "database": str(database),
                "read_only": True,
                # The dialect runs `set <key> = <value>` for what DuckDB does not take as an option
                # of the file. A plain `schema` counts as one and is refused; this key gets through.
                "config": {"session schema": schema},
            }
        },
    )
    try:
        yield datasource
    finally:
        # Two engines, each with its pool: the one that evaluates, the one that tests connections.
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _run_suite(raw: Any, suite: Suite) -> list[GateResult]:
    """Evaluate one suite; the results come in the order of the file."""
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    built = _build(suite)
    try:
        asset = raw.add_table_asset(suite.table)
    except TestConnectionError as error:
        raise GateError(f"{suite.path}: the raw layer has no table {suite.table}") from error
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    outcome = batch.validate(built, result_format=_COUNTS)
    # Great Expectations groups results by column; `position` brings the file's order back.
    ordered = sorted(outcome.results, key=lambda one: one.expectation_config.meta["position"])
    return [
        _result(batch, suite, expectation, one)
        for expectation, one in zip(built.expectations, ordered, strict=True)
    ]


def _build(suite: Suite) -> Any:
    """Turn the data of a suite into one of Great Expectations' own."""
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    expectations = []
    for position, entry in enumerate(suite.expectations):
        meta = {**entry["meta"], "position": position}
        configuration = ExpectationConfiguration(entry["type"], entry["kwargs"], meta)
        try:
            # One by one: a suite given raw entries logs and drops those it cannot build.
            expectations.append(configuration.to_domain_obj())
        # ValueError and TypeError: an argument that the type does not take, or a wrong one.
        except (GreatExpectationsError, ValueError, TypeError) as error:
            raise GateError(f"{suite.path}: {entry['type']}: {error}") from error
    return ExpectationSuite(name=suite.table, expectations=expectations)


def _result(batch: Any, suite: Suite, expectation: Any, outcome: Any) -> GateResult:
    """Put an outcome in plain words; an expectation that could not run is a broken suite."""
    entry = suite.expectations[outcome.expectation_config.meta["position"]]
    if problem := _exception_of(outcome.exception_info):
        raise GateError(f"{suite.path}: {entry['meta']['description']}: {problem}")
    return GateResult(
        table=suite.table,
        expectation=entry["type"],
        description=entry["meta"]["description"],
        success=bool(outcome.success),
        observed=_observed(batch, expectation, outcome),
    )


def _exception_of(info: dict[str, Any]) -> str | None:
    """The message of an expectation that raised; one dict per metric, or one for all."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return next((one["exception_message"] for one in entries if one["raised_exception"]), None)


def _observed(batch: Any, expectation: Any, outcome: Any) -> str:
    """Say in counts what was found; values of the feed may be personal data and stay out."""
    found = outcome.result
    if "unexpected_count" in found:
        filled = found["element_count"] - found.get("missing_count", 0)
        return f"{found['unexpected_count']} of {filled} rows unusable"
    if outcome.expectation_config.type != _QUERY:
        return f"{found['observed_value']} rows"
    if outcome.success:
        return "within bounds"
    # Asked for only here: a query of the gate returns its own counts, never rows of the feed.
    found = batch.validate(expectation, result_format="COMPLETE").result
    row = found["details"]["unexpected_rows"][0]
    return f"{row['unusable']} of {row['filled']} rows unusable"
