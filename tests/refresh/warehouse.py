"""Refreshes both files of an output folder in this process: loading and dbt, without the gate and publishing."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.load.changes import mark_started, mark_whole
from helpdesk.load.landing import load_landing, write_build
from helpdesk.transform.plan import Plan, build_state, dbt_selection, decide
from helpdesk.transform.project import dbt_project
from helpdesk.transform.runner import start_parsed

FLAGS = ("--log-level", "none", "--log-level-file", "none", "--no-write-json")


@cache
def _target(project: Path) -> Path:
    """The target folder of a project: each set of own fields has a project of its own."""
    return Path(mkdtemp(prefix="dbt_target_"))


@cache
def _manifest(settings: str, project: Path) -> Any:
    """The project, parsed once for the default warehouse, like in a build."""
    os.environ.pop("HELPDESK_WAREHOUSE", None)
    start_parsed(_target(project))
    parsed = dbtRunner().invoke([*FLAGS, "parse", *_options(settings, project)])
    assert parsed.success, parsed.exception
    return parsed.result


def _options(settings: str, project: Path) -> list[str]:
    target = str(_target(project))
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", target, "--log-path", target),
        *("--vars", settings),
    ]


def _without_gate(selection: list[str]) -> list[str]:
    """The settings. A folder may lose the file of most tickets, and the rest is compared."""
    return [*selection, *([] if "--exclude" in selection else ["--exclude"]), "rows_are_usable"]


@dataclass
class Warehouse:
    """An output folder with a working file and a candidate only.

    `ran`: the names of the nodes of the last refresh.
    """

    root: Path
    settings: Settings = field(default_factory=Settings)
    ran: list[str] = field(default_factory=list)

    @property
    def paths(self) -> OutputPaths:
        return OutputPaths(self.root)

    def refresh(self, landing: Path, as_of: datetime, is_full: bool = False) -> Plan:
        """Load, and run the models and their data tests like a build. Fails if one of them fails."""
        self.paths.work.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(self.paths.warehouse) as connection:
            load_landing(connection, landing)
            plan = decide(connection, as_of, self.settings, is_full)
            started_at = datetime.now(UTC)
            # A different id per build, because the models compare them.
            build_id = started_at.isoformat()
            write_build(connection, build_id, started_at, as_of, plan.previous_as_of)
            selection = _without_gate(dbt_selection(connection, plan))
            mark_started(connection)
        if plan.previous_as_of is None:
            self.paths.candidate.unlink(missing_ok=True)
        self.ran = self._run_dbt(selection)
        with duckdb.connect(self.paths.warehouse) as connection:
            mark_whole(connection, build_state(connection, self.settings))
        return plan

    def _run_dbt(self, selection: list[str]) -> list[str]:
        settings = json.dumps(self.settings.model_dump())
        project = dbt_project()
        manifest = _manifest(settings, project)
        for node in manifest.nodes.values():
            # dbt keeps compiled nodes, but not the CTEs of ephemeral models.
            node.extra_ctes_injected, node.extra_ctes = False, []
        os.environ["HELPDESK_WAREHOUSE"] = str(self.root)
        try:
            done = dbtRunner(manifest=manifest).invoke(
                [
                    *(*FLAGS, "build", "--exclude-resource-type", "unit_test"),
                    *(*_options(settings, project), *selection),
                ]
            )
        finally:
            del os.environ["HELPDESK_WAREHOUSE"]
            # dbt keeps the files open in this process after its command.
            DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception or [
            f"{one.node.name}: {one.message}"
            for one in done.result
            if one.status in ("error", "fail")
        ]
        return [one.node.name for one in done.result]

    def rows(self, sql: str) -> list[tuple]:
        """The rows of a query on the working file, which has the layers below the marts."""
        with duckdb.connect(self.paths.warehouse, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def marts(self, sql: str) -> list[tuple]:
        """The rows of a query on the marts."""
        with duckdb.connect(self.paths.candidate, read_only=True) as connection:
            return connection.execute(f"use marts; {sql}").fetchall()
