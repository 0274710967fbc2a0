"""Lands a folder and runs every model on it, without the checks and the publishing of a build."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from helpdesk.project import DBT_PROJECT
from helpdesk.settings import Settings
from ingestion.landing import load_landing, write_build
from orchestration.dbt_project import PARSED, dbt_command, dbt_vars, ensure_manifest


def land_and_model(landing: Path, database: Path, as_of: str) -> None:
    """Every model, and the tests of those that tell what became of the landed rows."""
    with duckdb.connect(database) as connection:
        load_landing(connection, landing)
        write_build(connection, "test", datetime.now(UTC), datetime.fromisoformat(as_of))
    target = database.parent / "target"
    target.mkdir()
    # What dbt has parsed before it need not parse again.
    shutil.copy(ensure_manifest().with_name(PARSED), target)
    places = ["--profiles-dir", ".", "--target-path", str(target)]
    for args in (["run"], ["test", "--select", "marts.quality"]):
        done = subprocess.run(
            [*dbt_command(*args), *places, *dbt_vars(Settings())],
            cwd=DBT_PROJECT,
            env={**os.environ, "HELPDESK_WAREHOUSE": str(database), "DO_NOT_TRACK": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
