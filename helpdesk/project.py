"""Where the project is: the dbt project that ships, and what a desk adds to it.

In a checkout both are one. An installed package is not to be written to, so a desk's own models,
macros and reports are in a folder of their own, named by `HELPDESK_PROJECT`; dbt runs on the two
laid over each other, in that folder's `.helpdesk/`. Where both have a file, the desk's own counts.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from helpdesk.errors import ConfigError
from helpdesk.init import LEFT_BEHIND, OWN, PACKAGE_ROOT, SAVED, SHIPPED, init_project

VARIABLE = "HELPDESK_PROJECT"


def compose() -> Path:
    """Bring the dbt project that builds run up to date with its two parts; returns its folder."""
    if IS_CHECKOUT:
        return SHIPPED
    folder = PROJECT_ROOT / ".helpdesk" / "dbt_project"
    files = {path: SHIPPED / path for path in _files(SHIPPED) if not _is_saved(path)}
    for part in OWN:
        own = PROJECT_ROOT / part
        files |= {Path(part) / path: own / path for path in _files(own)}
    for path in set(_files(folder)) - files.keys():
        (folder / path).unlink()
    for path, source in files.items():
        _bring(source, folder / path)
    return folder


def _project_root() -> Path:
    if named := os.environ.get(VARIABLE):
        root = Path(named).expanduser().resolve()
        if not (root / "reports").is_dir():
            raise ConfigError(
                f"{VARIABLE}={named}: no project is there; make one with `helpdesk init {named}`."
            )
        return root
    if (PACKAGE_ROOT / "pyproject.toml").exists():
        return PACKAGE_ROOT
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return init_project(Path(data) / "helpdesk")


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, as paths from there, without what is hidden or left behind."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not is_hidden and not {*inside.parts} & {*LEFT_BEHIND}:
            yield inside


def _is_saved(path: Path) -> bool:
    return path.as_posix().startswith(SAVED)


def _bring(source: Path, target: Path) -> None:
    """Copy a file that is not there as it is; other processes find the old or the new one whole."""
    wanted = source.stat()
    if target.exists():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copy2(source, beside)
    beside.replace(target)


PROJECT_ROOT = _project_root()
IS_CHECKOUT = PROJECT_ROOT == PACKAGE_ROOT
DBT_PROJECT = compose()
# Where files are written from reports/.
OWN_MODELS = SHIPPED / "models" if IS_CHECKOUT else PROJECT_ROOT / "models"
