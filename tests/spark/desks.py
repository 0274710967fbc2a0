"""Desks that are built with DuckDB and on a cluster, and the marts of both compared."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb

from helpdesk import sql
from orchestration.compare import BUILD_COLUMNS, compare_marts
from tests.conftest import run_helpdesk


def build(landing: Path, output: Path, as_of: datetime, *options: object) -> str:
    """`helpdesk build`; gives what it said. Fails where it fails, or prints a warning."""
    folders = ("--landing", landing, "--output", output)
    done = run_helpdesk("build", *folders, "--as-of", as_of.isoformat(), *options)
    assert "Warning" not in done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def differing(left: Path, right: Path) -> dict[str, tuple[int, int]]:
    """Of every mart that differs, the rows that one of two outputs has alone, by their Parquet."""
    found = {}
    files = [parquet_of(output) for output in (left, right)]
    assert files[0].keys() == files[1].keys()
    with duckdb.connect() as connection:
        for mart in files[0]:
            one, other = (_rows(side[mart]) for side in files)
            alone = tuple(
                sql.number(connection, f"select count(*) from ({pair[0]} except all {pair[1]})")
                for pair in ((one, other), (other, one))
            )
            if any(alone):
                found[mart] = (alone[0], alone[1])
    return found


def parquet_of(output: Path) -> dict[str, str]:
    """Where the published Parquet of each mart is, as a pattern."""
    catalogue = json.loads((output / "catalogue.json").read_text())
    return {model["name"]: str(output / model["parquet"]["files"]) for model in catalogue["models"]}


def explained(left: Path, right: Path) -> str:
    """How the marts of two outputs differ, for a person; types are compared, too."""
    lines = compare_marts(left / "marts.duckdb", right / "marts.duckdb")
    return "\n".join(map(str, lines))


def _rows(files: str) -> str:
    # When a build was started, and its name, are its own.
    own = ", ".join(f"'{column}'" for column in BUILD_COLUMNS)
    return f"select columns(column -> column not in ({own})) from read_parquet({sql.text(files)})"
