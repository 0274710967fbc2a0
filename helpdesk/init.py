"""A folder for a desk's own models, macros and reports, beside the package that ships."""

import shutil
from pathlib import Path

PACKAGE_ROOT = Path(__file__).parents[1]
SHIPPED = PACKAGE_ROOT / "dbt_project"
# Written from reports/, which are the desk's own: copied once, then never the package's again.
SAVED = ("models/marts/custom", "models/marts/_marts__exposures.yml")
OWN = ("models", "macros")
# What dbt and Python leave behind.
LEFT_BEHIND = ("target", "logs", "__pycache__")


def init_project(root: Path) -> Path:
    """Make a folder for what is a desk's own; what is there already stays."""
    root = root.expanduser().resolve()
    places = {PACKAGE_ROOT / "reports": "reports", **{SHIPPED / name: name for name in SAVED}}
    for source, name in places.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not target.exists():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        elif not target.exists():
            shutil.copy2(source, target)
    for name in OWN:
        (root / name).mkdir(exist_ok=True)
    ignored = root / ".gitignore"
    if not ignored.exists():
        ignored.write_text("# Made anew from the rest\n.helpdesk/\n")
    return root
