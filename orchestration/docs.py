"""dbt's own documentation of a build as one self-contained page."""

import os
import subprocess
from pathlib import Path

from helpdesk.errors import HelpdeskError
from helpdesk.paths import DBT_PROJECT, OutputPaths
from orchestration.dbt_project import DBT
from orchestration.resources import folder_lock


def write_docs(paths: OutputPaths) -> Path:
    """Document the working warehouse of an output folder; returns the page.

    Raises HelpdeskError where nothing was built yet, BusyError while a build writes.
    """
    if not paths.warehouse.exists():
        raise HelpdeskError(f"{paths.root}: nothing is built here; run `helpdesk build` first.")
    folder = paths.work / "docs"
    project, target = str(DBT_PROJECT), str(folder)
    places = ["--project-dir", project, "--profiles-dir", project]
    targets = ["--target-path", target, "--log-path", target]
    with folder_lock(paths):
        run = subprocess.run(
            [DBT, "--quiet", "docs", "generate", "--static", *places, *targets],
            env=os.environ | {"HELPDESK_WAREHOUSE": str(paths.warehouse)},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"dbt cannot document {paths.warehouse}:\n{run.stdout}{run.stderr}")
        beside = paths.docs.with_suffix(".new")
        (folder / "static_index.html").rename(beside)
        beside.rename(paths.docs)
    return paths.docs
