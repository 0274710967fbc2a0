"""dbt's own documentation of a build as one self-contained page."""

from pathlib import Path

from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.build import folder_lock
from orchestration.dbt_project import run_dbt


def write_docs(paths: OutputPaths) -> Path:
    """Document the working warehouse of an output folder; returns the page.

    Raises HelpdeskError where nothing was built yet, BusyError while a build writes.
    """
    if not paths.warehouse.exists():
        raise HelpdeskError(f"{paths.root}: nothing is built here; run `helpdesk build` first.")
    folder = paths.work / "docs"
    with folder_lock(paths):
        run_dbt("docs", "generate", "--static", folder=folder, warehouse=paths.warehouse)
        beside = paths.docs.with_suffix(".new")
        (folder / "static_index.html").rename(beside)
        beside.rename(paths.docs)
    return paths.docs
