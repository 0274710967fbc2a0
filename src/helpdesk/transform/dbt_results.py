"""The outcome of dbt's last run: failed nodes, and the rows that failed a test."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any

from helpdesk.contract.tables import CONTRACT
from helpdesk.core.build import unreadable
from helpdesk.core.errors import GateError
from helpdesk.core.sql import is_damage
from helpdesk.transform.engines.base import Connect

FILE = "results.json"
ROWS_SHOWN = 5
LONGEST = 240
# Only texts of this form are shown, such as ids and the parts of a key.
HARMLESS = re.compile(r"[\w.:/+#=~%-]{1,64}(, [\w.:/+#=~%-]{1,64})*")
# The places in error messages of engines that quote a value.
REPEATED = re.compile(r"((?:convert string|[Kk]ey|value:?) )(\"[^\"]*\"|'[^']*')")
# The engines' name of a violated constraint, in their messages.
CONSTRAINT = "Constraint Error"
# The rows of this test are reported, as they have only reasons and counts.
USABLE = "rows_are_usable"
REASONS_SHOWN = 5


class Outcome(StrEnum):
    """How a node ended."""

    PASSED = "passed"
    WARNED = "warned"
    SKIPPED = "skipped"
    FAILED_TEST = "failed test"
    BROKEN_CONSTRAINT = "broken constraint"
    DAMAGED_FILE = "damaged file"
    ERROR = "error"


# The outcomes of dbt's statuses; any other one is an error.
OUTCOMES = {
    "success": Outcome.PASSED,
    "pass": Outcome.PASSED,
    "no-op": Outcome.PASSED,
    "warn": Outcome.WARNED,
    "skipped": Outcome.SKIPPED,
    "fail": Outcome.FAILED_TEST,
}
# A row that violates a constraint of a contract fails the gate, like a data test.
FAILED_GATES = (Outcome.FAILED_TEST, Outcome.BROKEN_CONSTRAINT)


@dataclass(frozen=True)
class DbtResult:
    """The result of one node. `about`: the model of a test. `error`: an error without values."""

    name: str
    path: str
    kind: str
    about: str
    outcome: Outcome
    error: str
    compiled_code: str

    def __str__(self) -> str:
        if self.kind == "test":
            return f"{self.about}: {self.name}" if self.about else self.name
        return f"{self.name}: {self.error}"


def read_results(target: Path) -> list[DbtResult]:
    """The results of the last run in dbt's folder `target`; empty if no node ran."""
    path = target / FILE
    return [_result(**one) for one in json.loads(path.read_text())] if path.exists() else []


def _result(status: str, message: str, **same: str) -> DbtResult:
    outcome, error = _ended(status, message)
    return DbtResult(outcome=outcome, error=error, **same)


def _ended(status: str, message: str) -> tuple[Outcome, str]:
    """The outcome and its error. dbt keeps an engine's error as text only."""
    if status in OUTCOMES:
        return OUTCOMES[status], ""
    if is_damage(message):
        return Outcome.DAMAGED_FILE, _without_values(message)
    if CONSTRAINT in message:
        return Outcome.BROKEN_CONSTRAINT, _constraint(message)
    return Outcome.ERROR, _without_values(message)


@contextmanager
def failing_rows_logged(
    target: Path, connect: Connect, log: Callable[[str], None]
) -> Iterator[None]:
    """Log the first rows of each failed test if the enclosed dbt run fails.

    `target` is dbt's folder, and `connect` opens the engine of the tests. Of texts in the rows,
    only ids are shown. The rows are in no message that leaves the machine.
    """
    # Delete the results of an earlier run, in case dbt fails before it writes new ones.
    (target / FILE).unlink(missing_ok=True)
    try:
        yield
    except Exception:
        for line in failing_rows(target, connect):
            log(line)
        raise


def failing_rows(target: Path, connect: Connect) -> list[str]:
    """Lines with the first rows of every failed test of dbt's last run in `target`."""
    failed = [
        result
        for result in read_results(target)
        if result.outcome is Outcome.FAILED_TEST and result.name != USABLE
    ]
    if not failed:
        return []
    with connect() as cursor:
        return [
            f"{result.name} ({result.path}): {row}"
            for result in failed
            for row in _rows(cursor, result.compiled_code)
        ]


def what_failed(target: Path, connect: Connect | None = None) -> Exception | None:
    """The error of dbt's last run in `target`, without rows; None if no node ran.

    A GateError with the failed tests and constraints and their models, an UnreadableError for a
    damaged file, or a RuntimeError with the nodes that could not run. `connect` opens the engine of
    the tests.
    """
    results = read_results(target)
    if any(result.outcome is Outcome.DAMAGED_FILE for result in results):
        return unreadable(target.parent)
    if failed := [result for result in results if result.outcome in FAILED_GATES]:
        lines = [line for result in failed for line in _failure_lines(result, target, connect)]
        listed = "\n  ".join(lines)
        return GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")
    if broken := [result for result in results if result.outcome is Outcome.ERROR]:
        return RuntimeError("\n  ".join(f"{one.name}: {one.error}" for one in broken))
    return None


def _failure_lines(result: DbtResult, target: Path, connect: Connect | None) -> list[str]:
    if result.name != USABLE or connect is None:
        return [str(result)]
    with connect() as cursor:
        cursor.execute(result.compiled_code)
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    tables = groupby(rows, key=lambda row: (row["source_system"], row["table_name"]))
    # Below the output folder: OUTPUT/.work/dbt.
    output = target.parents[1]
    return [line for _, reasons in tables for line in _unusable_lines(list(reasons), output)]


def _unusable_lines(reasons: list[dict[str, Any]], output: Path) -> Iterator[str]:
    """The unusable rows of a table by reason, the most common first."""
    table = reasons[0]
    name = table_label(table["source_system"], table["table_name"])
    why = ", and this table accepts none" if table["is_strict"] else ""
    yield f"{name}: {table['rows_quarantined']:,} of {table['rows_read']:,} rows unusable{why}:"
    for reason in reasons[:REASONS_SHOWN]:
        where = place(reason["landed_file"], reason["landed_row"], reason["reason"])
        # Strict tables contain rules, so their keys are not personal.
        key = f" (key {reason['row_key']})" if table["is_strict"] and reason["row_key"] else ""
        yield (
            f"  {reason['row_count']:,} {reason['reason']}, first in {where}{key}. "
            f"{reason['remedy']}"
        )
    if reasons[REASONS_SHOWN:]:
        yield f"  further reasons: {len(reasons) - REASONS_SHOWN}"
    yield f"  `helpdesk quarantine {table['table_name']} --output {output}` shows the rows"


def table_label(source_system: str, table: str) -> str:
    """The name of a table for messages, with its source unless that is the file contract."""
    return table if source_system == CONTRACT else f"{source_system} {table}"


def place(file: str, number: int, reason: str) -> str:
    """The file and number of a rejected row. A line that is not a record has a line number."""
    return f"{file}, {'line' if reason.startswith('line: ') else 'row'} {number}"


def _without_values(message: str) -> str:
    """An engine's error message without values of the data."""
    return REPEATED.sub(r"\1(masked)", message.strip())


def _constraint(message: str) -> str:
    """The line of an engine's message that names the constraint, without values."""
    line = next(line.strip() for line in message.splitlines() if CONSTRAINT in line)
    # Spark's messages end with the SQLSTATE.
    return line.partition(f"{CONSTRAINT}: ")[2].partition(" SQLSTATE: ")[0]


def _rows(found: Any, select: str) -> Iterator[str]:
    """The first rows as text, and a line if there are more."""
    found.execute(select)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchmany(ROWS_SHOWN):
        cells = zip(names, row, strict=True)
        text = ", ".join(f"{name}={_shown(cell)}" for name, cell in cells)
        yield text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    if found.fetchone():
        yield "and more"


def _shown(cell: Any) -> str:
    if cell is None:
        return "null"
    return "(masked)" if isinstance(cell, str) and not HARMLESS.fullmatch(cell) else str(cell)
