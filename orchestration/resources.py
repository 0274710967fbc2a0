"""A build as the one resource of Dagster's assets."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import Field

from orchestration.build import Build, folder_lock


class BuildResource(dg.ConfigurableResourceFactory[Build]):
    """Gives a run its build, and holds the output folder's lock from its first step to its last."""

    landing: str = Field(description="Landing folder, as the file contract says.")
    output: str = Field(description="Output folder; holds marts.duckdb once a build has passed.")
    as_of: str = Field(default="", description="ISO 8601 time with an offset; empty means now.")
    config: str = Field(default="", description="YAML file of settings; empty means the defaults.")
    full_refresh: bool = Field(default=False, description="Read and model everything again.")
    target: str = Field(default="duckdb", description="What makes the models: duckdb or spark.")
    shared: str = Field(
        default="", description="Shared storage of a Spark cluster; empty means the settings'."
    )

    def create_resource(self, context: dg.InitResourceContext) -> Build:
        return Build(
            self.landing,
            self.output,
            self.as_of,
            self.config,
            self.full_refresh,
            self.target,
            self.shared,
        )

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Build]:
        build = self.create_resource(context)
        with folder_lock(build.paths):
            yield build
