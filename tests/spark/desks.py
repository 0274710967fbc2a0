"""Builds desks with DuckDB and on a cluster, and compares the marts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from helpdesk.publish.compare import compare_marts
from tests.conftest import run_helpdesk


def build(landing: Path, output: Path, as_of: datetime, *options: object) -> str:
    """Run `helpdesk build`; returns its output. Fails if the build fails or prints a warning."""
    folders = ("--landing", landing, "--output", output)
    done = run_helpdesk("build", *folders, "--as-of", as_of.isoformat(), *options)
    assert "Warning" not in done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def differences(left: Path, right: Path) -> list[str]:
    """The differences in rows and types between the published marts of two output folders."""
    found = compare_marts(left / "helpdesk.duckdb", right / "helpdesk.duckdb")
    return [str(difference) for difference in found]
