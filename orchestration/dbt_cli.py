"""dbt as a Dagster resource that does only what a build needs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION
from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

from helpdesk.core.redaction import named_variables
from helpdesk.transform.process_options import process_options
from helpdesk.transform.project import dbt_project
from helpdesk.transform.runner import dbt_command, start_parsed

SELECTING = ("--select", "--exclude")


class Dbt(DbtCliResource):
    """dbt's command line without two steps that its base class takes before every command.

    In a build of a small help desk they took as long as all steps before dbt.
    """

    def cli(
        self,
        args: Sequence[str],
        *,
        target_path: Path | None = None,
        variables: Mapping[str, str] | None = None,
        **options: Any,
    ) -> DbtCliInvocation:
        """Start a dbt command; a new target folder gets the project as it was parsed before.

        `variables`: those of dbt's profile. The base class can only pass on this environment.
        """
        if target_path:
            start_parsed(target_path)
        args = [*_one_value_each(args), *process_options(variables or {}, named_variables())]
        return super().cli(args, target_path=target_path, **options)

    @cached_property
    def _cli_version(self) -> Any:
        """The version in this interpreter: `dbt --version` would start dbt and ask PyPI."""
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        """No adapter in this process: it is for row counts and columns, which are not requested."""
        return None


def _one_value_each(args: Sequence[str]) -> list[str]:
    """The arguments with all values of an option joined, as dagster-dbt reads `--exclude`."""
    joined: list[str] = []
    for arg in args:
        is_further = len(joined) > 1 and joined[-2] in SELECTING and not arg.startswith("-")
        joined[-1:] = [f"{joined[-1]} {arg}"] if is_further else [*joined[-1:], arg]
    return joined


_executable, *_flags = dbt_command()
dbt = Dbt(
    project_dir=str(dbt_project()),
    profiles_dir=str(dbt_project()),
    dbt_executable=_executable,
    global_config_flags=_flags,
)
