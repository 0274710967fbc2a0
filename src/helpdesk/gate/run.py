"""Runs the Great Expectations suites on the raw layer, before dbt runs.

The suites are YAML files, see expectations/README.md. `due` selects the rows to check, and `counts`
counts them in DuckDB. This module passes the counts to Great Expectations as a data frame with one
row and a column per expectation, and returns one `GateResult` per expectation. Great Expectations
takes seconds to import, so it is imported only if a suite has to run.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.gate.counts import Count, count_rows
from helpdesk.gate.due import Batch, batches, open_load_log
from helpdesk.gate.suites import FOLDER, GateError, load_suites

__all__ = ["GateError", "GateResult", "load_suites", "run_gate"]

# A result names at most this many files.
_NAMED_FILES = 3


@dataclass(frozen=True)
class GateResult:
    """The result of one expectation. `observed` has counts, never a value of the data."""

    table: str
    expectation: str
    description: str
    success: bool
    observed: str


def run_gate(
    database: Path, suites: Path = FOLDER, full_refresh: bool = False, source_timezone: str = ""
) -> list[GateResult]:
    """Check the rows that were loaded since the gate last passed, in the order of the suites.

    `source_timezone`: the setting, with which times need no offset.

    A table without new rows has no results; with `full_refresh` every row is checked. Rows are
    stored as passed only if all expectations pass, so a failed expectation fails again.

    DuckDB allows one configuration per file and process, so the caller must have no connection to
    `database` open. This function closes its own.
    """
    loaded = load_suites(suites)
    with open_load_log(database) as log:
        tables = log.tables()
        due = [(suite, one) for suite in loaded for one in batches(suite, tables, full_refresh)]
        if due:
            log.show([batch for _, batch in due], source_timezone)
    counts = count_rows(database, f"{log.raw},{log.gate}", due) if due else []
    # A suite may have two batches, and its results keep the order of its file.
    counts.sort(key=lambda one: (one.suite.table, one.position))
    results = _compare(counts) if counts else []
    has_changed = any(one.files != one.passed for one in tables.values())
    if has_changed and all(result.success for result in results):
        with open_load_log(database) as log:
            log.note_passed([suite.table for suite in loaded])
    return results


def _compare(counts: list[Count]) -> list[GateResult]:
    """Have Great Expectations compare the counts with the suites."""
    great_expectations = _import_great_expectations()
    import pandas

    context = great_expectations.get_context(mode="ephemeral", project_config=_configuration())
    # Expectations are built first, so that an invalid suite is reported before a failed check.
    suite = _build(counts)
    frame = pandas.DataFrame({_column(one): [one.value] for one in counts})
    asset = context.data_sources.add_pandas("raw").add_dataframe_asset("counts")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
    found = {one.expectation_config.kwargs["column"]: one for one in outcome.results}
    return [_result(one, found[_column(one)]) for one in counts]


def _import_great_expectations() -> Any:
    """Import the library without the warnings of its import."""
    with warnings.catch_warnings(), _unseen("pyspark"), _unseen("sqlalchemy"):
        # Version 1.24.1 imports two modules by their names from before Python 3.11.
        warnings.filterwarnings("ignore", "module 'sre_(constants|parse)'", DeprecationWarning)
        import great_expectations
    return great_expectations


@contextmanager
def _unseen(package: str) -> Iterator[None]:
    """Hide an optional package from imports, because it is not needed here.

    SQLAlchemy costs 0.3 s of processor time and 22 MB. Parts of pyspark 4.3.0 even end a process
    that was not started from a file.
    """
    modules: dict[str, Any] = sys.modules
    if package in modules:
        yield
        return
    modules[package] = None
    try:
        yield
    finally:
        del modules[package]


def _configuration() -> Any:
    """A data context in memory, without telemetry and progress bars."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
    )


def _column(count: Count) -> str:
    """The column of the data frame with a count."""
    return f"{count.batch.table} {count.position}"


def _build(counts: list[Count]) -> Any:
    """The expectations of all counts as one suite of Great Expectations."""
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    expectations = []
    for count in counts:
        one = count.expectation
        configuration = ExpectationConfiguration(one.type, {"column": _column(count), **one.kwargs})
        try:
            # One by one, because a suite with raw entries silently drops those it cannot build.
            expectations.append(configuration.to_domain_obj())
        # ValueError and TypeError: an unknown or wrong argument of the type.
        except (GreatExpectationsError, ValueError, TypeError) as error:
            raise GateError(f"{count.suite.path}: {one.type}: {error}") from error
    return ExpectationSuite(name="raw", expectations=expectations)


def _result(count: Count, outcome: Any) -> GateResult:
    """The result of an expectation. Raises GateError if it could not run."""
    one = count.expectation
    if problem := _exception_of(outcome.exception_info):
        raise GateError(f"{count.suite.path}: {one.description}: {problem}")
    return GateResult(
        table=count.suite.table,
        expectation=one.type,
        description=one.description,
        success=bool(outcome.success),
        observed=_observed(count) + _whose(count.batch),
    )


def _exception_of(info: dict[str, Any]) -> str | None:
    """The message of an expectation that raised. `info` is one dict, or one per metric."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return next((one["exception_message"] for one in entries if one["raised_exception"]), None)


def _observed(count: Count) -> str:
    """The counts of a result. Values of the data may be personal, so they are left out."""
    if count.expectation.is_of_table:
        return f"{count.rows} rows"
    return f"{count.unusable} of {count.rows} rows unusable"


def _whose(batch: Batch) -> str:
    """The files of a count, unless it is of the whole table."""
    if len(batch.files) > _NAMED_FILES:
        return f" in {len(batch.files)} new files"
    return f" in {', '.join(batch.files)}" if batch.files else ""
