"""A dbt test that fails stops publishing, as the gate on raw data does."""

from pathlib import Path

from tests.conftest import copy_checkout, run_copy
from tests.small_desk import AS_OF


def test_a_dbt_test_that_fails_is_named_and_nothing_is_published(
    landing: Path, tmp_path: Path
) -> None:
    """With a test of this test's own: the project's hold on whatever is landed, as they should."""
    project = tmp_path / "project"
    copy_checkout(project)
    tests = project / "dbt_project" / "data-tests"
    tests.mkdir(exist_ok=True)
    (tests / "no_statuses_at_all.sql").write_text("select * from {{ ref('dim_statuses') }}")
    output = tmp_path / "output"
    build = ["build", "--landing", landing, "--output", output, "--as-of", AS_OF]
    done = run_copy(project, project, *build)
    assert done.returncode == 4, done.stderr
    assert "dim_statuses: no_statuses_at_all" in " ".join(done.stderr.split())
    assert not (output / "marts.duckdb").exists()
    assert not (output / "builds").exists()
