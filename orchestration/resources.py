"""The build as the resource that all assets share."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import Field, PrivateAttr

from helpdesk.core.build import Build, folder_lock


class BuildResource(dg.ConfigurableResource):
    """A run's build. Holds the output folder's lock from the run's first step to its last."""

    landing: str = Field(description="Landing folder: files as the file contract defines them.")
    output: str = Field(description="Output folder; holds helpdesk.duckdb once a build has passed.")
    as_of: str = Field(default="", description="ISO 8601 time with an offset; empty means now.")
    config: str = Field(default="", description="YAML file of settings; empty means the defaults.")
    full_refresh: bool = Field(
        default=False, description="Load every file and run dbt on every ticket again."
    )
    target: str = Field(
        default="duckdb", description="Engine that runs the models: duckdb or spark."
    )
    shared: str = Field(
        default="",
        description="Shared storage of a Spark cluster; empty means that of the settings.",
    )
    allow_shrinking: bool = Field(
        default=False,
        description="Publish even if the build has far fewer tickets than the published one.",
    )

    _request: Build = PrivateAttr()

    @property
    def request(self) -> Build:
        """The build of this run."""
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
            self.allow_shrinking,
        )
        with folder_lock(self._request.paths):
            yield self
