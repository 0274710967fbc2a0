"""Writes all files that are generated from reports: models, exposures, the editor's schema."""

from helpdesk.dashboards.exposures import EXPOSURES, forget_models, write_exposures
from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.models import KINDS, all_reports, model_files, read_reports, write_models
from helpdesk.reports.schema import SCHEMA, write_schema


def write_generated_files(catalogue: Catalogue) -> list[str]:
    """Write every generated file that has changed; returns their names."""
    all_reports(catalogue)
    changed, gone = [], []
    for kind in KINDS:
        files = model_files(read_reports(catalogue, kind.reports), catalogue, kind)
        written = write_models(files, kind.models)
        changed += written
        gone += [name.removesuffix(".sql") for name in written if name not in files]
    forget_models(gone)
    if write_schema(catalogue):
        changed.append(SCHEMA.name)
    if write_exposures():
        changed.append(EXPOSURES.name)
    return changed
