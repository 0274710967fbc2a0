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
    ours, theirs = rows_of(left), rows_of(right)
    assert ours.keys() == theirs.keys()
    with duckdb.connect() as connection:
        for mart in ours:
            alone = [
                sql.number(connection, f"select count(*) from ({one} except all {other})")
                for one, other in ((ours[mart], theirs[mart]), (theirs[mart], ours[mart]))
            ]
            if any(alone):
                found[mart] = (alone[0], alone[1])
    return found


def rows_of(output: Path) -> dict[str, str]:
    """The SQL of each mart's rows in the published Parquet, without what is each build's own."""
    catalogue = json.loads((output / "catalogue.json").read_text())
    selects = {}
    for model in catalogue["models"]:
        columns = [column["name"] for column in model["columns"]]
        if BUILD_COLUMNS[0] in columns:
            columns = [column for column in columns if column not in BUILD_COLUMNS]
        files = sql.text(output / model["parquet"]["files"])
        named = ", ".join(map(sql.name, columns))
        selects[model["name"]] = f"select {named} from read_parquet({files})"
    return selects


def explained(left: Path, right: Path) -> str:
    """How the marts of two outputs differ, for a person; types are compared, too."""
    lines = compare_marts(left / "marts.duckdb", right / "marts.duckdb")
    return "\n".join(map(str, lines))
