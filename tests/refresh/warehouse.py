"""A working warehouse that is refreshed in this process: landing and models, no gates, no publishing."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from helpdesk.project import DBT_PROJECT
from helpdesk.settings import Settings
from ingestion.changes import mark_started, mark_whole
from ingestion.landing import load_landing, write_build
from orchestration.at_rest import absent_nodes, each_once, leaving_out, nodes_at_rest
from orchestration.dbt_overhead import lessen
from orchestration.refresh import Refresh, build_state, decide

# As in the process of its own that a build has.
lessen("run")


@cache
def _runner(settings: Settings, target: Path) -> dbtRunner:
    """dbt with the project parsed once: a refresh of a small desk is mostly parsing."""
    parsed = dbtRunner().invoke(["parse", *_options(settings, target)])
    assert parsed.success, parsed.exception
    return dbtRunner(manifest=parsed.result)


def _options(settings: Settings, target: Path) -> list[str]:
    return [
        "--quiet",
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        # In one process after another of its commands, dbt would leave its log files open.
        *("--log-level-file", "none"),
        *("--vars", json.dumps(settings.model_dump())),
    ]


@dataclass
class Warehouse:
    """One working warehouse, and where its dbt leaves what it leaves.

    dbt parses the name of the database into the project: all of a `target` have the same file name.
    """

    database: Path
    target: Path
    settings: Settings = field(default_factory=Settings)

    def refresh(self, landing: Path, as_of: datetime, is_full: bool = False) -> Refresh:
        """Land and model as a build does. Fails where a model does."""
        self.database.parent.mkdir(exist_ok=True)
        with duckdb.connect(self.database) as connection:
            load_landing(connection, landing)
            decided = decide(connection, as_of, self.settings, is_full)
            write_build(
                connection,
                "test",
                datetime.now(UTC),
                as_of,
                decided.previous_as_of,
                decided.rebuilt,
            )
            idle = each_once(nodes_at_rest(connection), absent_nodes(connection))
            mark_started(connection)
        os.environ["HELPDESK_WAREHOUSE"] = str(self.database)
        done = _runner(self.settings, self.target).invoke(
            ["run", *_options(self.settings, self.target), *leaving_out(idle)]
        )
        # In this process dbt keeps the file open after its command.
        DuckDBConnectionManager.close_all_connections()
        assert done.success, done.exception or [
            f"{one.node.name}: {one.message}" for one in done.result if one.status == "error"
        ]
        with duckdb.connect(self.database) as connection:
            mark_whole(connection, build_state(connection, self.settings))
        return decided

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.database, read_only=True) as connection:
            return connection.execute(sql).fetchall()
