"""A constraint or a data test that fails stops publishing, as the gate on raw data does."""

import json
from pathlib import Path

from tests.conftest import copy_checkout, run_copy
from tests.orchestration.receivers import web_server
from tests.orchestration.test_build_failures import state_of

MODELS = "dbt_project/models/marts/core/_core__models.yml"
STATES = "status_state in ('open', 'pending', 'on_hold', 'closed', 'unknown')"
OF_A_CUSTOMER = "<script>alert(1)</script>"


def test_a_failed_test_is_named_without_rows_and_nothing_is_published(
    copied_desk: tuple[Path, Path], tmp_path: Path
) -> None:
    """A project with an added constraint and test, since valid data passes those of the project."""
    landing, output = copied_desk
    project = tmp_path / "project"
    copy_checkout(project)
    tests = project / "dbt_project" / "data-tests"
    (tests / "no_company_has_a_name.sql").write_text(
        "select name from {{ ref('dim_companies') }} where company_id is not null"
    )
    declared = (project / MODELS).read_text()
    assert STATES in declared
    (project / MODELS).write_text(declared.replace(STATES, "status_state in ('open', 'closed')"))
    config = tmp_path / "helpdesk.yml"
    config.write_text("alerts: {webhook_env: HOOK}\n")
    before = state_of(output)
    with web_server() as web:
        build = ["build", "--landing", landing, "--output", output, "--config", config]
        done = run_copy(project, project, *build, HOOK=web.url)
    assert done.returncode == 4, done.stdout + done.stderr
    printed = " ".join(done.stderr.split())
    assert "dim_companies: no_company_has_a_name" in printed
    assert "dim_statuses: CHECK constraint failed on table dim_statuses" in printed
    assert "status_state" in printed
    # The row is reported without its personal data.
    assert "name=(masked)" in done.stdout
    [(_, alert)] = web.posted
    for message in (done.stdout, done.stderr, alert.decode()):
        assert OF_A_CUSTOMER not in message
        assert "Waiting" not in message
    assert "no_company_has_a_name" in json.loads(alert)["text"]
    assert "CHECK constraint failed on table dim_statuses" in json.loads(alert)["text"]
    assert state_of(output) == before
    assert not list((output / "builds").glob("*.partial"))
