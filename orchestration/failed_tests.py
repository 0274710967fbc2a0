"""What failed in dbt's last run, and the rows that failed its tests, which dbt only counts."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpdesk.errors import GateError
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
    except Exception:
        for line in failing_rows(target, connect):
            tell(line)
        raise


def failing_rows(target: Path, connect: Connect) -> list[str]:
    """A line for each of the first rows of every failed test of dbt's last run in `target`."""
    failed = _results(target, "fail")
    if not failed:
        return []
    nodes = _nodes(target)
    with connect() as cursor:
        return [
            f"{node['name']} ({node['original_file_path']}): {row}"
            for result in failed
            if (node := nodes[result["unique_id"]])
            for row in _rows(cursor, result["compiled_code"])
        ]


def what_failed(target: Path) -> Exception | None:
    """dbt's last run in `target` in few words, without rows; None where it did not come to a node.

    A GateError with the tests that failed and their models, else a RuntimeError with what could not
    be run.
    """
    if failed := _results(target, "fail"):
        nodes = _nodes(target)
        listed = "\n  ".join(_tested(nodes[result["unique_id"]], nodes) for result in failed)
        return GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")
    if broken := _results(target, "error"):
        told = (f"{one['unique_id'].split('.')[2]}: {one['message'].strip()}" for one in broken)
        return RuntimeError("\n  ".join(told))
    return None


def _tested(test: dict[str, Any], nodes: dict[str, Any]) -> str:
    """A test with the model that it is about."""
    about = test.get("attached_node") or next(iter(test["depends_on"]["nodes"]), "")
    return f"{nodes[about]['name']}: {test['name']}" if about in nodes else str(test["name"])


def _results(target: Path, status: str) -> list[dict[str, Any]]:
    path = target / "run_results.json"
    results = json.loads(path.read_text())["results"] if path.exists() else []
    return [result for result in results if result["status"] == status]


def _nodes(target: Path) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads((target / "manifest.json").read_text())["nodes"]
    return nodes


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
