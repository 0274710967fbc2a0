"""The rows that failed a dbt test: dbt itself says only how many there are."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration.engines import Connect

ROWS_TOLD = 5
LONGEST = 240


@contextmanager
def failing_rows_told(
    target: Path, connect: Connect, tell: Callable[[str], None]
) -> Iterator[None]:
    """Where dbt fails inside, tell what each failed test found. `target` is dbt's target folder.

    `connect` opens what the tests ran on.
    What is told is data: it belongs in the run's log, and in no message that leaves the machine.
    """
    # Those of an earlier run, should dbt fail before it writes its own.
    (target / "run_results.json").unlink(missing_ok=True)
    try:
        yield
    except DagsterDbtCliRuntimeError:
        for line in failing_rows(target, connect):
            tell(line)
        raise


def failing_rows(target: Path, connect: Connect) -> list[str]:
    """A line for each of the first rows of every failed test of dbt's last run in `target`."""
    path = target / "run_results.json"
    results = json.loads(path.read_text())["results"] if path.exists() else []
    failed = [result for result in results if result["status"] == "fail"]
    if not failed:
        return []
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    with connect() as cursor:
        return [
            f"{node['name']} ({node['original_file_path']}): {row}"
            for result in failed
            if (node := nodes[result["unique_id"]])
            for row in _rows(cursor, result["compiled_code"])
        ]


def _rows(found: Any, select: str) -> Iterator[str]:
    """The first rows as text, and whether there are more."""
    found.execute(select)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchmany(ROWS_TOLD):
        cells = zip(names, row, strict=True)
        text = ", ".join(f"{name}={'null' if cell is None else cell}" for name, cell in cells)
        yield text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    if found.fetchone():
        yield "and more"
