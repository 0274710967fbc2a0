"""Writes all that follows from the saved reports: models, exposures, the editor's schema."""

from builder.catalogue import Catalogue
from builder.models import model_files, read_reports, write_models
from builder.schema import SCHEMA, write_schema
from dashboards.exposures import EXPOSURES, forget_models, write_exposures


def write_all(catalogue: Catalogue) -> list[str]:
    """Write every file that says something else; returns the names of those that changed."""
    files = model_files(read_reports(catalogue), catalogue)
    changed = write_models(files)
    forget_models(name.removesuffix(".sql") for name in changed if name not in files)
    if write_schema(catalogue):
        changed.append(SCHEMA.name)
    if write_exposures():
        changed.append(EXPOSURES.name)
    return changed
