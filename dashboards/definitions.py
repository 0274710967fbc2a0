"""Reads what the dashboards show from the dbt manifest: reports, their filters, the build's clock.

A report is a model whose `config.meta.report` says so. Which dimension a key column belongs to is
what the model's `related` test says, so no model is named here.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.declaration import DATE_COLUMN, FILTERS, Declaration, read_project, relation_of
from dashboards.errors import DefinitionError
from dashboards.report import (
    Breakdown,
    Definitions,
    Dimension,
    Filter,
    Measure,
    Relation,
    Report,
)

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

# Columns that only the model with the build's clock has, and only the one that says which contract
# tables have landed.
CLOCK_COLUMNS = ("build_id", "as_of", "as_of_date", "report_timezone")
BOOK_COLUMNS = ("table_name", "is_configured", "rows_read", "rows_modelled")


def load_definitions(manifest: Path) -> Definitions:
    """Read and check every definition in the manifest. Raises DefinitionError."""
    if not manifest.is_file():
        raise DefinitionError(f"{manifest}: there is no manifest; `dbt parse` writes it.")
    return read_definitions(json.loads(manifest.read_text(encoding="utf-8")))


def read_definitions(manifest: Mapping[str, Any]) -> Definitions:
    """The definitions in a manifest that is already read. Raises DefinitionError."""
    project = read_project(manifest)
    reports: dict[str, Report] = {}
    filters: dict[str, Filter] = {}
    for model in project.models.values():
        if "report" not in model["config"].get("meta", {}):
            continue
        declaration = Declaration(model, project)
        report = declaration.report()
        if report.slug in reports:
            raise declaration.checker.error(
                "id", f"{report.id} is also the id of {reports[report.slug].title!r}"
            )
        reports[report.slug] = report
        for item in declaration.filters():
            if filters.setdefault(item.name, item) != item:
                raise declaration.checker.error(
                    "", f"its column {item.column} relates to another model than its neighbours'"
                )
    if not reports:
        raise DefinitionError("the manifest holds no model with config.meta.report")
    ordered = sorted(reports.values(), key=lambda report: (report.page, _natural(report.id)))
    sorted_filters = sorted(filters.values(), key=lambda item: _natural(item.id))
    return Definitions(
        tuple(ordered),
        tuple(sorted_filters),
        clock_of(project.models),
        _known_by(BOOK_COLUMNS, "which tables are configured", project.models),
    )


def _natural(identifier: str) -> list[tuple[int, str]]:
    """R2 before R10."""
    parts = re.findall(r"\d+|\D+", identifier)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def clock_of(models: Mapping[str, Mapping[str, Any]]) -> Relation:
    """The model with the build's clock. Raises DefinitionError where there is not just one."""
    return _known_by(CLOCK_COLUMNS, "the build's clock", models)


def _known_by(
    columns: tuple[str, ...], what: str, models: Mapping[str, Mapping[str, Any]]
) -> Relation:
    """The only published model that has these columns."""
    found = [
        model
        for model in models.values()
        if set(columns) <= set(model["columns"]) and model.get("access") == "public"
    ]
    if len(found) != 1:
        raise DefinitionError(
            f"{len(found)} public models have the columns {', '.join(columns)}; the dashboards "
            f"read {what} from the only one that has."
        )
    return relation_of(found[0])
