"""The dbt project as Dagster sees it, with a manifest that is never staler than its files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpdesk.paths import DBT_PROJECT

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
PARTS = ("models", "macros", "data-tests", "seeds", "dbt_project.yml", "profiles.yml")
# Beside this interpreter: the environment's dbt, whatever PATH says.
DBT = Path(sys.executable).parent / "dbt"


def ensure_manifest() -> Path:
    """The project's manifest, parsed again where a file of the project is newer."""
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < _newest_change():
        run_dbt("parse")
    return MANIFEST


def run_dbt(*arguments: str, folder: Path | None = None, warehouse: Path | None = None) -> None:
    """Run a dbt command on the project. `folder` takes its artifacts and log instead of `target/`.

    Raises RuntimeError with what dbt said.
    """
    command = [str(DBT), "--quiet", *arguments, "--profiles-dir", "."]
    if folder:
        command += ["--target-path", str(folder), "--log-path", str(folder)]
    run = subprocess.run(
        command,
        cwd=DBT_PROJECT,
        env=os.environ | ({"HELPDESK_WAREHOUSE": str(warehouse)} if warehouse else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"dbt {arguments[0]} failed:\n{run.stdout}{run.stderr}")


def _newest_change() -> float:
    """Time of the last change below the project; a folder's own time tells of a deleted file."""
    parts = [DBT_PROJECT / part for part in PARTS]
    inside = [path for part in parts if part.is_dir() for path in part.rglob("*")]
    return max(path.stat().st_mtime for path in parts + inside if path.exists())


def mart_nodes(manifest: Path) -> list[dict[str, Any]]:
    """The manifest's nodes of the marts, the public interface, by name."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    marts = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"]
    return sorted(marts, key=lambda node: node["name"])
