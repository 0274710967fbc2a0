"""Runs dbt commands of builds in their own process, with an already parsed project."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from helpdesk.core.build import unreadable
from helpdesk.core.limits import Limits, machine_limits
from helpdesk.core.paths import OutputPaths
from helpdesk.core.redaction import child_environment
from helpdesk.core.settings import Settings
from helpdesk.core.sql import is_damage
from helpdesk.transform.project import dbt_project

# dbt's cache of the parsed project.
PARSED = "partial_parse.msgpack"
# The dbt of this interpreter's environment, regardless of PATH.
DBT = Path(sys.executable).parent / "dbt"
# The script that runs a dbt command.
DBT_PROCESS = Path(__file__).with_name("dbt_process.py")


def manifest_file() -> Path:
    """The manifest of the project, which `ensure_manifest` writes.

    It has its own folder, because manual runs of dbt with other settings write to `target`.
    """
    return dbt_project() / "target" / "helpdesk" / "manifest.json"


def run_dbt(
    *arguments: str,
    folder: Path,
    warehouse: Path | None = None,
    limits: Limits | None = None,
    variables: Mapping[str, str] | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> None:
    """Run a dbt command on the already parsed project.

    `warehouse` is the output folder whose files it writes, or `variables` has all of its profile.
    `folder` gets its artifacts, and `log` each line of its output. Raises RuntimeError with dbt's
    output, and UnreadableError for a damaged file.
    """
    start_parsed(folder)
    profile = variables or (connection_variables(warehouse, limits) if warehouse else {})
    lines = []
    with subprocess.Popen(
        [*dbt_command(*arguments), "--profiles-dir", ".", "--target-path", str(folder)],
        cwd=dbt_project(),
        env={**child_environment(), **profile},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            log(line)
    if process.returncode:
        output = "".join(lines)
        if warehouse and is_damage(output):
            raise unreadable(OutputPaths(warehouse).work)
        raise RuntimeError(f"dbt {arguments[0]} failed:\n{output}")


def connection_variables(warehouse: Path, limits: Limits | None = None) -> dict[str, str]:
    """The environment variables of the profile: the output folder, and the limits of DuckDB.

    Without `limits`, those of the machine.
    """
    allowed = limits or machine_limits()
    return {
        "HELPDESK_WAREHOUSE": str(OutputPaths(warehouse).for_dbt),
        "HELPDESK_MEMORY_LIMIT": allowed.memory,
        "HELPDESK_THREADS": str(allowed.threads),
    }


def start_parsed(folder: Path) -> None:
    """Copy dbt's cache of the parsed project into a new target folder."""
    parsed = manifest_file().with_name(PARSED)
    if parsed.exists() and not (folder / PARSED).exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, folder)


def dbt_command(*args: str) -> list[str]:
    """The command line of a dbt command."""
    # `-P` keeps the folder of the script off the import path.
    return [sys.executable, "-P", str(DBT_PROCESS), *args]


def dbt_vars(settings: Settings, more: Mapping[str, str] | None = None) -> list[str]:
    """The settings of an installation and `more`, as arguments of a dbt command."""
    return ["--vars", json.dumps({**settings.model_dump(), **(more or {})})]
