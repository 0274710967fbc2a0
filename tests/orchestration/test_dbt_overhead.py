"""dbt with less overhead gives what dbt gives: the same SQL of models and tests, the same selection."""

from pathlib import Path

import pytest

from orchestration.dbt_project import DBT, dbt_command, start_parsed
from tests.conftest import run_dbt_command

pytestmark = pytest.mark.slow
# A model, a test, folders, a pattern, and below the whole project.
LEFT_OUT = ("fct_tickets", "dim_moments_accepted", "staging", "marts.summary", "int_*_unioned")


def told(command: list[str], output: Path, target: Path) -> str:
    """What a dbt command prints on the project, with the output's warehouse."""
    start_parsed(target)
    return run_dbt_command(command, output / ".work" / "warehouse.duckdb", target)


def test_models_and_tests_are_the_same_sql(output: Path, tmp_path: Path) -> None:
    chosen = ["compile", "--select", "path:models/marts/core", "path:models/staging/generic"]
    compiled = {}
    for target, command in {"dbts": [str(DBT), *chosen], "ours": dbt_command(*chosen)}.items():
        told(command, output, tmp_path / target)
        folder = tmp_path / target / "compiled"
        compiled[target] = {
            str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.sql")
        }
    assert len(compiled["dbts"]) > 100
    assert compiled["ours"] == compiled["dbts"]


def test_names_select_the_same(output: Path, tmp_path: Path) -> None:
    chosen = ["ls", "--select", "helpdesk", "--exclude", *LEFT_OUT, "--output", "name"]
    found = []
    for command in ([str(DBT), "--quiet", *chosen], dbt_command(*chosen)):
        lines = told(command, output, tmp_path / "target").splitlines()
        # Sentences are of what dbt does: the command of builds is never quiet.
        found.append({line for line in lines if " " not in line})
    assert len(found[0]) > 300
    assert found[0] == found[1]
