"""The JSON schema of saved reports, for editors: they complete names and show descriptions.

An editor tells nearly all that `helpdesk report check` does; what depends on two places of a file,
such as a field of a joined source, is left to the check.
"""

import json
from collections.abc import Iterable
from typing import Any

from builder.catalogue import Catalogue, Field, Measure, Source
from builder.conditions import COMPARISONS
from builder.saved import CHARTS, GRAINS, REPORTS, REQUIRED, SLUG

SCHEMA = REPORTS / "report.schema.json"


def schema_text(catalogue: Catalogue) -> str:
    """The text of the schema file."""
    return json.dumps(_schema(catalogue), indent=1, ensure_ascii=False) + "\n"


def write_schema(catalogue: Catalogue) -> bool:
    """Write the file, if it says something else; says whether it did."""
    text = schema_text(catalogue)
    if SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == text:
        return False
    SCHEMA.write_text(text, encoding="utf-8")
    return True


def _schema(catalogue: Catalogue) -> dict[str, Any]:
    primary = [catalogue.sources[name] for name in catalogue.primary]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Saved report of the help-desk warehouse",
        "description": "Written by `helpdesk report write`; see docs/report-builder.md.",
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "properties": _properties(catalogue, primary),
        "allOf": [_of_source(source) for source in primary],
    }  # fmt: skip


def _properties(catalogue: Catalogue, primary: list[Source]) -> dict[str, Any]:
    fields = [field for source in catalogue.sources.values() for field in source.fields.values()]
    names = sorted({one.name for one in fields} | {f"{one.source}.{one.name}" for one in fields})
    join = {"enum": [*catalogue.sources]}
    by = {"type": "object", "required": ["source", "by"], "additionalProperties": False,
          "properties": {"source": join, "by": {"type": "string"}}}  # fmt: skip
    field = {"enum": names}
    return {
        "id": _slug("Short name that pages show and links end in; the file's name if left out."),
        "title": {"type": "string", "maxLength": 100},
        "question": {"type": "string", "maxLength": 200, "description": "What the report answers."},
        "definition": {
            "type": "string",
            "maxLength": 2000,
            "description": "How it counts; the catalogue's words if left out.",
        },
        "source": _chosen((one.name, one.description) for one in primary),
        "join": {
            "type": "array",
            "items": {"anyOf": [join, by]},
            "description": "Secondary sources, whose fields may then be used.",
        },
        "measures": {"type": "array", "minItems": 1, "items": {"type": "string"},
                     "description": "What is counted; the first is drawn."},
        "dimensions": {"type": "array", "items": field,
                       "description": "What it is broken down by."},
        "filters": {"type": "array", "items": _filter(field)},
        "date": {"type": "string", "description": "The date that it counts on."},
        "grain": {"enum": [*GRAINS], "description": "Of tables and chart files; pages offer all."},
        "chart": {"enum": [*CHARTS]},
        "axis": field | {"description": "A dimension drawn side by side in place of time."},
        "series": field | {"description": "A dimension drawn as lines or bars over time."},
        "page": _slug("The dashboard page: an existing one, or a new one by its name."),
    }  # fmt: skip


def _slug(description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{SLUG.pattern}$", "description": description}


def _filter(field: dict[str, Any]) -> dict[str, Any]:
    one = {"type": ["string", "number", "boolean"]}
    many = {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}
    kinds = {"is": many, "is_not": many, "at_least": one, "at_most": one,
             "filled": {"type": "boolean"}}  # fmt: skip
    return {
        "type": "object",
        "required": ["field"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
        "properties": {"field": field, **{name: kinds[name] for name in COMPARISONS}},
    }


def _of_source(source: Source) -> dict[str, Any]:
    """What may stand in a report of one source."""
    dates = [field for field in source.fields.values() if field.is_date]
    measures = [one for one in source.measures.values() if not one.of]
    return {
        "if": {"properties": {"source": {"const": source.name}}},
        "then": {
            "properties": {
                "measures": {"items": _described(measures)},
                "date": _described(dates),
            }
        },
    }


def _described(items: Iterable[Field | Measure]) -> dict[str, Any]:
    return _chosen((one.name, f"{one.label}. {one.description}") for one in items)


def _chosen(choices: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"oneOf": [{"const": name, "description": told} for name, told in choices]}
