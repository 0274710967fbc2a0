"""The up-to-date manifest of the dbt project."""

from pathlib import Path
from tempfile import TemporaryDirectory

from helpdesk.core.settings import Settings
from helpdesk.transform.project import compose, dbt_project
from helpdesk.transform.runner import dbt_vars, manifest_file, run_dbt

# The files that define the models.
MODEL_PARTS = ("models", "macros", "seeds", "dbt_project.yml")
PARTS = (*MODEL_PARTS, "data-tests", "profiles.yml")


def ensure_manifest() -> Path:
    """The project's manifest, parsed again if a file of the project is newer.

    It is parsed with the default settings. dbt starts from it in every new output folder.
    """
    compose()
    manifest = manifest_file()
    if not manifest.exists() or manifest.stat().st_mtime < _newest_change():
        _parse()
    return manifest


def _parse() -> None:
    """Parse the project. Files are renamed into place, as other processes may use them."""
    manifest = manifest_file()
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=manifest.parent.parent) as temporary:
        run_dbt("parse", *dbt_vars(Settings()), folder=Path(temporary))
        # The manifest comes last: it implies that the other files exist.
        for file in sorted(Path(temporary).iterdir(), key=lambda path: path.name == manifest.name):
            file.replace(manifest.with_name(file.name))


def _newest_change() -> float:
    """The time of the last change in the project. The time of a folder shows deleted files."""
    parts = [dbt_project() / part for part in PARTS]
    inside = [path for part in parts if part.is_dir() for path in part.rglob("*")]
    return max(path.stat().st_mtime for path in parts + inside if path.exists())
