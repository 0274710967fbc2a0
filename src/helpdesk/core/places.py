"""The location of the project: the files that ship, and the files that a user adds.

In a checkout both are in one folder. An installed package must not be changed, so a user's own
models, macros and reports are in another folder, which `HELPDESK_PROJECT` names.
"""

import os
import shutil
from pathlib import Path

from helpdesk.core.errors import ConfigError

VARIABLE = "HELPDESK_PROJECT"
# Data files are in the root of a checkout, or in the folder `project` of an installed package.
_CHECKOUT = Path(__file__).parents[3]
IS_INSTALLED = not (_CHECKOUT / "pyproject.toml").exists()
PACKAGE_ROOT = Path(__file__).parents[1] / "project" if IS_INSTALLED else _CHECKOUT
SHIPPED = PACKAGE_ROOT / "dbt_project"
# Written from the user's own reports/: copied once, then never overwritten by the package.
SAVED = ("models/marts/custom", "models/marts/_marts__exposures.yml")
# Reports that ship with the package, which has their models too.
PREBUILT = "prebuilt"
OWN = ("models", "macros")
# Folders that dbt and Python create.
LEFT_BEHIND = ("target", "logs", "__pycache__")


def init_project(root: Path) -> Path:
    """Create a folder for a user's own models, macros and reports; existing files stay."""
    root = root.expanduser().resolve()
    places = {PACKAGE_ROOT / "reports": "reports", **{SHIPPED / name: name for name in SAVED}}
    for source, name in places.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not target.exists():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_BEHIND, PREBUILT))
        elif not target.exists():
            shutil.copy2(source, target)
    for name in OWN:
        (root / name).mkdir(exist_ok=True)
    ignored = root / ".gitignore"
    if not ignored.exists():
        ignored.write_text(
            "# Generated files, and folders with customers' data\n"
            ".helpdesk/\nlanding/\nwarehouse/\n"
        )
    return root


def ensure_project() -> None:
    """Create the user's project folder. Raises ConfigError if `HELPDESK_PROJECT` names none."""
    if IS_CHECKOUT or (PROJECT_ROOT / "reports").is_dir():
        return
    if named := os.environ.get(VARIABLE):
        raise ConfigError(
            f"{VARIABLE}={named}: there is no project in this folder; create one with "
            f"`helpdesk init {named}`."
        )
    init_project(PROJECT_ROOT)


def project_file(path: Path) -> Path:
    """A file of the dbt project: the user's own if there is one, else the one that ships."""
    own = PROJECT_ROOT / path
    return own if not IS_CHECKOUT and own.is_file() else SHIPPED / path


def _project_root() -> Path:
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().resolve()
    if not IS_INSTALLED:
        return PACKAGE_ROOT
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data).expanduser().resolve() / "helpdesk"


PROJECT_ROOT = _project_root()
IS_CHECKOUT = PROJECT_ROOT == PACKAGE_ROOT
# The folder of the models that are generated from reports/.
OWN_MODELS = SHIPPED / "models" if IS_CHECKOUT else PROJECT_ROOT / "models"
