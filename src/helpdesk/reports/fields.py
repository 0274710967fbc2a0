"""The catalogue as JSON for the report builder of the pages: sources, joins, measures, fields."""

from collections.abc import Iterator
from typing import Any

from helpdesk.reports.catalogue import Catalogue, Field, Measure, Source
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.definition import CHARTS, NEEDED_PARTS, STACKED
from helpdesk.reports.saved import GRAINS, TAKEN_PAGES

AGGREGATIONS = {"count": "count", "sum_boolean": "count", "sum": "sum", "median": "median",
                "percentile": "percentile", "derived": "score"}  # fmt: skip
TICKETS = "tickets"
# The parts of a chart that a report may leave out.
OPTIONAL_PARTS = {"line": ("series",), "area": ("series",), "bar": ("axis", "series"),
                  "table": ("axis", "series")}  # fmt: skip


def fields_of(catalogue: Catalogue) -> dict[str, Any]:
    """All that a report can be made of."""
    return {
        "sources": [_source(one, catalogue) for one in catalogue.sources.values()],
        "charts": [
            {
                "name": one,
                "needs": NEEDED_PARTS.get(one, ()),
                "may": OPTIONAL_PARTS.get(one, ()),
                "stacks": one in STACKED,
            }
            for one in CHARTS
        ],
        "grains": GRAINS,
        "comparisons": COMPARISONS,
        "taken": TAKEN_PAGES,
    }


def field_of(field: Field) -> dict[str, Any]:
    """A field for clients."""
    return {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "type": field.type,
        "is_detail": field.is_detail,
        "has_several_values": field.bridge is not None,
        "synonyms": field.synonyms,
        "values": field.values,
        "names": field.names,
    }


def fields_to_add(source: Source, catalogue: Catalogue) -> dict[str, Field]:
    """The dimensions by which a reader can filter a source: its own, and those of its tickets."""
    tickets = catalogue.sources[TICKETS]
    is_of_ticket = any(one.is_key and one.name in tickets.keys for one in source.fields.values())
    fields = {**(tickets.fields if is_of_ticket else {}), **source.fields}
    return {name: one for name, one in fields.items() if not (one.is_detail or one.is_date)}


def _source(source: Source, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "name": source.name,
        "label": source.label,
        "description": source.description,
        "is_primary": source.is_primary,
        "date": source.date,
        "joins": [*_joins(source, catalogue)],
        "measures": [_measure(one) for one in source.measures.values()],
        "fields": [field_of(one) for one in source.fields.values()],
        "filters": [*fields_to_add(source, catalogue)],
    }


def _joins(source: Source, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The sources that a key leads to, with the key's own label."""
    for field in source.fields.values():
        target = catalogue.source_of_key(field.name) if field.is_key else source
        if target is not source:
            yield {"source": target.name, "by": field.name, "label": field.label}


def _measure(measure: Measure) -> dict[str, Any]:
    aggregation = AGGREGATIONS.get(measure.aggregation)
    return {
        "name": measure.name,
        "label": measure.label,
        "description": measure.description,
        "format": measure.format,
        "aggregation": aggregation or ("share" if measure.format == "percent" else "average"),
        "has_values": measure.has_values,
        "has_n": bool(measure.denominator),
        "base": measure.base_metric,
        "within": measure.within,
    }
