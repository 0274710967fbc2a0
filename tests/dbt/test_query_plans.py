"""How DuckDB means to run each model: no outer join may compare every row with every other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.small_desk import AS_OF, DESK, write_desk
from tests.working_warehouse import land_and_model

# What an outer join becomes whose condition is no plain comparison of both sides: at 100,000 tickets
# one of them took 449 s where a hash join took 0.8 s.
FORBIDDEN = "BLOCKWISE_NL_JOIN"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    land_and_model(write_desk(folder / "landing", DESK), folder / "warehouse.duckdb", AS_OF)
    return folder


def test_no_model_compares_every_row_with_every_other(built: Path) -> None:
    models = list((built / "target/compiled/helpdesk/models").rglob("*.sql"))
    models = [model for model in models if model.parent.suffix != ".yml"]
    assert len(models) > 100
    with duckdb.connect(built / "warehouse.duckdb", read_only=True) as connection:
        plans = {
            model.stem: json.loads(
                connection.execute(f"explain (format json) {model.read_text()}").fetchall()[0][1]
            )
            for model in models
        }
    assert not [name for name, plan in plans.items() if any(map(is_forbidden, steps(plan)))]


def steps(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in plan:
        yield step
        yield from steps(step["children"])


def is_forbidden(step: dict[str, Any]) -> bool:
    return FORBIDDEN in step["name"] and step["extra_info"]["Join Type"] != "INNER"
