"""Adds own fields with `filter: true` to the properties of every report.

The SQL of a report gets the columns from the macro `own_filter_columns`. dbt, the pages and the
catalogue read them from the properties file of the report's folder, which this module extends.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from helpdesk.core.errors import ConfigError
from helpdesk.transform.own_models import SQL_TYPES, shown

MARTS = Path("models/marts")
MACRO = "own_filter_columns("
# The dimensions that a report excludes in its call of the macro, because it has such columns.
HELD = re.compile(r"own_filter_columns\([^)]*?\bbut=\[(.*?)\]")


def filter_properties(
    files: Mapping[Path, Path],
    fields: Iterable[Mapping[str, Any]],
    generated: Mapping[Path, str] | None = None,
) -> dict[Path, str]:
    """The properties files of all reports with the declared filters, by path.

    `files` are those of the dbt project, `generated` has texts that replace some of them. Raises
    ConfigError if a report has a column with the name of a field.
    """
    filters = [field for field in fields if field["is_filter"]]
    for field in filters:
        if field["object"] != "ticket":
            raise ConfigError(
                f"fields: {field['name']}: filter: true: only fields of tickets can be filters of "
                f"the pages, and this is a field of object {field['object']}; delete the line "
                "`filter: true`"
            )
    if not filters:
        return {}
    held = {path: _held(source) for path, source in files.items() if _is_model(path)}
    reports = {path.with_suffix(""): names for path, names in held.items() if names is not None}
    folders = {path.parent for path in reports}
    properties = [path for path in files if path.suffix == ".yml" and path.parent in folders]
    texts = {path: (generated or {}).get(path) or files[path].read_text() for path in properties}
    return {path: _properties(text, path.parent, reports, filters) for path, text in texts.items()}


def _is_model(path: Path) -> bool:
    return path.suffix == ".sql" and path.is_relative_to(MARTS)


def _held(source: Path) -> set[str] | None:
    """The dimensions that a model excludes in its call of the macro; None without a call."""
    text = source.read_text()
    if MACRO not in text:
        return None
    return {name for names in HELD.findall(text) for name in re.findall(r"\w+", names)}


def _properties(
    text: str,
    folder: Path,
    reports: Mapping[Path, set[str]],
    filters: list[Mapping[str, Any]],
) -> str:
    # The fastest loader, because every process runs this when it starts.
    declared = yaml.load(text, Loader=yaml.CSafeLoader)
    for model in declared.get("models", ()):
        held = reports.get(folder / model["name"])
        if held is not None:
            _add_filters(model, held, filters)
    written: str = yaml.dump(
        declared, Dumper=yaml.CSafeDumper, sort_keys=False, width=10_000, allow_unicode=True
    )
    return written


def _add_filters(model: dict[str, Any], held: set[str], filters: list[Mapping[str, Any]]) -> None:
    columns = {column["name"]: column for column in model["columns"]}
    meta = model.setdefault("config", {}).setdefault("meta", {})
    for position, field in enumerate(filters, start=1):
        name = field["name"]
        if name in columns and name not in held:
            raise ConfigError(
                f"fields: {name}: filter: true: the report {model['name']} already has a column "
                f"with this name; rename the field: `name: {name}_of_ticket`"
            )
        if name not in columns:
            model["columns"].append(_column(field))
            columns[name] = model["columns"][-1]
            for key in ("key", "nullable"):
                if key in meta:
                    meta[key].append(name)
        config = columns[name].setdefault("config", {}).setdefault("meta", {})
        config["own_filter"] = {"label": shown(field["label"]), "position": position}


def _column(field: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": field["name"],
        "data_type": SQL_TYPES[field["type"]],
        "description": shown(
            f"{field['label']} of the ticket now, as the settings declare it; empty without one. "
            "A filter of the pages."
        ),
    }
