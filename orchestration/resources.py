"""A build as the one resource of Dagster's assets."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import Field, PrivateAttr

from orchestration.build import Build, folder_lock


class BuildResource(dg.ConfigurableResource):
    """A run's build. Holds the output folder's lock from the run's first step to its last."""

    landing: str = Field(description="Landing folder, as the file contract says.")
    output: str = Field(description="Output folder; holds marts.duckdb once a build has passed.")
    as_of: str = Field(default="", description="ISO 8601 time with an offset; empty means now.")
    config: str = Field(default="", description="YAML file of settings; empty means the defaults.")
    full_refresh: bool = Field(default=False, description="Read and model everything again.")
    target: str = Field(default="duckdb", description="What makes the models: duckdb or spark.")
    shared: str = Field(
        default="", description="Shared storage of a Spark cluster; empty means the settings'."
    )

    _request: Build = PrivateAttr()

    @property
    def request(self) -> Build:
        """The build that the run was asked for."""
        return self._request

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["BuildResource"]:
        self._request = Build(
            self.landing,
            self.output,
            self.as_of,
            self.config,
            self.full_refresh,
            self.target,
            self.shared,
        )
        with folder_lock(self._request.paths):
            yield self
