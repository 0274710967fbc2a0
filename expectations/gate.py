"""Run the Great Expectations suites on the raw layer, before anything is modelled.

The suites are data, see README.md; `due` says which rows they have yet to judge. This module has
Great Expectations evaluate them inside DuckDB, and gives back one plain `GateResult` per
expectation. Great Expectations takes seconds to import, so it is imported only when a suite is
about to run.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations import duckdb_dialect
from expectations.due import Batch, batches, open_books
from expectations.suites import FOLDER, GateError, Suite, load_suites

__all__ = ["GateError", "GateResult", "load_suites", "run_gate"]

# Counts only: with a partial list Great Expectations would read, and keep, values of the feed.
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
_QUERY = "unexpected_rows_expectation"
# More of them than this are counted, not named.
_NAMED_FILES = 3


@dataclass(frozen=True)
class GateResult:
    """What one expectation found. `observed` holds counts, never a value of the feed."""

    table: str
    expectation: str
    description: str
    success: bool
    observed: str


@dataclass(frozen=True)
class Due:
    """A batch of rows, with the suite that is to judge them."""

    suite: Suite
    batch: Batch


def run_gate(database: Path, suites: Path = FOLDER, full_refresh: bool = False) -> list[GateResult]:
    """Check what landed since the gate last passed; the order is that of the suites' files.

    A table of which nothing is new has no results; with `full_refresh` every landed row is checked.
    Only if all is well is it noted as passed: what failed fails again.

    Opens `database` for a moment before and after, read-only meanwhile, and leaves no connection
    behind. DuckDB allows one configuration per file and process, so the caller must not hold a
    connection to it either.
    """
    loaded = load_suites(suites)
    with open_books(database) as books:
        landed = books.landed()
        due = [Due(suite, one) for suite in loaded for one in batches(suite, landed, full_refresh)]
        if due:
            books.show([one.batch for one in due])
    results = _judge(database, f"{books.raw},{books.gate}", due) if due else []
    has_changed = any(one.files != one.passed for one in landed.values())
    if has_changed and all(result.success for result in results):
        with open_books(database) as books:
            books.note_passed([suite.table for suite in loaded])
    return results


def _judge(database: Path, search_path: str, due: list[Due]) -> list[GateResult]:
    """Evaluate every batch; a suite's results come in the order of its file."""
    with _raw_layer(database, search_path) as raw:
        found = [found for one in due for found in _run_batch(raw, one)]
    found.sort(key=lambda one: (one[1].table, one[0]))
    return [result for _, result in found]


def _import_great_expectations() -> Any:
    """Import the library without the warnings that its import gives."""
    with warnings.catch_warnings(), _unseen("pyspark"):
        # 1.24.1 still imports two modules by the names they had before Python 3.11.
        warnings.filterwarnings("ignore", "module 'sre_(constants|parse)'", DeprecationWarning)
        import great_expectations
    return great_expectations


@contextmanager
def _unseen(package: str) -> Iterator[None]:
    """Has imports find no such package: this one is of no use here, takes a second, and warns."""
    before = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        if before:
            sys.modules[package] = before


@contextmanager
def _raw_layer(database: Path, search_path: str) -> Iterator[Any]:
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
                # of the file. A plain `search_path` counts as one and is refused; this key gets by.
                "config": {"session search_path": search_path},
            }
        },
    )
    try:
        yield datasource
    finally:
        # Two engines, each with its pool: the one that evaluates, the one that tests connections.
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _run_batch(raw: Any, due: Due) -> list[tuple[int, GateResult]]:
    """Evaluate a suite on a batch; each result comes with its position in the file."""
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    suite = due.suite
    built = _build(due)
    try:
        asset = raw.add_table_asset(due.batch.relation)
    except TestConnectionError as error:
        raise GateError(f"{suite.path}: the raw layer has no table {suite.table}") from error
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    outcome = batch.validate(built, result_format=_COUNTS)
    # Great Expectations groups results by column; `position` brings the file's order back.
    ordered = sorted(outcome.results, key=lambda one: one.expectation_config.meta["position"])
    return [
        (one.expectation_config.meta["position"], _result(batch, due, expectation, one))
        for expectation, one in zip(built.expectations, ordered, strict=True)
    ]


def _build(due: Due) -> Any:
    """Turn the data of a suite into one of Great Expectations' own."""
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    expectations = []
    for position in due.batch.positions:
        entry = due.suite.expectations[position]
        meta = {**entry["meta"], "position": position}
        configuration = ExpectationConfiguration(entry["type"], entry["kwargs"], meta)
        try:
            # One by one: a suite given raw entries logs and drops those it cannot build.
            expectations.append(configuration.to_domain_obj())
        # ValueError and TypeError: an argument that the type does not take, or a wrong one.
        except (GreatExpectationsError, ValueError, TypeError) as error:
            raise GateError(f"{due.suite.path}: {entry['type']}: {error}") from error
    return ExpectationSuite(name=due.batch.relation, expectations=expectations)


def _result(batch: Any, due: Due, expectation: Any, outcome: Any) -> GateResult:
    """Put an outcome in plain words; an expectation that could not run is a broken suite."""
    entry = due.suite.expectations[outcome.expectation_config.meta["position"]]
    if problem := _exception_of(outcome.exception_info):
        raise GateError(f"{due.suite.path}: {entry['meta']['description']}: {problem}")
    return GateResult(
        table=due.suite.table,
        expectation=entry["type"],
        description=entry["meta"]["description"],
        success=bool(outcome.success),
        observed=_observed(batch, expectation, outcome) + _whose(due.batch),
    )


def _whose(batch: Batch) -> str:
    """Name the files that a count is about, where it is not about the whole table."""
    if len(batch.files) > _NAMED_FILES:
        return f" in {len(batch.files)} new files"
    return f" in {', '.join(batch.files)}" if batch.files else ""


def _exception_of(info: dict[str, Any]) -> str | None:
    """The message of an expectation that raised; one dict per metric, or one for all."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return next((one["exception_message"] for one in entries if one["raised_exception"]), None)


def _observed(batch: Any, expectation: Any, outcome: Any) -> str:
    """Say in counts what was found; values of the feed may be personal data and stay out."""
    found = outcome.result
    if "unexpected_count" in found:
        filled = found["element_count"] - found.get("missing_count", 0)
        # Of no rows at all, Great Expectations counts none rather than 0.
        return f"{found['unexpected_count'] or 0} of {filled} rows unusable"
    if outcome.expectation_config.type != _QUERY:
        return f"{found['observed_value']} rows"
    if outcome.success:
        return "within bounds"
    # Asked for only here: a query of the gate returns its own counts, never rows of the feed.
    found = batch.validate(expectation, result_format="COMPLETE").result
    row = found["details"]["unexpected_rows"][0]
    return f"{row['unusable']} of {row['filled']} rows unusable"
