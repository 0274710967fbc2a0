"""The JSON schema of saved reports, for editors: they complete names and show descriptions.

An editor finds most errors that `helpdesk report check` finds. Only the command finds errors that
depend on two places of a file, such as a field of a joined source.
"""

import json
from collections.abc import Iterable
from typing import Any

from helpdesk.contract.tables import contract_tables
from helpdesk.reports.catalogue import Catalogue, Field, Measure, Source, is_reported
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.definition import CHARTS, MOST_MEMBERS, SORTS
from helpdesk.reports.saved import GRAINS, OWN_DATES, REPORTS, REQUIRED, SLUG

SCHEMA = REPORTS / "report.schema.json"


def schema_text(catalogue: Catalogue) -> str:
    """The text of the schema file."""
    return json.dumps(_schema(catalogue), indent=1, ensure_ascii=False) + "\n"


def write_schema(catalogue: Catalogue) -> bool:
    """Write the file if its text has changed; returns whether it did."""
    text = schema_text(catalogue)
    if SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == text:
        return False
    SCHEMA.write_text(text, encoding="utf-8")
    return True


def _schema(catalogue: Catalogue) -> dict[str, Any]:
    primary = [catalogue.sources[name] for name in catalogue.primary]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Report of the help-desk warehouse",
        "description": "Written by `helpdesk report write`; see docs/report-builder.md.",
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "definitions": _definitions(catalogue, primary),
        "properties": _properties(catalogue, primary),
        "allOf": [_of_source(source) for source in primary],
    }  # fmt: skip


def _definitions(catalogue: Catalogue, primary: list[Source]) -> dict[str, Any]:
    """The names of all fields, and of the measures of each source."""
    fields = [field for source in catalogue.sources.values() for field in source.fields.values()]
    names = sorted({one.name for one in fields} | {f"{one.source}.{one.name}" for one in fields})
    measures = {
        f"{source.name}_measure": _chosen(
            _texts(one for one in source.measures.values() if is_reported(one, source))
        )
        for source in primary
    }
    return {"field": {"enum": names}, **measures}


def _properties(catalogue: Catalogue, primary: list[Source]) -> dict[str, Any]:
    join = {"enum": [*catalogue.sources]}
    by = {"type": "object", "required": ["source", "by"], "additionalProperties": False,
          "properties": {"source": join, "by": {"type": "string"}}}  # fmt: skip
    field = {"$ref": "#/definitions/field"}
    return {
        "id": _slug("Short name on pages and in links. Default: the name of the file."),
        "title": {"type": "string", "maxLength": 100},
        "question": {"type": "string", "maxLength": 200,
                     "description": "The question that the report answers."},
        "definition": {
            "type": "string",
            "maxLength": 2000,
            "description": "How it counts. Default: the descriptions of the catalogue.",
        },
        "source": _chosen((one.name, one.description) for one in primary),
        "join": {
            "type": "array",
            "items": {"anyOf": [join, by]},
            "description": "Secondary sources, to use their fields.",
        },
        "measures": {"type": "array", "minItems": 1,
                     "description": "The figures; the chart shows the first."},
        "dimensions": {"type": "array", "items": _or_named(field, "field"),
                       "description": "The fields by which it is broken down."},
        "filters": {"type": "array", "items": _any_of(_filter(field))},
        "date": {"type": "string", "description": "The date on which rows count."},
        "grain": {"enum": [*GRAINS],
                  "description": "Time unit of tables and chart files; pages offer all units."},
        "chart": {"enum": [*CHARTS]},
        "columns": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Columns of the mart by measure, in place of the catalogue's names. "
            "A measure that is listed only here is in the mart but on no page.",
        },
        "breakdowns": {
            "type": "array",
            "items": _or_named({"type": "string"}, "breakdown"),
            "description": "The dimensions and filters with a table on the page. Default: all.",
        },
        "requires": {
            "type": "array",
            "items": {"enum": list(contract_tables())},
            "description": "Tables of the file contract that the figures need.",
        },
        "recency_note": {"type": "string", "maxLength": 200,
                         "description": "Why figures of recent dates are incomplete."},
        "axis": {"type": "string",
                 "description": "A dimension as the x axis, in place of time."},
        "series": {"type": "string",
                   "description": "A dimension with a line or bar for each member, over time."},
        "rows": {"type": "string",
                 "description": "A dimension with a row of the chart for each member: of a heatmap "
                 "over the axis, or of dots."},
        "sort": {"enum": [*SORTS],
                 "description": "The members of the chart that come first: with most rows or "
                 "values (count), with the highest or lowest headline, or all in their own order."},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_MEMBERS,
                  "description": "The number of members that the chart shows one by one; the "
                  "others are one together."},
        "left_out": {"type": "object", "minProperties": 1, "maxProperties": 1,
                     "additionalProperties": {"type": "string"},
                     "description": "A column of the series' members and its value: a chart of "
                     "shares leaves these members out."},
        "histogram": {"type": "object", "required": ["values", "scale"],
                      "additionalProperties": False,
                      "properties": {"values": {"type": "string"}, "scale": {"type": "string"}},
                      "description": "Dimensions of scores and of their surveys: a second chart "
                      "has the number of answers by score."},
        "alongside": {"type": "array", "minItems": 1, "items": _or_named({"type": "string"},
                      "report", "difference"),
                      "description": "Ids of reports whose headlines are in the chart too; with a "
                      "difference, also bars of the headline minus theirs."},
        "stack": {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "string"},
                  "description": "Counts among the measures, by their names in the report, that "
                  "the chart stacks under the first measure."},
        "page": _slug("The dashboard page: an existing one, or a new one by its name."),
    }  # fmt: skip


def _or_named(name: dict[str, Any], kind: str, *further: str) -> dict[str, Any]:
    """A name, or an object with the name and further texts: by default a name and a label."""
    texts = {key: {"type": "string"} for key in further or ("name", "label")}
    named = {"type": "object", "required": [kind], "additionalProperties": False,
             "properties": {kind: name, **texts}}  # fmt: skip
    return {"anyOf": [name, named]}


def _slug(description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{SLUG.pattern}$", "description": description}


def _filter(field: dict[str, Any]) -> dict[str, Any]:
    one = {"type": ["string", "number", "boolean"]}
    many = {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}
    kinds = {"is": many, "is_not": many, "all": many, "at_least": one, "at_most": one,
             "filled": {"type": "boolean"}}  # fmt: skip
    return {
        "type": "object",
        "required": ["field"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
        "properties": {"field": field, **{name: kinds[name] for name in COMPARISONS}},
    }


def _any_of(condition: dict[str, Any]) -> dict[str, Any]:
    """A filter, or several of which one is enough."""
    several = {
        "type": "object",
        "required": ["any"],
        "additionalProperties": False,
        "properties": {"any": {"type": "array", "minItems": 2, "items": condition}},
    }
    return {"anyOf": [condition, several]}


def _of_source(source: Source) -> dict[str, Any]:
    """The measures and dates that a report of one source may use."""
    dates = [field for field in source.fields.values() if field.is_date]
    measure = {"$ref": f"#/definitions/{source.name}_measure"}
    return {
        "if": {"properties": {"source": {"const": source.name}}},
        "then": {
            "properties": {
                "measures": {"items": _or_named(measure, "measure")},
                "date": _chosen([*_texts(dates), (OWN_DATES, "Each measure's own date.")]),
            }
        },
    }


def _texts(items: Iterable[Field | Measure]) -> list[tuple[str, str]]:
    return [(one.name, f"{one.label}. {one.description}") for one in items]


def _chosen(choices: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"oneOf": [{"const": name, "description": description} for name, description in choices]}
