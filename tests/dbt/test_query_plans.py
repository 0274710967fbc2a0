"""Query plans of all models: no outer join compares every row with every other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.transform.engines.duckdb import DuckDB

# The plan of an outer join whose condition is not a plain comparison of both sides: at 100,000 tickets
# one of them took 449 s where a hash join took 0.8 s.
FORBIDDEN = "BLOCKWISE_NL_JOIN"


def test_no_model_compares_every_row_with_every_other(output: Path) -> None:
    paths = OutputPaths(output)
    compiled = paths.dbt_target / "compiled" / "helpdesk"
    files = [*(compiled / "models").rglob("*.sql"), *(compiled / "data-tests").glob("*.sql")]
    files = [file for file in files if file.parent.suffix != ".yml"]
    assert len(files) > 150
    with DuckDB(paths, Settings()).connect() as connection:
        plans = {
            file.stem: json.loads(
                connection.execute(f"explain (format json) {file.read_text()}").fetchall()[0][1]
            )
            for file in files
        }
    assert not [name for name, plan in plans.items() if any(map(is_forbidden, steps(plan)))]


def steps(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in plan:
        yield step
        yield from steps(step["children"])


def is_forbidden(step: dict[str, Any]) -> bool:
    return FORBIDDEN in step["name"] and step["extra_info"]["Join Type"] != "INNER"
