"""Reads the definitions of dashboards from the dbt manifest: reports, filters, the build's `as_of`.

A report is a model with `config.meta.report`. The relations of a model name the dimension of each
key column, so no model is named here.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from helpdesk.reports.declaration import (
    DATE_COLUMN,
    FILTERS,
    Declaration,
    read_project,
    relation_of,
)
from helpdesk.reports.definition import (
    Breakdown,
    Definitions,
    Dimension,
    Filter,
    Measure,
    Relation,
    Report,
)
from helpdesk.reports.errors import DefinitionError
from helpdesk.transform.nodes import Manifest, Model, read_manifest

__all__ = [
    "DATE_COLUMN",
    "FILTERS",
    "Breakdown",
    "Definitions",
    "Dimension",
    "Filter",
    "Measure",
    "Relation",
    "Report",
    "load_definitions",
    "read_definitions",
]

# Columns that only the model with the build's `as_of` has, and columns that only the model with the
# configured contract tables has.
CLOCK_COLUMNS = ("build_id", "as_of", "as_of_date", "report_timezone")
LOAD_COLUMNS = ("table_name", "is_configured", "rows_read", "rows_modelled")


def load_definitions(manifest: Path) -> Definitions:
    """Read and check every definition in the manifest. Raises DefinitionError."""
    return read_definitions(read_manifest(manifest))


def read_definitions(manifest: Manifest) -> Definitions:
    """The definitions in a manifest that is already read. Raises DefinitionError."""
    project = read_project(manifest)
    reports: dict[str, Report] = {}
    filters: dict[str, Filter] = {}
    declarations: dict[str, Declaration] = {}
    for model in project.models.values():
        if "report" not in model.meta:
            continue
        declaration = Declaration(model, project)
        report = declaration.report()
        if report.slug in reports:
            raise declaration.checker.error(
                "id", f"{report.id} is also the id of {reports[report.slug].title!r}"
            )
        reports[report.slug], declarations[report.slug] = report, declaration
        for item in declaration.filters():
            if filters.setdefault(item.name, item) != item:
                raise declaration.checker.error(
                    "", f"column {item.column} relates to another model than in other reports"
                )
    if not reports:
        raise DefinitionError("the manifest has no model with config.meta.report")
    whole = [declarations[slug].with_alongside(one, reports) for slug, one in reports.items()]
    ordered = sorted(whole, key=lambda report: (report.page, _natural(report.id)))
    sorted_filters = sorted(filters.values(), key=lambda item: _natural(item.id))
    return Definitions(
        tuple(ordered),
        tuple(sorted_filters),
        clock_of(project.models),
        _known_by(LOAD_COLUMNS, "which tables are configured", project.models),
    )


def _natural(identifier: str) -> list[tuple[int, str]]:
    """R2 before R10."""
    parts = re.findall(r"\d+|\D+", identifier)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def clock_of(models: Mapping[str, Model]) -> Relation:
    """The model with the build's `as_of`. Raises DefinitionError unless there is exactly one."""
    return _known_by(CLOCK_COLUMNS, "the build's as_of", models)


def _known_by(columns: tuple[str, ...], what: str, models: Mapping[str, Model]) -> Relation:
    """The only public model with these columns."""
    found = [
        model for model in models.values() if set(columns) <= set(model.columns) and model.is_public
    ]
    if len(found) != 1:
        raise DefinitionError(
            f"{len(found)} public models have the columns {', '.join(columns)}; the dashboards "
            f"read {what} from exactly one such model."
        )
    return relation_of(found[0])
