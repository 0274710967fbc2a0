"""dbt as a Dagster resource that starts what a build needs of it, and nothing else."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from dagster_dbt import DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION

from helpdesk.paths import DBT_PROJECT
from orchestration.dbt_project import dbt_command


class Dbt(DbtCliResource):
    """dbt's command line, without two things that its base class does before every command.

    Together they take as long as everything that happens before dbt in a build of a small desk.
    """

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
