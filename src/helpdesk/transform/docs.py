"""Writes dbt's documentation of a build as one self-contained page."""

from pathlib import Path

from helpdesk.core.build import folder_lock
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.transform.runner import run_dbt


def write_docs(paths: OutputPaths) -> Path:
    """Write the documentation of an output folder's working warehouse; returns the page.

    Raises HelpdeskError if there is no build yet, and BusyError while a build runs.
    """
    if not paths.warehouse.exists():
        raise HelpdeskError(f"{paths.root}: there is no build; run `helpdesk build` first.")
    folder = paths.work / "docs"
    with folder_lock(paths):
        run_dbt("docs", "generate", "--static", folder=folder, warehouse=paths.root)
        new_page = paths.docs.with_suffix(".new")
        (folder / "static_index.html").rename(new_page)
        new_page.rename(paths.docs)
    return paths.docs
