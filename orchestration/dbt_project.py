"""The dbt project as Dagster sees it, with a manifest that is never staler than its files."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from helpdesk.project import DBT_PROJECT, compose
from helpdesk.settings import Settings

# A folder of its own: what a person has dbt do in the project, with other settings, goes elsewhere.
MANIFEST = DBT_PROJECT / "target" / "helpdesk" / "manifest.json"
# What dbt has parsed, in the form in which it need not parse it again.
PARSED = "partial_parse.msgpack"
# What the models are made of.
MODEL_PARTS = ("models", "macros", "seeds", "dbt_project.yml")
PARTS = (*MODEL_PARTS, "data-tests", "profiles.yml")
# Beside this interpreter: the environment's dbt, whatever PATH says.
DBT = Path(sys.executable).parent / "dbt"
# How a model says that another reads it as the build before left it.
READ_BEFORE = re.compile(r"read_before\('(\w+)'\)")
UNIQUE_TESTS = ("unique", "unique_together")
# dbt's command line as builds run it.
DBT_PROCESS = Path(__file__).with_name("dbt_process.py")


def ensure_manifest() -> Path:
    """The project's manifest, parsed again where a file of the project is newer.

    Parsed as a build does, with the default settings: dbt starts from there in every new output.
    """
    compose()
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < _newest_change():
        _parse()
    return MANIFEST


def _parse() -> None:
    """Parse the project. Each file comes by a rename: others may be reading it, or parse too."""
    MANIFEST.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=MANIFEST.parent.parent) as beside:
        run_dbt("parse", *dbt_vars(Settings()), folder=Path(beside))
        # The manifest last: by it the others are known to be there.
        for file in sorted(Path(beside).iterdir(), key=lambda path: path.name == MANIFEST.name):
            file.replace(MANIFEST.with_name(file.name))


def run_dbt(
    *arguments: str,
    folder: Path,
    warehouse: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Run a dbt command on the project, from what was parsed of it before.

    `folder` takes its artifacts, `tell` each line of what it says.
    Raises RuntimeError with what dbt said.
    """
    start_parsed(folder)
    lines = []
    with subprocess.Popen(
        [*dbt_command(*arguments), "--profiles-dir", ".", "--target-path", str(folder)],
        cwd=DBT_PROJECT,
        env=os.environ | ({"HELPDESK_WAREHOUSE": str(warehouse)} if warehouse else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            tell(line)
    if process.returncode:
        raise RuntimeError(f"dbt {arguments[0]} failed:\n{''.join(lines)}")


def start_parsed(folder: Path) -> None:
    """Have dbt's commands in a new target folder start from the project as it was parsed before."""
    parsed = MANIFEST.with_name(PARSED)
    if parsed.exists() and not (folder / PARSED).exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(parsed, folder)


def dbt_command(*args: str) -> list[str]:
    """A dbt command as builds run it."""
    # `-P`: the script's own folder is no place to import from.
    return [sys.executable, "-P", str(DBT_PROCESS), *args]


def dbt_vars(settings: Settings, more: Mapping[str, str] | None = None) -> list[str]:
    """The settings of an installation, and what else is said, as arguments of a dbt command."""
    return ["--vars", json.dumps({**settings.model_dump(), **(more or {})})]


def _newest_change() -> float:
    """Time of the last change below the project; a folder's own time tells of a deleted file."""
    parts = [DBT_PROJECT / part for part in PARTS]
    inside = [path for part in parts if part.is_dir() for path in part.rglob("*")]
    return max(path.stat().st_mtime for path in parts + inside if path.exists())


def nodes_read(node: Mapping[str, Any]) -> list[str]:
    """Ids of what a node of the manifest reads, without those that only have to run first."""
    first = READ_BEFORE.findall(node.get("raw_code", ""))
    return [name for name in node["depends_on"]["nodes"] if name.split(".")[-1] not in first]


def mart_nodes(manifest: Path) -> list[dict[str, Any]]:
    """The manifest's nodes of the marts, the public interface, by name."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    marts = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"]
    return sorted(marts, key=lambda node: node["name"])


def mart_keys(manifest: Path) -> dict[str, list[str]]:
    """Columns that tell a mart's rows apart, by its name: the fewest that are tested as unique."""
    content = json.loads(manifest.read_text())
    keys: dict[str, list[str]] = {}
    for test in content["nodes"].values():
        what = test.get("test_metadata") or {}
        if what.get("name") in UNIQUE_TESTS and not test["config"].get("where"):
            arguments = what["kwargs"]
            key = arguments.get("columns") or [arguments["column_name"]]
            name = content["nodes"][test["attached_node"]]["name"]
            keys[name] = min(key, keys.get(name, key), key=len)
    return keys


def mart_filled(manifest: Path) -> dict[str, set[str]]:
    """Columns that are never null, by mart: those whose tests say so."""
    filled: dict[str, set[str]] = {}
    for name, arguments in _test_arguments(manifest, "filled"):
        filled.setdefault(name, set()).update(arguments["columns"])
    return filled


def mart_relations(manifest: Path) -> dict[str, list[dict[str, str]]]:
    """Where the keys of a mart lead, by its name: column, model and the column there."""
    relations: dict[str, list[dict[str, str]]] = {}
    for name, arguments in _test_arguments(manifest, "related"):
        for relation in arguments["relations"]:
            (model,) = re.findall(r"ref\('(\w+)'\)", relation["to"])
            relations.setdefault(name, []).append(
                {"column": relation["column"], "model": model, "to_column": relation["field"]}
            )
    return relations


def _test_arguments(manifest: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Model and arguments of the tests of this kind that hold for all of its rows."""
    nodes = json.loads(manifest.read_text())["nodes"]
    for test in nodes.values():
        what = test.get("test_metadata") or {}
        if what.get("name") == kind and not test["config"].get("where"):
            yield nodes[test["attached_node"]]["name"], what["kwargs"]
