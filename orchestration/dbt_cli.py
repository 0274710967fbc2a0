"""dbt as a Dagster resource that starts what a build needs of it, and nothing else."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from helpdesk.project import DBT_PROJECT
from orchestration.dbt_project import dbt_command, start_parsed


class Dbt(DbtCliResource):
    """dbt's command line, without two things that its base class does before every command.

    In a build of a small desk they took as long as all that goes before dbt.
    """

    def cli(
        self, args: Sequence[str], *, target_path: Path | None = None, **options: Any
    ) -> DbtCliInvocation:
        """Start a dbt command, in a new target folder from the project as it was parsed before."""
        if target_path:
            start_parsed(target_path)
        return super().cli(args, target_path=target_path, **options)

    @cached_property
    def _cli_version(self) -> Any:
        """The version this interpreter has: `dbt --version` is a start of dbt, and asks PyPI."""
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        """No adapter in this process: it serves row counts and columns, which nobody asks for."""
        return None


_executable, *_flags = dbt_command()
dbt = Dbt(
    project_dir=str(DBT_PROJECT),
    profiles_dir=str(DBT_PROJECT),
    dbt_executable=_executable,
    global_config_flags=_flags,
)
