"""Selects the engine of a build."""

from helpdesk.core.build import Build
from helpdesk.core.errors import ConfigError
from helpdesk.transform.engines.base import Engine
from helpdesk.transform.engines.duckdb import DuckDB

TARGETS = ("duckdb", "spark")


def engine_of(build: Build) -> Engine:
    """The engine of a build. Raises ConfigError for an unknown target."""
    if build.target == "duckdb":
        return DuckDB(build.paths, build.settings)
    if build.target == "spark":
        # Imported here, because a build with DuckDB does not need it.
        from helpdesk.transform.engines.spark.engine import Spark

        return Spark(build)
    raise ConfigError(f"--target {build.target}: the targets are {', '.join(TARGETS)}.")
